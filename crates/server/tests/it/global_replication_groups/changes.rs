//! Changes of a global datastore: what changes in it changes in all of its members.

use aws_sdk_elasticache::types::{GlobalReplicationGroup, RegionalConfiguration, ReshardingConfiguration};

use crate::support::emu::TestEmu;
use crate::support::global_replication_group::{WORLD, large, members, membership};
use crate::support::replication_group::{emu, slots};

/// A global datastore with the secondary `second` in eu-west-1.
async fn of_two(emu: &TestEmu) {
    emu.world().await;
    emu.secondary("second", "eu-west-1").num_cache_clusters(2).send().await.unwrap();
    emu.until_global("available").await;
}

/// The same of shards.
async fn of_shards(emu: &TestEmu, shards: i32) {
    let create = large(emu, "first").engine("valkey").num_node_groups(shards);
    create.send().await.unwrap();
    emu.until_group("first", "available").await;
    emu.world_of("first").await;
    emu.secondary("second", "eu-west-1").send().await.unwrap();
    emu.until_global("available").await;
}

/// The shards of the global datastore, and of its members, which are the same.
async fn shards(emu: &TestEmu) -> Vec<String> {
    let global = emu.until_global("available").await;
    let first = slots(&emu.find_group("first").await.unwrap());
    assert_eq!(slots(&emu.group_in("eu-west-1", "second").await), first);
    let own = |id: &str| id.strip_prefix("ldgnf-world-").unwrap().to_owned();
    let each = global.global_node_groups().iter();
    let shown =
        each.map(|each| format!("{} {}", own(each.global_node_group_id().unwrap()), each.slots().unwrap()));
    assert_eq!(shown.collect::<Vec<_>>(), first);
    first
}

fn status(global: Option<GlobalReplicationGroup>) -> String {
    global.unwrap().status().unwrap().to_owned()
}

#[tokio::test]
async fn roles_change_with_a_failover() {
    let emu = emu().await;
    of_two(&emu).await;
    let failover =
        emu.client_in("eu-west-1").failover_global_replication_group().global_replication_group_id(WORLD);
    let answer =
        failover.primary_region("eu-west-1").primary_replication_group_id("second").send().await.unwrap();
    assert_eq!(status(answer.global_replication_group), "modifying");
    let global = emu.until_global("available").await;
    assert_eq!(
        members(&global),
        ["eu-west-1 second PRIMARY associated", "us-east-1 first SECONDARY associated"]
    );
    assert_eq!(membership(&emu.find_group("first").await.unwrap()), "ldgnf-world SECONDARY");
    assert_eq!(membership(&emu.group_in("eu-west-1", "second").await), "ldgnf-world PRIMARY");
    // The one that took writes before can leave now.
    let leave = emu.client().disassociate_global_replication_group().global_replication_group_id(WORLD);
    leave.replication_group_id("first").replication_group_region("us-east-1").send().await.unwrap();
    let global = emu.until_global("primary-only").await;
    assert_eq!(members(&global), ["eu-west-1 second PRIMARY associated"]);
}

#[tokio::test]
async fn settings_change_in_all_members() {
    let emu = emu().await;
    of_two(&emu).await;
    let modify = || {
        emu.client()
            .modify_global_replication_group()
            .global_replication_group_id(WORLD)
            .apply_immediately(true)
    };
    let answer = modify().cache_node_type("cache.r6g.xlarge").send().await.unwrap();
    let answer = answer.global_replication_group.unwrap();
    assert_eq!(answer.status(), Some("modifying"));
    assert!(answer.members().is_empty());
    emu.until_global("available").await;
    modify().automatic_failover_enabled(true).send().await.unwrap();
    emu.until_global("available").await;
    modify().engine("valkey").engine_version("8.0").send().await.unwrap();
    emu.until_global("available").await;
    modify().global_replication_group_description("in other words").send().await.unwrap();
    let global = emu.until_global("available").await;
    assert_eq!(global.global_replication_group_description(), Some("in other words"));
    assert_eq!((global.engine(), global.cache_node_type()), (Some("valkey"), Some("cache.r6g.xlarge")));
    let failovers: Vec<_> =
        global.members().iter().map(|member| member.automatic_failover().unwrap().as_str()).collect();
    assert_eq!(failovers, ["enabled"; 2]);
    for (region, group) in [("us-east-1", "first"), ("eu-west-1", "second")] {
        let shown = emu.group_in(region, group).await;
        assert_eq!((shown.engine(), shown.cache_node_type()), (Some("valkey"), Some("cache.r6g.xlarge")));
        let describe = emu.client_in(region).describe_cache_clusters();
        let clusters = describe.cache_cluster_id(format!("{group}-001")).send().await.unwrap();
        let member = &clusters.cache_clusters()[0];
        assert_eq!(member.engine_version(), global.engine_version());
        assert_eq!(
            member.cache_parameter_group().unwrap().cache_parameter_group_name(),
            Some("default.valkey8")
        );
    }
}

