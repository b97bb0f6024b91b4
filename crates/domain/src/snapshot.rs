//! Snapshots of cache clusters and replication groups.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::arn::{Arn, ResourceType};
use crate::engine::Engine;
use crate::ids::{
    AvailabilityZone, CacheClusterId, CacheNodeId, CacheParameterGroupName, CacheSubnetGroupName,
    ReplicationGroupId, Scope, SnapshotName, VpcId,
};
use crate::node_type::{CacheNodeType, DataTiering};
use crate::replication_group::{Durability, NodeGroupId, Slots, Switch};
use crate::tag::Tags;
use crate::window::{DailyWindow, MaintenanceWindow};

mod copy;
mod daily;
mod describe;
mod rejection;
mod request;
pub(crate) mod restore;
mod take;
pub mod validate;

pub use crate::serverless_cache_snapshot::SnapshotType;
pub use copy::{NewCopy, copy};
pub use daily::Daily;
pub use describe::SnapshotQuery;
pub use rejection::SnapshotRejection;
pub use request::{CopySnapshot, CreateSnapshot, DescribeSnapshots};
pub use take::NewSnapshot;

/// Where a snapshot stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Data is being taken.
    Creating,
    /// It can be restored.
    Available,
    /// It goes.
    Deleting,
}

/// What a snapshot was taken of; it may be gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Subject {
    /// A cluster: one of its own, or a node of a group without cluster mode.
    Cluster {
        /// Its id.
        id: CacheClusterId,
        /// The group that it was a node of.
        group: Option<ReplicationGroupId>,
        /// Where it lay.
        availability_zone: Option<AvailabilityZone>,
        /// Since when it was there.
        created_at: Option<Timestamp>,
    },
    /// A group with cluster mode, all of its shards.
    Group {
        /// Its id.
        id: ReplicationGroupId,
        /// What it was for.
        description: String,
        /// Whether it failed over by itself.
        automatic_failover: Switch,
    },
}

/// What the subject was then, as far as answers show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// Which engine.
    pub engine: Engine,
    /// The version, with its patch.
    pub engine_version: String,
    /// The type of its nodes.
    pub cache_node_type: CacheNodeType,
    /// When it could be maintained.
    pub preferred_maintenance_window: MaintenanceWindow,
    /// Who was told of its events.
    pub topic_arn: Option<String>,
    /// Its port.
    pub port: u16,
    /// Its parameter group.
    pub cache_parameter_group_name: CacheParameterGroupName,
    /// Its subnet group.
    pub cache_subnet_group_name: CacheSubnetGroupName,
    /// Its VPC.
    pub vpc: VpcId,
    /// Whether it took minor versions on.
    pub auto_minor_version_upgrade: bool,
    /// Days that its automatic snapshots were kept.
    pub snapshot_retention_limit: Option<u8>,
    /// When they were made.
    pub snapshot_window: Option<DailyWindow>,
    /// Whether data overflowed to disks.
    pub data_tiering: DataTiering,
    /// How sure a write was; none: of no group.
    pub durability: Option<Durability>,
}

/// The data of one node: a cluster's, or one of each shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeSnapshot {
    /// The cluster whose node it is.
    pub cluster: CacheClusterId,
    /// The node.
    pub node: CacheNodeId,
    /// Since when that was there.
    pub node_created_at: Option<Timestamp>,
    /// The shard, with cluster mode.
    pub shard: Option<ShardConfiguration>,
    /// The data; none before it was taken.
    pub taken: Option<Taken>,
}

/// Data that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// When.
    pub at: Timestamp,
    /// How much; without engines none.
    pub bytes: u64,
}

/// What a shard was then: `NodeGroupConfiguration`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardConfiguration {
    /// Its number.
    pub id: NodeGroupId,
    /// Its slots.
    pub slots: Slots,
    /// Where its primary lay.
    pub primary_availability_zone: Option<AvailabilityZone>,
    /// Where its replicas lay, one each.
    pub replica_availability_zones: Vec<AvailabilityZone>,
}

