//! What a request on global datastores can break, in AWS's words; `(uncertain)` where no primary source confirms them.

use crate::ids::{GlobalReplicationGroupId, Region, ReplicationGroupId};
use crate::rejection::{Rejection, RejectionKind};

/// Why a request on a global datastore, or on a member of one, is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GlobalRejection {
    /// A global datastore of the id is there (uncertain).
    #[error("Global replication group {0} already exists.")]
    Exists(GlobalReplicationGroupId),
    /// None is; in the letters in which it was asked for (uncertain).
    #[error("Global replication group {0} not found.")]
    NotFound(String),
    /// A region without global datastores (uncertain).
    #[error("Global Datastore is not supported in region {0}.")]
    Region(Region),
    /// A group of small or old nodes (uncertain).
    #[error("Global Datastore is not supported for cache node type {0}.")]
    NodeType(String),
    /// An engine from before there were global datastores (uncertain).
    #[error("Global Datastore is not supported for engine version {0}.")]
    Version(String),
    /// What does not go with global datastores (uncertain).
    #[error("Global Datastore is not supported for replication groups with {0}.")]
    With(&'static str),
    /// A group that is in a global datastore, and an operation that is that one's.
    #[error("Cluster [{group}] is part of a global cluster [{global}]. Request rejected.")]
    MemberOf {
        /// The group.
        group: ReplicationGroupId,
        /// The global datastore.
        global: GlobalReplicationGroupId,
    },
    /// A member to follow that is gone: a reset is under way (uncertain).
    #[error("The global replication group has no primary replication group.")]
    WithoutPrimary,
    /// A secondary that says itself what follows from the global datastore.
    #[error(
        "Cannot use the given parameters when creating new replication group in an existing global replication group."
    )]
    SecondarySaysItself,
    /// A second member in one region (uncertain).
    #[error("Global replication group {id} already has a member in region {region}.")]
    RegionTaken {
        /// The global datastore.
        id: GlobalReplicationGroupId,
        /// The region.
        region: Region,
    },
    /// A third secondary (uncertain).
    #[error("A global replication group can have at most {0} secondary replication groups.")]
    TooManySecondaries(u16),
    /// A group that is none of its members (its middle is recorded, the rest is uncertain).
    #[error(
        "Replication group {group} in region {region} is not associated with Global Replication Group {id}"
    )]
    NotAssociated {
        /// The group that was asked for.
        group: String,
        /// Its region.
        region: String,
        /// The global datastore.
        id: GlobalReplicationGroupId,
    },
    /// DisassociateGlobalReplicationGroup of the primary (uncertain).
    #[error(
        "Replication group {0} is the primary of the global replication group and cannot be disassociated."
    )]
    PrimaryCannotLeave(ReplicationGroupId),
    /// FailoverGlobalReplicationGroup to the primary (uncertain).
    #[error("Replication group {0} is already the primary of the global replication group.")]
    IsPrimary(ReplicationGroupId),
    /// Not more shards than before (uncertain).
    #[error("NodeGroupCount must be greater than the current number of node groups ({0}).")]
    NotMoreShards(i32),
    /// Not fewer shards than before (uncertain).
    #[error("NodeGroupCount must be less than the current number of node groups ({0}).")]
    NotFewerShards(i32),
    /// A shard that is none of the global datastore's (uncertain).
    #[error("Global node group {0} is not part of the global replication group.")]
    NodeGroup(String),
    /// A member does not take the change, in its own words (uncertain; AWS declares no other error for it).
    #[error("{0}")]
    Member(String),
    /// A member's state does not allow the change, in its own words (uncertain).
    #[error("{0}")]
    MemberState(String),
    /// The state forbids the operation (uncertain).
    #[error("Global replication group {id} has status {status} which is not valid for {purpose}.")]
    State {
        /// The global datastore.
        id: GlobalReplicationGroupId,
        /// Its status.
        status: &'static str,
        /// `deletion`.
        purpose: &'static str,
    },
    /// DeleteGlobalReplicationGroup of one that has secondaries.
    #[error("Cannot delete a global replication group in available state")]
    DeleteAvailable,
    /// DeleteGlobalReplicationGroup that would delete the primary too (uncertain).
    #[error("RetainPrimaryReplicationGroup must be true. The primary replication group cannot be deleted.")]
    PrimaryStays,
}

impl GlobalRejection {
    /// What a member refuses of a change of all, with one of the errors that operations on global datastores have.
    pub fn of_member(refusal: Rejection) -> Rejection {
        use RejectionKind as K;
        match refusal.kind() {
            K::NotYet | K::InvalidParameterValue | K::InvalidGlobalReplicationGroupState => refusal,
            K::InvalidReplicationGroupState | K::InvalidCacheClusterState => {
                Self::MemberState(refusal.to_string()).into()
            }
            _ => Self::Member(refusal.to_string()).into(),
        }
    }

    /// The exception that this is: one table, a row a code.
    pub const fn kind(&self) -> RejectionKind {
        use RejectionKind as K;
        match self {
            Self::Exists(_) => K::GlobalReplicationGroupAlreadyExists,
            Self::NotFound(_) => K::GlobalReplicationGroupNotFound,
            Self::SecondarySaysItself => K::InvalidParameterCombination,
            Self::State { .. } | Self::DeleteAvailable | Self::WithoutPrimary | Self::MemberState(_) => {
                K::InvalidGlobalReplicationGroupState
            }
            Self::Region(_)
            | Self::NodeType(_)
            | Self::Version(_)
            | Self::With(_)
            | Self::MemberOf { .. }
            | Self::RegionTaken { .. }
            | Self::TooManySecondaries(_)
            | Self::NotAssociated { .. }
            | Self::PrimaryCannotLeave(_)
            | Self::IsPrimary(_)
            | Self::NotMoreShards(_)
            | Self::NotFewerShards(_)
            | Self::NodeGroup(_)
            | Self::Member(_)
            | Self::PrimaryStays => K::InvalidParameterValue,
        }
    }
}
