//! Where a forward leads: to one node, or to whatever node a replication group's endpoint means at the moment.

use domain::cluster::CacheCluster;
use domain::ids::{CacheNodeId, ReplicationGroupId, Scope};
use domain::node::NodeId;
use domain::replication_group::{Member, NodeGroup, ReplicationGroup, Role};
use serde::{Deserialize, Serialize};

use crate::store::{ClusterKey, GroupKey, World};

/// Where a forward leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// To this node.
    Node(NodeId),
    /// To the group's primary, whichever member that is; with cluster mode to any shard's.
    Primary {
        /// Account and region.
        scope: Scope,
        /// The group.
        group: ReplicationGroupId,
    },
}

impl Destination {
    /// To the primary of `group`.
    pub fn primary_of(group: &ReplicationGroup) -> Self {
        Self::Primary { scope: group.scope.clone(), group: group.id.clone() }
    }

    /// Account and region.
    pub fn scope(&self) -> &Scope {
        match self {
            Self::Node(node) => &node.scope,
            Self::Primary { scope, .. } => scope,
        }
    }

    /// What it is called: the cluster's id, or the group's.
    pub fn resource_id(&self) -> &str {
        match self {
            Self::Node(node) => node.cluster.as_str(),
            Self::Primary { group, .. } => group.as_str(),
        }
    }

    /// The node of its cluster, where it leads to one.
    pub fn cache_node(&self) -> Option<CacheNodeId> {
        match self {
            Self::Node(node) => Some(node.node),
            Self::Primary { .. } => None,
        }
    }

    /// The node that it means now.
    pub fn node(&self, world: &World) -> Option<NodeId> {
        self.nodes(world).into_iter().next()
    }

    /// The nodes any of which it means now: with cluster mode every shard's primary knows all others.
    pub fn nodes(&self, world: &World) -> Vec<NodeId> {
        let Some(key) = self.group() else { return self.own_node().cloned().into_iter().collect() };
        let shards = world.replication_group(&key).into_iter().flat_map(|group| &group.node_groups);
        let staying = shards.flat_map(NodeGroup::staying);
        let primaries = staying.filter(|member| member.role == Role::Primary);
        let node = |primary: &Member| {
            let cluster = world.cluster(&ClusterKey::new(key.scope.clone(), primary.cluster.clone()))?;
            cluster.nodes.first().map(|node| cluster.node_id(node.id))
        };
        primaries.filter_map(node).collect()
    }

    /// The group that it leads to, where it does.
    pub fn group(&self) -> Option<GroupKey> {
        match self {
            Self::Node(_) => None,
            Self::Primary { scope, group } => Some(GroupKey::new(scope.clone(), group.clone())),
        }
    }

    /// Whether what it leads to is there.
    pub fn is_there(&self, world: &World) -> bool {
        match self.group() {
            None => self.own_node().is_some_and(|node| world.cluster(&ClusterKey::of_node(node)).is_some()),
            Some(group) => world.replication_group(&group).is_some(),
        }
    }

    /// Whether it leads to a node of the cluster that `gone` says is gone.
    pub fn is_node_of(&self, cluster: &ClusterKey, gone: impl Fn(CacheNodeId) -> bool) -> bool {
        self.own_node().is_some_and(|node| ClusterKey::of_node(node) == *cluster && gone(node.node))
    }

    /// Whether it leads to the group.
    pub fn is_of_group(&self, key: &GroupKey) -> bool {
        self.group().is_some_and(|group| group == *key)
    }

    fn own_node(&self) -> Option<&NodeId> {
        match self {
            Self::Node(node) => Some(node),
            Self::Primary { .. } => None,
        }
    }
}

/// The cluster in which a destination lies now.
pub fn cluster_of<'w>(world: &'w World, destination: &Destination) -> Option<&'w CacheCluster> {
    let node = destination.node(world)?;
    world.cluster(&ClusterKey::of_node(&node)).map(|cluster| &**cluster)
}
