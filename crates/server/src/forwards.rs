//! Port forwards: a host port that leads to a cache, as an admin resource.
//!
//! A forward's row lives in the store and so outlives Simfra; its listener is derived from the row. Which node it
//! leads to is decided at each connection, so that it survives the target's reboot.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dataplane::proxy::{ForwardError, ForwardPool};
use dataplane::runtime::Runtime;
use domain::arn::{Arn, ResourceType};
use domain::cluster::CacheCluster;
use domain::engine::Engine;
use domain::ids::{AccountId, CacheClusterId, CacheNodeId, Region, Scope};
use domain::replication_group::ReplicationGroup;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::destination::{Destination, cluster_of};
use crate::dialer::Dialer;
use crate::ids::Ids;
use crate::names::Naming;
use crate::store::{Change, ClusterKey, GroupKey, Store, StoreError, World};

mod follow;
mod members;

use members::Listeners;
pub(crate) use members::MemberPorts;

/// A forward as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortForward {
    /// `pf-` and eight hexadecimal digits.
    pub id: String,
    /// The host's port.
    pub local_port: u16,
    /// The port on the node.
    pub target_port: u16,
    /// The target as it was named.
    pub target_arn: String,
    /// Where it leads.
    #[serde(flatten)]
    pub destination: Destination,
    /// The host's ports of the members, where it leads to a group with cluster mode.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub members: BTreeMap<CacheClusterId, u16>,
    /// When it was asked for.
    pub created_at: Timestamp,
}

impl PortForward {
    /// All ports of the host that are its own.
    pub fn local_ports(&self) -> impl Iterator<Item = u16> {
        std::iter::once(self.local_port).chain(self.members.values().copied())
    }
}

/// Why a forward was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The target's ARN is none.
    #[error("targetArn '{arn}': {reason}")]
    BadArn {
        /// As given.
        arn: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The ARN leads to nothing that is there.
    #[error("there is no resource {0} to forward to; GET /_simfra/port-forwards/targets lists what there is")]
    NoTarget(String),
    /// The cluster has no such node.
    #[error("{arn} has no cache node {node}")]
    NoNode {
        /// The cluster.
        arn: String,
        /// The node asked for.
        node: String,
    },
    /// The node does not listen there.
    #[error("{arn} listens on port {port}, not on {asked}")]
    WrongPort {
        /// The cluster.
        arn: String,
        /// The port asked for.
        asked: u16,
        /// Its port.
        port: u16,
    },
    /// There are no engines to reach.
    #[error(
        "Simfra runs without engines (runtime none): there is nothing to forward to; start it with Docker, or with engine binaries on PATH"
    )]
    NoEngines,
    /// The listener could not be opened.
    #[error(transparent)]
    Listen(#[from] ForwardError),
    /// The row could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a forward is asked to lead to, and where: the body of `POST /_simfra/port-forwards`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OpenRequest {
    /// The cluster's ARN, or the replication group's, which leads to its primary.
    pub target_arn: String,
    /// The port on the node; left out, the target's.
    pub target_port: Option<u16>,
    /// A certain node of a cluster of several, `0001`.
    pub cache_node_id: Option<String>,
}

/// Something that a forward can lead to.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where it leads.
    pub destination: Destination,
    /// The target's ARN.
    pub arn: Arn,
    /// The port that it is known to listen on.
    pub port: u16,
    /// Its engine.
    pub engine: Engine,
    /// Where it stands.
    pub status: &'static str,
}

impl Target {
    fn node(cluster: &CacheCluster, node: CacheNodeId) -> Self {
        Self {
            destination: Destination::Node(cluster.node_id(node)),
            arn: cluster.arn(),
            port: cluster.spec.port,
            engine: cluster.spec.engine,
            status: cluster.status(),
        }
    }

    fn group(group: &ReplicationGroup) -> Self {
        Self {
            destination: Destination::primary_of(group),
            arn: group.arn(),
            port: group.spec.member.port,
            engine: group.spec.member.engine,
            status: group.status(),
        }
    }
}

