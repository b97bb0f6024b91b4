//! VPCs.

use domain::ec2::{CreateVpc, Draw, Ec2Rejection, Kind, Limit, SecurityGroup, Vpc};
use domain::ids::{Scope, VpcId};
use models::ec2::enums::{VpcAttributeName, VpcState};
use models::ec2::{ops, shapes};
use wire::{Fault, Handle};

use super::describe::Describe;
use super::refusal::Refusal;
use super::{Ec2, fits, requests, view};
use crate::http::Cx;
use crate::store::{Key, World};

impl Handle<ops::CreateVpc, Cx> for Ec2 {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::CreateVpcRequest,
    ) -> Result<shapes::CreateVpcResult, Fault> {
        unbuilt(&input).map_err(Refusal::from)?;
        let request = CreateVpc {
            cidr_block: input.cidr_block,
            instance_tenancy: input.instance_tenancy.map(|tenancy| tenancy.as_str().to_owned()),
            tags: requests::tag_specifications(input.tag_specifications, "vpc").map_err(Refusal::from)?,
        };
        let (scope, quotas) = (cx.scope.clone(), self.quotas);
        let (draw, group_draw): (Draw, Draw) = (self.draw(), self.draw());
        let made = self.change(input.dry_run, move |tx| {
            let vpc = Vpc::create(&scope, &request, draw)?;
            fits(Limit::Vpcs, tx.vpc_count(&scope), quotas)?;
            tx.set(SecurityGroup::default_of_new(&vpc, group_draw));
            tx.set(vpc.clone());
            Ok(vpc)
        });
        let mut vpc = view::vpc(&made.await?);
        // It is there at once, but this is what AWS answers to a create.
        vpc.state = Some(VpcState::Pending);
        Ok(shapes::CreateVpcResult { vpc: Some(vpc) })
    }
}

/// What AWS serves and this version does not.
fn unbuilt(input: &shapes::CreateVpcRequest) -> Result<(), Ec2Rejection> {
    let ipv6 = input.amazon_provided_ipv6_cidr_block == Some(true)
        || input.ipv6_cidr_block.is_some()
        || input.ipv6_pool.is_some()
        || input.ipv6_ipam_pool_id.is_some();
    if ipv6 {
        return Err(Ec2Rejection::NotBuilt("IPv6 ranges of VPCs"));
    }
    if input.ipv4_ipam_pool_id.is_some() {
        return Err(Ec2Rejection::NotBuilt("IPAM pools"));
    }
    if input.vpc_encryption_control.is_some() {
        return Err(Ec2Rejection::NotBuilt("VPC encryption controls"));
    }
    Ok(())
}

impl Handle<ops::DescribeVpcs, Cx> for Ec2 {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DescribeVpcsRequest,
    ) -> Result<shapes::DescribeVpcsResult, Fault> {
        let describe = Describe {
            ids: input.vpc_ids,
            filters: input.filters,
            max_results: input.max_results,
            next_token: input.next_token,
            dry_run: input.dry_run,
        };
        let world = self.store.read();
        let of = |id: &VpcId| world.vpc(&cx.scope, id).into_iter().collect();
        let all = || describe.of_vpcs(of, || world.vpcs(&cx.scope));
        let vpcs = describe.among(|id| world.vpc(&cx.scope, &id.parse().ok()?), all);
        let page = describe.select(Kind::Vpc, vpcs, |vpc| vpc.id.to_string())?;
        Ok(shapes::DescribeVpcsResult {
            next_token: page.next,
            vpcs: Some(page.items.iter().map(|vpc| view::vpc(vpc)).collect()),
        })
    }
}

