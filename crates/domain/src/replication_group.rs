//! Replication groups: requests, specs, validation, life cycle, and the stored resource.
//!
//! A group's members are cache clusters with rows, phases and nodes of their own, reconciled as any cluster; the group
//! says which there are, what they are to each other, and what they all shall be. Its phase settles when theirs do.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::arn::{Arn, ResourceType};
use crate::cluster::{AuthTokenStatus, CacheCluster};
use crate::endpoint::EndpointNames;
use crate::global_replication_group::GlobalMembership;
use crate::ids::{CacheClusterId, ReplicationGroupId, Scope};

mod alignment;
mod describe;
mod failover;
mod lifecycle;
mod modify;
mod node_group;
mod operation;
mod pending;
mod placement;
mod progress;
mod rejection;
mod replicas;
mod request;
mod shards;
mod slot_moves;
pub mod slots;
mod snapshot;
mod spec;
mod surroundings;
pub mod validate;

pub use describe::GroupQuery;
pub use lifecycle::{Phase, PhaseEvent, WrongPhase};
pub use modify::GroupChange;
pub use node_group::{
    Failover, MOST_REPLICAS, Member, MemberState, NodeGroup, NodeGroupId, NodeGroupState, Role, member_name,
};
pub use operation::NewGroup;
pub use pending::{PendingEngine, PendingMode, PendingModifiedValues};
pub use placement::{NewShard, Place};
pub use progress::{Progress, Replication};
pub use rejection::GroupRejection;
pub use request::{
    ConfigureShard, CreateReplicationGroup, DecreaseReplicaCount, DeleteReplicationGroup,
    DescribeReplicationGroups, IncreaseReplicaCount, ModifyReplicationGroup, ModifyShardConfiguration,
    NodeGroupConfiguration, ReshardingConfiguration, TestFailover,
};
pub use shards::ShardChange;
pub use slot_moves::SlotMove;
pub use slots::Slots;
pub use spec::{ClusterMode, Durability, ReplicationGroupSpec, Switch};
pub use surroundings::{Neighbours, Surroundings};

/// The rows of a group's members, by id.
pub type Members = BTreeMap<CacheClusterId, CacheCluster>;

/// A replication group as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicationGroup {
    /// Account and region.
    pub scope: Scope,
    /// Its id.
    pub id: ReplicationGroupId,
    /// What it shall be.
    pub spec: ReplicationGroupSpec,
    /// Where it stands.
    pub phase: Phase,
    /// `ReplicationGroupCreateTime`: when it was asked for.
    pub created_at: Timestamp,
    /// Whether it was available once.
    pub served: bool,
    /// Its shards, by number.
    pub node_groups: Vec<NodeGroup>,
    /// The number of the next shard: none is given twice (uncertain; as far as recordings show).
    pub next_node_group: u16,
    /// What waits for the maintenance window.
    pub pending: PendingModifiedValues,
    /// Whether automatic failover is being turned on or off.
    pub failover_under_way: bool,
    /// The moment after which its next automatic snapshot is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshots_since: Option<Timestamp>,
    /// `AuthTokenStatus`: what its members are being told of the tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_under_way: Option<AuthTokenStatus>,
    /// The global datastore that it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub global: Option<GlobalMembership>,
    /// How many slots were to move when the resharding that is under way, or the last one, began.
    #[serde(default)]
    pub slots_to_move_at_first: u16,
    /// Whether the resharding that is under way was given up: what was half over goes on, nothing else.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resharding_given_up: bool,
    /// When TestFailover was called of the last day's calls.
    pub test_failovers: Vec<Timestamp>,
}

impl ReplicationGroup {
    /// Its ARN.
    pub fn arn(&self) -> Arn {
        Arn::new(&self.scope, ResourceType::ReplicationGroup, self.id.as_str())
    }

    /// `Status`.
    pub fn status(&self) -> &'static str {
        self.phase.status()
    }

    /// Whether it serves and nothing is under way.
    pub fn is_available(&self) -> bool {
        self.phase == Phase::Available
    }

    /// Whether nothing is under way: a waiter need not be held.
    pub fn is_settled(&self) -> bool {
        self.phase.is_settled()
    }

    /// Its members, shard by shard.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.node_groups.iter().flat_map(|node_group| &node_group.members)
    }

    /// Whether the cluster is one of its members.
    pub fn has_member(&self, cluster: &CacheClusterId) -> bool {
        self.members().any(|member| member.cluster == *cluster)
    }

    /// The shard with this number.
    pub fn node_group(&self, id: NodeGroupId) -> Option<&NodeGroup> {
        self.node_groups.iter().find(|node_group| node_group.id == id)
    }

    /// The shard that the cluster is in.
    pub fn node_group_of(&self, cluster: &CacheClusterId) -> Option<&NodeGroup> {
        let holds = |node_group: &&NodeGroup| node_group.members.iter().any(|m| m.cluster == *cluster);
        self.node_groups.iter().find(holds)
    }

    /// `AutomaticFailover`. A new group with cluster mode has it from the first (recorded).
    pub fn automatic_failover(&self) -> &'static str {
        let on = self.spec.automatic_failover.is_on();
        let enters = self.phase == Phase::Creating && !self.spec.cluster_mode.is_on();
        match (on, enters || self.failover_under_way) {
            (true, true) => "enabling",
            (false, true) if self.failover_under_way => "disabling",
            (on, _) => Switch::of(on).as_str(),
        }
    }

    /// `PrimaryEndpoint`: for clients that know no cluster mode, once it was available.
    pub fn primary_endpoint(&self, names: &EndpointNames) -> Option<(String, u16)> {
        let shown = self.served && self.spec.cluster_mode.takes_other_clients();
        let member = &self.spec.member;
        shown.then(|| (names.primary(&self.id, member.transit_encryption), member.port))
    }

    /// `ReaderEndpoint`: beside the primary one.
    pub fn reader_endpoint(&self, names: &EndpointNames) -> Option<(String, u16)> {
        let (_, port) = self.primary_endpoint(names)?;
        Some((names.reader(&self.id, self.spec.member.transit_encryption), port))
    }

    /// `ConfigurationEndpoint`: with cluster mode, once it was available.
    pub fn configuration_endpoint(&self, names: &EndpointNames) -> Option<(String, u16)> {
        let shown = self.served && self.spec.cluster_mode.is_on();
        let member = &self.spec.member;
        shown.then(|| (names.cluster_configuration(&self.id, member.transit_encryption), member.port))
    }

    /// How often TestFailover was called in the day before `now`.
    pub fn test_failovers_since_a_day(&self, now: Timestamp) -> u32 {
        let day = SignedDuration::from_hours(24);
        let recent = self.test_failovers.iter().filter(|called| now.duration_since(**called) < day);
        u32::try_from(recent.count()).unwrap_or(u32::MAX)
    }
}
#[cfg(test)]
mod tests;
