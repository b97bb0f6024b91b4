//! Users: who may come into a replication group by role-based access control, and what they may do there.

use serde::{Deserialize, Serialize};

use crate::arn::{Arn, ResourceType};
use crate::engine::Engine;
use crate::ids::{Scope, UserId};
use crate::tag::Tags;

mod access_string;
mod describe;
mod event;
mod in_engine;
mod password;
mod rejection;
mod request;
pub mod validate;

pub use access_string::AccessString;
pub use describe::UserQuery;
pub use event::UserEvent;
pub use in_engine::EngineUser;
pub use password::PasswordHash;
pub use rejection::UserRejection;
pub use request::{AuthenticationMode, CreateUser, DescribeUsers, Filter, ModifyUser};

/// The id and the name of the user that every account has.
pub const DEFAULT: &str = "default";

/// An engine of role-based access control: Memcached has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UserEngine {
    /// Redis OSS, and Valkey too.
    Redis,
    /// Valkey alone.
    Valkey,
}

impl UserEngine {
    /// By its name, in any case.
    ///
    /// # Errors
    /// When it is another.
    pub fn parse(asked: &str) -> Result<Self, UserRejection> {
        match asked.parse() {
            Ok(Engine::Redis) => Ok(Self::Redis),
            Ok(Engine::Valkey) => Ok(Self::Valkey),
            Ok(Engine::Memcached) | Err(_) => Err(UserRejection::Engine(asked.to_owned())),
        }
    }

    /// The name in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Redis => Engine::Redis.as_str(),
            Self::Valkey => Engine::Valkey.as_str(),
        }
    }

    /// The least version of it that has role-based access control (Valkey's is uncertain).
    pub const fn least_version(self) -> LeastVersion {
        match self {
            Self::Redis => LeastVersion::Redis6,
            Self::Valkey => LeastVersion::Valkey7,
        }
    }
}

/// The least engine version that can have a user, or a group of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeastVersion {
    /// 6.0, the first with ACLs.
    Redis6,
    /// 7.0, the first with IAM, selectors, and permissions by read and write (uncertain).
    Redis7,
    /// 7.2, the first of Valkey.
    Valkey7,
}

impl LeastVersion {
    /// `MinimumEngineVersion`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Redis6 => "6.0",
            Self::Redis7 => "7.0",
            Self::Valkey7 => "7.2",
        }
    }
}

/// How a user shows who it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Authentication {
    /// By one of its passwords, of which the SHA-256 alone is known.
    Password(Vec<PasswordHash>),
    /// Not at all.
    NoPassword,
    /// By a token that IAM's signature makes.
    Iam,
}

impl Authentication {
    /// `Authentication.Type`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Password(_) => "password",
            Self::NoPassword => "no-password",
            Self::Iam => "iam",
        }
    }
}

/// Where a user stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserPhase {
    /// Every engine that knows it knows it as it is.
    Active,
    /// Engines are being told of a change.
    Modifying,
    /// Engines are being told that it is gone.
    Deleting,
}

impl UserPhase {
    /// AWS's status.
    pub const fn status(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Modifying => "modifying",
            Self::Deleting => "deleting",
        }
    }
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Account and region.
    pub scope: Scope,
    /// What the API calls it.
    pub id: UserId,
    /// What engines call it; users of different groups may share one.
    pub name: String,
    /// Which engine it is for.
    pub engine: UserEngine,
    /// What it may do.
    pub access_string: AccessString,
    /// How it shows who it is.
    pub authentication: Authentication,
    /// Where it stands.
    pub phase: UserPhase,
    /// Its tags.
    pub tags: Tags,
}

impl User {
    /// The user that every account has in every region, and nobody can change.
    pub fn default_of(scope: &Scope) -> Self {
        Self {
            scope: scope.clone(),
            id: DEFAULT.parse().expect("it is a word"),
            name: DEFAULT.to_owned(),
            engine: UserEngine::Redis,
            access_string: AccessString::everything(),
            authentication: Authentication::NoPassword,
            phase: UserPhase::Active,
            tags: Tags::default(),
        }
    }

    /// Whether it is the one that every account has.
    pub fn is_default(&self) -> bool {
        self.id.as_str() == DEFAULT
    }

    /// Whether engines call it `default`: every group of Redis has such a user.
    pub fn is_named_default(&self) -> bool {
        self.name == DEFAULT
    }

    /// `MinimumEngineVersion`.
    pub fn minimum_engine_version(&self) -> LeastVersion {
        let since_7 = self.authentication == Authentication::Iam || self.access_string.needs_version_7();
        let least = self.engine.least_version();
        if since_7 { least.max(LeastVersion::Redis7) } else { least }
    }

    /// Its ARN.
    pub fn arn(&self) -> Arn {
        Arn::new(&self.scope, ResourceType::User, self.id.as_str())
    }

    /// Every engine has been told, or there is none to tell.
    #[must_use]
    pub fn settled(self) -> Self {
        Self { phase: UserPhase::Active, ..self }
    }
}

#[cfg(test)]
mod tests;
