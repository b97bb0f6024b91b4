//! Nodes as child processes of the machine's own servers, each on a loopback address of its own. Linux.
//!
//! Where Docker has labels, a process has `SIMFRA_NODE` in its environment and a record in the run folder: from these
//! two, what runs is known again after any crash. An in-memory instance's nodes die with it, whatever ends it; a
//! durable instance's go on and are adopted by its next start. Isolates nobody: whoever is on this machine can connect.

mod binaries;
mod child;
mod command;
mod folders;
mod label;
mod listener;
mod nodes;
mod scan;
mod spawner;
pub(crate) mod system;

use std::future::Future;
use std::net::{SocketAddr, SocketAddrV4};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use domain::engine::Engine;
use domain::node::{NodeId, VpcKey};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::{
    Activity, Behind, BoxStream, EngineFallback, Network, NetworkSpec, NodeHandle, NodeSpec, ObservedNode,
    Runtime, RuntimeError, RuntimeEvent, RuntimeKind,
};
use crate::Tasks;
use crate::dns::ZoneUpdate;
use crate::proxy::engine::Policy;
use crate::proxy::memcached::NodeList;
use child::Child;
use nodes::Nodes;

pub use binaries::survey;

/// What a stop in order may take before the process is killed.
const GRACE: Duration = Duration::from_secs(5);

/// What a [`ProcessRuntime`] needs to know.
#[derive(Debug, Clone)]
pub struct ProcessConfig {
    /// The instance's name.
    pub instance: String,
    /// The instance's lock file: with the name, what its processes are known by.
    pub lock_path: PathBuf,
    /// Records, logs and working folders of running nodes. The same at every start of a durable instance.
    pub run_dir: PathBuf,
    /// Durable nodes' data goes to `elasticache/` below; none: to the run folder.
    pub data_dir: Option<PathBuf>,
    /// Where engine binaries are looked for first.
    pub engine_path: PathBuf,
    /// Where they are looked for then: the folders of PATH.
    pub search_path: Vec<PathBuf>,
    /// What happens when the version asked for is not among them.
    pub fallback: EngineFallback,
    /// The user's folder that all instances share, for the claims on loopback addresses.
    pub state_dir: PathBuf,
    /// Simfra's own executable, which stands before Memcached servers.
    pub executable: PathBuf,
    /// Whether nodes outlive Simfra and are adopted by its next start.
    pub durable: bool,
}

/// The runtime. Dropped, it takes the nodes of an in-memory instance with it and leaves those of a durable one.
#[derive(Debug)]
pub struct ProcessRuntime {
    nodes: Arc<Nodes>,
    tasks: Tasks,
    events: Mutex<Option<mpsc::UnboundedReceiver<RuntimeEvent>>>,
}

impl ProcessRuntime {
    /// Adopts what an earlier start of the instance left running. Call it on a tokio runtime, holding the instance's
    /// lock.
    pub fn new(config: ProcessConfig, tasks: Tasks) -> Result<Self, RuntimeError> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let nodes = Nodes::open(config, tasks.clone(), sender)?;
        Ok(Self { nodes, tasks, events: Mutex::new(Some(receiver)) })
    }

    /// The engines that can be started: whether `auto` chooses this runtime.
    pub async fn engines_at_hand(&self) -> Vec<Engine> {
        self.nodes.engines_at_hand().await
    }

    /// Removes every node of this instance with its data, and processes of it that no record knows.
    pub async fn remove_all(&self) -> Result<(), RuntimeError> {
        self.to_the_end(|nodes| async move { nodes.remove_all().await }).await
    }

    /// Ends what other instances of this user left behind: processes of instances in memory whose lock is free.
    pub async fn sweep(&self, is_lock_free: &(dyn Fn(&Path) -> bool + Sync)) -> Result<(), RuntimeError> {
        self.nodes.sweep(is_lock_free).await
    }

    /// Runs a verb to its end even when its caller goes away: half a start would be a process that nobody owns.
    async fn to_the_end<T, V, F>(&self, verb: V) -> Result<T, RuntimeError>
    where
        T: Send + 'static,
        V: FnOnce(Arc<Nodes>) -> F,
        F: Future<Output = Result<T, RuntimeError>> + Send + 'static,
    {
        let running = self.tasks.tracker.spawn(verb(self.nodes.clone()));
        running.await.unwrap_or_else(|error| {
            let (verb, subject) = ("finish", "a verb of the process runtime".to_owned());
            Err(RuntimeError::Backend { verb, subject, reason: error.to_string() })
        })
    }
}

