//! Requests on users, as they came.

use crate::cluster::Secret;
use crate::tag::RequestedTag;

/// `AuthenticationMode`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuthenticationMode {
    /// `Type`.
    pub kind: Option<String>,
    /// `Passwords`.
    pub passwords: Vec<Secret>,
}

/// `CreateUserMessage`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct CreateUser {
    pub user_id: Option<String>,
    pub user_name: Option<String>,
    pub engine: Option<String>,
    pub passwords: Vec<Secret>,
    pub access_string: Option<String>,
    pub no_password_required: Option<bool>,
    pub tags: Vec<RequestedTag>,
    pub authentication_mode: Option<AuthenticationMode>,
}

/// `ModifyUserMessage`, the user's id apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct ModifyUser {
    pub access_string: Option<String>,
    pub append_access_string: Option<String>,
    pub passwords: Vec<Secret>,
    pub no_password_required: Option<bool>,
    pub authentication_mode: Option<AuthenticationMode>,
    pub engine: Option<String>,
}

/// A filter of a list: the values of a property of which one must match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// `Name`.
    pub name: String,
    /// `Values`.
    pub values: Vec<String>,
}

/// `DescribeUsersMessage`, paging apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct DescribeUsers {
    pub engine: Option<String>,
    pub user_id: Option<String>,
    pub filters: Vec<Filter>,
}
