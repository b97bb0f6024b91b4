//! Node groups, which the console calls shards: a primary, its replicas, and their slots.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ClusterMode;
use super::rejection::GroupRejection;
use super::slots::Slots;
use crate::ids::{AvailabilityZone, CacheClusterId, ReplicationGroupId};

/// The most replicas that a shard has.
pub const MOST_REPLICAS: u16 = 5;

/// A node group's number within its replication group, from 1; written with four digits, `0001`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeGroupId(u16);

impl NodeGroupId {
    /// The one that there is without cluster mode.
    pub const FIRST: Self = Self(1);

    /// Node group `n`, counted from 1.
    pub const fn new(n: u16) -> Self {
        Self(n)
    }

    /// The number, counted from 1.
    pub const fn number(self) -> u16 {
        self.0
    }
}

impl fmt::Display for NodeGroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.0)
    }
}

impl FromStr for NodeGroupId {
    type Err = GroupRejection;

    /// One to four digits, not all of them zero.
    fn from_str(s: &str) -> Result<Self, GroupRejection> {
        let digits = (1..=4).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit());
        let number = s.parse().ok().filter(|n| *n > 0 && digits);
        number.map(Self).ok_or_else(|| GroupRejection::BadNodeGroupId(s.to_owned()))
    }
}

/// Where a node group stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum NodeGroupState {
    /// Its nodes are started for the first time.
    Creating,
    /// It serves.
    Available,
    /// Nodes come or go, or its primary changes.
    Modifying,
    /// Its slots go elsewhere; then it is gone.
    Deleting,
}

impl NodeGroupState {
    /// `NodeGroup`'s `Status`.
    pub const fn status(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Available => "available",
            Self::Modifying => "modifying",
            Self::Deleting => "deleting",
        }
    }
}

/// What a member is to its shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// It takes writes.
    Primary,
    /// It follows the primary.
    Replica,
}

impl Role {
    /// `CurrentRole`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Replica => "replica",
        }
    }
}

/// Whether a member comes, stays or goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MemberState {
    /// Its first start is under way.
    Joining,
    /// It serves.
    Serving,
    /// It is to go.
    Leaving,
}

/// One node of a shard: a cache cluster of the same account and region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The cluster.
    pub cluster: CacheClusterId,
    /// What it is to the shard.
    pub role: Role,
    /// Where it lies.
    pub availability_zone: AvailabilityZone,
    /// Whether it comes, stays or goes.
    pub state: MemberState,
}

/// A change of the primary that was asked for and is to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Failover {
    /// TestFailover: the primary is lost to its shard, and a replica takes its place.
    Test,
    /// This member becomes the primary; the one before goes on as a replica.
    To(CacheClusterId),
    /// This member, whose engine was lost, becomes the primary again once it has the data: where nothing fails over by
    /// itself, a replica only keeps its place.
    Back(CacheClusterId),
}

/// A node group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeGroup {
    /// Its number.
    pub id: NodeGroupId,
    /// The slots that it has; all of them without cluster mode.
    pub slots: Slots,
    /// The slots that it shall have, while they move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slots_to_be: Option<Slots>,
    /// Its members, the first ones first.
    pub members: Vec<Member>,
    /// Where it stands.
    pub state: NodeGroupState,
    /// The change of its primary that is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failover: Option<Failover>,
}

impl NodeGroup {
    /// The member that takes writes.
    pub fn primary(&self) -> Option<&Member> {
        self.members.iter().find(|member| member.role == Role::Primary)
    }

    /// The members that follow it and do not go.
    pub fn replicas(&self) -> impl DoubleEndedIterator<Item = &Member> {
        self.staying().filter(|member| member.role == Role::Replica)
    }

    /// The members that do not go.
    pub fn staying(&self) -> impl DoubleEndedIterator<Item = &Member> {
        self.members.iter().filter(|member| member.state != MemberState::Leaving)
    }

    /// How many replicas it has or shall have.
    pub fn replica_count(&self) -> u16 {
        u16::try_from(self.replicas().count()).unwrap_or(u16::MAX)
    }

    /// Makes `cluster` the primary, and the one before a replica; that one's id. None where it is the primary or no
    /// member.
    pub fn promote(&mut self, cluster: &CacheClusterId) -> Option<CacheClusterId> {
        let before = self.primary()?.cluster.clone();
        if before == *cluster || !self.members.iter().any(|member| member.cluster == *cluster) {
            return None;
        }
        for member in &mut self.members {
            member.role = if member.cluster == *cluster { Role::Primary } else { Role::Replica };
        }
        Some(before)
    }
}

/// The name of a shard's `n`th member: `my-group-001`, with cluster mode `my-group-0001-001`.
pub fn member_name(
    group: &ReplicationGroupId,
    mode: ClusterMode,
    node_group: NodeGroupId,
    n: u16,
) -> CacheClusterId {
    let name = match mode {
        ClusterMode::Disabled => format!("{group}-{n:03}"),
        ClusterMode::Compatible | ClusterMode::Enabled => format!("{group}-{node_group}-{n:03}"),
    };
    name.parse().expect("a group's id and digits are an id, and short enough")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_named_as_awss() {
        let group = "my-group".parse().unwrap();
        let name = |mode, n| member_name(&group, mode, NodeGroupId::new(2), n).to_string();
        assert_eq!(name(ClusterMode::Disabled, 1), "my-group-001");
        assert_eq!(name(ClusterMode::Enabled, 3), "my-group-0002-003");
        let longest = "g".repeat(40).parse().unwrap();
        assert_eq!(
            member_name(&longest, ClusterMode::Enabled, NodeGroupId::new(9999), 999).as_str().len(),
            49
        );
    }

    #[test]
    fn ids_have_up_to_four_digits() {
        assert_eq!("1".parse::<NodeGroupId>().unwrap().to_string(), "0001");
        assert_eq!("0090".parse::<NodeGroupId>().unwrap(), NodeGroupId::new(90));
        for bad in ["", "0", "0000", "00001", "+1", "a"] {
            assert_eq!(bad.parse::<NodeGroupId>(), Err(GroupRejection::BadNodeGroupId(bad.to_owned())));
        }
    }
}
