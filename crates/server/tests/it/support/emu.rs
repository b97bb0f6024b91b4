//! A whole Simfra of a test's own: the API over a fake runtime, with AWS's SDK as its client.
//!
//! It runs in threads of its own, so that a test can take it away between any two steps, as a kill would, and start
//! the next one on what it left. Dropped, it is stopped in order, and nothing of it may be left over.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::Duration;

use aws_sdk_elasticache::Client;
use dataplane::runtime::fake::FakeRuntime;
use dataplane::runtime::{ObservedNode, ObservedState, Runtime, RuntimeKind};
use domain::ids::{CacheNodeId, Scope};
use domain::node::NodeId;
use server::admin::{self, Health};
use server::app::App;
use server::clock::Clock;
use server::config::Config;
use server::engines::Engines;
use server::http::{Gateway, Limits, Parts};
use server::ids::Ids;
use server::store::Store;
use server::supervise::Supervisor;
use tempfile::TempDir;
use tokio::sync::oneshot;

use super::gateway::DEADLINE;
use super::raw::{self, Reply};
use super::{dns, sdk, until};

/// How many ports for forwards a Simfra has, and how many for DNS.
const PORTS: u16 = 4;

/// What outlives a Simfra: the engines, the folders and the ports.
pub(crate) struct Stage {
    pub(crate) fake: FakeRuntime,
    pub(crate) clock: Clock,
    /// How long a waiter's call is held: by default for longer than a test waits for anything.
    hold_time: Duration,
    pub(crate) durable: bool,
    folder: TempDir,
    ports: Ports,
}

impl Default for Stage {
    /// All in memory, on the system's clock.
    fn default() -> Self {
        let fake = FakeRuntime::default();
        let folder = tempfile::tempdir().unwrap();
        Self {
            fake,
            clock: Clock::system(),
            hold_time: 3 * DEADLINE,
            durable: false,
            folder,
            ports: Ports::take(),
        }
    }
}

impl Stage {
    /// With a data directory.
    pub(crate) fn durable() -> Self {
        Self { durable: true, ..Self::default() }
    }

    /// The same engines, with none of the folders that their Simfra had.
    pub(crate) fn without_folder(self) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), ..self }
    }

    /// The same with a data directory.
    pub(crate) fn kept(self) -> Self {
        Self { durable: true, ..self }
    }

    /// On another clock.
    pub(crate) fn on_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// With runtime `none`.
    pub(crate) fn without_engines() -> Self {
        Self { fake: FakeRuntime::new(RuntimeKind::None), ..Self::default() }
    }

    /// With waiters' calls held for so long.
    pub(crate) fn holding(self, hold_time: Duration) -> Self {
        Self { hold_time, ..self }
    }

    pub(crate) fn forward_ports(&self) -> std::ops::RangeInclusive<u16> {
        self.ports.first..=self.ports.first + PORTS - 1
    }

    fn config(&self) -> Config {
        let dns = self.ports.first + PORTS;
        let data = self.folder.path().join("data");
        let mut flags = vec![
            format!("--port-forward-port-range={}-{}", self.ports.first, dns - 1),
            format!("--dns-port-range={dns}-{}", dns + PORTS - 1),
        ];
        if self.durable {
            flags.push(format!("--data-dir={}", data.display()));
        }
        let config = Config::of_flags(flags.iter().map(String::as_str)).unwrap();
        Config { cache_dir: self.folder.path().join("cache"), ..config }
    }

    /// The nodes that there are now.
    pub(crate) async fn nodes(&self) -> Vec<ObservedNode> {
        self.fake.list().await.unwrap()
    }
}

/// A block of ports that no other Simfra of these tests has, of this process or another one: what it leaves must not
/// be taken by anybody before that is looked at. Below the system's ephemeral ports and the engines' own.
struct Ports {
    first: u16,
    /// The last of the block, which nobody listens on at the same time.
    _held: TcpListener,
}

impl Ports {
    const BLOCK: u16 = 2 * PORTS + 1;
    const ALL: std::ops::Range<u16> = 13_000..29_000;

