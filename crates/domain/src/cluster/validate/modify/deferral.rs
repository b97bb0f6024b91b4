//! What waits for the maintenance window, and how a newer request and `ApplyImmediately` change it.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::nodes::Wish;
use super::{Change, changed, engine};
use crate::cluster::{CacheCluster, ClusterSpec, ModifyCacheCluster, PendingModifiedValues, PendingVersion};
use crate::engine::Engine;
use crate::engine_version::EngineVersion;
use crate::node_type::CacheNodeType;
use crate::rare::Rare;
use crate::rejection::Rejection;

/// What a request asks for of all that can wait.
pub(super) struct Wishes {
    pub(super) nodes: Wish,
    /// The cluster's own where none was asked for.
    pub(super) version: &'static EngineVersion,
    /// The cluster's own where none was asked for.
    pub(super) node_type: CacheNodeType,
}

impl Wishes {
    /// What waits after the request. A wish for what is already so takes back the one that waits.
    pub(super) fn added_to(
        self,
        request: &ModifyCacheCluster,
        cluster: &CacheCluster,
        now: Timestamp,
    ) -> Rare<PendingModifiedValues> {
        let mut pending = cluster.pending.clone();
        match self.nodes {
            Wish::None => {}
            Wish::AsItIs => pending.nodes = None,
            Wish::Resize(resize) => pending.nodes = Some(resize),
        }
        if is_asked(request.engine_version.as_deref()) {
            let other = self.version.full_version != cluster.spec.engine_version;
            pending.engine_version = other.then(|| PendingVersion {
                full: self.version.full_version.to_owned(),
                requested: self.version.version.to_owned(),
            });
        }
        if is_asked(request.cache_node_type.as_deref()) {
            let other = self.node_type != cluster.spec.cache_node_type;
            pending.cache_node_type = other.then_some(self.node_type);
        }
        if pending != cluster.pending {
            pending.since = Some(now);
        }
        if pending.is_empty() { Rare::default() } else { pending }
    }
}

/// A node type that waits forbids an upgrade at once, and the other way round (user guide, "Scaling replication
/// groups"; taken to hold for clusters of one node too, and worded here: uncertain).
pub(super) fn blocked(request: &ModifyCacheCluster, cluster: &CacheCluster) -> Result<(), Rejection> {
    if request.apply_immediately != Some(true) || cluster.spec.engine == Engine::Memcached {
        return Ok(());
    }
    let (version, node_type) =
        (is_asked(request.engine_version.as_deref()), is_asked(request.cache_node_type.as_deref()));
    let waits = &cluster.pending;
    if version && !node_type && waits.cache_node_type.is_some() {
        return Err(Rejection::BlockedByPending { asked: "EngineVersion", pending: "CacheNodeType" });
    }
    if node_type && !version && waits.engine_version.is_some() {
        return Err(Rejection::BlockedByPending { asked: "CacheNodeType", pending: "EngineVersion" });
    }
    Ok(())
}

fn is_asked(value: Option<&str>) -> bool {
    value.is_some_and(|text| !text.is_empty())
}

impl Change {
    /// What waits for `cluster`'s maintenance window, as the change that its opening makes.
    pub fn of_pending(cluster: &CacheCluster) -> Self {
        let spec = cluster.spec.clone();
        let waiting = Self { spec, changed: BTreeSet::new(), resize: None, pending: cluster.pending.clone() };
        let mut change = waiting.in_force();
        change.changed = changed::differences(&cluster.spec, &change.spec);
        change
    }

    /// The change of `cluster`, which is a replication group's member, to what its group says. What waits is the
    /// group's to put in force.
    pub(crate) fn to(cluster: &CacheCluster, spec: ClusterSpec) -> Self {
        let changed = changed::differences(&cluster.spec, &spec);
        Self { spec, changed, resize: None, pending: cluster.pending.clone() }
    }

    /// With what waits put in force.
    pub(super) fn in_force(mut self) -> Self {
        let PendingModifiedValues { nodes, engine_version, cache_node_type, since: _ } =
            std::mem::take(&mut self.pending).into_inner();
        self.resize = nodes;
        if let Some(version) = engine_version {
            self.spec.cache_parameter_group_name = engine::parameter_group(&self.spec, &version.full);
            self.spec.engine_version = version.full;
            self.spec.requested_version = Some(version.requested);
        }
        if let Some(node_type) = cache_node_type {
            self.spec.cache_node_type = node_type;
        }
        self
    }
}
