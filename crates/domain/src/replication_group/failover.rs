//! A replica takes the primary's place: TestFailover, promotions that were asked for, and primaries that are lost.
//!
//! What a request asks for is written down; it is made when every member serves, by whoever can look at the engines,
//! who then says which replica took the place.

use jiff::{SignedDuration, Timestamp};

use super::node_group::{Failover, NodeGroup, NodeGroupId, NodeGroupState};
use super::{GroupRejection, Members, Phase, PhaseEvent, ReplicationGroup};
use crate::cluster::{CacheCluster, NodeData, WrongPhase};
use crate::event::{ClusterEvent, GroupEvent, Told};
use crate::ids::{CacheClusterId, CacheNodeId};
use crate::rejection::Rejection;

/// A member's only node.
const NODE: CacheNodeId = CacheNodeId::new(1);

impl ReplicationGroup {
    /// Has the shard fail over. The primary is to be lost to its shard and to return as a replica; until then the group
    /// is not available.
    ///
    /// # Errors
    /// When the group is not available, the shard has no replica, or its primary cannot be lost now.
    pub fn test_failover(
        &mut self,
        id: NodeGroupId,
        members: &Members,
        now: Timestamp,
    ) -> Result<Vec<Told>, Rejection> {
        self.begin()?;
        let node_group = self.shard(id).ok_or(GroupRejection::NodeGroupNotFound(id))?;
        if node_group.replicas().next().is_none() {
            return Err(GroupRejection::NoReplica(id).into());
        }
        let primary = node_group.primary().and_then(|primary| members.get(&primary.cluster));
        let primary = primary.ok_or(GroupRejection::NotAvailable)?;
        primary.clone().lose(NODE, NodeData::Gone).map_err(|_| Rejection::ClusterState {
            cluster: primary.id.clone(),
            status: primary.status(),
            purpose: "failover",
        })?;
        node_group.state = NodeGroupState::Modifying;
        node_group.failover = Some(Failover::Test);
        let day = SignedDuration::from_hours(24);
        self.test_failovers.retain(|called| now.duration_since(*called) < day);
        self.test_failovers.push(now);
        Ok(vec![Told::Group(GroupEvent::TestFailover(id))])
    }

    /// Has a member become the primary of its shard; false where it is that already.
    pub(super) fn promote(&mut self, cluster: &CacheClusterId) -> bool {
        let holds = |shard: &&mut NodeGroup| shard.members.iter().any(|member| member.cluster == *cluster);
        let Some(node_group) = self.node_groups.iter_mut().find(holds) else { return false };
        if node_group.primary().is_some_and(|primary| primary.cluster == *cluster) {
            return false;
        }
        node_group.state = NodeGroupState::Modifying;
        node_group.failover = Some(Failover::To(cluster.clone()));
        true
    }

    /// The change of primary that was asked for is made: `to` is the shard's primary, and the one before is lost to it
    /// where a failover was tested.
    ///
    /// # Errors
    /// When the one before cannot be lost now.
    pub fn failed_over(
        &mut self,
        id: NodeGroupId,
        to: &CacheClusterId,
        members: &mut Members,
    ) -> Result<Vec<Told>, WrongPhase> {
        let asked = self.shard(id).and_then(|node_group| node_group.failover.take());
        match asked {
            None => Ok(Vec::new()),
            Some(Failover::To(_)) => Ok(self.succeed(id, to).map_or_else(Vec::new, |(_, told)| told.into())),
            Some(Failover::Back(_)) => {
                self.succeed(id, to);
                Ok(Vec::new())
            }
            Some(Failover::Test) => self.lose_primary(id, to, members),
        }
    }

    /// The shard's primary is lost with its data: `to`, which has them, takes its place, and it is to return as a
    /// replica; as the primary again where nothing fails over by itself. Until then the group is not available.
    ///
    /// # Errors
    /// When the primary is not to run.
    pub fn lose_primary(
        &mut self,
        id: NodeGroupId,
        to: &CacheClusterId,
        members: &mut Members,
    ) -> Result<Vec<Told>, WrongPhase> {
        let Some((from, told)) = self.succeed(id, to) else { return Ok(Vec::new()) };
        if let Ok(phase) = self.phase.on(PhaseEvent::ModifyRequested) {
            self.phase = phase;
        }
        let mut told = Vec::from(told);
        if !self.spec.automatic_failover.is_on()
            && let Some(shard) = self.shard(id)
        {
            shard.failover = Some(Failover::Back(from.clone()));
            told.clear();
        }
        if let Some(lost) = members.get_mut(&from) {
            let events = lost.lose(NODE, NodeData::Gone)?;
            told.extend(events.into_iter().map(|event| Told::Member(from.clone(), event)));
        }
        Ok(told)
    }

    /// The member `cluster` is down and starts again. Where it is its shard's primary nobody takes writes meanwhile, and the
    /// group is not available until it is back; whether that is so.
    pub fn await_return(&mut self, cluster: &CacheClusterId) -> bool {
        let leads = |shard: &NodeGroup| shard.primary().is_some_and(|primary| primary.cluster == *cluster);
        if !self.node_groups.iter().any(leads) {
            return false;
        }
        let Ok(phase) = self.phase.on(PhaseEvent::ModifyRequested) else { return false };
        self.phase = phase;
        true
    }

    /// The shard whose primary `cluster` is, if another can take its place.
    pub fn led_by(&self, cluster: &CacheCluster) -> Option<NodeGroupId> {
        let node_group = self.node_group_of(&cluster.id).filter(|_| self.phase != Phase::Deleting)?;
        let leads = node_group.primary().is_some_and(|primary| primary.cluster == cluster.id);
        (leads && node_group.replicas().next().is_some()).then_some(node_group.id)
    }

    fn shard(&mut self, id: NodeGroupId) -> Option<&mut NodeGroup> {
        self.node_groups.iter_mut().find(|node_group| node_group.id == id)
    }

    /// `to` is the primary, and the one before, which is answered, a replica.
    fn succeed(&mut self, id: NodeGroupId, to: &CacheClusterId) -> Option<(CacheClusterId, [Told; 2])> {
        let node_group = self.shard(id)?;
        let from = node_group.promote(to)?;
        if node_group.state != NodeGroupState::Deleting {
            node_group.state = NodeGroupState::Modifying;
        }
        // What was asked for has come about by itself.
        let is_met = match &node_group.failover {
            Some(Failover::To(named) | Failover::Back(named)) => named == to,
            Some(Failover::Test) => true,
            None => false,
        };
        if is_met {
            node_group.failover = None;
        }
        let of_cluster = ClusterEvent::Failover { from: from.clone(), to: to.clone() };
        let of_group = GroupEvent::Failover { from: from.clone(), to: to.clone() };
        let told = [Told::Member(from.clone(), of_cluster), Told::Group(of_group)];
        Some((from, told))
    }
}
