//! The clusters that the tests plan for.

use domain::addresses::Addresses;
use domain::cluster::{CacheCluster, CreateCacheCluster, Ground, ModifyCacheCluster, Surroundings, validate};
use domain::groups::DefaultGroups;
use domain::ids::{CacheNodeId, Scope};
use domain::quota::Quotas;
use domain::rejection::Rejection;
use jiff::Timestamp;

/// The guide's cluster, creating.
pub(crate) fn creating() -> CacheCluster {
    cluster("redis", 1)
}

/// A Memcached cluster of several nodes, creating.
pub(crate) fn fleet(nodes: i32) -> CacheCluster {
    cluster("memcached", nodes)
}

/// Takes on another number of nodes, as a ModifyCacheCluster at once.
pub(crate) fn resize(
    cluster: &mut CacheCluster,
    nodes: i32,
    without: &[CacheNodeId],
) -> Result<(), Rejection> {
    let groups = DefaultGroups::of(&cluster.scope);
    let world = Surroundings::without_clusters(&cluster.scope, &groups, Quotas::Aws, 0);
    let request = ModifyCacheCluster {
        num_cache_nodes: Some(nodes),
        cache_node_ids_to_remove: without.iter().map(ToString::to_string).collect(),
        apply_immediately: Some(true),
        ..Default::default()
    };
    let change = validate::modify(&request, cluster, &world, Timestamp::UNIX_EPOCH)?;
    let taken = cluster.nodes.iter().map(|node| node.address).collect();
    let added = change.place(cluster, world.ground(&change.spec, &taken))?;
    cluster.modify(change, added).expect("validation has asked the phase");
    Ok(())
}

/// What a request for a newer engine version changes, at once; none where it is refused.
pub(crate) fn upgrade(cluster: &CacheCluster) -> Option<validate::Change> {
    let request = ModifyCacheCluster {
        engine_version: Some("7.1".into()),
        apply_immediately: Some(true),
        ..Default::default()
    };
    let groups = DefaultGroups::of(&cluster.scope);
    let world = Surroundings::without_clusters(&cluster.scope, &groups, Quotas::Aws, 0);
    validate::modify(&request, cluster, &world, Timestamp::UNIX_EPOCH).ok()
}

fn cluster(engine: &str, nodes: i32) -> CacheCluster {
    let scope = Scope {
        account: "000000000000".parse().expect("a good request in an empty world"),
        region: "us-east-1".parse().expect("a good request in an empty world"),
    };
    let groups = DefaultGroups::of(&scope);
    let world = Surroundings::without_clusters(&scope, &groups, Quotas::Aws, 0);
    let request = CreateCacheCluster {
        cache_cluster_id: Some("my-cache".into()),
        engine: Some(engine.into()),
        engine_version: (engine == "redis").then(|| "7.0".into()),
        num_cache_nodes: Some(nodes),
        cache_node_type: Some("cache.t3.micro".into()),
        ..Default::default()
    };
    let (id, spec) = validate::create(&request, &world).expect("a good request in an empty world");
    let nodes = spec
        .place(Ground { group: &groups.subnet_group, taken: &Addresses::default(), draw: 0 })
        .expect("a good request in an empty world");
    CacheCluster::new(scope, id, spec, nodes)
}
