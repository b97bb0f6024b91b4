//! Requests on clusters, checked as AWS checks them.
//!
//! The order, where it is not known of AWS: what must be there, values, combinations, what must exist, what this
//! version does not serve, state, quotas.

use std::collections::BTreeSet;

use super::request::{DeleteCacheCluster, RebootCacheCluster};
use super::{CacheCluster, Phase, PhaseEvent};
use crate::ids::{CacheClusterId, CacheNodeId};
use crate::rejection::Rejection;
use crate::snapshot;

mod create;
pub(crate) mod group;
pub(crate) mod log_delivery;
pub(crate) mod modify;
pub(crate) mod secrets;
pub(crate) mod values;
pub(crate) mod zones;

pub(crate) use create::spec;
pub use create::{create, replica_parameters};
pub use modify::{Change, Changed, modify};

/// AWS's name of `CacheClusterId` in its complaints.
const ID: &str = "CacheClusterIdentifier";

/// The id of a cluster to create or to delete.
///
/// # Errors
/// When it is missing or breaks the rule for identifiers.
pub fn id_to_name(text: Option<&str>) -> Result<CacheClusterId, Rejection> {
    let text = text.filter(|text| !text.is_empty()).ok_or(Rejection::Missing(ID))?;
    text.parse().map_err(|_| Rejection::BadIdentifier(ID))
}

/// The id of a cluster to describe, modify or reboot. What no cluster can be called is not found, as recorded of
/// AWS for names with underscores.
///
/// # Errors
/// When it is missing, and [`Rejection::CacheClusterNotFound`] when no cluster can have it.
pub fn id_to_find(text: Option<&str>) -> Result<CacheClusterId, Rejection> {
    let text = text.filter(|text| !text.is_empty()).ok_or(Rejection::Missing(ID))?;
    text.parse().map_err(|_| Rejection::CacheClusterNotFound(text.to_owned()))
}

/// Checks DeleteCacheCluster on the cluster that it names.
///
/// # Errors
/// For a final snapshot of what cannot have one, and a state that forbids deletion. What else the snapshot asks is in
/// [`snapshot::validate`].
pub fn delete(request: &DeleteCacheCluster, cluster: &CacheCluster) -> Result<(), Rejection> {
    if let Some(snapshot) = request.final_snapshot_identifier.as_deref() {
        snapshot::validate::last_name(snapshot)?;
        snapshot::validate::has_snapshots(cluster)?;
    }
    allows(cluster, PhaseEvent::DeleteRequested, "deletion")
}

/// Checks RebootCacheCluster on the cluster that it names: the nodes to reboot.
///
/// # Errors
/// For no node, one that the cluster does not have, one named twice, and a cluster that is not available.
pub fn reboot(request: &RebootCacheCluster, cluster: &CacheCluster) -> Result<Vec<CacheNodeId>, Rejection> {
    if request.cache_node_ids_to_reboot.is_empty() {
        return Err(Rejection::Missing("CacheNodeIdsToReboot"));
    }
    let nodes = nodes_of(cluster, &request.cache_node_ids_to_reboot)?;
    allows(cluster, PhaseEvent::RebootRequested, "reboot")?;
    Ok(nodes)
}

/// Checks that tags of the cluster can be read and changed now. (Recorded: not while it is being created or
/// deleted.)
///
/// # Errors
/// [`Rejection::TaggingState`].
pub fn tagging(cluster: &CacheCluster) -> Result<(), Rejection> {
    match cluster.phase {
        Phase::Creating | Phase::Deleting => Err(Rejection::TaggingState),
        _ => Ok(()),
    }
}

/// The cluster's nodes that were named.
fn nodes_of(cluster: &CacheCluster, named: &[String]) -> Result<Vec<CacheNodeId>, Rejection> {
    let mut seen = BTreeSet::new();
    let known = |text: &String| {
        let id = text.parse::<CacheNodeId>().ok().filter(|id| cluster.node(*id).is_some());
        let id = id.ok_or(Rejection::UnknownNode { cluster: cluster.id.clone(), node: text.clone() })?;
        if seen.insert(id) { Ok(id) } else { Err(Rejection::NodeTwice(id)) }
    };
    named.iter().map(known).collect()
}

/// Whether the cluster's phase takes `event`.
fn allows(cluster: &CacheCluster, event: PhaseEvent, purpose: &'static str) -> Result<(), Rejection> {
    let state = |wrong: super::WrongPhase| Rejection::ClusterState {
        cluster: cluster.id.clone(),
        status: wrong.status,
        purpose,
    };
    cluster.phase.on(event).map(drop).map_err(state)
}

#[cfg(test)]
mod tests;
