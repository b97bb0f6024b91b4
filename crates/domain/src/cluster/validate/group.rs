//! The groups that a request names: parameter group, subnet group, security groups.

use crate::cluster::Surroundings;
use crate::engine_version::EngineVersion;
use crate::ids::{CacheParameterGroupName, SecurityGroupId, VpcId};
use crate::parameter_group::{CacheParameterGroup, ClusterMode};
use crate::rejection::Rejection;
use crate::subnet_group::CacheSubnetGroup;

/// The parameter group asked for, or the family's default: of the version's family, without cluster mode.
pub(crate) fn parameter_group<'w>(
    asked: Option<&str>,
    version: &EngineVersion,
    world: &Surroundings<'w>,
) -> Result<&'w CacheParameterGroup, Rejection> {
    let Some(asked) = asked.filter(|name| !name.is_empty()) else {
        let name = CacheParameterGroup::default_name(version.family);
        return Ok(CacheParameterGroup::default_called(&name).expect("every family has its default group"));
    };
    let name: CacheParameterGroupName =
        asked.parse().map_err(|_| Rejection::BadIdentifier("CacheParameterGroupName"))?;
    let group = world.groups.parameter_group(&name);
    let group = group.ok_or_else(|| Rejection::ParameterGroupToUseNotFound(asked.to_owned()))?;
    if group.family != version.family {
        let (expected, given) = (version.family.to_owned(), group.family.clone());
        return Err(Rejection::WrongFamily { expected, given });
    }
    match group.cluster_mode() {
        ClusterMode::On => Err(Rejection::ClusterModeParameterGroup),
        ClusterMode::Off => Ok(group),
    }
}

/// Whether a group of one's own that a cluster is in is of the version's family; a default one follows the version.
pub(super) fn still_fits(
    name: &CacheParameterGroupName,
    version: &EngineVersion,
    world: &Surroundings<'_>,
) -> Result<(), Rejection> {
    match world.groups.parameter_group(name) {
        Some(group) if !group.is_default() && group.family != version.family => {
            let (expected, given) = (version.family.to_owned(), group.family.clone());
            Err(Rejection::WrongFamily { expected, given })
        }
        _ => Ok(()),
    }
}

/// The subnet group asked for, or the default one.
pub(crate) fn subnet_group<'w>(
    asked: Option<&str>,
    world: &Surroundings<'w>,
) -> Result<&'w CacheSubnetGroup, Rejection> {
    let name = match asked.filter(|name| !name.is_empty()) {
        Some(asked) => asked.parse().map_err(|_| Rejection::BadIdentifier("CacheSubnetGroupName"))?,
        None => CacheSubnetGroup::default_name(),
    };
    let not_found = || Rejection::SubnetGroupNotFound(asked.unwrap_or("default").to_owned());
    world.groups.subnet_group(&name).ok_or_else(not_found)
}

/// The security groups asked for, each in the VPC; else the VPC's default one.
pub(crate) fn security_groups(
    asked: &[String],
    vpc: &VpcId,
    world: &Surroundings<'_>,
) -> Result<Vec<SecurityGroupId>, Rejection> {
    if asked.is_empty() {
        let default = world.groups.default_security_group(vpc).cloned();
        return default.map(|group| vec![group]).ok_or(Rejection::NoSecurityGroup);
    }
    let usable = |text: &String| {
        let id = text.parse::<SecurityGroupId>().ok();
        id.filter(|id| world.groups.vpc_of(id) == Some(vpc)).ok_or(text.clone())
    };
    let mut groups = Vec::new();
    let mut bad = Vec::new();
    for group in asked.iter().map(usable) {
        match group {
            Ok(group) if !groups.contains(&group) => groups.push(group),
            Ok(_) => {}
            Err(text) => bad.push(text),
        }
    }
    if bad.is_empty() { Ok(groups) } else { Err(Rejection::BadSecurityGroups(bad.join(", "))) }
}
