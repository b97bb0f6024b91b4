//! CreateReplicationGroup.

use super::layout::Layout;
use super::{id_to_name, mode, primary, security};
use crate::cluster::validate::{spec as member_spec, values};
use crate::cluster::{ClusterSpec, CreateCacheCluster};
use crate::engine::Engine;
use crate::engine_version::EngineVersion;
use crate::node_type::DataTiering;
use crate::quota::Quota;
use crate::rejection::{Rejection, Unbuilt};
use crate::replication_group::GroupRejection;
use crate::replication_group::{
    ClusterMode, CreateReplicationGroup, Durability, NewGroup, NewShard, ReplicationGroupSpec, Surroundings,
    Switch,
};
use crate::snapshot::restore;

/// Checks CreateReplicationGroup: the id, what the group shall be, and its shards.
///
/// What a member shall be is checked as CreateCacheCluster checks it. `Engine` is `redis` where none is named, as in
/// Terraform's provider (uncertain).
///
/// # Errors
/// The first rule that the request breaks.
pub fn create(request: &CreateReplicationGroup, world: &Surroundings<'_>) -> Result<NewGroup, Rejection> {
    let id = id_to_name(request.replication_group_id.as_deref())?;
    let durability = request.durability.as_deref().map(str::parse::<Durability>).transpose()?;
    engine(request)?;
    let primary = primary::of(request, world)?;
    let (name, groups) = (request.snapshot_name.as_deref(), world.of_clusters.groups);
    let snapshot = restore::named(name, request.engine.as_deref(), &request.snapshot_arns, groups)?;
    let restored = snapshot.map(|snapshot| restore::group(request, snapshot));
    let request = restored.as_ref().unwrap_or(request);
    let several =
        request.num_node_groups.is_some_and(|n| n > 1) || request.node_group_configuration.len() > 1;
    let asked_mode = request.cluster_mode.as_deref().map(str::parse::<ClusterMode>).transpose()?;
    let mut tiering = DataTiering::Off;
    let (mut member, cluster_mode) = match primary {
        Some(cluster) => (primary::template(cluster), ClusterMode::Disabled),
        None => {
            tiering = security::data_tiering(request)?;
            let mut spec = member_spec(&as_cluster(request, &id), &world.of_clusters, tiering)?;
            let version = version_of(&spec)?;
            let asked = request.cache_parameter_group_name.as_deref();
            let (group, mode) = mode::of_new(asked, asked_mode, several, version, world)?;
            spec.cache_parameter_group_name = group.name.clone();
            spec.parameters = group.values.clone();
            (spec, mode)
        }
    };
    if let Some(snapshot) = snapshot {
        restore::fits(snapshot, &member, cluster_mode, tiering)?;
    }
    let layout = Layout::parse(request, cluster_mode, &member, world)?;
    let shards = if primary.is_some() { Vec::new() } else { layout.shards };
    let members = shards.iter().map(|shard| shard.places.len()).sum::<usize>().max(1);
    let automatic_failover = failover(request, cluster_mode, members)?;
    let multi_az = multi_az(request, automatic_failover, &shards, &member, world)?;
    if primary.is_none() {
        security::put_into(&mut member, request)?;
    }
    let user_group_ids = security::user_groups(request, &member, world)?;
    if world.id_is_taken {
        return Err(GroupRejection::Exists(id).into());
    }
    unbuilt(request)?;
    if primary.is_none() {
        quotas(&shards, members, cluster_mode, world)?;
    }
    let spec = ReplicationGroupSpec {
        description: description(request.replication_group_description.as_deref().unwrap_or_default())?,
        member,
        cluster_mode,
        automatic_failover,
        multi_az,
        snapshotting_cluster: None,
        data_tiering: tiering,
        durability: durability.unwrap_or(Durability::Default),
        user_group_ids,
    };
    Ok(NewGroup { id, spec, shards, primary: primary.map(|cluster| cluster.id.clone()) })
}

/// `Engine`: Memcached does not replicate.
fn engine(request: &CreateReplicationGroup) -> Result<(), Rejection> {
    let Some(text) = request.engine.as_deref() else { return Ok(()) };
    match text.parse::<Engine>() {
        Ok(Engine::Redis | Engine::Valkey) => Ok(()),
        Ok(Engine::Memcached) | Err(_) => Err(Rejection::NotListed {
            parameter: "Engine",
            value: text.to_owned(),
            allowed: "redis, valkey".to_owned(),
        }),
    }
}

/// A description: at most 255 characters; a blank one is kept as one space (recorded).
pub(super) fn description(text: &str) -> Result<String, Rejection> {
    let length = text.chars().count();
    if length > 255 {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        return Err(Rejection::out_of_range("ReplicationGroupDescription", length, 0, 255));
    }
    Ok(if text.trim().is_empty() { " ".to_owned() } else { text.to_owned() })
}

