//! Connections to nodes, for what leads clients of the host to them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use dataplane::proxy::{Dial, Dialled, Topology};
use dataplane::runtime::{Runtime, RuntimeError};
use dataplane::tls::NodeTls;
use domain::cluster::CacheCluster;
use domain::ids::CacheNodeId;
use domain::node::{Generation, NodeId};
use tokio_util::sync::CancellationToken;

use crate::certificates::Certificates;
use crate::destination::Destination;
use crate::forwards::MemberPorts;
use crate::observations::Observations;
use crate::store::{ClusterKey, Store};

/// Dials destinations, each wherever it is at the moment.
#[derive(Clone)]
pub struct Dialer {
    /// What nodes run on.
    pub runtime: Arc<dyn Runtime>,
    /// Where they were seen.
    pub observations: Arc<Observations>,
    /// Their clusters.
    pub store: Store,
    /// What those with encryption in transit are known by.
    pub certificates: Certificates,
    /// What ends connections.
    pub lives: Arc<Lives>,
}

/// The lives of nodes that connections were made to. A node that is paused or cut off when it is replaced never says
/// goodbye, and its clients would wait for it.
#[derive(Debug, Default)]
pub struct Lives(Mutex<HashMap<ClusterKey, HashMap<CacheNodeId, Life>>>);

#[derive(Debug)]
struct Life {
    generation: Generation,
    over: CancellationToken,
}

impl Lives {
    /// The end of a node's life.
    fn end_of(&self, node: &NodeId, generation: Generation) -> CancellationToken {
        let mut lives = self.lives();
        let nodes = lives.entry(ClusterKey::of_node(node)).or_default();
        let fresh = || Life { generation, over: CancellationToken::new() };
        let life = nodes.entry(node.node).or_insert_with(fresh);
        if life.generation < generation {
            std::mem::replace(life, fresh()).over.cancel();
        }
        life.over.clone()
    }

    /// Lets go of the clients of a cluster's nodes that its row does not have any more, or has in another life.
    pub fn retain(&self, key: &ClusterKey, cluster: Option<&CacheCluster>) {
        let mut lives = self.lives();
        let Some(nodes) = lives.get_mut(key) else { return };
        nodes.retain(|id, life| {
            let node = cluster.and_then(|cluster| cluster.node(*id));
            let lives = node.is_some_and(|node| node.generation == life.generation);
            if !lives {
                life.over.cancel();
            }
            lives
        });
        if nodes.is_empty() {
            lives.remove(key);
        }
    }

    fn lives(&self) -> MutexGuard<'_, HashMap<ClusterKey, HashMap<CacheNodeId, Life>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Dialer {
    /// The way to a destination, as it is found at each connection.
    pub fn to(&self, destination: Destination) -> Arc<dyn Dial> {
        Arc::new(DestinationDial { dialer: self.clone(), destination, members: None })
    }

    /// The way to a group, or to a member of it; with cluster mode its clients are told where the members' ports are.
    pub(crate) fn to_member(&self, destination: Destination, members: &Arc<MemberPorts>) -> Arc<dyn Dial> {
        let members = Some(Arc::clone(members));
        Arc::new(DestinationDial { dialer: self.clone(), destination, members })
    }

    /// The node that a destination means now: of several, the first that answers.
    fn node(&self, destination: &Destination) -> Option<NodeId> {
        let nodes = destination.nodes(&self.store.read());
        let answers = nodes.iter().find(|node| self.observations.answers(node));
        answers.or(nodes.first()).cloned()
    }

    /// The node's life of which an engine runs, at this port, and its end; none where the node is to have another: what
    /// runs is being replaced.
    fn life_of(&self, node: &NodeId) -> Option<(u16, CancellationToken)> {
        let (generation, port) = self.observations.running(node)?;
        // Known before the row is looked at: whoever changes it from now on ends this.
        let over = self.lives.end_of(node, generation);
        let world = self.store.read();
        let now = world.cluster(&ClusterKey::of_node(node))?.node(node.node)?.generation;
        (now == generation).then_some((port, over))
    }
}

struct DestinationDial {
    dialer: Dialer,
    destination: Destination,
    members: Option<Arc<MemberPorts>>,
}

#[async_trait]
impl Dial for DestinationDial {
    async fn dial(&self) -> Result<Dialled, RuntimeError> {
        let node = self.dialer.node(&self.destination);
        let node = node.ok_or_else(|| RuntimeError::Backend {
            verb: "reach",
            subject: self.destination.resource_id().to_owned(),
            reason: "it has no primary".to_owned(),
        })?;
        let life = self.dialer.life_of(&node);
        let (port, gone) = life.ok_or_else(|| RuntimeError::Absent(node.clone()))?;
        Ok(Dialled { stream: self.dialer.runtime.dial(&node, port).await?, gone })
    }

    fn tls(&self) -> Option<NodeTls> {
        let node = self.dialer.node(&self.destination)?;
        let world = self.dialer.store.read();
        let cluster = world.cluster(&ClusterKey::of_node(&node))?;
        // One that takes both is the client's choice, but where what it says must be read.
        let is_read = self.members.as_ref().is_some_and(|members| members.are_told());
        self.dialer.certificates.of(cluster, node.node).filter(|tls| is_read || !tls.is_preferred())
    }

    fn topology(&self) -> Option<Arc<dyn Topology>> {
        let members = self.members.as_ref().filter(|members| members.are_told())?;
        Some(Arc::clone(members) as Arc<dyn Topology>)
    }
}
