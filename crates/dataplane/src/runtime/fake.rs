//! A runtime in memory, for tests of what stands above the seam: its nodes answer a few commands, and die, hang and
//! fail on demand. Keeps the seam's contract (`tests/contract`), like the real ones.
//!
//! It outlives the Simfra under test: clone it, drop one Simfra, hand the clone to the next.

mod responder;
mod stall;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::engine::Engine;
use domain::node::{Generation, NodeId, VpcKey};
use tokio::sync::{mpsc, watch};
use tokio_rustls::TlsAcceptor;
use tokio_util::task::TaskTracker;

use super::{
    BoxStream, Network, NetworkSpec, NodeHandle, NodeSpec, ObservedNode, ObservedState, Runtime,
    RuntimeError, RuntimeEvent, RuntimeKind, Storage,
};
use crate::dns::{Zone, ZoneChange, ZoneUpdate};
use crate::proxy::memcached::NodeList;
use crate::tls::NodeTls;
use responder::{Mood, Shared};
use stall::Stall;

/// A verb that was called, in the order of the calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// `ensure_network`
    EnsureNetwork(VpcKey),
    /// `remove_network`
    RemoveNetwork(VpcKey),
    /// `ensure`
    Ensure(NodeId, Generation),
    /// `remove`
    Remove(NodeId),
    /// `stop`
    Stop(NodeId),
    /// `put_zone`, whole
    PublishZone(VpcKey),
    /// `put_zone`, a change
    ChangeZone(VpcKey, ZoneChange),
}

/// How a scripted `ensure` fails: [`RuntimeError`]'s variants that a test can ask for, with their message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// [`RuntimeError::EngineUnavailable`]
    EngineUnavailable(String),
    /// [`RuntimeError::StartFailed`]
    StartFailed(String),
    /// [`RuntimeError::Exhausted`]
    Exhausted(String),
    /// [`RuntimeError::Backend`]
    Backend(String),
}

impl Failure {
    fn of(&self, id: &NodeId) -> RuntimeError {
        match self.clone() {
            Self::EngineUnavailable(message) => RuntimeError::EngineUnavailable(message),
            Self::StartFailed(message) => RuntimeError::StartFailed(message),
            Self::Exhausted(message) => RuntimeError::Exhausted(message),
            Self::Backend(reason) => {
                RuntimeError::Backend { verb: "start", subject: format!("node {id}"), reason }
            }
        }
    }
}

/// The fake. Clones are the same runtime.
#[derive(Debug, Clone)]
pub struct FakeRuntime {
    kind: RuntimeKind,
    inner: Arc<Mutex<Inner>>,
    held: Arc<watch::Sender<bool>>,
    stall: Arc<Stall>,
    connections: TaskTracker,
    listable: Arc<AtomicBool>,
}

#[derive(Debug, Default)]
struct Inner {
    nodes: BTreeMap<NodeId, Node>,
    networks: BTreeSet<VpcKey>,
    zones: BTreeMap<VpcKey, Zone>,
    lists: BTreeMap<NodeId, NodeList>,
    failures: BTreeMap<NodeId, Failure>,
    calls: Vec<Call>,
    events: Option<mpsc::UnboundedSender<RuntimeEvent>>,
}

struct Node {
    generation: Generation,
    address: IpAddr,
    port: u16,
    storage: Storage,
    held: Shared,
    /// A TLS node's authority, and what serves TLS there.
    authority: Option<String>,
    tls: Option<TlsAcceptor>,
    /// Present while it runs; its end cuts every connection.
    mood: Option<watch::Sender<Mood>>,
    detail: String,
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node").field("generation", &self.generation).finish_non_exhaustive()
    }
}

impl Default for FakeRuntime {
    fn default() -> Self {
        Self::new(RuntimeKind::Docker)
    }
}

impl FakeRuntime {
    /// A fake that says it is a `kind`.
    pub fn new(kind: RuntimeKind) -> Self {
        Self {
            kind,
            inner: Arc::default(),
            held: Arc::new(watch::Sender::new(false)),
            stall: Arc::default(),
            connections: TaskTracker::new(),
            listable: Arc::new(AtomicBool::new(true)),
        }
    }

