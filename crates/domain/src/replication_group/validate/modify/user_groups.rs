//! `UserGroupIdsToAdd`, `UserGroupIdsToRemove` and `RemoveUserGroups`.

use super::security;
use crate::rejection::Rejection;
use crate::replication_group::{GroupRejection, ModifyReplicationGroup, ReplicationGroupSpec, Surroundings};

/// The user groups that there shall be: at most one, and none beside a token.
pub(super) fn asked(
    request: &ModifyReplicationGroup,
    spec: &ReplicationGroupSpec,
    world: &Surroundings<'_>,
) -> Result<Vec<String>, Rejection> {
    let (add, remove) = (&request.user_group_ids_to_add, &request.user_group_ids_to_remove);
    let removes_all = request.remove_user_groups == Some(true);
    if removes_all && !(add.is_empty() && remove.is_empty()) {
        return Err(Rejection::Exclusive("RemoveUserGroups", "UserGroupIdsToAdd"));
    }
    let mut then = if removes_all { Vec::new() } else { spec.user_group_ids.clone() };
    for id in remove {
        let at = then.iter().position(|there| there.eq_ignore_ascii_case(id));
        then.remove(at.ok_or_else(|| GroupRejection::UserGroupNotAssociated(id.clone()))?);
    }
    if add.is_empty() {
        return Ok(then);
    }
    for id in security::known_user_groups(add, &spec.member, world)? {
        if !then.contains(&id) {
            then.push(id);
        }
    }
    if then.len() > 1 {
        return Err(GroupRejection::OneUserGroup.into());
    }
    if spec.member.auth.is_some() {
        return Err(Rejection::Exclusive("AuthToken", "UserGroupIdsToAdd"));
    }
    Ok(then)
}
