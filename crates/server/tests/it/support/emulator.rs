//! A whole Simfra of a test's own, over a runtime that the test holds in its hand.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use dataplane::runtime::RuntimeKind;
use dataplane::runtime::fake::FakeRuntime;
use server::admin::{self, Health};
use server::app::App;
use server::clock::Clock;
use server::config::Config;
use server::engines::Engines;
use server::http::{Gateway, Limits, Parts};
use server::ids::Ids;
use server::supervise::Supervisor;
use tempfile::TempDir;
use tokio::sync::oneshot;

use super::gateway::DEADLINE;
use super::raw::{Client, Reply};
use super::sdk;

/// Host ports apart from those of a Simfra that somebody uses.
const PORTS: [&str; 4] = ["--dns-port-range", "21000-21199", "--port-forward-port-range", "21800-21999"];

/// A running Simfra. Dropped, it is stopped in order, and no task may be left.
pub(crate) struct TestEmu {
    running: Option<Running>,
    runtime: Arc<FakeRuntime>,
    setup: Setup,
    folders: TempDir,
}

/// How a test wants its Simfra.
#[derive(Clone)]
pub(crate) struct Setup {
    /// As on the command line.
    pub(crate) flags: Vec<&'static str>,
    pub(crate) clock: Clock,
    pub(crate) kept: Kept,
}

/// What survives a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    Nothing,
    Everything,
}

impl Default for Setup {
    fn default() -> Self {
        Self { flags: Vec::new(), clock: Clock::system(), kept: Kept::Nothing }
    }
}

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<Vec<&'static str>>,
}

impl TestEmu {
    /// A Simfra in memory; it serves when this returns.
    pub(crate) fn start() -> Self {
        Self::with(Setup::default())
    }

    pub(crate) fn with(setup: Setup) -> Self {
        let runtime = Arc::new(FakeRuntime::new(RuntimeKind::Docker));
        let folders = tempfile::tempdir().unwrap();
        let running = Running::start(&setup, folders.path(), Arc::clone(&runtime));
        Self { running: Some(running), runtime, setup, folders }
    }

    /// Stops Simfra in order and starts it anew, over the same folders and with the same runtime.
    pub(crate) fn restart(&mut self) {
        assert_eq!(self.stop(), Vec::<&str>::new(), "tasks were left");
        self.running = Some(Running::start(&self.setup, self.folders.path(), Arc::clone(&self.runtime)));
    }

    /// What the nodes run on.
    pub(crate) fn runtime(&self) -> &FakeRuntime {
        &self.runtime
    }

    /// AWS's SDK as a client of the default account.
    pub(crate) fn sdk(&self) -> aws_sdk_elasticache::Client {
        sdk::client(&format!("http://{}", self.address()), super::signer::ROOT)
    }

    /// AWS's SDK as a client of another account.
    pub(crate) fn sdk_of(&self, account: &'static str) -> aws_sdk_elasticache::Client {
        sdk::client(&format!("http://{}", self.address()), (account, "anything"))
    }

    /// One request, as bytes.
    pub(crate) fn ask(&self, request: impl AsRef<[u8]>) -> Reply {
        Client::connect(self.address()).ask(request)
    }

    fn address(&self) -> SocketAddr {
        self.running.as_ref().unwrap().address
    }

    fn stop(&mut self) -> Vec<&'static str> {
        let running = self.running.take().unwrap();
        let _ = running.stop.send(());
        running.thread.join().expect("Simfra's thread does not panic")
    }
}

impl Drop for TestEmu {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // The test has failed already: what is left would only hide why.
            self.running.take();
        } else if self.running.is_some() {
            assert_eq!(self.stop(), Vec::<&str>::new(), "tasks were left");
        }
    }
}

impl Running {
    fn start(setup: &Setup, folders: &Path, runtime: Arc<FakeRuntime>) -> Self {
        let flags = PORTS.iter().chain(&setup.flags).copied();
        let mut config = Config::of_flags(flags).unwrap();
        config.cache_dir = folders.join("cache");
        config.data_dir = (setup.kept == Kept::Everything).then(|| folders.join("data"));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let (tell, started) = std::sync::mpsc::channel();
        let clock = setup.clock.clone();
        let thread = std::thread::spawn(move || {
            let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            threads.unwrap().block_on(serve(config, clock, listener, runtime, tell, stopped))
        });
        started.recv_timeout(DEADLINE).expect("Simfra starts");
        Self { address, stop, thread }
    }
}

/// What `main` does, with what the test gave.
async fn serve(
    config: Config,
    clock: Clock,
    listener: TcpListener,
    runtime: Arc<FakeRuntime>,
    started: std::sync::mpsc::Sender<()>,
    stopped: oneshot::Receiver<()>,
) -> Vec<&'static str> {
    let ids = Arc::new(Ids::seeded(1));
    // The store of a Simfra that was just stopped is closed by a thread of its own.
    let open = async || App::open(&config, clock.clone(), Arc::clone(&ids)).ok();
    let (app, feed) = super::until("the store opens", open).await;
    let (health, supervisor) = (Health::bootstrapping(), Supervisor::new("gateway"));
    let parts = Parts {
        services: app.services(),
        admin: admin::router(health.clone(), None, admin::routes(Arc::clone(&app))),
        clock,
        ids,
        limits: Limits::default(),
        supervisor: supervisor.clone(),
    };
    Gateway::new(&config, parts).serve(vec![tokio::net::TcpListener::from_std(listener).unwrap()]);
    app.start_with(Engines::Given(runtime), feed).await.unwrap();
    health.serve(app.healthy());
    started.send(()).unwrap();
    let _ = stopped.await;
    let mut late = supervisor.drain(DEADLINE).await;
    late.extend(app.stop().await);
    late
}
