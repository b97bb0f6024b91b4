//! What is refused of requests on global datastores and their members: code, status and text, and that nothing changes.

use dataplane::runtime::RuntimeKind;

use crate::support::emu::{Stage, TestEmu};
use crate::support::global_replication_group::{WORLD, large};
use crate::support::raw::post;
use crate::support::replication_group::emu;
use crate::support::sdk::refusal;

/// Sends each request, to us-east-1, and sees its refusal; none changes anything.
async fn refused(emu: &TestEmu, operation: &str, rows: &[(&str, &str)]) {
    let everything = async || {
        let groups = emu.client().describe_replication_groups().send().await.unwrap();
        let globals =
            emu.client().describe_global_replication_groups().show_member_info(true).send().await.unwrap();
        format!("{:#?}{:#?}", groups.replication_groups(), globals.global_replication_groups())
    };
    let before = everything().await;
    let mut wrong = Vec::new();
    for (query, expected) in rows {
        let reply = emu.ask(&post(&format!("Action={operation}&Version=2015-02-02&{query}")));
        let said = if reply.status < 400 { reply.status.to_string() } else { reply.error() };
        if said != *expected {
            wrong.push(format!("{operation} {query}\n  expected {expected}\n  got      {said}"));
        }
    }
    assert!(wrong.is_empty(), "{} answers differ:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(everything().await, before, "a refused request changed something");
}

#[tokio::test]
async fn creations_are_refused() {
    let emu = emu().await;
    emu.world().await;
    emu.group_of_two("small").await;
    large(&emu, "other").send().await.unwrap();
    emu.group("old").cache_node_type("cache.m5.large").engine_version("5.0.5").send().await.unwrap();
    large(&emu, "durable").engine("valkey").durability("sync".into()).send().await.unwrap();
    for group in ["other", "old", "durable"] {
        emu.until_group(group, "available").await;
    }
    emu.fake().hold_ensure();
    large(&emu, "young").send().await.unwrap();
    let many: Vec<_> = (1..=51).map(|n| format!("Tags.Tag.{n}.Key=k{n}")).collect();
    let many =
        format!("GlobalReplicationGroupIdSuffix=new&PrimaryReplicationGroupId=other&{}", many.join("&"));
    let long = format!(
        "GlobalReplicationGroupIdSuffix=new&PrimaryReplicationGroupId=other&GlobalReplicationGroupDescription={}",
        "x".repeat(256)
    );
    refused(&emu, "CreateGlobalReplicationGroup", &[
        ("PrimaryReplicationGroupId=other", "400 InvalidParameterValue: The parameter GlobalReplicationGroupIdSuffix must be provided and must not be null."),
        ("GlobalReplicationGroupIdSuffix=new", "400 InvalidParameterValue: The parameter PrimaryReplicationGroupId must be provided and must not be null."),
        ("GlobalReplicationGroupIdSuffix=-a&PrimaryReplicationGroupId=other", "400 InvalidParameterValue: The parameter GlobalReplicationGroupIdSuffix is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens."),
        (&long, "400 InvalidParameterValue: Invalid value 256 for GlobalReplicationGroupDescription. Must be between 0 and 255"),
        (&many, "400 TagQuotaPerResourceExceeded: The tag quota for the resource is exceeded. A resource can have at most 50 tags."),
        ("GlobalReplicationGroupIdSuffix=new&PrimaryReplicationGroupId=nobody", "404 ReplicationGroupNotFoundFault: Replication group nobody not found."),
        ("GlobalReplicationGroupIdSuffix=World&PrimaryReplicationGroupId=other", "400 GlobalReplicationGroupAlreadyExistsFault: Global replication group ldgnf-world already exists."),
        ("GlobalReplicationGroupIdSuffix=new&PrimaryReplicationGroupId=first", "400 InvalidParameterValue: Cluster [first] is part of a global cluster [ldgnf-world]. Request rejected."),
        ("GlobalReplicationGroupIdSuffix=new&PrimaryReplicationGroupId=small", "400 InvalidParameterValue: Global Datastore is not supported for cache node type cache.t3.micro."),
        ("GlobalReplicationGroupIdSuffix=new&PrimaryReplicationGroupId=old", "400 InvalidParameterValue: Global Datastore is not supported for engine version 5.0.5."),
        ("GlobalReplicationGroupIdSuffix=new&PrimaryReplicationGroupId=durable", "400 InvalidParameterValue: Global Datastore is not supported for replication groups with durability."),
        ("GlobalReplicationGroupIdSuffix=new&PrimaryReplicationGroupId=young", "400 InvalidReplicationGroupState: Replication group young has status creating which is not valid for a global replication group's primary."),
    ]).await;
    let nowhere = emu.client_in("af-south-1").create_global_replication_group();
    let nowhere = nowhere.global_replication_group_id_suffix("new").primary_replication_group_id("x");
    assert_eq!(
        refusal(nowhere.send().await),
        "400 InvalidParameterValue: Global Datastore is not supported in region af-south-1."
    );
}

#[tokio::test]
async fn descriptions_and_deletions_are_refused() {
    let emu = emu().await;
    emu.world().await;
    emu.secondary("second", "eu-west-1").send().await.unwrap();
    emu.until_global("available").await;
    let not_found = "404 GlobalReplicationGroupNotFoundFault: Global replication group ldgnf-x not found.";
    refused(
        &emu,
        "DescribeGlobalReplicationGroups",
        &[
            ("GlobalReplicationGroupId=ldgnf-x", not_found),
            (
                "GlobalReplicationGroupId=x",
                "404 GlobalReplicationGroupNotFoundFault: Global replication group x not found.",
            ),
            (
                "MaxRecords=1",
                "400 InvalidParameterValue: Invalid value 1 for MaxRecords. Must be between 20 and 100",
            ),
            ("Marker=x", "400 InvalidParameterValue: The parameter Marker is not a valid marker."),
        ],
    )
    .await;
    refused(&emu, "DeleteGlobalReplicationGroup", &[
        ("GlobalReplicationGroupId=ldgnf-x&RetainPrimaryReplicationGroup=true", not_found),
        ("GlobalReplicationGroupId=ldgnf-world&RetainPrimaryReplicationGroup=false", "400 InvalidParameterValue: RetainPrimaryReplicationGroup must be true. The primary replication group cannot be deleted."),
        ("GlobalReplicationGroupId=ldgnf-world&RetainPrimaryReplicationGroup=true", "400 InvalidGlobalReplicationGroupState: Cannot delete a global replication group in available state"),
    ]).await;
    refused(&emu, "DisassociateGlobalReplicationGroup", &[
        ("GlobalReplicationGroupId=ldgnf-x&ReplicationGroupId=second&ReplicationGroupRegion=eu-west-1", not_found),
        ("GlobalReplicationGroupId=ldgnf-world&ReplicationGroupId=second&ReplicationGroupRegion=us-east-1", "400 InvalidParameterValue: Replication group second in region us-east-1 is not associated with Global Replication Group ldgnf-world"),
        ("GlobalReplicationGroupId=ldgnf-world&ReplicationGroupId=first&ReplicationGroupRegion=us-east-1", "400 InvalidParameterValue: Replication group first is the primary of the global replication group and cannot be disassociated."),
    ]).await;
}

#[tokio::test]
async fn what_is_under_way_holds_up_the_rest() {
    let emu = emu().await;
    emu.world().await;
    emu.fake().hold_ensure();
    emu.secondary("second", "eu-west-1").send().await.unwrap();
    emu.until_global("modifying").await;
    let modifying = |purpose: &str| {
        format!(
            "400 InvalidGlobalReplicationGroupState: Global replication group ldgnf-world has status modifying which \
             is not valid for {purpose}."
        )
    };
    assert_eq!(
        refusal(emu.secondary("third", "ap-south-1").send().await),
        modifying("adding a replication group")
    );
    refused(
        &emu,
        "DeleteGlobalReplicationGroup",
        &[(
            "GlobalReplicationGroupId=ldgnf-world&RetainPrimaryReplicationGroup=true",
            &modifying("deletion"),
        )],
    )
    .await;
    refused(
        &emu,
        "DisassociateGlobalReplicationGroup",
        &[(
            "GlobalReplicationGroupId=ldgnf-world&ReplicationGroupId=second&ReplicationGroupRegion=eu-west-1",
            &modifying("disassociation"),
        )],
    )
    .await;
}

#[tokio::test]
async fn changes_are_refused() {
    let emu = emu().await;
    emu.world().await;
    emu.secondary("second", "eu-west-1").send().await.unwrap();
    emu.until_global("available").await;
    let not_found = "404 GlobalReplicationGroupNotFoundFault: Global replication group ldgnf-x not found.";
    let not_now = "400 InvalidParameterValue: ApplyImmediately=False is not currently supported.";
    let no_shards = "400 InvalidParameterValue: Operation is only applicable for cluster mode enabled replication groups.";
    refused(&emu, "FailoverGlobalReplicationGroup", &[
        ("GlobalReplicationGroupId=ldgnf-x&PrimaryRegion=eu-west-1&PrimaryReplicationGroupId=second", not_found),
        ("GlobalReplicationGroupId=ldgnf-world&PrimaryRegion=eu-west-1&PrimaryReplicationGroupId=first", "400 InvalidParameterValue: Replication group first in region eu-west-1 is not associated with Global Replication Group ldgnf-world"),
        ("GlobalReplicationGroupId=ldgnf-world&PrimaryRegion=us-east-1&PrimaryReplicationGroupId=first", "400 InvalidParameterValue: Replication group first is already the primary of the global replication group."),
    ]).await;
    refused(&emu, "ModifyGlobalReplicationGroup", &[
        ("GlobalReplicationGroupId=ldgnf-x&ApplyImmediately=true", not_found),
        ("GlobalReplicationGroupId=ldgnf-world&ApplyImmediately=false", not_now),
        ("GlobalReplicationGroupId=ldgnf-world&ApplyImmediately=true&EngineVersion=9.9", "400 InvalidParameterValue: Cannot find version 9.9 for redis"),
        ("GlobalReplicationGroupId=ldgnf-world&ApplyImmediately=true&CacheNodeType=cache.t3.micro", "400 InvalidParameterValue: Global Datastore is not supported for cache node type cache.t3.micro."),
        ("GlobalReplicationGroupId=ldgnf-world&ApplyImmediately=true&AutomaticFailoverEnabled=true", "400 InvalidParameterValue: Replication group must have at least one read replica to enable autofailover."),
        ("GlobalReplicationGroupId=ldgnf-world&ApplyImmediately=true&CacheParameterGroupName=nobodys", "400 InvalidParameterValue: CacheParameterGroup not found: nobodys"),
    ]).await;
    refused(
        &emu,
        "IncreaseNodeGroupsInGlobalReplicationGroup",
        &[("GlobalReplicationGroupId=ldgnf-world&NodeGroupCount=2&ApplyImmediately=true", no_shards)],
    )
    .await;
    refused(
        &emu,
        "DecreaseNodeGroupsInGlobalReplicationGroup",
        &[("GlobalReplicationGroupId=ldgnf-world&NodeGroupCount=1&ApplyImmediately=true", no_shards)],
    )
    .await;
    refused(
        &emu,
        "RebalanceSlotsInGlobalReplicationGroup",
        &[("GlobalReplicationGroupId=ldgnf-world&ApplyImmediately=true", no_shards)],
    )
    .await;
}

#[tokio::test]
async fn changes_of_shards_are_refused() {
    let emu = emu().await;
    large(&emu, "first").engine("valkey").num_node_groups(2).send().await.unwrap();
    emu.until_group("first", "available").await;
    emu.world_of("first").await;
    let not_found = "404 GlobalReplicationGroupNotFoundFault: Global replication group ldgnf-x not found.";
    let not_now = "400 InvalidParameterValue: ApplyImmediately=False is not currently supported.";
    refused(&emu, "IncreaseNodeGroupsInGlobalReplicationGroup", &[
        ("GlobalReplicationGroupId=ldgnf-x&NodeGroupCount=3&ApplyImmediately=true", not_found),
        ("GlobalReplicationGroupId=ldgnf-world&NodeGroupCount=3&ApplyImmediately=false", not_now),
        ("GlobalReplicationGroupId=ldgnf-world&NodeGroupCount=2&ApplyImmediately=true", "400 InvalidParameterValue: NodeGroupCount must be greater than the current number of node groups (2)."),
        ("GlobalReplicationGroupId=ldgnf-world&NodeGroupCount=91&ApplyImmediately=true", "400 InvalidParameterValue: Node groups per replication group quota exceeded. Each replication group can have at most 90 node groups."),
        ("GlobalReplicationGroupId=ldgnf-world&NodeGroupCount=3&ApplyImmediately=true&RegionalConfigurations.RegionalConfiguration.1.ReplicationGroupId=x&RegionalConfigurations.RegionalConfiguration.1.ReplicationGroupRegion=eu-west-1&RegionalConfigurations.RegionalConfiguration.1.ReshardingConfiguration.ReshardingConfiguration.1.NodeGroupId=0003", "400 InvalidParameterValue: Replication group x in region eu-west-1 is not associated with Global Replication Group ldgnf-world"),
    ]).await;
    refused(&emu, "DecreaseNodeGroupsInGlobalReplicationGroup", &[
        ("GlobalReplicationGroupId=ldgnf-x&NodeGroupCount=1&ApplyImmediately=true", not_found),
        ("GlobalReplicationGroupId=ldgnf-world&NodeGroupCount=1&ApplyImmediately=false", not_now),
        ("GlobalReplicationGroupId=ldgnf-world&NodeGroupCount=2&ApplyImmediately=true", "400 InvalidParameterValue: NodeGroupCount must be less than the current number of node groups (2)."),
        ("GlobalReplicationGroupId=ldgnf-world&NodeGroupCount=1&ApplyImmediately=true", "400 InvalidParameterValue: The parameter GlobalNodeGroupsToRemove must be provided and must not be null."),
        ("GlobalReplicationGroupId=ldgnf-world&NodeGroupCount=1&ApplyImmediately=true&GlobalNodeGroupsToRemove.GlobalNodeGroupId.1=ldgnf-world-0001&GlobalNodeGroupsToRetain.GlobalNodeGroupId.1=ldgnf-world-0002", "400 InvalidParameterCombination: Cannot specify both GlobalNodeGroupsToRemove and GlobalNodeGroupsToRetain."),
        ("GlobalReplicationGroupId=ldgnf-world&NodeGroupCount=1&ApplyImmediately=true&GlobalNodeGroupsToRemove.GlobalNodeGroupId.1=0001", "400 InvalidParameterValue: Global node group 0001 is not part of the global replication group."),
        ("GlobalReplicationGroupId=ldgnf-world&NodeGroupCount=1&ApplyImmediately=true&GlobalNodeGroupsToRemove.GlobalNodeGroupId.1=ldgnf-world-0009", "400 InvalidParameterValue: Node group 0009 is not part of the replication group."),
    ]).await;
    refused(&emu, "RebalanceSlotsInGlobalReplicationGroup", &[
        ("GlobalReplicationGroupId=ldgnf-x&ApplyImmediately=true", not_found),
        ("GlobalReplicationGroupId=ldgnf-world&ApplyImmediately=false", not_now),
        ("GlobalReplicationGroupId=ldgnf-world&ApplyImmediately=true", "400 InvalidGlobalReplicationGroupState: Slots in the replication group are uniformly distributed. Nothing to do."),
    ]).await;
}

#[tokio::test]
async fn a_change_under_way_holds_up_others() {
    let emu = emu().await;
    let create = emu.client().create_cache_parameter_group().cache_parameter_group_name("own");
    let create = create.cache_parameter_group_family("valkey8").description("-");
    create.send().await.unwrap();
    let values = aws_sdk_elasticache::types::ParameterNameValue::builder();
    let values = values.parameter_name("cluster-enabled").parameter_value("yes").build();
    let modify = emu.client().modify_cache_parameter_group().cache_parameter_group_name("own");
    modify.parameter_name_values(values).send().await.unwrap();
    let create = large(&emu, "first").engine("valkey").engine_version("8.0").num_node_groups(2);
    create.cache_parameter_group_name("own").send().await.unwrap();
    emu.until_group("first", "available").await;
    emu.world_of("first").await;
    emu.fake().hold_ensure();
    emu.secondary("second", "eu-west-1").send().await.unwrap();
    emu.until_global("modifying").await;
    let modifying = |purpose: &str| {
        format!(
            "400 InvalidGlobalReplicationGroupState: Global replication group ldgnf-world has status modifying which \
             is not valid for {purpose}."
        )
    };
    refused(
        &emu,
        "FailoverGlobalReplicationGroup",
        &[(
            "GlobalReplicationGroupId=ldgnf-world&PrimaryRegion=eu-west-1&PrimaryReplicationGroupId=second",
            &modifying("failover"),
        )],
    )
    .await;
    refused(
        &emu,
        "ModifyGlobalReplicationGroup",
        &[(
            "GlobalReplicationGroupId=ldgnf-world&ApplyImmediately=true&GlobalReplicationGroupDescription=x",
            &modifying("modification"),
        )],
    )
    .await;
    refused(
        &emu,
        "IncreaseNodeGroupsInGlobalReplicationGroup",
        &[(
            "GlobalReplicationGroupId=ldgnf-world&NodeGroupCount=3&ApplyImmediately=true",
            &modifying("increasing the number of node groups"),
        )],
    )
    .await;
    refused(&emu, "DecreaseNodeGroupsInGlobalReplicationGroup", &[
        ("GlobalReplicationGroupId=ldgnf-world&NodeGroupCount=1&ApplyImmediately=true&GlobalNodeGroupsToRemove.GlobalNodeGroupId.1=ldgnf-world-0001", &modifying("decreasing the number of node groups")),
    ]).await;
    refused(
        &emu,
        "RebalanceSlotsInGlobalReplicationGroup",
        &[("GlobalReplicationGroupId=ldgnf-world&ApplyImmediately=true", &modifying("rebalancing slots"))],
    )
    .await;
    let parameters = modifying("a change of parameters");
    refused(&emu, "ModifyCacheParameterGroup", &[
        ("CacheParameterGroupName=own&ParameterNameValues.ParameterNameValue.1.ParameterName=timeout&ParameterNameValues.ParameterNameValue.1.ParameterValue=60", &parameters),
    ]).await;
    refused(
        &emu,
        "ResetCacheParameterGroup",
        &[("CacheParameterGroupName=own&ResetAllParameters=true", &parameters)],
    )
    .await;
}

#[tokio::test]
async fn secondaries_are_refused() {
    let emu = emu().await;
    emu.world().await;
    let says_itself = "400 InvalidParameterCombination: Cannot use the given parameters when creating new replication \
                       group in an existing global replication group.";
    let second = || emu.secondary("second", "eu-west-1");
    let members = [
        second().engine("redis"),
        second().engine_version("7.1"),
        second().cache_node_type("cache.r6g.large"),
        second().num_node_groups(1),
        second().cache_parameter_group_name("default.redis7"),
        second().transit_encryption_enabled(true),
        second().at_rest_encryption_enabled(true),
        second().auth_token("0123456789abcdef"),
        second().snapshot_name("nightly"),
        second().primary_cluster_id("any"),
        second().cluster_mode("enabled".into()),
    ];
    for member in members {
        assert_eq!(refusal(member.send().await), says_itself);
    }
    assert_eq!(
        refusal(emu.secondary("second", "us-east-1").send().await),
        "400 InvalidParameterValue: Global replication group ldgnf-world already has a member in region us-east-1."
    );
    assert_eq!(
        refusal(emu.secondary("second", "af-south-1").send().await),
        "400 InvalidParameterValue: Global Datastore is not supported in region af-south-1."
    );
    assert_eq!(
        refusal(second().global_replication_group_id("ldgnf-x").send().await),
        "404 GlobalReplicationGroupNotFoundFault: Global replication group ldgnf-x not found."
    );
    let bad = refusal(second().num_cache_clusters(9).send().await);
    assert_eq!(
        bad,
        "400 InvalidParameterValue: The number of replicas per node group must be within 0 and 5."
    );
    for (id, region) in [("second", "eu-west-1"), ("third", "ap-south-1")] {
        emu.secondary(id, region).send().await.unwrap();
        emu.until_global("available").await;
    }
    assert_eq!(
        refusal(emu.secondary("fourth", "us-west-2").send().await),
        "400 InvalidParameterValue: A global replication group can have at most 2 secondary replication groups."
    );
}

#[tokio::test]
async fn members_leave_to_it_what_all_share() {
    let emu = emu().await;
    let create =
        large(&emu, "first").num_node_groups(2).cache_parameter_group_name("default.redis7.cluster.on");
    create.send().await.unwrap();
    emu.until_group("first", "available").await;
    emu.world_of("first").await;
    let member = "400 InvalidParameterValue: Cluster [first] is part of a global cluster [ldgnf-world]. Request rejected.";
    refused(&emu, "DeleteReplicationGroup", &[("ReplicationGroupId=first", member)]).await;
    refused(
        &emu,
        "ModifyReplicationGroupShardConfiguration",
        &[("ReplicationGroupId=first&NodeGroupCount=3&ApplyImmediately=true", member)],
    )
    .await;
    refused(
        &emu,
        "ModifyReplicationGroup",
        &[
            ("ReplicationGroupId=first&EngineVersion=7.1", member),
            ("ReplicationGroupId=first&Engine=valkey", member),
            ("ReplicationGroupId=first&CacheNodeType=cache.r6g.xlarge", member),
            ("ReplicationGroupId=first&CacheParameterGroupName=default.redis7.cluster.on", member),
            ("ReplicationGroupId=first&AutomaticFailoverEnabled=true", member),
        ],
    )
    .await;
    let modify = emu.client().modify_replication_group().replication_group_id("first");
    modify.replication_group_description("its own").apply_immediately(true).send().await.unwrap();
    assert_eq!(emu.find_group("first").await.unwrap().description(), Some("its own"));
}

#[tokio::test]
async fn they_are_refused_by_name_where_there_are_engines() {
    let emu = TestEmu::on(Stage::without_engines().kept()).await;
    large(&emu, "first").send().await.unwrap();
    emu.until_group("first", "available").await;
    let mut stage = emu.crash();
    stage.fake = stage.fake.as_kind(RuntimeKind::Docker);
    let emu = TestEmu::on(stage).await;
    emu.until_group("first", "available").await;
    let create = emu.client().create_global_replication_group().primary_replication_group_id("first");
    assert_eq!(
        refusal(create.global_replication_group_id_suffix("world").send().await),
        "501 NotImplemented: Simfra does not serve global datastores with engines (they are there with \
         SIMFRA_RUNTIME=none) yet."
    );
    assert!(emu.find_global().await.is_none(), "{WORLD}");
}
