//! Cache clusters' lives, over a runtime that the test holds in its hand.

use aws_sdk_elasticache::Client;
use aws_sdk_elasticache::error::ProvideErrorMetadata;
use aws_sdk_elasticache::types::{CacheCluster, SourceType};
use domain::ids::{CacheNodeId, Scope};
use domain::node::NodeId;

use crate::support::emulator::{Kept, Setup, TestEmu};
use crate::support::until;

/// The first node of a cluster of the default account.
fn node(cluster: &str) -> NodeId {
    let scope = Scope { account: "000000000000".parse().unwrap(), region: "us-east-1".parse().unwrap() };
    NodeId { scope, cluster: cluster.parse().unwrap(), node: CacheNodeId::new(1) }
}

async fn create(sdk: &Client, id: &str) -> CacheCluster {
    let create =
        sdk.create_cache_cluster().cache_cluster_id(id).engine("redis").cache_node_type("cache.t3.micro");
    create.num_cache_nodes(1).send().await.unwrap().cache_cluster.unwrap()
}

async fn describe(sdk: &Client, id: &str) -> Option<CacheCluster> {
    let asked = sdk.describe_cache_clusters().cache_cluster_id(id).show_cache_node_info(true).send().await;
    match asked {
        Ok(answer) => answer.cache_clusters.unwrap_or_default().pop(),
        Err(error) => {
            assert_eq!(error.code(), Some("CacheClusterNotFound"), "{error:?}");
            None
        }
    }
}

/// Waits until the cluster has `status`.
async fn reach(sdk: &Client, id: &str, status: &str) -> CacheCluster {
    until(&format!("{id} is {status}"), async || {
        describe(sdk, id).await.filter(|cluster| cluster.cache_cluster_status() == Some(status))
    })
    .await
}

/// The messages that are told of a cluster, oldest first.
async fn messages(sdk: &Client, id: &str) -> Vec<String> {
    let events = sdk.describe_events().source_type(SourceType::CacheCluster).source_identifier(id);
    let mut events = events.send().await.unwrap().events.unwrap_or_default();
    events.reverse();
    events.into_iter().filter_map(|event| event.message).collect()
}

#[tokio::test]
async fn a_cluster_is_created_answers_and_is_gone_when_deleted() {
    let emu = TestEmu::start();
    let sdk = emu.sdk();
    let created = create(&sdk, "My-Cache").await;
    assert_eq!(created.cache_cluster_id(), Some("my-cache"));
    assert_eq!(created.cache_cluster_status(), Some("creating"));
    let cluster = reach(&sdk, "my-cache", "available").await;
    let endpoint = cluster.cache_nodes()[0].endpoint().unwrap();
    assert_eq!(endpoint.address(), Some("my-cache.abcdef.0001.use1.cache.simfra.dev"));
    assert_eq!(endpoint.port(), Some(6379));
    assert_eq!(emu.runtime().ensured(&node("my-cache")), 1);

    let again = sdk.create_cache_cluster().cache_cluster_id("my-cache").engine("redis").num_cache_nodes(1);
    let again = again.cache_node_type("cache.t3.micro").send().await.unwrap_err();
    assert_eq!(again.code(), Some("CacheClusterAlreadyExists"));

    let deleted = sdk.delete_cache_cluster().cache_cluster_id("my-cache").send().await.unwrap();
    assert_eq!(deleted.cache_cluster.unwrap().cache_cluster_status(), Some("deleting"));
    until("my-cache is gone", async || describe(&sdk, "my-cache").await.is_none().then_some(())).await;
    assert!(!emu.runtime().kill(&node("my-cache"), "by the test"), "the node outlives its cluster");
}

#[tokio::test]
async fn an_engine_that_dies_is_replaced_and_the_events_tell() {
    let emu = TestEmu::start();
    let sdk = emu.sdk();
    create(&sdk, "mortal").await;
    reach(&sdk, "mortal", "available").await;
    assert!(emu.runtime().kill(&node("mortal"), "exit code 137"));
    until("the repair", async || (emu.runtime().ensured(&node("mortal")) == 2).then_some(())).await;
    reach(&sdk, "mortal", "available").await;
    until("the event", async || {
        let told = messages(&sdk, "mortal").await;
        told.iter().any(|message| message == "Finished recovery for cache nodes 0001").then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_engine_that_hangs_is_replaced() {
    let emu = TestEmu::start();
    let sdk = emu.sdk();
    create(&sdk, "sleepy").await;
    reach(&sdk, "sleepy", "available").await;
    assert!(emu.runtime().hang(&node("sleepy")));
    until("the repair", async || (emu.runtime().ensured(&node("sleepy")) == 2).then_some(())).await;
    reach(&sdk, "sleepy", "available").await;
}

#[tokio::test]
async fn with_a_data_directory_a_restart_loses_nothing() {
    let mut emu = TestEmu::with(Setup { kept: Kept::Everything, ..Setup::default() });
    create(&emu.sdk(), "lasting").await;
    let before = reach(&emu.sdk(), "lasting", "available").await;
    let told = messages(&emu.sdk(), "lasting").await;
    emu.restart();
    let after = reach(&emu.sdk(), "lasting", "available").await;
    assert_eq!(after, before);
    assert_eq!(messages(&emu.sdk(), "lasting").await[..told.len()], told);
}

#[tokio::test]
async fn in_memory_a_restart_forgets_everything() {
    let mut emu = TestEmu::start();
    create(&emu.sdk(), "fleeting").await;
    reach(&emu.sdk(), "fleeting", "available").await;
    emu.restart();
    assert_eq!(describe(&emu.sdk(), "fleeting").await, None);
}

#[tokio::test]
async fn accounts_and_regions_do_not_see_each_other() {
    let emu = TestEmu::start();
    create(&emu.sdk(), "mine").await;
    let other = emu.sdk_of("123456789012");
    assert_eq!(describe(&other, "mine").await, None);
    create(&other, "mine").await;
    let arn = reach(&other, "mine", "available").await.arn.unwrap();
    assert_eq!(arn, "arn:aws:elasticache:us-east-1:123456789012:cluster:mine");
}
