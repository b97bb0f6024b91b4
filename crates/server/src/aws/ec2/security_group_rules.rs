//! The rules of security groups.

use domain::ec2::{
    Direction, Ec2Rejection, Kind, Peer, RequestedPeer, RequestedPermission, SecurityGroup, SecurityGroupRule,
};
use models::ec2::{ops, shapes};
use wire::{Fault, Handle};

use super::describe::Describe;
use super::refusal::Refusal;
use super::requests::{self, Single};
use super::security_groups::find;
use super::{Ec2, view};
use crate::http::Cx;
use crate::store::World;

/// A group and a direction, as a request names them.
struct Target {
    group_id: Option<String>,
    group_name: Option<String>,
    direction: Direction,
    dry_run: Option<bool>,
}

impl Handle<ops::AuthorizeSecurityGroupIngress, Cx> for Ec2 {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::AuthorizeSecurityGroupIngressRequest,
    ) -> Result<shapes::AuthorizeSecurityGroupIngressResult, Fault> {
        let target = Target {
            group_id: input.group_id,
            group_name: input.group_name,
            direction: Direction::Ingress,
            dry_run: input.dry_run,
        };
        let single = Single {
            protocol: input.ip_protocol,
            from_port: input.from_port,
            to_port: input.to_port,
            cidr: input.cidr_ip,
            group_name: input.source_security_group_name,
        };
        let permissions = single.or(requests::permissions(input.ip_permissions)).map_err(Refusal::from)?;
        let added = self.authorize(cx, target, permissions, input.tag_specifications).await?;
        Ok(shapes::AuthorizeSecurityGroupIngressResult {
            r#return: Some(true),
            security_group_rules: Some(added),
        })
    }
}

impl Handle<ops::AuthorizeSecurityGroupEgress, Cx> for Ec2 {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::AuthorizeSecurityGroupEgressRequest,
    ) -> Result<shapes::AuthorizeSecurityGroupEgressResult, Fault> {
        let target = Target {
            group_id: input.group_id,
            group_name: None,
            direction: Direction::Egress,
            dry_run: input.dry_run,
        };
        let single = Single {
            protocol: input.ip_protocol,
            from_port: input.from_port,
            to_port: input.to_port,
            cidr: input.cidr_ip,
            group_name: input.source_security_group_name,
        };
        let permissions = single.or(requests::permissions(input.ip_permissions)).map_err(Refusal::from)?;
        let added = self.authorize(cx, target, permissions, input.tag_specifications).await?;
        Ok(shapes::AuthorizeSecurityGroupEgressResult {
            r#return: Some(true),
            security_group_rules: Some(added),
        })
    }
}

impl Handle<ops::RevokeSecurityGroupIngress, Cx> for Ec2 {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::RevokeSecurityGroupIngressRequest,
    ) -> Result<shapes::RevokeSecurityGroupIngressResult, Fault> {
        let target = Target {
            group_id: input.group_id,
            group_name: input.group_name,
            direction: Direction::Ingress,
            dry_run: input.dry_run,
        };
        let single = Single {
            protocol: input.ip_protocol,
            from_port: input.from_port,
            to_port: input.to_port,
            cidr: input.cidr_ip,
            group_name: input.source_security_group_name,
        };
        let permissions = single.or(requests::permissions(input.ip_permissions)).map_err(Refusal::from)?;
        let gone = self.revoke(cx, target, permissions, input.security_group_rule_ids).await?;
        Ok(shapes::RevokeSecurityGroupIngressResult {
            r#return: Some(true),
            unknown_ip_permissions: None,
            revoked_security_group_rules: Some(gone),
        })
    }
}

