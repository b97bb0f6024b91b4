//! User groups.
//!
//! As with users, a change settles in its own transaction where no engine is there that uses the group.

use dataplane::runtime::RuntimeKind;
use domain::ids::{Scope, UserId};
use domain::paging::PageRequest;
use domain::rejection::Rejection;
use domain::user::{LeastVersion, User};
use domain::user_group::validate::{self, Present, Users};
use domain::user_group::{UserGroup, UserGroupEvent, UserGroupRejection};
use models::elasticache::{ops, shapes};
use wire::{Fault, Handle};

use super::{ElastiCache, requests, users, view};
use crate::aws::fault::Refusal;
use crate::http::Cx;
use crate::store::{Key, Tx, World};

impl Handle<ops::CreateUserGroup, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::CreateUserGroupMessage,
    ) -> Result<shapes::UserGroup, Fault> {
        let request = requests::user_group::create(input);
        let (scope, quotas, now) = (cx.scope.clone(), self.quotas, cx.now);
        let created = self.store.transact(move |tx: &mut Tx<'_>| {
            let id = validate::new_id(request.user_group_id.as_deref())?;
            let present = Present {
                groups: tx.count::<UserGroup>(&scope),
                id_is_taken: tx.get::<UserGroup>(&Key::new(scope.clone(), id)).is_some(),
                quotas,
            };
            let known = Known { world: tx, scope: &scope };
            let group = validate::create(&request, scope.clone(), &known, present)?;
            let shown = shown(tx, &group);
            tx.tell(&scope, UserGroupEvent::Created.of(&group.id, now));
            tx.set(group.settled());
            Ok::<_, Refusal>(shown)
        });
        Ok(created.await?)
    }
}

impl Handle<ops::DescribeUserGroups, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DescribeUserGroupsMessage,
    ) -> Result<shapes::DescribeUserGroupsResult, Fault> {
        let page = PageRequest::parse(input.max_records, input.marker.as_deref()).map_err(Refusal::from)?;
        let world = self.store.read();
        let page = match &input.user_group_id {
            Some(asked) => {
                let group = named(&world, &cx.scope, Some(asked)).map_err(Refusal::from)?;
                page.page([group], |group| group.id.to_string())
            }
            None => page
                .page(world.after::<UserGroup>(&cx.scope, page.after()).map(|group| &**group), |group| {
                    group.id.to_string()
                }),
        };
        let groups = page.items.iter().map(|group| shown(&world, group));
        Ok(shapes::DescribeUserGroupsResult { user_groups: Some(groups.collect()), marker: page.marker })
    }
}

impl Handle<ops::ModifyUserGroup, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        mut input: shapes::ModifyUserGroupMessage,
    ) -> Result<shapes::UserGroup, Fault> {
        let asked = input.user_group_id.take();
        let request = requests::user_group::modify(input);
        let (scope, quotas, now) = (cx.scope.clone(), self.quotas, cx.now);
        let serving = self.serving.kind().await;
        let modified = self.store.transact(move |tx: &mut Tx<'_>| {
            let known = Known { world: tx, scope: &scope };
            let group = validate::modify(&request, named(tx, &scope, asked.as_deref())?, &known, quotas)?;
            let shown = shown(tx, &group);
            tx.tell(&scope, UserGroupEvent::Modified.of(&group.id, now));
            let told_to_engines =
                serving != RuntimeKind::None && tx.replication_groups_of(&scope, &group.id).next().is_some();
            if told_to_engines {
                for replicated in users::let_in_by(tx, &group) {
                    users::with_engines(tx, &group, &replicated.spec.member)?;
                }
            }
            tx.set(if told_to_engines { group } else { group.settled() });
            Ok::<_, Refusal>(shown)
        });
        Ok(modified.await?)
    }
}

impl Handle<ops::DeleteUserGroup, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DeleteUserGroupMessage,
    ) -> Result<shapes::UserGroup, Fault> {
        let (scope, now) = (cx.scope.clone(), cx.now);
        let deleted = self.store.transact(move |tx: &mut Tx<'_>| {
            let group = named(tx, &scope, input.user_group_id.as_deref())?;
            let uses = [replication_groups(tx, group), serverless_caches(tx, group)].concat();
            let group = validate::delete(group, &uses)?;
            let shown = shown(tx, &group);
            tx.tell(&scope, UserGroupEvent::Deleted.of(&group.id, now));
            tx.remove::<UserGroup>(Key::new(scope, group.id));
            Ok::<_, Refusal>(shown)
        });
        Ok(deleted.await?)
    }
}

/// The users of an account in a region.
struct Known<'w> {
    world: &'w World,
    scope: &'w Scope,
}

impl Users for Known<'_> {
    fn user(&self, id: &UserId) -> Option<User> {
        self.world.user(self.scope, id)
    }
}

/// The group that a request names.
fn named<'w>(world: &'w World, scope: &Scope, asked: Option<&str>) -> Result<&'w UserGroup, Rejection> {
    let asked = asked.ok_or(Rejection::Missing("UserGroupId"))?;
    let found = asked.parse().ok().and_then(|id| world.get::<UserGroup>(&Key::new(scope.clone(), id)));
    found.map(|group| &**group).ok_or_else(|| UserGroupRejection::NotFound(asked.to_owned()).into())
}

/// The replication groups that let the group's users in.
fn replication_groups(world: &World, group: &UserGroup) -> Vec<String> {
    world.replication_groups_of(&group.scope, &group.id).map(ToString::to_string).collect()
}

/// The serverless caches that let them in.
fn serverless_caches(world: &World, group: &UserGroup) -> Vec<String> {
    world.serverless_caches_of(&group.scope, &group.id).map(ToString::to_string).collect()
}

fn least_version(world: &World, group: &UserGroup) -> LeastVersion {
    let users: Vec<User> = group.user_ids.iter().filter_map(|id| world.user(&group.scope, id)).collect();
    group.minimum_engine_version(users.iter())
}

fn shown(world: &World, group: &UserGroup) -> shapes::UserGroup {
    let uses = (replication_groups(world, group), serverless_caches(world, group));
    view::user_group(group, least_version(world, group), uses)
}
