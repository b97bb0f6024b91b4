//! Snapshots are listed by what they are of, who made them, and in pages.

use aws_sdk_elasticache::operation::describe_snapshots::builders::DescribeSnapshotsFluentBuilder;

use crate::support::emu::{Stage, TestEmu};
use crate::support::sdk::refusal;
use crate::support::snapshot::names;

async fn list(request: DescribeSnapshotsFluentBuilder) -> String {
    names(request.send().await.unwrap().snapshots()).join(" ")
}

#[tokio::test]
async fn lists_are_filtered() {
    let emu = TestEmu::without_engines().await;
    emu.available("a", "valkey").await;
    emu.available("none", "valkey").await;
    emu.group_of_two("duo").await;
    emu.group_of_shards("shards", 2, 0).await;
    for (cluster, name) in [("a", "s1"), ("a", "s2"), ("duo-001", "s3"), ("duo-002", "s4")] {
        emu.taken(cluster, name).await;
        emu.until_status(cluster, "available").await;
    }
    emu.snapshot_of_group("shards", "s5").send().await.unwrap();
    emu.until_taken("s5").await;
    let describe = || emu.client().describe_snapshots();
    assert_eq!(list(describe().cache_cluster_id("A")).await, "s1 s2");
    assert_eq!(list(describe().cache_cluster_id("none")).await, "");
    assert_eq!(list(describe().replication_group_id("Duo")).await, "s3 s4");
    assert_eq!(list(describe().replication_group_id("shards")).await, "s5");
    assert_eq!(list(describe().replication_group_id("nobodys")).await, "");
    assert_eq!(list(describe().cache_cluster_id("duo-001").replication_group_id("duo")).await, "s3");
    assert_eq!(list(describe().cache_cluster_id("a").snapshot_name("S2")).await, "s2");
    for (source, expected) in [("user", "s1 s2 s3 s4 s5"), ("manual", "s1 s2 s3 s4 s5"), ("system", "")] {
        assert_eq!(list(describe().snapshot_source(source)).await, expected, "{source}");
    }
    for (refused, said) in [
        (describe().snapshot_name("Nobodys"), "404 SnapshotNotFoundFault: Snapshot Nobodys not found."),
        (
            describe().snapshot_name("s1").cache_cluster_id("duo-001"),
            "404 SnapshotNotFoundFault: Snapshot s1 not found.",
        ),
        (describe().cache_cluster_id("Nobodys"), "404 CacheClusterNotFound: CacheCluster not found: Nobodys"),
        (
            describe().snapshot_source("weekly"),
            "400 InvalidParameterValue: Invalid value 'weekly' for SnapshotSource. Valid values: automated, manual, \
             system, user",
        ),
        (
            describe().max_records(51),
            "400 InvalidParameterValue: Invalid value 51 for MaxRecords. Must be between 20 and 50",
        ),
    ] {
        assert_eq!(refusal(refused.send().await), said);
    }
    emu.delete("a").await;
    assert_eq!(list(describe().cache_cluster_id("a")).await, "s1 s2", "a cluster that is gone has left them");
}

#[tokio::test]
async fn lists_come_in_pages() {
    let emu = TestEmu::on(Stage::without_engines()).await;
    for n in 0..3 {
        let cluster = format!("c{n}");
        emu.available(&cluster, "redis").await;
        for of in 0..20 {
            emu.taken(&cluster, &format!("s{n}-{of}")).await;
            emu.until_status(&cluster, "available").await;
        }
    }
    let mut sizes = Vec::new();
    let mut marker = None;
    loop {
        let page = emu.client().describe_snapshots().set_marker(marker).send().await.unwrap();
        sizes.push(page.snapshots().len());
        marker = page.marker;
        if marker.is_none() {
            break;
        }
    }
    assert_eq!(sizes, [50, 10], "fifty where nothing is said");
    let twenty = emu.client().describe_snapshots().max_records(20).send().await.unwrap();
    assert_eq!(twenty.snapshots().len(), 20);
}