/// The open forwards.
pub struct Forwards {
    store: Store,
    runtime: Arc<dyn Runtime>,
    dialer: Dialer,
    pool: ForwardPool,
    naming: Naming,
    ids: Arc<Ids>,
    /// Held while members' listeners are opened and closed.
    turn: tokio::sync::Mutex<()>,
    open: Mutex<HashMap<String, Listeners>>,
}

impl Forwards {
    /// No forward yet; [`Forwards::reopen`] brings back those of an earlier run.
    pub fn new(
        store: Store,
        runtime: Arc<dyn Runtime>,
        dialer: Dialer,
        pool: ForwardPool,
        naming: Naming,
        ids: Arc<Ids>,
    ) -> Self {
        let (turn, open) = (tokio::sync::Mutex::default(), Mutex::default());
        Self { store, runtime, dialer, pool, naming, ids, turn, open }
    }

    /// Opens the listeners of the rows that an earlier run left, each at its port. Members that joined meanwhile come last: the
    /// port that is free for them is no other row's then.
    pub async fn reopen(&self) {
        let rows: Vec<_> = self.store.read().forwards().cloned().collect();
        for row in &rows {
            let (dial, ports) = self.way_to(&row.destination);
            match self.pool.open_at(row.local_port, dial).await {
                Ok(own) => {
                    let mut listeners = Listeners::new(own, ports);
                    self.reopen_members(&mut listeners, row).await;
                    self.keep(&row.id, listeners);
                }
                Err(error) => {
                    tracing::warn!(id = row.id, port = row.local_port, %error, "a port forward could not be opened again and is gone");
                    let gone = Change::Forward(row.id.clone(), None);
                    let removed: Result<(), StoreError> = self
                        .store
                        .transact(move |tx| {
                            tx.put(gone);
                            Ok(())
                        })
                        .await;
                    if let Err(error) = removed {
                        tracing::error!(%error, "the row of a closed port forward stays");
                    }
                }
            }
        }
        for row in &rows {
            self.follow(&row.id).await;
        }
    }

    /// Opens a forward: its port listens when this answers.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(&self, request: OpenRequest, now: Timestamp) -> Result<Arc<PortForward>, OpenError> {
        if self.runtime.kind() == dataplane::runtime::RuntimeKind::None {
            return Err(OpenError::NoEngines);
        }
        let (target, actual) = {
            let world = self.store.read();
            let target = find(&world, &request)?;
            // Where a process could not have the port that was asked for, both lead to the node.
            let node = target.destination.node(&world);
            let cluster = cluster_of(&world, &target.destination);
            let actual = cluster.zip(node).and_then(|(cluster, node)| cluster.node(node.node)?.port);
            (target, actual)
        };
        let port = target.port;
        let actual = actual.unwrap_or(port);
        let target_port = request.target_port.unwrap_or(port);
        if target_port != port && target_port != actual {
            return Err(OpenError::WrongPort { arn: request.target_arn, asked: target_port, port });
        }
        let turn = self.turn.lock().await;
        let (dial, ports) = self.way_to(&target.destination);
        let own = self.pool.open(dial).await?;
        let local_port = own.local_port();
        let mut listeners = Listeners::new(own, ports);
        self.open_members(&mut listeners, &target.destination).await?;
        let row = Arc::new(PortForward {
            id: format!("pf-{:08x}", self.ids.draw() as u32),
            local_port,
            target_port,
            target_arn: request.target_arn,
            destination: target.destination,
            members: listeners.local_ports(),
            created_at: now,
        });
        let stored = Arc::clone(&row);
        self.keep(&row.id, listeners);
        let result: Result<(), OpenError> = self
            .store
            .transact(move |tx| {
                // The target may have gone while the port was opened.
                if !stored.destination.is_there(tx) {
                    return Err(OpenError::NoTarget(stored.target_arn.clone()));
                }
                tx.put(Change::Forward(stored.id.clone(), Some(stored)));
                Ok(())
            })
            .await;
        drop(turn);
        if let Err(error) = result {
            self.close_listener(&row.id);
            return Err(error);
        }
        // Members may have come and gone meanwhile.
        self.follow(&row.id).await;
        let row = self.store.read().forward(&row.id).cloned().unwrap_or(row);
        Ok(row)
    }

    /// Closes a forward: its ports are free when this answers. False when there is none of this id.
    ///
    /// # Errors
    /// When the store fails; then it is open as before.
    pub async fn close(&self, id: &str) -> Result<bool, StoreError> {
        let _turn = self.turn.lock().await;
        let listeners = self.opened().remove(id);
        let gone = id.to_owned();
        let found = self
            .store
            .transact(move |tx| {
                let found = tx.forward(&gone).is_some();
                if found {
                    tx.put(Change::Forward(gone, None));
                }
                Ok::<_, StoreError>(found)
            })
            .await;
        match (&found, listeners) {
            (Ok(_), Some(listeners)) => listeners.close().await,
            (Err(_), Some(listeners)) => self.keep(id, listeners),
            (_, None) => {}
        }
        found
    }

    /// Closes a listener whose row is gone.
    pub fn close_listener(&self, id: &str) {
        // Dropped, a forward closes its port and its connections.
        self.opened().remove(id);
    }

    /// Has the clients of a cluster's nodes that were replaced, or are gone, come back to what is there now.
    pub fn let_go(&self, key: &ClusterKey, cluster: Option<&CacheCluster>) {
        self.dialer.lives.retain(key, cluster);
    }

    /// Everything that a forward can lead to, in every account and region.
    pub fn targets(&self) -> Vec<Target> {
        let world = self.store.read();
        let nodes = world
            .all_clusters()
            .flat_map(|cluster| cluster.staying().map(|node| Target::node(cluster, node.id)));
        nodes.chain(world.all::<ReplicationGroup>().map(|group| Target::group(group))).collect()
    }

    fn keep(&self, id: &str, listeners: Listeners) {
        self.opened().insert(id.to_owned(), listeners);
    }

    fn opened(&self) -> MutexGuard<'_, HashMap<String, Listeners>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The node that a request means.
