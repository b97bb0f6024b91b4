//! Memcached fleets, and changes that wait for the maintenance window.

use std::time::Duration;

use aws_sdk_elasticache::operation::modify_cache_cluster::builders::ModifyCacheClusterFluentBuilder;
use aws_sdk_elasticache::types::CacheCluster;
use dataplane::runtime::fake::Failure;
use domain::ids::CacheNodeId;
use domain::node::NodeId;
use jiff::Timestamp;
use server::clock::{Clock, ClockHand};

use crate::support::cluster::arn;
use crate::support::emu::{Stage, TestEmu};
use crate::support::sdk::refusal;
use crate::support::until;

/// A Simfra whose time the hand moves, from a Sunday's noon on.
async fn on_sunday(durable: bool) -> (TestEmu, ClockHand) {
    let (clock, hand) = Clock::manual("2026-03-01T12:00:00Z".parse::<Timestamp>().unwrap());
    let mut stage = if durable { Stage::durable() } else { Stage::default() };
    stage.clock = clock;
    (TestEmu::on(stage).await, hand)
}

async fn fleet(emu: &TestEmu, id: &str, nodes: i32) -> CacheCluster {
    let create = emu.cluster(id, "memcached").num_cache_nodes(nodes);
    create.preferred_maintenance_window("mon:05:00-mon:06:00").send().await.unwrap();
    emu.until_status(id, "available").await
}

fn resize(emu: &TestEmu, id: &str, nodes: i32) -> ModifyCacheClusterFluentBuilder {
    emu.client().modify_cache_cluster().cache_cluster_id(id).num_cache_nodes(nodes)
}

fn node(emu: &TestEmu, cluster: &str, number: u16) -> NodeId {
    NodeId { node: CacheNodeId::new(number), ..emu.node(cluster) }
}

/// `0001 available, 0002 creating`.
fn states(cluster: &CacheCluster) -> String {
    let state = |node: &aws_sdk_elasticache::types::CacheNode| {
        format!("{} {}", node.cache_node_id().unwrap(), node.cache_node_status().unwrap())
    };
    cluster.cache_nodes().iter().map(state).collect::<Vec<_>>().join(", ")
}

/// How many nodes wait to be there, with those that wait to go.
fn pending(cluster: &CacheCluster) -> (Option<i32>, Vec<String>) {
    let pending = cluster.pending_modified_values().unwrap();
    (pending.num_cache_nodes(), pending.cache_node_ids_to_remove().to_vec())
}

fn endpoint(cluster: &CacheCluster) -> String {
    cluster.configuration_endpoint().unwrap().address().unwrap().to_owned()
}

/// How many nodes the configuration endpoint leads to: each answer names one, in rotation.
fn leads_to(emu: &TestEmu, cluster: &CacheCluster) -> usize {
    let name = endpoint(cluster);
    let answers = (0..12).flat_map(|_| emu.resolve(&name).unwrap());
    answers.collect::<std::collections::BTreeSet<_>>().len()
}

#[tokio::test]
async fn a_fleet_grows_beside_what_serves() {
    let emu = TestEmu::start().await;
    let small = fleet(&emu, "fleet", 2).await;
    assert_eq!(leads_to(&emu, &small), 2, "the endpoint leads to any of them");
    emu.fake().hold_ensure();
    let reply = resize(&emu, "fleet", 4).apply_immediately(true).send().await.unwrap().cache_cluster.unwrap();
    assert_eq!((reply.cache_cluster_status(), reply.num_cache_nodes()), (Some("modifying"), Some(2)));
    assert_eq!(pending(&reply), (Some(4), vec![]));
    let seen = emu.find("fleet").await.unwrap();
    assert_eq!(states(&seen), "0001 available, 0002 available, 0003 creating, 0004 creating");
    assert!(seen.cache_nodes()[3].endpoint().is_none(), "it does not answer yet");
    assert_eq!(leads_to(&emu, &seen), 2);
    let again = resize(&emu, "fleet", 5).apply_immediately(true).send().await;
    assert!(refusal(again).starts_with("400 InvalidCacheClusterState: "), "one change at a time");

    emu.fake().release_ensure();
    let grown = emu.until_status("fleet", "available").await;
    assert_eq!((grown.num_cache_nodes(), pending(&grown)), (Some(4), (None, vec![])));
    assert_eq!(leads_to(&emu, &grown), 4);
    for number in 1..=4 {
        assert_eq!(emu.fake().ensured(&node(&emu, "fleet", number)), 1, "who served goes on serving");
    }
    let told = emu.told("fleet").await;
    assert_eq!(told[3], "Increasing number of requested nodes");
    assert_eq!(told.last().unwrap(), "Finished modifying number of nodes from 2 to 4");
}

