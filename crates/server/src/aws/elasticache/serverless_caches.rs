//! Serverless caches: without engines so far.

use dataplane::runtime::RuntimeKind;
use domain::ids::{Scope, ServerlessCacheName, ServerlessCacheSnapshotName};
use domain::rejection::{Rejection, Unbuilt};
use domain::serverless_cache::validate::{self, Neighbours, Surroundings};
use domain::serverless_cache::{ServerlessCache, ServerlessCacheQuery, ServerlessCacheRejection};
use domain::serverless_cache_snapshot::ServerlessCacheSnapshot;
use domain::tag::Tags;
use domain::user_group::UserGroup;
use models::elasticache::{ops, shapes};
use wire::{Fault, Handle};

use super::clusters::Place;
use super::requests::serverless_cache as requests;
use super::{ElastiCache, view};
use crate::aws::fault::Refusal;
use crate::http::Cx;
use crate::reconcile::is_snapshotted;
use crate::store::{Key, World, WorldGroups};

impl Handle<ops::CreateServerlessCache, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::CreateServerlessCacheRequest,
    ) -> Result<shapes::CreateServerlessCacheResponse, Fault> {
        let request = requests::create(input);
        let (place, now, served) = (self.place(cx), cx.now, self.serverless_is_served().await);
        let cache = self.store.transact(move |tx| {
            let name = request.serverless_cache_name.as_deref().and_then(|name| name.parse().ok());
            let cache = {
                let (groups, beside) = (tx.groups(&place.scope), Beside::of(tx, &place.scope));
                validate::create(&request, &surroundings(&place, &groups, &beside, name.as_ref(), now))?
            };
            served?;
            tx.set(cache.clone());
            Ok::<_, Refusal>(cache)
        });
        let cache = self.serverless_view(&cache.await?);
        Ok(shapes::CreateServerlessCacheResponse { serverless_cache: Some(cache) })
    }
}

impl Handle<ops::DescribeServerlessCaches, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DescribeServerlessCachesRequest,
    ) -> Result<shapes::DescribeServerlessCachesResponse, Fault> {
        let query = ServerlessCacheQuery::parse(&requests::describe(input)).map_err(Refusal::from)?;
        let world = self.store.read();
        let page = match &query.name {
            Some(name) => query.select(world.get(&Key::new(cx.scope.clone(), name.clone()))),
            None => query.select(world.after(&cx.scope, query.after())),
        };
        let page = page.map_err(Refusal::from)?;
        let names = self.naming.of(&cx.scope);
        let list = self.elements.list(&page.items, 0, |cache| view::serverless_cache(cache, &names));
        Ok(shapes::DescribeServerlessCachesResponse {
            next_token: page.marker,
            serverless_caches: Some(list),
        })
    }
}

impl Handle<ops::ModifyServerlessCache, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::ModifyServerlessCacheRequest,
    ) -> Result<shapes::ModifyServerlessCacheResponse, Fault> {
        let request = requests::modify(input);
        let (place, now, served) = (self.place(cx), cx.now, self.serverless_is_served().await);
        let cache = self.store.transact(move |tx| {
            let asked = request.serverless_cache_name.as_deref().unwrap_or_default();
            let mut cache = ServerlessCache::clone(find(tx, &place.scope, asked)?);
            let change = {
                let (groups, beside) = (tx.groups(&place.scope), Beside::of(tx, &place.scope));
                let world = surroundings(&place, &groups, &beside, Some(&cache.name), now);
                validate::modify(&request, &cache, is_snapshotted(tx, &place.scope, &cache.name), &world)?
            };
            served?;
            if let Some(change) = change {
                cache.modify(change, now);
                tx.set(cache.clone());
            }
            Ok::<_, Refusal>(cache)
        });
        let cache = self.serverless_view(&cache.await?);
        Ok(shapes::ModifyServerlessCacheResponse { serverless_cache: Some(cache) })
    }
}

