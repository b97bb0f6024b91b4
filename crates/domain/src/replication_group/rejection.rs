//! What a request on replication groups can break, in AWS's words; `(uncertain)` where no primary source confirms them.

use super::NodeGroupId;
use crate::ids::{CacheClusterId, ReplicationGroupId};
use crate::rejection::RejectionKind;

/// Why a request on a replication group is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GroupRejection {
    /// A group of the id is there (uncertain).
    #[error("Replication group {0} already exists.")]
    Exists(ReplicationGroupId),
    /// No such user group (uncertain).
    #[error("User group {0} not found.")]
    UserGroupNotFound(String),
    /// A user group that is not active (uncertain).
    #[error("User group {0} is not in active state.")]
    UserGroupState(String),
    /// A user group of Valkey's for a group of Redis's (uncertain).
    #[error("User group {0} is of engine valkey and can only be used with engine valkey.")]
    UserGroupEngine(String),
    /// The group is not available.
    #[error("Replication group must be in available state to modify.")]
    NotAvailable,
    /// The group's state forbids the operation. (Recorded of DeleteReplicationGroup.)
    #[error("Replication group {group} has status {status} which is not valid for {purpose}.")]
    State {
        /// The group.
        group: ReplicationGroupId,
        /// Its status.
        status: &'static str,
        /// `deletion`.
        purpose: &'static str,
    },

    /// Automatic failover with nothing to fail over to.
    #[error(
        "When using automatic failover, there must be at least 2 cache clusters in the replication group."
    )]
    FailoverNeedsTwo,
    /// The same, in ModifyReplicationGroup's words.
    #[error("Replication group must have at least one read replica to enable autofailover.")]
    FailoverNeedsReplica,
    /// Cluster mode without automatic failover.
    #[error("Redis with cluster mode enabled cannot be created with auto failover turned off.")]
    ClusterModeNeedsFailover,
    /// The same, in ModifyReplicationGroup's words.
    #[error(
        "Turning off automatic failover for replication group with cluster mode enabled is not supported."
    )]
    FailoverStaysOn,
    /// Multi-AZ without automatic failover (uncertain).
    #[error("Multi-AZ can only be enabled when automatic failover is enabled.")]
    MultiAzNeedsFailover,
    /// Multi-AZ in one zone (uncertain).
    #[error("Multi-AZ requires at least one replica in a different availability zone than the primary.")]
    MultiAzNeedsZones,
    /// More or fewer replicas than a shard can have.
    #[error("The number of replicas per node group must be within 0 and 5.")]
    ReplicaCount,
    /// More shards than a group may have (uncertain).
    #[error(
        "Node groups per replication group quota exceeded. Each replication group can have at most {0} node groups."
    )]
    NodeGroupQuota(u32),
    /// A parameter group without cluster mode, where there is to be some (uncertain; the recorded one is its
    /// opposite).
    #[error("Cluster mode should be enabled in parameter group, but found it is disabled.")]
    ParameterGroupWithoutClusterMode,
    /// Several shards without cluster mode (uncertain).
    #[error("Replication groups with cluster mode disabled can have only one node group.")]
    OneNodeGroup,
    /// Not of a node group id's form (uncertain).
    #[error("Invalid node group id: {0}. Must be 1 to 4 digits.")]
    BadNodeGroupId(String),
    /// A node group listed twice (uncertain).
    #[error("Node group {0} is specified more than once.")]
    NodeGroupTwice(NodeGroupId),
    /// No such node group, where AWS declares no error of its own for that (uncertain).
    #[error("Node group {0} is not part of the replication group.")]
    UnknownNodeGroup(NodeGroupId),
    /// No such node group (uncertain).
    #[error("Node group {0} not found.")]
    NodeGroupNotFound(NodeGroupId),
    /// Not of the form `0-3999`, or slots twice (uncertain).
    #[error("Invalid slots: {0}. Slots range from 0 to 16383, in the format startkey-endkey.")]
    BadSlots(String),
    /// Slots that are in no shard or in two (uncertain).
    #[error("The slots of the node groups must cover 0-16383 and must not overlap.")]
    SlotsDoNotCover,
    /// Numbers that do not fit each other (uncertain).
    #[error("The number of {what} ({given}) must equal {than} ({expected}).")]
    Counts {
        /// What was counted.
        what: &'static str,
        /// What came.
        given: usize,
        /// What it must equal.
        than: &'static str,
        /// How many that is.
        expected: usize,
    },
    /// A data-tiering node type without it (uncertain).
    #[error("Data tiering must be enabled for cache node type {0}.")]
    DataTieringNeeded(String),
    /// Data tiering on a node type without disks (uncertain).
    #[error("Data tiering is not supported for cache node type {0}.")]
    NoDataTiering(String),
    /// Data tiering on an engine version without it (uncertain).
    #[error("Data tiering is not supported for engine {0}.")]
    NoDataTieringOnVersion(String),
    /// User groups on a group in clear.
    #[error(
        "User group based access control requires encryption-in-transit to be enabled on the replication group."
    )]
    UserGroupsNeedTransitEncryption,
    /// More user groups than one (uncertain).
    #[error("A replication group can have at most one user group.")]
    OneUserGroup,
    /// A user group to remove that the group does not have (uncertain).
    #[error("User group {0} is not associated with the replication group.")]
    UserGroupNotAssociated(String),
    /// A cluster that cannot be a group's primary (uncertain).
    #[error("Cache cluster {cluster} cannot be the primary of a replication group: {reason}.")]
    NotAPrimary {
        /// The cluster.
        cluster: CacheClusterId,
        /// Why.
        reason: &'static str,
    },
    /// A cluster that is not in the group (uncertain).
    #[error("Cache cluster {cluster} is not a member of replication group {group}.")]
    NotAMember {
        /// The cluster.
        cluster: String,
        /// The group.
        group: ReplicationGroupId,
    },

    /// The mode of TLS without TLS.
    #[error("To modify transit encryption mode, set encryption-in-transit as enabled.")]
    TransitModeNeedsEncryption,
    /// TLS alone where there was none, or the other way round, in one step (uncertain).
    #[error("TransitEncryptionMode must be preferred before encryption in-transit is {0}.")]
    TransitStep(&'static str),
    /// TLS of a group with user groups.
    #[error("Modification of transit encryption is not supported for access control enabled clusters.")]
    TransitWithUserGroups,
    /// TLS cannot be changed on this engine version (uncertain).
    #[error("Modification of transit encryption is not supported for engine version {0}.")]
    TransitNotForVersion(String),
    /// Cluster mode's steps (uncertain).
    #[error("Cluster mode cannot be changed from {from} to {to}.")]
    ClusterModeStep {
        /// What it is.
        from: &'static str,
        /// What came.
        to: &'static str,
    },
    /// Cluster mode beside other changes (uncertain).
    #[error("ClusterMode cannot be modified together with other parameters.")]
    ClusterModeAlone,
    /// Cluster mode cannot be changed on this engine version (uncertain).
    #[error("Modification of cluster mode is not supported for engine version {0}.")]
    ClusterModeNotForVersion(String),
    /// A promotion while failover is automatic (uncertain).
    #[error("Cannot change the primary cluster while automatic failover is enabled.")]
    PromotionWithFailover,
    /// What only a group without cluster mode can do (uncertain).
    #[error("{0} is only applicable for cluster mode disabled replication groups.")]
    OnlyWithoutClusterMode(&'static str),
    /// What only a group with cluster mode can do.
    #[error("Operation is only applicable for cluster mode enabled replication groups.")]
    OnlyWithClusterMode,
    /// Snapshots of one member, with cluster mode.
    #[error("Cannot set snapshotting cluster for cluster mode enabled replication group")]
    SnapshottingWithClusterMode,
    /// Snapshots of no member, without cluster mode.
    #[error("Must specify both SnapshotRetentionLimit and SnapshottingClusterId to turn on snapshots")]
    SnapshottingNeedsCluster,

    /// `ApplyImmediately` false where it must be true (the model's words; uncertain).
    #[error("ApplyImmediately=False is not currently supported.")]
    OnlyImmediately,
    /// A number of replicas that is there already (uncertain).
    #[error("The replication group already has the number of replicas specified.")]
    NothingToDo,
    /// Not more replicas than before (uncertain).
    #[error("NewReplicaCount must be greater than the current number of replicas of node group {0}.")]
    NotMoreReplicas(NodeGroupId),
    /// Not fewer replicas than before (uncertain).
    #[error("NewReplicaCount must be less than the current number of replicas of node group {0}.")]
    NotFewerReplicas(NodeGroupId),
    /// The last replica, which automatic failover needs.
    #[error("Must have at least 1 replica when cluster mode is disabled with auto failover enabled.")]
    LastReplica,
    /// A primary among the replicas to remove (uncertain).
    #[error("Cache cluster {0} is a primary and cannot be removed as a replica.")]
    PrimaryIsNoReplica(CacheClusterId),
    /// Slots that are even already.
    #[error("Slots in the replication group are uniformly distributed. Nothing to do.")]
    Uniform,

    /// TestFailover of a group that does not fail over (uncertain).
    #[error("Automatic failover must be enabled for replication group {0} to test it.")]
    FailoverIsOff(ReplicationGroupId),
    /// TestFailover of a shard without a replica (uncertain).
    #[error("Node group {0} has no replica to fail over to.")]
    NoReplica(NodeGroupId),
    /// Too many calls of TestFailover (uncertain).
    #[error("TestFailover can be called for at most {0} node groups in 24 hours.")]
    TestFailoverRate(u32),
    /// DeleteReplicationGroup that retains one of several primaries (uncertain).
    #[error("RetainPrimaryCluster is not supported for cluster mode enabled replication groups.")]
    RetainWithClusterMode,

    /// DeleteCacheCluster of the last replica.
    #[error(
        "Cannot delete the cache cluster because it is the only read replica for replication group {0} which has \
         autofailover enabled or pending. You can disable autofailover and then delete this cache cluster. \
         Alternatively, to delete the entire replication group, use DeleteReplicationGroup."
    )]
    OnlyReplica(ReplicationGroupId),
    /// DeleteCacheCluster of the only member.
    #[error(
        "Cannot delete the cache cluster since it is the only member of a replication group. Delete the replication \
         group instead."
    )]
    OnlyMember,
    /// DeleteCacheCluster of a primary (its middle is recorded, the rest is uncertain).
    #[error(
        "Cache cluster {cluster} is serving as primary for replication group {group} and cannot be deleted."
    )]
    ServesAsPrimary {
        /// The cluster.
        cluster: CacheClusterId,
        /// Its group.
        group: ReplicationGroupId,
    },
    /// An operation on clusters that members do not take (uncertain).
    #[error(
        "{operation} is not supported for cache cluster {cluster} because it is part of replication group {group}."
    )]
    NotForMembers {
        /// The operation.
        operation: &'static str,
        /// The cluster.
        cluster: CacheClusterId,
        /// Its group.
        group: ReplicationGroupId,
    },
}

