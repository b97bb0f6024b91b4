//! ModifyReplicationGroup, replicas and shards that come and go, failovers, tags.

use std::time::Duration;

use aws_sdk_elasticache::types::{
    AutomaticFailoverStatus, ClusterMode, ReplicationGroup, Tag, TransitEncryptionMode,
};
use server::clock::Clock;

use crate::support::emu::{Stage, TestEmu};
use crate::support::replication_group::{emu, members, slots};
use crate::support::sdk::refusal;
use crate::support::until;

fn only(group: &ReplicationGroup) -> String {
    members(&group.node_groups()[0])
}

#[tokio::test]
async fn replicas_join_and_leave() {
    let emu = emu().await;
    emu.group_of_two("duo").await;
    let increase = emu.client().increase_replica_count().replication_group_id("duo").apply_immediately(true);
    let reply = increase.new_replica_count(3).send().await.unwrap().replication_group.unwrap();
    assert_eq!((reply.status(), reply.node_groups()[0].status()), (Some("modifying"), Some("modifying")));
    assert_eq!(reply.member_clusters().len(), 4, "the reply has the new members already");
    let group = emu.until_group("duo", "available").await;
    assert_eq!(only(&group), "duo-001 primary, duo-002 replica, duo-003 replica, duo-004 replica");
    let create = emu.client().create_cache_cluster().cache_cluster_id("own-name").replication_group_id("duo");
    let replica =
        create.preferred_availability_zone("us-east-1e").send().await.unwrap().cache_cluster.unwrap();
    assert_eq!((replica.replication_group_id(), replica.engine()), (Some("duo"), Some("redis")));
    emu.until_group("duo", "available").await;

    let decrease = emu.client().decrease_replica_count().replication_group_id("duo").apply_immediately(true);
    decrease.replicas_to_remove("duo-002").replicas_to_remove("duo-004").send().await.unwrap();
    let group = emu.until_group("duo", "available").await;
    assert_eq!(only(&group), "duo-001 primary, duo-003 replica, own-name replica");
    let reply = emu.client().delete_cache_cluster().cache_cluster_id("own-name").send().await.unwrap();
    assert_eq!(reply.cache_cluster.unwrap().cache_cluster_status(), Some("deleting"));
    let group = emu.until_group("duo", "available").await;
    assert_eq!(only(&group), "duo-001 primary, duo-003 replica");
    let decrease = emu.client().decrease_replica_count().replication_group_id("duo").apply_immediately(true);
    decrease.new_replica_count(0).send().await.unwrap();
    assert_eq!(only(&emu.until_group("duo", "available").await), "duo-001 primary");
    let told = emu.told_of_group("duo").await;
    assert_eq!(told.last().unwrap(), "Removed cache cluster duo-003 from the replication group");
}

#[tokio::test]
async fn shards_come_and_go_with_their_slots() {
    let emu = emu().await;
    emu.group_of_shards("shards", 2, 1).await;
    let reshard = || {
        let request = emu.client().modify_replication_group_shard_configuration();
        request.replication_group_id("shards").apply_immediately(true)
    };
    emu.fake().hold_ensure();
    let reply = reshard().node_group_count(3).send().await.unwrap().replication_group.unwrap();
    assert_eq!(reply.status(), Some("modifying"));
    let progress = reply.pending_modified_values().unwrap().resharding().unwrap();
    assert_eq!(progress.slot_migration().unwrap().progress_percentage(), Some(0.0));
    emu.fake().release_ensure();
    let group = emu.until_group("shards", "available").await;
    assert_eq!(slots(&group), ["0001 2730-8191", "0002 10923-16383", "0003 0-2729,8192-10922"]);
    assert!(group.pending_modified_values().unwrap().resharding().is_none());
    reshard().node_group_count(2).node_groups_to_remove("0001").send().await.unwrap();
    let group = emu.until_group("shards", "available").await;
    let ids: Vec<_> = group.node_groups().iter().map(|shard| shard.node_group_id().unwrap()).collect();
    assert_eq!(ids, ["0002", "0003"]);
    assert!(emu.find("shards-0001-001").await.is_none());
    let told = emu.told_of_group("shards").await;
    let left =
        ["001", "002"].map(|n| format!("Removed cache cluster shards-0001-{n} from the replication group"));
    assert!(told.ends_with(&left), "{told:?}");
    reshard().node_group_count(3).send().await.unwrap();
    let group = emu.until_group("shards", "available").await;
    assert_eq!(
        members(&group.node_groups()[2]),
        "shards-0004-001, shards-0004-002",
        "no number is given twice"
    );
}