#[async_trait]
impl Runtime for ProcessRuntime {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::Process
    }

    /// Loopback is everybody's network: there is nothing to make.
    async fn ensure_network(&self, spec: &NetworkSpec) -> Result<Network, RuntimeError> {
        Ok(Network { name: String::new(), pool: spec.cidr, resolver: None, simfra: None })
    }

    async fn remove_network(&self, _vpc: &VpcKey) -> Result<(), RuntimeError> {
        Ok(())
    }

    async fn list(&self) -> Result<Vec<ObservedNode>, RuntimeError> {
        Ok(self.nodes.list())
    }

    /// `spec.address` plays no part: the node gets a loopback address, and keeps it over its generations.
    async fn ensure(&self, spec: &NodeSpec) -> Result<NodeHandle, RuntimeError> {
        let spec = spec.clone();
        self.to_the_end(|nodes| async move { nodes.ensure(&spec).await }).await
    }

    async fn ensure_engine(&self, engine: Engine, version: Option<&str>) -> Result<(), RuntimeError> {
        self.nodes.has_engine(engine, version).await
    }

    async fn remove(&self, id: &NodeId) -> Result<(), RuntimeError> {
        let id = id.clone();
        self.to_the_end(|nodes| async move { nodes.remove(&id).await }).await
    }

    async fn stop(&self, id: &NodeId) -> Result<(), RuntimeError> {
        let id = id.clone();
        self.to_the_end(|nodes| async move { nodes.stop(&id).await }).await
    }

    /// The port that was asked for leads to the one that the node has.
    async fn dial(&self, id: &NodeId, port: u16) -> Result<BoxStream, RuntimeError> {
        let (children, socket) =
            self.nodes.running(id, port).ok_or_else(|| RuntimeError::Absent(id.clone()))?;
        let failed = |reason: String| RuntimeError::Backend {
            verb: "reach",
            subject: format!("node {id} at {socket}"),
            reason,
        };
        let stream = TcpStream::connect(socket).await.map_err(|error| failed(error.to_string()))?;
        // A free port of the system's range without a listener can connect to itself.
        if stream.local_addr().is_ok_and(|local| local == socket.into()) {
            return Err(failed("nobody listens".to_owned()));
        }
        if !was_one_reached(&children, socket).await {
            return Err(failed("another program listens there, and not the node's own process".to_owned()));
        }
        stream.set_nodelay(true).map_err(|error| failed(error.to_string()))?;
        Ok(Box::new(stream))
    }

    async fn activity(&self, id: &NodeId) -> Activity {
        self.nodes.activity(id)
    }

    fn put_zone(&self, _vpc: &VpcKey, _update: ZoneUpdate) -> bool {
        true
    }

    async fn has_zone(&self, _vpc: &VpcKey) -> Result<(), RuntimeError> {
        Ok(())
    }

    async fn publish_nodes(&self, id: &NodeId, list: &NodeList) -> Result<(), RuntimeError> {
        self.nodes.publish_nodes(id, list).await
    }

    async fn ensure_proxy(&self, spec: &NodeSpec, policy: &Policy) -> Result<Behind, RuntimeError> {
        let (spec, policy) = (spec.clone(), policy.clone());
        self.to_the_end(|nodes| async move { nodes.ensure_proxy(&spec, &policy).await }).await
    }

    async fn renew_certificate(&self, spec: &NodeSpec) -> Result<PathBuf, RuntimeError> {
        let spec = spec.clone();
        self.to_the_end(|nodes| async move { nodes.renew_certificate(&spec).await }).await
    }

    async fn is_behind_proxy(&self, id: &NodeId) -> Result<bool, RuntimeError> {
        Ok(self.nodes.is_behind_proxy(id))
    }

    fn events(&self) -> mpsc::UnboundedReceiver<RuntimeEvent> {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.take().expect("a runtime's events are asked for once")
    }

    fn host_address(&self, id: &NodeId, port: u16) -> Option<SocketAddr> {
        self.nodes.running(id, port).map(|(_, socket)| socket.into())
    }
}

/// Whether it is one of a node's own processes that somebody reached.
async fn was_one_reached(children: &[Arc<Child>], socket: SocketAddrV4) -> bool {
    for child in children {
        if child.was_reached_at(socket).await {
            return true;
        }
    }
    false
}
