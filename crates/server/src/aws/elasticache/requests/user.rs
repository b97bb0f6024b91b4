//! Requests on users.

use domain::cluster::Secret;
use domain::user as request;
use models::elasticache::shapes;

use super::{list, tags};

pub(in crate::aws::elasticache) fn create(sent: shapes::CreateUserMessage) -> request::CreateUser {
    request::CreateUser {
        user_id: sent.user_id,
        user_name: sent.user_name,
        engine: sent.engine,
        passwords: passwords(sent.passwords),
        access_string: sent.access_string,
        no_password_required: sent.no_password_required,
        tags: tags(sent.tags),
        authentication_mode: sent.authentication_mode.map(mode),
    }
}

pub(in crate::aws::elasticache) fn modify(sent: shapes::ModifyUserMessage) -> request::ModifyUser {
    request::ModifyUser {
        access_string: sent.access_string,
        append_access_string: sent.append_access_string,
        passwords: passwords(sent.passwords),
        no_password_required: sent.no_password_required,
        authentication_mode: sent.authentication_mode.map(mode),
        engine: sent.engine,
    }
}

pub(in crate::aws::elasticache) fn describe(sent: shapes::DescribeUsersMessage) -> request::DescribeUsers {
    let filters = list(sent.filters)
        .into_iter()
        .map(|filter| request::Filter { name: filter.name.unwrap_or_default(), values: list(filter.values) });
    request::DescribeUsers { engine: sent.engine, user_id: sent.user_id, filters: filters.collect() }
}

fn mode(sent: shapes::AuthenticationMode) -> request::AuthenticationMode {
    request::AuthenticationMode {
        kind: sent.r#type.map(|kind| kind.as_str().to_owned()),
        passwords: passwords(sent.passwords),
    }
}

fn passwords(sent: Option<Vec<wire::Secret>>) -> Vec<Secret> {
    list(sent).into_iter().filter_map(|password| super::secret(Some(password))).collect()
}
