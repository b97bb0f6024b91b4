//! The runtime seam: how the rest of Simfra has a cache node, wherever it runs.
//!
//! A runtime offers idempotent verbs and keeps no truth of its own: what exists is read back from Docker's labels
//! or from the run folder of the processes. It never decides that a node should exist.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use async_trait::async_trait;
use domain::engine::Engine;
use domain::node::{NodeId, VpcKey};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;

use crate::dns::{Zone, ZoneUpdate};
use crate::proxy::engine::Policy;
use crate::proxy::memcached::NodeList;

pub mod docker;
pub mod fake;
mod labour;
pub mod none;
pub mod process;
pub mod spec;

pub use spec::{Behind, Configuration, EngineFallback, NetworkSpec, NodeSpec, Replication, Storage};
pub(crate) use spec::{bus_port, inner_port};

/// A byte stream to a node.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}
/// A boxed [`Stream`].
pub type BoxStream = Box<dyn Stream>;

/// Which backend a runtime is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuntimeKind {
    /// Containers.
    Docker,
    /// Child processes on loopback addresses.
    Process,
    /// No engines: the control plane alone.
    None,
}

/// Where a running node answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeHandle {
    /// The address at which other members of its VPC (or, with processes, the host) reach it.
    pub address: IpAddr,
    /// The port it listens on: the one asked for, or with processes a free one where that is taken.
    pub port: u16,
    /// True when the node was running already, at this generation, and was left as it was.
    pub adopted: bool,
    /// Something the user should know, for the log and DescribeEvents (an engine fallback).
    pub notice: Option<String>,
}

/// What a runtime sees of one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedNode {
    /// Whose it is.
    pub id: NodeId,
    /// Of which generation.
    pub generation: domain::node::Generation,
    /// What it does.
    pub state: ObservedState,
}

/// A node's state as the runtime sees it. A node that is not listed is absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObservedState {
    /// Its process runs (whether it answers is the heartbeat's business).
    Running {
        /// Where.
        address: IpAddr,
        /// On which port.
        port: u16,
    },
    /// Its process ended.
    Exited {
        /// Exit code, signal, out-of-memory: for people.
        detail: String,
    },
}

/// What a runtime tells unasked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuntimeEvent {
    /// A node's process ended while Simfra and the backend were up.
    Exited {
        /// Which.
        id: NodeId,
        /// Why, for people.
        detail: String,
    },
    /// The proxy before a Redis or Valkey node ended, and its engine may not have.
    ProxyEnded {
        /// Whose.
        id: NodeId,
    },
    /// The backend (the Docker daemon) went away and is back: observe everything anew. Nodes that are found exited
    /// then did not die of themselves: they restart with their data.
    Returned,
}

/// What a node's process does at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// It computes, or waits for the disk.
    AtWork,
    /// It waits for something else: for clients, or for another node.
    Waiting,
    /// It is stopped, paused, cut off or not there.
    None,
    /// It runs, and cannot be looked at from here.
    Unknown,
}

/// Why a runtime's verb failed.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// The image or binary for the engine version cannot be had: final until the user acts.
    #[error("{0}")]
    EngineUnavailable(String),
    /// The engine was started and did not come up: it exited, with its last output lines.
    #[error("{0}")]
    StartFailed(String),
    /// No free address or port is left.
    #[error("{0}")]
    Exhausted(String),
    /// The node is not there.
    #[error("node {0} is not running")]
    Absent(NodeId),
    /// The backend cannot be reached or answered an error; worth trying again.
    #[error("{verb} {subject}: {reason}")]
    Backend {
        /// What was tried.
        verb: &'static str,
        /// On what.
        subject: String,
        /// What came back.
        reason: String,
    },
}

/// A network as it came to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// Its name in Docker, `simfra-vpc-…`; empty with processes.
    pub name: String,
    /// The range behind the VPC's CIDR: the same, or one of the pool with the same offsets.
    pub pool: ipnet::Ipv4Net,
    /// Where its resolver answers, at pool + 2; none with processes.
    pub resolver: Option<Ipv4Addr>,
    /// Where Simfra itself is in it: the gateway, or, when Simfra is a container, its address; none with processes.
    pub simfra: Option<Ipv4Addr>,
}

