//! DescribeUsers: which users a request asks for.

use super::{DescribeUsers, User, UserEngine, UserRejection};
use crate::rejection::Rejection;

/// A property that a filter looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Property {
    UserId,
    UserName,
    Engine,
    Status,
}

/// A checked [`DescribeUsers`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserQuery {
    /// The one user that is asked for.
    pub user_id: Option<String>,
    engine: Option<UserEngine>,
    filters: Vec<(Property, Vec<String>)>,
}

impl UserQuery {
    /// The request, checked.
    ///
    /// # Errors
    /// For an engine without users, and a filter by a property that there is not.
    pub fn parse(request: DescribeUsers) -> Result<Self, Rejection> {
        let filters = request.filters.into_iter().map(|filter| {
            let property = match filter.name.as_str() {
                "UserId" => Property::UserId,
                "UserName" => Property::UserName,
                "Engine" => Property::Engine,
                "Status" => Property::Status,
                _ => return Err(UserRejection::Filter(filter.name)),
            };
            Ok((property, filter.values))
        });
        Ok(Self {
            filters: filters.collect::<Result<_, _>>()?,
            engine: request.engine.as_deref().map(UserEngine::parse).transpose()?,
            user_id: request.user_id,
        })
    }

    /// Whether it asks for `user`: every filter has a value that fits.
    pub fn matches(&self, user: &User) -> bool {
        let has = |property: Property, value: &String| match property {
            Property::UserId => user.id.as_str() == value,
            Property::UserName => user.name == *value,
            Property::Engine => user.engine.as_str().eq_ignore_ascii_case(value),
            Property::Status => user.phase.status() == value,
        };
        self.engine.is_none_or(|engine| engine == user.engine)
            && self.user_id.as_ref().is_none_or(|id| user.id.as_str() == id)
            && self.filters.iter().all(|(property, values)| values.iter().any(|value| has(*property, value)))
    }
}
