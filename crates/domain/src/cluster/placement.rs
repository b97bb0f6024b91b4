//! Where a cluster's nodes go: zone, subnet, address.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::{CacheNode, ClusterSpec, NodeState};
use crate::ids::{AvailabilityZone, CacheNodeId};
use crate::network::AzMode;
use crate::node::Generation;
use crate::rejection::Rejection;
use crate::subnet_group::CacheSubnetGroup;
use crate::vpc::Subnet;

impl ClusterSpec {
    /// Its nodes, placed in `group`'s subnets at addresses that are not in `taken`. Where no zone was asked for,
    /// `draw` picks the first one, and `cross-az` goes round the others from there.
    ///
    /// # Errors
    /// [`Rejection::SubnetFull`] when no subnet that may hold a node has an address left.
    pub fn place(
        &self,
        group: &CacheSubnetGroup,
        taken: &BTreeSet<Ipv4Addr>,
        draw: u64,
    ) -> Result<Vec<CacheNode>, Rejection> {
        let mut taken = taken.clone();
        let zones: BTreeSet<_> = group.subnets.iter().map(|subnet| &subnet.availability_zone).collect();
        let zones: Vec<_> = zones.into_iter().collect();
        let first = usize::try_from(draw % 1024).expect("below 1024");
        let mut nodes = Vec::new();
        for index in 0..self.num_cache_nodes {
            let turn = first + if self.az_mode == AzMode::CrossAz { usize::from(index) } else { 0 };
            let asked = self.asked_zone(index);
            let candidates: Vec<&Subnet> = match asked {
                Some(zone) => in_zone(group, zone).collect(),
                None => {
                    (0..zones.len()).flat_map(|n| in_zone(group, zones[(turn + n) % zones.len()])).collect()
                }
            };
            let found = candidates.iter().find_map(|subnet| Some((subnet, subnet.allocate(&taken)?)));
            let full = || {
                let subnet = candidates.first().map(|subnet| subnet.id.to_string());
                Rejection::SubnetFull(subnet.unwrap_or_default())
            };
            let (subnet, address) = found.ok_or_else(full)?;
            taken.insert(address);
            nodes.push(CacheNode {
                id: CacheNodeId::new(index + 1),
                generation: Generation::FIRST,
                availability_zone: subnet.availability_zone.clone(),
                subnet: subnet.id.clone(),
                address,
                port: None,
                created_at: None,
                state: NodeState::Creating,
            });
        }
        Ok(nodes)
    }

    fn asked_zone(&self, index: u16) -> Option<&AvailabilityZone> {
        let listed = self.preferred_availability_zones.get(usize::from(index));
        listed.or(self.preferred_availability_zone.as_ref())
    }
}

fn in_zone<'g>(group: &'g CacheSubnetGroup, zone: &AvailabilityZone) -> impl Iterator<Item = &'g Subnet> {
    group.subnets.iter().filter(move |subnet| subnet.availability_zone == *zone)
}
