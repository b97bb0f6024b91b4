//! What waits for the maintenance window, and how a newer request changes it.

use jiff::Timestamp;

use super::engine::Target;
use crate::cluster::PendingVersion;
use crate::engine_version::EngineVersion;
use crate::ids::{CacheClusterId, CacheParameterGroupName};
use crate::network::TransitEncryption;
use crate::parameter_group::CacheParameterGroup;
use crate::rejection::Rejection;
use crate::replication_group::{
    ClusterMode, ModifyReplicationGroup, PendingEngine, PendingMode, PendingModifiedValues, ReplicationGroup,
    Switch,
};

/// What a request asks for of all that can wait; what is so already where nothing was asked.
pub(super) struct Wishes<'w> {
    pub(super) target: Target,
    pub(super) parameters: &'w CacheParameterGroup,
    pub(super) failover: Switch,
    pub(super) promote: Option<CacheClusterId>,
    pub(super) encryption: TransitEncryption,
    pub(super) mode: ClusterMode,
    /// Whether members are not yet what the group is.
    pub(super) left_behind: bool,
}

/// Engine and cluster mode after a request and with what waits: a parameter group goes with both.
pub(super) struct Joint<'g> {
    pub(super) version: &'static EngineVersion,
    pub(super) mode: ClusterMode,
    /// The parameter group that waits with one of the two.
    pub(super) waiting_group: Option<&'g CacheParameterGroupName>,
}

/// What the request and what waits come to together, where the request asks for one of the two; else what is.
pub(super) fn joint<'g>(
    request: &ModifyReplicationGroup,
    group: &'g ReplicationGroup,
    target: &Target,
    mode: ClusterMode,
) -> Joint<'g> {
    let (asks_version, asks_mode) = (asks_version(request), request.cluster_mode.is_some());
    let mut joint = Joint { version: target.version, mode, waiting_group: None };
    if !asks_version && !asks_mode {
        return joint;
    }
    if let Some(waits) = group.pending.version.as_ref().filter(|_| !asks_version) {
        let version = EngineVersion::reported(waits.engine, &waits.version.full);
        joint.version = version.unwrap_or(joint.version);
        joint.waiting_group = Some(&waits.cache_parameter_group_name);
    }
    if let Some(waits) = group.pending.cluster_mode.as_ref().filter(|_| !asks_mode) {
        joint.mode = waits.mode;
        joint.waiting_group = Some(&waits.cache_parameter_group_name);
    }
    joint
}

fn asks_version(request: &ModifyReplicationGroup) -> bool {
    is_asked(request.engine_version.as_deref()) || is_asked(request.engine.as_deref())
}

impl Wishes<'_> {
    /// What waits after the request. A wish for what is already so takes back the one that waits.
    pub(super) fn added_to(
        self,
        request: &ModifyReplicationGroup,
        group: &ReplicationGroup,
        now: Timestamp,
    ) -> PendingModifiedValues {
        let (spec, member) = (&group.spec, &group.spec.member);
        let mut pending = group.pending.clone();
        let (name, values) = (&self.parameters.name, &self.parameters.values);
        let version = self.target.version;
        if asks_version(request) {
            let other = self.left_behind
                || version.engine != member.engine
                || version.full_version != member.engine_version;
            pending.version = other.then(|| PendingEngine {
                engine: version.engine,
                version: PendingVersion {
                    full: version.full_version.to_owned(),
                    requested: version.version.to_owned(),
                },
                cache_parameter_group_name: name.clone(),
                parameters: values.clone(),
            });
        }
        if is_asked(request.cache_node_type.as_deref()) {
            let other = self.left_behind || self.target.node_type != member.cache_node_type;
            pending.cache_node_type = other.then_some(self.target.node_type);
        }
        if request.automatic_failover_enabled.is_some() {
            let other = self.failover != spec.automatic_failover;
            pending.automatic_failover = other.then_some(self.failover);
        }
        if is_asked(request.primary_cluster_id.as_deref()) {
            pending.primary_cluster = self.promote;
        }
        if request.transit_encryption_enabled.is_some() {
            let other = self.encryption != member.transit_encryption;
            pending.transit_encryption = other.then_some(self.encryption);
        }
        if request.cluster_mode.is_some() {
            let other = self.mode != spec.cluster_mode;
            pending.cluster_mode = other.then(|| PendingMode {
                mode: self.mode,
                cache_parameter_group_name: name.clone(),
                parameters: values.clone(),
            });
        }
        if asks_version(request) || request.cluster_mode.is_some() {
            // One goes with both.
            let groups = [
                pending.version.as_mut().map(|to| (&mut to.cache_parameter_group_name, &mut to.parameters)),
                pending
                    .cluster_mode
                    .as_mut()
                    .map(|to| (&mut to.cache_parameter_group_name, &mut to.parameters)),
            ];
            for (waiting, its_values) in groups.into_iter().flatten() {
                waiting.clone_from(name);
                its_values.clone_from(values);
            }
        }
        if pending != group.pending {
            pending.since = Some(now);
        }
        if pending.is_empty() { PendingModifiedValues::default() } else { pending }
    }
}

/// A node type that waits forbids an upgrade at once, and the other way round (user guide, "Scaling replication
/// groups"; the wording is uncertain).
pub(super) fn blocked(request: &ModifyReplicationGroup, group: &ReplicationGroup) -> Result<(), Rejection> {
    if request.apply_immediately != Some(true) {
        return Ok(());
    }
    let version = is_asked(request.engine_version.as_deref());
    let node_type = is_asked(request.cache_node_type.as_deref());
    let waits = &group.pending;
    if version && !node_type && waits.cache_node_type.is_some() {
        return Err(Rejection::BlockedByPending { asked: "EngineVersion", pending: "CacheNodeType" });
    }
    if node_type && !version && waits.version.is_some() {
        return Err(Rejection::BlockedByPending { asked: "CacheNodeType", pending: "EngineVersion" });
    }
    Ok(())
}

fn is_asked(value: Option<&str>) -> bool {
    value.is_some_and(|text| !text.is_empty())
}
