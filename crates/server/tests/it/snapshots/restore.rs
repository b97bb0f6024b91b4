//! Clusters and groups that begin with a snapshot.

use aws_sdk_elasticache::operation::create_replication_group::builders::CreateReplicationGroupFluentBuilder;

use crate::support::emu::TestEmu;
use crate::support::replication_group::slots;
use crate::support::sdk::refusal;

/// A request for a group of which nothing but its snapshot is said.
fn group_of(emu: &TestEmu, id: &str, snapshot: &str) -> CreateReplicationGroupFluentBuilder {
    let create = emu.client().create_replication_group().replication_group_id(id);
    create.replication_group_description("restored").snapshot_name(snapshot)
}

/// A Simfra with the snapshots `of-redis` (6.2, of a cluster), `of-valkey` (8.0, of a cluster) and `of-shards` (Redis 7.1,
/// of two shards).
async fn with_three() -> TestEmu {
    let emu = TestEmu::without_engines().await;
    let create =
        emu.client().create_cache_cluster().cache_cluster_id("r").engine("redis").engine_version("6.2");
    create.cache_node_type("cache.m7g.large").num_cache_nodes(1).send().await.unwrap();
    emu.cluster("v", "valkey").engine_version("8.0").send().await.unwrap();
    for (cluster, name) in [("r", "of-redis"), ("v", "of-valkey")] {
        emu.until_status(cluster, "available").await;
        emu.taken(cluster, name).await;
    }
    emu.group_of_shards("shards", 2, 1).await;
    emu.snapshot_of_group("shards", "of-shards").send().await.unwrap();
    emu.until_taken("of-shards").await;
    emu
}

#[tokio::test]
async fn a_cluster_is_what_the_snapshot_was_where_nothing_is_said() {
    let emu = with_three().await;
    let restore = |id: &str| {
        let create = emu.client().create_cache_cluster().cache_cluster_id(id).num_cache_nodes(1);
        create.snapshot_name("Of-Redis")
    };
    restore("same").send().await.unwrap();
    let same = emu.until_status("same", "available").await;
    assert_eq!((same.engine(), same.engine_version()), (Some("redis"), Some("6.2.6")));
    assert_eq!(same.cache_node_type(), Some("cache.m7g.large"));
    restore("other").engine("valkey").cache_node_type("cache.t3.micro").send().await.unwrap();
    let other = emu.until_status("other", "available").await;
    assert_eq!((other.engine(), other.cache_node_type()), (Some("valkey"), Some("cache.t3.micro")));
    restore("newer").engine_version("7.1").send().await.unwrap();
    assert_eq!(emu.until_status("newer", "available").await.engine_version(), Some("7.1.0"));
    emu.client().delete_snapshot().snapshot_name("of-redis").send().await.unwrap();
    emu.until_snapshots(&["of-shards", "of-valkey"]).await;
}

#[tokio::test]
async fn a_group_has_the_snapshots_shards() {
    let emu = with_three().await;
    group_of(&emu, "same", "of-shards").replicas_per_node_group(1).send().await.unwrap();
    let same = emu.until_group("same", "available").await;
    assert_eq!(slots(&same), ["0001 0-8191", "0002 8192-16383"]);
    assert_eq!((same.cluster_enabled(), same.member_clusters().len()), (Some(true), 4));
    assert_eq!((same.engine(), same.cache_node_type()), (Some("redis"), Some("cache.t3.micro")));

    group_of(&emu, "three", "of-shards").num_node_groups(3).send().await.unwrap();
    assert_eq!(emu.until_group("three", "available").await.node_groups().len(), 3);

    // One of a cluster does for a group without cluster mode, and for one with it.
    group_of(&emu, "duo", "of-valkey").num_cache_clusters(2).send().await.unwrap();
    let duo = emu.until_group("duo", "available").await;
    assert_eq!((duo.engine(), duo.cluster_enabled()), (Some("valkey"), Some(false)));
    group_of(&emu, "sharded", "of-valkey").num_node_groups(2).send().await.unwrap();
    assert_eq!(emu.until_group("sharded", "available").await.cluster_enabled(), Some(true));
}

#[tokio::test]
async fn one_that_is_restored_says_so_and_is_not_deleted() {
    let emu = with_three().await;
    emu.fake().stall_after(0);
    let create = emu.client().create_cache_cluster().cache_cluster_id("new").num_cache_nodes(1);
    create.snapshot_name("of-redis").send().await.unwrap();
    let status = async || {
        let found = emu.client().describe_snapshots().snapshot_name("of-redis").send().await.unwrap();
        found.snapshots()[0].snapshot_status().unwrap().to_owned()
    };
    assert_eq!(status().await, "restoring");
    assert_eq!(
        refusal(emu.client().delete_snapshot().snapshot_name("of-redis").send().await),
        "400 InvalidSnapshotState: Snapshot of-redis has status restoring which is not valid for deletion."
    );
    emu.fake().resume();
    emu.until_status("new", "available").await;
    emu.until_taken("of-redis").await;
}

#[tokio::test]
async fn what_cannot_be_restored_is_refused() {
    let emu = with_three().await;
    let restore = |snapshot: &str| {
        let create = emu.client().create_cache_cluster().cache_cluster_id("new").num_cache_nodes(1);
        create.snapshot_name(snapshot)
    };
    for (request, said) in [
        (
            restore("Nobodys"),
            "400 InvalidParameterValue: The snapshot Nobodys in SnapshotName is not found or is not available.",
        ),
        (
            restore("of-shards"),
            "400 InvalidParameterCombination: The snapshot of-shards of a cluster mode enabled replication group cannot \
             be restored with cluster mode disabled.",
        ),
        (
            restore("of-redis").engine_version("5.0.6").cache_node_type("cache.t3.micro"),
            "400 InvalidParameterCombination: A snapshot of redis version 6.2.6 cannot be restored to redis version 5.0.6.",
        ),
        (
            restore("of-valkey").engine("redis"),
            "400 InvalidParameterCombination: A snapshot of valkey version 8.0.1 cannot be restored to redis version \
             7.1.0.",
        ),
    ] {
        assert_eq!(refusal(request.send().await), said);
    }
    assert_eq!(
        refusal(group_of(&emu, "new", "Nobodys").send().await),
        "400 InvalidParameterValue: The snapshot Nobodys in SnapshotName is not found or is not available."
    );
    let disabled = aws_sdk_elasticache::types::ClusterMode::Disabled;
    assert_eq!(
        refusal(group_of(&emu, "new", "of-shards").num_node_groups(1).cluster_mode(disabled).send().await),
        "400 InvalidParameterCombination: The snapshot of-shards of a cluster mode enabled replication group cannot be \
         restored with cluster mode disabled."
    );
    assert!(emu.find("new").await.is_none() && emu.find_group("new").await.is_none());
}
