//! Availability zones of a request: parameters that name them, and the subnets that must be there.

use crate::cluster::CreateCacheCluster;
use crate::ids::{AvailabilityZone, Region};
use crate::network::AzMode;
use crate::rejection::Rejection;
use crate::subnet_group::CacheSubnetGroup;

/// The zones that a CreateCacheCluster asks for.
pub(crate) struct Zones {
    pub(crate) mode: AzMode,
    pub(crate) one: Option<AvailabilityZone>,
    pub(crate) each: Vec<AvailabilityZone>,
}

impl Zones {
    pub(crate) fn parse(
        request: &CreateCacheCluster,
        nodes: u16,
        region: &Region,
    ) -> Result<Self, Rejection> {
        let mode = request.az_mode.as_deref().map(str::parse).transpose()?;
        let one = known(request.preferred_availability_zone.as_slice(), region)?.pop();
        let each = known(&request.preferred_availability_zones, region)?;
        if one.is_some() && !each.is_empty() {
            return Err(Rejection::BothZoneParameters);
        }
        if !each.is_empty() && each.len() != usize::from(nodes) {
            return Err(Rejection::ZonesPerNode { zones: each.len(), nodes });
        }
        let several = each.windows(2).any(|pair| pair[0] != pair[1]);
        // "If AZMode and PreferredAvailabilityZones are not specified, single-az" (API reference): zones say it too.
        let mode = mode.unwrap_or(if several { AzMode::CrossAz } else { AzMode::SingleAz });
        match mode {
            AzMode::CrossAz if nodes < 2 => Err(Rejection::CrossZoneNeedsNodes),
            AzMode::SingleAz if several => Err(Rejection::SingleZoneBroken),
            _ => Ok(Self { mode, one, each }),
        }
    }

    /// Each zone asked for must have a subnet in the group.
    pub(crate) fn lie_in(&self, group: &CacheSubnetGroup) -> Result<(), Rejection> {
        lie_in(self.one.iter().chain(&self.each), group)
    }
}

/// The zones of a parameter, each of which the region must have.
pub(crate) fn known(named: &[String], region: &Region) -> Result<Vec<AvailabilityZone>, Rejection> {
    let zones = region.zones();
    let known = |text: &String| {
        let zone = text.parse().ok().filter(|zone| zones.contains(zone));
        zone.ok_or_else(|| Rejection::UnknownZone(text.clone()))
    };
    named.iter().map(known).collect()
}

/// Each zone must have a subnet in the group.
pub(crate) fn lie_in<'z>(
    zones: impl IntoIterator<Item = &'z AvailabilityZone>,
    group: &CacheSubnetGroup,
) -> Result<(), Rejection> {
    let has_subnet =
        |zone: &&AvailabilityZone| group.subnets.iter().any(|subnet| subnet.availability_zone == **zone);
    match zones.into_iter().find(|zone| !has_subnet(zone)) {
        Some(zone) => Err(Rejection::ZoneWithoutSubnet(zone.to_string())),
        None => Ok(()),
    }
}
