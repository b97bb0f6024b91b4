//! Network interfaces: those of cache nodes. No other can be made.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use domain::ec2::{Kind, NetworkInterface};
use domain::ids::Scope;
use models::ec2::{ops, shapes};
use wire::{Fault, Handle};

use super::describe::Describe;
use super::{Ec2, view};
use crate::http::Cx;
use crate::store::{InterfacesBy, World};

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
        let clusters = match asked(&describe, &world, &cx.scope) {
            Some(each) => {
                let found = each.iter().flat_map(|by| world.clusters_with_interfaces(&cx.scope, by));
                found
                    .map(|cluster| (cluster.id.clone(), cluster))
                    .collect::<BTreeMap<_, _>>()
                    .into_values()
                    .collect()
            }
            None => world.clusters(&cx.scope).cloned().collect::<Vec<_>>(),
        };
        let all = clusters.iter().flat_map(|cluster| NetworkInterface::of(cluster)).collect();
        let page = describe.select(Kind::NetworkInterface, all, |one: &NetworkInterface| one.id.clone())?;
        let group_name = |id: &_| world.security_group(&cx.scope, id).map(|group| group.name.clone());
        let view = |one| view::network_interface(one, group_name);
        Ok(shapes::DescribeNetworkInterfacesResult {
            next_token: page.next,
            network_interfaces: Some(page.items.iter().map(view).collect()),
        })
    }
}

/// What narrows down whose interfaces can be asked for; none: any cluster's can.
fn asked(describe: &Describe, world: &World, scope: &Scope) -> Option<Vec<InterfacesBy>> {
    if let Some(ids) = describe.named().or_else(|| describe.exactly("network-interface-id")) {
        return Some(ids.into_iter().map(|id| InterfacesBy::Id(id.to_owned())).collect());
    }
    if let Some(texts) = describe.exactly("description") {
        let clusters = texts.into_iter().filter_map(NetworkInterface::cluster_in);
        return Some(clusters.map(InterfacesBy::Cluster).collect());
    }
    for filter in ["private-ip-address", "addresses.private-ip-address"] {
        if let Some(addresses) = describe.exactly(filter) {
            return Some(parsed(addresses, InterfacesBy::Address));
        }
    }
    if let Some(groups) = describe.exactly("group-id") {
        return Some(parsed(groups, InterfacesBy::SecurityGroup));
    }
    if let Some(subnets) = describe.exactly("subnet-id") {
        return Some(parsed(subnets, InterfacesBy::Subnet));
    }
    // The other filters, such as the zone's or the status, are those of whole listings.
    let vpcs = describe.exactly("vpc-id")?.into_iter().filter_map(|id| id.parse().ok());
    let subnets = vpcs.flat_map(|vpc| world.subnets_of(scope, &vpc));
    Some(subnets.map(|subnet| InterfacesBy::Subnet(subnet.id.clone())).collect())
}

fn parsed<T: FromStr>(texts: BTreeSet<&str>, by: fn(T) -> InterfacesBy) -> Vec<InterfacesBy> {
    texts.into_iter().filter_map(|text| text.parse().ok().map(by)).collect()
}
