//! Events, as DescribeEvents lists them: what they say, how long they are kept, which a request asks for.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{AvailabilityZone, CacheClusterId, CacheNodeId, SnapshotName};
use crate::network::listed;

mod group;
mod query;

pub use group::{GroupEvent, Told};
pub use query::{DescribeEvents, EventQuery, HISTORY};

listed! {
    /// What an event is about.
    SourceType, "SourceType",
    /// A cache cluster.
    CacheCluster = "cache-cluster",
    /// A cache parameter group.
    CacheParameterGroup = "cache-parameter-group",
    /// A classic security group.
    CacheSecurityGroup = "cache-security-group",
    /// A cache subnet group.
    CacheSubnetGroup = "cache-subnet-group",
    /// A replication group.
    ReplicationGroup = "replication-group",
    /// A serverless cache.
    ServerlessCache = "serverless-cache",
    /// A serverless cache's snapshot.
    ServerlessCacheSnapshot = "serverless-cache-snapshot",
    /// A user.
    User = "user",
    /// A user group.
    UserGroup = "user-group"
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The resource's id.
    pub source_identifier: String,
    /// What kind of resource.
    pub source_type: SourceType,
    /// What happened.
    pub message: String,
    /// When.
    pub date: Timestamp,
}

/// What happens to a cache cluster, in AWS's words (`data/events.tsv`); `Display` is the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterEvent {
    /// It became available for the first time.
    Created,
    /// A node of it became available for the first time.
    NodeAdded {
        /// Which.
        node: CacheNodeId,
        /// Where.
        zone: AvailabilityZone,
    },
    /// It could not be created, with the cause (uncertain).
    CreateFailed(String),
    /// Nodes died, hung or were cut off, and are being replaced.
    Recovering(Vec<CacheNodeId>),
    /// They answer again.
    Recovered(Vec<CacheNodeId>),
    /// A replica took the primary's place; told of the one before too.
    Failover {
        /// The primary before.
        from: CacheClusterId,
        /// The primary from now on.
        to: CacheClusterId,
    },
    /// A reboot stops a node.
    NodeShutdown(CacheNodeId),
    /// A rebooted node answers.
    NodeRestarted(CacheNodeId),
    /// Its security groups were changed (uncertain).
    SecurityGroupsModified,
    /// Its parameter group was changed (uncertain).
    ParameterGroupModified(String),
    /// Its engine was upgraded (uncertain).
    EngineUpgraded {
        /// The version it was of.
        from: String,
        /// The version it is of.
        to: String,
    },
    /// Its engine could not be upgraded: it is what it was (uncertain).
    UpgradeFailed {
        /// The version it is of.
        from: String,
        /// The version it was to be of.
        to: String,
        /// Why, for people.
        cause: String,
    },
    /// Its node type was changed (uncertain).
    NodeTypeChanged {
        /// The type it was of.
        from: String,
        /// The type it is of.
        to: String,
    },
    /// Its node type could not be changed (AWS's words for replication groups, without the cause).
    NodeTypeFailed {
        /// The type it was to be of.
        to: String,
        /// Why, for people.
        cause: String,
    },
    /// Its other settings were changed (uncertain).
    Modified,
    /// Nodes are being added.
    NodesIncreasing,
    /// Nodes are being removed (uncertain).
    NodesDecreasing,
    /// A node was removed (uncertain).
    NodeRemoved(CacheNodeId),
    /// Another number of nodes is there.
    NodesModified {
        /// How many there were.
        from: u16,
        /// How many there are.
        to: u16,
    },
    /// Nodes could not be added, with the cause (uncertain).
    NodesNotAdded {
        /// Which.
        nodes: Vec<CacheNodeId>,
        /// Why.
        cause: String,
    },
    /// A snapshot of it was taken (uncertain; AWS's words for replication groups).
    SnapshotTaken {
        /// The snapshot.
        snapshot: SnapshotName,
        /// The cluster.
        cluster: CacheClusterId,
    },
    /// It is gone (uncertain).
    Deleted,
    /// Something that Simfra has to tell and AWS has no event for: an engine fallback, no engine at all.
    Notice(String),
}

impl ClusterEvent {
    /// The event as it is kept.
    pub fn of(&self, cluster: &crate::ids::CacheClusterId, date: Timestamp) -> Event {
        Event {
            source_identifier: cluster.to_string(),
            source_type: SourceType::CacheCluster,
            message: self.to_string(),
            date,
        }
    }
}

impl fmt::Display for ClusterEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Created => f.write_str("Cache cluster created"),
            Self::NodeAdded { node, zone } => {
                write!(f, "Added cache node {node} in availability zone {zone}")
            }
            Self::CreateFailed(cause) => write!(f, "Failed to create the cache cluster: {cause}"),
            Self::Recovering(nodes) => write!(f, "Recovering cache nodes {}", joined(nodes)),
            Self::Recovered(nodes) => write!(f, "Finished recovery for cache nodes {}", joined(nodes)),
            Self::Failover { from, to } => {
                write!(f, "Failover from primary node {from} to replica node {to} completed")
            }
            Self::NodeShutdown(node) => write!(f, "Cache node {node} shutdown"),
            Self::NodeRestarted(node) => write!(f, "Cache node {node} restarted"),
            Self::SecurityGroupsModified => f.write_str("Security groups of the cache cluster modified"),
            Self::ParameterGroupModified(name) => write!(f, "Cache parameter group changed to {name}"),
            Self::EngineUpgraded { from, to } => write!(f, "Engine version changed from {from} to {to}"),
            Self::UpgradeFailed { from, to, cause } => {
                write!(f, "Failed to change the engine version from {from} to {to}: {cause}")
            }
            Self::NodeTypeChanged { from, to } => write!(f, "Cache node type changed from {from} to {to}"),
            Self::NodeTypeFailed { to, cause } => {
                write!(f, "Failed applying modification to cache node type to {to}. {cause}")
            }
            Self::Modified => f.write_str("Cache cluster modified"),
            Self::NodesIncreasing => f.write_str("Increasing number of requested nodes"),
            Self::NodesDecreasing => f.write_str("Decreasing number of requested nodes"),
            Self::NodeRemoved(node) => write!(f, "Removed cache node {node}"),
            Self::NodesModified { from, to } => {
                write!(f, "Finished modifying number of nodes from {from} to {to}")
            }
            Self::NodesNotAdded { nodes, cause } => {
                write!(f, "Failed to add cache nodes {}: {cause}", joined(nodes))
            }
            Self::SnapshotTaken { snapshot, cluster } => {
                write!(
                    f,
                    "Snapshot succeeded for snapshot with ID '{snapshot}' of cache cluster with ID '{cluster}'"
                )
            }
            Self::Deleted => f.write_str("Cache cluster deleted"),
            Self::Notice(text) => f.write_str(text),
        }
    }
}

fn joined(nodes: &[CacheNodeId]) -> String {
    nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
