//! Tags of resources, by ARN.

use domain::arn::{Arn, ResourceType};
use domain::cluster::{CacheCluster, validate};
use domain::global_replication_group::GlobalReplicationGroup;
use domain::parameter_group::OwnParameterGroup;
use domain::rejection::Rejection;
use domain::replication_group::{ReplicationGroup, validate as of_groups};
use domain::reserved_node::ReservedCacheNode;
use domain::serverless_cache::{ServerlessCache, ServerlessCacheEvent, validate as of_serverless};
use domain::serverless_cache_snapshot::{ServerlessCacheSnapshot, validate as of_snapshots};
use domain::snapshot::Snapshot;
use domain::subnet_group::{CacheSubnetGroup, OwnSubnetGroup};
use domain::tag::Tags;
use domain::user::{self, User};
use domain::user_group::{self, UserGroup};
use jiff::Timestamp;
use models::elasticache::{ops, shapes};
use wire::{Fault, Handle};

use super::{ElastiCache, requests, view};
use crate::aws::fault::Refusal;
use crate::http::Cx;
use crate::store::{GlobalKey, GroupKey, Key, Resource, Tx, World};

impl Handle<ops::ListTagsForResource, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::ListTagsForResourceMessage,
    ) -> Result<shapes::TagListMessage, Fault> {
        let arn = input.resource_name.unwrap_or_default();
        let world = self.store.read();
        let target = Target::named(&world, &arn, cx).map_err(Refusal::from)?;
        Ok(view::tags(&target.tags(&world).map_err(Refusal::from)?))
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
        let tags =
            self.store.transact(move |tx: &mut Tx<'_>| Ok::<_, Refusal>(change_tags(tx, &cx, &arn, change)?));
        Ok(view::tags(&tags.await?))
    }
}

/// Gives the resource that `arn` names the tags that `change` makes of those that it has.
pub(in crate::aws) fn change_tags(
    tx: &mut Tx<'_>,
    cx: &Cx,
    arn: &str,
    change: impl FnOnce(&Tags) -> Result<Tags, Rejection>,
) -> Result<Tags, Rejection> {
    let target = Target::named(tx, arn, cx)?;
    target.retag(tx, arn.to_owned(), cx.now, change)
}

/// A resource that an ARN names: one line a kind, here and below.
enum Target {
    Cluster(Key<<CacheCluster as Resource>::Id>),
    ReplicationGroup(GroupKey),
    GlobalReplicationGroup(GlobalKey),
    ParameterGroup(Key<<OwnParameterGroup as Resource>::Id>),
    ReservedNode(Key<<ReservedCacheNode as Resource>::Id>),
    User(Key<<User as Resource>::Id>),
    UserGroup(Key<<UserGroup as Resource>::Id>),
    SubnetGroup(Key<<OwnSubnetGroup as Resource>::Id>),
    ServerlessCache(Key<<ServerlessCache as Resource>::Id>),
    ServerlessCacheSnapshot(Key<<ServerlessCacheSnapshot as Resource>::Id>),
    Snapshot(Key<<Snapshot as Resource>::Id>),
    /// A default group or user, which has no tags and takes none.
    Default,
}

impl Target {
    /// What `arn` names, if it is there.
    fn named(world: &World, arn: &str, cx: &Cx) -> Result<Self, Rejection> {
        let parsed = Arn::parse(arn, &cx.scope)?;
        let absent = || Rejection::TaggedNotFound { resource: parsed.resource, id: parsed.id.to_string() };
        match parsed.resource {
            ResourceType::Cluster => key::<CacheCluster>(world, cx, &parsed.id).map(Self::Cluster),
            ResourceType::ReplicationGroup => {
                key::<ReplicationGroup>(world, cx, &parsed.id).map(Self::ReplicationGroup)
            }
            ResourceType::GlobalReplicationGroup => {
                let key = parsed.id.parse().ok().map(|id| GlobalKey::of_id(&cx.scope, &id));
                key.filter(|key| world.get::<GlobalReplicationGroup>(key).is_some())
                    .map(Self::GlobalReplicationGroup)
            }
            ResourceType::ParameterGroup => match super::parameter_groups::find(world, &cx.scope, &parsed.id)
            {
                Some(group) if group.is_default() => Some(Self::Default),
                _ => key::<OwnParameterGroup>(world, cx, &parsed.id).map(Self::ParameterGroup),
            },
            ResourceType::ReservedNode => {
                key::<ReservedCacheNode>(world, cx, &parsed.id).map(Self::ReservedNode)
            }
            ResourceType::User if &*parsed.id == user::DEFAULT => Some(Self::Default),
            ResourceType::User => key::<User>(world, cx, &parsed.id).map(Self::User),
            ResourceType::UserGroup => key::<UserGroup>(world, cx, &parsed.id).map(Self::UserGroup),
            ResourceType::SubnetGroup if CacheSubnetGroup::default_name().as_str() == &*parsed.id => {
                Some(Self::Default)
            }
            ResourceType::SubnetGroup => key::<OwnSubnetGroup>(world, cx, &parsed.id).map(Self::SubnetGroup),
            ResourceType::ServerlessCache => {
                key::<ServerlessCache>(world, cx, &parsed.id).map(Self::ServerlessCache)
            }
            ResourceType::ServerlessCacheSnapshot => {
                key::<ServerlessCacheSnapshot>(world, cx, &parsed.id).map(Self::ServerlessCacheSnapshot)
            }
            ResourceType::Snapshot => key::<Snapshot>(world, cx, &parsed.id).map(Self::Snapshot),
            _ => None,
        }
        .ok_or_else(absent)
    }

