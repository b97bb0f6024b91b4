//! ModifyCacheCluster, for what needs no engine move.

use std::collections::BTreeSet;

use super::{allows, group, log_delivery, nodes_of, secrets, values};
use crate::cluster::{
    CacheCluster, ClusterSpec, ModifyCacheCluster, NotificationConfiguration, PhaseEvent, Surroundings,
};
use crate::engine::Engine;
use crate::engine_version::EngineVersion;
use crate::event::ClusterEvent;
use crate::network::{AzMode, TopicStatus};
use crate::node_type::CacheNodeType;
use crate::rejection::{Rejection, Unbuilt};
use crate::window::{DailyWindow, MaintenanceWindow};

/// A checked ModifyCacheCluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What the cluster shall be.
    pub spec: ClusterSpec,
    /// What of it is new; empty: the request asks for what is.
    pub changed: BTreeSet<Changed>,
}

/// A setting that ModifyCacheCluster changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Changed {
    /// `SecurityGroupIds`.
    SecurityGroups,
    /// `CacheParameterGroupName`; in force after a reboot.
    ParameterGroup,
    /// `PreferredMaintenanceWindow`.
    MaintenanceWindow,
    /// `SnapshotWindow`.
    SnapshotWindow,
    /// `NotificationTopicArn`, `NotificationTopicStatus`.
    Notification,
    /// `AutoMinorVersionUpgrade`.
    AutoMinorVersionUpgrade,
}

impl Changed {
    /// The event that tells of it.
    pub(in crate::cluster) fn event(self, spec: &ClusterSpec) -> ClusterEvent {
        match self {
            Self::SecurityGroups => ClusterEvent::SecurityGroupsModified,
            Self::ParameterGroup => {
                ClusterEvent::ParameterGroupModified(spec.cache_parameter_group_name.to_string())
            }
            Self::MaintenanceWindow
            | Self::SnapshotWindow
            | Self::Notification
            | Self::AutoMinorVersionUpgrade => ClusterEvent::Modified,
        }
    }
}

/// Checks ModifyCacheCluster on the cluster that it names. All that this version serves is put in force at once,
/// as AWS does with it whatever `ApplyImmediately` says.
///
/// # Errors
/// The first rule that the request breaks.
pub fn modify(
    request: &ModifyCacheCluster,
    cluster: &CacheCluster,
    world: &Surroundings,
) -> Result<Change, Rejection> {
    if !request.cache_security_group_names.is_empty() {
        return Err(Rejection::CacheSecurityGroups);
    }
    auth_token(request)?;
    let nodes = nodes(request, cluster, world)?;
    let version = version(request, cluster)?;
    let node_type = node_type(request, cluster, version)?;
    values::ip_discovery(request.ip_discovery.as_deref(), cluster.spec.network_type)?;
    let mut spec = cluster.spec.clone();
    windows(request, &mut spec)?;
    notification(request, &mut spec, world)?;
    if let Some(upgrade) = request.auto_minor_version_upgrade {
        spec.auto_minor_version_upgrade = upgrade;
    }
    if !request.security_group_ids.is_empty() {
        spec.security_group_ids = group::security_groups(&request.security_group_ids, &spec.vpc.vpc, world)?;
    }
    if let Some(name) = request.cache_parameter_group_name.as_deref().filter(|name| !name.is_empty()) {
        spec.cache_parameter_group_name = group::parameter_group(Some(name), version, world)?;
    }
    allows(cluster, PhaseEvent::ModifyRequested, "modification")?;

    log_delivery::refuse(&request.log_delivery_configurations, spec.engine)?;
    let kept_days = request.snapshot_retention_limit.is_some_and(|days| days > 0);
    let asked = [
        (nodes != cluster.spec.num_cache_nodes, Unbuilt::SeveralNodes),
        (version.full_version != cluster.spec.engine_version, Unbuilt::EngineUpgrade),
        (node_type != cluster.spec.cache_node_type, Unbuilt::NodeTypeChange),
        (kept_days, Unbuilt::AutomaticSnapshots),
        (request.scale_config.is_some(), Unbuilt::ScaleConfig),
    ];
    if let Some((_, what)) = asked.into_iter().find(|(asked, _)| *asked) {
        return Err(Rejection::NotYet(what));
    }
    let changed = differences(&cluster.spec, &spec);
    Ok(Change { spec, changed })
}

/// AUTH can only be changed where traffic is encrypted, which no cluster's is yet: AWS's own refusal holds.
fn auth_token(request: &ModifyCacheCluster) -> Result<(), Rejection> {
    let strategy = request.auth_token_update_strategy.as_deref();
    if let Some(strategy) = strategy
        && !["SET", "ROTATE", "DELETE"].contains(&strategy)
    {
        return Err(Rejection::NotListed {
            parameter: "AuthTokenUpdateStrategy",
            value: strategy.to_owned(),
            allowed: "SET, ROTATE, DELETE".to_owned(),
        });
    }
    match (&request.auth_token, strategy) {
        (None, None) => Ok(()),
        (None, Some("DELETE")) => Err(Rejection::AuthTokenNeedsTransitEncryption),
        (None, Some(_)) => Err(Rejection::Needs("AuthTokenUpdateStrategy", "AuthToken")),
        (Some(token), _) => {
            secrets::token(token)?;
            Err(Rejection::AuthTokenNeedsTransitEncryption)
        }
    }
}

