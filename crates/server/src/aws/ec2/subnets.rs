//! Subnets.

use domain::ec2::{CreateSubnet, Ec2Rejection, Kind, Limit, Subnet};
use domain::ids::{Scope, SubnetId};
use models::ec2::enums::HostnameType;
use models::ec2::{ops, shapes};
use wire::{Fault, Handle};

use super::describe::Describe;
use super::refusal::Refusal;
use super::{Ec2, fits, requests, view, vpcs};
use crate::http::Cx;
use crate::store::{Key, World};

impl Handle<ops::CreateSubnet, Cx> for Ec2 {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::CreateSubnetRequest,
    ) -> Result<shapes::CreateSubnetResult, Fault> {
        let ipv6 = input.ipv6_native == Some(true)
            || input.ipv6_cidr_block.is_some()
            || input.ipv6_ipam_pool_id.is_some();
        let asked = [
            (ipv6, "IPv6 in subnets"),
            (input.ipv4_ipam_pool_id.is_some(), "IPAM pools"),
            (input.outpost_arn.is_some(), "Outposts"),
        ];
        if let Some((_, what)) = asked.into_iter().find(|(asked, _)| *asked) {
            return Err(Refusal::from(Ec2Rejection::NotBuilt(what)).into());
        }
        let request = CreateSubnet {
            cidr_block: input.cidr_block,
            availability_zone: input.availability_zone,
            availability_zone_id: input.availability_zone_id,
            tags: requests::tag_specifications(input.tag_specifications, "subnet").map_err(Refusal::from)?,
        };
        let (scope, asked) = (cx.scope.clone(), input.vpc_id.unwrap_or_default());
        let (draw, quotas) = (self.draw(), self.quotas);
        let made = self.change(input.dry_run, move |tx| {
            let vpc = vpcs::find(tx, &scope, &asked)?;
            let others: Vec<Subnet> = tx.subnets_of(&scope, &vpc.id).iter().map(|s| (**s).clone()).collect();
            let subnet = Subnet::create(&vpc, &others, &request, draw)?;
            fits(Limit::Subnets, others.len(), quotas)?;
            tx.set(subnet.clone());
            Ok(subnet)
        });
        Ok(shapes::CreateSubnetResult { subnet: Some(view::subnet(&made.await?, 0)) })
    }
}

impl Handle<ops::DescribeSubnets, Cx> for Ec2 {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DescribeSubnetsRequest,
    ) -> Result<shapes::DescribeSubnetsResult, Fault> {
        let describe = Describe {
            ids: input.subnet_ids,
            filters: input.filters,
            max_results: input.max_results,
            next_token: input.next_token,
            dry_run: input.dry_run,
        };
        let world = self.store.read();
        let one = |id: &str| world.subnet(&cx.scope, &id.parse().ok()?);
        let all = || describe.of_vpcs(|vpc| world.subnets_of(&cx.scope, vpc), || world.subnets(&cx.scope));
        let subnets = describe.among(one, all);
        let page = describe.select(Kind::Subnet, subnets, |subnet| subnet.id.to_string())?;
        let view = |subnet: &Subnet| view::subnet(subnet, world.nodes_in(&cx.scope, &subnet.id));
        Ok(shapes::DescribeSubnetsResult {
            next_token: page.next,
            subnets: Some(page.items.iter().map(|subnet| view(subnet)).collect()),
        })
    }
}

impl Handle<ops::DeleteSubnet, Cx> for Ec2 {
    async fn handle(&self, cx: &Cx, input: shapes::DeleteSubnetRequest) -> Result<(), Fault> {
        let (scope, asked) = (cx.scope.clone(), input.subnet_id.unwrap_or_default());
        let delete = self.change(input.dry_run, move |tx| {
            let subnet = find(tx, &scope, &asked)?;
            subnet.deletable(tx.uses_subnet(&scope, &subnet.id))?;
            tx.remove::<Subnet>(Key::new(scope, subnet.id));
            Ok(())
        });
        delete.await
    }
}

impl Handle<ops::ModifySubnetAttribute, Cx> for Ec2 {
    async fn handle(&self, cx: &Cx, input: shapes::ModifySubnetAttributeRequest) -> Result<(), Fault> {
        let value = |sent: Option<shapes::AttributeBooleanValue>| sent.and_then(|sent| sent.value);
        let asked = [
            (value(input.assign_ipv6_address_on_creation) == Some(true), "AssignIpv6AddressOnCreation"),
            (value(input.enable_dns64) == Some(true), "EnableDns64"),
            (
                value(input.enable_resource_name_dns_aaaa_record_on_launch) == Some(true),
                "EnableResourceNameDnsAAAARecordOnLaunch",
            ),
            (value(input.map_customer_owned_ip_on_launch) == Some(true), "MapCustomerOwnedIpOnLaunch"),
            (input.customer_owned_ipv4_pool.is_some(), "CustomerOwnedIpv4Pool"),
            (input.enable_lni_at_device_index.is_some(), "EnableLniAtDeviceIndex"),
        ];
        if let Some((_, what)) = asked.into_iter().find(|(asked, _)| *asked) {
            return Err(Refusal::from(Ec2Rejection::NotBuilt(what)).into());
        }
        let public = value(input.map_public_ip_on_launch);
        let records = value(input.enable_resource_name_dns_a_record_on_launch);
        let names = match input.private_dns_hostname_type_on_launch {
            None => None,
            Some(HostnameType::IpName) => Some(false),
            Some(HostnameType::ResourceName) => Some(true),
            Some(HostnameType::Other(value)) => {
                let why = format!("Valid values: {}.", HostnameType::KNOWN.join(", "));
                let parameter = "privateDnsHostnameTypeOnLaunch";
                return Err(Refusal::from(Ec2Rejection::BadValue { parameter, value, why }).into());
            }
        };
        let (scope, asked) = (cx.scope.clone(), input.subnet_id.unwrap_or_default());
        let modify = self.change(None, move |tx| {
            let mut subnet = find(tx, &scope, &asked)?;
            subnet.map_public_ip_on_launch = public.unwrap_or(subnet.map_public_ip_on_launch);
            subnet.resource_name_dns_a_record = records.unwrap_or(subnet.resource_name_dns_a_record);
            subnet.resource_names = names.unwrap_or(subnet.resource_names);
            tx.set(subnet);
            Ok(())
        });
        modify.await
    }
}

/// The subnet that a request names.
fn find(world: &World, scope: &Scope, asked: &str) -> Result<Subnet, Ec2Rejection> {
    Kind::Subnet.check(asked)?;
    let id = asked.parse::<SubnetId>().ok();
    let subnet = id.and_then(|id| world.subnet(scope, &id)).ok_or_else(|| Kind::Subnet.not_found(asked))?;
    Ok(Subnet::clone(&subnet))
}