/// Something whose data is being taken from a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Use {
    /// A copy of it.
    Copy(SnapshotName),
    /// A cluster that begins with it.
    Cluster(CacheClusterId),
    /// A group that begins with it.
    Group(ReplicationGroupId),
}

/// A snapshot of a cluster or replication group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Account and region.
    pub scope: Scope,
    /// Its name.
    pub name: SnapshotName,
    /// What it was taken of.
    pub subject: Subject,
    /// What that was then.
    pub configuration: Configuration,
    /// The data, node by node.
    pub node_snapshots: Vec<NodeSnapshot>,
    /// The snapshot that its data is from, where it is a copy.
    pub copy_of: Option<SnapshotName>,
    /// What its own data is being taken for.
    pub uses: Vec<Use>,
    /// Who made it.
    pub snapshot_type: SnapshotType,
    /// The customer's key, as it was named.
    pub kms_key_id: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it goes by itself: an automatic one's.
    pub expires_at: Option<Timestamp>,
    /// Where it stands.
    pub phase: Phase,
    /// Its tags.
    pub tags: Tags,
}

/// What is to be done next with a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Its data is taken.
    Settle,
    /// It is gone.
    Forget,
}

impl Snapshot {
    /// Its ARN.
    pub fn arn(&self) -> Arn {
        Arn::new(&self.scope, ResourceType::Snapshot, self.name.as_str())
    }

    /// `SnapshotStatus`. A copy is created (recorded); that one shows what it is used for is uncertain.
    pub fn status(&self) -> &'static str {
        let is_copied = || self.uses.iter().any(|one| matches!(one, Use::Copy(_)));
        match self.phase {
            Phase::Creating => "creating",
            Phase::Available if is_copied() => "copying",
            Phase::Available if !self.uses.is_empty() => "restoring",
            Phase::Available => "available",
            Phase::Deleting => "deleting",
        }
    }

    /// The next step at the time `now`.
    pub fn progress(&self, now: Timestamp) -> Option<Progress> {
        match self.phase {
            Phase::Creating => Some(Progress::Settle),
            Phase::Available if !self.uses.is_empty() => None,
            Phase::Available => self.expires_at.filter(|end| *end <= now).map(|_| Progress::Forget),
            Phase::Deleting => Some(Progress::Forget),
        }
    }

    /// Its data is taken.
    pub fn settle(&mut self, now: Timestamp) {
        for node in &mut self.node_snapshots {
            node.taken.get_or_insert(Taken { at: now, bytes: 0 });
        }
        self.phase = Phase::Available;
    }
}

impl Subject {
    /// The cluster's id, or the group's.
    pub fn id(&self) -> &str {
        match self {
            Self::Cluster { id, .. } => id.as_str(),
            Self::Group { id, .. } => id.as_str(),
        }
    }

    /// Whether it is this cluster.
    pub fn is_cluster(&self, cluster: &CacheClusterId) -> bool {
        matches!(self, Self::Cluster { id, .. } if id == cluster)
    }

    /// Whether it is this group.
    pub fn is_group(&self, group: &ReplicationGroupId) -> bool {
        matches!(self, Self::Group { id, .. } if id == group)
    }

    /// Whether both are the same cluster or the same group.
    pub fn is_of_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Cluster { id, .. }, Self::Cluster { id: other, .. }) => id == other,
            (Self::Group { id, .. }, Self::Group { id: other, .. }) => id == other,
            _ => false,
        }
    }

    /// The group that it is, or is a node of.
    pub const fn group(&self) -> Option<&ReplicationGroupId> {
        match self {
            Self::Cluster { group, .. } => group.as_ref(),
            Self::Group { id, .. } => Some(id),
        }
    }
}

#[cfg(test)]
mod tests;