impl Handle<ops::DeleteServerlessCache, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DeleteServerlessCacheRequest,
    ) -> Result<shapes::DeleteServerlessCacheResponse, Fault> {
        let request = requests::delete(input);
        let (scope, now, served) = (cx.scope.clone(), cx.now, self.serverless_is_served().await);
        let cache = self.store.transact(move |tx| {
            let asked = request.serverless_cache_name.as_deref().unwrap_or_default();
            let mut cache = ServerlessCache::clone(find(tx, &scope, asked)?);
            let busy = is_snapshotted(tx, &scope, &cache.name);
            let last = validate::delete(&request, &cache, busy, &Beside::of(tx, &scope))?;
            served?;
            if let Some(name) = last {
                // It is made before the cache goes.
                tx.set(cache.snapshot(name, None, Tags::default(), now));
            }
            cache.delete();
            tx.set(cache.clone());
            Ok::<_, Refusal>(cache)
        });
        let cache = self.serverless_view(&cache.await?);
        Ok(shapes::DeleteServerlessCacheResponse { serverless_cache: Some(cache) })
    }
}

impl ElastiCache {
    pub(super) fn serverless_view(&self, cache: &ServerlessCache) -> shapes::ServerlessCache {
        view::serverless_cache(cache, &self.naming.of(&cache.scope))
    }

    /// Whether serverless caches are there: with engines they are not yet.
    pub(super) async fn serverless_is_served(&self) -> Result<(), Rejection> {
        match self.serving.kind().await {
            RuntimeKind::None => Ok(()),
            RuntimeKind::Docker | RuntimeKind::Process => Err(Rejection::NotYet(Unbuilt::ServerlessCaches)),
        }
    }
}

/// The cache that a request names, in any case.
pub(super) fn find<'w>(
    world: &'w World,
    scope: &Scope,
    asked: &str,
) -> Result<&'w ServerlessCache, Rejection> {
    let name = validate::name_to_find(asked)?;
    let found = world.get::<ServerlessCache>(&Key::new(scope.clone(), name));
    found.map(|cache| &**cache).ok_or_else(|| ServerlessCacheRejection::NotFound(asked.to_owned()).into())
}

/// The resources that a request may name.
#[derive(Clone, Copy)]
pub(super) struct Beside<'w> {
    world: &'w World,
    scope: &'w Scope,
}

impl std::fmt::Debug for Beside<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the resources of {}", self.scope)
    }
}

impl<'w> Beside<'w> {
    pub(super) fn of(world: &'w World, scope: &'w Scope) -> Self {
        Self { world, scope }
    }
}

impl Neighbours for Beside<'_> {
    fn has_user_group(&self, id: &str) -> bool {
        let key = id.parse().ok().map(|id| Key::new(self.scope.clone(), id));
        key.is_some_and(|key| self.world.get::<UserGroup>(&key).is_some())
    }

    fn snapshot(&self, name: &ServerlessCacheSnapshotName) -> Option<&ServerlessCacheSnapshot> {
        self.world
            .get::<ServerlessCacheSnapshot>(&Key::new(self.scope.clone(), name.clone()))
            .map(|row| &**row)
    }
}

/// What the rules ask of the world, for a request on the cache `name`.
fn surroundings<'w>(
    place: &'w Place,
    groups: &'w WorldGroups<'w>,
    beside: &'w Beside<'w>,
    name: Option<&ServerlessCacheName>,
    now: jiff::Timestamp,
) -> Surroundings<'w> {
    let key = name.map(|name| Key::new(place.scope.clone(), name.clone()));
    Surroundings {
        scope: &place.scope,
        groups,
        neighbours: beside,
        name_is_taken: key.is_some_and(|key| beside.world.get::<ServerlessCache>(&key).is_some()),
        caches: beside.world.count::<ServerlessCache>(&place.scope),
        quotas: place.quotas,
        draw: place.draw,
        now,
    }
}