    /// The same with its nodes, saying that it is a `kind`.
    #[must_use]
    pub fn as_kind(self, kind: RuntimeKind) -> Self {
        Self { kind, ..self }
    }

    /// From now on `ensure` of this node fails so, until [`Self::heal`].
    pub fn fail_ensure(&self, id: &NodeId, failure: Failure) {
        self.inner().failures.insert(id.clone(), failure);
    }

    /// Ends what [`Self::fail_ensure`] began.
    pub fn heal(&self, id: &NodeId) {
        self.inner().failures.remove(id);
    }

    /// Every `ensure` waits until [`Self::release_ensure`].
    pub fn hold_ensure(&self) {
        self.held.send_replace(true);
    }

    /// Lets the waiting calls go on.
    pub fn release_ensure(&self) {
        self.held.send_replace(false);
    }

    /// Lets `moments` more moments of verbs pass and then holds every verb until [`Self::resume`]. Each of the verbs
    /// that change something has two moments: before its effect and after it.
    pub fn stall_after(&self, moments: usize) {
        self.stall.close_after(moments);
    }

    /// True once a verb is held by [`Self::stall_after`].
    pub fn is_stalled(&self) -> bool {
        self.stall.is_reached()
    }

    /// Ends what [`Self::stall_after`] began.
    pub fn resume(&self) {
        self.stall.open();
    }

    /// The node's process dies, with an event; false when none runs.
    pub fn kill(&self, id: &NodeId, detail: &str) -> bool {
        let mut inner = self.inner();
        let Some(node) = inner.nodes.get_mut(id) else { return false };
        let ran = node.end(detail);
        if let (true, Some(events)) = (ran, &inner.events) {
            // A Simfra that has gone away hears nothing.
            let _ = events.send(RuntimeEvent::Exited { id: id.clone(), detail: detail.to_owned() });
        }
        ran
    }

    /// The node accepts connections and answers no more, on old ones neither; false when none runs.
    pub fn hang(&self, id: &NodeId) -> bool {
        let inner = self.inner();
        let Some(mood) = inner.nodes.get(id).and_then(|node| node.mood.as_ref()) else { return false };
        mood.send_replace(Mood::Hung);
        true
    }

    /// The node is gone, and nothing tells of it; false when there was none.
    pub fn vanish(&self, id: &NodeId) -> bool {
        self.inner().nodes.remove(id).is_some()
    }

    /// Whether the nodes can be listed: from the start, they can.
    pub fn set_listable(&self, listable: bool) {
        self.listable.store(listable, SeqCst);
    }

    /// The backend went away and is back.
    pub fn tell_returned(&self) {
        if let Some(events) = &self.inner().events {
            let _ = events.send(RuntimeEvent::Returned);
        }
    }

    /// Every verb called so far, `list`, `dial` and `host_address` apart.
    pub fn calls(&self) -> Vec<Call> {
        self.inner().calls.clone()
    }

    /// How often `ensure` was called for a node.
    pub fn ensured(&self, id: &NodeId) -> usize {
        self.inner().calls.iter().filter(|call| matches!(call, Call::Ensure(of, _) if of == id)).count()
    }

    /// The networks that exist.
    pub fn networks(&self) -> BTreeSet<VpcKey> {
        self.inner().networks.clone()
    }

    /// The zone that a VPC's resolver has.
    pub fn zone(&self, vpc: &VpcKey) -> Option<Zone> {
        self.inner().zones.get(vpc).cloned()
    }

