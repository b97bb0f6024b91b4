//! Availability zones of a request: parameters that name them, and the subnets that must be there.

use crate::cluster::CreateCacheCluster;
use crate::ids::{AvailabilityZone, Region};
use crate::network::AzMode;
use crate::rejection::Rejection;
use crate::subnet_group::CacheSubnetGroup;

/// The zones that a CreateCacheCluster asks for.
pub(super) struct Zones {
    pub(super) mode: AzMode,
    pub(super) one: Option<AvailabilityZone>,
    pub(super) each: Vec<AvailabilityZone>,
}

impl Zones {
    pub(super) fn parse(
        request: &CreateCacheCluster,
        nodes: u16,
        region: &Region,
    ) -> Result<Self, Rejection> {
        let mode = request.az_mode.as_deref().map(str::parse).transpose()?.unwrap_or(AzMode::SingleAz);
        let zones = region.zones();
        let known = |text: &String| {
            let zone = text.parse().ok().filter(|zone| zones.contains(zone));
            zone.ok_or_else(|| Rejection::UnknownZone(text.clone()))
        };
        let one = request.preferred_availability_zone.as_ref().map(known).transpose()?;
        let each: Vec<_> =
            request.preferred_availability_zones.iter().map(known).collect::<Result<_, _>>()?;
        if one.is_some() && !each.is_empty() {
            return Err(Rejection::BothZoneParameters);
        }
        if !each.is_empty() && each.len() != usize::from(nodes) {
            return Err(Rejection::ZonesPerNode { zones: each.len(), nodes });
        }
        match mode {
            AzMode::CrossAz if nodes < 2 => Err(Rejection::CrossZoneNeedsNodes),
            AzMode::SingleAz if each.windows(2).any(|pair| pair[0] != pair[1]) => {
                Err(Rejection::SingleZoneBroken)
            }
            _ => Ok(Self { mode, one, each }),
        }
    }

    /// Each zone asked for must have a subnet in the group.
    pub(super) fn lie_in(&self, group: &CacheSubnetGroup) -> Result<(), Rejection> {
        let has_subnet =
            |zone: &&AvailabilityZone| group.subnets.iter().any(|subnet| subnet.availability_zone == **zone);
        match self.one.iter().chain(&self.each).find(|zone| !has_subnet(zone)) {
            Some(zone) => Err(Rejection::ZoneWithoutSubnet(zone.to_string())),
            None => Ok(()),
        }
    }
}