/// What every member is asked to be, as a request for a cluster.
fn as_cluster(request: &CreateReplicationGroup, id: &crate::ids::ReplicationGroupId) -> CreateCacheCluster {
    let parameter_group = None;
    CreateCacheCluster {
        cache_cluster_id: Some(format!("{id}-001")),
        cache_node_type: request.cache_node_type.clone(),
        engine: Some(request.engine.clone().unwrap_or_else(|| Engine::Redis.as_str().to_owned())),
        engine_version: request.engine_version.clone(),
        cache_parameter_group_name: parameter_group,
        cache_subnet_group_name: request.cache_subnet_group_name.clone(),
        cache_security_group_names: request.cache_security_group_names.clone(),
        security_group_ids: request.security_group_ids.clone(),
        tags: request.tags.clone(),
        snapshot_arns: request.snapshot_arns.clone(),
        snapshot_name: request.snapshot_name.clone(),
        preferred_maintenance_window: request.preferred_maintenance_window.clone(),
        port: request.port,
        notification_topic_arn: request.notification_topic_arn.clone(),
        auto_minor_version_upgrade: request.auto_minor_version_upgrade,
        snapshot_retention_limit: request.snapshot_retention_limit,
        snapshot_window: request.snapshot_window.clone(),
        auth_token: request.auth_token.clone(),
        log_delivery_configurations: request.log_delivery_configurations.clone(),
        transit_encryption_enabled: request.transit_encryption_enabled,
        network_type: request.network_type.clone(),
        ip_discovery: request.ip_discovery.clone(),
        ..CreateCacheCluster::default()
    }
}

/// The version that a spec names.
pub(super) fn version_of(spec: &ClusterSpec) -> Result<&'static EngineVersion, Rejection> {
    let no_such = || Rejection::NoSuchVersion { version: spec.engine_version.clone(), engine: spec.engine };
    EngineVersion::reported(spec.engine, &spec.engine_version).ok_or_else(no_such)
}

/// `AutomaticFailoverEnabled`. With cluster mode it must not be turned off, and is on where nothing is said.
fn failover(
    request: &CreateReplicationGroup,
    mode: ClusterMode,
    members: usize,
) -> Result<Switch, Rejection> {
    match (request.automatic_failover_enabled, mode.is_on()) {
        (Some(false), true) => Err(GroupRejection::ClusterModeNeedsFailover.into()),
        (_, true) => Ok(Switch::Enabled),
        (Some(true), false) if members < 2 => Err(GroupRejection::FailoverNeedsTwo.into()),
        (asked, false) => Ok(Switch::of(asked == Some(true))),
    }
}

/// `MultiAZEnabled`: with automatic failover, and members of each shard in several zones.
fn multi_az(
    request: &CreateReplicationGroup,
    failover: Switch,
    shards: &[NewShard],
    member: &ClusterSpec,
    world: &Surroundings<'_>,
) -> Result<Switch, Rejection> {
    if request.multi_az_enabled != Some(true) {
        return Ok(Switch::Disabled);
    }
    if !failover.is_on() {
        return Err(GroupRejection::MultiAzNeedsFailover.into());
    }
    let zones = world.of_clusters.group_of(member);
    let mut zones = zones.subnets.iter().map(|subnet| &subnet.availability_zone);
    let first = zones.next();
    let one_zone = zones.all(|zone| Some(zone) == first);
    let apart = |shard: &NewShard| {
        let asked = |n: usize| shard.places.get(n).map(|place| place.availability_zone.as_ref());
        let same = |n: usize| asked(n).flatten().is_some() && asked(n) == asked(0);
        shard.places.len() > 1 && !(1..shard.places.len()).all(same)
    };
    if one_zone || !shards.iter().all(apart) {
        return Err(GroupRejection::MultiAzNeedsZones.into());
    }
    Ok(Switch::Enabled)
}

/// What AWS serves and this version does not.
fn unbuilt(request: &CreateReplicationGroup) -> Result<(), Rejection> {
    let outposts = |config: &crate::replication_group::NodeGroupConfiguration| -> bool {
        config.primary_outpost_arn.is_some() || !config.replica_outpost_arns.is_empty()
    };
    if request.serverless_cache_snapshot_name.is_some() {
        return Err(Rejection::NotYet(Unbuilt::ServerlessCacheSnapshotName));
    }
    match request.node_group_configuration.iter().any(outposts) {
        true => Err(Rejection::NotYet(Unbuilt::Outposts)),
        false => Ok(()),
    }
}

/// The quotas of shards a group, nodes a group and nodes a region.
pub(super) fn quotas(
    shards: &[NewShard],
    members: usize,
    mode: ClusterMode,
    world: &Surroundings<'_>,
) -> Result<(), Rejection> {
    if mode.is_on() {
        within_group(shards.len(), members, world)?;
    }
    values::nodes_fit(u16::try_from(members).unwrap_or(u16::MAX), &world.of_clusters)
}

/// The quotas of shards and nodes a group with cluster mode.
pub(super) fn within_group(shards: usize, members: usize, world: &Surroundings<'_>) -> Result<(), Rejection> {
    let over = |count: usize, limit: u32| u32::try_from(count).unwrap_or(u32::MAX) > limit;
    let quotas = world.of_clusters.quotas;
    match quotas.limit(Quota::NodeGroupsPerReplicationGroup) {
        Some(limit) if over(shards, limit) => return Err(GroupRejection::NodeGroupQuota(limit).into()),
        _ => {}
    }
    match quotas.limit(Quota::NodesPerClusterModeGroup) {
        Some(limit) if over(members, limit) => Err(Rejection::NodeQuotaForCluster(limit)),
        _ => Ok(()),
    }
}