#[tokio::test]
async fn who_leaves_is_off_the_names_before_it_is_gone() {
    let (emu, hand) = on_sunday(false).await;
    let large = fleet(&emu, "fleet", 3).await;
    let name = large.cache_nodes()[1].endpoint().unwrap().address().unwrap().to_owned();
    let body = format!(r#"{{"targetArn":"{}","cacheNodeId":"0002"}}"#, arn("fleet"));
    assert_eq!(emu.admin("POST", "/port-forwards", &body).0, 201);
    let modify = resize(&emu, "fleet", 2).cache_node_ids_to_remove("0002").apply_immediately(true);
    let reply = modify.send().await.unwrap().cache_cluster.unwrap();
    assert_eq!((reply.num_cache_nodes(), pending(&reply)), (Some(3), (Some(2), vec!["0002".to_owned()])));
    until("its name is gone", || async { emu.resolve(&name).err() }).await;
    assert_eq!(leads_to(&emu, &large), 2);
    // The clock stands, and so does the time in which clients look again.
    assert_eq!(emu.stage().nodes().await.len(), 3, "it serves those that have not looked yet");
    assert_eq!(emu.admin("POST", "/port-forwards", &body).0, 404, "nobody is sent to it any more");

    // Moved until it is seen to have passed: when the reconciler begins to wait is not known.
    let gone = || async {
        hand.advance(Duration::from_secs(1));
        (emu.stage().nodes().await.len() == 2).then_some(())
    };
    until("it is gone", gone).await;
    let small = emu.until_status("fleet", "available").await;
    assert_eq!(states(&small), "0001 available, 0003 available");
    assert_eq!(
        emu.admin("GET", "/port-forwards", "").1,
        serde_json::json!([]),
        "the forward to it is closed"
    );
    let told = emu.told("fleet").await;
    assert_eq!(
        told[4..],
        [
            "Decreasing number of requested nodes",
            "Removed cache node 0002",
            "Finished modifying number of nodes from 3 to 2"
        ]
    );
}

#[tokio::test]
async fn nodes_that_do_not_come_up_leave_the_fleet_as_it_was() {
    let emu = TestEmu::start().await;
    fleet(&emu, "fleet", 1).await;
    let failure = Failure::EngineUnavailable("there is no such image".to_owned());
    emu.fake().fail_ensure(&node(&emu, "fleet", 3), failure);
    resize(&emu, "fleet", 3).apply_immediately(true).send().await.unwrap();
    let left = emu.until_status("fleet", "available").await;
    assert_eq!((states(&left).as_str(), left.num_cache_nodes()), ("0001 available", Some(1)));
    assert_eq!(emu.stage().nodes().await.len(), 1);
    let told = emu.told("fleet").await.join("; ");
    assert!(told.contains("Failed to add cache nodes 0002, 0003: "), "{told}");
    assert!(told.contains("there is no such image"), "{told}");
    emu.delete("fleet").await;
}

#[tokio::test]
async fn one_nodes_death_repairs_it_alone() {
    let emu = TestEmu::start().await;
    fleet(&emu, "fleet", 3).await;
    assert!(emu.fake().kill(&node(&emu, "fleet", 2), "killed by a test"));
    emu.until_told("fleet", "Finished recovery for cache nodes 0002").await;
    emu.until_status("fleet", "available").await;
    for (number, ensured) in [(1, 1), (2, 2), (3, 1)] {
        assert_eq!(emu.fake().ensured(&node(&emu, "fleet", number)), ensured, "node {number}");
    }
}

#[tokio::test]
async fn a_resizing_waits_for_the_window_over_a_restart() {
    let (emu, hand) = on_sunday(true).await;
    fleet(&emu, "fleet", 1).await;
    let reply = resize(&emu, "fleet", 3).send().await.unwrap().cache_cluster.unwrap();
    assert_eq!((reply.cache_cluster_status(), pending(&reply)), (Some("available"), (Some(3), vec![])));
    let reply = resize(&emu, "fleet", 1).send().await.unwrap().cache_cluster.unwrap();
    assert_eq!(pending(&reply), (None, vec![]), "the number that is there takes it back");
    resize(&emu, "fleet", 2).apply_immediately(false).send().await.unwrap();

    let emu = TestEmu::on(emu.stop()).await;
    let kept = emu.until_status("fleet", "available").await;
    assert_eq!((kept.num_cache_nodes(), pending(&kept)), (Some(1), (Some(2), vec![])));
    hand.advance(Duration::from_secs(17 * 3600 - 1));
    assert_eq!(pending(&emu.find("fleet").await.unwrap()).0, Some(2), "the window is not open yet");
    hand.advance(Duration::from_secs(1));
    emu.until_told("fleet", "Finished modifying number of nodes from 1 to 2").await;
    let grown = emu.until_status("fleet", "available").await;
    assert_eq!((grown.num_cache_nodes(), pending(&grown)), (Some(2), (None, vec![])));
}

#[tokio::test]
async fn the_region_has_a_quota_of_nodes() {
    let emu = TestEmu::start().await;
    for number in 1..=4 {
        emu.cluster(&format!("fleet-{number}"), "memcached").num_cache_nodes(60).send().await.unwrap();
    }
    fleet(&emu, "last", 59).await;
    let quota =
        "400 NodeQuotaForCustomerExceeded: You have already reached your quota of 300 nodes in this region.";
    let two = emu.cluster("more", "memcached").num_cache_nodes(2).send().await;
    assert_eq!(refusal(two), quota);
    emu.available("one", "redis").await;
    assert_eq!(refusal(emu.cluster("more", "redis").send().await), quota);
    assert_eq!(refusal(resize(&emu, "last", 60).send().await), quota);
    emu.delete("one").await;
    resize(&emu, "last", 60).apply_immediately(true).send().await.unwrap();
    emu.until_status("last", "available").await;
    for number in 1..=4 {
        emu.until_status(&format!("fleet-{number}"), "available").await;
    }
}
