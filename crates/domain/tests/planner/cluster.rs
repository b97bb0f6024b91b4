//! The clusters that the tests plan for.

use domain::addresses::Addresses;
use domain::cluster::{CacheCluster, CreateCacheCluster, Ground, Surroundings, validate};
use domain::ids::Scope;
use domain::quota::Quotas;

/// The guide's cluster, creating.
pub(crate) fn creating() -> CacheCluster {
    let scope = Scope {
        account: "000000000000".parse().expect("a good request in an empty world"),
        region: "us-east-1".parse().expect("a good request in an empty world"),
    };
    let world = Surroundings::of_a_new_account(scope, Quotas::Aws, 0);
    let request = CreateCacheCluster {
        cache_cluster_id: Some("my-cache".into()),
        engine: Some("redis".into()),
        cache_node_type: Some("cache.t3.micro".into()),
        ..Default::default()
    };
    let (id, spec) = validate::create(&request, &world).expect("a good request in an empty world");
    let nodes = spec
        .place(Ground {
            group: &world.subnet_groups[&spec.cache_subnet_group_name],
            taken: &Addresses::default(),
            draw: 0,
        })
        .expect("a good request in an empty world");
    CacheCluster::new(world.scope, id, spec, nodes)
}
