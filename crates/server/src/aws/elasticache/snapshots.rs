//! Snapshots of cache clusters and replication groups.

use std::sync::Arc;

use dataplane::runtime::RuntimeKind;
use domain::cluster::{CacheCluster, DeleteCacheCluster, validate as of_clusters};
use domain::ids::Scope;
use domain::quota::Quotas;
use domain::rejection::{Rejection, Unbuilt};
use domain::replication_group::{DeleteReplicationGroup, NodeGroup, ReplicationGroup, validate as of_groups};
use domain::snapshot::validate::{self, Asked, Surroundings};
use domain::snapshot::{self, NewCopy, Phase, Snapshot, SnapshotQuery, SnapshotRejection, Use};
use jiff::Timestamp;
use models::elasticache::{ops, shapes};
use wire::{Fault, Handle};

use super::ElastiCache;
use super::requests::snapshot as requests;
use super::view::{self, Shards};
use crate::aws::fault::Refusal;
use crate::http::Cx;
use crate::store::{ClusterKey, GroupKey, Key, Resource, Tx, World};

impl Handle<ops::CreateSnapshot, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::CreateSnapshotMessage,
    ) -> Result<shapes::CreateSnapshotResult, Fault> {
        let (scope, now, quotas) = (cx.scope.clone(), cx.now, self.quotas);
        let request = requests::create(input);
        let written = request.cache_cluster_id.clone().or(request.replication_group_id.clone());
        let (new, asked) = validate::create(request, now).map_err(Refusal::from)?;
        let served = self.without_engines(Unbuilt::Snapshots).await;
        let snapshot = self.store.transact(move |tx| {
            let written = written.unwrap_or_default();
            let snapshot = match asked {
                Asked::Cluster(id) => {
                    let cluster = tx.cluster(&ClusterKey::new(scope.clone(), id)).cloned();
                    let cluster = cluster.ok_or(Rejection::CacheClusterNotFound(written))?;
                    let group = group_of(tx, &cluster);
                    let snapshot = new.of_cluster(&cluster, group.as_deref());
                    let world = surroundings(tx, &snapshot, quotas);
                    validate::of_cluster(&snapshot, &cluster, group.as_deref(), &world)?;
                    snapshot
                }
                Asked::Group(id) => {
                    let group = tx.replication_group(&GroupKey::new(scope.clone(), id));
                    let group = group.ok_or(Rejection::ReplicationGroupNotFound(written))?;
                    let snapshot = new.of_group(group, &tx.members(group), NodeGroup::snapshot_source);
                    validate::of_group(&snapshot, group, &surroundings(tx, &snapshot, quotas))?;
                    snapshot
                }
            };
            served?;
            tx.begin_snapshot(snapshot.clone());
            Ok::<_, Refusal>(snapshot)
        });
        let snapshot = view::snapshot(&snapshot.await?, Shards::Hidden);
        Ok(shapes::CreateSnapshotResult { snapshot: Some(snapshot) })
    }
}

impl Handle<ops::CopySnapshot, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::CopySnapshotMessage,
    ) -> Result<shapes::CopySnapshotResult, Fault> {
        let (scope, quotas) = (cx.scope.clone(), self.quotas);
        let request = requests::copy(input);
        let asked = request.source_snapshot_name.clone().unwrap_or_default();
        let new = NewCopy::parse(request, cx.now).map_err(Refusal::from)?;
        let served = self.without_engines(Unbuilt::Snapshots).await;
        let copy = self.store.transact(move |tx| {
            let source = find(tx, &scope, &asked)?.clone();
            new.export(&source)?;
            let copy = new.of(&source);
            snapshot::copy(&copy, &source, &surroundings(tx, &copy, quotas))?;
            served?;
            tx.use_snapshot(&scope, source.name.as_str(), Use::Copy(copy.name.clone()));
            tx.set(copy.clone());
            Ok::<_, Refusal>(copy)
        });
        let snapshot = view::snapshot(&copy.await?, Shards::Hidden);
        Ok(shapes::CopySnapshotResult { snapshot: Some(snapshot) })
    }
}

