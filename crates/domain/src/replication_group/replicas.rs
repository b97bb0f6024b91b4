//! Replicas that join and leave.

use std::collections::BTreeMap;

use super::node_group::{MemberState, NodeGroupId, NodeGroupState};
use super::placement::{Place, Placer};
use super::surroundings::Surroundings;
use super::{GroupRejection, Members, PhaseEvent, ReplicationGroup};
use crate::cluster::CacheNode;
use crate::ids::CacheClusterId;
use crate::rejection::Rejection;

impl ReplicationGroup {
    /// Begins a change of the group.
    pub(super) fn begin(&mut self) -> Result<(), Rejection> {
        let next = self.phase.on(PhaseEvent::ModifyRequested);
        self.phase = next.map_err(|_| GroupRejection::NotAvailable)?;
        Ok(())
    }

    /// Adds replicas at these places.
    ///
    /// # Errors
    /// When the group is not available, and [`Rejection::SubnetFull`]; nothing of it is done then.
    pub fn add_replicas(
        &mut self,
        places: &BTreeMap<NodeGroupId, Vec<Place>>,
        members: &mut Members,
        world: &Surroundings<'_>,
    ) -> Result<(), Rejection> {
        let as_it_is = self.clone();
        let mut placer = Placer::of(&as_it_is, world);
        self.begin()?;
        for node_group in &mut self.node_groups {
            let Some(places) = places.get(&node_group.id) else { continue };
            node_group.state = NodeGroupState::Modifying;
            let there = node_group.members.iter().filter_map(|member| members.get(&member.cluster));
            let beside: Vec<CacheNode> = there.flat_map(|cluster| cluster.nodes.clone()).collect();
            for place in places {
                placer.member(node_group, place, &beside)?;
            }
        }
        members.extend(placer.placed);
        Ok(())
    }

    /// Has replicas removed.
    ///
    /// # Errors
    /// When the group is not available.
    pub fn remove_replicas(
        &mut self,
        leaving: &[CacheClusterId],
        members: &mut Members,
    ) -> Result<(), Rejection> {
        self.begin()?;
        for node_group in &mut self.node_groups {
            for member in node_group.members.iter_mut().filter(|member| leaving.contains(&member.cluster)) {
                member.state = MemberState::Leaving;
                node_group.state = NodeGroupState::Modifying;
                if let Some(cluster) = members.get_mut(&member.cluster) {
                    cluster.leave_group();
                }
            }
        }
        if self.spec.snapshotting_cluster.as_ref().is_some_and(|cluster| leaving.contains(cluster)) {
            let first = self.node_groups.first();
            let source = first.and_then(|shard| shard.replicas().next().or(shard.primary()));
            self.spec.snapshotting_cluster = source.map(|member| member.cluster.clone());
        }
        Ok(())
    }
}