/// One backend. Every verb is idempotent and safe to call again after a crash at any moment.
#[async_trait]
pub trait Runtime: Send + Sync + 'static {
    /// Which backend this is.
    fn kind(&self) -> RuntimeKind;

    /// Creates or adopts the VPC's network, and its resolver where the runtime has one.
    async fn ensure_network(&self, spec: &NetworkSpec) -> Result<Network, RuntimeError>;

    /// Removes the network and its resolver; absent is `Ok`.
    async fn remove_network(&self, vpc: &VpcKey) -> Result<(), RuntimeError>;

    /// Every node of this instance, whoever made it.
    async fn list(&self) -> Result<Vec<ObservedNode>, RuntimeError>;

    /// Creates or adopts the node: returns when its process was started, not when it answers. A node of another
    /// generation is replaced with its data; one of this generation that exited is started anew with its data.
    async fn ensure(&self, spec: &NodeSpec) -> Result<NodeHandle, RuntimeError>;

    /// Gets what serves this version of the engine, so that an [`ensure`](Self::ensure) of it will not wait: a node that
    /// is to move to it serves meanwhile.
    async fn ensure_engine(&self, engine: Engine, version: Option<&str>) -> Result<(), RuntimeError>;

    /// Removes the node and its data; absent is `Ok`.
    async fn remove(&self, id: &NodeId) -> Result<(), RuntimeError>;

    /// Stops the node in order and keeps its data (durable storage), for a stop of Simfra.
    async fn stop(&self, id: &NodeId) -> Result<(), RuntimeError>;

    /// Opens a connection to a node: the only way to one.
    async fn dial(&self, id: &NodeId, port: u16) -> Result<BoxStream, RuntimeError>;

    /// Whether the silence of a node that runs is its own doing. False where what leads to it was broken of late; it
    /// answers then once that is mended, or is not for long: the node may answer again.
    async fn silence_is_its_own(&self, _id: &NodeId) -> bool {
        true
    }

    /// What the node's process does at this moment: why it is silent.
    async fn activity(&self, _id: &NodeId) -> Activity {
        Activity::None
    }

    /// Puts what the VPC's resolver is to answer, in the order of the calls; [`Runtime::has_zone`] waits for it. False for a
    /// change of a zone that was not put yet, whole: nothing is put then.
    fn put_zone(&self, vpc: &VpcKey, update: ZoneUpdate) -> bool;

    /// Waits until the VPC's resolver has what was put.
    async fn has_zone(&self, vpc: &VpcKey) -> Result<(), RuntimeError>;

    /// Has the VPC's resolver answer this zone.
    async fn publish_zone(&self, vpc: &VpcKey, zone: &Zone) -> Result<(), RuntimeError> {
        self.put_zone(vpc, ZoneUpdate::Whole(zone.clone()));
        self.has_zone(vpc).await
    }

    /// Tells a Memcached node which nodes its cluster has, whole.
    async fn publish_nodes(&self, id: &NodeId, list: &NodeList) -> Result<(), RuntimeError>;

    /// Has a proxy with this policy at the address and port of a Redis or Valkey node that runs. It takes the port when the
    /// engine leaves it: the answer is whereto. One that is there is told the policy. It ends with its engine.
    async fn ensure_proxy(&self, spec: &NodeSpec, _policy: &Policy) -> Result<Behind, RuntimeError> {
        let (verb, subject) = ("put a proxy before", spec.id.to_string());
        Err(RuntimeError::Backend { verb, subject, reason: "this runtime has none".to_owned() })
    }

    /// Puts a certificate with the names of now where a node's engine, which runs and speaks TLS itself, has its own: in the
    /// folder of the answer. The engine reads it when it is told to.
    async fn renew_certificate(&self, spec: &NodeSpec) -> Result<PathBuf, RuntimeError> {
        let (verb, subject) = ("renew the certificate of", spec.id.to_string());
        Err(RuntimeError::Backend { verb, subject, reason: "this runtime has none".to_owned() })
    }

    /// Whether the node's engine, of Redis or Valkey, started behind a proxy or left its port to one, be that there or not.
    async fn is_behind_proxy(&self, _id: &NodeId) -> Result<bool, RuntimeError> {
        Ok(false)
    }

    /// The runtime's events; called once, at the start.
    fn events(&self) -> mpsc::UnboundedReceiver<RuntimeEvent>;

    /// Where the host itself can reach the node directly, if it can (processes): for messages to people.
    fn host_address(&self, id: &NodeId, port: u16) -> Option<SocketAddr>;
}
