//! Tags of resources, by ARN.

use domain::arn::{Arn, ResourceType};
use domain::cluster::{CacheCluster, validate};
use domain::rejection::Rejection;
use domain::tag::Tags;
use models::elasticache::{ops, shapes};
use wire::{Fault, Handle};

use super::{ElastiCache, requests, view};
use crate::aws::fault::Refusal;
use crate::http::Cx;
use crate::store::{ClusterKey, Tx, World};

impl Handle<ops::ListTagsForResource, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::ListTagsForResourceMessage,
    ) -> Result<shapes::TagListMessage, Fault> {
        let arn = input.resource_name.unwrap_or_default();
        let world = self.store.read();
        let tags = tagged(&world, &arn, cx).map_err(Refusal::from)?.map(|cluster| cluster.spec.tags.clone());
        Ok(view::tags(&tags.unwrap_or_default()))
    }
}

impl Handle<ops::AddTagsToResource, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::AddTagsToResourceMessage,
    ) -> Result<shapes::TagListMessage, Fault> {
        let added = requests::tags(input.tags);
        self.retag(cx, input.resource_name.unwrap_or_default(), move |tags| tags.with(&added)).await
    }
}

impl Handle<ops::RemoveTagsFromResource, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::RemoveTagsFromResourceMessage,
    ) -> Result<shapes::TagListMessage, Fault> {
        let keys = input.tag_keys.unwrap_or_default();
        self.retag(cx, input.resource_name.unwrap_or_default(), move |tags| tags.without(&keys)).await
    }
}

impl ElastiCache {
    async fn retag(
        &self,
        cx: &Cx,
        arn: String,
        change: impl FnOnce(&Tags) -> Result<Tags, Rejection> + Send + 'static,
    ) -> Result<shapes::TagListMessage, Fault> {
        let cx = cx.clone();
        let tags = self.store.transact(move |tx: &mut Tx<'_>| {
            let Some(mut cluster) = tagged(tx, &arn, &cx)? else {
                return Err(Refusal::from(Rejection::TagOnDefault(arn)));
            };
            cluster.spec.tags = change(&cluster.spec.tags)?;
            let tags = cluster.spec.tags.clone();
            tx.put_cluster(cluster);
            Ok(tags)
        });
        Ok(view::tags(&tags.await?))
    }
}

/// The cluster that `arn` names; none where it names a default group, which has no tags and takes none.
fn tagged(world: &World, arn: &str, cx: &Cx) -> Result<Option<CacheCluster>, Rejection> {
    let parsed = Arn::parse(arn, &cx.scope)?;
    let absent = || Rejection::TaggedNotFound { resource: parsed.resource, id: parsed.id.to_string() };
    match parsed.resource {
        ResourceType::Cluster => {
            let id = parsed.id.parse().map_err(|_| absent())?;
            let cluster = world.cluster(&ClusterKey { scope: cx.scope.clone(), id }).ok_or_else(absent)?;
            validate::tagging(cluster)?;
            Ok(Some(CacheCluster::clone(cluster)))
        }
        ResourceType::ParameterGroup if super::parameter_groups::find(&parsed.id).is_some() => Ok(None),
        ResourceType::SubnetGroup if super::subnet_groups::find(&cx.scope, &parsed.id).is_some() => Ok(None),
        _ => Err(absent()),
    }
}