    fn tags(&self, world: &World) -> Result<Tags, Rejection> {
        match self {
            Self::Cluster(key) => tags_of(world, key, validate::tagging),
            Self::ReplicationGroup(key) => tags_of(world, key, of_groups::tagging),
            Self::GlobalReplicationGroup(key) => tags_of::<GlobalReplicationGroup>(world, key, |_| Ok(())),
            Self::ParameterGroup(key) => tags_of::<OwnParameterGroup>(world, key, |_| Ok(())),
            Self::ReservedNode(key) => tags_of::<ReservedCacheNode>(world, key, |_| Ok(())),
            Self::User(key) => tags_of(world, key, user::validate::tagging),
            Self::UserGroup(key) => tags_of(world, key, user_group::validate::tagging),
            Self::SubnetGroup(key) => tags_of::<OwnSubnetGroup>(world, key, |_| Ok(())),
            Self::ServerlessCache(key) => tags_of(world, key, of_serverless::tagging),
            Self::ServerlessCacheSnapshot(key) => tags_of(world, key, of_snapshots::available),
            Self::Snapshot(key) => tags_of::<Snapshot>(world, key, |_| Ok(())),
            Self::Default => Ok(Tags::default()),
        }
    }

    fn retag(
        &self,
        tx: &mut Tx<'_>,
        arn: String,
        now: Timestamp,
        change: impl FnOnce(&Tags) -> Result<Tags, Rejection>,
    ) -> Result<Tags, Rejection> {
        let tags = change(&self.tags(tx)?);
        match self {
            Self::Cluster(key) => put::<CacheCluster>(tx, key, tags?),
            Self::ReplicationGroup(key) => put_group(tx, key, tags?),
            Self::GlobalReplicationGroup(key) => put::<GlobalReplicationGroup>(tx, key, tags?),
            Self::ParameterGroup(key) => put::<OwnParameterGroup>(tx, key, tags?),
            Self::ReservedNode(key) => put::<ReservedCacheNode>(tx, key, tags?),
            Self::User(key) => put::<User>(tx, key, tags?),
            Self::UserGroup(key) => put::<UserGroup>(tx, key, tags?),
            Self::SubnetGroup(key) => put::<OwnSubnetGroup>(tx, key, tags?),
            Self::ServerlessCache(key) => {
                let tags = put::<ServerlessCache>(tx, key, tags?)?;
                tx.tell(&key.scope, ServerlessCacheEvent::TagsUpdated.of(&key.id, now));
                Ok(tags)
            }
            Self::ServerlessCacheSnapshot(key) => put::<ServerlessCacheSnapshot>(tx, key, tags?),
            Self::Snapshot(key) => put::<Snapshot>(tx, key, tags?),
            Self::Default => Err(Rejection::TagOnDefault(arn)),
        }
    }
}

/// A kind of resource that carries tags.
trait Tagged: Resource {
    fn tags(&self) -> &Tags;
    fn tags_mut(&mut self) -> &mut Tags;
}

impl Tagged for CacheCluster {
    fn tags(&self) -> &Tags {
        &self.spec.tags
    }

    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.spec.tags
    }
}

impl Tagged for ReplicationGroup {
    fn tags(&self) -> &Tags {
        &self.spec.member.tags
    }

    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.spec.member.tags
    }
}

macro_rules! tagged {
    ($($resource:ty),+) => {
        $(impl Tagged for $resource {
            fn tags(&self) -> &Tags {
                &self.tags
            }

            fn tags_mut(&mut self) -> &mut Tags {
                &mut self.tags
            }
        })+
    };
}

tagged!(
    GlobalReplicationGroup,
    OwnParameterGroup,
    OwnSubnetGroup,
    ReservedCacheNode,
    ServerlessCache,
    ServerlessCacheSnapshot,
    Snapshot,
    User,
    UserGroup
);

fn key<R: Resource<Id: std::str::FromStr>>(world: &World, cx: &Cx, id: &str) -> Option<Key<R::Id>> {
    let key = Key::new(cx.scope.clone(), id.parse().ok()?);
    world.get::<R>(&key).map(|_| key)
}

fn tags_of<R: Tagged>(
    world: &World,
    key: &Key<R::Id>,
    allowed: impl FnOnce(&R) -> Result<(), Rejection>,
) -> Result<Tags, Rejection> {
    let Some(resource) = world.get::<R>(key) else { return Ok(Tags::default()) };
    allowed(resource)?;
    Ok(resource.tags().clone())
}

/// A group's tags are its members' too ("tags propagate to member clusters", user guide).
fn put_group(tx: &mut Tx<'_>, key: &GroupKey, tags: Tags) -> Result<Tags, Rejection> {
    let Some(group) = tx.replication_group(key) else { return Ok(tags) };
    let mut group = ReplicationGroup::clone(group);
    let before = tx.members(&group);
    let mut members = before.clone();
    for member in members.values_mut() {
        member.spec.tags = member.spec.tags.following(&group.spec.member.tags, &tags);
    }
    group.spec.member.tags = tags.clone();
    tx.put_group(group, &before, members);
    Ok(tags)
}

fn put<R: Tagged>(tx: &mut Tx<'_>, key: &Key<R::Id>, tags: Tags) -> Result<Tags, Rejection> {
    if let Some(resource) = tx.get::<R>(key) {
        let mut resource = R::clone(resource);
        *resource.tags_mut() = tags.clone();
        tx.set(resource);
    }
    Ok(tags)
}
