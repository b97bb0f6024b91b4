//! Users: the account's `default`, and its own.
//!
//! A change of a user is in force when every engine that lets it in has been told, which the reconciler sees to. Where
//! there is no such engine it settles in its own transaction.

use std::borrow::Cow;
use std::sync::Arc;

use dataplane::runtime::RuntimeKind;
use domain::cluster::ClusterSpec;
use domain::ids::Scope;
use domain::paging::{PageRequest, merged};
use domain::rejection::Rejection;
use domain::replication_group::ReplicationGroup;
use domain::user::validate::{self, Present};
use domain::user::{User, UserEngine, UserEvent, UserQuery, UserRejection};
use domain::user_group::{self, UserGroup};
use models::elasticache::{ops, shapes};
use wire::{Fault, Handle};

use super::{ElastiCache, requests, view};
use crate::aws::fault::Refusal;
use crate::http::Cx;
use crate::store::{GroupKey, Tx, World};

impl Handle<ops::CreateUser, Cx> for ElastiCache {
    async fn handle(&self, cx: &Cx, input: shapes::CreateUserMessage) -> Result<shapes::User, Fault> {
        let request = requests::user::create(input);
        let (scope, quotas, now) = (cx.scope.clone(), self.quotas, cx.now);
        let user = self.store.transact(move |tx| {
            let id = validate::new_id(request.user_id.as_deref())?;
            let present = Present {
                users: tx.count::<User>(&scope),
                id_is_taken: tx.user(&scope, &id).is_some(),
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
        let id = |user: &Cow<'_, User>| user.id.to_string();
        let page = if let Some(asked) = &query.user_id {
            let user = named(&world, &cx.scope, Some(asked)).map_err(Refusal::from)?;
            page.page([Cow::Owned(user)].into_iter().filter(|user| query.matches(user)), id)
        } else {
            let own = world.after::<User>(&cx.scope, page.after()).map(|user| Cow::Borrowed(&**user));
            let users = merged([Cow::Owned(User::default_of(&cx.scope))], own, id);
            page.page(users.filter(|user| query.matches(user)), id)
        };
        let shown = page.items.iter().map(|user| {
            let groups: Vec<_> =
                world.groups_of_user(&cx.scope, &user.id).map(|group| group.id.clone()).collect();
            view::user(user, &groups)
        });
        Ok(shapes::DescribeUsersResult { users: Some(shown.collect()), marker: page.marker })
    }
}

impl Handle<ops::ModifyUser, Cx> for ElastiCache {
    async fn handle(&self, cx: &Cx, mut input: shapes::ModifyUserMessage) -> Result<shapes::User, Fault> {
        let asked = input.user_id.take();
        let request = requests::user::modify(input);
        let (scope, now, serving) = (cx.scope.clone(), cx.now, self.serving.kind().await);
        let modified = self.store.transact(move |tx| {
            let user = named(tx, &scope, asked.as_deref())?;
            let changing = validate::modify(&request, &user)?;
            let mut groups = Vec::new();
            for group in tx.groups_of_user(&scope, &user.id) {
                user_group::validate::keeps(group, &changing)?;
                groups.push(group.id.clone());
            }
            let told_to_engines = serving != RuntimeKind::None && is_let_in(tx, &changing);
            if told_to_engines {
                for group in tx.groups_of_user(&scope, &user.id).flat_map(|group| let_in_by(tx, group)) {
                    validate::with_engines(&changing, &group.spec.member)?;
                }
            }
            let changed = changing.clone();
            tx.set(if told_to_engines { changed } else { changed.settled() });
            tx.tell(&scope, UserEvent::Modified.of(&changing.id, now));
            Ok::<_, Refusal>((changing, groups))
        });
        let (user, groups) = modified.await?;
        Ok(view::user(&user, &groups))
    }
}

impl Handle<ops::DeleteUser, Cx> for ElastiCache {
    async fn handle(&self, cx: &Cx, input: shapes::DeleteUserMessage) -> Result<shapes::User, Fault> {
        let (scope, now, serving) = (cx.scope.clone(), cx.now, self.serving.kind().await);
        let deleted = self.store.transact(move |tx: &mut Tx<'_>| {
            let user = named(tx, &scope, input.user_id.as_deref())?;
            let groups: Vec<_> = tx.groups_of_user(&scope, &user.id).cloned().collect();
            let needs_it = |group: &UserGroup| user.is_named_default() && group.engine == UserEngine::Redis;
            let default_of = groups.iter().find(|group| needs_it(group)).map(|group| group.id.as_str());
            let deleting = validate::delete(&user, default_of)?;
            if serving != RuntimeKind::None && is_let_in(tx, &user) {
                tx.set(deleting.clone());
            } else {
                tx.forget_user(&user);
                tx.tell(&scope, UserEvent::Deleted.of(&deleting.id, now));
            }
            let groups: Vec<_> = groups.iter().map(|group| group.id.clone()).collect();
            Ok::<_, Refusal>((deleting, groups))
        });
        let (user, groups) = deleted.await?;
        Ok(view::user(&user, &groups))
    }
}

/// Whether a replication group lets the user in, or is to.
fn is_let_in(world: &World, user: &User) -> bool {
    let mut groups = world.groups_of_user(&user.scope, &user.id);
    groups.any(|group| world.replication_groups_of(&user.scope, &group.id).next().is_some())
}

/// Whether the engines of a replication group whose members are such can be told of all the group's users.
pub(super) fn with_engines(world: &World, group: &UserGroup, member: &ClusterSpec) -> Result<(), Rejection> {
    let ids = group.user_ids_to_be();
    ids.iter()
        .filter_map(|id| world.user(&group.scope, id))
        .try_for_each(|user| validate::with_engines(&user, member))
}

/// The replication groups that let the group in.
pub(super) fn let_in_by<'w>(
    world: &'w World,
    group: &'w UserGroup,
) -> impl Iterator<Item = &'w Arc<ReplicationGroup>> {
    let ids = world.replication_groups_of(&group.scope, &group.id);
    ids.filter_map(|id| world.replication_group(&GroupKey::new(group.scope.clone(), id.clone())))
}

/// The user that a request names.
fn named(world: &World, scope: &Scope, asked: Option<&str>) -> Result<User, Rejection> {
    let asked = asked.ok_or(Rejection::Missing("UserId"))?;
    let found = asked.parse().ok().and_then(|id| world.user(scope, &id));
    found.ok_or_else(|| UserRejection::NotFound(asked.to_owned()).into())
}
