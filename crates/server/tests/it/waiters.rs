//! A waiter's call is held until what it asks about has settled.

use std::time::Duration;

use dataplane::runtime::fake::FakeRuntime;
use domain::ids::Scope;
use server::store::{ClusterKey, Watched};

use crate::support::emu::{Stage, TestEmu};
use crate::support::raw::{Client, post_with};
use crate::support::until;

/// A User-Agent as botocore sends it, with these features.
fn describe(id: &str, features: &str) -> String {
    let agent = format!(
        "User-Agent: Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux lang/python#3.11.7 m/{features} Botocore/1.44.5\r\n"
    );
    post_with(&agent, &format!("Action=DescribeCacheClusters&Version=2015-02-02&CacheClusterId={id}"))
}

fn ask(emu: &TestEmu, request: &str) -> Client {
    let mut client = Client::connect(emu.address());
    client.send(request);
    client
}

const WAITER: &str = "Z,E,b,B,g,N";
const NO_WAITER: &str = "Z,E,b,g,N";

async fn creating(emu: &TestEmu) {
    emu.fake().hold_ensure();
    emu.cluster("c", "redis").send().await.unwrap();
}

#[tokio::test]
async fn it_is_answered_when_the_cluster_is_available() {
    let emu = TestEmu::start().await;
    creating(&emu).await;
    let mut waiter = ask(&emu, &describe("c", WAITER));
    let mut other = ask(&emu, &describe("c", NO_WAITER));
    assert_eq!(
        other.reply().unwrap().element("CacheClusterStatus"),
        "creating",
        "who does not wait is told at once"
    );
    emu.fake().release_ensure();
    assert_eq!(waiter.reply().unwrap().element("CacheClusterStatus"), "available");
    // And at once where nothing is under way.
    assert_eq!(emu.ask(&describe("c", WAITER)).element("CacheClusterStatus"), "available");
    assert_eq!(emu.ask(&describe("none", WAITER)).status, 404);
}

#[tokio::test]
async fn it_is_answered_when_the_cluster_is_gone() {
    let emu = TestEmu::start().await;
    emu.available("c", "redis").await;
    emu.fake().stall_after(0);
    emu.client().delete_cache_cluster().cache_cluster_id("c").send().await.unwrap();
    let mut waiter = ask(&emu, &describe("c", WAITER));
    assert_eq!(emu.ask(&describe("c", NO_WAITER)).element("CacheClusterStatus"), "deleting");
    emu.fake().resume();
    assert_eq!(waiter.reply().unwrap().element("Code"), "CacheClusterNotFound");
}

#[tokio::test]
async fn it_is_answered_as_it_is_when_its_time_is_over() {
    let emu = TestEmu::on(Stage::default().holding(Duration::from_millis(50))).await;
    creating(&emu).await;
    assert_eq!(emu.ask(&describe("c", WAITER)).element("CacheClusterStatus"), "creating");
}

#[tokio::test]
async fn a_client_that_leaves_ends_it() {
    let emu = TestEmu::start().await;
    creating(&emu).await;
    let mut waiter = ask(&emu, &describe("c", WAITER));
    waiter.finish();
    assert_eq!(waiter.reply().unwrap().element("CacheClusterStatus"), "creating");
}

#[tokio::test]
async fn the_next_request_of_a_held_client_waits_for_its_turn() {
    let emu = TestEmu::start().await;
    creating(&emu).await;
    let mut waiter = ask(&emu, &[describe("c", WAITER), describe("c", NO_WAITER)].concat());
    emu.fake().release_ensure();
    for _ in 0..2 {
        assert_eq!(waiter.reply().unwrap().element("CacheClusterStatus"), "available");
    }
}

#[tokio::test]
async fn a_stop_does_not_wait_for_it() {
    let emu = TestEmu::start().await;
    creating(&emu).await;
    let mut waiter = ask(&emu, &describe("c", WAITER));
    let scope = Scope { account: "000000000000".parse().unwrap(), region: "us-east-1".parse().unwrap() };
    let awaited = Watched::Cluster(ClusterKey::new(scope, "c".parse().unwrap()));
    until("the waiter is held", || async { emu.store().is_awaited(&awaited).then_some(()) }).await;
    // Which holds that no task is late, while the cluster is still being created.
    emu.stop_while(FakeRuntime::release_ensure);
    assert_eq!(waiter.reply().unwrap().element("CacheClusterStatus"), "creating");
}
