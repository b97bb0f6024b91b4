//! What a node's process carries in its environment, and its record says beside it: all that is needed to know it
//! again.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;

use domain::engine::Engine;
use domain::node::{Generation, NodeId};
use serde::{Deserialize, Serialize};

use super::scan::Identity;
use crate::runtime::NodeSpec;
use crate::tls::NodeTls;

/// The environment variable, a [`Label`] as JSON.
pub(super) const VARIABLE: &str = "SIMFRA_NODE";

/// An instance, as its processes name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Owner {
    /// Its name.
    pub(super) instance: String,
    /// Its lock file: while that is free, the instance does not run.
    pub(super) lock: PathBuf,
    /// Whether its nodes are to outlive it.
    pub(super) durable: bool,
    /// Its run folder.
    pub(super) run_dir: PathBuf,
    /// Its data folder: with another one, a node of the same name is another node.
    pub(super) data_dir: Option<PathBuf>,
}

impl Owner {
    /// True for the same instance, whatever its folders.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.instance == other.instance && self.lock == other.lock
    }
}

/// A node's process, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Label {
    pub(super) owner: Owner,
    pub(super) id: NodeId,
    pub(super) generation: Generation,
    pub(super) engine: Engine,
    /// The version and the port that were asked for.
    pub(super) version: Option<String>,
    pub(super) asked_port: u16,
    /// Where it listens.
    pub(super) address: Ipv4Addr,
    pub(super) port: u16,
    /// The authority of a TLS node's certificate.
    #[serde(default)]
    pub(super) authority: Option<String>,
    /// Whether it is the proxy before the node's engine.
    #[serde(default)]
    pub(super) is_proxy: bool,
}

impl Label {
    pub(super) fn new(owner: &Owner, spec: &NodeSpec, socket: SocketAddrV4) -> Self {
        Self {
            owner: owner.clone(),
            id: spec.id.clone(),
            generation: spec.generation,
            engine: spec.engine,
            version: spec.version.clone(),
            asked_port: spec.port,
            address: *socket.ip(),
            port: socket.port(),
            authority: spec.tls.as_ref().map(|tls| tls.fingerprint().to_owned()),
            is_proxy: false,
        }
    }

    /// True when a process with this label is what `spec` asks for.
    pub(super) fn serves(&self, spec: &NodeSpec) -> bool {
        (self.generation, self.engine, self.asked_port) == (spec.generation, spec.engine, spec.port)
            && self.version == spec.version
            && self.authority.as_deref() == spec.tls.as_ref().map(NodeTls::fingerprint)
    }

    pub(super) fn socket(&self) -> SocketAddrV4 {
        SocketAddrV4::new(self.address, self.port)
    }
}

/// A node's record in the run folder. Written before its start without a process, after it with one: the environment
/// finds the process that was started in between.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) label: Label,
    pub(super) process: Option<Identity>,
}
