//! ModifyReplicationGroup: the rules in their order. Each idea has a file of its own.

mod deferral;
mod encryption;
mod engine;
mod failover;
mod user_groups;

use jiff::Timestamp;

use super::create::description;
use super::{changeable, mode, security};
use crate::cluster::validate::modify::{auth, settings};
use crate::cluster::validate::{group as groups, log_delivery, values};
use crate::cluster::{Auth, CacheCluster, ModifyCacheCluster};
use crate::ids::CacheClusterId;
use crate::rejection::Rejection;
use crate::replication_group::{
    ClusterMode, Durability, GroupChange, GroupRejection, Members, ModifyReplicationGroup, ReplicationGroup,
    ReplicationGroupSpec, Surroundings,
};

/// Checks ModifyReplicationGroup on the group that it names, at the time `now`.
///
/// Engine version, node type, automatic failover, the primary, encryption in transit and cluster mode wait for the
/// maintenance window unless `ApplyImmediately` is true, which puts in force what waited already too (API reference).
/// The rest is put in force at once, as with clusters.
///
/// # Errors
/// The first rule that the request breaks.
pub fn modify(
    request: &ModifyReplicationGroup,
    group: &ReplicationGroup,
    members: &Members,
    world: &Surroundings<'_>,
    now: Timestamp,
) -> Result<GroupChange, Rejection> {
    if !request.cache_security_group_names.is_empty() {
        return Err(Rejection::CacheSecurityGroups);
    }
    let durability = request.durability.as_deref().map(str::parse::<Durability>).transpose()?;
    let like_a_cluster = as_cluster(request);
    let template = template(group, members);
    let mut spec = group.spec.clone();
    spec.durability = durability.unwrap_or(spec.durability);
    if let Some(text) = request.replication_group_description.as_deref() {
        spec.description = description(text)?;
    }
    spec.member.auth = token(request, &like_a_cluster, &template, now)?;
    let target = engine::target(&like_a_cluster, &template)?;
    values::ip_discovery(request.ip_discovery.as_deref(), spec.member.network_type)?;
    settings::windows(&like_a_cluster, &mut spec.member)?;
    settings::notification(&like_a_cluster, &mut spec.member, &world.of_clusters)?;
    if let Some(upgrade) = request.auto_minor_version_upgrade {
        spec.member.auto_minor_version_upgrade = upgrade;
    }
    if !request.security_group_ids.is_empty() {
        let vpc = spec.member.vpc.vpc.clone();
        spec.member.security_group_ids =
            groups::security_groups(&request.security_group_ids, &vpc, &world.of_clusters)?;
    }
    let mode = mode_asked(request, group)?;
    let named = request.cache_parameter_group_name.as_deref().filter(|name| !name.is_empty());
    let joint = deferral::joint(request, group, &target, mode);
    let parameters = match joint.waiting_group.filter(|_| named.is_none()) {
        Some(waiting) if engine::suits(waiting, &joint, world) => Some(waiting.as_str()),
        _ => named,
    };
    let parameters = engine::parameter_group(parameters, &spec, joint.version, joint.mode, world)?;
    if joint.version.full_version == template.spec.engine_version
        && joint.version.engine == template.spec.engine
        && joint.mode == spec.cluster_mode
    {
        spec.member.cache_parameter_group_name = parameters.name.clone();
        spec.member.parameters = parameters.values.clone();
    }
    let failover = failover::asked(request, group)?;
    failover::multi_az(request, group, failover, &mut spec)?;
    let promote = failover::promotion(request, group, failover)?;
    let encryption = encryption::asked(request, group, &spec.member)?;
    spec.user_group_ids = user_groups::asked(request, &spec, world)?;
    snapshots(request, &mut spec, group)?;
    changeable(group)?;
    deferral::blocked(request, group)?;
    log_delivery::refuse(&request.log_delivery_configurations, spec.member.engine)?;
    let left_behind = group.leaves_some_behind(members);
    let wishes = deferral::Wishes { target, parameters, failover, promote, encryption, mode, left_behind };
    let pending = wishes.added_to(request, group, now);
    let change = GroupChange { spec, promote: None, pending, moves_all: false };
    let then = change.clone().in_force().spec;
    if then.cluster_mode.is_on() && !then.automatic_failover.is_on() {
        // One of the two was asked for before, and waits for the window.
        return Err(GroupRejection::ClusterModeNeedsFailover.into());
    }
    Ok(if request.apply_immediately == Some(true) { change.in_force() } else { change })
}

