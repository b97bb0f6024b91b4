//! What requests and observations do to a stored group and its members: creation, deletion, settling.

use jiff::Timestamp;

use super::node_group::{Member, MemberState, NodeGroup, NodeGroupId, NodeGroupState, Role};
use super::placement::{NewShard, Placer};
use super::slots::Slots;
use super::spec::{ClusterMode, ReplicationGroupSpec};
use super::surroundings::Surroundings;
use super::{Members, PendingModifiedValues, Phase, PhaseEvent, ReplicationGroup, WrongPhase};
use crate::cluster::Membership;
use crate::event::{GroupEvent, Told};
use crate::ids::{CacheClusterId, ReplicationGroupId, Scope};
use crate::rejection::Rejection;

/// A checked CreateReplicationGroup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGroup {
    /// Its id.
    pub id: ReplicationGroupId,
    /// What it shall be.
    pub spec: ReplicationGroupSpec,
    /// The shards to make; none where a cluster that is there becomes the primary.
    pub shards: Vec<NewShard>,
    /// That cluster.
    pub primary: Option<CacheClusterId>,
}

impl NewGroup {
    /// The group and its members, placed.
    ///
    /// # Errors
    /// [`Rejection::SubnetFull`] when no subnet that may hold a member has an address left.
    pub fn place(
        self,
        scope: &Scope,
        world: &Surroundings<'_>,
        now: Timestamp,
    ) -> Result<(ReplicationGroup, Members), Rejection> {
        let mut placer = Placer::new(scope, &self.id, &self.spec, world);
        let mut node_groups = Vec::new();
        for shard in &self.shards {
            node_groups.push(placer.shard(shard)?);
        }
        let mut members = placer.placed;
        let mut spec = self.spec.clone();
        if spec.cluster_mode == ClusterMode::Disabled && spec.member.snapshot_retention_limit > Some(0) {
            // Of a replica, so that the primary is not held up.
            let first = node_groups.first();
            let source = first.and_then(|first| first.replicas().next().or(first.primary()));
            spec.snapshotting_cluster = source.map(|member| member.cluster.clone());
        }
        if let Some(mut primary) = self.primary.as_ref().and_then(|id| world.neighbours.cluster(id)).cloned()
        {
            let node_group = NodeGroupId::FIRST;
            primary.membership = Some(Membership { group: self.id.clone(), node_group, leaves: false });
            let zone = primary.nodes.first().map(|node| node.availability_zone.clone());
            node_groups.push(NodeGroup {
                id: node_group,
                slots: Slots::all(),
                slots_to_be: None,
                members: zone
                    .into_iter()
                    .map(|availability_zone| Member {
                        cluster: primary.id.clone(),
                        role: Role::Primary,
                        availability_zone,
                        state: MemberState::Joining,
                    })
                    .collect(),
                state: NodeGroupState::Creating,
                failover: None,
            });
            members.insert(primary.id.clone(), primary);
        }
        node_groups.sort_by_key(|node_group| node_group.id);
        let last = node_groups.last().map_or(0, |node_group| node_group.id.number());
        let group = ReplicationGroup {
            scope: scope.clone(),
            id: self.id,
            spec,
            phase: Phase::Creating,
            created_at: now,
            served: false,
            node_groups,
            next_node_group: last + 1,
            pending: PendingModifiedValues::default(),
            failover_under_way: false,
            snapshots_since: None,
            auth_under_way: None,
            global: None,
            slots_to_move_at_first: 0,
            resharding_given_up: false,
            test_failovers: Vec::new(),
        };
        Ok((group, members))
    }
}

impl ReplicationGroup {
    /// Has it removed, its members too; `retained` stays, as a cluster of its own.
    ///
    /// # Errors
    /// When its phase does not allow it.
    pub fn delete(
        &mut self,
        retained: Option<&CacheClusterId>,
        members: &mut Members,
    ) -> Result<(), WrongPhase> {
        self.phase = self.phase.on(PhaseEvent::DeleteRequested)?;
        self.leave_all(retained, members);
        Ok(())
    }

    /// Has it removed whatever is under way: a reset. No request of AWS's does that.
    pub fn discard(&mut self, members: &mut Members) {
        self.phase = Phase::Deleting;
        self.leave_all(None, members);
    }

    fn leave_all(&mut self, retained: Option<&CacheClusterId>, members: &mut Members) {
        for (id, cluster) in members.iter_mut() {
            if retained == Some(id) {
                cluster.membership = None;
            } else {
                cluster.discard();
            }
        }
        for node_group in &mut self.node_groups {
            node_group.members.retain(|member| retained != Some(&member.cluster));
            node_group.state = NodeGroupState::Deleting;
            for member in &mut node_group.members {
                member.state = MemberState::Leaving;
            }
        }
    }

    /// Every member is as it shall be, and those that leave are gone: the group is available.
    ///
    /// # Errors
    /// When nothing is under way.
    pub fn settle(&mut self) -> Result<Vec<Told>, WrongPhase> {
        let first = self.phase == Phase::Creating;
        self.phase = self.phase.on(PhaseEvent::Settled)?;
        let mut told = Vec::new();
        let left = self.node_groups.extract_if(.., |shard| shard.state == NodeGroupState::Deleting);
        let gone = left.flat_map(|shard| shard.members);
        told.extend(gone.map(|member| Told::Group(GroupEvent::MemberRemoved(member.cluster))));
        for node_group in &mut self.node_groups {
            node_group.state = NodeGroupState::Available;
            let gone = node_group.members.extract_if(.., |member| member.state == MemberState::Leaving);
            told.extend(gone.map(|member| Told::Group(GroupEvent::MemberRemoved(member.cluster))));
            for member in &mut node_group.members {
                if member.state == MemberState::Joining && !first {
                    told.push(Told::Group(GroupEvent::MemberAdded(member.cluster.clone())));
                }
                member.state = MemberState::Serving;
            }
        }
        if first {
            self.served = true;
            told.push(Told::Group(GroupEvent::Created(self.id.clone())));
        }
        let failover = self.spec.automatic_failover.is_on();
        if failover && (first || self.failover_under_way) {
            told.push(Told::Group(GroupEvent::FailoverOn(self.id.clone())));
        } else if self.failover_under_way {
            told.push(Told::Group(GroupEvent::FailoverOff(self.id.clone())));
        }
        self.failover_under_way = false;
        self.auth_under_way = None;
        Ok(told)
    }

    /// It cannot be created, for good: its members go. `cause` is for people.
    ///
    /// # Errors
    /// When it is not being created.
    pub fn fail(&mut self, cause: &str) -> Result<Vec<Told>, WrongPhase> {
        self.phase = self.phase.on(PhaseEvent::ProvisionFailed { cause: cause.to_owned() })?;
        Ok(vec![Told::Group(GroupEvent::CreateFailed(cause.to_owned()))])
    }
}
