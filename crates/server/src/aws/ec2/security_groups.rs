//! Security groups.

use domain::ec2::{CreateSecurityGroup, Ec2Rejection, Kind, Limit, SecurityGroup};
use domain::ids::{Scope, SecurityGroupId, VpcId};
use models::ec2::{ops, shapes};
use wire::{Fault, Handle};

use super::describe::Describe;
use super::refusal::Refusal;
use super::{Ec2, fits, requests, view, vpcs};
use crate::http::Cx;
use crate::store::{Key, World};

impl Handle<ops::CreateSecurityGroup, Cx> for Ec2 {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::CreateSecurityGroupRequest,
    ) -> Result<shapes::CreateSecurityGroupResult, Fault> {
        let tags = requests::tag_specifications(input.tag_specifications, "security-group");
        let request = CreateSecurityGroup {
            name: input.group_name.unwrap_or_default(),
            description: input.description.unwrap_or_default(),
            tags: tags.map_err(Refusal::from)?,
        };
        let (scope, asked) = (cx.scope.clone(), input.vpc_id);
        let (draw, quotas) = (self.draw(), self.quotas);
        let made = self.change(input.dry_run, move |tx| {
            let vpc = match asked {
                Some(asked) => vpcs::find(tx, &scope, &asked)?.id,
                None => default_vpc(&scope),
            };
            let same = tx.security_group_named(&scope, &vpc, &request.name);
            let names = same.iter().map(|group| group.name.as_str());
            let group = SecurityGroup::create(&scope, &vpc, names, &request, draw)?;
            fits(Limit::SecurityGroups, tx.security_group_count(&scope), quotas)?;
            tx.set(group.clone());
            Ok(group)
        });
        Ok(view::created_security_group(&made.await?))
    }
}

impl Handle<ops::DescribeSecurityGroups, Cx> for Ec2 {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DescribeSecurityGroupsRequest,
    ) -> Result<shapes::DescribeSecurityGroupsResult, Fault> {
        let world = self.store.read();
        let mut ids = input.group_ids;
        for name in input.group_names.unwrap_or_default() {
            let group = by_name(&world, &cx.scope, &name).map_err(Refusal::from)?;
            ids.get_or_insert_default().push(group.to_string());
        }
        let describe = Describe {
            ids,
            filters: input.filters,
            max_results: input.max_results,
            next_token: input.next_token,
            dry_run: input.dry_run,
        };
        let one = |id: &str| world.security_group(&cx.scope, &id.parse().ok()?);
        let of = |vpc: &VpcId| match describe.exactly("group-name") {
            Some(names) => names
                .into_iter()
                .filter_map(|name| world.security_group_named(&cx.scope, vpc, name))
                .collect(),
            None => world.security_groups_of(&cx.scope, vpc),
        };
        let all = || describe.of_vpcs(of, || world.security_groups(&cx.scope));
        let groups = describe.among(one, all);
        let page = describe.select(Kind::SecurityGroup, groups, |group| group.id.to_string())?;
        Ok(shapes::DescribeSecurityGroupsResult {
            next_token: page.next,
            security_groups: Some(page.items.iter().map(|group| view::security_group(group)).collect()),
        })
    }
}

impl Handle<ops::DeleteSecurityGroup, Cx> for Ec2 {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DeleteSecurityGroupRequest,
    ) -> Result<shapes::DeleteSecurityGroupResult, Fault> {
        let scope = cx.scope.clone();
        let delete = self.change(input.dry_run, move |tx| {
            let group = find(tx, &scope, input.group_id, input.group_name)?;
            group.deletable(tx.uses_security_group(&scope, &group.id))?;
            tx.remove::<SecurityGroup>(Key::new(scope, group.id.clone()));
            Ok(group.id)
        });
        let group_id = Some(delete.await?.to_string());
        Ok(shapes::DeleteSecurityGroupResult { r#return: Some(true), group_id })
    }
}

/// The group that a request names, by id, or by name in the default VPC.
pub(super) fn find(
    world: &World,
    scope: &Scope,
    id: Option<String>,
    name: Option<String>,
) -> Result<SecurityGroup, Ec2Rejection> {
    let asked = match (id, name) {
        (Some(id), _) => id,
        (None, Some(name)) => by_name(world, scope, &name)?.to_string(),
        (None, None) => return Err(Ec2Rejection::Missing("GroupId")),
    };
    Kind::SecurityGroup.check(&asked)?;
    let id = asked.parse::<SecurityGroupId>().ok();
    let group = id.and_then(|id| world.security_group(scope, &id));
    group.map(|group| SecurityGroup::clone(&group)).ok_or_else(|| Kind::SecurityGroup.not_found(&asked))
}

/// The id of the default VPC's group of this name.
fn by_name(world: &World, scope: &Scope, name: &str) -> Result<SecurityGroupId, Ec2Rejection> {
    let found = world.security_group_named(scope, &default_vpc(scope), name);
    found.map(|group| group.id.clone()).ok_or_else(|| Kind::SecurityGroup.not_found(name))
}

fn default_vpc(scope: &Scope) -> VpcId {
    domain::ec2::Vpc::default_of(scope).id
}
