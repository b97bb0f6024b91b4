//! What is asked of a runtime: a network, a node.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;

use domain::engine::Engine;
use domain::node::{Generation, NodeId, VpcKey};
use domain::parameter::Setting;
use ipnet::Ipv4Net;

use crate::engine::access::Access;
use crate::engine::birth::Birth;
use crate::tls::NodeTls;

/// A VPC's network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkSpec {
    /// Whose it is.
    pub vpc: VpcKey,
    /// The range that the API reports.
    pub cidr: Ipv4Net,
}

/// Whether a node's data outlives its process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// In memory only: gone with the process.
    Ephemeral,
    /// In an append-only file (fsync every second), one per generation; Memcached has none.
    Durable,
}

/// A cache node, whole: equal specs are the same node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeSpec {
    /// Whose it is.
    pub id: NodeId,
    /// How often it was started anew.
    pub generation: Generation,
    /// The cluster's ARN, for the label.
    pub arn: String,
    /// Which server.
    pub engine: Engine,
    /// `major.minor` or longer as the user asked for it; none: the engine's default image serves.
    pub version: Option<String>,
    /// The port to listen on.
    pub port: u16,
    /// Its network.
    pub network: NetworkSpec,
    /// Its address, in the VPC's CIDR as the API reports it; a runtime maps it by offset into the network's pool.
    pub address: Ipv4Addr,
    /// What happens to its data.
    pub storage: Storage,
    /// The most that it may hold, in bytes, as its node type says; none: the engine's own default.
    pub memory: Option<u64>,
    /// An RDB file whose data this generation starts with (Redis and Valkey): it is read when the node is first started,
    /// and what the node wrote since goes before it.
    pub seed: Option<PathBuf>,
    /// Present: it speaks TLS alone (`TransitEncryptionEnabled`).
    pub tls: Option<NodeTls>,
    /// Whether it replicates with others.
    pub replication: Replication,
    /// Whether its engine starts behind a proxy ([`Runtime::ensure_proxy`](super::Runtime::ensure_proxy)): nobody answers before
    /// that is there.
    pub is_proxied: bool,
    /// How its engine is set up.
    pub configuration: Configuration,
}

/// Whether a node replicates with others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Replication {
    /// It stands alone.
    #[default]
    Alone,
    /// It starts as a replica of nobody, which takes no writes, and is told whom it follows or that it leads.
    Member,
    /// It is one of a group with cluster mode: it starts without slots, and so takes no writes, and is told whom it meets
    /// and which slots it has.
    Shard {
        /// The name by which clients with TLS are led to it.
        name: String,
        /// What it knows from its first start on; none: what it is told.
        birth: Option<Arc<Birth>>,
    },
}

/// How a node's engine is set up beyond its place and its memory. The default leaves it as it comes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Configuration {
    /// What its parameter group says; what the version that runs does not know is left out.
    pub settings: Vec<Setting>,
    /// Who may do what in it; none: anybody anything. Memcached has no users.
    pub access: Option<Access>,
}

/// Where the engine of a group with cluster mode talks to the others, beside the port for its clients.
pub(crate) const fn bus_port(port: u16) -> u16 {
    const APART: u16 = 10_000;
    if port <= u16::MAX - APART { port + APART } else { port - APART }
}

/// Where an engine listens behind its proxy.
pub(crate) const fn inner_port(port: u16) -> u16 {
    const APART: u16 = 20_000;
    if port <= u16::MAX - APART { port + APART } else { port - APART }
}

/// Where an engine is to listen whose node's port is its proxy's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    /// The address; none: the one that it has.
    pub bind: Option<Ipv4Addr>,
    /// The port.
    pub port: u16,
    /// The node's port, at which others go on reaching it.
    pub node_port: u16,
    /// The folder of its certificate and key; none where the node has no TLS.
    pub secrets: Option<PathBuf>,
    /// The name by which clients with TLS are led to it; none without cluster mode.
    pub name: Option<String>,
}

impl NodeSpec {
    /// The name by which clients with TLS are led to it; none without cluster mode.
    pub fn name_in_cluster(&self) -> Option<&str> {
        match &self.replication {
            Replication::Shard { name, .. } => Some(name),
            Replication::Alone | Replication::Member => None,
        }
    }

    /// What it knows of its cluster from its first start on.
    pub(crate) fn birth(&self) -> Option<&Birth> {
        match &self.replication {
            Replication::Shard { birth, .. } => birth.as_deref(),
            Replication::Alone | Replication::Member => None,
        }
    }

    /// The ports that it needs beside the one for its clients, wherever that is, or may once need.
    pub(crate) fn beside(&self) -> fn(u16) -> Vec<u16> {
        match self.replication {
            Replication::Shard { .. } => |port| vec![bus_port(port), inner_port(port)],
            Replication::Member => |port| vec![inner_port(port)],
            Replication::Alone => |_| Vec::new(),
        }
    }

    /// What holds a Memcached node to its memory; it counts in mebibytes.
    pub(crate) fn memcached_memory(&self) -> Vec<String> {
        self.memory.map_or_else(Vec::new, |bytes| vec!["-m".to_owned(), (bytes >> 20).to_string()])
    }
}

/// What a runtime does when the engine version asked for cannot be had.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EngineFallback {
    /// The node fails, with [`EngineUnavailable`](super::RuntimeError::EngineUnavailable).
    #[default]
    Fail,
    /// The engine's default serves, and the handle's notice says so.
    Warn,
}
