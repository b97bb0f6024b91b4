//! Snapshots are made of clusters, of nodes of groups, and of groups.

use aws_sdk_elasticache::types::Tag;

use crate::support::emu::TestEmu;
use crate::support::sdk::refusal;
use crate::support::snapshot::arn;

#[tokio::test]
async fn one_of_a_cluster_says_what_that_was() {
    let emu = TestEmu::without_engines().await;
    let topic = "arn:aws:sns:us-east-1:000000000000:t";
    let create = emu.cluster("first", "redis").notification_topic_arn(topic).port(7000);
    create
        .snapshot_window("05:00-06:00")
        .preferred_maintenance_window("mon:01:00-mon:02:00")
        .send()
        .await
        .unwrap();
    let cluster = emu.until_status("first", "available").await;
    let tag = Tag::builder().key("k").value("v").build();
    let made = emu.snapshot_of("First", "Snap").kms_key_id("my-key").tags(tag).send().await.unwrap();
    let made = made.snapshot.unwrap();
    assert_eq!((made.snapshot_name(), made.snapshot_status()), (Some("snap"), Some("creating")));
    let [node] = made.node_snapshots() else { panic!("not one node: {made:?}") };
    assert_eq!((node.cache_size(), node.snapshot_create_time()), (Some(""), None));

    let found = emu.until_taken("SNAP").await;
    assert_eq!(found.arn(), Some(arn("snap").as_str()));
    assert_eq!((found.cache_cluster_id(), found.replication_group_id()), (Some("first"), None));
    assert_eq!((found.snapshot_source(), found.kms_key_id()), (Some("manual"), Some("my-key")));
    assert_eq!((found.engine(), found.engine_version()), (Some("redis"), Some("7.1.0")));
    assert_eq!((found.cache_node_type(), found.num_cache_nodes()), (Some("cache.t3.micro"), Some(1)));
    assert_eq!(found.preferred_availability_zone(), cluster.preferred_availability_zone());
    assert_eq!(found.cache_cluster_create_time(), cluster.cache_cluster_create_time());
    assert_eq!((found.port(), found.topic_arn()), (Some(7000), Some(topic)));
    assert_eq!(found.snapshot_window(), Some("05:00-06:00"));
    assert_eq!(found.preferred_maintenance_window(), Some("mon:01:00-mon:02:00"));
    assert_eq!(found.cache_parameter_group_name(), Some("default.redis7"));
    assert_eq!(found.cache_subnet_group_name(), Some("default"));
    assert!(found.vpc_id().unwrap().starts_with("vpc-"));
    assert_eq!((found.snapshot_retention_limit(), found.auto_minor_version_upgrade()), (Some(0), Some(true)));
    assert_eq!(found.data_tiering().unwrap().as_str(), "disabled");
    assert_eq!((found.num_node_groups(), found.automatic_failover()), (None, None));
    let [node] = found.node_snapshots() else { panic!("not one node: {found:?}") };
    assert_eq!((node.cache_node_id(), node.cache_size()), (Some("0001"), Some("0 MB")));
    assert_eq!((node.cache_cluster_id(), node.node_group_id()), (None, None));
    assert_eq!(node.snapshot_create_time().unwrap().subsec_nanos(), 0, "in whole seconds");
    assert!(node.node_group_configuration().is_none());

    emu.until_status("first", "available").await;
    let told = "Snapshot succeeded for snapshot with ID 'snap' of cache cluster with ID 'first'";
    emu.until_told("first", told).await;
    let tags = emu.client().list_tags_for_resource().resource_name(arn("snap")).send().await.unwrap();
    assert_eq!(tags.tag_list().len(), 1);
}

#[tokio::test]
async fn one_of_a_groups_node_is_as_of_a_cluster() {
    let emu = TestEmu::without_engines().await;
    emu.group_of_two("duo").await;
    let snapshot = emu.taken("duo-002", "of-replica").await;
    assert_eq!(snapshot.cache_cluster_id(), Some("duo-002"));
    assert_eq!((snapshot.replication_group_id(), snapshot.num_cache_nodes()), (None, Some(1)));
    assert_eq!(snapshot.node_snapshots().len(), 1);
    emu.until_group("duo", "available").await;
    emu.until_status("duo-002", "available").await;
}

#[tokio::test]
async fn one_of_a_group_has_every_shard() {
    let emu = TestEmu::without_engines().await;
    emu.group_of_shards("shards", 2, 1).await;
    let made = emu.snapshot_of_group("Shards", "whole").send().await.unwrap().snapshot.unwrap();
    assert_eq!(made.snapshot_status(), Some("creating"));
    let found = emu.until_taken("whole").await;
    assert_eq!((found.replication_group_id(), found.cache_cluster_id()), (Some("shards"), None));
    assert_eq!(found.replication_group_description(), Some("a test's"));
    assert_eq!((found.num_node_groups(), found.num_cache_nodes()), (Some(2), None));
    assert_eq!(found.automatic_failover().unwrap().as_str(), "enabled");
    let told = |node: &aws_sdk_elasticache::types::NodeSnapshot| {
        let config = node.node_group_configuration().unwrap();
        assert_eq!(config.replica_availability_zones().len(), 1);
        assert!(config.primary_availability_zone().is_some());
        format!(
            "{} {} {} {}",
            node.node_group_id().unwrap(),
            node.cache_cluster_id().unwrap(),
            config.slots().unwrap(),
            config.replica_count().unwrap()
        )
    };
    let nodes: Vec<_> = found.node_snapshots().iter().map(told).collect();
    assert_eq!(nodes, ["0001 shards-0001-002 0-8191 1", "0002 shards-0002-002 8192-16383 1"]);
    emu.until_group("shards", "available").await;
    let told = emu.told_of_group("shards").await;
    let said = "Snapshot succeeded for snapshot with ID 'whole' of replication group with ID 'shards'";
    assert_eq!(told.last().map(String::as_str), Some(said));

    let hidden = emu.client().describe_snapshots().snapshot_name("whole").send().await.unwrap();
    let hidden = &hidden.snapshots()[0].node_snapshots()[0];
    assert!(hidden.node_group_configuration().is_none());
    assert_eq!(hidden.node_group_id(), Some("0001"));
}

#[tokio::test]
async fn one_is_deleted_and_tagged() {
    let emu = TestEmu::without_engines().await;
    emu.available("c", "valkey").await;
    emu.taken("c", "s").await;
    let client = emu.client();
    let tag = Tag::builder().key("team").value("blue").build();
    client.add_tags_to_resource().resource_name(arn("s")).tags(tag).send().await.unwrap();
    let removed = client.remove_tags_from_resource().resource_name(arn("s")).tag_keys("team").send().await;
    assert_eq!(removed.unwrap().tag_list().len(), 0);
    let delete = || client.delete_snapshot().snapshot_name("S");
    let deleted = delete().send().await.unwrap().snapshot.unwrap();
    assert_eq!((deleted.snapshot_name(), deleted.snapshot_status()), (Some("s"), Some("deleting")));
    emu.until_snapshots(&[]).await;
    assert_eq!(refusal(delete().send().await), "404 SnapshotNotFoundFault: Snapshot S not found.");
}

#[tokio::test]
async fn a_reset_takes_them_along() {
    let emu = TestEmu::without_engines().await;
    emu.available("c", "valkey").await;
    emu.taken("c", "s").await;
    emu.delete("c").await;
    assert_eq!(emu.snapshots().await, ["s"], "it outlives its cluster");
    let (status, _) = emu.admin("POST", "/reset", "");
    assert_eq!(status, 204);
    assert_eq!(emu.snapshots().await, [""; 0]);
}
