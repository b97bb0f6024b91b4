//! Network interfaces: those of cache nodes. No other can be made.

use domain::ec2::{Kind, NetworkInterface};
use models::ec2::{ops, shapes};
use wire::{Fault, Handle};

use super::describe::Describe;
use super::{Ec2, view};
use crate::http::Cx;

impl Handle<ops::DescribeNetworkInterfaces, Cx> for Ec2 {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DescribeNetworkInterfacesRequest,
    ) -> Result<shapes::DescribeNetworkInterfacesResult, Fault> {
        let describe = Describe {
            ids: input.network_interface_ids,
            filters: input.filters,
            max_results: input.max_results,
            next_token: input.next_token,
            dry_run: input.dry_run,
        };
        let world = self.store.read();
        let all = world.clusters(&cx.scope).flat_map(|cluster| NetworkInterface::of(cluster)).collect();
        let page = describe.select(Kind::NetworkInterface, all, |one: &NetworkInterface| one.id.clone())?;
        let group_name = |id: &_| world.security_group(&cx.scope, id).map(|group| group.name.clone());
        let view = |one| view::network_interface(one, group_name);
        Ok(shapes::DescribeNetworkInterfacesResult {
            next_token: page.next,
            network_interfaces: Some(page.items.iter().map(view).collect()),
        })
    }
}
