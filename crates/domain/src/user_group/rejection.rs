//! What operations on user groups refuse, in AWS's words.

use crate::rejection::RejectionKind;

/// Why a request on a user group is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UserGroupRejection {
    /// A group of the id is there (uncertain).
    #[error("User group {0} already exists.")]
    Exists(String),
    /// No such group (uncertain).
    #[error("User group {0} not found.")]
    NotFound(String),
    /// Tags of a group that is not active (the end is on record for users).
    #[error("{0} is not available for tagging")]
    Tagging(String),
    /// Too many groups (uncertain).
    #[error("You have already reached your quota of {0} user groups in this region.")]
    Quota(u32),
    /// Too many users in one group (uncertain).
    #[error("User group quota exceeded. Each user group can have at most {0} users.")]
    UserQuota(u32),
    /// A group of Redis without somebody for those who do not say who they are.
    #[error("User group needs to contain a user with the user name default.")]
    DefaultUserRequired,
    /// Two users whom engines could not tell apart (uncertain).
    #[error("User group cannot contain more than one user with the user name {0}.")]
    DuplicateUserName(String),
    /// Valkey's groups are for users who authenticate (uncertain).
    #[error("User {0} cannot be in a user group of engine valkey: its authentication type is no-password.")]
    NoPasswordInValkey(String),
    /// Somebody to remove who is not there (the middle is on record).
    #[error("User {user} is not a member of user group {group}.")]
    NotAMember {
        /// The user.
        user: String,
        /// The group.
        group: String,
    },
    /// Somebody to add who is there (uncertain).
    #[error("User {user} is already a member of user group {group}.")]
    AlreadyAMember {
        /// The user.
        user: String,
        /// The group.
        group: String,
    },
    /// Somebody who is named twice (uncertain).
    #[error("User {0} is specified more than once.")]
    UserTwice(String),
    /// A change of nothing (uncertain).
    #[error("At least one of UserIdsToAdd, UserIdsToRemove and Engine must be specified.")]
    Nothing,
    /// Back from Valkey (uncertain).
    #[error("The engine cannot be modified from valkey to redis.")]
    EngineBack,
    /// The group's state forbids the operation (uncertain).
    #[error("User group {group} has status {status} which is not valid for {purpose}.")]
    State {
        /// The group.
        group: String,
        /// Its status.
        status: &'static str,
        /// `deletion`, `modification`.
        purpose: &'static str,
    },
    /// Somebody uses the group that is to be deleted (uncertain).
    #[error("User group {group} cannot be deleted because it is associated with {users}.")]
    InUse {
        /// The group.
        group: String,
        /// Replication groups and serverless caches, comma-joined.
        users: String,
    },
}

impl UserGroupRejection {
    /// The exception that this is.
    pub const fn kind(&self) -> RejectionKind {
        use RejectionKind as K;
        match self {
            Self::Exists(_) => K::UserGroupAlreadyExists,
            Self::NotFound(_) | Self::Tagging(_) => K::UserGroupNotFound,
            Self::Quota(_) => K::UserGroupQuotaExceeded,
            Self::UserQuota(_) => K::UserQuotaExceeded,
            Self::DefaultUserRequired => K::DefaultUserRequired,
            Self::DuplicateUserName(_) => K::DuplicateUserName,
            Self::State { .. } | Self::InUse { .. } => K::InvalidUserGroupState,
            Self::Nothing | Self::EngineBack => K::InvalidParameterCombination,
            Self::NoPasswordInValkey(_)
            | Self::NotAMember { .. }
            | Self::AlreadyAMember { .. }
            | Self::UserTwice(_) => K::InvalidParameterValue,
        }
    }
}
