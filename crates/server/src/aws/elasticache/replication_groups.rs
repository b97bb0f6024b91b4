//! Replication groups.

mod changes;
mod members;

use std::cell::LazyCell;

use dataplane::runtime::RuntimeKind;
use domain::addresses::Addresses;
use domain::cluster::{CacheCluster, Secret};
use domain::event::{GroupEvent, Told};
use domain::global_replication_group::validate as of_globals;
use domain::ids::{CacheClusterId, ReplicationGroupId, Scope, UserGroupId};
use domain::node::VpcKey;
use domain::rejection::Rejection;
use domain::replication_group::{
    GroupQuery, Members, Neighbours, ReplicationGroup, ReplicationGroupSpec, Surroundings, validate,
};
use domain::snapshot::Use;
use domain::user_group::UserGroup;
use jiff::Timestamp;
use models::elasticache::{ops, shapes};
use wire::{Fault, Handle};

pub(super) use members::refuse_members;

use super::clusters::Place;
use super::{ElastiCache, requests::replication_group as requests};
use super::{users, view};
use crate::aws::fault::Refusal;
use crate::http::Cx;
use crate::store::{ClusterKey, GroupKey, Key, Tx, Watched, World, WorldGroups};

impl Handle<ops::CreateReplicationGroup, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::CreateReplicationGroupMessage,
    ) -> Result<shapes::CreateReplicationGroupResult, Fault> {
        let request = requests::create(input);
        if request.global_replication_group_id.is_some() {
            let group = self.create_secondary(cx, request).await?;
            return Ok(shapes::CreateReplicationGroupResult {
                replication_group: Some(self.group_view(&group)),
            });
        }
        let (place, now, serving) = (self.place(cx), cx.now, self.serving.kind().await);
        let restores = self.serves_restores(request.snapshot_name.as_deref()).await;
        let group = self.store.transact(move |tx| {
            let id = request.replication_group_id.as_deref().and_then(|id| id.parse().ok());
            let (group, members) = {
                let (groups, beside) = (tx.groups(&place.scope), Beside::of(tx, &place.scope));
                let world = surroundings(&place, &groups, &beside, id.as_ref(), now);
                let new = validate::create(&request, &world)?;
                if serving != RuntimeKind::None {
                    validate::with_engines(&new.spec)?;
                    users_with_engines(tx, &place.scope, &new.spec)?;
                }
                restores?;
                new.place(&place.scope, &world, now)?
            };
            if let Some(notice) = request.auth_token.as_ref().and_then(Secret::notice) {
                tracing::warn!(group = %group.id, "{notice}");
                let notice = Told::Group(GroupEvent::Notice(notice.to_string()));
                tx.tell(&group.scope, notice.of(&group.id, now));
            }
            tx.put_group(group.clone(), &Members::new(), members);
            if let Some(name) = &request.snapshot_name {
                tx.use_snapshot(&group.scope, name, Use::Group(group.id.clone()));
            }
            Ok::<_, Refusal>(group)
        });
        Ok(shapes::CreateReplicationGroupResult { replication_group: Some(self.group_view(&group.await?)) })
    }
}

impl Handle<ops::DescribeReplicationGroups, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DescribeReplicationGroupsMessage,
    ) -> Result<shapes::ReplicationGroupMessage, Fault> {
        let query = GroupQuery::parse(&requests::describe(input)).map_err(Refusal::from)?;
        if let (Some(patience), Some(id)) = (&cx.patience, &query.id) {
            patience.wait(self.group_settled(GroupKey::new(cx.scope.clone(), id.clone()))).await;
        }
        let world = self.store.read();
        let page = match &query.id {
            Some(id) => query.select(world.replication_group(&GroupKey::new(cx.scope.clone(), id.clone()))),
            None => query.select(world.after(&cx.scope, query.after())),
        };
        let page = page.map_err(Refusal::from)?;
        let names = LazyCell::new(|| self.naming.of(&cx.scope));
        let list = self.elements.list(&page.items, 0, |group| view::replication_group(group, &names));
        Ok(shapes::ReplicationGroupMessage { marker: page.marker, replication_groups: Some(list) })
    }
}

