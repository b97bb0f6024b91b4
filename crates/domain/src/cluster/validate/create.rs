//! CreateCacheCluster.

use super::zones::Zones;
use super::{group, id_to_name, log_delivery, secrets, values};
use crate::cluster::{Auth, ClusterSpec, CreateCacheCluster, NotificationConfiguration, Surroundings};
use crate::engine::Engine;
use crate::engine_version::EngineVersion;
use crate::ids::CacheClusterId;
use crate::network::{AtRestEncryption, NetworkType, OutpostMode, TopicStatus, TransitEncryption};
use crate::node::VpcKey;
use crate::node_type::{CacheNodeType, DataTiering};
use crate::rejection::{Rejection, Unbuilt};
use crate::replication_group::ClusterMode;
use crate::snapshot::restore;
use crate::tag::Tags;
use crate::window::{DailyWindow, MaintenanceWindow};

/// Checks CreateCacheCluster: the id and what the cluster shall be.
///
/// `CacheNodeType` and `Engine` must be there: the first is recorded of AWS, the second is taken to be likewise
/// (uncertain), since a silent default would start an engine that nobody named.
///
/// # Errors
/// The first rule that the request breaks.
pub fn create(
    request: &CreateCacheCluster,
    world: &Surroundings<'_>,
) -> Result<(CacheClusterId, ClusterSpec), Rejection> {
    let id = id_to_name(request.cache_cluster_id.as_deref())?;
    let (name, engine) = (request.snapshot_name.as_deref(), request.engine.as_deref());
    let Some(snapshot) = restore::named(name, engine, &request.snapshot_arns, world.groups)? else {
        return Ok((id, spec(request, world, DataTiering::Off)?));
    };
    let spec = spec(&restore::cluster(request, snapshot), world, DataTiering::Off)?;
    restore::fits(snapshot, &spec, ClusterMode::Disabled, DataTiering::Off)?;
    Ok((id, spec))
}

/// What a cluster of the request shall be. A replication group's members are made by it too, with the group's data
/// tiering.
///
/// # Errors
/// The first rule that the request breaks.
pub(crate) fn spec(
    request: &CreateCacheCluster,
    world: &Surroundings<'_>,
    tiering: DataTiering,
) -> Result<ClusterSpec, Rejection> {
    let server = Server::parse(request, tiering)?;
    let engine = server.version.engine;
    let nodes = values::num_cache_nodes(request.num_cache_nodes, engine, world.quotas)?;
    let port = values::port(request.port, engine)?;
    let windows = Windows::parse(request, engine, world)?;
    let zones = Zones::parse(request, nodes, &world.scope.region)?;
    let network_type = request.network_type.as_deref().map(str::parse).transpose()?;
    let network_type = network_type.unwrap_or(NetworkType::Ipv4);
    let ip_discovery = values::ip_discovery(request.ip_discovery.as_deref(), network_type)?;
    let topic = request.notification_topic_arn.as_deref().filter(|arn| !arn.is_empty());
    let topic = topic.map(|arn| values::topic_arn(arn, world.scope)).transpose()?;
    let tags = Tags::default().with(&request.tags)?;
    combinations(request, &server)?;

    if world.id_is_taken {
        return Err(Rejection::CacheClusterExists(id_to_name(request.cache_cluster_id.as_deref())?));
    }
    let subnet_group = group::subnet_group(request.cache_subnet_group_name.as_deref(), world)?;
    zones.lie_in(subnet_group)?;
    let parameter_group =
        group::parameter_group(request.cache_parameter_group_name.as_deref(), server.version, world)?;
    let security_groups = group::security_groups(&request.security_group_ids, &subnet_group.vpc_id, world)?;
    unbuilt(request, network_type, server.version)?;
    values::nodes_fit(nodes, world)?;

    Ok(ClusterSpec {
        engine,
        engine_version: server.version.full_version.to_owned(),
        requested_version: server.asked_version.map(str::to_owned),
        cache_node_type: server.node_type,
        num_cache_nodes: nodes,
        az_mode: zones.mode,
        preferred_availability_zone: zones.one,
        preferred_availability_zones: zones.each,
        port,
        cache_parameter_group_name: parameter_group.name.clone(),
        parameters: parameter_group.values.clone(),
        cache_subnet_group_name: subnet_group.name.clone(),
        vpc: VpcKey { scope: world.scope.clone(), vpc: subnet_group.vpc_id.clone() },
        security_group_ids: security_groups,
        preferred_maintenance_window: windows.maintenance,
        snapshot_window: windows.snapshot,
        snapshot_retention_limit: windows.retention,
        auto_minor_version_upgrade: request.auto_minor_version_upgrade.unwrap_or(true),
        notification: topic
            .map(|topic_arn| NotificationConfiguration { topic_arn, topic_status: TopicStatus::Active })
            .map(Box::new),
        network_type,
        ip_discovery,
        transit_encryption: match request.transit_encryption_enabled {
            Some(true) => TransitEncryption::Required,
            Some(false) | None => TransitEncryption::Off,
        },
        at_rest_encryption: AtRestEncryption::Off,
        auth: request.auth_token.as_ref().map(|token| Box::new(Auth::new(token))),
        tags,
    })
}

