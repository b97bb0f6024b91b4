//! Users: the account's `default`, and its own.
//!
//! A change of a user is in force when every engine that lets it in has been told. Until replication groups let users in
//! there is no such engine, so that a change settles in its own transaction.

use std::borrow::Cow;
use std::collections::HashMap;
use std::iter;

use domain::ids::{Scope, UserGroupId, UserId};
use domain::paging::PageRequest;
use domain::rejection::Rejection;
use domain::user::validate::{self, Present};
use domain::user::{DEFAULT, User, UserEngine, UserEvent, UserQuery, UserRejection};
use domain::user_group::{self, UserGroup};
use models::elasticache::{ops, shapes};
use wire::{Fault, Handle};

use super::{ElastiCache, requests, view};
use crate::aws::fault::Refusal;
use crate::http::Cx;
use crate::store::{Key, Tx, World};

impl Handle<ops::CreateUser, Cx> for ElastiCache {
    async fn handle(&self, cx: &Cx, input: shapes::CreateUserMessage) -> Result<shapes::User, Fault> {
        let request = requests::user::create(input);
        let (scope, quotas, now) = (cx.scope.clone(), self.quotas, cx.now);
        let user = self.store.transact(move |tx| {
            let id = validate::new_id(request.user_id.as_deref())?;
            let present = Present {
                users: tx.count::<User>(&scope),
                id_is_taken: find(tx, &scope, &id).is_some(),
                quotas,
            };
            let user = validate::create(&request, scope, present)?;
            tx.tell(&user.scope, UserEvent::Created.of(&user.id, now));
            tx.set(user.clone());
            Ok::<_, Refusal>(user)
        });
        Ok(view::user(&user.await?, &[]))
    }
}

impl Handle<ops::DescribeUsers, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DescribeUsersMessage,
    ) -> Result<shapes::DescribeUsersResult, Fault> {
        let page = PageRequest::parse(input.max_records, input.marker.as_deref()).map_err(Refusal::from)?;
        let query = UserQuery::parse(requests::user::describe(input)).map_err(Refusal::from)?;
        let world = self.store.read();
        if let Some(asked) = &query.user_id {
            named(&world, &cx.scope, Some(asked)).map_err(Refusal::from)?;
        }
        let own = world.of::<User>(&cx.scope).map(|user| Cow::Borrowed(&**user));
        let mut users: Vec<_> = iter::once(Cow::Owned(User::default_of(&cx.scope))).chain(own).collect();
        users.retain(|user| query.matches(user));
        users.sort_by(|a, b| a.id.cmp(&b.id));
        let page = page.page(users, |user| user.id.to_string());
        let groups = groups_by_user(&world, &cx.scope);
        let shown =
            page.items.iter().map(|user| view::user(user, groups.get(&user.id).map_or(&[], Vec::as_slice)));
        Ok(shapes::DescribeUsersResult { users: Some(shown.collect()), marker: page.marker })
    }
}

impl Handle<ops::ModifyUser, Cx> for ElastiCache {
    async fn handle(&self, cx: &Cx, mut input: shapes::ModifyUserMessage) -> Result<shapes::User, Fault> {
        let asked = input.user_id.take();
        let request = requests::user::modify(input);
        let (scope, now) = (cx.scope.clone(), cx.now);
        let modified = self.store.transact(move |tx| {
            let user = named(tx, &scope, asked.as_deref())?;
            let changing = validate::modify(&request, &user)?;
            let mut groups = Vec::new();
            for group in tx.of::<UserGroup>(&scope).filter(|group| group.has(&user.id)) {
                user_group::validate::keeps(group, &changing)?;
                groups.push(group.id.clone());
            }
            tx.set(changing.clone().settled());
            tx.tell(&scope, UserEvent::Modified.of(&changing.id, now));
            Ok::<_, Refusal>((changing, groups))
        });
        let (user, groups) = modified.await?;
        Ok(view::user(&user, &groups))
    }
}

impl Handle<ops::DeleteUser, Cx> for ElastiCache {
    async fn handle(&self, cx: &Cx, input: shapes::DeleteUserMessage) -> Result<shapes::User, Fault> {
        let (scope, now) = (cx.scope.clone(), cx.now);
        let deleted = self.store.transact(move |tx: &mut Tx<'_>| {
            let user = named(tx, &scope, input.user_id.as_deref())?;
            let groups: Vec<_> =
                tx.of::<UserGroup>(&scope).filter(|group| group.has(&user.id)).cloned().collect();
            let needs_it = |group: &UserGroup| user.is_named_default() && group.engine == UserEngine::Redis;
            let default_of = groups.iter().find(|group| needs_it(group)).map(|group| group.id.as_str());
            let deleting = validate::delete(&user, default_of)?;
            for group in &groups {
                tx.set(UserGroup::clone(group).without(&user.id));
            }
            tx.remove::<User>(Key::new(scope.clone(), user.id));
            tx.tell(&scope, UserEvent::Deleted.of(&deleting.id, now));
            let groups: Vec<_> = groups.iter().map(|group| group.id.clone()).collect();
            Ok::<_, Refusal>((deleting, groups))
        });
        let (user, groups) = deleted.await?;
        Ok(view::user(&user, &groups))
    }
}

/// The user with this id: the account's own, or the one that every account has.
pub(super) fn find(world: &World, scope: &Scope, id: &UserId) -> Option<User> {
    if id.as_str() == DEFAULT {
        return Some(User::default_of(scope));
    }
    world.get::<User>(&Key::new(scope.clone(), id.clone())).map(|user| User::clone(user))
}

/// The user that a request names.
fn named(world: &World, scope: &Scope, asked: Option<&str>) -> Result<User, Rejection> {
    let asked = asked.ok_or(Rejection::Missing("UserId"))?;
    let found = asked.parse().ok().and_then(|id| find(world, scope, &id));
    found.ok_or_else(|| UserRejection::NotFound(asked.to_owned()).into())
}

/// Which groups each user is in.
fn groups_by_user(world: &World, scope: &Scope) -> HashMap<UserId, Vec<UserGroupId>> {
    let mut groups = HashMap::<UserId, Vec<UserGroupId>>::new();
    for group in world.of::<UserGroup>(scope) {
        for user in &group.user_ids {
            groups.entry(user.clone()).or_default().push(group.id.clone());
        }
    }
    groups
}
