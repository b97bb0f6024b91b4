//! Cache subnet groups: the default one, over the default VPC's subnets, and an account's own.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use domain::cluster::CacheCluster;
use domain::ec2;
use domain::ids::{CacheSubnetGroupName, Scope};
use domain::paging::PageRequest;
use domain::rejection::Rejection;
use domain::subnet_group::validate::{self, Present, SubnetGroupRequest};
use domain::subnet_group::{CacheSubnetGroup, OwnSubnetGroup, SubnetGroupRejection};
use models::elasticache::{ops, shapes};
use wire::{Fault, Handle};

use super::{ElastiCache, requests, view};
use crate::aws::fault::Refusal;
use crate::http::Cx;
use crate::store::{Key, World};

impl Handle<ops::CreateCacheSubnetGroup, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::CreateCacheSubnetGroupMessage,
    ) -> Result<shapes::CreateCacheSubnetGroupResult, Fault> {
        let request = SubnetGroupRequest {
            name: input.cache_subnet_group_name,
            description: input.cache_subnet_group_description,
            subnet_ids: input.subnet_ids,
            tags: requests::tags(input.tags),
        };
        let (scope, quotas) = (cx.scope.clone(), self.quotas);
        let group = self.store.transact(move |tx| {
            let name = validate::name(request.name.as_deref())?;
            let present = Present {
                groups: tx.count::<OwnSubnetGroup>(&scope),
                name_is_taken: tx.subnet_group(&scope, &name).is_some(),
                quotas,
            };
            let subnets = Subnets::of(tx, &scope, request.subnet_ids.as_deref());
            let own = validate::create(&request, scope, present, |id| subnets.find(id))?;
            tx.set(own.clone());
            Ok::<_, Refusal>(own.group)
        });
        let group = view::subnet_group(&group.await?, &cx.scope);
        Ok(shapes::CreateCacheSubnetGroupResult { cache_subnet_group: Some(group) })
    }
}

impl Handle<ops::ModifyCacheSubnetGroup, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::ModifyCacheSubnetGroupMessage,
    ) -> Result<shapes::ModifyCacheSubnetGroupResult, Fault> {
        let request = SubnetGroupRequest {
            name: input.cache_subnet_group_name,
            description: input.cache_subnet_group_description,
            subnet_ids: input.subnet_ids,
            tags: Vec::new(),
        };
        let (scope, quotas) = (cx.scope.clone(), self.quotas);
        let group = self.store.transact(move |tx| {
            let mut own = existing(tx, &scope, request.name.as_deref())?;
            let subnets = Subnets::of(tx, &scope, request.subnet_ids.as_deref());
            let used = |subnet: &domain::vpc::Subnet| {
                // Where nobody is, nobody is of this group.
                let members = (tx.nodes_in(&scope, &subnet.id) > 0)
                    .then(|| tx.in_subnet_group(&scope, &own.group.name));
                let lies_there = |c: &&Arc<CacheCluster>| c.nodes.iter().any(|node| node.subnet == subnet.id);
                let cluster = members.into_iter().flatten().find(lies_there);
                cluster.map(|cluster| cluster.id.to_string())
            };
            let group = validate::modify(&request, &own.group, quotas, |id| subnets.find(id), used)?;
            own.group = group;
            tx.set(own.clone());
            Ok::<_, Refusal>(own.group)
        });
        let group = view::subnet_group(&group.await?, &cx.scope);
        Ok(shapes::ModifyCacheSubnetGroupResult { cache_subnet_group: Some(group) })
    }
}

impl Handle<ops::DeleteCacheSubnetGroup, Cx> for ElastiCache {
    async fn handle(&self, cx: &Cx, input: shapes::DeleteCacheSubnetGroupMessage) -> Result<(), Fault> {
        let scope = cx.scope.clone();
        let deleted = self.store.transact(move |tx| {
            let name = validate::name(input.cache_subnet_group_name.as_deref())?;
            let own = tx.subnet_group(&scope, &name).ok_or_else(|| {
                let asked = input.cache_subnet_group_name.unwrap_or_default();
                Rejection::from(SubnetGroupRejection::NotFoundToDelete(asked))
            })?;
            let used = tx.in_subnet_group(&scope, &own.group.name).next().is_some();
            validate::delete(&own.group, used)?;
            tx.remove::<OwnSubnetGroup>(Key::new(scope, own.group.name));
            Ok::<_, Refusal>(())
        });
        Ok(deleted.await?)
    }
}

impl Handle<ops::DescribeCacheSubnetGroups, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DescribeCacheSubnetGroupsMessage,
    ) -> Result<shapes::CacheSubnetGroupMessage, Fault> {
        let page = PageRequest::parse(input.max_records, input.marker.as_deref()).map_err(Refusal::from)?;
        let world = self.store.read();
        let name = |group: &Cow<'_, CacheSubnetGroup>| group.name.to_string();
        let page = match input.cache_subnet_group_name {
            Some(asked) => {
                let found = find(&world, &cx.scope, &asked);
                let group = found.ok_or_else(|| Refusal::from(Rejection::SubnetGroupNotFound(asked)))?;
                page.page([Cow::Owned(group)], name)
            }
            None => page.page(world.subnet_groups_after(&cx.scope, page.after()), name),
        };
        let groups = page.items.iter().map(|group| view::subnet_group(group, &cx.scope));
        Ok(shapes::CacheSubnetGroupMessage {
            marker: page.marker,
            cache_subnet_groups: Some(groups.collect::<Vec<_>>().into()),
        })
    }
}

/// The group with this name, in any case.
fn find(world: &World, scope: &Scope, name: &str) -> Option<CacheSubnetGroup> {
    let name = name.parse::<CacheSubnetGroupName>().ok()?;
    world.subnet_group(scope, &name).map(|own| own.group)
}

/// The group that a request changes.
fn existing(world: &World, scope: &Scope, asked: Option<&str>) -> Result<OwnSubnetGroup, Rejection> {
    let name = validate::name(asked)?;
    let not_found = || Rejection::SubnetGroupNotFound(asked.unwrap_or_default().to_owned());
    world.subnet_group(scope, &name).ok_or_else(not_found)
}

/// The subnets that a request names, as far as they are there.
struct Subnets(HashMap<String, Arc<ec2::Subnet>>);

impl Subnets {
    fn of(world: &World, scope: &Scope, asked: Option<&[String]>) -> Self {
        let find = |id: &String| Some((id.clone(), world.subnet(scope, &id.parse().ok()?)?));
        Self(asked.unwrap_or_default().iter().filter_map(find).collect())
    }

    fn find(&self, id: &str) -> Option<&ec2::Subnet> {
        self.0.get(id).map(|subnet| &**subnet)
    }
}
