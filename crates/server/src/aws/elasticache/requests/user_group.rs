//! Requests on user groups.

use domain::user_group as request;
use models::elasticache::shapes;

use super::{list, tags};

pub(in crate::aws::elasticache) fn create(sent: shapes::CreateUserGroupMessage) -> request::CreateUserGroup {
    request::CreateUserGroup {
        user_group_id: sent.user_group_id,
        engine: sent.engine,
        user_ids: list(sent.user_ids),
        tags: tags(sent.tags),
    }
}

pub(in crate::aws::elasticache) fn modify(sent: shapes::ModifyUserGroupMessage) -> request::ModifyUserGroup {
    request::ModifyUserGroup {
        user_ids_to_add: list(sent.user_ids_to_add),
        user_ids_to_remove: list(sent.user_ids_to_remove),
        engine: sent.engine,
    }
}
