//! Users in the engines of replication groups: told while these run, and recorded as in force once all were told.

use std::collections::BTreeSet;
use std::sync::Arc;

use dataplane::runtime::RuntimeKind;
use domain::cluster::CacheCluster;
use domain::ids::{ReplicationGroupId, Scope};
use domain::replication_group::{MemberState, Members, Phase};
use domain::user::{User, UserEvent, UserPhase};
use domain::user_group::UserGroup;
use futures_util::future::join_all;

use super::Reconciler;
use super::admit::clients;
use super::replication::node_of;
use super::steps::StepError;
use crate::store::{GroupKey, Resource, StoreError, Tx, World};

impl Reconciler {
    /// Has the groups of the account and region looked at that let users in: some changed.
    pub(super) fn wake_users(self: &Arc<Self>, scope: &Scope) {
        let world = self.store.read();
        if !has_unsettled(&world, scope) {
            return;
        }
        let unsettled = world.unsettled_user_groups(scope);
        let users = world.unsettled_users(scope);
        let groups = users.iter().flat_map(|user| world.groups_of_user(scope, &user.id)).chain(&unsettled);
        let let_in = groups.flat_map(|group| world.replication_groups_of(scope, &group.id));
        let keys: BTreeSet<_> = let_in.map(|id| GroupKey::new(scope.clone(), id.clone())).collect();
        drop(world);
        for key in &keys {
            self.wake_group(key);
        }
    }

    /// Settles users and user groups that nobody is to be told of any more: the group that was went while Simfra ended.
    pub(super) async fn settle_all_users(&self) {
        let scopes: BTreeSet<Scope> = {
            let world = self.store.read();
            let users = world.all::<User>().map(|user| &user.scope);
            let groups = world.all::<UserGroup>().map(|group| &group.scope);
            users.chain(groups).cloned().collect()
        };
        for scope in &scopes {
            if let Err(error) = self.settle_users(scope).await {
                tracing::warn!(%scope, %error, "changes of users were not settled");
            }
        }
    }

    /// Tells those of a group's members that answer whom to let in, where they do not know.
    pub(super) async fn admit_members(&self, members: &Members) -> Result<(), StepError> {
        let answering = members.values().filter(|member| self.answering(member).is_some());
        let told = answering.filter(|member| !self.is_told(&self.store.read(), member)).map(async |member| {
            let node = node_of(member)?.id;
            self.within(member, self.admit(member, node)).await
        });
        join_all(told).await.into_iter().collect()
    }

    /// Whether the member was told whom to let in, as the rows are now.
    fn is_told(&self, world: &World, member: &CacheCluster) -> bool {
        let Ok(node) = node_of(member) else { return false };
        let clients = clients(world, member).fingerprint();
        self.observations.admits(&member.node_id(node.id), node.generation, &clients)
            && self.is_proxied(world, member)
    }

    /// Whether every engine of the group that lets clients in was told of its users. One that is being created is told
    /// before the group is available.
    fn knows_its_users(&self, world: &World, scope: &Scope, group: &ReplicationGroupId) -> bool {
        let key = GroupKey::new(scope.clone(), group.clone());
        let Some(group) = world.replication_group(&key) else { return true };
        if matches!(group.phase, Phase::Creating | Phase::CreateFailed { .. } | Phase::Deleting) {
            return true;
        }
        let members = world.members(group);
        let serving = group.members().filter(|member| member.state == MemberState::Serving);
        let mut serving = serving.filter_map(|member| members.get(&member.cluster));
        serving.all(|member| self.is_told(world, member))
    }

    /// Records which changes of users and user groups are in force wherever they are let in.
    pub(super) async fn settle_users(&self, scope: &Scope) -> Result<(), StoreError> {
        let (users, groups) = {
            let world = self.store.read();
            if !has_unsettled(&world, scope) {
                return Ok(());
            }
            let in_force = |group: &UserGroup| {
                self.runtime.kind() == RuntimeKind::None
                    || world
                        .replication_groups_of(scope, &group.id)
                        .all(|id| self.knows_its_users(&world, scope, id))
            };
            let is_known = |user: &User| world.groups_of_user(scope, &user.id).all(|group| in_force(group));
            let (mut users, mut groups) = (world.unsettled_users(scope), world.unsettled_user_groups(scope));
            users.retain(|user| is_known(user));
            groups.retain(|group| in_force(group));
            (users, groups)
        };
        if users.is_empty() && groups.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let work = move |tx: &mut Tx<'_>| {
            // What changed since is another change.
            for group in groups {
                if tx.get::<UserGroup>(&group.key()) == Some(&group) {
                    tx.set(UserGroup::clone(&group).settled());
                }
            }
            for user in users {
                if tx.get::<User>(&user.key()) != Some(&user) {
                    continue;
                }
                if user.phase == UserPhase::Deleting {
                    tx.forget_user(&user);
                    tx.tell(&user.scope, UserEvent::Deleted.of(&user.id, now));
                } else {
                    tx.set(User::clone(&user).settled());
                }
            }
            Ok::<_, StoreError>(())
        };
        self.store.transact(work).await
    }
}

fn has_unsettled(world: &World, scope: &Scope) -> bool {
    !world.unsettled_users(scope).is_empty() || !world.unsettled_user_groups(scope).is_empty()
}
