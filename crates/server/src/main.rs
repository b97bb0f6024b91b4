//! The `simfra` binary.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use server::admin::{self, Health, Healthy};
use server::clock::Clock;
use server::config::{Config, Log, LogFormat, Role};
use server::http::{self, Gateway, Limits};
use server::ids::Ids;
use server::signal::Signals;
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
        Role::Resolver => run(Builder::new_current_thread(), resolve()),
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
    let listeners = http::bind(&config.listen).await?;
    let health = Health::bootstrapping();
    let supervisor = Supervisor::new("gateway");
    let gateway = Gateway::new(
        &config,
        http::Parts {
            services: Vec::new(),
            admin: admin::router(health.clone(), config.admin_token.clone(), Router::new()),
            clock: Clock::system(),
            ids: Arc::new(Ids::random()),
            limits: Limits::default(),
            supervisor: supervisor.clone(),
        },
    );
    gateway.serve(listeners);
    health.serve(Healthy {
        services: 0,
        docker_enabled: false,
        persistence_enabled: config.data_dir.is_some(),
        default_account_id: config.default_scope.account.to_string(),
        default_region: config.default_scope.region.to_string(),
        runtime: "none",
    });
    tracing::info!(port = config.listen.port, "ready");
    let signal = signals.next().await;
    tracing::info!(signal, "stopping; a second signal stops at once");
    tokio::select! {
        _late = supervisor.drain(DRAIN) => Ok(()),
        signal = signals.next() => anyhow::bail!("stopped at once by a second signal ({signal})"),
    }
}

/// The resolver inside a VPC, whose container runs this executable for nothing else.
async fn resolve() -> anyhow::Result<()> {
    log::start(&Log { filter: "info".to_owned(), format: LogFormat::Text });
    let listen = SocketAddr::from((Ipv4Addr::UNSPECIFIED, DNS_PORT));
    Ok(dataplane::dns::resolver::run(tokio::io::stdin(), listen).await?)
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
