//! DescribeCacheClusters: which clusters, in which pages.

use aws_sdk_elasticache::types::CacheCluster;

use crate::support::cluster::only_node;
use crate::support::emu::TestEmu;
use crate::support::sdk::refusal;

fn ids(clusters: &[CacheCluster]) -> Vec<&str> {
    clusters.iter().filter_map(CacheCluster::cache_cluster_id).collect()
}

#[tokio::test]
async fn nodes_are_shown_to_whoever_asks() {
    let emu = TestEmu::start().await;
    emu.available("shy", "redis").await;
    let describe = emu.client().describe_cache_clusters();
    for shown in [None, Some(false)] {
        let answer = describe.clone().set_show_cache_node_info(shown).send().await.unwrap();
        assert!(answer.cache_clusters()[0].cache_nodes.is_none(), "{answer:?}");
    }
    let answer = describe.show_cache_node_info(true).send().await.unwrap();
    assert_eq!(only_node(&answer.cache_clusters()[0]).cache_node_id(), Some("0001"));
}

#[tokio::test]
async fn a_cluster_is_found_in_any_case_or_named_as_it_was_asked_for() {
    let emu = TestEmu::start().await;
    emu.available("here", "redis").await;
    assert_eq!(emu.find("HERE").await.unwrap().cache_cluster_id(), Some("here"));
    let missing = emu.client().describe_cache_clusters().cache_cluster_id("Gone-Cache").send().await;
    assert_eq!(refusal(missing), "404 CacheClusterNotFound: CacheCluster not found: Gone-Cache");
    let elsewhere = emu.client_of("000000000000", "us-west-2").describe_cache_clusters();
    assert_eq!(ids(elsewhere.send().await.unwrap().cache_clusters()), [""; 0]);
}

#[tokio::test]
async fn clusters_outside_replication_groups_are_all_there_are() {
    let emu = TestEmu::start().await;
    emu.available("alone", "redis").await;
    let describe = emu.client().describe_cache_clusters();
    let describe = describe.show_cache_clusters_not_in_replication_groups(true);
    assert_eq!(ids(describe.send().await.unwrap().cache_clusters()), ["alone"]);
}

#[tokio::test]
async fn pages_go_on_behind_the_marker_whatever_happened_to_its_cluster() {
    let emu = TestEmu::start().await;
    let all: Vec<String> = (0..45).map(|n| format!("c{n:02}")).collect();
    for id in &all {
        emu.cluster(id, "redis").send().await.unwrap();
    }
    let describe = emu.client().describe_cache_clusters().max_records(20);
    let first = describe.clone().send().await.unwrap();
    assert_eq!(ids(first.cache_clusters()), all[..20]);
    emu.until_status("c19", "available").await;
    emu.delete("c19").await;
    let second = describe.clone().set_marker(first.marker).send().await.unwrap();
    assert_eq!(ids(second.cache_clusters()), all[20..40], "the marker's own cluster is gone");
    let third = describe.set_marker(second.marker).send().await.unwrap();
    assert_eq!(
        (ids(third.cache_clusters()), third.marker()),
        (all[40..].iter().map(String::as_str).collect(), None)
    );

    let mut paginated = Vec::new();
    let mut pages = emu.client().describe_cache_clusters().into_paginator().page_size(20).items().send();
    while let Some(cluster) = pages.next().await {
        paginated.push(cluster.unwrap().cache_cluster_id.unwrap());
    }
    let rest: Vec<_> = all.iter().filter(|id| *id != "c19").cloned().collect();
    assert_eq!(paginated, rest);
}
