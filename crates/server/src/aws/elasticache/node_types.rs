//! To which node types a cache can be scaled.

use domain::cluster::validate as of_clusters;
use domain::engine_version::EngineVersion;
use domain::node_type::AllowedModifications;
use domain::rejection::Rejection;
use domain::replication_group::validate as of_groups;
use models::elasticache::{ops, shapes};
use wire::{Fault, Handle};

use super::ElastiCache;
use crate::aws::fault::Refusal;
use crate::http::Cx;
use crate::store::{ClusterKey, GroupKey};

impl Handle<ops::ListAllowedNodeTypeModifications, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::ListAllowedNodeTypeModificationsMessage,
    ) -> Result<shapes::AllowedNodeTypeModificationsMessage, Fault> {
        let allowed = self.allowed(cx, input).map_err(Refusal::from)?;
        let names = |list: Vec<&'static str>| Some(list.into_iter().map(str::to_owned).collect());
        Ok(shapes::AllowedNodeTypeModificationsMessage {
            scale_up_modifications: names(allowed.up),
            scale_down_modifications: names(allowed.down),
        })
    }
}

impl ElastiCache {
    fn allowed(
        &self,
        cx: &Cx,
        input: shapes::ListAllowedNodeTypeModificationsMessage,
    ) -> Result<AllowedModifications, Rejection> {
        let world = self.store.read();
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        let spec = match (filled(input.cache_cluster_id), filled(input.replication_group_id)) {
            (Some(_), Some(_)) => return Err(Rejection::Exclusive("CacheClusterId", "ReplicationGroupId")),
            (None, None) => return Err(Rejection::Missing("CacheClusterId or ReplicationGroupId")),
            (Some(id), None) => {
                let key = ClusterKey::new(cx.scope.clone(), of_clusters::id_to_find(Some(&id))?);
                &world.cluster(&key).ok_or(Rejection::CacheClusterNotFound(id))?.spec
            }
            (None, Some(id)) => {
                let key = GroupKey::new(cx.scope.clone(), of_groups::id_to_find(Some(&id))?);
                let group = world.replication_group(&key);
                &group.ok_or(Rejection::ReplicationGroupNotFound(id))?.spec.member
            }
        };
        let version = EngineVersion::reported(spec.engine, &spec.engine_version);
        Ok(version.map(|version| spec.cache_node_type.allowed_modifications(version)).unwrap_or_default())
    }
}