    fn take() -> Self {
        static NEXT: AtomicU16 = AtomicU16::new(0);
        let blocks = (Self::ALL.end - Self::ALL.start) / Self::BLOCK;
        // Processes begin apart, so that they seldom meet.
        let begin = u16::try_from(std::process::id() * 61 % u32::from(blocks)).unwrap();
        for _ in 0..blocks {
            let block = begin.wrapping_add(NEXT.fetch_add(1, Relaxed)) % blocks;
            let first = Self::ALL.start + block * Self::BLOCK;
            if let Some(held) = occupy(first + Self::BLOCK - 1) {
                return Self { first, _held: held };
            }
        }
        panic!("every block of ports of {:?} is taken", Self::ALL)
    }
}

/// A running Simfra.
pub(crate) struct TestEmu {
    app: Option<Arc<App>>,
    address: SocketAddr,
    dns_port: u16,
    stage: Option<Stage>,
    end: Option<oneshot::Sender<End>>,
    thread: Option<JoinHandle<Vec<&'static str>>>,
}

/// How a Simfra ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// In order, as by a signal.
    Stop,
    /// At once: every task is dropped where it is.
    Crash,
}

impl TestEmu {
    /// All in memory.
    pub(crate) async fn start() -> Self {
        Self::on(Stage::default()).await
    }