/// Checks that a replica is asked for as one: it takes all that makes a node from its replication group.
///
/// # Errors
/// For a bad group id, and [`Rejection::ReplicaParameters`].
pub fn replica_parameters(request: &CreateCacheCluster, group: &str) -> Result<(), Rejection> {
    values::identifier(group, "ReplicationGroupId")?;
    let node_defining = request.cache_node_type.is_some()
        || request.engine.is_some()
        || request.engine_version.is_some()
        || request.num_cache_nodes.is_some()
        || request.port.is_some()
        || request.cache_parameter_group_name.is_some()
        || request.cache_subnet_group_name.is_some()
        || !request.security_group_ids.is_empty()
        || !request.cache_security_group_names.is_empty()
        || !request.snapshot_arns.is_empty()
        || request.snapshot_name.is_some()
        || request.az_mode.is_some()
        || !request.preferred_availability_zones.is_empty()
        || request.preferred_maintenance_window.is_some()
        || request.notification_topic_arn.is_some()
        || request.auto_minor_version_upgrade.is_some()
        || request.snapshot_retention_limit.is_some()
        || request.snapshot_window.is_some()
        || request.auth_token.is_some()
        || !request.log_delivery_configurations.is_empty()
        || request.transit_encryption_enabled.is_some()
        || request.network_type.is_some()
        || request.ip_discovery.is_some();
    if node_defining { Err(Rejection::ReplicaParameters) } else { Ok(()) }
}

/// Engine, version and node type, which fit one another.
struct Server<'r> {
    /// As the request has it; an empty one asks for none.
    asked_version: Option<&'r str>,
    version: &'static EngineVersion,
    node_type: CacheNodeType,
}

impl<'r> Server<'r> {
    fn parse(request: &'r CreateCacheCluster, tiering: DataTiering) -> Result<Self, Rejection> {
        let node_type = values::required(request.cache_node_type.as_deref(), "CacheNodeType")?;
        let engine = values::engine(values::required(request.engine.as_deref(), "Engine")?)?;
        let node_type = node_type.parse::<CacheNodeType>()?;
        let asked_version = request.engine_version.as_deref().filter(|version| !version.is_empty());
        let version = EngineVersion::resolve(engine, asked_version)?;
        values::node_type_runs(&node_type, version, tiering)?;
        Ok(Self { asked_version, version, node_type })
    }
}

/// Both windows, and the days that snapshots are kept.
struct Windows {
    maintenance: MaintenanceWindow,
    snapshot: Option<DailyWindow>,
    retention: Option<u8>,
}

