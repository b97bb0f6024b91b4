//! ModifyCacheCluster: the rules in their order. Each idea has a file of its own.

mod auth;
mod changed;
mod engine;
mod nodes;
mod settings;

use std::collections::BTreeSet;

pub use changed::Changed;

use super::{allows, group, log_delivery, values};
use crate::cluster::{CacheCluster, ClusterSpec, ModifyCacheCluster, PhaseEvent, Surroundings};
use crate::rejection::{Rejection, Unbuilt};

/// A checked ModifyCacheCluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What the cluster shall be.
    pub spec: ClusterSpec,
    /// What of it is new; empty: the request asks for what is.
    pub changed: BTreeSet<Changed>,
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
    auth::asked(request)?;
    let nodes = nodes::asked(request, cluster, world)?;
    let version = engine::version(request, cluster)?;
    let node_type = engine::node_type(request, cluster, version)?;
    values::ip_discovery(request.ip_discovery.as_deref(), cluster.spec.network_type)?;
    let mut spec = cluster.spec.clone();
    settings::windows(request, &mut spec)?;
    settings::notification(request, &mut spec, world)?;
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
    let changed = changed::differences(&cluster.spec, &spec);
    Ok(Change { spec, changed })
}
