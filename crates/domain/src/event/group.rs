//! What happens to a replication group.

use std::fmt;

use jiff::Timestamp;

use super::{ClusterEvent, Event, SourceType};
use crate::ids::{CacheClusterId, ReplicationGroupId, SnapshotName};
use crate::replication_group::NodeGroupId;

/// What happens to a replication group, in AWS's words (`data/events.tsv`); `Display` is the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupEvent {
    /// It became available for the first time.
    Created(ReplicationGroupId),
    /// It could not be created, with the cause (uncertain).
    CreateFailed(String),
    /// A lost primary is replaced by itself from now on.
    FailoverOn(ReplicationGroupId),
    /// It no longer is (uncertain).
    FailoverOff(ReplicationGroupId),
    /// TestFailover was accepted.
    TestFailover(NodeGroupId),
    /// A replica took the primary's place.
    Failover {
        /// The primary before.
        from: CacheClusterId,
        /// The primary from now on.
        to: CacheClusterId,
    },
    /// Its settings were changed (uncertain).
    Modified,
    /// A member joined (uncertain).
    MemberAdded(CacheClusterId),
    /// A member left (uncertain).
    MemberRemoved(CacheClusterId),
    /// Members could not be added, with the cause (uncertain).
    MembersNotAdded {
        /// Which.
        members: Vec<CacheClusterId>,
        /// Why, for people.
        cause: String,
    },
    /// CompleteMigration was accepted (user guide, Migration-Complete).
    MigrationCompleted(ReplicationGroupId),
    /// Slots were moved (uncertain).
    Resharded,
    /// Slots could not be moved, with the cause (uncertain).
    NotResharded(String),
    /// A snapshot of it was taken.
    SnapshotTaken {
        /// The snapshot.
        snapshot: SnapshotName,
        /// The group.
        group: ReplicationGroupId,
    },
    /// It is gone (uncertain).
    Deleted,
    /// Something that Simfra has to tell and AWS has no event for.
    Notice(String),
}

/// An event of a group or of one of its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// The group's.
    Group(GroupEvent),
    /// A member's.
    Member(CacheClusterId, ClusterEvent),
}

impl Told {
    /// The event as it is kept.
    pub fn of(&self, group: &ReplicationGroupId, date: Timestamp) -> Event {
        match self {
            Self::Group(event) => event.of(group, date),
            Self::Member(cluster, event) => event.of(cluster, date),
        }
    }
}

impl GroupEvent {
    /// The event as it is kept.
    pub fn of(&self, group: &ReplicationGroupId, date: Timestamp) -> Event {
        Event {
            source_identifier: group.to_string(),
            source_type: SourceType::ReplicationGroup,
            message: self.to_string(),
            date,
        }
    }
}

impl fmt::Display for GroupEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Created(group) => write!(f, "Replication group {group} created"),
            Self::CreateFailed(cause) => write!(f, "Failed to create the replication group: {cause}"),
            Self::FailoverOn(group) => {
                write!(f, "Automatic failover has been turned on for replication group {group}")
            }
            Self::FailoverOff(group) => {
                write!(f, "Automatic failover has been turned off for replication group {group}")
            }
            Self::TestFailover(node_group) => {
                write!(f, "Test Failover API called for node group {node_group}")
            }
            Self::Failover { from, to } => {
                write!(f, "Failover from primary node {from} to replica node {to} completed")
            }
            Self::Modified => f.write_str("Replication group modified"),
            Self::MemberAdded(cluster) => {
                write!(f, "Added cache cluster {cluster} to the replication group")
            }
            Self::MemberRemoved(cluster) => {
                write!(f, "Removed cache cluster {cluster} from the replication group")
            }
            Self::MembersNotAdded { members, cause } => {
                let members = members.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                write!(f, "Failed to add cache clusters {members}: {cause}")
            }
            Self::MigrationCompleted(group) => write!(f, "Complete Migration successful for {group}"),
            Self::Resharded => f.write_str("Finished moving slots between node groups"),
            Self::NotResharded(cause) => {
                write!(f, "Failed to move slots between node groups: {cause}")
            }
            Self::SnapshotTaken { snapshot, group } => {
                write!(
                    f,
                    "Snapshot succeeded for snapshot with ID '{snapshot}' of replication group with ID '{group}'"
                )
            }
            Self::Deleted => f.write_str("Replication group deleted"),
            Self::Notice(text) => f.write_str(text),
        }
    }
}
