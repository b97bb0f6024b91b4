use std::collections::BTreeMap;

use expect_test::expect;

use super::*;
use crate::cluster::tests::{available, guide, now, world};
use crate::cluster::{CreateCacheCluster, ModifyCacheCluster, NodeData, ParameterApplyStatus, validate};

const NODE: CacheNodeId = CacheNodeId::new(1);

fn on_redis_6() -> CacheCluster {
    available(&CreateCacheCluster { engine_version: Some("6.2".into()), ..guide() })
}

fn asked(cluster: &mut CacheCluster, request: ModifyCacheCluster) -> Vec<ClusterEvent> {
    let request = ModifyCacheCluster { apply_immediately: Some(true), ..request };
    let change = validate::modify(&request, cluster, &world().surroundings(), now()).expect("a good request");
    cluster.modify(change, Vec::new()).expect("an available cluster")
}

fn upgrade(cluster: &mut CacheCluster) {
    asked(cluster, ModifyCacheCluster { engine_version: Some("7.1".into()), ..Default::default() });
}

fn served(cluster: &CacheCluster) -> String {
    let Served { engine_version, cache_node_type, cache_parameter_group_name, .. } = cluster.served();
    format!("{engine_version} {cache_node_type} {cache_parameter_group_name}")
}

fn told(events: Vec<ClusterEvent>) -> String {
    events.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn settled(cluster: &mut CacheCluster) -> String {
    told(cluster.settle(&BTreeMap::new(), now()).expect("a cluster with nodes"))
}

#[test]
fn an_upgrade_hands_the_data_over_and_is_done_when_the_new_node_answers() {
    let mut cluster = on_redis_6();
    let generation = cluster.nodes[0].generation;
    upgrade(&mut cluster);
    assert_eq!((cluster.status(), cluster.departure()), ("modifying", Some(Departure::HandOver)));
    assert_eq!(served(&cluster), "6.2.6 cache.t3.micro default.redis6.x", "it serves as before");
    assert_eq!(cluster.moving_to().unwrap().engine_version, "7.1.0");
    assert!(!cluster.starts_from_seed());
    assert_eq!(settled(&mut cluster), "", "a plan made before the request does not end it");
    assert_eq!(cluster.status(), "modifying");

    assert_eq!(
        told(cluster.handed_over(NODE, generation.next(), NodeData::Kept)),
        "",
        "another life of the node"
    );
    assert_eq!(told(cluster.handed_over(NODE, generation, NodeData::Kept)), "Cache node 0001 shutdown");
    assert_eq!(told(cluster.handed_over(NODE, generation, NodeData::Kept)), "", "once");
    assert_eq!(cluster.nodes[0].generation, generation.next());
    assert!(cluster.starts_from_seed());
    assert_eq!(served(&cluster), "7.1.0 cache.t3.micro default.redis7");
    assert_eq!(cluster.spec.engine_version, "6.2.6", "which is what the API tells until it is done");

    expect!["Engine version changed from 6.2.6 to 7.1.0; Cache node 0001 restarted"]
        .assert_eq(&settled(&mut cluster));
    assert_eq!((cluster.status(), cluster.engine_move.clone()), ("available", None));
    assert_eq!(served(&cluster), "7.1.0 cache.t3.micro default.redis7");
    assert_eq!(cluster.parameter_apply.status(), ParameterApplyStatus::InSync);
    assert!(!cluster.starts_from_seed(), "from now on its data is its own");
}

#[test]
fn what_does_not_arrive_returns_with_its_data() {
    let mut cluster = on_redis_6();
    upgrade(&mut cluster);
    let generation = cluster.nodes[0].generation;
    cluster.handed_over(NODE, generation, NodeData::Kept);
    expect!["Failed to change the engine version from 6.2.6 to 7.1.0: no image"]
        .assert_eq(&told(cluster.abandon_move("no image").unwrap()));
    assert!(cluster.starts_from_seed());
    assert_eq!(cluster.nodes[0].generation, generation.next().next(), "nothing of what failed is used");
    assert_eq!(served(&cluster), "6.2.6 cache.t3.micro default.redis6.x");
    assert_eq!(cluster.moving_to(), None);
    assert_eq!(told(cluster.abandon_move("again").unwrap()), "", "there is nowhere else to go");

    cluster.lose(NODE, NodeData::Gone).expect("a cluster with nodes");
    assert!(cluster.starts_from_seed(), "the data lies aside whatever becomes of the node");
    assert_eq!(settled(&mut cluster), "Finished recovery for cache nodes 0001");
    assert_eq!((cluster.status(), cluster.engine_move.clone()), ("available", None));
    assert_eq!(served(&cluster), "6.2.6 cache.t3.micro default.redis6.x");
}

#[test]
fn a_move_that_is_given_up_before_the_node_ended_leaves_it_alone() {
    let mut cluster = on_redis_6();
    upgrade(&mut cluster);
    let before = cluster.nodes[0].clone();
    cluster.abandon_move("the node refuses SYNC").unwrap();
    assert_eq!(settled(&mut cluster), "");
    assert_eq!((cluster.status(), &cluster.nodes[0]), ("available", &before));
    assert_eq!(served(&cluster), "6.2.6 cache.t3.micro default.redis6.x");
}

#[test]
fn a_node_type_alone_is_changed_while_the_node_runs() {
    let mut cluster = available(&guide());
    let larger =
        || ModifyCacheCluster { cache_node_type: Some("cache.t3.small".into()), ..Default::default() };
    asked(&mut cluster, larger());
    assert_eq!(cluster.departure(), Some(Departure::Resize));
    assert_eq!(served(&cluster), "7.1.0 cache.t3.micro default.redis7");
    assert_eq!(told(cluster.resized()), "Cache node type changed from cache.t3.micro to cache.t3.small");
    assert_eq!(told(cluster.resized()), "", "once");
    assert_eq!(settled(&mut cluster), "");
    assert_eq!(served(&cluster), "7.1.0 cache.t3.small default.redis7");

    let mut full = available(&guide());
    asked(&mut full, larger());
    let refused = told(full.abandon_move("It holds too much").unwrap());
    assert_eq!(
        refused,
        "Failed applying modification to cache node type to cache.t3.small. It holds too much"
    );
    assert_eq!(served(&full), "7.1.0 cache.t3.micro default.redis7");

    let mut both = on_redis_6();
    asked(&mut both, ModifyCacheCluster { engine_version: Some("7.0".into()), ..larger() });
    assert_eq!(both.departure(), Some(Departure::HandOver));
}

#[test]
fn memcached_starts_anew_with_another_version() {
    let mut cluster = available(&CreateCacheCluster {
        engine: Some("memcached".into()),
        engine_version: Some("1.6.17".into()),
        num_cache_nodes: Some(2),
        ..guide()
    });
    let events = asked(
        &mut cluster,
        ModifyCacheCluster { engine_version: Some("1.6.22".into()), ..Default::default() },
    );
    assert_eq!(told(events), "Cache cluster modified; Cache node 0001 shutdown; Cache node 0002 shutdown");
    assert_eq!(
        (served(&cluster).as_str(), cluster.engine_move.clone()),
        ("1.6.22 cache.t3.micro default.memcached1.6", None)
    );
    assert!(cluster.nodes.iter().all(|node| node.generation == Generation::FIRST.next()));
}
