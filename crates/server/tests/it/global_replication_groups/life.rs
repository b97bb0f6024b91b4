//! A global datastore's creation, what it shows, and its deletion.

use aws_sdk_elasticache::types::Tag;

use crate::support::emu::{Stage, TestEmu};
use crate::support::global_replication_group::{WORLD, large, members, membership};
use crate::support::replication_group::emu;
use crate::support::sdk::refusal;
use crate::support::until;

#[tokio::test]
async fn one_is_made_over_a_group_shown_and_deleted_without_it() {
    let emu = emu().await;
    large(&emu, "first").num_cache_clusters(2).automatic_failover_enabled(true).send().await.unwrap();
    emu.until_group("first", "available").await;
    let create = emu.client().create_global_replication_group();
    let create = create.global_replication_group_id_suffix("World").primary_replication_group_id("First");
    let created = create.send().await.unwrap().global_replication_group.unwrap();
    assert_eq!(created.status(), Some("creating"));
    assert_eq!(members(&created), ["us-east-1 first PRIMARY associating"]);

    let global = emu.until_global("primary-only").await;
    assert_eq!(global.global_replication_group_id(), Some(WORLD));
    assert_eq!(global.global_replication_group_description(), Some(" "));
    assert_eq!(global.arn(), Some("arn:aws:elasticache::000000000000:globalreplicationgroup:ldgnf-world"));
    assert_eq!(
        (global.engine(), global.engine_version(), global.cache_node_type()),
        (Some("redis"), Some("7.1.0"), Some("cache.r6g.large"))
    );
    let flags = [
        global.cluster_enabled(),
        global.auth_token_enabled(),
        global.transit_encryption_enabled(),
        global.at_rest_encryption_enabled(),
    ];
    assert_eq!(flags, [Some(false); 4]);
    assert!(global.global_node_groups().is_empty(), "shards are shown with cluster mode alone");
    assert_eq!(members(&global), ["us-east-1 first PRIMARY associated"]);
    assert_eq!(global.members()[0].automatic_failover().unwrap().as_str(), "enabled");
    assert_eq!(membership(&emu.find_group("first").await.unwrap()), "ldgnf-world PRIMARY");

    let delete = emu.client().delete_global_replication_group().global_replication_group_id(WORLD);
    let deleted = delete.retain_primary_replication_group(true).send().await.unwrap();
    assert_eq!(deleted.global_replication_group.unwrap().status(), Some("deleting"));
    until("it is gone", || async { emu.find_global().await.is_none().then_some(()) }).await;
    let first = emu.until_group("first", "available").await;
    assert_eq!(membership(&first), "");
    emu.client().delete_replication_group().replication_group_id("first").send().await.unwrap();
    emu.until_group_gone("first").await;
}

#[tokio::test]
async fn each_is_found_from_every_region_of_its_account_and_listed_by_id() {
    let emu = emu().await;
    emu.world().await;
    let europe = emu.client_in("eu-west-1");
    let create =
        europe.create_replication_group().replication_group_id("other").cache_node_type("cache.m6g.large");
    create.replication_group_description("-").send().await.unwrap();
    until("other is available", || async {
        let other = emu.group_in("eu-west-1", "other").await;
        (other.status() == Some("available")).then_some(())
    })
    .await;
    let create = europe.create_global_replication_group().global_replication_group_id_suffix("old");
    create.primary_replication_group_id("other").send().await.unwrap();
    for region in ["us-east-1", "eu-west-1", "ap-south-1"] {
        let all = emu.client_in(region).describe_global_replication_groups().send().await.unwrap();
        let ids: Vec<_> = all
            .global_replication_groups()
            .iter()
            .map(|each| each.global_replication_group_id().unwrap())
            .collect();
        assert_eq!(ids, ["gxeiz-old", WORLD], "{region}");
        assert!(all.global_replication_groups().iter().all(|each| each.members().is_empty()));
    }
    for (account, region) in [("111111111111", "us-east-1"), ("000000000000", "cn-north-1")] {
        let stranger = emu.client_of(account, region);
        let described = stranger.describe_global_replication_groups().global_replication_group_id(WORLD);
        let not_found =
            "404 GlobalReplicationGroupNotFoundFault: Global replication group ldgnf-world not found.";
        assert_eq!(refusal(described.send().await), not_found, "{account} {region}");
        let all = stranger.describe_global_replication_groups().send().await.unwrap();
        assert!(all.global_replication_groups().is_empty());
    }
}

#[tokio::test]
async fn shards_have_ids_of_the_global_datastores() {
    let emu = emu().await;
    let create =
        large(&emu, "first").num_node_groups(2).cache_parameter_group_name("default.redis7.cluster.on");
    create.send().await.unwrap();
    emu.until_group("first", "available").await;
    let global = emu.world_of("first").await;
    assert_eq!(global.cluster_enabled(), Some(true));
    let shards = global.global_node_groups().iter();
    let shards: Vec<_> = shards
        .map(|each| format!("{} {}", each.global_node_group_id().unwrap(), each.slots().unwrap()))
        .collect();
    assert_eq!(shards, ["ldgnf-world-0001 0-8191", "ldgnf-world-0002 8192-16383"]);
}

#[tokio::test]
async fn it_has_tags() {
    let emu = emu().await;
    large(&emu, "first").send().await.unwrap();
    emu.until_group("first", "available").await;
    let create = emu.client().create_global_replication_group().global_replication_group_id_suffix("world");
    let tag = |key: &str| Tag::builder().key(key).value("v").build();
    let created = create.primary_replication_group_id("first").tags(tag("made")).send().await.unwrap();
    let arn = created.global_replication_group.unwrap().arn.unwrap();
    // From another region too: its ARN has none.
    let client = emu.client_in("eu-west-1");
    client.add_tags_to_resource().resource_name(&arn).tags(tag("added")).send().await.unwrap();
    client.remove_tags_from_resource().resource_name(&arn).tag_keys("made").send().await.unwrap();
    let tags = emu.client().list_tags_for_resource().resource_name(&arn).send().await.unwrap();
    assert_eq!(tags.tag_list(), [tag("added")]);
}

#[tokio::test]
async fn what_was_under_way_goes_on_after_a_crash() {
    let emu = TestEmu::on(Stage::without_engines().kept()).await;
    emu.world().await;
    emu.fake().hold_ensure();
    emu.secondary("second", "eu-west-1").send().await.unwrap();
    emu.until_global("modifying").await;
    let stage = emu.crash();
    stage.fake.release_ensure();
    let emu = TestEmu::on(stage).await;
    let global = emu.until_global("available").await;
    assert_eq!(
        members(&global),
        ["eu-west-1 second SECONDARY associated", "us-east-1 first PRIMARY associated"]
    );
}

#[tokio::test]
async fn a_reset_takes_it_along() {
    let emu = emu().await;
    emu.world().await;
    emu.secondary("second", "eu-west-1").send().await.unwrap();
    emu.until_global("available").await;
    assert_eq!(emu.admin("POST", "/reset", "").0, 204);
    assert!(emu.find_global().await.is_none());
    assert!(emu.find_group("first").await.is_none());
}