    /// The list of nodes that a Memcached node was last told.
    pub fn node_list(&self, id: &NodeId) -> Option<NodeList> {
        self.inner().lists.get(id).cloned()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn ensure(&mut self, spec: &NodeSpec) -> Result<NodeHandle, RuntimeError> {
        if let Some(failure) = self.failures.get(&spec.id) {
            return Err(failure.of(&spec.id));
        }
        let tls = spec.tls.as_ref().map(|tls| acceptor(tls, spec)).transpose()?;
        let before = self.nodes.remove(&spec.id).filter(|node| node.generation == spec.generation);
        let authority = spec.tls.as_ref().map(|tls| tls.fingerprint().to_owned());
        let adopted = before.as_ref().is_some_and(|node| node.mood.is_some() && node.authority == authority);
        let kept = before.filter(|node| adopted || node.storage == Storage::Durable);
        let (mood, held) = match (kept, &spec.seed) {
            (Some(node), _) => (node.mood.filter(|_| adopted), node.held),
            (None, Some(seed)) => (
                None,
                responder::read_seed(seed)
                    .map_err(|error| RuntimeError::StartFailed(format!("{}: {error}", seed.display())))?,
            ),
            (None, None) => Default::default(),
        };
        let node = Node {
            generation: spec.generation,
            address: spec.address.into(),
            port: spec.port,
            storage: spec.storage,
            held,
            authority,
            tls,
            mood: mood.or_else(|| Some(watch::Sender::new(Mood::Serving))),
            detail: String::new(),
        };
        let handle = NodeHandle { address: node.address, port: node.port, adopted, notice: None };
        self.nodes.insert(spec.id.clone(), node);
        Ok(handle)
    }
}

fn acceptor(tls: &NodeTls, spec: &NodeSpec) -> Result<TlsAcceptor, RuntimeError> {
    let failed = |reason: String| Failure::Backend(reason).of(&spec.id);
    let files = tls.issue(spec.address.into()).map_err(|error| failed(error.to_string()))?;
    files.acceptor().map_err(|error| failed(error.to_string()))
}

impl Node {
    /// True when it ran.
    fn end(&mut self, detail: &str) -> bool {
        detail.clone_into(&mut self.detail);
        self.mood.take().is_some()
    }

    fn observed(&self) -> ObservedState {
        match self.mood {
            Some(_) => ObservedState::Running { address: self.address, port: self.port },
            None => ObservedState::Exited { detail: self.detail.clone() },
        }
    }
}

#[async_trait]
impl Runtime for FakeRuntime {
    fn kind(&self) -> RuntimeKind {
        self.kind
    }

    async fn ensure_network(&self, spec: &NetworkSpec) -> Result<Network, RuntimeError> {
        self.stall.pass().await;
        {
            let mut inner = self.inner();
            inner.calls.push(Call::EnsureNetwork(spec.vpc.clone()));
            inner.networks.insert(spec.vpc.clone());
        }
        self.stall.pass().await;
        // Docker alone has named networks with a resolver in them.
        Ok(match self.kind {
            RuntimeKind::Docker => Network {
                name: format!("simfra-vpc-{}", spec.vpc),
                pool: spec.cidr,
                resolver: Some(Ipv4Addr::from(u32::from(spec.cidr.network()) + 2)),
                simfra: Some(Ipv4Addr::from(u32::from(spec.cidr.network()) + 1)),
            },
            RuntimeKind::Process | RuntimeKind::None => {
                Network { name: String::new(), pool: spec.cidr, resolver: None, simfra: None }
            }
        })
    }

    async fn remove_network(&self, vpc: &VpcKey) -> Result<(), RuntimeError> {
        self.stall.pass().await;
        {
            let mut inner = self.inner();
            inner.calls.push(Call::RemoveNetwork(vpc.clone()));
            inner.networks.remove(vpc);
            inner.zones.remove(vpc);
        }
        self.stall.pass().await;
        Ok(())
    }

    async fn list(&self) -> Result<Vec<ObservedNode>, RuntimeError> {
        if !self.listable.load(SeqCst) {
            let (subject, reason) = ("nodes".to_owned(), "the backend is away".to_owned());
            return Err(RuntimeError::Backend { verb: "list", subject, reason });
        }
        let inner = self.inner();
        let observe = |(id, node): (&NodeId, &Node)| ObservedNode {
            id: id.clone(),
            generation: node.generation,
            state: node.observed(),
        };
        Ok(inner.nodes.iter().map(observe).collect())
    }

