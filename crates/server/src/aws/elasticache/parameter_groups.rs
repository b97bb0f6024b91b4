//! Cache parameter groups and the parameters of families.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::cluster::CacheCluster;
use domain::global_replication_group::{GlobalReplicationGroup, validate as of_globals};
use domain::ids::Scope;
use domain::paging::{PageRequest, merged};
use domain::parameter::{Family, ParameterValues, families};
use domain::parameter_group::validate::{self, Present};
use domain::parameter_group::{
    CacheParameterGroup, Listed, OwnParameterGroup, ParameterGroupRejection, ParameterSource,
};
use domain::rejection::Rejection;
use models::elasticache::{ops, shapes};
use wire::{Fault, Handle};

use super::{ElastiCache, requests, view};
use crate::aws::fault::Refusal;
use crate::http::Cx;
use crate::store::{GlobalKey, GroupKey, Key, Tx, World};

impl Handle<ops::CreateCacheParameterGroup, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::CreateCacheParameterGroupMessage,
    ) -> Result<shapes::CreateCacheParameterGroupResult, Fault> {
        let request = requests::parameter_group::create(input);
        let (scope, quotas) = (cx.scope.clone(), self.quotas);
        let group = self.store.transact(move |tx| {
            let name = validate::own_name(request.cache_parameter_group_name.as_deref())?;
            let present = Present {
                groups: tx.count::<OwnParameterGroup>(&scope),
                name_is_taken: tx.parameter_group(&scope, &name).is_some(),
                quotas,
            };
            let own = validate::create(&request, scope, present)?;
            tx.set(own.clone());
            Ok::<_, Refusal>(own.group)
        });
        let group = view::parameter_group(&group.await?, &cx.scope);
        Ok(shapes::CreateCacheParameterGroupResult { cache_parameter_group: Some(group) })
    }
}

impl Handle<ops::ModifyCacheParameterGroup, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::ModifyCacheParameterGroupMessage,
    ) -> Result<shapes::CacheParameterGroupNameMessage, Fault> {
        let request = requests::parameter_group::modify(input);
        let name = request.cache_parameter_group_name.clone();
        self.change_group(cx, name, move |group, members| {
            validate::modify(&request, group, !members.is_empty())
        })
        .await
    }
}

impl Handle<ops::ResetCacheParameterGroup, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::ResetCacheParameterGroupMessage,
    ) -> Result<shapes::CacheParameterGroupNameMessage, Fault> {
        let request = requests::parameter_group::reset(input);
        let name = request.cache_parameter_group_name.clone();
        self.change_group(cx, name, move |group, members| {
            let applying: BTreeSet<String> =
                members.iter().flat_map(|cluster| cluster.parameter_apply.applying.iter().cloned()).collect();
            validate::reset(&request, group, !members.is_empty(), &applying)
        })
        .await
    }
}

impl Handle<ops::DeleteCacheParameterGroup, Cx> for ElastiCache {
    async fn handle(&self, cx: &Cx, input: shapes::DeleteCacheParameterGroupMessage) -> Result<(), Fault> {
        let asked = input.cache_parameter_group_name;
        let scope = cx.scope.clone();
        let deleted = self.store.transact(move |tx| {
            let name = validate::own_name(asked.as_deref())?;
            let key = Key::new(scope, name);
            let own = tx.get::<OwnParameterGroup>(&key).ok_or_else(|| {
                Rejection::from(ParameterGroupRejection::NotFoundToDelete(asked.unwrap_or_default()))
            })?;
            let is_used = tx.in_parameter_group(&key.scope, &key.id).next().is_some();
            validate::delete(&own.group, is_used)?;
            tx.remove::<OwnParameterGroup>(key);
            Ok::<_, Refusal>(())
        });
        Ok(deleted.await?)
    }
}

impl Handle<ops::DescribeCacheParameterGroups, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DescribeCacheParameterGroupsMessage,
    ) -> Result<shapes::CacheParameterGroupsMessage, Fault> {
        let page = PageRequest::parse(input.max_records, input.marker.as_deref()).map_err(Refusal::from)?;
        let world = self.store.read();
        let name = |group: &&CacheParameterGroup| group.name.to_string();
        let page = match input.cache_parameter_group_name {
            Some(asked) => {
                let found = find(&world, &cx.scope, &asked);
                let group = found.ok_or_else(|| Refusal::from(Rejection::ParameterGroupNotFound(asked)))?;
                page.page([group], name)
            }
            None => {
                let own = world.after::<OwnParameterGroup>(&cx.scope, page.after()).map(|own| &own.group);
                page.page(merged(CacheParameterGroup::defaults(), own, |group| &group.name), name)
            }
        };
        let groups = page.items.iter().map(|group| view::parameter_group(group, &cx.scope));
        Ok(shapes::CacheParameterGroupsMessage {
            marker: page.marker,
            cache_parameter_groups: Some(groups.collect()),
        })
    }
}