    /// On what an earlier one left, or a test prepared.
    pub(crate) async fn on(stage: Stage) -> Self {
        let (config, fake, clock) = (stage.config(), stage.fake.clone(), stage.clock.clone());
        let limits = Limits { hold_time: stage.hold_time, ..Limits::default() };
        let (ready, started) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let thread = std::thread::spawn(move || run(&config, fake, clock, limits, ready, ended));
        let (app, address) = started.await.expect("Simfra starts");
        let dns_port = app.behind().expect("it was started").names.port();
        Self { app: Some(app), address, dns_port, stage: Some(stage), end: Some(end), thread: Some(thread) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn fake(&self) -> &FakeRuntime {
        &self.stage().fake
    }

    pub(crate) fn stage(&self) -> &Stage {
        self.stage.as_ref().expect("it is taken at the end alone")
    }

    pub(crate) fn store(&self) -> &Store {
        &self.app.as_ref().expect("it is taken at the end alone").store
    }

    /// AWS's SDK, for the default account and region.
    pub(crate) fn client(&self) -> Client {
        self.client_of("000000000000", "us-east-1")
    }

    /// AWS's SDK, for another account and region.
    pub(crate) fn client_of(&self, account: &str, region: &'static str) -> Client {
        sdk::client(&format!("http://{}", self.address), (account, "any"), region)
    }

    /// A request to the admin API: its status and its JSON (null where the answer has no body).
    pub(crate) fn admin(&self, method: &str, path: &str, body: &str) -> (u16, serde_json::Value) {
        let request = format!(
            "{method} /_simfra{path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let reply = self.ask(&request);
        (reply.status, serde_json::from_str(&reply.body).unwrap_or_default())
    }

    /// A request as its bytes.
    pub(crate) fn ask(&self, request: &str) -> Reply {
        raw::Client::connect(self.address).ask(request)
    }

    /// What the host's DNS answers to a question for a name's addresses; the answer's code where that is no success.
    pub(crate) fn resolve(&self, name: &str) -> Result<Vec<Ipv4Addr>, u8> {
        dns::resolve(self.dns_port, name)
    }

    /// A cluster's node, `0001`, in the default account and region.
    pub(crate) fn node(&self, cluster: &str) -> NodeId {
        let scope = Scope { account: "000000000000".parse().unwrap(), region: "us-east-1".parse().unwrap() };
        NodeId { scope, cluster: cluster.parse().unwrap(), node: CacheNodeId::new(1) }
    }

    /// Takes it away as a kill would.
    pub(crate) fn crash(mut self) -> Stage {
        self.finish(End::Crash);
        self.stage.take().expect("it is taken here alone")
    }

    /// Stops it in order, and sees that nothing is left over.
    pub(crate) fn stop(mut self) -> Stage {
        self.stop_and_look();
        self.stage.take().expect("it is taken here alone")
    }

    /// Stops it in order, does `meanwhile` once the background has heard of it, and sees that nothing is left over.
    pub(crate) fn stop_while(mut self, meanwhile: impl FnOnce(&FakeRuntime)) -> Stage {
        self.app = None;
        let _ = self.end.take().expect("it ends once").send(End::Stop);
        // Its DNS server is one of the tasks of the background.
        let start = std::time::Instant::now();
        while UdpSocket::bind((Ipv4Addr::LOCALHOST, self.dns_port)).is_err() {
            assert!(start.elapsed() < DEADLINE, "it does not stop");
            std::thread::sleep(Duration::from_millis(5));
        }
        meanwhile(self.fake());
        let late = self.thread.take().expect("it ends once").join().expect("Simfra's thread does not panic");
        assert_eq!(late, [""; 0], "tasks are late");
        self.stage.take().expect("it is taken here alone")
    }

    fn finish(&mut self, how: End) -> Vec<&'static str> {
        self.app = None;
        let _ = self.end.take().expect("it ends once").send(how);
        self.thread.take().expect("it ends once").join().expect("Simfra's thread does not panic")
    }

    fn stop_and_look(&mut self) {
        let stage = self.stage();
        stage.fake.resume();
        stage.fake.release_ensure();
        let durable = stage.durable;
        let forwards: Vec<u16> =
            self.store().read().forwards().flat_map(|row| row.local_ports().collect::<Vec<_>>()).collect();
        let owned: Vec<NodeId> = {
            let world = self.store().read();
            world.all_clusters().flat_map(|c| c.nodes.iter().map(|node| c.node_id(node.id))).collect()
        };
        assert_eq!(self.finish(End::Stop), [""; 0], "tasks are late");
        let left =
            futures_util::FutureExt::now_or_never(self.stage().nodes()).expect("the fake does not wait");
        assert!(durable || left.is_empty(), "nodes are left: {left:?}");
        for node in left {
            assert!(owned.contains(&node.id), "nobody owns {node:?}");
            assert!(matches!(node.state, ObservedState::Exited { .. }), "it runs on: {node:?}");
        }
        for port in forwards {
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect_err("a port forward is left");
        }
        assert!(UdpSocket::bind((Ipv4Addr::LOCALHOST, self.dns_port)).is_ok(), "the DNS port is left");
    }
}

impl Drop for TestEmu {
    fn drop(&mut self) {
        if self.thread.is_none() {
            return;
        }
        if std::thread::panicking() {
            self.finish(End::Crash);
        } else {
            self.stop_and_look();
        }
    }
}

fn run(
    config: &Config,
    fake: FakeRuntime,
    clock: Clock,
    limits: Limits,
    ready: oneshot::Sender<(Arc<App>, SocketAddr)>,
    ended: oneshot::Receiver<End>,
) -> Vec<&'static str> {
    let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    // Dropped at the end, the threads drop every task that is left where it is.
    threads.block_on(async move {
        let ids = Arc::new(Ids::seeded(1));
        let (app, feed) = open(config, &clock, &ids).await;
        let gateway_tasks = Supervisor::new("gateway");
        let parts = Parts {
            services: app.services(),
            admin: admin::router(Health::bootstrapping(), None, admin::routes(Arc::clone(&app))),
            clock,
            ids,
            limits,
            supervisor: gateway_tasks.clone(),
        };
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        Gateway::new(config, parts).serve(vec![listener]);
        app.start_with(Engines::Given(Arc::new(fake)), feed).await.unwrap();
        let _ = ready.send((Arc::clone(&app), address));
        if ended.await != Ok(End::Stop) {
            return Vec::new();
        }
        let mut late = gateway_tasks.drain(DEADLINE).await;
        late.extend(app.stop().await);
        assert_eq!(gateway_tasks.running(), 0, "a task outlives its drain");
        late
    })
}

/// Opens the store; one that a crash took away is closed a moment later, by its own thread.
async fn open(config: &Config, clock: &Clock, ids: &Arc<Ids>) -> (Arc<App>, server::store::Feed) {
    until("the store opens", async || App::open(config, clock.clone(), Arc::clone(ids)).ok()).await
}

/// A port of loopback that this test alone listens on while it holds the answer.
pub(crate) fn occupy(port: u16) -> Option<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()
}
