//! Cache clusters.

use std::cell::LazyCell;

use domain::cluster::{CacheCluster, ClusterQuery, Phase, WrongPhase, validate};
use domain::cluster::{Secret, Surroundings};
use domain::event::ClusterEvent;
use domain::ids::{CacheClusterId, Scope};
use domain::quota::Quotas;
use domain::rejection::Rejection;
use domain::snapshot::Use;
use models::elasticache::{ops, shapes};
use wire::{Fault, Handle};

use super::replication_groups::refuse_members;
use super::view::{self, Nodes};
use super::{ElastiCache, requests};
use crate::aws::fault::Refusal;
use crate::http::Cx;
use crate::store::{ClusterKey, Tx, Watched, World, WorldGroups};

impl Handle<ops::CreateCacheCluster, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::CreateCacheClusterMessage,
    ) -> Result<shapes::CreateCacheClusterResult, Fault> {
        let request = requests::create(input);
        if request.replication_group_id.is_some() {
            let replica = self.create_replica(cx, request).await?;
            return Ok(shapes::CreateCacheClusterResult { cache_cluster: Some(self.view(&replica)) });
        }
        let (place, now) = (self.place(cx), cx.now);
        let snapshots = self.serves_automatic_snapshots(request.snapshot_retention_limit).await;
        let restores = self.serves_restores(request.snapshot_name.as_deref()).await;
        let cluster = self.store.transact(move |tx| {
            let id = request.cache_cluster_id.as_deref().and_then(|id| id.parse().ok());
            let groups = tx.groups(&place.scope);
            let surroundings = place.surroundings(&groups, id.as_ref(), tx);
            let (id, spec) = validate::create(&request, &surroundings)?;
            snapshots.and(restores)?;
            let nodes = spec.place(surroundings.ground(&spec, tx.addresses(&spec.vpc)))?;
            let cluster = CacheCluster::new(place.scope, id, spec, nodes);
            if let Some(notice) = request.auth_token.as_ref().and_then(Secret::notice) {
                tracing::warn!(cluster = %cluster.id, "{notice}");
                tx.tell(&cluster.scope, notice.of(&cluster.id, now));
            }
            tx.put_cluster(cluster.clone());
            if let Some(name) = &request.snapshot_name {
                tx.use_snapshot(&cluster.scope, name, Use::Cluster(cluster.id.clone()));
            }
            Ok::<_, Refusal>(cluster)
        });
        Ok(shapes::CreateCacheClusterResult { cache_cluster: Some(self.view(&cluster.await?)) })
    }
}

impl Handle<ops::DescribeCacheClusters, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DescribeCacheClustersMessage,
    ) -> Result<shapes::CacheClusterMessage, Fault> {
        let query = ClusterQuery::parse(&requests::describe(input)).map_err(Refusal::from)?;
        let nodes = if query.with_nodes { Nodes::Shown } else { Nodes::Hidden };
        if let (Some(patience), Some(id)) = (&cx.patience, &query.id) {
            patience.wait(self.settled(ClusterKey { scope: cx.scope.clone(), id: id.clone() })).await;
        }
        let world = self.store.read();
        let page = if let Some(id) = &query.id {
            // One by id costs what it costs however many there are.
            query.select(world.cluster(&ClusterKey { scope: cx.scope.clone(), id: id.clone() }))
        } else {
            query.select(world.after(&cx.scope, query.after()))
        };
        let page = page.map_err(Refusal::from)?;
        let names = LazyCell::new(|| self.naming.of(&cx.scope));
        let list = self.elements.list(&page.items, nodes, |cluster| view::cluster(cluster, &names, nodes));
        Ok(shapes::CacheClusterMessage { marker: page.marker, cache_clusters: Some(list) })
    }
}

impl Handle<ops::ModifyCacheCluster, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::ModifyCacheClusterMessage,
    ) -> Result<shapes::ModifyCacheClusterResult, Fault> {
        let request = requests::modify(input);
        let place = self.place(cx);
        let (id, now) = (request.cache_cluster_id.clone(), cx.now);
        let snapshots = self.serves_automatic_snapshots(request.snapshot_retention_limit).await;
        let cluster = self.change(cx, id, "modification", move |tx, cluster| {
            refuse_members(tx, cluster, "ModifyCacheCluster")?;
            let groups = tx.groups(&place.scope);
            let surroundings = place.surroundings(&groups, Some(&cluster.id), tx);
            let change = validate::modify(&request, cluster, &surroundings, now)?;
            snapshots?;
            let ground = surroundings.ground(&change.spec, tx.addresses(&change.spec.vpc));
            let added = change.place(cluster, ground)?;
            let notice = request.auth_token.as_ref().and_then(Secret::notice);
            if let Some(notice) = &notice {
                tracing::warn!(cluster = %cluster.id, "{notice}");
            }
            Ok(cluster.modify(change, added).map(|events| events.into_iter().chain(notice).collect()))
        });
        Ok(shapes::ModifyCacheClusterResult { cache_cluster: Some(self.view(&cluster.await?)) })
    }
}

