//! What users ask of requests: pure, all before any effect.

use super::{
    AccessString, Authentication, AuthenticationMode, CreateUser, ModifyUser, PasswordHash, User, UserEngine,
    UserPhase, UserRejection as Refused,
};
use crate::cluster::{ClusterSpec, Secret};
use crate::ids::{Scope, UserId};
use crate::quota::{Quota, Quotas};
use crate::rejection::{Rejection, Unbuilt};
use crate::replication_group::validate::has_changes_in_place;
use crate::tag::Tags;

/// What an account has in a region already.
#[derive(Debug, Clone, Copy)]
pub struct Present {
    /// How many users of its own.
    pub users: usize,
    /// Whether one has the id that is asked for.
    pub id_is_taken: bool,
    /// Whether account quotas hold.
    pub quotas: Quotas,
}

/// A new user's id.
///
/// # Errors
/// When it is missing or breaks the rule for identifiers.
pub fn new_id(asked: Option<&str>) -> Result<UserId, Rejection> {
    let asked = asked.ok_or(Rejection::Missing("UserId"))?;
    asked.parse().map_err(|_| Rejection::BadIdentifier("UserId"))
}

/// Checks CreateUser.
///
/// # Errors
/// The first rule that it breaks.
pub fn create(request: &CreateUser, scope: Scope, present: Present) -> Result<User, Rejection> {
    let id = new_id(request.user_id.as_deref())?;
    let name = request.user_name.clone().ok_or(Rejection::Missing("UserName"))?;
    if name.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(Refused::BadName.into());
    }
    let engine = UserEngine::parse(request.engine.as_deref().unwrap_or_default())?;
    let access_string = AccessString::parse(request.access_string.as_deref().unwrap_or_default())?;
    let asked =
        asked(request.authentication_mode.as_ref(), &request.passwords, request.no_password_required)?;
    let user = User {
        scope,
        id,
        name,
        engine,
        access_string,
        authentication: asked.ok_or(Refused::NoPassword)?,
        phase: UserPhase::Active,
        tags: Tags::default().with(&request.tags)?,
    };
    consistent(&user)?;
    if present.id_is_taken {
        return Err(Refused::Exists(user.id.to_string()).into());
    }
    match present.quotas.limit(Quota::UsersPerRegion) {
        Some(limit) if present.users >= limit as usize => Err(Refused::Quota(limit).into()),
        _ => Ok(user),
    }
}

/// Checks ModifyUser, and answers the user as it is to be, on its way there.
///
/// # Errors
/// The first rule that it breaks.
pub fn modify(request: &ModifyUser, user: &User) -> Result<User, Rejection> {
    changeable(user, "modification")?;
    let access_string = match (&request.access_string, &request.append_access_string) {
        (Some(_), Some(_)) => return Err(Rejection::Exclusive("AccessString", "AppendAccessString")),
        (Some(access), None) => AccessString::parse(access)?,
        (None, Some(appended)) => user.access_string.with(appended)?,
        (None, None) => user.access_string.clone(),
    };
    let engine = match request.engine.as_deref().map(UserEngine::parse).transpose()? {
        Some(UserEngine::Redis) if user.engine == UserEngine::Valkey => {
            return Err(Refused::EngineBack.into());
        }
        asked => asked.unwrap_or(user.engine),
    };
    let asked =
        asked(request.authentication_mode.as_ref(), &request.passwords, request.no_password_required)?;
    let authentication = match asked {
        Some(authentication) => authentication,
        None if request.no_password_required == Some(false)
            && user.authentication == Authentication::NoPassword =>
        {
            return Err(Refused::NoPassword.into());
        }
        None => user.authentication.clone(),
    };
    let changed = User { access_string, engine, authentication, phase: UserPhase::Modifying, ..user.clone() };
    consistent(&changed)?;
    Ok(changed)
}

