//! What moves the engine: another version, another node type.

use crate::cluster::validate::values;
use crate::cluster::{CacheCluster, ClusterSpec, ModifyCacheCluster};
use crate::engine::Engine;
use crate::engine_version::EngineVersion;
use crate::ids::CacheParameterGroupName;
use crate::node_type::{CacheNodeType, DataTiering};
use crate::parameter_group::CacheParameterGroup;
use crate::rejection::Rejection;

/// `Engine` and `EngineVersion`: upward only, and a standalone cluster's engine stays.
pub(crate) fn version(
    request: &ModifyCacheCluster,
    cluster: &CacheCluster,
) -> Result<&'static EngineVersion, Rejection> {
    let spec = &cluster.spec;
    let engine = request.engine.as_deref().filter(|text| !text.is_empty()).map(values::engine).transpose()?;
    let now = EngineVersion::all(spec.engine).find(|row| row.full_version == spec.engine_version);
    let asked = request.engine_version.as_deref().filter(|text| !text.is_empty());
    let version = match (asked, now) {
        (None, Some(now)) => now,
        (asked, _) => EngineVersion::resolve(engine.unwrap_or(spec.engine), asked)?,
    };
    match engine {
        Some(to) if to != spec.engine => {
            return Err(Rejection::EngineChange { cluster: cluster.id.clone(), from: spec.engine, to });
        }
        _ => {}
    }
    if now.is_some_and(|now| version.number() < now.number()) {
        let (from, to) = (spec.engine_version.clone(), version.full_version.to_owned());
        return Err(Rejection::Downgrade { from, to });
    }
    Ok(version)
}

/// The group after a move to the version `to`: a default group follows to the version's family.
pub(crate) fn parameter_group(spec: &ClusterSpec, to: &str) -> CacheParameterGroupName {
    let now = &spec.cache_parameter_group_name;
    let family = |full: &str| {
        EngineVersion::all(spec.engine).find(|row| row.full_version == full).map(|row| row.family)
    };
    let follows = family(&spec.engine_version).map(CacheParameterGroup::default_name).as_ref() == Some(now);
    match family(to) {
        Some(family) if follows => CacheParameterGroup::default_name(family),
        _ => now.clone(),
    }
}

/// `CacheNodeType`, which must run the version. Memcached clusters are not scaled up or down (user guide; the wording is
/// uncertain).
pub(crate) fn node_type(
    request: &ModifyCacheCluster,
    cluster: &CacheCluster,
    version: &EngineVersion,
) -> Result<CacheNodeType, Rejection> {
    let asked = request.cache_node_type.as_deref().filter(|name| !name.is_empty());
    let now = &cluster.spec.cache_node_type;
    let Some(asked) = asked.filter(|asked| *asked != now.as_str()) else { return Ok(now.clone()) };
    if version.engine == Engine::Memcached {
        return Err(Rejection::NotForMemcached("CacheNodeType"));
    }
    let asked: CacheNodeType = asked.parse()?;
    still_runs_as(&asked, now, version)?;
    Ok(asked)
}

/// Whether a node type that is kept runs the version.
pub(crate) fn still_runs(node_type: &CacheNodeType, version: &EngineVersion) -> Result<(), Rejection> {
    still_runs_as(node_type, node_type, version)
}

fn still_runs_as(
    asked: &CacheNodeType,
    now: &CacheNodeType,
    version: &EngineVersion,
) -> Result<(), Rejection> {
    // Only a group with data tiering has such a type, and it keeps to them.
    let tiers = |of: &CacheNodeType| of.facts().is_some_and(|facts| facts.needs_data_tiering);
    let tiering = if tiers(now) { DataTiering::On } else { DataTiering::Off };
    values::node_type_runs(asked, version, tiering)
}
