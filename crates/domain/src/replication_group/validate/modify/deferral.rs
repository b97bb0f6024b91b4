//! What waits for the maintenance window, and how a newer request changes it.

use jiff::Timestamp;

use super::engine::Target;
use crate::cluster::PendingVersion;
use crate::ids::CacheClusterId;
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
        if is_asked(request.engine_version.as_deref()) || is_asked(request.engine.as_deref()) {
            let other = version.engine != member.engine || version.full_version != member.engine_version;
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
            let other = self.target.node_type != member.cache_node_type;
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
