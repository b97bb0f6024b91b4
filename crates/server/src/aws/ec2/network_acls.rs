//! Network ACLs: the default one of each VPC. No other can be made.

use domain::ec2::{Kind, NetworkAcl};
use models::ec2::{ops, shapes};
use wire::{Fault, Handle};

use super::describe::Describe;
use super::{Ec2, view};
use crate::http::Cx;
use crate::store::World;
use domain::ids::Scope;

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
        let acls = all(&self.store.read(), &cx.scope);
        let page = describe.select(Kind::NetworkAcl, acls, |acl: &NetworkAcl| acl.id.clone())?;
        Ok(shapes::DescribeNetworkAclsResult {
            next_token: page.next,
            network_acls: Some(page.items.iter().map(view::network_acl).collect()),
        })
    }
}

fn all(world: &World, scope: &Scope) -> Vec<NetworkAcl> {
    let subnets = world.subnets(scope);
    let of = |vpc: &domain::ec2::Vpc| {
        let own = subnets.iter().filter(|subnet| subnet.vpc == vpc.id).map(|subnet| (**subnet).clone());
        NetworkAcl::default_of(vpc, own)
    };
    world.vpcs(scope).iter().map(|vpc| of(vpc)).collect()
}