#[tokio::test]
async fn a_failover_makes_the_replica_primary_fifteen_times_a_day() {
    let emu = emu().await;
    emu.group("auto").num_cache_clusters(2).automatic_failover_enabled(true).send().await.unwrap();
    emu.until_group("auto", "available").await;
    let test = || emu.client().test_failover().replication_group_id("auto").node_group_id("0001");
    let reply = test().send().await.unwrap().replication_group.unwrap();
    assert_eq!(reply.status(), Some("available"), "as in the AWS CLI's example");
    let group = emu.until_group("auto", "available").await;
    assert_eq!(only(&group), "auto-001 replica, auto-002 primary");
    let told = emu.told_of_group("auto").await;
    let failover = "Failover from primary node auto-001 to replica node auto-002 completed";
    assert_eq!(told[2..], ["Test Failover API called for node group 0001", failover]);
    let told = emu.told("auto-001").await;
    let recovery = ["Recovering cache nodes 0001", "Finished recovery for cache nodes 0001"];
    let of_it: Vec<_> = told.iter().filter(|message| !message.starts_with("No engine")).skip(2).collect();
    assert_eq!(of_it, [failover, recovery[0], recovery[1]]);
    for _ in 1..15 {
        test().send().await.unwrap();
        emu.until_group("auto", "available").await;
    }
    assert_eq!(
        refusal(test().send().await),
        "400 APICallRateForCustomerExceeded: TestFailover can be called for at most 15 node groups in 24 hours."
    );
}

#[tokio::test]
async fn what_is_modified_at_once_reaches_every_member() {
    let emu = emu().await;
    emu.group_of_two("duo").await;
    let modify =
        || emu.client().modify_replication_group().replication_group_id("duo").apply_immediately(true);
    let reply =
        modify().replication_group_description("new").send().await.unwrap().replication_group.unwrap();
    assert_eq!((reply.description(), reply.status()), (Some("new"), Some("available")));
    let reply = modify().automatic_failover_enabled(true).send().await.unwrap().replication_group.unwrap();
    assert_eq!(reply.automatic_failover(), Some(&AutomaticFailoverStatus::Enabling));
    let group = emu.until_group("duo", "available").await;
    assert_eq!(group.automatic_failover(), Some(&AutomaticFailoverStatus::Enabled));

    let change =
        modify().cache_node_type("cache.m7g.large").preferred_maintenance_window("mon:01:00-mon:02:00");
    let reply = change.snapshot_window("05:00-06:00").send().await.unwrap().replication_group.unwrap();
    assert_eq!(reply.status(), Some("modifying"));
    emu.until_group("duo", "available").await;
    for id in ["duo-001", "duo-002"] {
        let member = emu.find(id).await.unwrap();
        assert_eq!(member.cache_node_type(), Some("cache.m7g.large"));
        assert_eq!(member.preferred_maintenance_window(), Some("mon:01:00-mon:02:00"));
    }
    modify().engine("valkey").engine_version("8.0").send().await.unwrap();
    let group = emu.until_group("duo", "available").await;
    assert_eq!(group.engine(), Some("valkey"));
    let member = emu.find("duo-002").await.unwrap();
    assert_eq!((member.engine(), member.engine_version()), (Some("valkey"), Some("8.0.1")));
    let parameters = member.cache_parameter_group().unwrap();
    assert_eq!(parameters.cache_parameter_group_name(), Some("default.valkey8"));

    modify()
        .transit_encryption_enabled(true)
        .transit_encryption_mode(TransitEncryptionMode::Preferred)
        .send()
        .await
        .unwrap();
    emu.until_group("duo", "available").await;
    modify()
        .transit_encryption_enabled(true)
        .transit_encryption_mode(TransitEncryptionMode::Required)
        .send()
        .await
        .unwrap();
    let group = emu.until_group("duo", "available").await;
    assert_eq!(group.transit_encryption_mode(), Some(&TransitEncryptionMode::Required));
    let token = modify().auth_token("0123456789abcdef").send().await.unwrap().replication_group.unwrap();
    assert_eq!(token.pending_modified_values().unwrap().auth_token_status().unwrap().as_str(), "ROTATING");
    emu.until_group("duo", "available").await;

    modify().cluster_mode(ClusterMode::Compatible).send().await.unwrap();
    let group = emu.until_group("duo", "available").await;
    assert_eq!((group.cluster_enabled(), group.cluster_mode()), (Some(true), Some(&ClusterMode::Compatible)));
    modify().cluster_mode(ClusterMode::Enabled).send().await.unwrap();
    let group = emu.until_group("duo", "available").await;
    assert_eq!(slots(&group), ["0001 0-16383"]);
    assert_eq!(only(&group), "duo-001, duo-002");
}

