//! The rules on requests, in AWS's order where it is known: values, combinations, what must exist, what this version does
//! not serve, state, quotas.

use super::lifecycle::PhaseEvent;
use super::rejection::GroupRejection;
use super::{
    ClusterMode, DeleteReplicationGroup, Durability, Phase, ReplicationGroup, ReplicationGroupSpec,
    WrongPhase,
};
use crate::ids::{CacheClusterId, ReplicationGroupId};
use crate::node_type::DataTiering;
use crate::rejection::{Rejection, Unbuilt};
use crate::snapshot;

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
pub(crate) use security::has_changes_in_place;
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
/// For a primary to retain of several and a state that forbids deletion. What a final snapshot asks is in
/// [`snapshot::validate`].
pub fn delete(
    request: &DeleteReplicationGroup,
    group: &ReplicationGroup,
) -> Result<Option<CacheClusterId>, Rejection> {
    if let Some(snapshot) = request.final_snapshot_identifier.as_deref() {
        snapshot::validate::last_name(snapshot)?;
    }
    let retains = request.retain_primary_cluster == Some(true);
    if retains && group.spec.cluster_mode != ClusterMode::Disabled {
        return Err(GroupRejection::RetainWithClusterMode.into());
    }
    group.phase.on(PhaseEvent::DeleteRequested).map_err(|wrong| state(group, &wrong))?;
    let primary = group.node_groups.first().and_then(|node_group| node_group.primary());
    Ok(primary.filter(|_| retains).map(|member| member.cluster.clone()))
}

/// The refusal of a deletion that the group's phase does not allow.
pub fn state(group: &ReplicationGroup, wrong: &WrongPhase) -> Rejection {
    GroupRejection::State { group: group.id.clone(), status: wrong.status, purpose: "deletion" }.into()
}

/// Checks that what the group shall be has its effect on engines; where there are none, all of it has.
///
/// # Errors
/// [`Rejection::NotYet`].
pub fn with_engines(spec: &ReplicationGroupSpec) -> Result<(), Rejection> {
    let unbuilt = if matches!(spec.durability, Durability::Sync | Durability::Async) {
        Unbuilt::Durability(spec.durability.as_str())
    } else if spec.data_tiering != DataTiering::Off {
        Unbuilt::DataTiering
    } else if spec.member.snapshot_retention_limit > Some(0) {
        Unbuilt::AutomaticSnapshots
    } else {
        return Ok(());
    };
    Err(Rejection::NotYet(unbuilt))
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
