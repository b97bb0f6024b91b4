//! The table behind docs/fidelity.md says where each operation is effective; here it is asked.

use std::collections::BTreeSet;

use dataplane::runtime::RuntimeKind;
use models::elasticache::OperationName;

use crate::support::emu::{Stage, TestEmu};
use crate::support::global_replication_group::large;
use crate::support::raw::post;
use crate::support::until;

/// How it is known of an operation that it has its effect without engines alone.
enum Known {
    /// With engines this request, which is good without, is refused by name.
    Refused(&'static str),
    /// With engines there is nothing that it could be about: this operation, which makes it, is refused.
    Without(&'static str),
}

use Known::{Refused, Without};

const ENDPOINT: &str =
    "CustomerNodeEndpointList.member.1.Address=10.0.0.241&CustomerNodeEndpointList.member.1.Port=6379";

/// Each operation with that; `{endpoint}` is [`ENDPOINT`].
const WITHOUT_ENGINES: &[(&str, Known)] = &[
    ("CompleteMigration", Refused("ServerlessCacheName=started")),
    (
        "CopyServerlessCacheSnapshot",
        Refused("SourceServerlessCacheSnapshotName=cut&TargetServerlessCacheSnapshotName=copy"),
    ),
    ("CopySnapshot", Refused("SourceSnapshotName=cut&TargetSnapshotName=copy")),
    (
        "CreateGlobalReplicationGroup",
        Refused("GlobalReplicationGroupIdSuffix=new&PrimaryReplicationGroupId=alone"),
    ),
    ("CreateServerlessCache", Refused("ServerlessCacheName=new&Engine=valkey")),
    ("CreateServerlessCacheSnapshot", Refused("ServerlessCacheSnapshotName=new&ServerlessCacheName=plain")),
    ("CreateSnapshot", Refused("SnapshotName=new&CacheClusterId=cluster")),
    (
        "DecreaseNodeGroupsInGlobalReplicationGroup",
        Refused(
            "GlobalReplicationGroupId=ldgnf-world&NodeGroupCount=1&ApplyImmediately=true\
             &GlobalNodeGroupsToRemove.GlobalNodeGroupId.1=ldgnf-world-0002",
        ),
    ),
    ("DeleteGlobalReplicationGroup", Without("CreateGlobalReplicationGroup")),
    ("DeleteServerlessCache", Refused("ServerlessCacheName=plain")),
    ("DeleteServerlessCacheSnapshot", Refused("ServerlessCacheSnapshotName=cut")),
    ("DeleteSnapshot", Refused("SnapshotName=cut")),
    ("DescribeGlobalReplicationGroups", Without("CreateGlobalReplicationGroup")),
    ("DescribeServerlessCacheSnapshots", Without("CreateServerlessCacheSnapshot")),
    ("DescribeServerlessCaches", Without("CreateServerlessCache")),
    ("DescribeSnapshots", Without("CreateSnapshot")),
    ("DisassociateGlobalReplicationGroup", Without("CreateGlobalReplicationGroup")),
    (
        "FailoverGlobalReplicationGroup",
        Refused(
            "GlobalReplicationGroupId=ldgnf-world&PrimaryRegion=eu-west-1&PrimaryReplicationGroupId=second",
        ),
    ),
    (
        "IncreaseNodeGroupsInGlobalReplicationGroup",
        Refused("GlobalReplicationGroupId=ldgnf-world&NodeGroupCount=3&ApplyImmediately=true"),
    ),
    (
        "ModifyGlobalReplicationGroup",
        Refused(
            "GlobalReplicationGroupId=ldgnf-world&ApplyImmediately=true&GlobalReplicationGroupDescription=d",
        ),
    ),
    ("ModifyServerlessCache", Refused("ServerlessCacheName=plain&Description=d")),
    ("PrepareMigration", Refused("ServerlessCacheName=plain&{endpoint}")),
    (
        "RebalanceSlotsInGlobalReplicationGroup",
        Refused("GlobalReplicationGroupId=ldgnf-world&ApplyImmediately=true"),
    ),
    ("StartMigration", Refused("ReplicationGroupId=alone&{endpoint}")),
    ("StopMigration", Refused("ServerlessCacheName=started")),
    ("TestMigration", Refused("ReplicationGroupId=alone&{endpoint}")),
];

/// The operations that the table says to be effective where `effective` says.
fn said(effective: &str) -> BTreeSet<&'static str> {
    let rows = include_str!("../../../domain/data/fidelity.tsv").lines().skip(1);
    let cells = rows.map(|row| row.split('\t').collect::<Vec<_>>());
    cells.filter(|cells| cells[1] == effective).map(|cells| cells[0]).collect()
}

/// A Simfra with engines over what was made without.
async fn with_engines() -> TestEmu {
    let emu = TestEmu::on(Stage::without_engines().kept()).await;
    let shards = large(&emu, "first").num_node_groups(2).replicas_per_node_group(1);
    let shards =
        shards.cache_parameter_group_name("default.redis7.cluster.on").automatic_failover_enabled(true);
    shards.send().await.unwrap();
    let target = large(&emu, "alone").num_cache_clusters(2).automatic_failover_enabled(true);
    target.multi_az_enabled(true).send().await.unwrap();
    emu.available("cluster", "redis").await;
    emu.until_group("alone", "available").await;
    emu.until_group("first", "available").await;
    emu.world_of("first").await;
    emu.secondary("second", "eu-west-1").send().await.unwrap();
    emu.until_global("available").await;
    for name in ["plain", "started"] {
        emu.available_serverless(name, "valkey").await;
    }
    let ask = |query: &str| {
        let reply = emu.ask(&post(&format!("Action={query}&Version=2015-02-02")));
        assert_eq!(reply.status, 200, "{query}: {}", reply.body);
    };
    ask(&format!("PrepareMigration&ServerlessCacheName=started&{ENDPOINT}"));
    until("the migration is prepared", || async {
        let start = "Action=StartMigration&Version=2015-02-02&ServerlessCacheName=started";
        (emu.ask(&post(start)).status == 200).then_some(())
    })
    .await;
    ask("CreateSnapshot&SnapshotName=cut&CacheClusterId=cluster");
    ask("CreateServerlessCacheSnapshot&ServerlessCacheSnapshotName=cut&ServerlessCacheName=plain");
    emu.until_taken("cut").await;
    emu.until_snapshot_available("cut").await;
    emu.until_status("cluster", "available").await;
    // After a kill everything is as it was; a stop in order would have the engines started anew, which are none.
    let mut stage = emu.crash();
    stage.fake = stage.fake.as_kind(RuntimeKind::Docker);
    let emu = TestEmu::on(stage).await;
    emu.until_status("cluster", "available").await;
    emu
}

#[tokio::test]
async fn what_is_effective_without_engines_alone_is_refused_with_them() {
    let emu = with_engines().await;
    let mut refused = BTreeSet::new();
    let mut served = Vec::new();
    for (operation, known) in WITHOUT_ENGINES {
        let Refused(query) = known else { continue };
        let query = query.replace("{endpoint}", ENDPOINT);
        let reply = emu.ask(&post(&format!("Action={operation}&Version=2015-02-02&{query}")));
        if reply.status == 501 && reply.body.contains("SIMFRA_RUNTIME=none") {
            refused.insert(*operation);
        } else {
            served.push(format!("{operation}: {} {}", reply.status, reply.body));
        }
    }
    assert_eq!(served, [""; 0], "not refused by name");
    let about_nothing = WITHOUT_ENGINES.iter().filter(|(_, known)| match known {
        Refused(_) => false,
        Without(made_by) => refused.contains(made_by),
    });
    let found: BTreeSet<&str> =
        about_nothing.map(|(operation, _)| *operation).chain(refused.clone()).collect();
    assert_eq!(found, said("without engines"), "left: what is so; right: what fidelity.tsv says");
}

/// What is refused everywhere is neither.
#[tokio::test]
async fn what_is_refused_by_name_is_so_without_engines_too() {
    let emu = TestEmu::without_engines().await;
    emu.available_serverless("plain", "valkey").await;
    let reply = emu.ask(&post(
        "Action=CreateServerlessCacheSnapshot&Version=2015-02-02&ServerlessCacheSnapshotName=cut&ServerlessCacheName=plain",
    ));
    assert_eq!(reply.status, 200, "{}", reply.body);
    emu.until_snapshot_available("cut").await;
    let export = emu.client().export_serverless_cache_snapshot().serverless_cache_snapshot_name("cut");
    let refused = export.s3_bucket_name("bucket").send().await.unwrap_err();
    assert_eq!(refused.raw_response().unwrap().status().as_u16(), 501);
    assert_eq!(said("refused by name"), ["ExportServerlessCacheSnapshot"].into());
}

#[test]
fn each_operation_is_effective_somewhere_that_the_page_explains() {
    let words = ["everywhere", "control plane", "without engines", "refused by name"];
    let said: BTreeSet<&str> = words.into_iter().flat_map(said).collect();
    assert_eq!(said, OperationName::ALL.into_iter().map(OperationName::name).collect());
}