#[tokio::test]
async fn a_parameter_group_of_ones_own_goes_to_all_members() {
    let emu = emu().await;
    of_two(&emu).await;
    let create = emu.client().create_cache_parameter_group().cache_parameter_group_name("own");
    create.cache_parameter_group_family("valkey8").description("-").send().await.unwrap();
    let modify = emu.client().modify_global_replication_group().global_replication_group_id(WORLD);
    let modify = modify.engine("valkey").engine_version("8.0").cache_parameter_group_name("own");
    modify.apply_immediately(true).send().await.unwrap();
    emu.until_global("available").await;
    for (region, member, group) in
        [("us-east-1", "first-001", "own"), ("eu-west-1", "second-001", "global-datastore-second")]
    {
        let clusters =
            emu.client_in(region).describe_cache_clusters().cache_cluster_id(member).send().await.unwrap();
        let shown = clusters.cache_clusters()[0].cache_parameter_group().unwrap();
        assert_eq!(shown.cache_parameter_group_name(), Some(group), "{region}");
    }
}

#[tokio::test]
async fn shards_come_and_go_in_all_members_alike() {
    let emu = emu().await;
    of_shards(&emu, 2).await;
    assert_eq!(shards(&emu).await, ["0001 0-8191", "0002 8192-16383"]);
    let zones = ReshardingConfiguration::builder().preferred_availability_zones("eu-west-1c").build();
    let regional = RegionalConfiguration::builder().replication_group_id("second");
    let regional = regional.replication_group_region("eu-west-1").resharding_configuration(zones).build();
    let increase =
        emu.client().increase_node_groups_in_global_replication_group().global_replication_group_id(WORLD);
    let increase = increase.node_group_count(3).regional_configurations(regional).apply_immediately(true);
    let answer = increase.send().await.unwrap();
    assert_eq!(status(answer.global_replication_group), "modifying");
    assert_eq!(shards(&emu).await, ["0001 2730-8191", "0002 10923-16383", "0003 0-2729,8192-10922"]);
    let second = emu.group_in("eu-west-1", "second").await;
    let member = &second.node_groups()[2].node_group_members()[0];
    assert_eq!(member.preferred_availability_zone(), Some("eu-west-1c"));

    let decrease =
        emu.client().decrease_node_groups_in_global_replication_group().global_replication_group_id(WORLD);
    let decrease = decrease.node_group_count(2).global_node_groups_to_remove("ldgnf-world-0001");
    let answer = decrease.apply_immediately(true).send().await.unwrap();
    assert_eq!(status(answer.global_replication_group), "modifying");
    let left = shards(&emu).await;
    assert_eq!(left.iter().map(|shard| &shard[..4]).collect::<Vec<_>>(), ["0002", "0003"]);
    // A number is given once in all members, whenever they came.
    let leave = emu.client().disassociate_global_replication_group().global_replication_group_id(WORLD);
    leave.replication_group_id("second").replication_group_region("eu-west-1").send().await.unwrap();
    emu.until_global("primary-only").await;
    let decrease =
        emu.client().decrease_node_groups_in_global_replication_group().global_replication_group_id(WORLD);
    let decrease = decrease.node_group_count(1).global_node_groups_to_retain("LDGNF-World-0002");
    decrease.apply_immediately(true).send().await.unwrap();
    emu.until_global("primary-only").await;
    emu.secondary("third", "ap-south-1").send().await.unwrap();
    emu.until_global("available").await;
    let increase =
        emu.client().increase_node_groups_in_global_replication_group().global_replication_group_id(WORLD);
    increase.node_group_count(2).apply_immediately(true).send().await.unwrap();
    emu.until_global("available").await;
    let third = slots(&emu.group_in("ap-south-1", "third").await);
    assert_eq!(third, slots(&emu.find_group("first").await.unwrap()));
    assert_eq!(third.iter().map(|shard| &shard[..4]).collect::<Vec<_>>(), ["0002", "0004"]);
}

#[tokio::test]
async fn slots_are_evened_out_in_all_members() {
    let emu = emu().await;
    let shard = |id: &str, slots: &str| {
        aws_sdk_elasticache::types::NodeGroupConfiguration::builder().node_group_id(id).slots(slots).build()
    };
    let create = large(&emu, "first").node_group_configuration(shard("0001", "0-99"));
    create.node_group_configuration(shard("0002", "100-16383")).send().await.unwrap();
    emu.until_group("first", "available").await;
    emu.world_of("first").await;
    emu.secondary("second", "eu-west-1").send().await.unwrap();
    assert_eq!(shards(&emu).await, ["0001 0-99", "0002 100-16383"]);
    let rebalance =
        emu.client().rebalance_slots_in_global_replication_group().global_replication_group_id(WORLD);
    let answer = rebalance.apply_immediately(true).send().await.unwrap();
    assert_eq!(status(answer.global_replication_group), "modifying");
    assert_eq!(shards(&emu).await, ["0001 0-8191", "0002 8192-16383"]);
}
