//! A group from its creation to its end, and what is told of it.

use aws_sdk_elasticache::types::{
    AuthenticationMode, AutomaticFailoverStatus, ClusterMode, Durability, MultiAzStatus,
};

use crate::support::cluster::only_node;
use crate::support::emu::TestEmu;
use crate::support::replication_group::{emu, members, slots};
use crate::support::sdk::refusal;
use crate::support::until;

#[tokio::test]
async fn a_primary_and_a_replica_come_serve_and_go() {
    let emu = emu().await;
    let created = emu.group("My-Group").num_cache_clusters(2).send().await.unwrap();
    let created = created.replication_group.unwrap();
    assert_eq!((created.replication_group_id(), created.status()), (Some("my-group"), Some("creating")));
    assert_eq!(created.member_clusters(), ["my-group-001", "my-group-002"]);
    assert_eq!(created.node_groups, None, "none while it is created");
    assert_eq!(created.automatic_failover(), Some(&AutomaticFailoverStatus::Disabled));

    let group = emu.until_group("my-group", "available").await;
    assert_eq!(group.arn(), Some("arn:aws:elasticache:us-east-1:000000000000:replicationgroup:my-group"));
    assert_eq!((group.cluster_enabled(), group.cluster_mode()), (Some(false), Some(&ClusterMode::Disabled)));
    assert_eq!(group.configuration_endpoint(), None);
    assert_eq!(group.snapshotting_cluster_id(), None);
    assert_eq!((group.multi_az(), group.engine()), (Some(&MultiAzStatus::Disabled), Some("redis")));
    let [shard] = group.node_groups() else { panic!("{group:?}") };
    assert_eq!(
        (shard.node_group_id(), shard.status(), shard.slots()),
        (Some("0001"), Some("available"), None)
    );
    assert_eq!(members(shard), "my-group-001 primary, my-group-002 replica");
    let address = |endpoint: Option<&aws_sdk_elasticache::types::Endpoint>| {
        let endpoint = endpoint.unwrap();
        format!("{}:{}", endpoint.address().unwrap(), endpoint.port().unwrap())
    };
    assert_eq!(address(shard.primary_endpoint()), "my-group.abcdef.ng.0001.use1.cache.simfra.dev:6379");
    assert_eq!(address(shard.reader_endpoint()), "my-group-ro.abcdef.ng.0001.use1.cache.simfra.dev:6379");
    let [first, second] = shard.node_group_members() else { panic!("{shard:?}") };
    assert_eq!(address(second.read_endpoint()), "my-group-002.abcdef.0001.use1.cache.simfra.dev:6379");
    assert_ne!(first.preferred_availability_zone(), second.preferred_availability_zone());

    let member = emu.find("my-group-001").await.unwrap();
    assert_eq!(
        (member.replication_group_id(), member.cache_cluster_status()),
        (Some("my-group"), Some("available"))
    );
    assert_eq!(member.preferred_availability_zone(), first.preferred_availability_zone());
    assert_eq!(emu.told_of_group("my-group").await, ["Replication group my-group created"]);

    let deleted =
        emu.client().delete_replication_group().replication_group_id("my-group").send().await.unwrap();
    let deleted = deleted.replication_group.unwrap();
    assert_eq!(deleted.status(), Some("deleting"));
    assert!(deleted.node_groups.is_none() && deleted.member_clusters.is_none(), "{deleted:?}");
    assert_eq!((deleted.cluster_enabled(), deleted.cache_node_type()), (None, None));
    emu.until_group_gone("my-group").await;
    assert!(emu.find("my-group-001").await.is_none() && emu.find("my-group-002").await.is_none());
    assert_eq!(emu.told_of_group("my-group").await.last().unwrap(), "Replication group deleted");
    let gone = emu.client().delete_replication_group().replication_group_id("my-group").send().await;
    assert_eq!(refusal(gone), "404 ReplicationGroupNotFoundFault: Replication group my-group not found.");
}

