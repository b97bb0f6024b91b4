//! Engines that die or hang, and what becomes of their clusters.

use dataplane::runtime::ObservedState;
use dataplane::runtime::fake::Failure;
use domain::node::Generation;

use crate::support::cluster::only_node;
use crate::support::emu::TestEmu;
use crate::support::until;

const RECOVERING: &str = "Recovering cache nodes 0001";
const RECOVERED: &str = "Finished recovery for cache nodes 0001";

#[tokio::test]
async fn an_engine_that_dies_is_replaced_and_told_of() {
    let emu = TestEmu::start().await;
    let before = emu.available("mortal", "redis").await;
    for generation in [2, 3] {
        assert!(emu.fake().kill(&emu.node("mortal"), "killed by a test"));
        let told = emu.until_told("mortal", RECOVERED).await;
        until("it was replaced", || async {
            let nodes = emu.stage().nodes().await;
            (nodes.len() == 1 && nodes[0].generation == Generation(generation)).then_some(())
        })
        .await;
        assert_eq!(told[told.len() - 2], RECOVERING);
        let after = emu.until_status("mortal", "available").await;
        assert_eq!(only_node(&after).endpoint(), only_node(&before).endpoint());
        assert_eq!(after.cache_cluster_create_time(), before.cache_cluster_create_time());
    }
}

#[tokio::test]
async fn an_engine_that_hangs_is_replaced() {
    for engine in ["redis", "memcached"] {
        let emu = TestEmu::start().await;
        emu.available("stuck", engine).await;
        assert!(emu.fake().hang(&emu.node("stuck")));
        let told = emu.until_told("stuck", RECOVERED).await;
        assert_eq!(told[2..], [RECOVERING, RECOVERED]);
        emu.until_status("stuck", "available").await;
        let [node] = &emu.stage().nodes().await[..] else { panic!("one node") };
        assert_eq!(node.generation, Generation(2));
        assert!(matches!(node.state, ObservedState::Running { .. }));
    }
}

#[tokio::test]
async fn an_engine_that_vanishes_without_a_word_is_replaced() {
    let emu = TestEmu::start().await;
    emu.available("gone", "redis").await;
    assert!(emu.fake().vanish(&emu.node("gone")));
    let told = emu.until_told("gone", RECOVERED).await;
    assert_eq!(told[2..], [RECOVERING, RECOVERED]);
    emu.until_status("gone", "available").await;
    assert_eq!(emu.stage().nodes().await.len(), 1);
}

#[tokio::test]
async fn a_repair_that_fails_goes_on_and_can_be_given_up() {
    let emu = TestEmu::start().await;
    emu.available("unlucky", "redis").await;
    let node = emu.node("unlucky");
    emu.fake().fail_ensure(&node, Failure::EngineUnavailable("the image was removed".to_owned()));
    emu.fake().kill(&node, "killed by a test");
    let cluster = emu.until_status("unlucky", "modifying").await;
    assert_eq!(only_node(&cluster).cache_node_status(), Some("creating"), "a replacement is a new node");
    until("it is tried again", || async { (emu.fake().ensured(&node) > 2).then_some(()) }).await;
    assert_eq!(emu.told("unlucky").await.last().unwrap(), RECOVERING, "it is told once");
    emu.delete("unlucky").await;
}

#[tokio::test]
async fn an_engine_that_dies_while_its_cluster_is_created_fails_it() {
    let emu = TestEmu::start().await;
    let node = emu.node("stillborn");
    // Stalled after the effect: the node runs, and Simfra has not been told that it does.
    emu.fake().hold_ensure();
    emu.cluster("stillborn", "redis").send().await.unwrap();
    until("it is started", || async { (emu.fake().ensured(&node) == 1).then_some(()) }).await;
    emu.fake().fail_ensure(&node, Failure::StartFailed("exit code 1, out of memory".to_owned()));
    emu.fake().release_ensure();
    emu.until_status("stillborn", "incompatible-network").await;
    assert_eq!(
        emu.told("stillborn").await,
        ["Failed to create the cache cluster: exit code 1, out of memory"]
    );
    assert_eq!(emu.stage().nodes().await, []);
    emu.delete("stillborn").await;
}

#[tokio::test]
async fn a_backend_that_returns_is_observed_anew() {
    let emu = TestEmu::start().await;
    emu.available("kept", "redis").await;
    let node = emu.node("kept");
    let networks = |emu: &TestEmu| {
        let calls = emu.fake().calls();
        calls.iter().filter(|call| matches!(call, dataplane::runtime::fake::Call::EnsureNetwork(_))).count()
    };
    let before = networks(&emu);
    emu.fake().tell_returned();
    until("its network is looked after", || async { (networks(&emu) > before).then_some(()) }).await;
    emu.until_status("kept", "available").await;
    assert_eq!(emu.fake().ensured(&node), 1, "a node that runs on is left alone");
    assert_eq!(emu.stage().nodes().await[0].generation, Generation::FIRST);
}