impl Handle<ops::DescribeCacheParameters, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DescribeCacheParametersMessage,
    ) -> Result<shapes::CacheParameterGroupDetails, Fault> {
        let page = PageRequest::parse(input.max_records, input.marker.as_deref()).map_err(Refusal::from)?;
        let name = input.cache_parameter_group_name.unwrap_or_default();
        let world = self.store.read();
        let group = find(&world, &cx.scope, &name)
            .ok_or_else(|| Refusal::from(Rejection::ParameterGroupToUseNotFound(name)))?;
        let listed = validate::source(input.source.as_deref(), group).map_err(Refusal::from)?;
        let source = group.source();
        let page = page.page(group.listed(listed), |parameter| parameter.name.to_owned());
        let parameters = page.items.into_iter().map(|row| view::parameter(row, group.value(row), source));
        let of_node_types = match listed {
            Listed::All => view::node_type_parameters(Family::named(&group.family), source),
            Listed::Told | Listed::Nothing => Vec::new(),
        };
        Ok(shapes::CacheParameterGroupDetails {
            marker: page.marker,
            parameters: Some(parameters.collect()),
            cache_node_type_specific_parameters: Some(of_node_types.into()),
        })
    }
}

impl Handle<ops::DescribeEngineDefaultParameters, Cx> for ElastiCache {
    async fn handle(
        &self,
        _: &Cx,
        input: shapes::DescribeEngineDefaultParametersMessage,
    ) -> Result<shapes::DescribeEngineDefaultParametersResult, Fault> {
        let page = PageRequest::parse(input.max_records, input.marker.as_deref()).map_err(Refusal::from)?;
        let asked = input.cache_parameter_group_family.unwrap_or_default();
        if !families().any(|(_, family)| family == asked) {
            let refused = Rejection::from(ParameterGroupRejection::NoSuchFamily(asked));
            return Err(Refusal::from(refused).into());
        }
        let family = Family::named(&asked);
        let source = ParameterSource::System;
        let page =
            page.page(family.map_or(&[][..], Family::parameters), |parameter| parameter.name.to_owned());
        let parameters = page.items.into_iter().map(|row| view::parameter(row, row.default, source));
        let defaults = shapes::EngineDefaults {
            cache_parameter_group_family: Some(asked),
            marker: page.marker,
            parameters: Some(parameters.collect()),
            cache_node_type_specific_parameters: Some(view::node_type_parameters(family, source)),
        };
        Ok(shapes::DescribeEngineDefaultParametersResult { engine_defaults: Some(defaults) })
    }
}

impl ElastiCache {
    /// Gives a group other values, and its clusters with it.
    async fn change_group<F>(
        &self,
        cx: &Cx,
        name: Option<String>,
        change: F,
    ) -> Result<shapes::CacheParameterGroupNameMessage, Fault>
    where
        F: FnOnce(&CacheParameterGroup, &[Arc<CacheCluster>]) -> Result<ParameterValues, Rejection>
            + Send
            + 'static,
    {
        let scope = cx.scope.clone();
        let name = self.store.transact(move |tx: &mut Tx<'_>| {
            let asked = name.unwrap_or_default();
            let not_found = || Rejection::ParameterGroupToUseNotFound(asked.clone());
            let found = find(tx, &scope, &asked).ok_or_else(not_found)?;
            if found.is_default() {
                return Err(Rejection::from(ParameterGroupRejection::DefaultGroup(found.name.clone())).into());
            }
            let key = Key::new(scope, found.name.clone());
            let mut own = OwnParameterGroup::clone(tx.get(&key).ok_or_else(not_found)?);
            let members: Vec<_> = tx.in_parameter_group(&key.scope, &key.id).cloned().collect();
            for global in globals(tx, &members) {
                of_globals::takes_parameters(global)?;
            }
            own.group.values = change(&own.group, &members)?;
            for member in members {
                let mut cluster = CacheCluster::clone(&member);
                cluster.take_parameters(&own.group.values);
                tx.set(cluster);
            }
            tx.set(own);
            Ok::<_, Refusal>(key.id)
        });
        Ok(shapes::CacheParameterGroupNameMessage {
            cache_parameter_group_name: Some(name.await?.to_string()),
        })
    }
}

/// The group with this name, in any case.
pub(super) fn find<'w>(world: &'w World, scope: &Scope, name: &str) -> Option<&'w CacheParameterGroup> {
    world.parameter_group(scope, &name.parse().ok()?)
}

/// The global datastores that clusters are in.
fn globals<'w>(world: &'w World, clusters: &[Arc<CacheCluster>]) -> Vec<&'w GlobalReplicationGroup> {
    let of_cluster = |cluster: &Arc<CacheCluster>| {
        let group = world.replication_group(&GroupKey::of_member(cluster)?)?;
        let key = GlobalKey::of_id(&group.scope, &group.global.as_ref()?.id);
        world.get::<GlobalReplicationGroup>(&key).map(|global| &**global)
    };
    clusters.iter().filter_map(of_cluster).collect()
}