/// Checks DeleteUser; `default_of` names a group of Redis in which the user is the one named default.
///
/// # Errors
/// When the user cannot go.
pub fn delete(user: &User, default_of: Option<&str>) -> Result<User, Rejection> {
    changeable(user, "deletion")?;
    if let Some(group) = default_of {
        return Err(Refused::DefaultOfGroup(group.to_owned()).into());
    }
    Ok(User { phase: UserPhase::Deleting, ..user.clone() })
}

/// Checks that engines of a replication group whose members are such can be told of the user; where there are none, of
/// every user. What lets users of IAM in needs an engine that changes its port.
///
/// # Errors
/// [`Rejection::NotYet`].
pub fn with_engines(user: &User, member: &ClusterSpec) -> Result<(), Rejection> {
    let own = user.name == "simfra" || user.name.starts_with("simfra-");
    match user.authentication {
        _ if own => Err(Rejection::NotYet(Unbuilt::OwnUserNames)),
        Authentication::Iam if !has_changes_in_place(member) => {
            Err(Rejection::NotYet(Unbuilt::IamUsersBefore7))
        }
        _ => Ok(()),
    }
}

/// Whether a user's tags can be read and changed now.
///
/// # Errors
/// While it is changing.
pub fn tagging(user: &User) -> Result<(), Rejection> {
    match user.phase {
        UserPhase::Active => Ok(()),
        UserPhase::Modifying | UserPhase::Deleting => Err(Refused::Tagging(user.arn().to_string()).into()),
    }
}

fn changeable(user: &User, purpose: &'static str) -> Result<(), Refused> {
    if user.is_default() {
        return Err(Refused::Default);
    }
    match user.phase {
        UserPhase::Active => Ok(()),
        phase => Err(Refused::State { user: user.id.to_string(), status: phase.status(), purpose }),
    }
}

/// How the user is to show who it is; none where the request does not say. `NoPasswordRequired` and `Passwords` are the
/// older words for what `AuthenticationMode` says.
fn asked(
    mode: Option<&AuthenticationMode>,
    passwords: &[Secret],
    no_password_required: Option<bool>,
) -> Result<Option<Authentication>, Rejection> {
    let no_password = no_password_required == Some(true);
    match mode {
        Some(_) if !passwords.is_empty() => Err(Rejection::Exclusive("AuthenticationMode", "Passwords")),
        Some(mode) => {
            let authentication = of_mode(mode)?;
            if no_password && authentication != Authentication::NoPassword {
                return Err(Rejection::Exclusive("AuthenticationMode", "NoPasswordRequired"));
            }
            Ok(Some(authentication))
        }
        None if no_password && !passwords.is_empty() => {
            Err(Rejection::Exclusive("NoPasswordRequired", "Passwords"))
        }
        None if no_password => Ok(Some(Authentication::NoPassword)),
        None if passwords.is_empty() => Ok(None),
        None => Ok(Some(Authentication::Password(PasswordHash::of_all(passwords)?))),
    }
}

fn of_mode(mode: &AuthenticationMode) -> Result<Authentication, Refused> {
    let without = |kind, authentication| {
        if mode.passwords.is_empty() { Ok(authentication) } else { Err(Refused::PasswordNotAllowed(kind)) }
    };
    match mode.kind.as_deref() {
        Some("password") => Ok(Authentication::Password(PasswordHash::of_all(&mode.passwords)?)),
        Some("no-password-required") => without("no-password-required", Authentication::NoPassword),
        Some("iam") => without("iam", Authentication::Iam),
        other => Err(Refused::AuthenticationType(other.unwrap_or("null").to_owned())),
    }
}

/// What must hold of every user.
fn consistent(user: &User) -> Result<(), Refused> {
    match (&user.authentication, user.engine) {
        (Authentication::Iam, _) if user.id.as_str() != user.name => Err(Refused::IamName),
        (Authentication::NoPassword, UserEngine::Valkey) => Err(Refused::ValkeyNeedsAuthentication),
        _ => Ok(()),
    }
}
