//! The rules on requests, in AWS's order where it is known: values, combinations, what must exist, what this version does
//! not serve, state, quotas.

use super::lifecycle::PhaseEvent;
use super::rejection::GroupRejection;
use super::{ClusterMode, DeleteReplicationGroup, Phase, ReplicationGroup};
use crate::cluster::validate::values;
use crate::ids::{CacheClusterId, ReplicationGroupId};
use crate::rejection::{Rejection, Unbuilt};

mod create;
mod failover;
mod layout;
mod mode;
mod modify;
mod primary;
mod replicas;
mod security;
mod shards;

pub use create::create;
pub use failover::test_failover;
pub use modify::modify;
pub use replicas::{decrease, delete_member, increase, not_for_members, replica};
pub use shards::reshard;

/// AWS's name of `ReplicationGroupId` in its complaints (uncertain).
const ID: &str = "ReplicationGroupId";

/// The id of a group to create or to delete.
///
/// # Errors
/// When it is missing or breaks the rule for identifiers.
pub fn id_to_name(text: Option<&str>) -> Result<ReplicationGroupId, Rejection> {
    let text = text.filter(|text| !text.is_empty()).ok_or(Rejection::Missing(ID))?;
    text.parse().map_err(|_| Rejection::BadIdentifier(ID))
}

/// The id of a group to describe or to change. What no group can be called is not found.
///
/// # Errors
/// When it is missing, and [`Rejection::ReplicationGroupNotFound`] when no group can have it.
pub fn id_to_find(text: Option<&str>) -> Result<ReplicationGroupId, Rejection> {
    let text = text.filter(|text| !text.is_empty()).ok_or(Rejection::Missing(ID))?;
    text.parse().map_err(|_| Rejection::ReplicationGroupNotFound(text.to_owned()))
}

/// Checks DeleteReplicationGroup on the group that it names: the primary to retain, if one is.
///
/// # Errors
/// For a primary to retain of several, a state that forbids deletion, and a final snapshot, which is not served yet.
pub fn delete(
    request: &DeleteReplicationGroup,
    group: &ReplicationGroup,
) -> Result<Option<CacheClusterId>, Rejection> {
    if let Some(snapshot) = request.final_snapshot_identifier.as_deref() {
        values::identifier(snapshot, "FinalSnapshotIdentifier")?;
    }
    let retains = request.retain_primary_cluster == Some(true);
    if retains && group.spec.cluster_mode != ClusterMode::Disabled {
        return Err(GroupRejection::RetainWithClusterMode.into());
    }
    group.phase.on(PhaseEvent::DeleteRequested).map_err(|wrong| GroupRejection::State {
        group: group.id.clone(),
        status: wrong.status,
        purpose: "deletion",
    })?;
    if request.final_snapshot_identifier.is_some() {
        return Err(Rejection::NotYet(Unbuilt::FinalSnapshot));
    }
    let primary = group.node_groups.first().and_then(|node_group| node_group.primary());
    Ok(primary.filter(|_| retains).map(|member| member.cluster.clone()))
}

/// Checks that tags of the group can be read and changed now.
///
/// # Errors
/// [`Rejection::TaggingState`].
pub fn tagging(group: &ReplicationGroup) -> Result<(), Rejection> {
    match group.phase {
        Phase::Creating | Phase::Deleting => Err(Rejection::TaggingState),
        _ => Ok(()),
    }
}

/// Whether the group takes a change now.
///
/// # Errors
/// [`GroupRejection::NotAvailable`].
fn changeable(group: &ReplicationGroup) -> Result<(), Rejection> {
    if group.is_available() { Ok(()) } else { Err(GroupRejection::NotAvailable.into()) }
}
