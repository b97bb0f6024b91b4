//! Restores: what a new cluster or group has of the snapshot that it begins with, and which it cannot begin with.

use super::{Phase, Snapshot, SnapshotRejection as Refused, Subject};
use crate::cluster::{ClusterSpec, CreateCacheCluster};
use crate::engine::Engine;
use crate::engine_version::{EngineVersion, VersionNumber};
use crate::groups::Groups;
use crate::node_type::DataTiering;
use crate::rejection::Rejection;
use crate::replication_group::{ClusterMode, CreateReplicationGroup, NodeGroupConfiguration};

/// The snapshot that `SnapshotName` means. With `SnapshotArns` beside it, or for Memcached, it is refused before it is
/// looked for.
pub(crate) fn named<'w>(
    name: Option<&str>,
    engine: Option<&str>,
    arns: &[String],
    groups: &'w dyn Groups,
) -> Result<Option<&'w Snapshot>, Rejection> {
    let memcached = engine.is_some_and(|engine| engine.parse() == Ok(Engine::Memcached));
    let Some(name) = name.filter(|_| !memcached && arns.is_empty()) else { return Ok(None) };
    let found = name.parse().ok().and_then(|name| groups.snapshot(&name));
    let found = found.filter(|snapshot| snapshot.phase == Phase::Available);
    found.map(Some).ok_or_else(|| Refused::NotRestorable(name.to_owned()).into())
}

/// The request with what it leaves to the snapshot: engine, version and node type.
pub(crate) fn cluster(request: &CreateCacheCluster, snapshot: &Snapshot) -> CreateCacheCluster {
    let was = Wanted::of(&request.engine, &request.engine_version, &request.cache_node_type, snapshot);
    CreateCacheCluster {
        engine: was.engine,
        engine_version: was.engine_version,
        cache_node_type: was.cache_node_type,
        ..request.clone()
    }
}

/// The same for a group, which also has the snapshot's shards where it does not say how many.
pub(crate) fn group(request: &CreateReplicationGroup, snapshot: &Snapshot) -> CreateReplicationGroup {
    let was = Wanted::of(&request.engine, &request.engine_version, &request.cache_node_type, snapshot);
    let mut group = CreateReplicationGroup {
        engine: was.engine,
        engine_version: was.engine_version,
        cache_node_type: was.cache_node_type,
        ..request.clone()
    };
    let Subject::Group { .. } = snapshot.subject else { return group };
    if group.num_node_groups.is_none() && group.node_group_configuration.is_empty() {
        let shards = snapshot.node_snapshots.iter().filter_map(|node| node.shard.as_ref());
        let shards = shards.map(|shard| NodeGroupConfiguration {
            node_group_id: Some(shard.id.to_string()),
            slots: Some(shard.slots.to_string()),
            ..NodeGroupConfiguration::default()
        });
        group.node_group_configuration = shards.collect();
    }
    if group.cluster_mode.is_none() && group.cache_parameter_group_name.is_none() {
        group.cluster_mode = Some(ClusterMode::Enabled.as_str().to_owned());
    }
    group
}

/// What a request names of these three, and else the snapshot has.
struct Wanted {
    engine: Option<String>,
    engine_version: Option<String>,
    cache_node_type: Option<String>,
}

impl Wanted {
    fn of(
        engine: &Option<String>,
        version: &Option<String>,
        node_type: &Option<String>,
        snapshot: &Snapshot,
    ) -> Self {
        let was = &snapshot.configuration;
        let engine = engine.clone().or_else(|| Some(was.engine.as_str().to_owned()));
        // Another engine has other versions: its default one.
        let same = engine.as_deref() == Some(was.engine.as_str());
        let version = version.clone().filter(|version| !version.is_empty());
        let named = || EngineVersion::reported(was.engine, &was.engine_version).filter(|_| same);
        Self {
            engine_version: version.or_else(|| named().map(|version| version.version.to_owned())),
            cache_node_type: node_type.clone().or_else(|| Some(was.cache_node_type.to_string())),
            engine,
        }
    }
}

/// Whether what shall be can begin with the snapshot: its engine reads the data, with cluster mode or without, and on
/// nodes with disks where the data was on such (user guide).
pub(crate) fn fits(
    snapshot: &Snapshot,
    spec: &ClusterSpec,
    mode: ClusterMode,
    tiering: DataTiering,
) -> Result<(), Rejection> {
    let was = &snapshot.configuration;
    if matches!(snapshot.subject, Subject::Group { .. }) && !mode.is_on() {
        return Err(Refused::NotWithoutClusterMode(snapshot.name.clone()).into());
    }
    if !reads(spec, snapshot) {
        return Err(Refused::NotForEngine {
            from: was.engine,
            from_version: was.engine_version.clone(),
            to: spec.engine,
            to_version: spec.engine_version.clone(),
        }
        .into());
    }
    if was.data_tiering == DataTiering::On && tiering == DataTiering::Off {
        return Err(Refused::NeedsDataTiering(snapshot.name.clone()).into());
    }
    Ok(())
}

/// Its own engine of the same or an earlier version, Valkey also Redis, and Redis 7.1 the Valkey that it can be rolled
/// back from.
fn reads(spec: &ClusterSpec, snapshot: &Snapshot) -> bool {
    let number = |text: &str| text.parse::<VersionNumber>().ok();
    let was = &snapshot.configuration;
    let (then, now) = (number(&was.engine_version), number(&spec.engine_version));
    match (was.engine, spec.engine) {
        (Engine::Redis, Engine::Valkey) => true,
        (Engine::Valkey, Engine::Redis) => {
            then < Some(VersionNumber::new(8, 0, 0)) && now >= Some(VersionNumber::new(7, 1, 0))
        }
        (from, to) => from == to && now >= then,
    }
}