impl Handle<ops::DeleteReplicationGroup, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DeleteReplicationGroupMessage,
    ) -> Result<shapes::DeleteReplicationGroupResult, Fault> {
        let request = requests::delete(input);
        validate::id_to_name(request.replication_group_id.as_deref()).map_err(Refusal::from)?;
        let id = request.replication_group_id.clone();
        if let Some(name) = request.final_snapshot_identifier.clone() {
            let group = self.delete_group_after_snapshot(cx, request, name).await?;
            return Ok(shapes::DeleteReplicationGroupResult {
                replication_group: Some(self.group_view(&group)),
            });
        }
        let group = self.change_replication_group(cx, id, move |_, group, members| {
            of_globals::stands_alone(group)?;
            let retained = validate::delete(&request, group)?;
            group.delete(retained.as_ref(), members).map_err(|wrong| validate::state(group, &wrong))?;
            Ok(Vec::new())
        });
        Ok(shapes::DeleteReplicationGroupResult { replication_group: Some(self.group_view(&group.await?)) })
    }
}

impl ElastiCache {
    pub(super) fn group_view(&self, group: &ReplicationGroup) -> shapes::ReplicationGroup {
        view::replication_group(group, &self.naming.of(&group.scope))
    }

    /// Waits until nothing is under way for the group, or it is gone.
    async fn group_settled(&self, key: GroupKey) {
        let look = |world: &World| world.replication_group(&key).is_none_or(|group| group.is_settled());
        self.store.until(Watched::ReplicationGroup(key.clone()), look).await;
    }

    /// Changes the group that a request names and its members, with the events of it; answers it as it then is.
    pub(super) async fn change_replication_group<F>(
        &self,
        cx: &Cx,
        id: Option<String>,
        change: F,
    ) -> Result<ReplicationGroup, Refusal>
    where
        F: FnOnce(&Tx<'_>, &mut ReplicationGroup, &mut Members) -> Result<Vec<Told>, Rejection>
            + Send
            + 'static,
    {
        let (scope, now) = (cx.scope.clone(), cx.now);
        let asked = id.unwrap_or_default();
        let id: ReplicationGroupId = validate::id_to_find(Some(&asked))?;
        self.store
            .transact(move |tx| {
                let current = tx.replication_group(&GroupKey::new(scope, id));
                let current = current.ok_or(Rejection::ReplicationGroupNotFound(asked))?;
                let mut group = ReplicationGroup::clone(current);
                let before = tx.members(&group);
                let mut members = before.clone();
                let told = change(tx, &mut group, &mut members)?;
                tx.tell_group(&group, &told, now);
                tx.put_group(group.clone(), &before, members);
                Ok(group)
            })
            .await
    }
}

/// Whether engines can be told of the users that a group of this spec lets in.
fn users_with_engines(world: &World, scope: &Scope, spec: &ReplicationGroupSpec) -> Result<(), Rejection> {
    let groups = spec.user_group_ids.iter().filter_map(|id| id.parse().ok());
    let mut groups = groups.filter_map(|id| world.get::<UserGroup>(&Key::new(scope.clone(), id)));
    groups.try_for_each(|group| users::with_engines(world, group, &spec.member))
}

/// The resources that a request on a group may name.
#[derive(Debug)]
pub(super) struct Beside<'w> {
    world: &'w World,
    scope: &'w Scope,
}

impl<'w> Beside<'w> {
    pub(super) fn of(world: &'w World, scope: &'w Scope) -> Self {
        Self { world, scope }
    }
}

impl Neighbours for Beside<'_> {
    fn cluster(&self, id: &CacheClusterId) -> Option<&CacheCluster> {
        self.world.cluster(&ClusterKey::new(self.scope.clone(), id.clone())).map(|cluster| &**cluster)
    }

    fn addresses(&self, vpc: &VpcKey) -> &Addresses {
        self.world.addresses(vpc)
    }

    fn user_group(&self, id: &UserGroupId) -> Option<&UserGroup> {
        self.world.get::<UserGroup>(&Key::new(self.scope.clone(), id.clone())).map(|group| &**group)
    }
}

/// What the rules ask of the world, for a request on the group `id` at the time `now`.
pub(super) fn surroundings<'w>(
    place: &'w Place,
    groups: &'w WorldGroups<'w>,
    beside: &'w Beside<'w>,
    id: Option<&ReplicationGroupId>,
    now: Timestamp,
) -> Surroundings<'w> {
    let world = beside.world;
    let key = id.map(|id| GroupKey::new(place.scope.clone(), id.clone()));
    Surroundings {
        of_clusters: place.surroundings(groups, None, world),
        neighbours: beside,
        id_is_taken: key.is_some_and(|key| world.replication_group(&key).is_some()),
        test_failovers: world.test_failovers(&place.scope, now),
    }
}
