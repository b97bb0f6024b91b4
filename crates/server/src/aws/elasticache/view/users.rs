//! Users and user groups as AWS shows them.

use domain::ids::{UserGroupId, UserId};
use domain::user::{Authentication, LeastVersion, User};
use domain::user_group::{UserGroup, UserGroupPhase};
use models::elasticache::shapes;

/// `groups`: those that it is in.
pub(in crate::aws::elasticache) fn user(user: &User, groups: &[UserGroupId]) -> shapes::User {
    let password_count = match &user.authentication {
        Authentication::Password(hashes) => i32::try_from(hashes.len()).ok(),
        Authentication::NoPassword | Authentication::Iam => None,
    };
    shapes::User {
        user_id: Some(user.id.to_string()),
        user_name: Some(user.name.clone()),
        status: Some(user.phase.status().to_owned()),
        engine: Some(user.engine.as_str().to_owned()),
        minimum_engine_version: Some(user.minimum_engine_version().as_str().to_owned()),
        access_string: Some(user.access_string.as_str().to_owned()),
        user_group_ids: Some(groups.iter().map(ToString::to_string).collect()),
        authentication: Some(shapes::Authentication {
            r#type: Some(user.authentication.kind().into()),
            password_count,
        }),
        arn: Some(user.arn().to_string()),
    }
}

/// `least`: the least engine version that its users ask for; then the
/// replication groups and the serverless caches that use it.
pub(in crate::aws::elasticache) fn user_group(
    group: &UserGroup,
    least: LeastVersion,
    (replication_groups, serverless_caches): (Vec<String>, Vec<String>),
) -> shapes::UserGroup {
    let pending_changes = match &group.phase {
        UserGroupPhase::Modifying(pending) => Some(shapes::UserGroupPendingChanges {
            user_ids_to_remove: some_ids(&pending.remove),
            user_ids_to_add: some_ids(&pending.add),
        }),
        _ => None,
    };
    shapes::UserGroup {
        user_group_id: Some(group.id.to_string()),
        status: Some(group.phase.status().to_owned()),
        engine: Some(group.engine.as_str().to_owned()),
        user_ids: Some(group.user_ids.iter().map(ToString::to_string).collect()),
        minimum_engine_version: Some(least.as_str().to_owned()),
        pending_changes,
        replication_groups: Some(replication_groups),
        serverless_caches: Some(serverless_caches),
        arn: Some(group.arn().to_string()),
    }
}

/// A side of a change that nobody is on is not shown.
fn some_ids(ids: &[UserId]) -> Option<Vec<String>> {
    Some(ids).filter(|ids| !ids.is_empty()).map(|ids| ids.iter().map(ToString::to_string).collect())
}
