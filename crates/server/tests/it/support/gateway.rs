//! A gateway of a test's own, in threads of its own, so that any kind of test can use it.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use server::admin::{self, Health, Healthy};
use server::clock::Clock;
use server::config::Config;
use server::http::{Gateway, Limits, Parts, QueryService};
use server::ids::Ids;
use server::supervise::Supervisor;
use tokio::sync::oneshot;

use super::raw::{Client, Reply};
use super::services::{Content, Probe};

/// How long anything may take before a test calls it hung.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// A running gateway with the two services of [`super::services`]. Dropped, it is drained, and no task may be left.
pub(crate) struct TestGateway {
    address: SocketAddr,
    health: Health,
    probe: Arc<Probe>,
    stop: Option<oneshot::Sender<Duration>>,
    thread: Option<JoinHandle<Vec<&'static str>>>,
}

/// How a test wants its gateway.
pub(crate) struct Setup {
    /// As on the command line.
    pub(crate) flags: &'static [&'static str],
    pub(crate) limits: Limits,
    pub(crate) clock: Clock,
}

impl Default for Setup {
    fn default() -> Self {
        Self { flags: &[], limits: Limits::default(), clock: Clock::system() }
    }
}

impl TestGateway {
    pub(crate) fn start() -> Self {
        Self::with(Setup::default())
    }

    pub(crate) fn with_flags(flags: &'static [&'static str]) -> Self {
        Self::with(Setup { flags, ..Setup::default() })
    }

    pub(crate) fn with(setup: Setup) -> Self {
        let config = Config::of_flags(setup.flags.iter().copied()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let health = Health::bootstrapping();
        let probe = Arc::new(Probe::default());
        let parts = Parts {
            services: vec![probe.clone(), Arc::new(QueryService(Content))],
            admin: admin::router(health.clone(), config.admin_token.clone(), Router::new()),
            clock: setup.clock,
            ids: Arc::new(Ids::seeded(1)),
            limits: setup.limits,
            supervisor: Supervisor::new("gateway"),
        };
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || run(&config, parts, listener, stopped));
        Self { address, health, probe, stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn probe(&self) -> &Probe {
        &self.probe
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.address)
    }

    /// One request on a connection of its own.
    pub(crate) fn ask(&self, request: impl AsRef<[u8]>) -> Reply {
        self.connect().ask(request)
    }

    pub(crate) fn say_healthy(&self) {
        self.health.serve(Healthy {
            services: 2,
            docker_enabled: false,
            persistence_enabled: false,
            default_account_id: "000000000000".to_owned(),
            default_region: "us-east-1".to_owned(),
            runtime: "none",
        });
    }

    /// Tells the gateway to stop, as a signal would, without waiting for it.
    pub(crate) fn stop(&mut self, deadline: Duration) {
        self.stop.take().unwrap().send(deadline).unwrap();
    }

    /// Who was late at the drain.
    pub(crate) fn join(&mut self) -> Vec<&'static str> {
        self.thread.take().unwrap().join().expect("the gateway's thread does not panic")
    }
}

impl Drop for TestGateway {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(DEADLINE);
        }
        if let Some(thread) = self.thread.take() {
            let late = thread.join();
            if !std::thread::panicking() {
                assert_eq!(late.ok(), Some(Vec::new()), "tasks were left");
            }
        }
    }
}

fn run(
    config: &Config,
    parts: Parts,
    listener: TcpListener,
    stopped: oneshot::Receiver<Duration>,
) -> Vec<&'static str> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async move {
        let supervisor = parts.supervisor.clone();
        Gateway::new(config, parts).serve(vec![tokio::net::TcpListener::from_std(listener).unwrap()]);
        let deadline = stopped.await.unwrap_or(DEADLINE);
        let late = supervisor.drain(deadline).await;
        assert_eq!(supervisor.running(), 0, "a task outlives its drain");
        late
    })
}
