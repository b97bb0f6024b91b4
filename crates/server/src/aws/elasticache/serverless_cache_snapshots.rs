//! Snapshots of serverless caches.

use domain::ids::{Scope, ServerlessCacheName};
use domain::quota::Quotas;
use domain::rejection::Rejection;
use domain::serverless_cache::ServerlessCache;
use domain::serverless_cache_snapshot::validate::{self, Surroundings, made_in_a_day};
use domain::serverless_cache_snapshot::{
    Phase, ServerlessCacheSnapshot, ServerlessCacheSnapshotQuery, ServerlessCacheSnapshotRejection,
};
use jiff::Timestamp;
use models::elasticache::{ops, shapes};
use wire::{Fault, Handle};

use super::requests::serverless_cache as requests;
use super::serverless_caches::{self, Beside};
use super::{ElastiCache, view};
use crate::aws::fault::Refusal;
use crate::http::Cx;
use crate::reconcile::is_snapshotted;
use crate::store::{Key, World};

impl Handle<ops::CreateServerlessCacheSnapshot, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::CreateServerlessCacheSnapshotRequest,
    ) -> Result<shapes::CreateServerlessCacheSnapshotResponse, Fault> {
        let request = requests::create_snapshot(input);
        let (scope, now, served) = (cx.scope.clone(), cx.now, self.serverless_is_served().await);
        let quotas = self.quotas;
        let snapshot = self.store.transact(move |tx| {
            let asked = request.serverless_cache_name.as_deref().unwrap_or_default();
            let cache = serverless_caches::find(tx, &scope, asked)?;
            let (beside, busy) = (Beside::of(tx, &scope), is_snapshotted(tx, &scope, &cache.name));
            let world = surroundings(tx, &scope, &beside, &cache.name, quotas, now);
            let snapshot = validate::create(&request, cache, busy, &world, now)?;
            served?;
            tx.set(snapshot.clone());
            Ok::<_, Refusal>(snapshot)
        });
        let snapshot = view::serverless_cache_snapshot(&snapshot.await?);
        Ok(shapes::CreateServerlessCacheSnapshotResponse { serverless_cache_snapshot: Some(snapshot) })
    }
}

impl Handle<ops::CopyServerlessCacheSnapshot, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::CopyServerlessCacheSnapshotRequest,
    ) -> Result<shapes::CopyServerlessCacheSnapshotResponse, Fault> {
        let request = requests::copy_snapshot(input);
        let (scope, now, served) = (cx.scope.clone(), cx.now, self.serverless_is_served().await);
        let quotas = self.quotas;
        let snapshot = self.store.transact(move |tx| {
            let asked = request.source_serverless_cache_snapshot_name.as_deref().unwrap_or_default();
            let source = find(tx, &scope, asked)?;
            let beside = Beside::of(tx, &scope);
            let world = surroundings(tx, &scope, &beside, &source.cache, quotas, now);
            let copy = validate::copy(&request, source, &world, now)?;
            served?;
            tx.set(copy.clone());
            Ok::<_, Refusal>(copy)
        });
        let snapshot = view::serverless_cache_snapshot(&snapshot.await?);
        Ok(shapes::CopyServerlessCacheSnapshotResponse { serverless_cache_snapshot: Some(snapshot) })
    }
}

impl Handle<ops::DeleteServerlessCacheSnapshot, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DeleteServerlessCacheSnapshotRequest,
    ) -> Result<shapes::DeleteServerlessCacheSnapshotResponse, Fault> {
        let asked = input.serverless_cache_snapshot_name.unwrap_or_default();
        let (scope, served) = (cx.scope.clone(), self.serverless_is_served().await);
        let snapshot = self.store.transact(move |tx| {
            let mut snapshot = find(tx, &scope, &asked)?.clone();
            validate::available(&snapshot)?;
            served?;
            snapshot.phase = Phase::Deleting;
            tx.set(snapshot.clone());
            Ok::<_, Refusal>(snapshot)
        });
        let snapshot = view::serverless_cache_snapshot(&snapshot.await?);
        Ok(shapes::DeleteServerlessCacheSnapshotResponse { serverless_cache_snapshot: Some(snapshot) })
    }
}

impl Handle<ops::ExportServerlessCacheSnapshot, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::ExportServerlessCacheSnapshotRequest,
    ) -> Result<shapes::ExportServerlessCacheSnapshotResponse, Fault> {
        let request = requests::export_snapshot(input);
        let world = self.store.read();
        let asked = request.serverless_cache_snapshot_name.as_deref().unwrap_or_default();
        let snapshot = find(&world, &cx.scope, asked).map_err(Refusal::from)?;
        validate::export(&request, snapshot).map_err(Refusal::from)?;
        let snapshot = view::serverless_cache_snapshot(snapshot);
        Ok(shapes::ExportServerlessCacheSnapshotResponse { serverless_cache_snapshot: Some(snapshot) })
    }
}

impl Handle<ops::DescribeServerlessCacheSnapshots, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DescribeServerlessCacheSnapshotsRequest,
    ) -> Result<shapes::DescribeServerlessCacheSnapshotsResponse, Fault> {
        let query = ServerlessCacheSnapshotQuery::parse(requests::describe_snapshots(input));
        let query = query.map_err(Refusal::from)?;
        let world = self.store.read();
        let cache = query.cache.clone().map(|name| Key::new(cx.scope.clone(), name));
        let cache_is_there = cache.is_some_and(|key| world.get::<ServerlessCache>(&key).is_some());
        let page = match (&query.name, &query.cache) {
            (Some(name), None) => {
                query.select(world.get(&Key::new(cx.scope.clone(), name.clone())), cache_is_there)
            }
            (_, Some(cache)) => query.select(world.snapshots_of(&cx.scope, cache), cache_is_there),
            (None, None) => query.select(world.after(&cx.scope, query.after()), cache_is_there),
        };
        let page = page.map_err(Refusal::from)?;
        let list = self.elements.list(&page.items, 0, view::serverless_cache_snapshot);
        Ok(shapes::DescribeServerlessCacheSnapshotsResponse {
            next_token: page.marker,
            serverless_cache_snapshots: Some(list),
        })
    }
}

/// The snapshot that a request names, in any case.
fn find<'w>(world: &'w World, scope: &Scope, asked: &str) -> Result<&'w ServerlessCacheSnapshot, Rejection> {
    let name = validate::name_to_find(asked)?;
    let found = world.get::<ServerlessCacheSnapshot>(&Key::new(scope.clone(), name));
    let absent = || ServerlessCacheSnapshotRejection::NotFound(asked.to_owned()).into();
    found.map(|snapshot| &**snapshot).ok_or_else(absent)
}

/// What the rules ask of the world, for a request on snapshots of `cache`.
fn surroundings<'w>(
    world: &World,
    scope: &Scope,
    beside: &'w Beside<'w>,
    cache: &ServerlessCacheName,
    quotas: Quotas,
    now: Timestamp,
) -> Surroundings<'w> {
    let snapshots = world.snapshots_of(scope, cache).map(|snapshot| &**snapshot);
    Surroundings { neighbours: beside, made_in_a_day: made_in_a_day(snapshots, cache, now), quotas }
}
