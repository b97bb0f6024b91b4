//! `TransitEncryptionEnabled` and `TransitEncryptionMode`: in steps, so that no client is locked out.

use super::security;
use crate::cluster::ClusterSpec;
use crate::network::TransitEncryption;
use crate::rejection::Rejection;
use crate::replication_group::{GroupRejection, ModifyReplicationGroup, ReplicationGroup};

/// What encryption there shall be. To TLS alone, and away from it, the way leads over both.
pub(super) fn asked(
    request: &ModifyReplicationGroup,
    group: &ReplicationGroup,
    member: &ClusterSpec,
) -> Result<TransitEncryption, Rejection> {
    use TransitEncryption::{Off, Preferred, Required};
    let now = group.spec.member.transit_encryption;
    let mode = request.transit_encryption_mode.as_deref().map(security::transit_mode).transpose()?;
    // Recorded: whatever it says, as long as it is said.
    if request.transit_encryption_enabled.is_some() && !group.spec.user_group_ids.is_empty() {
        return Err(GroupRejection::TransitWithUserGroups.into());
    }
    let then = match (request.transit_encryption_enabled, mode) {
        (None, None) => return Ok(now),
        (None | Some(false), Some(_)) => return Err(GroupRejection::TransitModeNeedsEncryption.into()),
        (Some(false), None) => Off,
        (Some(true), Some(mode)) => mode,
        (Some(true), None) if now.is_on() => now,
        (Some(true), None) => return Err(GroupRejection::TransitStep("enabled").into()),
    };
    match (now, then) {
        _ if now == then => return Ok(now),
        (Off, Required) => return Err(GroupRejection::TransitStep("required").into()),
        (Required, Off) => return Err(GroupRejection::TransitStep("disabled").into()),
        (Off | Required, Preferred) | (Preferred, Off | Required) | (Off, Off) => {}
        (Preferred, Preferred) | (Required, Required) => return Ok(now),
    }
    security::changes_transit_encryption(member)?;
    if then == Off && member.auth.is_some() {
        return Err(Rejection::AuthTokenNeedsTransitEncryption);
    }
    Ok(then)
}
