//! Where a cluster's nodes go: zone, subnet, address.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::{CacheCluster, CacheNode, ClusterSpec, NodeState, Resize};
use crate::addresses::Addresses;
use crate::ids::{AvailabilityZone, CacheNodeId};
use crate::network::AzMode;
use crate::node::Generation;
use crate::rejection::Rejection;
use crate::subnet_group::CacheSubnetGroup;
use crate::vpc::Subnet;

/// Where nodes can go.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'g> {
    /// The cluster's subnet group.
    pub group: &'g CacheSubnetGroup,
    /// The addresses of the account and region that are in use.
    pub taken: &'g Addresses,
    /// What picks a zone where none was asked for. Any number.
    pub draw: u64,
}

impl ClusterSpec {
    /// The nodes of a new cluster. Where no zone was asked for, the draw picks the first one, and `cross-az` goes
    /// round the others from there.
    ///
    /// # Errors
    /// [`Rejection::SubnetFull`] when no subnet that may hold a node has an address left.
    pub fn place(&self, ground: Ground<'_>) -> Result<Vec<CacheNode>, Rejection> {
        let asked = |index: u16| {
            let listed = self.preferred_availability_zones.get(usize::from(index));
            listed.or(self.preferred_availability_zone.as_ref())
        };
        let mut nodes = Vec::new();
        for index in 0..self.num_cache_nodes {
            nodes.push(ground.node(CacheNodeId::new(index + 1), asked(index), self.az_mode, &nodes)?);
        }
        Ok(nodes)
    }
}

impl CacheCluster {
    /// The nodes that a resizing adds: none where it removes some. `cross-az` fills the zones that have the fewest.
    ///
    /// A number that a removed node had is given again, the lowest first: AWS does not say (uncertain), but Terraform's
    /// provider counts on ids without gaps when it removes nodes.
    ///
    /// # Errors
    /// [`Rejection::SubnetFull`] when no subnet that may hold a node has an address left.
    pub fn place(&self, resize: &Resize, ground: Ground<'_>) -> Result<Vec<CacheNode>, Rejection> {
        let Resize::Add { zones, mode } = resize else { return Ok(Vec::new()) };
        let mut nodes = self.nodes.clone();
        let free = (1..).map(CacheNodeId::new).filter(|id| self.node(*id).is_none());
        for (id, zone) in free.zip(zones) {
            nodes.push(ground.node(id, zone.as_ref(), *mode, &nodes)?);
        }
        Ok(nodes.split_off(self.nodes.len()))
    }
}

impl Ground<'_> {
    /// One more node beside `others`.
    pub(crate) fn node(
        &self,
        id: CacheNodeId,
        zone: Option<&AvailabilityZone>,
        mode: AzMode,
        others: &[CacheNode],
    ) -> Result<CacheNode, Rejection> {
        let candidates = self.subnets(zone, mode, others);
        let addresses: Vec<Ipv4Addr> = others.iter().map(|node| node.address).collect();
        let full = || {
            let subnet = candidates.first().map(|subnet| subnet.id.to_string());
            Rejection::SubnetFull(subnet.unwrap_or_default())
        };
        let mut places = candidates.iter().map(|subnet| (subnet, subnet.allocate(self.taken, &addresses)));
        let found = places.find_map(|(subnet, address)| Some((subnet, address?)));
        let (subnet, address) = found.ok_or_else(full)?;
        Ok(CacheNode {
            id,
            generation: Generation::FIRST,
            availability_zone: subnet.availability_zone.clone(),
            subnet: subnet.id.clone(),
            address,
            port: None,
            published: None,
            created_at: None,
            state: NodeState::Creating,
        })
    }

    /// The subnets that may hold a node, best first.
    fn subnets(&self, zone: Option<&AvailabilityZone>, mode: AzMode, others: &[CacheNode]) -> Vec<&Subnet> {
        let single = others.first().filter(|_| mode == AzMode::SingleAz).map(|node| &node.availability_zone);
        if let Some(zone) = zone.or(single) {
            return self.in_zone(zone).collect();
        }
        let mut used: BTreeMap<&AvailabilityZone, usize> = BTreeMap::new();
        for subnet in &self.group.subnets {
            used.entry(&subnet.availability_zone).or_default();
        }
        for node in others {
            used.entry(&node.availability_zone).and_modify(|count| *count += 1);
        }
        let zones: Vec<_> = used.into_iter().collect();
        let first = usize::try_from(self.draw % 1024).expect("below 1024");
        let mut turns: Vec<_> = (0..zones.len()).map(|n| zones[(first + n) % zones.len()]).collect();
        turns.sort_by_key(|(_, count)| *count);
        turns.into_iter().flat_map(|(zone, _)| self.in_zone(zone)).collect()
    }

    fn in_zone(&self, zone: &AvailabilityZone) -> impl Iterator<Item = &Subnet> {
        self.group.subnets.iter().filter(move |subnet| subnet.availability_zone == *zone)
    }
}