impl GroupRejection {
    /// The exception that this is: one table, a row a code.
    #[rustfmt::skip]
    pub const fn kind(&self) -> RejectionKind {
        use RejectionKind as K;
        match self {
            Self::Exists(_) => K::ReplicationGroupAlreadyExists,
            Self::UserGroupNotFound(_) => K::UserGroupNotFound,
            Self::UserGroupState(_) => K::InvalidUserGroupState,
            Self::NodeGroupNotFound(_) => K::NodeGroupNotFound,
            Self::NodeGroupQuota(_) => K::NodeGroupsPerReplicationGroupQuotaExceeded,
            Self::NothingToDo => K::NoOperation,
            Self::TestFailoverRate(_) => K::ApiCallRateForCustomerExceeded,

            Self::NotAvailable | Self::State { .. } | Self::Uniform | Self::FailoverIsOff(_)
            | Self::NoReplica(_) => K::InvalidReplicationGroupState,

            Self::OnlyReplica(_) | Self::OnlyMember | Self::ServesAsPrimary { .. } | Self::NotForMembers { .. }
            | Self::NotAPrimary { .. } => K::InvalidCacheClusterState,

            Self::ClusterModeNeedsFailover | Self::ReplicaCount | Self::BadNodeGroupId(_) | Self::NodeGroupTwice(_)
            | Self::UnknownNodeGroup(_)
            | Self::BadSlots(_) | Self::SlotsDoNotCover | Self::OneUserGroup | Self::UserGroupNotAssociated(_)
            | Self::NotAMember { .. } | Self::OnlyWithClusterMode | Self::OnlyImmediately
            | Self::NotMoreReplicas(_) | Self::NotFewerReplicas(_) | Self::LastReplica
            | Self::PrimaryIsNoReplica(_) => K::InvalidParameterValue,

            Self::FailoverNeedsTwo | Self::FailoverNeedsReplica | Self::FailoverStaysOn
            | Self::MultiAzNeedsFailover | Self::MultiAzNeedsZones | Self::ParameterGroupWithoutClusterMode
            | Self::OneNodeGroup | Self::UserGroupEngine(_) | Self::Counts { .. } | Self::DataTieringNeeded(_) | Self::NoDataTiering(_)
            | Self::NoDataTieringOnVersion(_) | Self::UserGroupsNeedTransitEncryption
            | Self::TransitModeNeedsEncryption | Self::TransitStep(_) | Self::TransitWithUserGroups
            | Self::TransitNotForVersion(_) | Self::ClusterModeStep { .. } | Self::ClusterModeAlone
            | Self::ClusterModeNotForVersion(_) | Self::PromotionWithFailover | Self::OnlyWithoutClusterMode(_)
            | Self::SnapshottingWithClusterMode | Self::SnapshottingNeedsCluster
            | Self::RetainWithClusterMode => K::InvalidParameterCombination,
        }
    }
}
