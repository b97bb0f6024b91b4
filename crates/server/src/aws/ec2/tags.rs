//! Tags: of VPCs, subnets, security groups and their rules.

use domain::ec2::{
    Described, Ec2Rejection, Filters, Kind, PageRequest, RemovedTag, SecurityGroup, Subnet, TagDescription,
    Tags, Vpc,
};
use domain::ids::Scope;
use models::ec2::{ops, shapes};
use wire::{Fault, Handle};

use super::describe::Describe;
use super::refusal::Refusal;
use super::{Ec2, describe, requests, view};
use crate::http::Cx;
use crate::store::{Resource, Tx, World};

impl Handle<ops::CreateTags, Cx> for Ec2 {
    async fn handle(&self, cx: &Cx, input: shapes::CreateTagsRequest) -> Result<(), Fault> {
        let (scope, added) = (cx.scope.clone(), requests::tags(input.tags));
        let resources = input.resources.unwrap_or_default();
        let create = self.change(input.dry_run, move |tx| {
            resources.iter().try_for_each(|id| retag(tx, &scope, id, |tags| tags.with(&added)))
        });
        create.await
    }
}

impl Handle<ops::DeleteTags, Cx> for Ec2 {
    async fn handle(&self, cx: &Cx, input: shapes::DeleteTagsRequest) -> Result<(), Fault> {
        let (scope, resources) = (cx.scope.clone(), input.resources.unwrap_or_default());
        let removed = input.tags.unwrap_or_default().into_iter();
        let removed: Vec<_> = removed.map(|tag| RemovedTag { key: tag.key, value: tag.value }).collect();
        let delete = self.change(input.dry_run, move |tx| {
            resources.iter().try_for_each(|id| retag(tx, &scope, id, |tags| Ok(tags.without(&removed))))
        });
        delete.await
    }
}

impl Handle<ops::DescribeTags, Cx> for Ec2 {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DescribeTagsRequest,
    ) -> Result<shapes::DescribeTagsResult, Fault> {
        let describe = Describe { filters: input.filters, ..Describe::default() };
        let world = self.store.read();
        let all = match describe.exactly("resource-id") {
            Some(ids) => ids.into_iter().flat_map(|id| of(&world, &cx.scope, id)).collect(),
            None => all(&world, &cx.scope),
        };
        let filters = describe::filters(describe.filters);
        let filters = Filters::parse::<TagDescription>(filters).map_err(Refusal::from)?;
        let page =
            PageRequest::parse(input.max_results, input.next_token.as_deref()).map_err(Refusal::from)?;
        if input.dry_run == Some(true) {
            return Err(Refusal::from(Ec2Rejection::DryRun).into());
        }
        let passing = all.into_iter().filter(|tag| filters.pass(tag));
        let page = page.page(passing, |tag| format!("{} {}", tag.resource_id, tag.key));
        Ok(shapes::DescribeTagsResult {
            next_token: page.next,
            tags: Some(page.items.into_iter().map(view::tag_description).collect()),
        })
    }
}

/// Every tag of an account and region.
fn all(world: &World, scope: &Scope) -> Vec<TagDescription> {
    let vpcs = world.vpcs(scope);
    let subnets = world.subnets(scope);
    let groups = world.security_groups(scope);
    let of_vpcs = vpcs.iter().flat_map(|vpc| of_vpc(vpc));
    let of_subnets = subnets.iter().flat_map(|subnet| of_subnet(subnet));
    let of_groups = groups.iter().flat_map(|group| of_group(group).into_iter().chain(of_rules(group)));
    of_vpcs.chain(of_subnets).chain(of_groups).collect()
}

/// Those of the resource `id`.
fn of(world: &World, scope: &Scope, id: &str) -> Vec<TagDescription> {
    let found = match id.split('-').next() {
        Some("vpc") => id.parse().ok().and_then(|id| world.vpc(scope, &id)).map(|vpc| of_vpc(&vpc)),
        Some("subnet") => {
            id.parse().ok().and_then(|id| world.subnet(scope, &id)).map(|subnet| of_subnet(&subnet))
        }
        Some("sg") => {
            id.parse().ok().and_then(|id| world.security_group(scope, &id)).map(|group| of_group(&group))
        }
        // The filter leaves out the group's other rules.
        Some("sgr") => world.security_group_of_rule(scope, id).map(|group| of_rules(&group)),
        _ => None,
    };
    found.unwrap_or_default()
}

fn of_vpc(vpc: &Vpc) -> Vec<TagDescription> {
    TagDescription::of(vpc.id.as_str(), "vpc", &vpc.tags)
}

fn of_subnet(subnet: &Subnet) -> Vec<TagDescription> {
    TagDescription::of(subnet.id.as_str(), "subnet", &subnet.tags)
}

fn of_group(group: &SecurityGroup) -> Vec<TagDescription> {
    TagDescription::of(group.id.as_str(), "security-group", &group.tags)
}

fn of_rules(group: &SecurityGroup) -> Vec<TagDescription> {
    let rules = group.rules.iter();
    rules.flat_map(|rule| TagDescription::of(&rule.id, "security-group-rule", &rule.tags)).collect()
}

/// Changes the tags of the resource `id`.
pub(in crate::aws) fn retag(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: &str,
    change: impl FnOnce(&Tags) -> Result<Tags, Ec2Rejection>,
) -> Result<(), Ec2Rejection> {
    match id.split('-').next() {
        Some("vpc") => {
            let found = row(Kind::Vpc, id, |id| tx.vpc(scope, id));
            let mut vpc: Vpc = found?;
            vpc.tags = change(&vpc.tags)?;
            tx.set(vpc);
        }
        Some("subnet") => {
            let mut subnet: Subnet = row(Kind::Subnet, id, |id| tx.subnet(scope, id))?;
            subnet.tags = change(&subnet.tags)?;
            tx.set(subnet);
        }
        Some("sg") => {
            let mut group: SecurityGroup = row(Kind::SecurityGroup, id, |id| tx.security_group(scope, id))?;
            group.tags = change(&group.tags)?;
            tx.set(group);
        }
        Some("sgr") => {
            Kind::Rule.check(id)?;
            let group = tx.security_group_of_rule(scope, id);
            let group = group.ok_or_else(|| Kind::Rule.not_found(id))?;
            let mut group = SecurityGroup::clone(&group);
            if let Some(rule) = group.rules.iter_mut().find(|rule| rule.id == id) {
                rule.tags = change(&rule.tags)?;
            }
            tx.set(group);
        }
        Some("acl" | "rtb" | "eni") => {
            return Err(Ec2Rejection::NotBuilt("tags of network ACLs, route tables and network interfaces"));
        }
        _ => return Err(Ec2Rejection::BadId(id.to_owned())),
    }
    Ok(())
}

/// The resource called `id`, to be changed.
fn row<R: Resource<Id: std::str::FromStr> + Described>(
    kind: Kind,
    id: &str,
    find: impl FnOnce(&R::Id) -> Option<std::sync::Arc<R>>,
) -> Result<R, Ec2Rejection> {
    kind.check(id)?;
    let found = id.parse::<R::Id>().ok().and_then(|id| find(&id));
    found.map(|row| R::clone(&row)).ok_or_else(|| kind.not_found(id))
}