/// The request as one on a cluster: what both can change has the same rules.
fn as_cluster(request: &ModifyReplicationGroup) -> ModifyCacheCluster {
    ModifyCacheCluster {
        preferred_maintenance_window: request.preferred_maintenance_window.clone(),
        notification_topic_arn: request.notification_topic_arn.clone(),
        notification_topic_status: request.notification_topic_status.clone(),
        apply_immediately: request.apply_immediately,
        engine: request.engine.clone(),
        engine_version: request.engine_version.clone(),
        snapshot_retention_limit: request.snapshot_retention_limit,
        snapshot_window: request.snapshot_window.clone(),
        cache_node_type: request.cache_node_type.clone(),
        auth_token: request.auth_token.clone(),
        auth_token_update_strategy: request.auth_token_update_strategy.clone(),
        ..ModifyCacheCluster::default()
    }
}

/// The group's first member with what all members shall be.
fn template(group: &ReplicationGroup, members: &Members) -> CacheCluster {
    let spec = group.spec.member.clone();
    let first = members.values().next().map(|cluster| cluster.id.clone());
    let id = first.unwrap_or_else(|| {
        group.id.as_str().parse::<CacheClusterId>().expect("a group's id could be a cluster's")
    });
    CacheCluster::new(group.scope.clone(), id, spec, Vec::new())
}

/// The tokens that there shall be: DELETE takes them away for the user group that takes their place.
fn token(
    request: &ModifyReplicationGroup,
    as_cluster: &ModifyCacheCluster,
    template: &CacheCluster,
    now: Timestamp,
) -> Result<Option<Box<Auth>>, Rejection> {
    let deletes = request.auth_token_update_strategy.as_deref() == Some("DELETE");
    if deletes && !request.user_group_ids_to_add.is_empty() && request.auth_token.is_none() {
        return Ok(None);
    }
    auth::asked(as_cluster, template, now)
}

/// `ClusterMode`: from disabled by compatible to enabled, and from compatible back; from Redis 7.0 and with a replica to
/// fail over to. Beside it only its parameter group can be named.
fn mode_asked(request: &ModifyReplicationGroup, group: &ReplicationGroup) -> Result<ClusterMode, Rejection> {
    let now = group.spec.cluster_mode;
    let Some(text) = request.cluster_mode.as_deref() else { return Ok(now) };
    let asked: ClusterMode = text.parse()?;
    if asked == now {
        return Ok(now);
    }
    let alone = ModifyReplicationGroup {
        replication_group_id: request.replication_group_id.clone(),
        cluster_mode: request.cluster_mode.clone(),
        apply_immediately: request.apply_immediately,
        cache_parameter_group_name: request.cache_parameter_group_name.clone(),
        ..ModifyReplicationGroup::default()
    };
    if *request != alone {
        return Err(GroupRejection::ClusterModeAlone.into());
    }
    use ClusterMode::{Compatible, Disabled, Enabled};
    match (now, asked) {
        (Disabled, Compatible) | (Compatible, Enabled | Disabled) => {}
        _ => {
            let (from, to) = (now.as_str(), asked.as_str());
            return Err(GroupRejection::ClusterModeStep { from, to }.into());
        }
    }
    if !security::has_changes_in_place(&group.spec.member) {
        let version = group.spec.member.engine_version.clone();
        return Err(GroupRejection::ClusterModeNotForVersion(version).into());
    }
    if !group.spec.automatic_failover.is_on() {
        return Err(GroupRejection::ClusterModeNeedsFailover.into());
    }
    Ok(asked)
}

/// `SnapshottingClusterId` and `SnapshotRetentionLimit`.
fn snapshots(
    request: &ModifyReplicationGroup,
    spec: &mut ReplicationGroupSpec,
    group: &ReplicationGroup,
) -> Result<(), Rejection> {
    if let Some(text) = request.snapshotting_cluster_id.as_deref().filter(|text| !text.is_empty()) {
        if group.spec.cluster_mode.is_on() {
            return Err(GroupRejection::SnapshottingWithClusterMode.into());
        }
        let member = group.members().find(|member| member.cluster.as_str().eq_ignore_ascii_case(text));
        let not_a_member =
            || GroupRejection::NotAMember { cluster: text.to_owned(), group: group.id.clone() };
        spec.snapshotting_cluster = Some(member.ok_or_else(not_a_member)?.cluster.clone());
    }
    let Some(days) = request.snapshot_retention_limit else { return Ok(()) };
    let days = values::retention(days)?;
    if days > 0 && !spec.cluster_mode.is_on() && spec.snapshotting_cluster.is_none() {
        return Err(GroupRejection::SnapshottingNeedsCluster.into());
    }
    if days == 0 {
        spec.snapshotting_cluster = None;
    }
    spec.member.snapshot_retention_limit = Some(days);
    Ok(())
}
