//! What moves the engines: another version, Valkey in Redis's place, another node type; and the parameter group.

use super::deferral::Joint;
use super::mode;
use crate::cluster::validate::modify::engine as of_clusters;
use crate::cluster::validate::values;
use crate::cluster::{CacheCluster, ModifyCacheCluster};
use crate::engine::Engine;
use crate::engine_version::{EngineVersion, VersionNumber};
use crate::ids::CacheParameterGroupName;
use crate::node_type::CacheNodeType;
use crate::parameter_group::CacheParameterGroup;
use crate::rejection::Rejection;
use crate::replication_group::{ClusterMode, ReplicationGroupSpec, Surroundings};

/// What members are to run as.
pub(super) struct Target {
    pub(super) version: &'static EngineVersion,
    pub(super) node_type: CacheNodeType,
}

/// `Engine`, `EngineVersion` and `CacheNodeType`.
pub(super) fn target(request: &ModifyCacheCluster, now: &CacheCluster) -> Result<Target, Rejection> {
    let version = match other_engine(request, now)? {
        Some(engine) => moved(request, now, engine)?,
        None => of_clusters::version(request, now)?,
    };
    let node_type = of_clusters::node_type(request, now, version)?;
    if version.engine != now.spec.engine && node_type == now.spec.cache_node_type {
        of_clusters::still_runs(&node_type, version)?;
    }
    Ok(Target { version, node_type })
}

/// `Engine`, where it is another than the group's.
fn other_engine(request: &ModifyCacheCluster, now: &CacheCluster) -> Result<Option<Engine>, Rejection> {
    let asked = request.engine.as_deref().filter(|text| !text.is_empty()).map(values::engine).transpose()?;
    Ok(asked.filter(|engine| *engine != now.spec.engine))
}

/// From Redis to any Valkey; from Valkey 7.2 back to Redis 7.1, which is the only way back (user guide).
fn moved(
    request: &ModifyCacheCluster,
    now: &CacheCluster,
    to: Engine,
) -> Result<&'static EngineVersion, Rejection> {
    let from = now.spec.engine;
    let version =
        EngineVersion::resolve(to, request.engine_version.as_deref().filter(|text| !text.is_empty()))?;
    let number = now.spec.engine_version.parse::<VersionNumber>();
    let between = |first, last| number.is_ok_and(|number| (first..last).contains(&number));
    let allowed = match (from, to) {
        (Engine::Redis, Engine::Valkey) => true,
        (Engine::Valkey, Engine::Redis) => {
            let runs_7_2 = between(VersionNumber::new(7, 2, 0), VersionNumber::new(7, 3, 0));
            runs_7_2 && version.version == "7.1"
        }
        _ => false,
    };
    if allowed { Ok(version) } else { Err(Rejection::EngineChange { cluster: now.id.clone(), from, to }) }
}

/// The parameter group after the change: the one named, which must be of the version's family and for the mode; else a
/// default group follows to the family's and mode's, and one's own stays where it still fits.
pub(super) fn parameter_group<'w>(
    named: Option<&str>,
    spec: &ReplicationGroupSpec,
    version: &'static EngineVersion,
    cluster_mode: ClusterMode,
    world: &Surroundings<'w>,
) -> Result<&'w CacheParameterGroup, Rejection> {
    let now = &spec.member.cache_parameter_group_name;
    let name = match named {
        Some(named) => named.to_owned(),
        None if now.as_str().starts_with("default.") => {
            mode::default_name(version.family, cluster_mode).to_string()
        }
        None => now.to_string(),
    };
    let group = mode::find(&name, version, world)?;
    mode::fits(group, cluster_mode)?;
    Ok(group)
}

/// Whether the parameter group goes with what the group shall be.
pub(super) fn suits(name: &CacheParameterGroupName, joint: &Joint<'_>, world: &Surroundings<'_>) -> bool {
    let found = mode::find(name.as_str(), joint.version, world);
    found.is_ok_and(|group| mode::fits(group, joint.mode).is_ok())
}
