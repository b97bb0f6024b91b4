//! The rules on requests, in AWS's order where it is known: values, what must exist, state.

use super::{
    DeleteGlobalReplicationGroup, DisassociateGlobalReplicationGroup, GlobalMember, GlobalRejection,
    GlobalReplicationGroup, GlobalRole, Phase,
};
use crate::ids::GlobalReplicationGroupId;
use crate::rejection::Rejection;
use crate::replication_group::{ModifyReplicationGroup, ReplicationGroup};

mod changes;
mod create;
mod secondary;

pub use changes::{
    GlobalChange, Resharding, decrease, failover, increase, modify, rebalance, still_supported,
};
pub use create::NewGlobal;
pub use secondary::secondary;

/// AWS's name of `GlobalReplicationGroupId` in its complaints (uncertain).
const ID: &str = "GlobalReplicationGroupId";

/// The id of a global datastore to describe or to change. What none can be called is not found.
///
/// # Errors
/// When it is missing, and [`GlobalRejection::NotFound`] when none can have it.
pub fn id_to_find(text: Option<&str>) -> Result<GlobalReplicationGroupId, Rejection> {
    let text = text.filter(|text| !text.is_empty()).ok_or(Rejection::Missing(ID))?;
    text.parse().map_err(|_| GlobalRejection::NotFound(text.to_owned()).into())
}

/// Checks DeleteGlobalReplicationGroup: its secondaries were disassociated before, its primary stays.
///
/// # Errors
/// The first rule that the request breaks.
pub fn delete(
    request: &DeleteGlobalReplicationGroup,
    global: &GlobalReplicationGroup,
) -> Result<(), Rejection> {
    if request.retain_primary_replication_group != Some(true) {
        return Err(GlobalRejection::PrimaryStays.into());
    }
    idle(global, "deletion")?;
    if global.members.len() > 1 {
        return Err(GlobalRejection::DeleteAvailable.into());
    }
    Ok(())
}

/// Checks DisassociateGlobalReplicationGroup: the secondary that is to go.
///
/// # Errors
/// The first rule that the request breaks.
pub fn disassociate<'g>(
    request: &DisassociateGlobalReplicationGroup,
    global: &'g GlobalReplicationGroup,
) -> Result<&'g GlobalMember, Rejection> {
    let (group, region) = (&request.replication_group_id, &request.replication_group_region);
    let member = member(global, group.as_deref(), region.as_deref())?;
    if member.role == GlobalRole::Primary {
        return Err(GlobalRejection::PrimaryCannotLeave(member.group.clone()).into());
    }
    idle(global, "disassociation")?;
    Ok(member)
}

/// The member that a request names by its id and its region.
fn member<'g>(
    global: &'g GlobalReplicationGroup,
    group: Option<&str>,
    region: Option<&str>,
) -> Result<&'g GlobalMember, Rejection> {
    let (group, region) = (group.unwrap_or_default(), region.unwrap_or_default());
    let mut members = global.members.iter();
    let named = |member: &&GlobalMember| {
        member.group.as_str().eq_ignore_ascii_case(group) && member.region.as_str() == region
    };
    let not_associated = || GlobalRejection::NotAssociated {
        group: group.to_owned(),
        region: region.to_owned(),
        id: global.id.clone(),
    };
    Ok(members.find(named).ok_or_else(not_associated)?)
}

/// Whether parameter groups of its members take other values now.
///
/// # Errors
/// [`GlobalRejection::State`].
pub fn takes_parameters(global: &GlobalReplicationGroup) -> Result<(), Rejection> {
    idle(global, "a change of parameters")
}

/// Whether nothing is under way.
fn idle(global: &GlobalReplicationGroup, purpose: &'static str) -> Result<(), Rejection> {
    if global.phase == Phase::Available {
        return Ok(());
    }
    let (id, status) = (global.id.clone(), global.status());
    Err(GlobalRejection::State { id, status, purpose }.into())
}

/// Refuses what a member of a global datastore does not take by itself, such as its deletion.
///
/// # Errors
/// [`GlobalRejection::MemberOf`].
pub fn stands_alone(group: &ReplicationGroup) -> Result<(), Rejection> {
    let Some(membership) = &group.global else { return Ok(()) };
    Err(GlobalRejection::MemberOf { group: group.id.clone(), global: membership.id.clone() }.into())
}

/// Refuses a ModifyReplicationGroup that would make a member of a global datastore other than the rest. Which settings
/// are a region's own is uncertain: here those are that ModifyGlobalReplicationGroup does not have, but for encryption in
/// transit, cluster mode and durability, which all members share.
///
/// # Errors
/// [`GlobalRejection::MemberOf`].
pub fn modify_member(request: &ModifyReplicationGroup, group: &ReplicationGroup) -> Result<(), Rejection> {
    let shared = request.cache_node_type.is_some()
        || request.engine.is_some()
        || request.engine_version.is_some()
        || request.cache_parameter_group_name.is_some()
        || request.automatic_failover_enabled.is_some()
        || request.transit_encryption_enabled.is_some()
        || request.transit_encryption_mode.is_some()
        || request.cluster_mode.is_some()
        || request.durability.is_some();
    if shared { stands_alone(group) } else { Ok(()) }
}