impl Handle<ops::RebootCacheCluster, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::RebootCacheClusterMessage,
    ) -> Result<shapes::RebootCacheClusterResult, Fault> {
        let request = requests::reboot(input);
        let id = request.cache_cluster_id.clone();
        let cluster = self.change(cx, id, "reboot", move |tx, cluster| {
            refuse_members(tx, cluster, "RebootCacheCluster")?;
            let nodes = validate::reboot(&request, cluster)?;
            Ok(cluster.reboot(&nodes))
        });
        let mut view = self.view(&cluster.await?);
        view.cache_cluster_status = Some(Phase::REBOOT_REPLY_STATUS.to_owned());
        Ok(shapes::RebootCacheClusterResult { cache_cluster: Some(view) })
    }
}

impl Handle<ops::DeleteCacheCluster, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DeleteCacheClusterMessage,
    ) -> Result<shapes::DeleteCacheClusterResult, Fault> {
        let request = requests::delete(input);
        let name = validate::id_to_name(request.cache_cluster_id.as_deref()).map_err(Refusal::from)?;
        if let Some(replica) = self.delete_member(cx, &name, &request).await? {
            return Ok(shapes::DeleteCacheClusterResult { cache_cluster: Some(self.view(&replica)) });
        }
        if let Some(name) = request.final_snapshot_identifier.clone() {
            let cluster = self.delete_after_snapshot(cx, request, name).await?;
            return Ok(shapes::DeleteCacheClusterResult { cache_cluster: Some(self.view(&cluster)) });
        }
        let id = request.cache_cluster_id.clone();
        let cluster = self.change(cx, id, "deletion", move |_, cluster| {
            validate::delete(&request, cluster)?;
            Ok(cluster.delete().map(|()| Vec::new()))
        });
        Ok(shapes::DeleteCacheClusterResult { cache_cluster: Some(self.view(&cluster.await?)) })
    }
}

impl ElastiCache {
    fn view(&self, cluster: &CacheCluster) -> shapes::CacheCluster {
        view::cluster(cluster, &self.naming.of(&cluster.scope), Nodes::Hidden)
    }

    /// Waits until nothing is under way for the cluster, or it is gone.
    async fn settled(&self, key: ClusterKey) {
        let look = |world: &World| world.cluster(&key).is_none_or(|cluster| cluster.is_settled());
        self.store.until(Watched::Cluster(key.clone()), look).await;
    }

    pub(super) fn place(&self, cx: &Cx) -> Place {
        Place { scope: cx.scope.clone(), quotas: self.quotas, draw: self.ids.draw() }
    }

    /// Changes the cluster that a request names, with the events of it; answers it as it then is.
    async fn change<F>(
        &self,
        cx: &Cx,
        id: Option<String>,
        purpose: &'static str,
        change: F,
    ) -> Result<CacheCluster, Refusal>
    where
        F: FnOnce(&Tx<'_>, &mut CacheCluster) -> Result<Result<Vec<ClusterEvent>, WrongPhase>, Rejection>
            + Send
            + 'static,
    {
        let (scope, now) = (cx.scope.clone(), cx.now);
        let asked = id.unwrap_or_default();
        let id: CacheClusterId = validate::id_to_find(Some(&asked))?;
        self.store
            .transact(move |tx| {
                let key = ClusterKey { scope, id };
                let current = tx.cluster(&key).ok_or(Rejection::CacheClusterNotFound(asked))?;
                let mut cluster = CacheCluster::clone(current);
                // Validation has asked the phase already; the transition table has the last word.
                let state = |wrong: WrongPhase| Rejection::ClusterState {
                    cluster: key.id.clone(),
                    status: wrong.status,
                    purpose,
                };
                let events = change(tx, &mut cluster)?.map_err(state)?;
                for event in events {
                    tx.tell(&key.scope, event.of(&cluster.id, now));
                }
                tx.put_cluster(cluster.clone());
                Ok(cluster)
            })
            .await
    }
}

/// Where a request is, and what it takes along into its transaction.
pub(super) struct Place {
    pub(super) scope: Scope,
    pub(super) quotas: Quotas,
    pub(super) draw: u64,
}

impl Place {
    /// What the rules ask of the world, for a request on `id`.
    pub(super) fn surroundings<'w>(
        &'w self,
        groups: &'w WorldGroups<'w>,
        id: Option<&CacheClusterId>,
        world: &World,
    ) -> Surroundings<'w> {
        let key = id.map(|id| ClusterKey::new(self.scope.clone(), id.clone()));
        Surroundings {
            scope: &self.scope,
            groups,
            id_is_taken: key.is_some_and(|key| world.cluster(&key).is_some()),
            nodes: world.node_count(&self.scope),
            quotas: self.quotas,
            draw: self.draw,
        }
    }
}
