//! Simfra with a data directory, stopped or killed and started again on the same engines.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpStream};

use aws_sdk_elasticache::types::{CacheCluster, Tag};
use dataplane::runtime::ObservedState;
use dataplane::runtime::fake::FakeRuntime;
use domain::node::Generation;

use crate::support::cluster::{arn, only_node};
use crate::support::emu::{Stage, TestEmu};
use crate::support::gateway::DEADLINE;
use crate::support::until;

const RECOVERED: &str = "Finished recovery for cache nodes 0001";

/// One line to the cache behind a forward, and the last line of its answer.
fn say(port: u16, command: &str, lines: usize) -> String {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.write_all(format!("{command}\r\n").as_bytes()).unwrap();
    BufReader::new(stream).lines().take(lines).last().unwrap().unwrap()
}

fn forward(emu: &TestEmu, id: &str) -> serde_json::Value {
    let (status, forward) = emu.admin("POST", "/port-forwards", &format!(r#"{{"targetArn":"{}"}}"#, arn(id)));
    assert_eq!(status, 201, "{forward}");
    forward
}

fn port_of(forward: &serde_json::Value) -> u16 {
    u16::try_from(forward["localPort"].as_u64().unwrap()).unwrap()
}

async fn tags(emu: &TestEmu, id: &str) -> Vec<Tag> {
    emu.client().list_tags_for_resource().resource_name(arn(id)).send().await.unwrap().tag_list.unwrap()
}

/// A cluster with everything that a row can hold.
async fn furnished(emu: &TestEmu) -> CacheCluster {
    let tag = Tag::builder().key("team").value("blue").build();
    let create = emu.cluster("kept", "redis").port(7001).tags(tag).snapshot_window("03:00-04:00");
    let create = create.preferred_maintenance_window("mon:01:00-mon:02:00").auto_minor_version_upgrade(false);
    create.notification_topic_arn("arn:aws:sns:us-east-1:000000000000:alerts").send().await.unwrap();
    emu.until_status("kept", "available").await
}

#[tokio::test]
async fn a_stop_and_a_start_keep_everything() {
    let emu = TestEmu::on(Stage::durable()).await;
    let before = furnished(&emu).await;
    let forward_before = forward(&emu, "kept");
    let port = port_of(&forward_before);
    assert_eq!(say(port, "SET color red", 1), "+OK");
    let told = emu.told("kept").await;

    let stage = emu.stop();
    assert!(matches!(stage.nodes().await[0].state, ObservedState::Exited { .. }));
    let emu = TestEmu::on(stage).await;
    assert_eq!(emu.until_status("kept", "available").await, before, "every field");
    assert_eq!(tags(&emu, "kept").await, [Tag::builder().key("team").value("blue").build()]);
    assert_eq!(emu.told("kept").await, told, "AWS knows no such moment");
    assert_eq!(emu.admin("GET", "/port-forwards", "").1, serde_json::json!([forward_before]));
    assert_eq!(say(port, "GET color", 2), "red", "the same data at the same port");
    let name = only_node(&before).endpoint().unwrap().address().unwrap();
    assert_eq!(emu.resolve(name).unwrap().len(), 1);
    assert_eq!(emu.stage().nodes().await[0].generation, Generation::FIRST);
}

#[tokio::test]
async fn a_kill_leaves_the_engines_and_they_are_adopted() {
    let emu = TestEmu::on(Stage::durable()).await;
    let before = furnished(&emu).await;
    let port = port_of(&forward(&emu, "kept"));
    assert_eq!(say(port, "SET color red", 1), "+OK");
    let told = emu.told("kept").await;

    let emu = TestEmu::on(emu.crash()).await;
    assert_eq!(emu.until_status("kept", "available").await, before);
    assert_eq!(say(port, "GET color", 2), "red");
    assert_eq!(emu.told("kept").await, told, "nothing happened to it");
    assert_eq!(emu.fake().ensured(&emu.node("kept")), 1, "the engine ran on");
    assert!(emu.fake().kill(&emu.node("kept"), "killed by a test"), "and it is watched again");
    emu.until_told("kept", RECOVERED).await;
}

#[tokio::test]
async fn an_engine_that_ended_while_simfra_was_away_returns_with_its_data() {
    let emu = TestEmu::on(Stage::durable()).await;
    furnished(&emu).await;
    let port = port_of(&forward(&emu, "kept"));
    assert_eq!(say(port, "SET color red", 1), "+OK");
    let node = emu.node("kept");
    let stage = emu.crash();
    assert!(stage.fake.kill(&node, "the machine restarted"));
    let emu = TestEmu::on(stage).await;
    emu.until_told("kept", RECOVERED).await;
    assert_eq!(say(port, "GET color", 2), "red");
}

#[tokio::test]
async fn a_stop_finds_what_was_being_made() {
    for stage in [Stage::default(), Stage::durable()] {
        let emu = TestEmu::on(stage).await;
        emu.fake().hold_ensure();
        emu.cluster("late", "redis").send().await.unwrap();
        let node = emu.node("late");
        until("it is being made", || async { (emu.fake().ensured(&node) == 1).then_some(()) }).await;
        let stage = emu.stop_while(FakeRuntime::release_ensure);
        for node in stage.nodes().await {
            assert!(matches!(node.state, ObservedState::Exited { .. }), "it runs on: {node:?}");
        }
    }
}

#[tokio::test]
async fn orphans_are_found_once_the_backend_can_be_asked() {
    let emu = TestEmu::on(Stage::durable()).await;
    emu.available("owned", "redis").await;
    let stage = emu.crash().without_folder();
    stage.fake.set_listable(false);
    let emu = TestEmu::on(stage).await;
    emu.fake().set_listable(true);
    until("it is gone", || async { emu.stage().nodes().await.is_empty().then_some(()) }).await;
}

#[tokio::test]
async fn a_kill_of_one_without_a_data_directory_is_forgotten_with_its_engines() {
    let emu = TestEmu::start().await;
    emu.available("brief", "redis").await;
    let stage = emu.crash();
    assert_eq!(stage.nodes().await.len(), 1, "a killed Simfra removes nothing");
    let emu = TestEmu::on(stage).await;
    assert_eq!(emu.stage().nodes().await, [], "the next one does");
    assert!(emu.find("brief").await.is_none());
}

#[tokio::test]
async fn a_node_that_no_cluster_owns_is_removed() {
    let emu = TestEmu::on(Stage::durable()).await;
    emu.available("owned", "redis").await;
    let emu = TestEmu::on(emu.crash().without_folder()).await;
    assert_eq!(emu.stage().nodes().await, []);
}

/// Takes Simfra away at every moment of what `act` begins, each time on a stage of its own that `arrange` prepared,
/// and sees that the next one ends in what `is_done` looks for. Answers how many moments there were.
async fn killed_at_every_moment(
    arrange: impl AsyncFn(&TestEmu),
    act: impl AsyncFn(&TestEmu),
    is_done: impl AsyncFn(&TestEmu) -> bool,
) -> usize {
    for moment in 0.. {
        let emu = TestEmu::on(Stage::durable()).await;
        arrange(&emu).await;
        emu.fake().stall_after(moment);
        act(&emu).await;
        let stalled = until("a moment or the end", async || {
            let done = is_done(&emu).await;
            (done || emu.fake().is_stalled()).then_some(!done)
        })
        .await;
        let stage = emu.crash();
        stage.fake.resume();
        let emu = TestEmu::on(stage).await;
        until("the end after a kill", async || is_done(&emu).await.then_some(())).await;
        if !stalled {
            return moment;
        }
    }
    unreachable!("there are fewer moments than numbers")
}

/// Whether the cluster is available on one running node of a generation, and `told` is all that it is told of it.
async fn runs(emu: &TestEmu, generation: u32, told: &[&str]) -> bool {
    let Some(cluster) = emu.find("c").await else { return false };
    let nodes = emu.stage().nodes().await;
    let running = |node: &dataplane::runtime::ObservedNode| {
        node.generation == Generation(generation) && matches!(node.state, ObservedState::Running { .. })
    };
    cluster.cache_cluster_status() == Some("available")
        && nodes.len() == 1
        && nodes.iter().all(running)
        && emu.told("c").await.iter().map(|line| line.split(" in ").next().unwrap()).eq(told.iter().copied())
}

const CREATED: [&str; 2] = ["Added cache node 0001", "Cache cluster created"];

async fn nothing(_: &TestEmu) {}

async fn create(emu: &TestEmu) {
    emu.cluster("c", "redis").send().await.unwrap();
}

async fn created(emu: &TestEmu) {
    emu.available("c", "redis").await;
}

#[tokio::test]
async fn a_create_survives_a_kill_at_every_moment() {
    let moments = killed_at_every_moment(nothing, create, async |emu| runs(emu, 1, &CREATED).await).await;
    // Network, node and names: each before and after.
    assert!(moments >= 6, "{moments}");
}

#[tokio::test]
async fn a_reboot_survives_a_kill_at_every_moment() {
    let reboot = async |emu: &TestEmu| {
        let reboot =
            emu.client().reboot_cache_cluster().cache_cluster_id("c").cache_node_ids_to_reboot("0001");
        reboot.send().await.unwrap();
    };
    let told = [&CREATED[..], &["Cache node 0001 shutdown", "Cache node 0001 restarted"]].concat();
    let moments = killed_at_every_moment(created, reboot, async |emu| runs(emu, 2, &told).await).await;
    assert!(moments >= 4, "{moments}");
}

#[tokio::test]
async fn a_delete_survives_a_kill_at_every_moment() {
    let arrange = async |emu: &TestEmu| {
        created(emu).await;
        forward(emu, "c");
    };
    let delete = async |emu: &TestEmu| {
        emu.client().delete_cache_cluster().cache_cluster_id("c").send().await.unwrap();
    };
    let is_gone = async |emu: &TestEmu| {
        emu.find("c").await.is_none()
            && emu.stage().nodes().await.is_empty()
            && emu.admin("GET", "/port-forwards", "").1 == serde_json::json!([])
            && emu.told("c").await.last().is_some_and(|last| last == "Cache cluster deleted")
    };
    let moments = killed_at_every_moment(arrange, delete, is_gone).await;
    assert!(moments >= 2, "{moments}");
}

#[tokio::test]
async fn a_repair_survives_a_kill_at_every_moment() {
    let die = async |emu: &TestEmu| assert!(emu.fake().kill(&emu.node("c"), "killed by a test"));
    let told = [&CREATED[..], &["Recovering cache nodes 0001", RECOVERED]].concat();
    // A death that the killed Simfra had not recorded yet is, to the next one, an engine that was stopped: it keeps
    // its generation.
    let is_done = async |emu: &TestEmu| runs(emu, 2, &told).await || runs(emu, 1, &told).await;
    let moments = killed_at_every_moment(created, die, is_done).await;
    assert!(moments >= 4, "{moments}");
}