impl Windows {
    fn parse(
        request: &CreateCacheCluster,
        engine: Engine,
        world: &Surroundings<'_>,
    ) -> Result<Self, Rejection> {
        let maintenance = request.preferred_maintenance_window.as_deref().filter(|text| !text.is_empty());
        let maintenance = maintenance.map(str::parse::<MaintenanceWindow>).transpose()?;
        let snapshot = request.snapshot_window.as_deref().filter(|text| !text.is_empty());
        let snapshot = snapshot.map(DailyWindow::parse_snapshot_window).transpose()?;
        let retention = request.snapshot_retention_limit.map(values::retention).transpose()?;
        if engine == Engine::Memcached && snapshot.is_some() {
            return Err(Rejection::NotForMemcached("SnapshotWindow"));
        }
        if engine == Engine::Memcached && retention.is_some_and(|days| days > 0) {
            return Err(Rejection::NotForMemcached("SnapshotRetentionLimit"));
        }
        if let (Some(maintenance), Some(snapshot)) = (&maintenance, &snapshot)
            && maintenance.overlaps(snapshot)
        {
            return Err(Rejection::WindowsOverlap);
        }
        let region = &world.scope.region;
        let maintenance = maintenance
            .unwrap_or_else(|| MaintenanceWindow::default_for(region, world.draw, snapshot.as_ref()));
        if engine == Engine::Memcached {
            return Ok(Self { maintenance, snapshot: None, retention: None });
        }
        // Another number than the one that picked the maintenance window, so that the two do not go together.
        let draw = world.draw.rotate_left(32);
        let snapshot = snapshot.unwrap_or_else(|| DailyWindow::default_snapshot_window(draw, &maintenance));
        Ok(Self { maintenance, snapshot: Some(snapshot), retention: Some(retention.unwrap_or(0)) })
    }
}

/// What excludes or needs one another.
fn combinations(request: &CreateCacheCluster, server: &Server<'_>) -> Result<(), Rejection> {
    let memcached = server.version.engine == Engine::Memcached;
    if !request.cache_security_group_names.is_empty() {
        return Err(Rejection::CacheSecurityGroups);
    }
    if memcached && request.snapshot_name.is_some() {
        return Err(Rejection::NotForMemcached("SnapshotName"));
    }
    if memcached && !request.snapshot_arns.is_empty() {
        return Err(Rejection::NotForMemcached("SnapshotArns"));
    }
    if request.snapshot_name.is_some() && !request.snapshot_arns.is_empty() {
        return Err(Rejection::Exclusive("SnapshotName", "SnapshotArns"));
    }
    let encrypted = request.transit_encryption_enabled == Some(true);
    if encrypted {
        secrets::transit_encryption(server.version)?;
    }
    if let Some(token) = &request.auth_token {
        if memcached {
            return Err(Rejection::NotForMemcached("AuthToken"));
        }
        secrets::token(token)?;
        if !encrypted {
            return Err(Rejection::AuthTokenNeedsTransitEncryption);
        }
    }
    request.outpost_mode.as_deref().map(str::parse::<OutpostMode>).transpose().map(drop)
}

/// What AWS serves and this version does not.
fn unbuilt(
    request: &CreateCacheCluster,
    network: NetworkType,
    version: &EngineVersion,
) -> Result<(), Rejection> {
    log_delivery::refuse(&request.log_delivery_configurations, version.engine)?;
    if request.transit_encryption_enabled == Some(true) {
        secrets::unbuilt_transit_encryption(version)?;
    }
    let outposts = request.outpost_mode.is_some()
        || request.preferred_outpost_arn.is_some()
        || !request.preferred_outpost_arns.is_empty();
    let asked = [
        (!request.snapshot_arns.is_empty(), Unbuilt::SnapshotArns),
        (outposts, Unbuilt::Outposts),
        (network != NetworkType::Ipv4, Unbuilt::Ipv6),
    ];
    match asked.into_iter().find(|(asked, _)| *asked) {
        Some((_, what)) => Err(Rejection::NotYet(what)),
        None => Ok(()),
    }
}