/// `NumCacheNodes` with the parameters that go with it.
fn nodes(
    request: &ModifyCacheCluster,
    cluster: &CacheCluster,
    world: &Surroundings,
) -> Result<u16, Rejection> {
    let now = cluster.spec.num_cache_nodes;
    let asked = request.num_cache_nodes.or(Some(i32::from(now)));
    let nodes = values::num_cache_nodes(asked, cluster.spec.engine, world.quotas)?;
    let mode = request.az_mode.as_deref().map(str::parse::<AzMode>).transpose()?;
    if mode == Some(AzMode::CrossAz) && nodes < 2 {
        return Err(Rejection::CrossZoneNeedsNodes);
    }
    if !request.new_availability_zones.is_empty() && nodes <= now {
        return Err(Rejection::Needs("NewAvailabilityZones", "a larger NumCacheNodes"));
    }
    let removed = nodes_of(cluster, &request.cache_node_ids_to_remove)?;
    let expected = usize::from(now.saturating_sub(nodes));
    if removed.len() != expected {
        return Err(Rejection::NodesToRemove { given: removed.len(), expected });
    }
    Ok(nodes)
}

/// `Engine` and `EngineVersion`: upward only, and a standalone cluster's engine stays.
fn version(
    request: &ModifyCacheCluster,
    cluster: &CacheCluster,
) -> Result<&'static EngineVersion, Rejection> {
    let spec = &cluster.spec;
    let engine = request.engine.as_deref().filter(|text| !text.is_empty()).map(values::engine).transpose()?;
    let now = EngineVersion::all(spec.engine).find(|row| row.full_version == spec.engine_version);
    let asked = request.engine_version.as_deref().filter(|text| !text.is_empty());
    let version = match (asked, now) {
        (None, Some(now)) => now,
        (asked, _) => EngineVersion::resolve(engine.unwrap_or(spec.engine), asked)?,
    };
    match engine {
        Some(to) if to != spec.engine => {
            return Err(Rejection::EngineChange { cluster: cluster.id.clone(), from: spec.engine, to });
        }
        _ => {}
    }
    if now.is_some_and(|now| version.number() < now.number()) {
        let (from, to) = (spec.engine_version.clone(), version.full_version.to_owned());
        return Err(Rejection::Downgrade { from, to });
    }
    Ok(version)
}

/// `CacheNodeType`, which must run the version.
fn node_type(
    request: &ModifyCacheCluster,
    cluster: &CacheCluster,
    version: &EngineVersion,
) -> Result<CacheNodeType, Rejection> {
    let asked = request.cache_node_type.as_deref().filter(|name| !name.is_empty());
    let now = &cluster.spec.cache_node_type;
    let Some(asked) = asked.filter(|asked| *asked != now.as_str()) else { return Ok(now.clone()) };
    let asked: CacheNodeType = asked.parse()?;
    values::node_type_runs(&asked, version)?;
    Ok(asked)
}

/// Both windows, which must not come to overlap.
fn windows(request: &ModifyCacheCluster, spec: &mut ClusterSpec) -> Result<(), Rejection> {
    if let Some(text) = request.preferred_maintenance_window.as_deref().filter(|text| !text.is_empty()) {
        spec.preferred_maintenance_window = text.parse::<MaintenanceWindow>()?;
    }
    if let Some(text) = request.snapshot_window.as_deref().filter(|text| !text.is_empty()) {
        spec.snapshot_window = Some(DailyWindow::parse_snapshot_window(text)?);
    }
    let kept_days = request.snapshot_retention_limit.map(values::retention).transpose()?;
    if spec.engine == Engine::Memcached && spec.snapshot_window.is_some() {
        return Err(Rejection::NotForMemcached("SnapshotWindow"));
    }
    if spec.engine == Engine::Memcached && kept_days.is_some_and(|days| days > 0) {
        return Err(Rejection::NotForMemcached("SnapshotRetentionLimit"));
    }
    match &spec.snapshot_window {
        Some(snapshot) if spec.preferred_maintenance_window.overlaps(snapshot) => {
            Err(Rejection::WindowsOverlap)
        }
        _ => Ok(()),
    }
}

/// `NotificationTopicArn` and `NotificationTopicStatus`; a new topic is active.
fn notification(
    request: &ModifyCacheCluster,
    spec: &mut ClusterSpec,
    world: &Surroundings,
) -> Result<(), Rejection> {
    let status = request.notification_topic_status.as_deref().map(str::parse::<TopicStatus>).transpose()?;
    if let Some(arn) = request.notification_topic_arn.as_deref().filter(|arn| !arn.is_empty()) {
        let topic_arn = values::topic_arn(arn, &world.scope)?;
        spec.notification = Some(NotificationConfiguration { topic_arn, topic_status: TopicStatus::Active });
    }
    match (&mut spec.notification, status) {
        (_, None) => Ok(()),
        (Some(notification), Some(status)) => {
            notification.topic_status = status;
            Ok(())
        }
        (None, Some(_)) => Err(Rejection::Needs("NotificationTopicStatus", "NotificationTopicArn")),
    }
}

fn differences(now: &ClusterSpec, then: &ClusterSpec) -> BTreeSet<Changed> {
    let differences = [
        (now.security_group_ids != then.security_group_ids, Changed::SecurityGroups),
        (now.cache_parameter_group_name != then.cache_parameter_group_name, Changed::ParameterGroup),
        (now.preferred_maintenance_window != then.preferred_maintenance_window, Changed::MaintenanceWindow),
        (now.snapshot_window != then.snapshot_window, Changed::SnapshotWindow),
        (now.notification != then.notification, Changed::Notification),
        (now.auto_minor_version_upgrade != then.auto_minor_version_upgrade, Changed::AutoMinorVersionUpgrade),
    ];
    differences.into_iter().filter_map(|(differs, what)| differs.then_some(what)).collect()
}
