//! A checked ModifyReplicationGroup, and what it does to the group and its members.

use super::spec::ReplicationGroupSpec;
use super::{Members, PendingModifiedValues, ReplicationGroup};
use crate::cluster::validate::Change;
use crate::cluster::{CacheCluster, ClusterSpec};
use crate::event::{GroupEvent, Told};
use crate::ids::CacheClusterId;
use crate::rejection::Rejection;

/// A checked ModifyReplicationGroup, or what waited for the window that opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupChange {
    /// What the group shall be.
    pub spec: ReplicationGroupSpec,
    /// The member that becomes the primary.
    pub promote: Option<CacheClusterId>,
    /// What waits for the maintenance window from now on.
    pub pending: PendingModifiedValues,
    /// Whether members are to move that did not when the others did.
    pub moves_all: bool,
}

impl GroupChange {
    /// What waits for `group`'s maintenance window, as the change that its opening makes.
    pub fn of_pending(group: &ReplicationGroup) -> Self {
        let (spec, pending) = (group.spec.clone(), group.pending.clone());
        Self { spec, promote: None, pending, moves_all: false }.in_force()
    }

    /// With what waits put in force.
    #[must_use]
    pub fn in_force(mut self) -> Self {
        let waits = std::mem::take(&mut self.pending);
        self.moves_all |= waits.version.is_some() || waits.cache_node_type.is_some();
        let member = &mut self.spec.member;
        if let Some(to) = waits.version {
            member.engine = to.engine;
            member.engine_version = to.version.full;
            member.requested_version = Some(to.version.requested);
            member.cache_parameter_group_name = to.cache_parameter_group_name;
            member.parameters = to.parameters;
        }
        if let Some(node_type) = waits.cache_node_type {
            member.cache_node_type = node_type;
        }
        if let Some(encryption) = waits.transit_encryption {
            member.transit_encryption = encryption;
        }
        if let Some(switch) = waits.automatic_failover {
            self.spec.automatic_failover = switch;
        }
        if let Some(mode) = waits.cluster_mode {
            self.spec.cluster_mode = mode.mode;
            member.cache_parameter_group_name = mode.cache_parameter_group_name;
            member.parameters = mode.parameters;
        }
        self.promote = self.promote.or(waits.primary_cluster);
        self
    }
}

impl ReplicationGroup {
    /// Puts a checked change in force. A change of nothing that members or the service have to follow leaves the group
    /// available, as recorded of Multi-AZ; one that waits for the window does so too, and members show it as theirs.
    ///
    /// # Errors
    /// When the group is not available, or a member that has to follow is not; nothing of it is done then.
    pub fn modify(&mut self, change: GroupChange, members: &mut Members) -> Result<Vec<Told>, Rejection> {
        let before = std::mem::replace(&mut self.spec, change.spec);
        if before.member.has_other_snapshots(&self.spec.member) {
            self.snapshots_since = None;
        }
        let mut told = Vec::new();
        let mut follows = false;
        if before.member != self.spec.member || change.moves_all {
            for cluster in members.values_mut() {
                told.extend(follow(cluster, &self.spec.member)?);
                follows |= !cluster.is_available();
            }
        }
        self.failover_under_way = before.automatic_failover != self.spec.automatic_failover;
        self.auth_under_way = members.values().find_map(|cluster| cluster.auth_under_way);
        let promotes = change.promote.as_ref().is_some_and(|cluster| self.promote(cluster));
        let serviced = self.failover_under_way
            || promotes
            || before.cluster_mode != self.spec.cluster_mode
            || before.member.transit_encryption != self.spec.member.transit_encryption
            || before.user_group_ids != self.spec.user_group_ids
            || before.durability != self.spec.durability;
        if before != self.spec {
            told.push(Told::Group(GroupEvent::Modified));
        }
        if follows || serviced {
            self.begin()?;
        }
        self.set_pending(change.pending, members);
        Ok(told)
    }

    /// The maintenance window has opened: what waited is put in force. What cannot be any more is told and forgotten.
    pub fn open(&mut self, members: &mut Members) -> Vec<Told> {
        let (mut group, mut changed) = (self.clone(), members.clone());
        match group.modify(GroupChange::of_pending(self), &mut changed) {
            Ok(told) => {
                (*self, *members) = (group, changed);
                told
            }
            Err(refusal) => {
                self.set_pending(PendingModifiedValues::default(), members);
                let text = format!("What waited for the maintenance window was not applied: {refusal}");
                vec![Told::Group(GroupEvent::Notice(text))]
            }
        }
    }

    /// What waits from now on; members show what is theirs of it.
    fn set_pending(&mut self, pending: PendingModifiedValues, members: &mut Members) {
        if pending == self.pending {
            return;
        }
        for cluster in members.values_mut() {
            cluster.pending = pending.of_members().into();
        }
        self.pending = pending;
    }
}

/// A member becomes what all shall be; its place and its tags are its own.
pub(super) fn follow(cluster: &mut CacheCluster, all: &ClusterSpec) -> Result<Vec<Told>, Rejection> {
    let spec = ClusterSpec {
        preferred_availability_zone: cluster.spec.preferred_availability_zone.clone(),
        tags: cluster.spec.tags.clone(),
        ..all.clone()
    };
    let change = Change::to(cluster, spec);
    if change.is_nothing_now() {
        cluster.spec = change.spec;
        return Ok(Vec::new());
    }
    let status = cluster.status();
    let events = cluster.modify(change, Vec::new()).map_err(|_| Rejection::ClusterState {
        cluster: cluster.id.clone(),
        status,
        purpose: "modification",
    })?;
    Ok(events.into_iter().map(|event| Told::Member(cluster.id.clone(), event)).collect())
}
