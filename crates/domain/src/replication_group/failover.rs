//! A replica takes the primary's place: TestFailover, and promotions that were asked for.

use jiff::{SignedDuration, Timestamp};

use super::node_group::{NodeGroupId, NodeGroupState};
use super::{GroupRejection, Members, ReplicationGroup};
use crate::cluster::NodeData;
use crate::event::{ClusterEvent, GroupEvent, Told};
use crate::ids::{CacheClusterId, CacheNodeId};
use crate::rejection::Rejection;

impl ReplicationGroup {
    /// Fails the shard over to its first replica. The primary before is lost to its shard and returns as a replica,
    /// and until it does the group is not available.
    ///
    /// # Errors
    /// When the group is not available, the shard has no replica, or its primary cannot be lost now.
    pub fn fail_over(
        &mut self,
        id: NodeGroupId,
        members: &mut Members,
        now: Timestamp,
    ) -> Result<Vec<Told>, Rejection> {
        self.begin()?;
        let node_group = self.node_groups.iter_mut().find(|node_group| node_group.id == id);
        let node_group = node_group.ok_or(GroupRejection::NodeGroupNotFound(id))?;
        let to = node_group.replicas().next().map(|member| member.cluster.clone());
        let to = to.ok_or(GroupRejection::NoReplica(id))?;
        let from = node_group.promote(&to).ok_or(GroupRejection::NoReplica(id))?;
        node_group.state = NodeGroupState::Modifying;
        let mut told = vec![Told::Group(GroupEvent::TestFailover(id))];
        told.extend(completed(&from, &to));
        let lost = members.get_mut(&from).ok_or(GroupRejection::NotAvailable)?;
        let status = lost.status();
        let events = lost.lose(CacheNodeId::new(1), NodeData::Gone).map_err(|_| Rejection::ClusterState {
            cluster: from.clone(),
            status,
            purpose: "failover",
        })?;
        told.extend(events.into_iter().map(|event| Told::Member(from.clone(), event)));
        let day = SignedDuration::from_hours(24);
        self.test_failovers.retain(|called| now.duration_since(*called) < day);
        self.test_failovers.push(now);
        Ok(told)
    }

    /// Makes a member the primary of its shard; both go on serving.
    pub(super) fn promote(&mut self, cluster: &CacheClusterId) -> Vec<Told> {
        let node_group = self
            .node_groups
            .iter_mut()
            .find(|node_group| node_group.members.iter().any(|member| member.cluster == *cluster));
        let Some(node_group) = node_group else { return Vec::new() };
        let Some(from) = node_group.promote(cluster) else { return Vec::new() };
        node_group.state = NodeGroupState::Modifying;
        completed(&from, cluster).into()
    }
}

fn completed(from: &CacheClusterId, to: &CacheClusterId) -> [Told; 2] {
    let of_cluster = ClusterEvent::Failover { from: from.clone(), to: to.clone() };
    let of_group = GroupEvent::Failover { from: from.clone(), to: to.clone() };
    [Told::Member(from.clone(), of_cluster), Told::Group(of_group)]
}
