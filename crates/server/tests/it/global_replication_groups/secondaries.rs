//! Secondaries: what they take over from the primary, and how they come and go.

use aws_sdk_elasticache::types::ParameterNameValue;

use crate::support::emu::TestEmu;
use crate::support::global_replication_group::{WORLD, large, members, membership};
use crate::support::replication_group::{emu, slots};
use crate::support::sdk::refusal;

#[tokio::test]
async fn a_secondary_is_as_the_primary_is() {
    let emu = emu().await;
    let create = large(&emu, "first").engine_version("7.0").transit_encryption_enabled(true);
    let create = create.auth_token("0123456789abcdef").at_rest_encryption_enabled(true).num_cache_clusters(2);
    create.send().await.unwrap();
    emu.until_group("first", "available").await;
    emu.world_of("first").await;
    let created = emu.secondary("second", "eu-west-1").num_cache_clusters(3).port(7000).send().await.unwrap();
    let created = created.replication_group.unwrap();
    assert_eq!((created.status(), &*membership(&created)), (Some("creating"), "ldgnf-world SECONDARY"));

    let global = emu.until_global("available").await;
    assert_eq!(
        members(&global),
        ["eu-west-1 second SECONDARY associated", "us-east-1 first PRIMARY associated"]
    );
    let second = emu.group_in("eu-west-1", "second").await;
    assert_eq!(second.status(), Some("available"));
    assert_eq!(second.cache_node_type(), Some("cache.r6g.large"));
    assert_eq!(second.member_clusters(), ["second-001", "second-002", "second-003"]);
    let flags = [
        second.auth_token_enabled(),
        second.transit_encryption_enabled(),
        second.at_rest_encryption_enabled(),
    ];
    assert_eq!(flags, [Some(true); 3]);
    let describe = emu.client_in("eu-west-1").describe_cache_clusters().cache_cluster_id("second-001");
    let member = describe.send().await.unwrap().cache_clusters.unwrap().remove(0);
    assert_eq!(member.engine_version(), Some("7.0.7"));
    assert_eq!(member.cache_parameter_group().unwrap().cache_parameter_group_name(), Some("default.redis7"));
}

#[tokio::test]
async fn a_secondary_has_the_primarys_shards_with_replicas_of_its_own() {
    let emu = emu().await;
    let create =
        large(&emu, "first").num_node_groups(3).cache_parameter_group_name("default.redis7.cluster.on");
    create.send().await.unwrap();
    let first = emu.until_group("first", "available").await;
    emu.world_of("first").await;
    emu.secondary("second", "us-west-2").replicas_per_node_group(1).send().await.unwrap();
    emu.until_global("available").await;
    let second = emu.group_in("us-west-2", "second").await;
    assert_eq!(slots(&second), slots(&first));
    assert_eq!(second.member_clusters().len(), 6);
}

#[tokio::test]
async fn a_primarys_own_parameter_group_has_a_stand_in_where_the_secondary_is() {
    let emu = emu().await;
    let client = emu.client();
    let create = client.create_cache_parameter_group().cache_parameter_group_name("own");
    create.cache_parameter_group_family("redis7").description("-").send().await.unwrap();
    let value = ParameterNameValue::builder().parameter_name("timeout").parameter_value("60").build();
    let modify = client.modify_cache_parameter_group().cache_parameter_group_name("own");
    modify.parameter_name_values(value).send().await.unwrap();
    large(&emu, "first").cache_parameter_group_name("own").send().await.unwrap();
    emu.until_group("first", "available").await;
    emu.world_of("first").await;
    emu.secondary("second", "eu-west-1").send().await.unwrap();
    emu.until_global("available").await;
    let europe = emu.client_in("eu-west-1");
    let member = europe.describe_cache_clusters().cache_cluster_id("second-001").send().await.unwrap();
    let group =
        member.cache_clusters()[0].cache_parameter_group().unwrap().cache_parameter_group_name().unwrap();
    assert_eq!(group, "global-datastore-second");
    let values = europe.describe_cache_parameters().cache_parameter_group_name(group).source("user");
    let values = values.send().await.unwrap();
    let timeout = values.parameters().iter().find(|row| row.parameter_name() == Some("timeout")).unwrap();
    assert_eq!(timeout.parameter_value(), Some("60"));
}

async fn leave(emu: &TestEmu, region: &'static str, id: &str) -> String {
    let leave =
        emu.client_in(region).disassociate_global_replication_group().global_replication_group_id(WORLD);
    let left = leave.replication_group_id(id).replication_group_region(region).send().await.unwrap();
    let global = left.global_replication_group.unwrap();
    format!("{} {}", global.status().unwrap(), members(&global).join(", "))
}

#[tokio::test]
async fn a_secondary_leaves_and_stands_alone() {
    let emu = emu().await;
    emu.world().await;
    for (id, region) in [("second", "eu-west-1"), ("third", "ap-south-1")] {
        emu.secondary(id, region).send().await.unwrap();
        emu.until_global("available").await;
    }
    let third = emu.client_in("ap-south-1");
    let delete = || third.delete_replication_group().replication_group_id("third");
    assert_eq!(
        refusal(delete().send().await),
        "400 InvalidParameterValue: Cluster [third] is part of a global cluster [ldgnf-world]. Request rejected."
    );
    assert_eq!(
        leave(&emu, "ap-south-1", "third").await,
        "modifying ap-south-1 third SECONDARY associated, eu-west-1 second SECONDARY associated, \
         us-east-1 first PRIMARY associated"
    );
    let global = emu.until_global("available").await;
    assert_eq!(
        members(&global),
        ["eu-west-1 second SECONDARY associated", "us-east-1 first PRIMARY associated"]
    );
    assert_eq!(membership(&emu.group_in("ap-south-1", "third").await), "");
    delete().send().await.unwrap();
    leave(&emu, "eu-west-1", "second").await;
    let global = emu.until_global("primary-only").await;
    assert_eq!(members(&global), ["us-east-1 first PRIMARY associated"]);
}

#[tokio::test]
async fn replicas_are_each_regions_own() {
    let emu = emu().await;
    emu.world().await;
    emu.secondary("second", "eu-west-1").send().await.unwrap();
    emu.until_global("available").await;
    let increase = emu.client_in("eu-west-1").increase_replica_count().replication_group_id("second");
    increase.new_replica_count(1).apply_immediately(true).send().await.unwrap();
    crate::support::until("a replica more", || async {
        let second = emu.group_in("eu-west-1", "second").await;
        (second.status() == Some("available") && second.member_clusters().len() == 2).then_some(())
    })
    .await;
    assert_eq!(emu.find_group("first").await.unwrap().member_clusters().len(), 2);
    assert_eq!(emu.until_global("available").await.members().len(), 2);
}
