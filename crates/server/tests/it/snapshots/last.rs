//! Last snapshots: taken before what is deleted goes.

use crate::support::emu::TestEmu;
use crate::support::sdk::refusal;

#[tokio::test]
async fn a_cluster_leaves_one() {
    let emu = TestEmu::without_engines().await;
    emu.available("going", "redis").await;
    emu.taken("going", "taken").await;
    emu.until_status("going", "available").await;
    let delete = |name: &str| {
        emu.client().delete_cache_cluster().cache_cluster_id("Going").final_snapshot_identifier(name)
    };
    assert_eq!(
        refusal(delete("taken").send().await),
        "400 SnapshotAlreadyExistsFault: Snapshot taken already exists."
    );
    let deleted = delete("last").send().await.unwrap().cache_cluster.unwrap();
    assert_eq!(deleted.cache_cluster_status(), Some("deleting"));
    emu.until_gone("going").await;
    assert_eq!(emu.until_taken("last").await.snapshot_source(), Some("manual"));
    assert_eq!(emu.snapshots().await, ["last", "taken"], "both outlive it");
}

#[tokio::test]
async fn a_group_leaves_one_of_its_primary() {
    let emu = TestEmu::without_engines().await;
    emu.group_of_two("duo").await;
    emu.taken("duo-002", "taken").await;
    emu.until_group("duo", "available").await;
    let delete = |name: &str| {
        let delete = emu.client().delete_replication_group().replication_group_id("duo");
        delete.final_snapshot_identifier(name)
    };
    assert_eq!(
        refusal(delete("taken").send().await),
        "400 SnapshotAlreadyExistsFault: Snapshot taken already exists."
    );
    let deleted = delete("last").send().await.unwrap().replication_group.unwrap();
    assert_eq!(deleted.status(), Some("deleting"));
    emu.until_group_gone("duo").await;
    let last = emu.until_taken("last").await;
    assert_eq!((last.cache_cluster_id(), last.num_cache_nodes()), (Some("duo-001"), Some(1)));
    assert!(emu.find("duo-001").await.is_none() && emu.find("duo-002").await.is_none());
}

#[tokio::test]
async fn a_group_with_cluster_mode_leaves_one_of_its_primaries() {
    let emu = TestEmu::without_engines().await;
    emu.group_of_shards("shards", 2, 1).await;
    let delete = emu.client().delete_replication_group().replication_group_id("shards");
    delete.final_snapshot_identifier("last").send().await.unwrap();
    emu.until_group_gone("shards").await;
    let last = emu.until_taken("last").await;
    let of: Vec<_> = last.node_snapshots().iter().map(|node| node.cache_cluster_id().unwrap()).collect();
    assert_eq!(of, ["shards-0001-001", "shards-0002-001"]);
}

#[tokio::test]
async fn a_primary_that_is_retained_is_available_after_it() {
    let emu = TestEmu::without_engines().await;
    emu.group_of_two("duo").await;
    let delete = emu.client().delete_replication_group().replication_group_id("duo");
    delete.retain_primary_cluster(true).final_snapshot_identifier("last").send().await.unwrap();
    emu.until_group_gone("duo").await;
    emu.until_taken("last").await;
    let retained = emu.until_status("duo-001", "available").await;
    assert_eq!(retained.replication_group_id(), None);
}

#[tokio::test]
async fn a_replica_leaves_one() {
    let emu = TestEmu::without_engines().await;
    emu.group("trio").num_cache_clusters(3).send().await.unwrap();
    emu.until_group("trio", "available").await;
    let delete = emu.client().delete_cache_cluster().cache_cluster_id("trio-003");
    delete.final_snapshot_identifier("last").send().await.unwrap();
    emu.until_gone("trio-003").await;
    assert_eq!(emu.until_taken("last").await.cache_cluster_id(), Some("trio-003"));
    let group = emu.until_group("trio", "available").await;
    assert_eq!(group.member_clusters(), ["trio-001", "trio-002"]);
}
