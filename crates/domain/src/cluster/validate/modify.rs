//! ModifyCacheCluster: the rules in their order. Each idea has a file of its own.

pub(crate) mod auth;
mod changed;
mod deferral;
pub(crate) mod engine;
mod nodes;
pub(crate) mod settings;

use std::collections::BTreeSet;

use jiff::Timestamp;

pub use changed::Changed;

use super::{allows, group, log_delivery, values};
use crate::cluster::{
    CacheCluster, CacheNode, ClusterSpec, Ground, ModifyCacheCluster, PendingModifiedValues, PhaseEvent,
    Resize, Surroundings,
};
use crate::rare::Rare;
use crate::rejection::{Rejection, Unbuilt};

/// A checked ModifyCacheCluster, or what waited for the window that opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What the cluster shall be, but for the number of its nodes.
    pub spec: ClusterSpec,
    /// What of it is new.
    pub changed: BTreeSet<Changed>,
    /// Nodes to add or remove now.
    pub resize: Option<Resize>,
    /// What waits for the maintenance window from now on.
    pub pending: Rare<PendingModifiedValues>,
}

impl Change {
    /// Places the nodes that it adds.
    ///
    /// # Errors
    /// [`Rejection::SubnetFull`].
    pub fn place(&self, cluster: &CacheCluster, ground: Ground<'_>) -> Result<Vec<CacheNode>, Rejection> {
        match &self.resize {
            Some(resize) => cluster.place(resize, ground),
            None => Ok(Vec::new()),
        }
    }

    /// Whether nothing is put in force now.
    pub fn is_nothing_now(&self) -> bool {
        self.changed.is_empty() && self.resize.is_none()
    }
}

/// Checks ModifyCacheCluster on the cluster that it names, at the time `now`.
///
/// The number of nodes, the engine version and the node type wait for the maintenance window unless
/// `ApplyImmediately` is true, which puts in force what waited already too (API reference). The rest is put in force
/// at once, as AWS does with it whatever `ApplyImmediately` says.
///
/// # Errors
/// The first rule that the request breaks.
pub fn modify(
    request: &ModifyCacheCluster,
    cluster: &CacheCluster,
    world: &Surroundings<'_>,
    now: Timestamp,
) -> Result<Change, Rejection> {
    if !request.cache_security_group_names.is_empty() {
        return Err(Rejection::CacheSecurityGroups);
    }
    let auth = auth::asked(request, cluster, now)?;
    let nodes = nodes::asked(request, cluster, world)?;
    let version = engine::version(request, cluster)?;
    let node_type = engine::node_type(request, cluster, version)?;
    values::ip_discovery(request.ip_discovery.as_deref(), cluster.spec.network_type)?;
    let mut spec = cluster.spec.clone();
    if request.az_mode.is_some() && nodes.wish == nodes::Wish::None {
        spec.az_mode = nodes.mode;
    }
    spec.auth = auth;
    settings::windows(request, &mut spec)?;
    settings::notification(request, &mut spec, world)?;
    if let Some(upgrade) = request.auto_minor_version_upgrade {
        spec.auto_minor_version_upgrade = upgrade;
    }
    if !request.security_group_ids.is_empty() {
        spec.security_group_ids = group::security_groups(&request.security_group_ids, &spec.vpc.vpc, world)?;
    }
    if let Some(name) = request.cache_parameter_group_name.as_deref().filter(|name| !name.is_empty()) {
        let group = group::parameter_group(Some(name), version, world)?;
        spec.cache_parameter_group_name = group.name.clone();
        spec.parameters = group.values.clone();
    } else {
        group::still_fits(&spec.cache_parameter_group_name, version, world)?;
    }
    allows(cluster, PhaseEvent::ModifyRequested, "modification")?;
    deferral::blocked(request, cluster)?;

    log_delivery::refuse(&request.log_delivery_configurations, spec.engine)?;
    if request.scale_config.is_some() {
        return Err(Rejection::NotYet(Unbuilt::ScaleConfig));
    }
    nodes::quota(&nodes.wish, world)?;
    let wishes = deferral::Wishes { nodes: nodes.wish, version, node_type };
    let pending = wishes.added_to(request, cluster, now);
    let change = Change { spec, changed: BTreeSet::new(), resize: None, pending };
    let mut change = match request.apply_immediately {
        Some(true) => change.in_force(),
        Some(false) | None => change,
    };
    change.changed = changed::differences(&cluster.spec, &change.spec);
    Ok(change)
}
