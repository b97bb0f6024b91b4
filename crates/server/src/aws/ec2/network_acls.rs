//! Network ACLs: the default one of each VPC. No other can be made.

use domain::ec2::{Kind, NetworkAcl, Vpc};
use domain::ids::VpcId;
use models::ec2::{ops, shapes};
use wire::{Fault, Handle};

use super::describe::Describe;
use super::{Ec2, view};
use crate::http::Cx;

impl Handle<ops::DescribeNetworkAcls, Cx> for Ec2 {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DescribeNetworkAclsRequest,
    ) -> Result<shapes::DescribeNetworkAclsResult, Fault> {
        let describe = Describe {
            ids: input.network_acl_ids,
            filters: input.filters,
            max_results: input.max_results,
            next_token: input.next_token,
            dry_run: input.dry_run,
        };
        let world = self.store.read();
        let acl = |vpc: &Vpc| {
            let subnets = world.subnets_of(&cx.scope, &vpc.id);
            NetworkAcl::default_of(vpc, subnets.iter().map(|subnet| (**subnet).clone()))
        };
        let of = |id: &VpcId| world.vpc(&cx.scope, id).into_iter().collect();
        let vpcs = describe.of_vpcs(of, || world.vpcs(&cx.scope));
        let acls = vpcs.iter().map(|vpc| acl(vpc)).collect();
        let page = describe.select(Kind::NetworkAcl, acls, |acl: &NetworkAcl| acl.id.clone())?;
        Ok(shapes::DescribeNetworkAclsResult {
            next_token: page.next,
            network_acls: Some(page.items.iter().map(view::network_acl).collect()),
        })
    }
}