#[tokio::test]
async fn what_can_wait_waits_for_the_window() {
    let (clock, hand) = Clock::manual("2026-03-01T12:00:00Z".parse().unwrap());
    let emu = TestEmu::on(Stage::without_engines().on_clock(clock)).await;
    let create = emu.group("duo").num_cache_clusters(2).engine_version("7.0");
    create.preferred_maintenance_window("mon:05:00-mon:06:00").send().await.unwrap();
    emu.until_group("duo", "available").await;
    let modify = || emu.client().modify_replication_group().replication_group_id("duo");
    let wait =
        modify().engine_version("7.1").cache_node_type("cache.m7g.large").automatic_failover_enabled(true);
    let reply = wait.send().await.unwrap().replication_group.unwrap();
    assert_eq!((reply.status(), reply.cache_node_type()), (Some("available"), Some("cache.t3.micro")));
    let waits = reply.pending_modified_values().unwrap();
    assert_eq!(waits.automatic_failover_status().unwrap().as_str(), "enabled");
    let member = emu.find("duo-002").await.unwrap();
    let of_member = member.pending_modified_values().unwrap();
    assert_eq!(of_member.engine_version(), Some("7.1.0"));
    assert_eq!(of_member.cache_node_type(), Some("cache.m7g.large"));
    let first = modify().primary_cluster_id("duo-002").send().await;
    assert!(first.is_ok(), "failover is not on yet: {first:?}");
    let takes_back = modify().primary_cluster_id("duo-001").send().await.unwrap().replication_group.unwrap();
    assert_eq!(takes_back.pending_modified_values().unwrap().primary_cluster_id(), None);
    let increase = emu.client().increase_replica_count().replication_group_id("duo").apply_immediately(true);
    increase.new_replica_count(2).send().await.unwrap();
    emu.until_group("duo", "available").await;
    let joined = emu.find("duo-003").await.unwrap();
    assert_eq!(joined.pending_modified_values(), Some(of_member), "it waits as the others do");

    hand.advance(Duration::from_secs(17 * 3600));
    let group = until("the window opens", async || {
        let group = emu.find_group("duo").await.unwrap();
        (group.status() == Some("available") && group.cache_node_type() == Some("cache.m7g.large"))
            .then_some(group)
    })
    .await;
    assert_eq!(group.automatic_failover(), Some(&AutomaticFailoverStatus::Enabled));
    assert!(group.pending_modified_values().unwrap().automatic_failover_status().is_none());
    for id in ["duo-002", "duo-003"] {
        let member = emu.find(id).await.unwrap();
        let is = (member.engine_version(), member.cache_node_type());
        assert_eq!(is, (Some("7.1.0"), Some("cache.m7g.large")), "{id}");
        assert_eq!(member.pending_modified_values().unwrap().engine_version(), None, "{id}");
    }
}

#[tokio::test]
async fn a_replica_is_promoted_where_nothing_fails_over() {
    let emu = emu().await;
    emu.group_of_two("duo").await;
    let promote =
        emu.client().modify_replication_group().replication_group_id("duo").primary_cluster_id("duo-002");
    promote.apply_immediately(true).send().await.unwrap();
    assert_eq!(only(&emu.until_group("duo", "available").await), "duo-001 replica, duo-002 primary");
    let reboot =
        emu.client().reboot_cache_cluster().cache_cluster_id("duo-001").cache_node_ids_to_reboot("0001");
    reboot.send().await.unwrap();
    until("it is rebooted", async || {
        let told = emu.told("duo-001").await;
        told.iter().any(|message| message == "Cache node 0001 restarted").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_groups_tags_are_its_members() {
    let emu = emu().await;
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    emu.group("tagged").num_cache_clusters(2).tags(tag("team", "a")).send().await.unwrap();
    let group = emu.until_group("tagged", "available").await;
    let tags = async |arn: &str| {
        let listed = emu.client().list_tags_for_resource().resource_name(arn).send().await.unwrap();
        let tags =
            listed.tag_list().iter().map(|tag| format!("{}={}", tag.key().unwrap(), tag.value().unwrap()));
        tags.collect::<Vec<_>>().join(",")
    };
    let member = crate::support::cluster::arn("tagged-002");
    assert_eq!(tags(&member).await, "team=a");
    let own = emu.client().add_tags_to_resource().resource_name(&member).tags(tag("own", "x"));
    own.send().await.unwrap();
    let add = emu.client().add_tags_to_resource().resource_name(group.arn().unwrap());
    add.tags(tag("team", "b")).tags(tag("stage", "test")).send().await.unwrap();
    assert_eq!(tags(group.arn().unwrap()).await, "stage=test,team=b");
    assert_eq!(tags(&member).await, "own=x,stage=test,team=b");
    let remove = emu.client().remove_tags_from_resource().resource_name(group.arn().unwrap());
    remove.tag_keys("team").send().await.unwrap();
    assert_eq!(tags(&member).await, "own=x,stage=test");
}

#[tokio::test]
async fn node_types_to_scale_to_are_listed() {
    let emu = emu().await;
    emu.group("g").cache_node_type("cache.t3.medium").send().await.unwrap();
    let list = emu.client().list_allowed_node_type_modifications().replication_group_id("g");
    let list = list.send().await.unwrap();
    assert!(list.scale_up_modifications().contains(&"cache.m7g.large".to_owned()), "{list:?}");
    assert!(list.scale_down_modifications().contains(&"cache.t3.micro".to_owned()), "{list:?}");
    let of_member = emu.client().list_allowed_node_type_modifications().cache_cluster_id("g-001");
    let of_member = of_member.send().await.unwrap();
    assert_eq!(of_member.scale_up_modifications(), list.scale_up_modifications());
}
