//! CreateReplicationGroup: what is asked for is what there is.

use aws_sdk_elasticache::types::{
    AutomaticFailoverStatus, DataTieringStatus, MultiAzStatus, NodeGroupConfiguration, TransitEncryptionMode,
};

use crate::support::replication_group::{emu, members, slots};

#[tokio::test]
async fn shards_are_as_they_were_configured() {
    let emu = emu().await;
    let shard = |id: &str, slots: &str, zones: [&str; 2]| {
        let shard = NodeGroupConfiguration::builder().node_group_id(id).slots(slots);
        shard.primary_availability_zone(zones[0]).replica_availability_zones(zones[1]).build()
    };
    let create =
        emu.group("own").node_group_configuration(shard("2", "0-9999", ["us-east-1a", "us-east-1b"]));
    let create = create.node_group_configuration(shard("7", "10000-16383", ["us-east-1c", "us-east-1d"]));
    create.multi_az_enabled(true).send().await.unwrap();
    let group = emu.until_group("own", "available").await;
    assert_eq!(slots(&group), ["0002 0-9999", "0007 10000-16383"]);
    assert_eq!(group.multi_az(), Some(&MultiAzStatus::Enabled));
    let shard = &group.node_groups()[1];
    assert_eq!(members(shard), "own-0007-001, own-0007-002");
    let zones: Vec<_> = shard
        .node_group_members()
        .iter()
        .map(|member| member.preferred_availability_zone().unwrap())
        .collect();
    assert_eq!(zones, ["us-east-1c", "us-east-1d"]);
}

#[tokio::test]
async fn encryption_and_tiering_are_shown_and_name_the_endpoints() {
    let emu = emu().await;
    let create =
        emu.group("safe").engine("valkey").cache_node_type("cache.r6gd.xlarge").data_tiering_enabled(true);
    let create =
        create.transit_encryption_enabled(true).auth_token("0123456789abcdef").kms_key_id("alias/own");
    create.num_cache_clusters(2).automatic_failover_enabled(true).send().await.unwrap();
    let group = emu.until_group("safe", "available").await;
    assert_eq!(group.automatic_failover(), Some(&AutomaticFailoverStatus::Enabled));
    assert_eq!(group.transit_encryption_mode(), Some(&TransitEncryptionMode::Required));
    assert_eq!((group.auth_token_enabled(), group.at_rest_encryption_enabled()), (Some(true), Some(true)));
    assert_eq!((group.kms_key_id(), group.engine()), (Some("alias/own"), Some("valkey")));
    assert_eq!(group.data_tiering(), Some(&DataTieringStatus::Enabled));
    let shard = &group.node_groups()[0];
    let name = |endpoint: Option<&aws_sdk_elasticache::types::Endpoint>| {
        endpoint.unwrap().address().unwrap().to_owned()
    };
    assert_eq!(name(shard.primary_endpoint()), "master.safe.abcdef.use1.cache.simfra.dev");
    assert_eq!(name(shard.reader_endpoint()), "replica.safe.abcdef.use1.cache.simfra.dev");
    let member = emu.find("safe-002").await.unwrap();
    assert_eq!(name(member.cache_nodes()[0].endpoint()), "safe-002.safe.abcdef.use1.cache.simfra.dev");
    assert_eq!((member.auth_token_enabled(), member.at_rest_encryption_enabled()), (Some(true), Some(true)));
}

#[tokio::test]
async fn a_cluster_becomes_the_primary_of_a_group() {
    let emu = emu().await;
    emu.available("before", "redis").await;
    let create = emu.client().create_replication_group().replication_group_id("around");
    let create = create.replication_group_description(" ").primary_cluster_id("before");
    create.send().await.unwrap();
    let group = emu.until_group("around", "available").await;
    assert_eq!(group.description(), Some(" "));
    assert_eq!(members(&group.node_groups()[0]), "before primary");
    let increase = emu.client().increase_replica_count().replication_group_id("around");
    increase.new_replica_count(1).apply_immediately(true).send().await.unwrap();
    let group = emu.until_group("around", "available").await;
    assert_eq!(members(&group.node_groups()[0]), "before primary, around-001 replica");
    let all = emu.client().describe_cache_clusters().send().await.unwrap();
    assert_eq!(all.cache_clusters().len(), 2);
    let alone = emu.client().describe_cache_clusters().show_cache_clusters_not_in_replication_groups(true);
    assert!(alone.send().await.unwrap().cache_clusters().is_empty());
}

#[tokio::test]
async fn a_group_that_cannot_be_created_says_so() {
    use dataplane::runtime::fake::Failure;
    let emu = emu().await;
    emu.fake().fail_ensure(&emu.node("failed-002"), Failure::StartFailed("no such image".to_owned()));
    emu.group("failed").num_cache_clusters(2).send().await.unwrap();
    let group = emu.until_group("failed", "create-failed").await;
    assert_eq!(group.node_groups, None);
    let told = emu.told_of_group("failed").await;
    assert!(
        told[0].starts_with("Failed to create the replication group: ") && told[0].contains("no such image"),
        "{told:?}"
    );
    emu.client().delete_replication_group().replication_group_id("failed").send().await.unwrap();
    emu.until_group_gone("failed").await;
}

#[tokio::test]
async fn groups_come_in_pages() {
    let emu = emu().await;
    for n in 0..21 {
        emu.group(&format!("g-{n:02}")).send().await.unwrap();
    }
    let page = emu.client().describe_replication_groups().max_records(20).send().await.unwrap();
    assert_eq!(page.replication_groups().len(), 20);
    let rest =
        emu.client().describe_replication_groups().marker(page.marker().unwrap()).send().await.unwrap();
    let [last] = rest.replication_groups() else { panic!("{rest:?}") };
    assert_eq!((last.replication_group_id(), rest.marker()), (Some("g-20"), None));
}
