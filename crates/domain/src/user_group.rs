//! User groups: the users that replication groups and serverless caches let in.

use serde::{Deserialize, Serialize};

use crate::arn::{Arn, ResourceType};
use crate::ids::{Scope, UserGroupId, UserId};
use crate::tag::Tags;
use crate::user::{LeastVersion, User, UserEngine};

mod event;
mod rejection;
mod request;
pub mod validate;

pub use event::UserGroupEvent;
pub use rejection::UserGroupRejection;
pub use request::{CreateUserGroup, ModifyUserGroup};

/// What a group is on its way to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingChanges {
    /// Who comes.
    pub add: Vec<UserId>,
    /// Who goes.
    pub remove: Vec<UserId>,
}

/// Where a group stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserGroupPhase {
    /// It is new.
    Creating,
    /// Every engine that uses it knows its users.
    Active,
    /// Engines are being told of a change.
    Modifying(PendingChanges),
    /// It is going.
    Deleting,
}

impl UserGroupPhase {
    /// AWS's status.
    pub const fn status(&self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Active => "active",
            Self::Modifying(_) => "modifying",
            Self::Deleting => "deleting",
        }
    }
}

/// A user group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserGroup {
    /// Account and region.
    pub scope: Scope,
    /// Its id.
    pub id: UserGroupId,
    /// What it can be used for: Redis's also for Valkey.
    pub engine: UserEngine,
    /// Who is in it, in the order in which they came.
    pub user_ids: Vec<UserId>,
    /// Where it stands.
    pub phase: UserGroupPhase,
    /// Its tags.
    pub tags: Tags,
}

impl UserGroup {
    /// Who is in it once what is pending is in force: whom engines are told of.
    pub fn user_ids_to_be(&self) -> Vec<UserId> {
        let UserGroupPhase::Modifying(pending) = &self.phase else { return self.user_ids.clone() };
        let stays = self.user_ids.iter().filter(|id| !pending.remove.contains(id));
        stays.chain(&pending.add).cloned().collect()
    }

    /// Every engine that uses it has been told, or there is none: what was pending is in force.
    #[must_use]
    pub fn settled(self) -> Self {
        Self { user_ids: self.user_ids_to_be(), phase: UserGroupPhase::Active, ..self }
    }

    /// Whether the user is in it.
    pub fn has(&self, user: &UserId) -> bool {
        self.user_ids.contains(user)
    }

    /// Who is in it, or is to be.
    pub fn concerned(&self) -> impl Iterator<Item = &UserId> {
        let coming = match &self.phase {
            UserGroupPhase::Modifying(pending) => &pending.add[..],
            _ => &[],
        };
        self.user_ids.iter().chain(coming)
    }

    /// Without a user that is gone.
    #[must_use]
    pub fn without(mut self, user: &UserId) -> Self {
        self.user_ids.retain(|id| id != user);
        if let UserGroupPhase::Modifying(pending) = &mut self.phase {
            pending.add.retain(|id| id != user);
            pending.remove.retain(|id| id != user);
        }
        self
    }

    /// `MinimumEngineVersion`: the highest that its users ask for (uncertain).
    pub fn minimum_engine_version<'u>(&self, users: impl Iterator<Item = &'u User>) -> LeastVersion {
        users.map(User::minimum_engine_version).fold(self.engine.least_version(), Ord::max)
    }

    /// Its ARN.
    pub fn arn(&self) -> Arn {
        Arn::new(&self.scope, ResourceType::UserGroup, self.id.as_str())
    }
}

#[cfg(test)]
mod tests;
