//! Requests on user groups, as they came.

use crate::tag::RequestedTag;

/// `CreateUserGroupMessage`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct CreateUserGroup {
    pub user_group_id: Option<String>,
    pub engine: Option<String>,
    pub user_ids: Vec<String>,
    pub tags: Vec<RequestedTag>,
}

/// `ModifyUserGroupMessage`, the group's id apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct ModifyUserGroup {
    pub user_ids_to_add: Vec<String>,
    pub user_ids_to_remove: Vec<String>,
    pub engine: Option<String>,
}
