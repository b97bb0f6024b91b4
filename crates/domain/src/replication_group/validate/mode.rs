//! Cluster mode, and the parameter group that goes with it.

use crate::engine_version::EngineVersion;
use crate::ids::CacheParameterGroupName;
use crate::parameter_group::{CacheParameterGroup, ClusterMode as GroupMode};
use crate::rejection::Rejection;
use crate::replication_group::GroupRejection;
use crate::replication_group::{ClusterMode, Surroundings};

/// A new group's mode and parameter group. The parameter group named says the mode; without one `ClusterMode` does,
/// else several shards do (uncertain), and the family's default group of that mode is meant.
pub(super) fn of_new<'w>(
    group: Option<&str>,
    mode: Option<ClusterMode>,
    several: bool,
    version: &EngineVersion,
    world: &Surroundings<'w>,
) -> Result<(&'w CacheParameterGroup, ClusterMode), Rejection> {
    let by_shards = if several { ClusterMode::Enabled } else { ClusterMode::Disabled };
    let (group, mode) = match group.filter(|name| !name.is_empty()) {
        None => {
            let mode = mode.unwrap_or(by_shards);
            (find(default_name(version.family, mode).as_str(), version, world)?, mode)
        }
        Some(asked) => {
            let group = find(asked, version, world)?;
            let by_group = match group.cluster_mode() {
                GroupMode::On => ClusterMode::Enabled,
                GroupMode::Off => ClusterMode::Disabled,
            };
            let mode = mode.unwrap_or(by_group);
            fits(group, mode)?;
            if several && mode == ClusterMode::Disabled {
                return Err(GroupRejection::ParameterGroupWithoutClusterMode.into());
            }
            (group, mode)
        }
    };
    if several && mode != ClusterMode::Enabled {
        return Err(GroupRejection::OneNodeGroup.into());
    }
    Ok((group, mode))
}

/// The group asked for, of the version's family.
pub(super) fn find<'w>(
    asked: &str,
    version: &EngineVersion,
    world: &Surroundings<'w>,
) -> Result<&'w CacheParameterGroup, Rejection> {
    let name: CacheParameterGroupName =
        asked.parse().map_err(|_| Rejection::BadIdentifier("CacheParameterGroupName"))?;
    let group = world.of_clusters.groups.parameter_group(&name);
    let group = group.ok_or_else(|| Rejection::ParameterGroupToUseNotFound(asked.to_owned()))?;
    if group.family != version.family {
        let (expected, given) = (version.family.to_owned(), group.family.clone());
        return Err(Rejection::WrongFamily { expected, given });
    }
    Ok(group)
}

/// Whether the parameter group is for the mode.
pub(super) fn fits(group: &CacheParameterGroup, mode: ClusterMode) -> Result<(), Rejection> {
    match (group.cluster_mode(), mode.is_on()) {
        (GroupMode::On, false) => Err(Rejection::ClusterModeParameterGroup),
        (GroupMode::Off, true) => Err(GroupRejection::ParameterGroupWithoutClusterMode.into()),
        _ => Ok(()),
    }
}

/// The family's default group of the mode.
pub(super) fn default_name(family: &str, mode: ClusterMode) -> CacheParameterGroupName {
    let name = CacheParameterGroup::default_name(family);
    if mode.is_on() {
        return format!("{name}.cluster.on").parse().expect("families are dotted words");
    }
    name
}
