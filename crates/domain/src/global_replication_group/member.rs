//! What a replication group is to its global datastore.

use serde::{Deserialize, Serialize};

use crate::ids::{GlobalReplicationGroupId, Region, ReplicationGroupId};
use crate::replication_group::ReplicationGroup;

/// What a member is to the global datastore.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum GlobalRole {
    /// It takes writes.
    Primary,
    /// It follows the primary, in another region.
    Secondary,
}

impl GlobalRole {
    /// `Role` and `GlobalReplicationGroupMemberRole`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "PRIMARY",
            Self::Secondary => "SECONDARY",
        }
    }
}

/// Whether a member comes, stays or goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Association {
    /// It is being taken in.
    Associating,
    /// It is in.
    Associated,
    /// It is to stand alone again.
    Disassociating,
}

impl Association {
    /// A member's `Status`. One that goes is shown as `associated` until it is gone (recorded by the AWS CLI's example,
    /// and Terraform's provider waits for nothing else).
    pub const fn status(self) -> &'static str {
        match self {
            Self::Associating => "associating",
            Self::Associated | Self::Disassociating => "associated",
        }
    }
}

/// A member of a global datastore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GlobalMember {
    /// The replication group.
    pub group: ReplicationGroupId,
    /// Where it lies.
    pub region: Region,
    /// What it is to the global datastore.
    pub role: GlobalRole,
    /// Whether it comes, stays or goes.
    pub state: Association,
}

impl GlobalMember {
    /// Whether this is the group.
    pub fn is(&self, group: &ReplicationGroup) -> bool {
        self.group == group.id && self.region == group.scope.region
    }
}

/// What a replication group knows of the global datastore that it is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GlobalMembership {
    /// The global datastore.
    pub id: GlobalReplicationGroupId,
    /// What the group is to it.
    pub role: GlobalRole,
}