    async fn ensure(&self, spec: &NodeSpec) -> Result<NodeHandle, RuntimeError> {
        self.inner().calls.push(Call::Ensure(spec.id.clone(), spec.generation));
        let (fake, spec) = (self.clone(), spec.clone());
        let asked = async move {
            let mut held = fake.held.subscribe();
            held.wait_for(|held| !held).await.expect("`fake` keeps the sender");
            fake.stall.pass().await;
            let handle = fake.inner().ensure(&spec)?;
            fake.stall.pass().await;
            Ok(handle)
        };
        match self.kind {
            // There is no backend that could go on without whoever asked.
            RuntimeKind::None => asked.await,
            RuntimeKind::Docker | RuntimeKind::Process => {
                self.connections.spawn(asked).await.expect("the fake does not panic")
            }
        }
    }

    async fn ensure_engine(&self, _engine: Engine, _version: Option<&str>) -> Result<(), RuntimeError> {
        Ok(())
    }

    async fn remove(&self, id: &NodeId) -> Result<(), RuntimeError> {
        self.stall.pass().await;
        {
            let mut inner = self.inner();
            inner.calls.push(Call::Remove(id.clone()));
            inner.nodes.remove(id);
        }
        self.stall.pass().await;
        Ok(())
    }

    async fn stop(&self, id: &NodeId) -> Result<(), RuntimeError> {
        self.stall.pass().await;
        {
            let mut inner = self.inner();
            inner.calls.push(Call::Stop(id.clone()));
            if let Some(node) = inner.nodes.get_mut(id) {
                node.end("stopped");
            }
        }
        self.stall.pass().await;
        Ok(())
    }

    async fn dial(&self, id: &NodeId, port: u16) -> Result<BoxStream, RuntimeError> {
        let inner = self.inner();
        let node = inner.nodes.get(id).ok_or_else(|| RuntimeError::Absent(id.clone()))?;
        let mood = node.mood.as_ref().ok_or_else(|| RuntimeError::Absent(id.clone()))?;
        if port != node.port {
            let reason = format!("port {port} is closed");
            return Err(RuntimeError::Backend { verb: "reach", subject: format!("node {id}"), reason });
        }
        let (near, far) = tokio::io::duplex(64 * 1024);
        let (held, mood, tls) = (node.held.clone(), mood.subscribe(), node.tls.clone());
        self.connections.spawn(async move {
            let far: BoxStream = match tls {
                None => Box::new(far),
                Some(tls) => match tls.accept(far).await {
                    Ok(far) => Box::new(far),
                    Err(_) => return,
                },
            };
            responder::serve(far, held, mood).await;
        });
        Ok(Box::new(near))
    }

    async fn publish_nodes(&self, id: &NodeId, list: &NodeList) -> Result<(), RuntimeError> {
        self.stall.pass().await;
        self.inner().lists.insert(id.clone(), list.clone());
        Ok(())
    }

    fn put_zone(&self, vpc: &VpcKey, update: ZoneUpdate) -> bool {
        let mut inner = self.inner();
        match update {
            ZoneUpdate::Whole(zone) => {
                inner.calls.push(Call::PublishZone(vpc.clone()));
                inner.zones.insert(vpc.clone(), zone);
            }
            ZoneUpdate::Change(change) => {
                let Some(zone) = inner.zones.get_mut(vpc) else { return false };
                zone.change(change.clone());
                inner.calls.push(Call::ChangeZone(vpc.clone(), change));
            }
        }
        true
    }

    async fn has_zone(&self, _vpc: &VpcKey) -> Result<(), RuntimeError> {
        self.stall.pass().await;
        self.stall.pass().await;
        Ok(())
    }

    /// May be called again, by the next Simfra: the last receiver hears.
    fn events(&self) -> mpsc::UnboundedReceiver<RuntimeEvent> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.inner().events = Some(sender);
        receiver
    }

    fn host_address(&self, _id: &NodeId, _port: u16) -> Option<SocketAddr> {
        None
    }
}