#[tokio::test]
async fn a_group_with_cluster_mode_has_shards_and_a_configuration_endpoint() {
    let emu = emu().await;
    let group = emu.group_of_shards("sharded", 3, 1).await;
    assert_eq!((group.cluster_enabled(), group.cluster_mode()), (Some(true), Some(&ClusterMode::Enabled)));
    assert_eq!(group.automatic_failover(), Some(&AutomaticFailoverStatus::Enabled));
    let endpoint = group.configuration_endpoint().unwrap();
    assert_eq!(endpoint.address(), Some("sharded.abcdef.clustercfg.use1.cache.simfra.dev"));
    assert_eq!(slots(&group), ["0001 0-5461", "0002 5462-10922", "0003 10923-16383"]);
    assert_eq!(group.member_clusters().len(), 6);
    let shard = &group.node_groups()[1];
    assert!(shard.primary_endpoint().is_none() && shard.reader_endpoint().is_none());
    assert_eq!(members(shard), "sharded-0002-001, sharded-0002-002");
    assert!(shard.node_group_members()[0].read_endpoint().is_none());
    let member = emu.find("sharded-0003-002").await.unwrap();
    let parameters = member.cache_parameter_group().unwrap();
    assert_eq!(parameters.cache_parameter_group_name(), Some("default.redis7.cluster.on"));
    assert_eq!(
        emu.told_of_group("sharded").await,
        [
            "Replication group sharded created",
            "Automatic failover has been turned on for replication group sharded"
        ]
    );
}

#[tokio::test]
async fn a_retained_primary_goes_on_alone() {
    let emu = emu().await;
    emu.group_of_two("kept").await;
    let delete = emu.client().delete_replication_group().replication_group_id("kept");
    delete.retain_primary_cluster(true).send().await.unwrap();
    emu.until_group_gone("kept").await;
    assert!(emu.find("kept-002").await.is_none());
    let primary = emu.find("kept-001").await.unwrap();
    assert_eq!((primary.replication_group_id(), primary.cache_cluster_status()), (None, Some("available")));
    emu.delete("kept-001").await;
}

#[tokio::test]
async fn a_retained_primary_has_its_own_name_again() {
    let emu = TestEmu::start().await;
    for tls in [false, true] {
        let id = if tls { "guarded" } else { "open" };
        let group = emu.group(id).engine("valkey").num_cache_clusters(1).transit_encryption_enabled(tls);
        group.send().await.unwrap();
        emu.until_group(id, "available").await;
        let delete = emu.client().delete_replication_group().replication_group_id(id);
        delete.retain_primary_cluster(true).send().await.unwrap();
        emu.until_group_gone(id).await;
        let primary = emu.find(&format!("{id}-001")).await.unwrap();
        let name = only_node(&primary).endpoint().unwrap().address().unwrap().to_owned();
        assert_eq!(emu.resolve(&name).unwrap().len(), 1, "{name}");
        emu.delete(&format!("{id}-001")).await;
        until("the name is gone", async || emu.resolve(&name).err()).await;
    }
}

#[tokio::test]
async fn what_engines_do_not_do_yet_is_refused_by_name_where_there_are_engines() {
    let emu = TestEmu::start().await;
    let not_yet = |what: &str| format!("501 NotImplemented: Simfra does not serve {what} yet.");
    let by_iam = AuthenticationMode::builder().r#type("iam".into()).build();
    let user = emu.client().create_user().user_id("by-iam").user_name("by-iam").engine("redis");
    user.access_string("on ~* +@all").authentication_mode(by_iam).send().await.unwrap();
    let users = emu.client().create_user_group().user_group_id("users").engine("redis");
    users.user_ids("by-iam").user_ids("default").send().await.unwrap();
    let old = emu.group("g").engine_version("6.2").transit_encryption_enabled(true).user_group_ids("users");
    assert_eq!(refusal(old.send().await), not_yet("IAM users of replication groups with Redis before 7.0"));
    let sync = emu.group("g").durability(Durability::Sync).send().await;
    assert_eq!(refusal(sync), not_yet("Durability sync with engines"));
    // AWS's own complaints come first.
    let bad = refusal(emu.group("-g").durability(Durability::Sync).send().await);
    assert!(
        bad.starts_with("400 InvalidParameterValue: The parameter ReplicationGroupId is not a valid"),
        "{bad}"
    );
    assert!(emu.find_group("g").await.is_none() && emu.find("g-001").await.is_none());
}

#[tokio::test]
async fn groups_survive_and_members_and_groups_are_reset() {
    use crate::support::emu::Stage;
    let emu = TestEmu::on(Stage::without_engines().kept()).await;
    emu.group_of_shards("stays", 2, 0).await;
    let emu = TestEmu::on(emu.crash()).await;
    let group = emu.until_group("stays", "available").await;
    assert_eq!(slots(&group), ["0001 0-8191", "0002 8192-16383"]);
    assert_eq!(emu.admin("POST", "/reset", "").0, 204);
    assert!(emu.find_group("stays").await.is_none() && emu.find("stays-0001-001").await.is_none());
    assert_eq!(emu.told_of_group("stays").await, [""; 0]);
}
