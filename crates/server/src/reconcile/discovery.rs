//! What auto discovery answers: each Memcached node is told the nodes of its cluster, whole, whenever they changed.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use dataplane::fault_point;
use dataplane::proxy::memcached::{ListedNode, NodeList};
use dataplane::runtime::RuntimeError;
use domain::cluster::{CacheCluster, CacheNode, NodeState};
use domain::engine::Engine;
use domain::node::{Generation, NodeId};
use futures_util::future::try_join_all;

use super::Reconciler;

/// What was told to whom: nodes outlive Simfra and are told again by its next start.
#[derive(Debug, Default)]
pub(super) struct Told {
    lists: Mutex<HashMap<NodeId, (Generation, NodeList)>>,
}

impl Told {
    fn lists(&self) -> MutexGuard<'_, HashMap<NodeId, (Generation, NodeList)>> {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The node is another one now, or none.
    pub(super) fn forget(&self, id: &NodeId) {
        self.lists().remove(id);
    }

    /// Nothing is certain any more.
    pub(super) fn forget_all(&self) {
        self.lists().clear();
    }
}

impl Reconciler {
    /// Has every node of a Memcached cluster know the others.
    pub(super) async fn tell_nodes(&self, cluster: &CacheCluster) -> Result<(), RuntimeError> {
        if cluster.spec.engine != Engine::Memcached {
            return Ok(());
        }
        let list = self.node_list(cluster);
        let told = cluster.nodes.iter().map(|node| self.tell(cluster, node, &list));
        try_join_all(told).await.map(drop)
    }

    async fn tell(
        &self,
        cluster: &CacheCluster,
        node: &CacheNode,
        list: &NodeList,
    ) -> Result<(), RuntimeError> {
        let id = cluster.node_id(node.id);
        let news = (node.generation, list.clone());
        if self.observations.address_of(&id).is_none() || self.told.lists().get(&id) == Some(&news) {
            return Ok(());
        }
        fault_point::pass("before tell nodes");
        self.runtime.publish_nodes(&id, list).await?;
        self.told.lists().insert(id, news);
        Ok(())
    }

    /// Names and addresses as they are in the VPC, as at AWS: also for who asks through a port forward. Published nodes
    /// are told as their endpoints are.
    fn node_list(&self, cluster: &CacheCluster) -> NodeList {
        let names = self.names.naming().of(&cluster.scope);
        let listed = cluster.nodes.iter().filter(|node| node.state != NodeState::Deleting);
        let nodes = listed.filter_map(|node| {
            let id = cluster.node_id(node.id);
            let (address, port) = self.observations.address_of(&id)?;
            if let Some(socket) = self.published.socket(&id) {
                let (host, address) = (socket.ip().to_string(), IpAddr::V4(*socket.ip()));
                return Some(ListedNode { host, address, port: socket.port() });
            }
            matches!(address, IpAddr::V4(_)).then(|| ListedNode {
                host: cluster.node_name(node.id, &names),
                address,
                port,
            })
        });
        NodeList { version: cluster.next_discovery_version(), nodes: nodes.collect() }
    }
}
