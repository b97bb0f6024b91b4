//! The `simfra` binary.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use dataplane::proxy::engine::EngineProxyConfig;
use dataplane::relay::Secret;
use server::admin::{self, Health};
use server::app::App;
use server::clock::Clock;
use server::config::{Config, Log, LogFormat, Question, Role, Running};
use server::http::{self, Gateway, Limits};
use server::iam_tokens::Tokens;
use server::ids::Ids;
use server::signal::Signals;
use server::store::Feed;
use server::supervise::Supervisor;
use server::{config, log};
use tokio::runtime::Builder;

/// How long requests under way may take to finish once Simfra is told to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// Where the clients in a VPC expect their resolver.
const DNS_PORT: u16 = 53;

fn main() -> ExitCode {
    let role = match Role::parse(std::env::args_os()) {
        Ok(Ok(role)) => role,
        Ok(Err(text)) => return print(&text),
        Err(error) => return complain(&error),
    };
    let outcome = match role {
        Role::Serve(config) => run(Builder::new_multi_thread(), serve(*config)),
        Role::Ask(question, running) => run(Builder::new_current_thread(), answer(question, running)),
        Role::Doctor(config) => run(Builder::new_current_thread(), doctor(*config)),
        Role::Resolver => run(Builder::new_current_thread(), resolve()),
        Role::Relay => run(Builder::new_current_thread(), relay()),
        // Its loop is its own: it serves more clients at less cost than tasks would.
        Role::EngineProxy(config) => run(Builder::new_current_thread(), engine_proxy(*config)),
        Role::Proxy(config) => dataplane::proxy::memcached::run(&config).map(drop).map_err(Into::into),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(&format!("{error:#}")),
    }
}

fn run(mut threads: Builder, role: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = threads.enable_all().build().context("starting the async runtime")?;
    let outcome = runtime.block_on(role);
    // A read of standard input cannot be called off, and must not hold up the exit.
    runtime.shutdown_background();
    outcome
}

async fn serve(config: Config) -> anyhow::Result<()> {
    log::start(&config.log);
    let mut signals = Signals::listen().context("taking over SIGINT and SIGTERM")?;
    for name in config::unknown_variables() {
        tracing::warn!("the variable {name} means nothing to Simfra: misspelt?");
    }
    if let Some(end) = config.kill_at.clone() {
        dataplane::fault_point::arm(end);
    }
    let listeners = http::bind(&config.listen).await?;
    let (clock, ids) = (Clock::system(), Arc::new(Ids::random()));
    let (app, feed) = App::open(&config, clock.clone(), Arc::clone(&ids))?;
    let health = Health::bootstrapping();
    let gateway_tasks = Supervisor::new("gateway");
    let parts = http::Parts {
        services: app.services(),
        admin: admin::router(health.clone(), config.admin_token.clone(), admin::routes(Arc::clone(&app))),
        clock,
        ids,
        limits: Limits::default(),
        supervisor: gateway_tasks.clone(),
    };
    let gateway = Gateway::new(&config, parts);
    gateway.serve(listeners);
    let outcome = until_stopped(&app, gateway, feed, &health, &mut signals).await;
    let stop = async {
        gateway_tasks.drain(DRAIN).await;
        app.stop().await;
    };
    tokio::select! {
        () = stop => outcome,
        signal = signals.next() => anyhow::bail!("stopped at once by a second signal ({signal})"),
    }
}

/// Starts what stands behind the API, and waits for the signal to stop.
async fn until_stopped(
    app: &App,
    gateway: Arc<Gateway>,
    feed: Feed,
    health: &Health,
    signals: &mut Signals,
) -> anyhow::Result<()> {
    tokio::select! {
        started = app.start(feed) => started?,
        signal = signals.next() => {
            tracing::info!(signal, "stopped while starting");
            return Ok(());
        }
    }
    app.answer_in_vpcs(gateway);
    health.serve(app.healthy());
    tracing::info!("{}", app.summary());
    let signal = signals.next().await;
    tracing::info!(signal, "stopping; a second signal stops at once");
    Ok(())
}

/// Prints what the Simfra that runs answers.
async fn answer(question: Question, running: Running) -> anyhow::Result<()> {
    print(&server::ask::ask(question, &running).await?);
    Ok(())
}

async fn doctor(config: Config) -> anyhow::Result<()> {
    let report = server::doctor::examine(&config).await;
    print(&report.to_string());
    anyhow::ensure!(report.can_serve(), "nothing can serve as it is");
    Ok(())
}

/// The resolver inside a VPC, whose container runs this executable for nothing else.
async fn resolve() -> anyhow::Result<()> {
    log::start(&Log { filter: "info".to_owned(), format: LogFormat::Text });
    let listen = SocketAddr::from((Ipv4Addr::UNSPECIFIED, DNS_PORT));
    Ok(dataplane::dns::resolver::run(tokio::io::stdin(), listen).await?)
}

/// The relay into a VPC, whose container runs this executable for nothing else.
async fn relay() -> anyhow::Result<()> {
    log::start(&Log { filter: "info".to_owned(), format: LogFormat::Text });
    let listen = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, dataplane::relay::PORT);
    let seed = Secret::new(Ids::random().secret());
    Ok(dataplane::relay::run(tokio::io::stdin(), listen, seed).await?)
}

/// The proxy before a Redis or Valkey server.
async fn engine_proxy(config: EngineProxyConfig) -> anyhow::Result<()> {
    let verify = Arc::new(Tokens::new(Clock::system()));
    match dataplane::proxy::engine::run(config, verify).await? {}
}

#[expect(clippy::print_stdout, reason = "help and version are what was asked for")]
fn print(text: &str) -> ExitCode {
    print!("{text}");
    ExitCode::SUCCESS
}

#[expect(clippy::print_stderr, reason = "there is no log yet, or it is not where people look for this")]
fn complain(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("simfra: {error}");
    ExitCode::FAILURE
}