impl Handle<ops::DeleteSnapshot, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DeleteSnapshotMessage,
    ) -> Result<shapes::DeleteSnapshotResult, Fault> {
        let asked = input.snapshot_name.unwrap_or_default();
        let (scope, served) = (cx.scope.clone(), self.without_engines(Unbuilt::Snapshots).await);
        let snapshot = self.store.transact(move |tx| {
            let mut snapshot = find(tx, &scope, &asked)?.clone();
            tx.end_uses(&mut snapshot);
            validate::delete(&snapshot)?;
            served?;
            snapshot.phase = Phase::Deleting;
            tx.set(snapshot.clone());
            Ok::<_, Refusal>(snapshot)
        });
        let snapshot = view::snapshot(&snapshot.await?, Shards::Hidden);
        Ok(shapes::DeleteSnapshotResult { snapshot: Some(snapshot) })
    }
}

impl Handle<ops::DescribeSnapshots, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DescribeSnapshotsMessage,
    ) -> Result<shapes::DescribeSnapshotsListMessage, Fault> {
        let shards = if input.show_node_group_config == Some(true) { Shards::Shown } else { Shards::Hidden };
        let query = SnapshotQuery::parse(requests::describe(input)).map_err(Refusal::from)?;
        let world = self.store.read();
        let cluster = query.cluster.clone().map(|id| ClusterKey::new(cx.scope.clone(), id));
        let cluster_is_there = cluster.is_some_and(|key| world.get::<CacheCluster>(&key).is_some());
        let page = match &query.name {
            Some(name) => {
                let named = world.get::<Snapshot>(&Key::new(cx.scope.clone(), name.clone()));
                query.select(named, cluster_is_there)
            }
            None => match query.subject() {
                Some(id) => query.select(world.taken_of(&cx.scope, &id), cluster_is_there),
                None => query.select(world.after(&cx.scope, query.after()), cluster_is_there),
            },
        };
        let page = page.map_err(Refusal::from)?;
        let list = self.elements.list(&page.items, shards, |row| view::snapshot(row, shards));
        Ok(shapes::DescribeSnapshotsListMessage { marker: page.marker, snapshots: Some(list) })
    }
}