impl Handle<ops::RevokeSecurityGroupEgress, Cx> for Ec2 {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::RevokeSecurityGroupEgressRequest,
    ) -> Result<shapes::RevokeSecurityGroupEgressResult, Fault> {
        let target = Target {
            group_id: input.group_id,
            group_name: None,
            direction: Direction::Egress,
            dry_run: input.dry_run,
        };
        let single = Single {
            protocol: input.ip_protocol,
            from_port: input.from_port,
            to_port: input.to_port,
            cidr: input.cidr_ip,
            group_name: input.source_security_group_name,
        };
        let permissions = single.or(requests::permissions(input.ip_permissions)).map_err(Refusal::from)?;
        let gone = self.revoke(cx, target, permissions, input.security_group_rule_ids).await?;
        Ok(shapes::RevokeSecurityGroupEgressResult {
            r#return: Some(true),
            unknown_ip_permissions: None,
            revoked_security_group_rules: Some(gone),
        })
    }
}

impl Handle<ops::UpdateSecurityGroupRuleDescriptionsIngress, Cx> for Ec2 {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::UpdateSecurityGroupRuleDescriptionsIngressRequest,
    ) -> Result<shapes::UpdateSecurityGroupRuleDescriptionsIngressResult, Fault> {
        let target = Target {
            group_id: input.group_id,
            group_name: input.group_name,
            direction: Direction::Ingress,
            dry_run: input.dry_run,
        };
        self.describe(cx, target, input.ip_permissions, input.security_group_rule_descriptions).await?;
        Ok(shapes::UpdateSecurityGroupRuleDescriptionsIngressResult { r#return: Some(true) })
    }
}

impl Handle<ops::UpdateSecurityGroupRuleDescriptionsEgress, Cx> for Ec2 {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::UpdateSecurityGroupRuleDescriptionsEgressRequest,
    ) -> Result<shapes::UpdateSecurityGroupRuleDescriptionsEgressResult, Fault> {
        let target = Target {
            group_id: input.group_id,
            group_name: input.group_name,
            direction: Direction::Egress,
            dry_run: input.dry_run,
        };
        self.describe(cx, target, input.ip_permissions, input.security_group_rule_descriptions).await?;
        Ok(shapes::UpdateSecurityGroupRuleDescriptionsEgressResult { r#return: Some(true) })
    }
}

impl Handle<ops::ModifySecurityGroupRules, Cx> for Ec2 {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::ModifySecurityGroupRulesRequest,
    ) -> Result<shapes::ModifySecurityGroupRulesResult, Fault> {
        let (scope, updates) = (cx.scope.clone(), input.security_group_rules.unwrap_or_default());
        let modify = self.change(input.dry_run, move |tx| {
            let mut group = find(tx, &scope, input.group_id, None)?;
            for update in updates {
                let id = update.security_group_rule_id.unwrap_or_default();
                let asked = update.security_group_rule.ok_or(Ec2Rejection::Missing("SecurityGroupRule"))?;
                group.replace_rule(&id, &requests::rule(asked))?;
            }
            peers_exist(tx, &group, group.rules.iter())?;
            tx.set(group);
            Ok(())
        });
        modify.await?;
        Ok(shapes::ModifySecurityGroupRulesResult { r#return: Some(true) })
    }
}

impl Handle<ops::DescribeSecurityGroupRules, Cx> for Ec2 {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DescribeSecurityGroupRulesRequest,
    ) -> Result<shapes::DescribeSecurityGroupRulesResult, Fault> {
        let describe = Describe {
            ids: input.security_group_rule_ids,
            filters: input.filters,
            max_results: input.max_results,
            next_token: input.next_token,
            dry_run: input.dry_run,
        };
        let world = self.store.read();
        let one = |rule: &str| world.security_group_of_rule(&cx.scope, rule);
        let group = |id: &str| world.security_group(&cx.scope, &id.parse().ok()?);
        let all = || match describe.exactly("group-id") {
            Some(ids) => ids.into_iter().filter_map(group).collect(),
            None => world.security_groups(&cx.scope),
        };
        let mut groups = describe.among(one, all);
        groups.sort_by(|a, b| a.id.cmp(&b.id));
        groups.dedup_by(|a, b| a.id == b.id);
        let rules = groups.iter().flat_map(|group| group.rules.iter().cloned()).collect();
        let page = describe.select(Kind::Rule, rules, |rule: &SecurityGroupRule| rule.id.clone())?;
        Ok(shapes::DescribeSecurityGroupRulesResult {
            next_token: page.next,
            security_group_rules: Some(page.items.iter().map(view::security_group_rule).collect()),
        })
    }
}

impl Ec2 {
    async fn authorize(
        &self,
        cx: &Cx,
        target: Target,
        mut permissions: Vec<RequestedPermission>,
        tags: Option<Vec<shapes::TagSpecification>>,
    ) -> Result<Vec<shapes::SecurityGroupRule>, Fault> {
        let tags = requests::tag_specifications(tags, "security-group-rule").map_err(Refusal::from)?;
        let (scope, draw, quotas) = (cx.scope.clone(), self.draw(), self.quotas);
        let added = self.change(target.dry_run, move |tx| {
            let mut group = find(tx, &scope, target.group_id, target.group_name)?;
            name_groups(tx, &group, &mut permissions);
            let added = group.authorize(target.direction, &permissions, &tags, draw, quotas)?;
            peers_exist(tx, &group, added.iter())?;
            tx.set(group);
            Ok(added)
        });
        Ok(added.await?.iter().map(view::security_group_rule).collect())
    }

    async fn revoke(
        &self,
        cx: &Cx,
        target: Target,
        mut permissions: Vec<RequestedPermission>,
        ids: Option<Vec<String>>,
    ) -> Result<Vec<shapes::RevokedSecurityGroupRule>, Fault> {
        let scope = cx.scope.clone();
        let gone = self.change(target.dry_run, move |tx| {
            let mut group = find(tx, &scope, target.group_id, target.group_name)?;
            name_groups(tx, &group, &mut permissions);
            let gone = match ids {
                Some(_) if !permissions.is_empty() => {
                    return Err(Ec2Rejection::Exclusive("securityGroupRuleIds", "ipPermissions"));
                }
                Some(ids) => group.revoke_by_id(target.direction, &ids)?,
                None => group.revoke(target.direction, &permissions)?,
            };
            tx.set(group);
            Ok(gone)
        });
        Ok(gone.await?.iter().map(view::revoked_rule).collect())
    }

    async fn describe(
        &self,
        cx: &Cx,
        target: Target,
        permissions: Option<Vec<shapes::IpPermission>>,
        descriptions: Option<Vec<shapes::SecurityGroupRuleDescription>>,
    ) -> Result<(), Fault> {
        let scope = cx.scope.clone();
        let mut permissions = requests::permissions(permissions);
        let change = self.change(target.dry_run, move |tx| {
            let mut group = find(tx, &scope, target.group_id, target.group_name)?;
            name_groups(tx, &group, &mut permissions);
            match descriptions {
                Some(descriptions) => {
                    for one in descriptions {
                        let id = one.security_group_rule_id.unwrap_or_default();
                        group.describe_rule(target.direction, &id, one.description)?;
                    }
                }
                None => group.describe_rules(target.direction, &permissions)?,
            }
            tx.set(group);
            Ok(())
        });
        change.await
    }
}

/// Groups that permissions name by their names, by their ids: those of the group's own VPC.
fn name_groups(world: &World, group: &SecurityGroup, permissions: &mut [RequestedPermission]) {
    let peers = permissions.iter_mut().flat_map(|permission| &mut permission.peers);
    for (peer, _) in peers {
        if let RequestedPeer::GroupName(name) = peer
            && let Some(other) = world.security_group_named(&group.scope, &group.vpc, name)
        {
            *peer = RequestedPeer::Group(None, other.id.to_string());
        }
    }
}

/// The groups that rules name must be in the group's VPC.
fn peers_exist<'r>(
    world: &World,
    group: &SecurityGroup,
    rules: impl Iterator<Item = &'r SecurityGroupRule>,
) -> Result<(), Ec2Rejection> {
    for rule in rules {
        if let Peer::Group { id, .. } = &rule.spec.peer {
            let other = world.security_group(&group.scope, id);
            if other.is_none_or(|other| other.vpc != group.vpc) {
                return Err(Kind::SecurityGroup.not_found(id.as_str()));
            }
        }
    }
    Ok(())
}
