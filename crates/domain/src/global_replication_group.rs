//! Global datastores, `GlobalReplicationGroup` in the API: a replication group that takes writes, and others in other
//! regions that follow it.
//!
//! A global datastore has nothing of its own but its members, their roles and where it stands. What it shows of engine,
//! node type and shards is its primary's; what it changes, it changes in all of its members.

use serde::{Deserialize, Serialize};

use crate::arn::{Arn, ResourceType};
use crate::ids::{GlobalReplicationGroupId, Region, ReplicationGroupId, Scope};
use crate::replication_group::{Members, ReplicationGroup};
use crate::tag::Tags;

mod association;
mod describe;
mod lifecycle;
mod member;
mod rejection;
mod request;
pub mod validate;

pub use association::{MOST_SECONDARIES, parameter_group_for};
pub use describe::GlobalQuery;
pub use lifecycle::{Phase, Progress};
pub use member::{Association, GlobalMember, GlobalMembership, GlobalRole};
pub use rejection::GlobalRejection;
pub use request::{
    CreateGlobalReplicationGroup, DecreaseNodeGroupsInGlobalReplicationGroup, DeleteGlobalReplicationGroup,
    DescribeGlobalReplicationGroups, DisassociateGlobalReplicationGroup, FailoverGlobalReplicationGroup,
    IncreaseNodeGroupsInGlobalReplicationGroup, ModifyGlobalReplicationGroup,
    RebalanceSlotsInGlobalReplicationGroup, RegionalConfiguration,
};

/// A global datastore as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GlobalReplicationGroup {
    /// The account, and the region that it was made in, which its id begins with.
    pub scope: Scope,
    /// Its id.
    pub id: GlobalReplicationGroupId,
    /// For people; a blank one is one space.
    pub description: String,
    /// Where it stands.
    pub phase: Phase,
    /// The replication groups in it, at most one a region; exactly one of them is the primary.
    pub members: Vec<GlobalMember>,
    /// Its tags.
    pub tags: Tags,
}

/// A member's replication group, with that one's own members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Regional {
    /// The group.
    pub group: ReplicationGroup,
    /// Its clusters.
    pub members: Members,
}

impl GlobalReplicationGroup {
    /// Its ARN, which has no region.
    pub fn arn(&self) -> Arn {
        Arn::new(&self.scope, ResourceType::GlobalReplicationGroup, self.id.as_str())
    }

    /// `Status`. Without secondaries a global datastore is not `available` but `primary-only`.
    pub fn status(&self) -> &'static str {
        match self.phase {
            Phase::Creating => "creating",
            Phase::Available if self.members.len() < 2 => "primary-only",
            Phase::Available => "available",
            Phase::Modifying | Phase::FailingOver { .. } => "modifying",
            Phase::Deleting => "deleting",
        }
    }

    /// The member that takes writes.
    pub fn primary(&self) -> Option<&GlobalMember> {
        self.members.iter().find(|member| member.role == GlobalRole::Primary)
    }

    /// The member in a region.
    pub fn member_in(&self, region: &Region) -> Option<&GlobalMember> {
        self.members.iter().find(|member| member.region == *region)
    }

    /// The account and region that a member lies in.
    pub fn scope_of(&self, member: &GlobalMember) -> Scope {
        Scope { account: self.scope.account.clone(), region: member.region.clone() }
    }

    /// The id of a shard in all members, `ldgnf-my-datastore-0001`.
    pub fn node_group_id(&self, node_group: crate::replication_group::NodeGroupId) -> String {
        format!("{}-{node_group}", self.id)
    }

    fn role_of(&self, group: &ReplicationGroupId, region: &Region) -> Option<GlobalRole> {
        let mut members = self.members.iter();
        let member = members.find(|member| member.group == *group && member.region == *region);
        member.map(|member| member.role)
    }
}

#[cfg(test)]
mod tests;