fn find(world: &World, request: &OpenRequest) -> Result<Target, OpenError> {
    let arn = &request.target_arn;
    let scope = scope_of(arn)?;
    let bad = |e: domain::rejection::Rejection| OpenError::BadArn { arn: arn.clone(), reason: e.to_string() };
    let parsed = Arn::parse(arn, &scope).map_err(bad)?;
    let none = || OpenError::NoTarget(arn.clone());
    if parsed.resource == ResourceType::ReplicationGroup && request.cache_node_id.is_none() {
        let id = parsed.id.parse().map_err(|_| none())?;
        return world
            .replication_group(&GroupKey::new(scope, id))
            .map(|group| Target::group(group))
            .ok_or_else(none);
    }
    let id = (parsed.resource == ResourceType::Cluster)
        .then(|| parsed.id.parse().ok())
        .flatten()
        .ok_or_else(none)?;
    let cluster = world.cluster(&ClusterKey { scope, id }).ok_or_else(none)?;
    let node = match &request.cache_node_id {
        None => cluster.staying().next(),
        Some(asked) => cluster.staying().find(|node| node.id.to_string() == *asked),
    };
    let missing =
        || OpenError::NoNode { arn: arn.clone(), node: request.cache_node_id.clone().unwrap_or_default() };
    let node = node.ok_or_else(missing)?.id;
    Ok(Target::node(cluster, node))
}

/// The account and region in an ARN: the admin API serves all of them.
fn scope_of(arn: &str) -> Result<Scope, OpenError> {
    let bad = |reason: String| OpenError::BadArn { arn: arn.to_owned(), reason };
    let parts: Vec<&str> = arn.split(':').collect();
    let [_, _, _, region, account, ..] = parts[..] else {
        return Err(bad(
            "an ARN looks like arn:aws:elasticache:us-east-1:000000000000:cluster:my-cache".to_owned()
        ));
    };
    let account: AccountId = account.parse().map_err(|e: domain::ids::BadId| bad(e.to_string()))?;
    let region: Region = region.parse().map_err(|e: domain::ids::BadId| bad(e.to_string()))?;
    Ok(Scope { account, region })
}
