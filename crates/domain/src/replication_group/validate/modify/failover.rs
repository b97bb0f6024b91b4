//! `AutomaticFailoverEnabled`, `MultiAZEnabled` and `PrimaryClusterId`.

use crate::ids::CacheClusterId;
use crate::rejection::Rejection;
use crate::replication_group::{
    ClusterMode, GroupRejection, ModifyReplicationGroup, NodeGroup, ReplicationGroup, ReplicationGroupSpec,
    Role, Switch,
};

/// `AutomaticFailoverEnabled`: each shard must have a replica, and cluster mode keeps it on.
pub(super) fn asked(request: &ModifyReplicationGroup, group: &ReplicationGroup) -> Result<Switch, Rejection> {
    let bare = |node_group: &NodeGroup| node_group.replica_count() == 0;
    match request.automatic_failover_enabled {
        None => Ok(group.spec.automatic_failover),
        Some(false) if group.spec.cluster_mode.is_on() => Err(GroupRejection::FailoverStaysOn.into()),
        Some(true) if group.node_groups.iter().any(bare) => Err(GroupRejection::FailoverNeedsReplica.into()),
        Some(asked) => Ok(Switch::of(asked)),
    }
}

/// `MultiAZEnabled`, which automatic failover carries, and which needs members of each shard in several zones.
pub(super) fn multi_az(
    request: &ModifyReplicationGroup,
    group: &ReplicationGroup,
    failover: Switch,
    spec: &mut ReplicationGroupSpec,
) -> Result<(), Rejection> {
    if let Some(asked) = request.multi_az_enabled {
        spec.multi_az = Switch::of(asked);
    }
    if !spec.multi_az.is_on() {
        return Ok(());
    }
    let waits = group.pending.automatic_failover.filter(|_| request.automatic_failover_enabled.is_none());
    if !waits.unwrap_or(failover).is_on() {
        return Err(GroupRejection::MultiAzNeedsFailover.into());
    }
    let one_zone = |node_group: &NodeGroup| {
        let mut zones = node_group.staying().map(|member| &member.availability_zone);
        let first = zones.next();
        zones.all(|zone| Some(zone) == first)
    };
    if request.multi_az_enabled == Some(true) && group.node_groups.iter().any(one_zone) {
        return Err(GroupRejection::MultiAzNeedsZones.into());
    }
    Ok(())
}

/// `PrimaryClusterId`: another member without cluster mode, and without automatic failover.
pub(super) fn promotion(
    request: &ModifyReplicationGroup,
    group: &ReplicationGroup,
    failover: Switch,
) -> Result<Option<CacheClusterId>, Rejection> {
    let Some(text) = request.primary_cluster_id.as_deref().filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if group.spec.cluster_mode != ClusterMode::Disabled {
        return Err(GroupRejection::OnlyWithoutClusterMode("PrimaryClusterId").into());
    }
    let member = group.members().find(|member| member.cluster.as_str().eq_ignore_ascii_case(text));
    let not_a_member = || GroupRejection::NotAMember { cluster: text.to_owned(), group: group.id.clone() };
    let member = member.ok_or_else(not_a_member)?;
    if member.role == Role::Primary {
        return Ok(None);
    }
    if group.spec.automatic_failover.is_on() || failover.is_on() {
        return Err(GroupRejection::PromotionWithFailover.into());
    }
    Ok(Some(member.cluster.clone()))
}
