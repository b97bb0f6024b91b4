//! What operations on users refuse, in AWS's words.

use crate::rejection::RejectionKind;

/// Why a request on a user is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UserRejection {
    /// A user of the id is there (uncertain).
    #[error("User {0} already exists.")]
    Exists(String),
    /// No such user (uncertain).
    #[error("User {0} not found.")]
    NotFound(String),
    /// Tags of a user that is not active (the end is on record).
    #[error("{0} is not available for tagging")]
    Tagging(String),
    /// Too many users (uncertain).
    #[error("You have already reached your quota of {0} users in this region.")]
    Quota(u32),
    /// An engine without users (uncertain).
    #[error("Invalid value '{0}' for Engine. Valid values: redis, valkey")]
    Engine(String),
    /// Back from Valkey (uncertain).
    #[error("The engine cannot be modified from valkey to redis.")]
    EngineBack,
    /// A name that engines do not take (uncertain).
    #[error("The parameter UserName is not valid: it must not contain spaces or control characters.")]
    BadName,
    /// The user that every account has (uncertain).
    #[error("The user default cannot be modified or deleted.")]
    Default,
    /// The user's state forbids the operation (uncertain).
    #[error("User {user} has status {status} which is not valid for {purpose}.")]
    State {
        /// The user.
        user: String,
        /// Its status.
        status: &'static str,
        /// `deletion`, `modification`.
        purpose: &'static str,
    },
    /// The user named default of a group of Redis cannot go (the end is lost: uncertain).
    #[error("User is associated to user group {0} as a default user and cannot be deleted.")]
    DefaultOfGroup(String),

    /// A way of authentication that there is not.
    #[error("Input Authentication type: {0} is not in the allowed list: [password,no-password-required,iam]")]
    AuthenticationType(String),
    /// A password where none belongs (of the other type than `iam`: uncertain).
    #[error("Password field is not allowed with authentication type: {0}")]
    PasswordNotAllowed(&'static str),
    /// IAM users have one name.
    #[error("User Id and User name must be same for authentication type: iam")]
    IamName,
    /// Neither a password nor the word that there is to be none.
    #[error(
        "No password was provided. If you want to create/update the user without password, please use the \
         NoPasswordRequired flag."
    )]
    NoPassword,
    /// Valkey's users authenticate (uncertain).
    #[error("Users of engine valkey must have the authentication type password or iam.")]
    ValkeyNeedsAuthentication,
    /// A short or long password.
    #[error("Passwords length must be between 16-128 characters.")]
    PasswordLength,
    /// A password with characters that AWS does not take (uncertain).
    #[error("Passwords must contain printable characters only, and none of these: , \" / @")]
    PasswordCharacters,
    /// More than two passwords (uncertain).
    #[error("A user can have at most 2 passwords.")]
    TooManyPasswords,
    /// The same password twice (uncertain).
    #[error("Passwords must be different from each other.")]
    PasswordTwice,

    /// A rule that is none (uncertain).
    #[error("Invalid access string: {0} is not a valid rule.")]
    BadRule(String),
    /// A category of commands that there is not (uncertain).
    #[error("Invalid access string: there is no command category {0}.")]
    NoSuchCategory(String),
    /// A command that no client may use (uncertain).
    #[error("Invalid access string: the command {0} is not allowed.")]
    ForbiddenCommand(String),
    /// A password within the rules; it is not shown (uncertain).
    #[error("Invalid access string: passwords cannot be specified in the access string.")]
    PasswordInAccessString,
    /// `reset` (uncertain).
    #[error("Invalid access string: reset cannot be specified in the access string.")]
    Reset,
    /// A selector that is not closed, is within another one, or switches the user (uncertain).
    #[error("Invalid access string: a selector is malformed.")]
    Selector,
    /// A filter by a property that users do not have (uncertain).
    #[error("Invalid value '{0}' for Filters.Name. Valid values: UserId, UserName, Engine, Status")]
    Filter(String),
}

impl UserRejection {
    /// The exception that this is.
    pub const fn kind(&self) -> RejectionKind {
        use RejectionKind as K;
        match self {
            Self::Exists(_) => K::UserAlreadyExists,
            Self::NotFound(_) | Self::Tagging(_) => K::UserNotFound,
            Self::Quota(_) => K::UserQuotaExceeded,
            Self::State { .. } => K::InvalidUserState,
            Self::DefaultOfGroup(_) => K::DefaultUserAssociatedToUserGroup,
            Self::PasswordNotAllowed(_)
            | Self::IamName
            | Self::ValkeyNeedsAuthentication
            | Self::EngineBack => K::InvalidParameterCombination,
            Self::Engine(_)
            | Self::BadName
            | Self::Default
            | Self::AuthenticationType(_)
            | Self::NoPassword
            | Self::PasswordLength
            | Self::PasswordCharacters
            | Self::TooManyPasswords
            | Self::PasswordTwice
            | Self::BadRule(_)
            | Self::NoSuchCategory(_)
            | Self::ForbiddenCommand(_)
            | Self::PasswordInAccessString
            | Self::Reset
            | Self::Selector
            | Self::Filter(_) => K::InvalidParameterValue,
        }
    }
}
