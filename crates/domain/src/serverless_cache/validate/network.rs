//! Where a serverless cache's endpoint is: subnets of one VPC, and security groups in it.

use std::collections::BTreeSet;

use super::Surroundings;
use crate::groups::Groups;
use crate::ids::{Scope, SecurityGroupId, SubnetId, VpcId};
use crate::node::VpcKey;
use crate::rejection::Rejection;
use crate::serverless_cache::ServerlessCacheRejection as Refused;
use crate::subnet_group::CacheSubnetGroup;
use crate::vpc::Subnet;

/// Subnets of one VPC.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) vpc: VpcId,
    pub(super) subnets: Vec<SubnetId>,
}

impl Place {
    pub(super) fn key(&self, scope: &Scope) -> VpcKey {
        VpcKey { scope: scope.clone(), vpc: self.vpc.clone() }
    }
}

/// The subnets asked for, in two or three zones of one VPC; else as many of the default VPC's.
pub(super) fn place(asked: &[String], world: &Surroundings<'_>) -> Result<Place, Rejection> {
    if asked.is_empty() {
        return default_place(world);
    }
    let mut found: Vec<(VpcId, Subnet)> = Vec::new();
    let mut bad = Vec::new();
    for text in asked {
        match text.parse().ok().and_then(|id: SubnetId| world.groups.subnet(&id)) {
            Some(subnet) if found.iter().all(|known| known.1.id != subnet.1.id) => found.push(subnet),
            Some(_) => {}
            None => bad.push(text.clone()),
        }
    }
    if !bad.is_empty() {
        return Err(Refused::BadSubnets(bad.join(", ")).into());
    }
    let (vpc, first) = &found[0];
    if let Some((_, other)) = found.iter().find(|(other, _)| other != vpc) {
        return Err(Refused::SubnetsOfTwoVpcs(first.id.to_string(), other.id.to_string()).into());
    }
    let zones: BTreeSet<_> = found.iter().map(|(_, subnet)| &subnet.availability_zone).collect();
    if !(2..=3).contains(&zones.len()) {
        return Err(Refused::SubnetZones.into());
    }
    let vpc = vpc.clone();
    Ok(Place { vpc, subnets: found.into_iter().map(|(_, subnet)| subnet.id).collect() })
}

/// Two subnets in us-west-1, three elsewhere (API reference).
fn default_place(world: &Surroundings<'_>) -> Result<Place, Rejection> {
    let group = world.groups.subnet_group(&CacheSubnetGroup::default_name());
    let group = group.ok_or_else(|| Rejection::SubnetGroupNotFound("default".to_owned()))?;
    let number = if world.scope.region.as_str() == "us-west-1" { 2 } else { 3 };
    let mut subnets: Vec<_> = group.subnets.iter().collect();
    subnets.sort_by(|a, b| a.availability_zone.cmp(&b.availability_zone));
    subnets.dedup_by(|a, b| a.availability_zone == b.availability_zone);
    Ok(Place {
        vpc: group.vpc_id.clone(),
        subnets: subnets.into_iter().take(number).map(|subnet| subnet.id.clone()).collect(),
    })
}

/// The security groups asked for, each in the VPC; else the VPC's default one.
pub(super) fn security_groups(
    asked: &[String],
    vpc: &VpcId,
    groups: &dyn Groups,
) -> Result<Vec<SecurityGroupId>, Rejection> {
    if asked.is_empty() {
        let default = groups.default_security_group(vpc).cloned();
        return default.map(|group| vec![group]).ok_or(Rejection::NoSecurityGroup);
    }
    let (mut usable, mut bad) = (Vec::new(), Vec::new());
    for text in asked {
        match text.parse().ok().filter(|id| groups.vpc_of(id) == Some(vpc)) {
            Some(id) if !usable.contains(&id) => usable.push(id),
            Some(_) => {}
            None => bad.push(text.clone()),
        }
    }
    if bad.is_empty() { Ok(usable) } else { Err(Rejection::BadSecurityGroups(bad.join(", "))) }
}