impl Handle<ops::DeleteVpc, Cx> for Ec2 {
    async fn handle(&self, cx: &Cx, input: shapes::DeleteVpcRequest) -> Result<(), Fault> {
        let (scope, asked) = (cx.scope.clone(), input.vpc_id.unwrap_or_default());
        let delete = self.change(input.dry_run, move |tx| {
            let vpc = find(tx, &scope, &asked)?;
            let subnets: Vec<_> = tx.subnets_of(&scope, &vpc.id).iter().map(|s| (**s).clone()).collect();
            let groups = tx.security_groups_of(&scope, &vpc.id);
            vpc.deletable(&subnets, groups.iter().any(|group| !group.is_default()))?;
            for group in groups {
                tx.remove::<SecurityGroup>(Key::new(scope.clone(), group.id.clone()));
            }
            tx.remove::<Vpc>(Key::new(scope, vpc.id));
            Ok(())
        });
        delete.await
    }
}

impl Handle<ops::DescribeVpcAttribute, Cx> for Ec2 {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DescribeVpcAttributeRequest,
    ) -> Result<shapes::DescribeVpcAttributeResult, Fault> {
        let vpc =
            find(&self.store.read(), &cx.scope, &input.vpc_id.unwrap_or_default()).map_err(Refusal::from)?;
        let mut answer = shapes::DescribeVpcAttributeResult {
            vpc_id: Some(vpc.id.to_string()),
            ..shapes::DescribeVpcAttributeResult::default()
        };
        let value = |value| Some(shapes::AttributeBooleanValue { value: Some(value) });
        match input.attribute {
            Some(VpcAttributeName::EnableDnsSupport) => answer.enable_dns_support = value(vpc.dns_support),
            Some(VpcAttributeName::EnableDnsHostnames) => {
                answer.enable_dns_hostnames = value(vpc.dns_hostnames)
            }
            Some(VpcAttributeName::EnableNetworkAddressUsageMetrics) => {
                answer.enable_network_address_usage_metrics = value(vpc.network_address_usage_metrics);
            }
            Some(VpcAttributeName::Other(other)) => {
                let why = format!("Valid values: {}.", VpcAttributeName::KNOWN.join(", "));
                let bad = Ec2Rejection::BadValue { parameter: "attribute", value: other, why };
                return Err(Refusal::from(bad).into());
            }
            None => return Err(Refusal::from(Ec2Rejection::Missing("Attribute")).into()),
        }
        if input.dry_run == Some(true) {
            return Err(Refusal::from(Ec2Rejection::DryRun).into());
        }
        Ok(answer)
    }
}

impl Handle<ops::ModifyVpcAttribute, Cx> for Ec2 {
    async fn handle(&self, cx: &Cx, input: shapes::ModifyVpcAttributeRequest) -> Result<(), Fault> {
        let (scope, asked) = (cx.scope.clone(), input.vpc_id.unwrap_or_default());
        let value = |sent: Option<shapes::AttributeBooleanValue>| sent.and_then(|sent| sent.value);
        let support = value(input.enable_dns_support);
        let hostnames = value(input.enable_dns_hostnames);
        let metrics = value(input.enable_network_address_usage_metrics);
        let modify = self.change(None, move |tx| {
            let mut vpc = find(tx, &scope, &asked)?;
            match (support, hostnames, metrics) {
                (Some(support), None, None) => vpc.dns_support = support,
                (None, Some(hostnames), None) => vpc.dns_hostnames = hostnames,
                (None, None, Some(metrics)) => vpc.network_address_usage_metrics = metrics,
                (None, None, None) => return Err(Ec2Rejection::Missing("enableDnsSupport")),
                _ => return Err(Ec2Rejection::Exclusive("enableDnsSupport", "enableDnsHostnames")),
            }
            tx.set(vpc);
            Ok(())
        });
        modify.await
    }
}

/// The VPC that a request names.
pub(super) fn find(world: &World, scope: &Scope, asked: &str) -> Result<Vpc, Ec2Rejection> {
    Kind::Vpc.check(asked)?;
    let id = asked.parse::<VpcId>().ok();
    let vpc = id.and_then(|id| world.vpc(scope, &id)).ok_or_else(|| Kind::Vpc.not_found(asked))?;
    Ok(Vpc::clone(&vpc))
}