/// What a deletion that asks for a last snapshot does before anything else.
impl ElastiCache {
    /// DeleteCacheCluster with `FinalSnapshotIdentifier`, of a cluster that is no member.
    pub(super) async fn delete_after_snapshot(
        &self,
        cx: &Cx,
        request: DeleteCacheCluster,
        name: String,
    ) -> Result<CacheCluster, Refusal> {
        let (scope, now, quotas) = (cx.scope.clone(), cx.now, self.quotas);
        let served = self.without_engines(Unbuilt::FinalSnapshot).await;
        let asked = request.cache_cluster_id.clone().unwrap_or_default();
        let id = of_clusters::id_to_find(Some(&asked))?;
        let work = move |tx: &mut Tx<'_>| {
            let cluster = tx.cluster(&ClusterKey::new(scope, id)).cloned();
            let cluster = cluster.ok_or(Rejection::CacheClusterNotFound(asked))?;
            of_clusters::delete(&request, &cluster)?;
            let snapshot = last_of_member(tx, &name, &cluster, quotas, now)?;
            served?;
            let mut deleted = CacheCluster::clone(&cluster);
            deleted.discard();
            tx.put_cluster(deleted.clone());
            tx.begin_snapshot(snapshot);
            Ok(deleted)
        };
        self.store.transact(work).await
    }

    /// DeleteReplicationGroup with `FinalSnapshotIdentifier`.
    pub(super) async fn delete_group_after_snapshot(
        &self,
        cx: &Cx,
        request: DeleteReplicationGroup,
        name: String,
    ) -> Result<ReplicationGroup, Refusal> {
        let (scope, now, quotas) = (cx.scope.clone(), cx.now, self.quotas);
        let served = self.without_engines(Unbuilt::FinalSnapshot).await;
        let asked = request.replication_group_id.clone().unwrap_or_default();
        let id = of_groups::id_to_find(Some(&asked))?;
        let work = move |tx: &mut Tx<'_>| {
            let group = tx.replication_group(&GroupKey::new(scope, id));
            let mut group = ReplicationGroup::clone(group.ok_or(Rejection::ReplicationGroupNotFound(asked))?);
            let retained = of_groups::delete(&request, &group)?;
            let snapshot = last_of_group(tx, &name, &group, quotas, now)?;
            served?;
            let before = tx.members(&group);
            let mut members = before.clone();
            let deleted = group.delete(retained.as_ref(), &mut members);
            deleted.map_err(|wrong| of_groups::state(&group, &wrong))?;
            tx.put_group(group.clone(), &before, members);
            tx.begin_snapshot(snapshot);
            Ok(group)
        };
        self.store.transact(work).await
    }

    /// Whether automatic snapshots are there, where so many days ask for some.
    pub(super) async fn serves_automatic_snapshots(&self, days: Option<i32>) -> Result<(), Rejection> {
        match days {
            Some(1..) => self.without_engines(Unbuilt::AutomaticSnapshots).await,
            _ => Ok(()),
        }
    }

    /// Whether restores are there, where a snapshot's name asks for one.
    pub(super) async fn serves_restores(&self, name: Option<&str>) -> Result<(), Rejection> {
        match name {
            Some(_) => self.without_engines(Unbuilt::SnapshotName).await,
            None => Ok(()),
        }
    }

    /// Whether `what` is there: with engines it is not yet.
    pub(super) async fn without_engines(&self, what: Unbuilt) -> Result<(), Rejection> {
        match self.serving.kind().await {
            RuntimeKind::None => Ok(()),
            RuntimeKind::Docker | RuntimeKind::Process => Err(Rejection::NotYet(what)),
        }
    }
}

/// The last snapshot of a cluster that is to be deleted, a member or not.
pub(super) fn last_of_member(
    world: &World,
    name: &str,
    cluster: &CacheCluster,
    quotas: Quotas,
    now: Timestamp,
) -> Result<Snapshot, Rejection> {
    let group = group_of(world, cluster);
    let snapshot = validate::last(name, now)?.of_cluster(cluster, group.as_deref());
    validate::of_cluster(&snapshot, cluster, group.as_deref(), &surroundings(world, &snapshot, quotas))?;
    Ok(snapshot)
}

/// The last snapshot of a group that is to be deleted with its `members`.
fn last_of_group(
    world: &World,
    name: &str,
    group: &ReplicationGroup,
    quotas: Quotas,
    now: Timestamp,
) -> Result<Snapshot, Rejection> {
    let snapshot = validate::last(name, now)?.last_of_group(group, &world.members(group))?;
    validate::last_of_group(&snapshot, group, &surroundings(world, &snapshot, quotas))?;
    Ok(snapshot)
}

fn group_of(world: &World, cluster: &CacheCluster) -> Option<Arc<ReplicationGroup>> {
    world.replication_group(&GroupKey::of_member(cluster)?).cloned()
}

/// The snapshot that a request names, in any case.
fn find<'w>(world: &'w World, scope: &Scope, asked: &str) -> Result<&'w Snapshot, Rejection> {
    let name = validate::name_to_find(asked)?;
    let found = world.get::<Snapshot>(&Key::new(scope.clone(), name));
    let absent = || SnapshotRejection::NotFound(asked.to_owned()).into();
    found.map(|snapshot| &**snapshot).ok_or_else(absent)
}

/// What the rules ask of the world, for the snapshot `new`.
fn surroundings(world: &World, new: &Snapshot, quotas: Quotas) -> Surroundings {
    let is_there = world.get::<Snapshot>(&new.key()).is_some();
    let of_it = world.taken_of(&new.scope, new.subject.id()).map(|snapshot| &**snapshot);
    Surroundings::of(new, is_there, of_it, quotas)
}
