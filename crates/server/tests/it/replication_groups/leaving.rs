//! Members that leave a group which stays: nobody is led to them any more, and they serve those that were before they are gone.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_elasticache::types::ReplicationGroup;
use jiff::Timestamp;
use server::clock::{Clock, ClockHand};

use crate::support::cluster::arn;
use crate::support::emu::{Stage, TestEmu};
use crate::support::replication_group::members;
use crate::support::until;

/// A group of a primary and two replicas, and the hand that moves its time.
async fn trio() -> (TestEmu, ClockHand, ReplicationGroup) {
    let (clock, hand) = Clock::manual("2026-03-01T12:00:00Z".parse::<Timestamp>().unwrap());
    let emu = TestEmu::on(Stage::default().on_clock(clock)).await;
    emu.group("trio").num_cache_clusters(3).send().await.unwrap();
    let trio = emu.until_group("trio", "available").await;
    (emu, hand, trio)
}

/// How many members the reader endpoint leads to: each answer names one, in rotation.
fn readers(emu: &TestEmu, group: &ReplicationGroup) -> usize {
    let name = group.node_groups()[0].reader_endpoint().unwrap().address().unwrap();
    let answers = (0..12).flat_map(|_| emu.resolve(name).unwrap());
    answers.collect::<BTreeSet<_>>().len()
}

/// Waits until the nodes are so many, moving the time: when the reconciler begins to wait is not known.
async fn until_nodes(emu: &TestEmu, hand: &ClockHand, nodes: usize) {
    let left = || async {
        hand.advance(Duration::from_secs(1));
        (emu.stage().nodes().await.len() == nodes).then_some(())
    };
    until("it is gone", left).await;
}

#[tokio::test]
async fn a_replica_is_off_the_names_before_it_is_gone() {
    let (emu, hand, trio) = trio().await;
    assert_eq!(readers(&emu, &trio), 2);
    let body = format!(r#"{{"targetArn":"{}"}}"#, arn("trio-002"));
    assert_eq!(emu.admin("POST", "/port-forwards", &body).0, 201);
    let own = trio.node_groups()[0].node_group_members()[1].read_endpoint().unwrap().address().unwrap();
    assert!(emu.resolve(own).is_ok());

    let decrease = emu.client().decrease_replica_count().replication_group_id("trio").apply_immediately(true);
    decrease.replicas_to_remove("trio-002").send().await.unwrap();
    until("nobody is led to it", || async { (readers(&emu, &trio) == 1).then_some(()) }).await;
    until("its own name is gone", || async { emu.resolve(own).err() }).await;
    // The clock stands, and so does the time in which clients look again.
    assert_eq!(emu.stage().nodes().await.len(), 3, "it serves those that have not looked yet");
    assert_eq!(emu.admin("POST", "/port-forwards", &body).0, 404, "nobody is sent to it any more");
    let leaving = emu.find("trio-002").await.unwrap();
    assert_eq!(leaving.cache_cluster_status(), Some("deleting"));

    until_nodes(&emu, &hand, 2).await;
    let duo = emu.until_group("trio", "available").await;
    assert_eq!(members(&duo.node_groups()[0]), "trio-001 primary, trio-003 replica");
    assert_eq!(
        emu.admin("GET", "/port-forwards", "").1,
        serde_json::json!([]),
        "the forward to it is closed"
    );
}

#[tokio::test]
async fn the_last_replica_leaves_its_readers_to_the_primary() {
    let (emu, hand, trio) = trio().await;
    emu.client().delete_cache_cluster().cache_cluster_id("trio-002").send().await.unwrap();
    until_nodes(&emu, &hand, 2).await;
    emu.until_group("trio", "available").await;
    emu.client().delete_cache_cluster().cache_cluster_id("trio-003").send().await.unwrap();
    let primary = trio.node_groups()[0].primary_endpoint().unwrap().address().unwrap();
    let reader = trio.node_groups()[0].reader_endpoint().unwrap().address().unwrap();
    let leads_there = || async { (emu.resolve(reader) == emu.resolve(primary)).then_some(()) };
    until("the primary has its readers", leads_there).await;
    assert_eq!(emu.stage().nodes().await.len(), 2, "it serves those that have not looked yet");
    until_nodes(&emu, &hand, 1).await;
    emu.until_group("trio", "available").await;
}

#[tokio::test]
async fn a_group_that_is_deleted_waits_for_nobody() {
    let (emu, hand, _) = trio().await;
    let decrease = emu.client().decrease_replica_count().replication_group_id("trio").apply_immediately(true);
    decrease.replicas_to_remove("trio-002").send().await.unwrap();
    until_nodes(&emu, &hand, 2).await;
    emu.until_group("trio", "available").await;
    // The clock stands.
    emu.client().delete_replication_group().replication_group_id("trio").send().await.unwrap();
    emu.until_group_gone("trio").await;
    assert_eq!(emu.stage().nodes().await.len(), 0);
}

#[tokio::test]
async fn one_that_was_leaving_when_simfra_died_leaves_still() {
    let (clock, hand) = Clock::manual("2026-03-01T12:00:00Z".parse::<Timestamp>().unwrap());
    let emu = TestEmu::on(Stage::durable().on_clock(clock)).await;
    let trio = {
        emu.group("trio").num_cache_clusters(3).send().await.unwrap();
        emu.until_group("trio", "available").await
    };
    emu.client().delete_cache_cluster().cache_cluster_id("trio-003").send().await.unwrap();
    until("nobody is led to it", || async { (readers(&emu, &trio) == 1).then_some(()) }).await;
    let emu = TestEmu::on(emu.crash()).await;
    until_nodes(&emu, &hand, 2).await;
    let duo = emu.until_group("trio", "available").await;
    assert_eq!(members(&duo.node_groups()[0]), "trio-001 primary, trio-002 replica");
    assert_eq!(readers(&emu, &duo), 1);
}
