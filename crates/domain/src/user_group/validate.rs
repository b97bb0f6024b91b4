//! What user groups ask of requests: pure, all before any effect.

use std::collections::BTreeSet;

use super::{
    CreateUserGroup, ModifyUserGroup, PendingChanges, UserGroup, UserGroupPhase,
    UserGroupRejection as Refused,
};
use crate::ids::{Scope, UserGroupId, UserId};
use crate::quota::{Quota, Quotas};
use crate::rejection::Rejection;
use crate::tag::Tags;
use crate::user::{Authentication, User, UserEngine, UserRejection};

/// The users that an account's groups in a region may have.
pub trait Users {
    /// The user with this id.
    fn user(&self, id: &UserId) -> Option<User>;
}

/// What an account has in a region already.
#[derive(Debug, Clone, Copy)]
pub struct Present {
    /// How many groups.
    pub groups: usize,
    /// Whether one has the id that is asked for.
    pub id_is_taken: bool,
    /// Whether account quotas hold.
    pub quotas: Quotas,
}

/// A new group's id.
///
/// # Errors
/// When it is missing or breaks the rule for identifiers.
pub fn new_id(asked: Option<&str>) -> Result<UserGroupId, Rejection> {
    let asked = asked.ok_or(Rejection::Missing("UserGroupId"))?;
    asked.parse().map_err(|_| Rejection::BadIdentifier("UserGroupId"))
}

/// Checks CreateUserGroup, and answers the group, on its way.
///
/// # Errors
/// The first rule that it breaks.
pub fn create(
    request: &CreateUserGroup,
    scope: Scope,
    users: &dyn Users,
    present: Present,
) -> Result<UserGroup, Rejection> {
    let id = new_id(request.user_group_id.as_deref())?;
    let engine = UserEngine::parse(request.engine.as_deref().unwrap_or_default())?;
    let tags = Tags::default().with(&request.tags)?;
    let members = found(&request.user_ids, users)?;
    if present.id_is_taken {
        return Err(Refused::Exists(id.to_string()).into());
    }
    fits_together(engine, &members, present.quotas)?;
    if let Some(limit) = present.quotas.limit(Quota::UserGroupsPerRegion)
        && present.groups >= limit as usize
    {
        return Err(Refused::Quota(limit).into());
    }
    let user_ids = members.into_iter().map(|user| user.id).collect();
    Ok(UserGroup { scope, id, engine, user_ids, phase: UserGroupPhase::Creating, tags })
}

/// Checks ModifyUserGroup, and answers the group on its way, with its present users.
///
/// # Errors
/// The first rule that it breaks.
pub fn modify(
    request: &ModifyUserGroup,
    group: &UserGroup,
    users: &dyn Users,
    quotas: Quotas,
) -> Result<UserGroup, Rejection> {
    if group.phase != UserGroupPhase::Active {
        return Err(state(group, "modification").into());
    }
    let (add, remove) = (&request.user_ids_to_add, &request.user_ids_to_remove);
    if add.is_empty() && remove.is_empty() && request.engine.is_none() {
        return Err(Refused::Nothing.into());
    }
    let engine = match request.engine.as_deref().map(UserEngine::parse).transpose()? {
        Some(UserEngine::Redis) if group.engine == UserEngine::Valkey => {
            return Err(Refused::EngineBack.into());
        }
        asked => asked.unwrap_or(group.engine),
    };
    once(add.iter().chain(remove))?;
    let named = group.id.to_string();
    if let Some(stranger) = remove.iter().find(|id| !has(group, id)) {
        return Err(Refused::NotAMember { user: stranger.clone(), group: named }.into());
    }
    if let Some(member) = add.iter().find(|id| has(group, id)) {
        return Err(Refused::AlreadyAMember { user: member.clone(), group: named }.into());
    }
    let added = found(add, users)?;
    let goes = |id: &&UserId| remove.iter().any(|gone| gone == id.as_str());
    let (removed, kept): (Vec<&UserId>, Vec<&UserId>) = group.user_ids.iter().partition(goes);
    let members: Vec<User> = kept.into_iter().filter_map(|id| users.user(id)).chain(added.clone()).collect();
    let pending = PendingChanges {
        add: added.into_iter().map(|user| user.id).collect(),
        remove: removed.into_iter().cloned().collect(),
    };
    fits_together(engine, &members, quotas)?;
    Ok(UserGroup { engine, phase: UserGroupPhase::Modifying(pending), ..group.clone() })
}

/// Checks DeleteUserGroup, and answers the group on its way out. `uses` names who uses it.
///
/// # Errors
/// When it cannot go.
pub fn delete(group: &UserGroup, uses: &[String]) -> Result<UserGroup, Rejection> {
    if group.phase != UserGroupPhase::Active {
        return Err(state(group, "deletion").into());
    }
    if !uses.is_empty() {
        return Err(Refused::InUse { group: group.id.to_string(), users: uses.join(", ") }.into());
    }
    Ok(UserGroup { phase: UserGroupPhase::Deleting, ..group.clone() })
}

/// Whether a user can become as it is asked to be, in a group that it is in.
///
/// # Errors
/// When the group is no place for it any more.
pub fn keeps(group: &UserGroup, user: &User) -> Result<(), Rejection> {
    admitted(group.engine, user).map_err(Into::into)
}

/// Whether a group's tags can be read and changed now.
///
/// # Errors
/// While it is changing.
pub fn tagging(group: &UserGroup) -> Result<(), Rejection> {
    match group.phase {
        UserGroupPhase::Active => Ok(()),
        _ => Err(Refused::Tagging(group.arn().to_string()).into()),
    }
}

fn state(group: &UserGroup, purpose: &'static str) -> Refused {
    Refused::State { group: group.id.to_string(), status: group.phase.status(), purpose }
}

fn has(group: &UserGroup, user: &str) -> bool {
    group.user_ids.iter().any(|id| id.as_str() == user)
}

fn once<'i>(ids: impl Iterator<Item = &'i String>) -> Result<(), Refused> {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(Refused::UserTwice(id.clone()));
        }
    }
    Ok(())
}

/// The users with these ids.
fn found(ids: &[String], users: &dyn Users) -> Result<Vec<User>, Rejection> {
    once(ids.iter())?;
    let each = ids.iter().map(|asked| {
        let user = asked.parse().ok().and_then(|id| users.user(&id));
        user.ok_or_else(|| UserRejection::NotFound(asked.clone()).into())
    });
    each.collect()
}

/// Whether these users can be a group of `engine`.
fn fits_together(engine: UserEngine, members: &[User], quotas: Quotas) -> Result<(), Refused> {
    if let Some(limit) = quotas.limit(Quota::UsersPerUserGroup)
        && members.len() > limit as usize
    {
        return Err(Refused::UserQuota(limit));
    }
    let mut names = BTreeSet::new();
    for user in members {
        if !names.insert(user.name.as_str()) {
            return Err(Refused::DuplicateUserName(user.name.clone()));
        }
        admitted(engine, user)?;
    }
    let needs_default = engine == UserEngine::Redis && !members.iter().any(User::is_named_default);
    if needs_default { Err(Refused::DefaultUserRequired) } else { Ok(()) }
}

/// Groups of Valkey are for users who show who they are; groups of Redis for everybody.
fn admitted(engine: UserEngine, user: &User) -> Result<(), Refused> {
    match (engine, &user.authentication) {
        (UserEngine::Valkey, Authentication::NoPassword) => {
            Err(Refused::NoPasswordInValkey(user.id.to_string()))
        }
        _ => Ok(()),
    }
}
