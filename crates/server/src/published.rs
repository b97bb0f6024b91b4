//! `SIMFRA_VPC_ISOLATION=false`: every node is published on the host, at an address of its own.
//!
//! A process is at such an address already. Before a container stands a listener of Simfra's, not a port of Docker's: it
//! stays while the node behind it is replaced, and reaches nodes as forwards do. The node's row keeps the address.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddrV4};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dataplane::loopback::Loopback;
use dataplane::proxy::{Forward, ForwardError, ForwardPool};
use dataplane::runtime::{RuntimeError, RuntimeKind};
use domain::cluster::{CacheCluster, Phase};
use domain::ids::CacheNodeId;
use domain::node::NodeId;

use crate::config::Config;
use crate::destination::Destination;
use crate::dialer::Dialer;
use crate::observations::Observations;
use crate::store::ClusterKey;

/// Addresses that are tried when others on this machine are quicker.
const TRIES: usize = 3;

/// Where nodes are published.
pub enum Published {
    /// Nowhere: VPCs are isolated, or there are no engines.
    Nowhere,
    /// Where they are.
    InPlace(Arc<Observations>),
    /// By listeners.
    Before(Box<Listeners>),
}

/// The listeners of published nodes.
pub struct Listeners {
    pool: ForwardPool,
    dialer: Dialer,
    /// Held while a listener is opened.
    turn: tokio::sync::Mutex<()>,
    loopback: Mutex<Loopback>,
    open: Mutex<HashMap<NodeId, (SocketAddrV4, Forward)>>,
}

impl Published {
    /// As `config` has it, on the runtime that `dialer` dials.
    pub fn new(config: &Config, dialer: Dialer, pool: ForwardPool) -> Self {
        match dialer.runtime.kind() {
            _ if config.vpc_isolation => Self::Nowhere,
            RuntimeKind::None => Self::Nowhere,
            RuntimeKind::Process => Self::InPlace(Arc::clone(&dialer.observations)),
            RuntimeKind::Docker => Self::Before(Box::new(Listeners {
                pool,
                dialer,
                turn: tokio::sync::Mutex::default(),
                loopback: Mutex::new(Loopback::new(&config.cache_dir, Some(config.published_ports.clone()))),
                open: Mutex::default(),
            })),
        }
    }

    /// Opens the listeners that an earlier run had, each where it was if that is free.
    pub async fn reopen(&self, clusters: &[Arc<CacheCluster>]) {
        let Self::Before(listeners) = self else { return };
        let nodes = || {
            clusters.iter().flat_map(|cluster| {
                let published = cluster.nodes.iter().filter_map(|node| Some((node.id, node.published?)));
                published.map(move |(id, socket)| (cluster, id, socket))
            })
        };
        for (cluster, id, socket) in nodes() {
            listeners.loopback().adopt(&cluster.node_id(id), socket);
        }
        for (cluster, id, _) in nodes() {
            if let Err(error) = self.open(cluster, id).await {
                tracing::warn!(node = %cluster.node_id(id), %error, "a node could not be published again; it is tried again");
            }
        }
    }

    /// Has the node published, from before it is started.
    ///
    /// # Errors
    /// [`RuntimeError::Exhausted`] when no address or no port is left; else when the system refuses to listen.
    pub async fn open(&self, cluster: &CacheCluster, node: CacheNodeId) -> Result<(), RuntimeError> {
        let Self::Before(listeners) = self else { return Ok(()) };
        let before = cluster.node(node).and_then(|node| node.published);
        listeners.open(&cluster.node_id(node), cluster.spec.port, before).await
    }

    /// [`Published::open`] for the nodes of a cluster that stay.
    ///
    /// # Errors
    /// As [`Published::open`].
    pub async fn open_all(&self, cluster: &CacheCluster) -> Result<(), RuntimeError> {
        for node in cluster.staying().filter(|_| !is_failed(cluster)) {
            self.open(cluster, node.id).await?;
        }
        Ok(())
    }

    /// Where a node is published now.
    pub fn socket(&self, id: &NodeId) -> Option<SocketAddrV4> {
        match self {
            Self::Nowhere => None,
            Self::InPlace(observations) => match observations.address_of(id)? {
                (IpAddr::V4(address), port) => Some(SocketAddrV4::new(address, port)),
                (IpAddr::V6(_), _) => None,
            },
            Self::Before(listeners) => listeners.opened().get(id).map(|(socket, _)| *socket),
        }
    }

    /// Where a cluster's nodes are published now.
    pub fn sockets(&self, cluster: &CacheCluster) -> BTreeMap<CacheNodeId, SocketAddrV4> {
        let published = |id| Some((id, self.socket(&cluster.node_id(id))?));
        cluster.nodes.iter().filter_map(|node| published(node.id)).collect()
    }

    /// The node is gone: when this answers, so is its port.
    pub async fn close(&self, id: &NodeId) {
        let Self::Before(listeners) = self else { return };
        let _turn = listeners.turn.lock().await;
        let closed = listeners.opened().remove(id);
        if let Some((_, forward)) = closed {
            forward.close().await;
        }
        listeners.loopback().release(id);
    }

    /// Closes what is left of nodes that are not in their cluster's row, or whose cluster could not be created.
    pub fn retain(&self, key: &ClusterKey, cluster: Option<&CacheCluster>) {
        let Self::Before(listeners) = self else { return };
        let gone = |id: &NodeId| {
            let serves = |cluster: &CacheCluster| cluster.node(id.node).is_some() && !is_failed(cluster);
            ClusterKey::of_node(id) == *key && !cluster.is_some_and(serves)
        };
        // Dropped, a forward closes its port and its connections.
        let closed: Vec<_> = listeners.opened().extract_if(|id, _| gone(id)).collect();
        for (id, _) in &closed {
            listeners.loopback().release(id);
        }
    }
}

fn is_failed(cluster: &CacheCluster) -> bool {
    matches!(cluster.phase, Phase::IncompatibleNetwork { .. } | Phase::RestoreFailed { .. })
}

impl Listeners {
    async fn open(&self, id: &NodeId, port: u16, before: Option<SocketAddrV4>) -> Result<(), RuntimeError> {
        let _turn = self.turn.lock().await;
        if self.opened().contains_key(id) {
            return Ok(());
        }
        if let Some(before) = before {
            self.loopback().adopt(id, before);
            if self.listen(id, before).await.is_ok() {
                return Ok(());
            }
        }
        for _ in 0..TRIES {
            let socket = self.loopback().lease(id, port)?;
            match self.listen(id, socket).await {
                Err(ForwardError::Taken { .. }) => {}
                listens => {
                    return listens.map_err(|error| RuntimeError::Backend {
                        verb: "publish",
                        subject: format!("{id} at {socket}"),
                        reason: error.to_string(),
                    });
                }
            }
        }
        Err(RuntimeError::Exhausted(format!(
            "no address of this host has port {port} free to publish {id} at"
        )))
    }

    async fn listen(&self, id: &NodeId, socket: SocketAddrV4) -> Result<(), ForwardError> {
        let forward = self.pool.open_on(socket.into(), self.dialer.to(Destination::Node(id.clone()))).await?;
        self.opened().insert(id.clone(), (socket, forward));
        Ok(())
    }

    fn opened(&self) -> MutexGuard<'_, HashMap<NodeId, (SocketAddrV4, Forward)>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn loopback(&self) -> MutexGuard<'_, Loopback> {
        self.loopback.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
