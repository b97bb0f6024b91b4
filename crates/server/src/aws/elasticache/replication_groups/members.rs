//! What operations on cache clusters do to replication groups' members.

use domain::cluster::{CacheCluster, CreateCacheCluster, DeleteCacheCluster};
use domain::ids::CacheClusterId;
use domain::rejection::{Rejection, Unbuilt};
use domain::replication_group::{ReplicationGroup, validate};

use super::{Beside, surroundings};
use crate::aws::elasticache::ElastiCache;
use crate::aws::elasticache::snapshots::last_of_member;
use crate::aws::fault::Refusal;
use crate::http::Cx;
use crate::store::{ClusterKey, GroupKey, Tx, World};

impl ElastiCache {
    /// CreateCacheCluster with `ReplicationGroupId`: a replica more for the group.
    pub(in crate::aws::elasticache) async fn create_replica(
        &self,
        cx: &Cx,
        request: CreateCacheCluster,
    ) -> Result<CacheCluster, Refusal> {
        let (place, now) = (self.place(cx), cx.now);
        let name = domain::cluster::validate::id_to_name(request.cache_cluster_id.as_deref())?;
        let asked = request.replication_group_id.clone();
        domain::cluster::validate::replica_parameters(&request, asked.as_deref().unwrap_or_default())?;
        let group = self.change_replication_group(cx, asked, {
            let name = name.clone();
            move |tx, group, members| {
                let (groups, beside) = (tx.groups(&place.scope), Beside::of(tx, &place.scope));
                let world = surroundings(&place, &groups, &beside, None, now);
                let (to, tags) = validate::replica(&request, group, &world)?;
                let shard = group.node_groups.first().map(|node_group| node_group.id);
                group.add_replicas(
                    &shard.map(|shard| (shard, vec![to])).into_iter().collect(),
                    members,
                    &world,
                )?;
                if let Some(replica) = members.get_mut(&name) {
                    replica.spec.tags = tags;
                }
                Ok(Vec::new())
            }
        });
        let group = group.await?;
        let world = self.store.read();
        let replica = world.cluster(&ClusterKey::new(group.scope, name.clone()));
        Ok(CacheCluster::clone(replica.ok_or(Rejection::CacheClusterNotFound(name.to_string()))?))
    }

    /// DeleteCacheCluster of a member; none where the cluster is no member.
    pub(in crate::aws::elasticache) async fn delete_member(
        &self,
        cx: &Cx,
        id: &CacheClusterId,
        request: &DeleteCacheCluster,
    ) -> Result<Option<CacheCluster>, Refusal> {
        let key = ClusterKey::new(cx.scope.clone(), id.clone());
        let (request, now, quotas) = (request.clone(), cx.now, self.quotas);
        let served = match request.final_snapshot_identifier {
            Some(_) => self.without_engines(Unbuilt::FinalSnapshot).await,
            None => Ok(()),
        };
        self.store
            .transact(move |tx| {
                let Some((cluster, mut group)) = member(tx, &key) else { return Ok(None) };
                validate::delete_member(&cluster, &group)?;
                domain::cluster::validate::delete(&request, &cluster)?;
                let last = request.final_snapshot_identifier.as_deref();
                let last = last.map(|name| last_of_member(tx, name, &cluster, quotas, now)).transpose()?;
                served?;
                let before = tx.members(&group);
                let mut members = before.clone();
                group.remove_replicas(std::slice::from_ref(&cluster.id), &mut members)?;
                let replica = members.get(&cluster.id).cloned();
                tx.put_group(group, &before, members);
                if let Some(last) = last {
                    tx.begin_snapshot(last);
                }
                Ok(replica)
            })
            .await
    }
}

/// The cluster and the group that it is a member of.
fn member(world: &World, key: &ClusterKey) -> Option<(CacheCluster, ReplicationGroup)> {
    let cluster = world.cluster(key)?;
    let group = world.replication_group(&GroupKey::of_member(cluster)?)?;
    Some((CacheCluster::clone(cluster), ReplicationGroup::clone(group)))
}

/// Refuses an operation that members do not take by themselves: all but the reboot of a member without cluster mode.
pub(in crate::aws::elasticache) fn refuse_members(
    tx: &Tx<'_>,
    cluster: &CacheCluster,
    operation: &'static str,
) -> Result<(), Rejection> {
    let Some(key) = GroupKey::of_member(cluster) else { return Ok(()) };
    let Some(group) = tx.replication_group(&key) else { return Ok(()) };
    if operation == "RebootCacheCluster" && !group.spec.cluster_mode.is_on() {
        return Ok(());
    }
    Err(validate::not_for_members(operation, cluster, group))
}
