//! Online migrations, in the control plane alone: runtime `none`.

mod serverless;

use aws_sdk_elasticache::types::CustomerNodeEndpoint;
use dataplane::runtime::RuntimeKind;

use crate::support::emu::{Stage, TestEmu};
use crate::support::raw::post;
use crate::support::replication_group::emu;
use crate::support::sdk::refusal;

fn source() -> CustomerNodeEndpoint {
    CustomerNodeEndpoint::builder().address("10.0.0.241").port(6379).build()
}

/// A group that data can be migrated into.
async fn target(emu: &TestEmu, id: &str) {
    let create = emu.group(id).num_cache_clusters(2).automatic_failover_enabled(true).multi_az_enabled(true);
    create.send().await.unwrap();
    emu.until_group(id, "available").await;
}

#[tokio::test]
async fn a_migration_is_tested_started_and_completed() {
    let emu = emu().await;
    target(&emu, "g").await;
    let before = emu.told_of_group("g").await.len();
    let test = emu.client().test_migration().replication_group_id("g").customer_node_endpoint_list(source());
    let tested = test.send().await.unwrap().replication_group.unwrap();
    assert_eq!(tested.status(), Some("available"));
    let start =
        || emu.client().start_migration().replication_group_id("g").customer_node_endpoint_list(source());
    let started = start().send().await.unwrap().replication_group.unwrap();
    assert_eq!(started.status(), Some("modifying"));
    emu.until_group("g", "migrating").await;
    assert_eq!(
        refusal(start().send().await),
        "400 ReplicationGroupAlreadyUnderMigrationFault: Replication group g is already under migration."
    );
    let delete = emu.client().delete_replication_group().replication_group_id("g");
    assert_eq!(
        refusal(delete.send().await),
        "400 InvalidReplicationGroupState: Replication group g has status migrating which is not valid for deletion."
    );
    emu.client().complete_migration().replication_group_id("g").force(true).send().await.unwrap();
    emu.until_group("g", "available").await;
    assert_eq!(
        emu.told_of_group("g").await[before..],
        [
            "No engine: Simfra runs with runtime none, so the way to 10.0.0.241:6379 was not tested",
            "No engine: Simfra runs with runtime none, so no data is migrated from 10.0.0.241:6379",
            "Complete Migration successful for g",
        ]
    );
    let complete = emu.client().complete_migration().replication_group_id("g").send().await;
    assert_eq!(
        refusal(complete),
        "400 ReplicationGroupNotUnderMigrationFault: Replication group g is not under migration."
    );
}

/// Sends each request to StartMigration and TestMigration, and sees the same refusal.
fn refused(emu: &TestEmu, rows: &[(&str, &str)]) {
    for (query, expected) in rows {
        for operation in ["StartMigration", "TestMigration"] {
            let reply = emu.ask(&post(&format!("Action={operation}&Version=2015-02-02&{query}")));
            assert_eq!(reply.error(), *expected, "{operation} {query}");
        }
    }
}

/// The members of a source, and the group before them.
macro_rules! from {
    ($group:literal) => {
        concat!(
            "ReplicationGroupId=",
            $group,
            "&CustomerNodeEndpointList.member.1.Address=a&CustomerNodeEndpointList.member.1.Port=6379"
        )
    };
}

#[tokio::test]
async fn what_cannot_be_migrated_into_is_refused() {
    let emu = emu().await;
    target(&emu, "good").await;
    emu.group_of_two("alone").await;
    let create =
        emu.group("safe").num_cache_clusters(2).automatic_failover_enabled(true).multi_az_enabled(true);
    create.transit_encryption_enabled(true).send().await.unwrap();
    emu.until_group("safe", "available").await;
    emu.fake().hold_ensure();
    let create =
        emu.group("young").num_cache_clusters(2).automatic_failover_enabled(true).multi_az_enabled(true);
    create.send().await.unwrap();
    refused(
        &emu,
        &[
            (from!("nobody"), "404 ReplicationGroupNotFoundFault: Replication group nobody not found."),
            (
                from!("alone"),
                "400 InvalidParameterCombination: Migration is not supported for replication groups with Multi-AZ disabled.",
            ),
            (
                from!("safe"),
                "400 InvalidParameterCombination: Migration is not supported for replication groups with encryption in transit.",
            ),
            (
                from!("young"),
                "400 InvalidReplicationGroupState: Replication group must be in available state to modify.",
            ),
            (
                "ReplicationGroupId=good&CustomerNodeEndpointList.member.1.Address=a&CustomerNodeEndpointList.member.2.Address=b",
                "400 InvalidParameterValue: CustomerNodeEndpointList must contain exactly one endpoint.",
            ),
            (
                "ReplicationGroupId=good&CustomerNodeEndpointList.member.1.Address=a",
                "400 InvalidParameterValue: The parameter Port must be provided and must not be null.",
            ),
            (
                "ReplicationGroupId=good&CustomerNodeEndpointList.member.1.Port=1",
                "400 InvalidParameterValue: The parameter Address must be provided and must not be null.",
            ),
            (
                "ReplicationGroupId=good&CustomerNodeEndpointList.member.1.Address=a&CustomerNodeEndpointList.member.1.Port=0",
                "400 InvalidParameterValue: Invalid value 0 for Port. Must be between 1 and 65535",
            ),
        ],
    );
    let start = || emu.client().start_migration().customer_node_endpoint_list(source());
    assert_eq!(
        refusal(start().replication_group_id("good").auto_cutover(true).send().await),
        "400 InvalidParameterCombination: AutoCutover can only be specified together with ServerlessCacheName."
    );
    assert_eq!(
        refusal(start().send().await),
        "400 InvalidParameterValue: The parameter ReplicationGroupId must be provided and must not be null."
    );
    let complete = || emu.client().complete_migration();
    assert_eq!(
        refusal(complete().replication_group_id("good").serverless_cache_name("x").send().await),
        "400 InvalidParameterCombination: Cannot specify both ReplicationGroupId and ServerlessCacheName."
    );
    assert_eq!(
        refusal(complete().send().await),
        "400 InvalidParameterValue: The parameter ReplicationGroupId must be provided and must not be null."
    );
    assert_eq!(
        refusal(complete().replication_group_id("nobody").send().await),
        "404 ReplicationGroupNotFoundFault: Replication group nobody not found."
    );
}

#[tokio::test]
async fn a_group_under_migration_is_tested_no_more() {
    let emu = emu().await;
    target(&emu, "g").await;
    let start =
        emu.client().start_migration().replication_group_id("g").customer_node_endpoint_list(source());
    start.send().await.unwrap();
    let test = emu.client().test_migration().replication_group_id("g").customer_node_endpoint_list(source());
    assert_eq!(
        refusal(test.send().await),
        "400 ReplicationGroupAlreadyUnderMigrationFault: Replication group g is already under migration."
    );
}

#[tokio::test]
async fn migrations_are_refused_by_name_where_there_are_engines() {
    let emu = TestEmu::on(Stage::without_engines().kept()).await;
    target(&emu, "g").await;
    let mut stage = emu.crash();
    stage.fake = stage.fake.as_kind(RuntimeKind::Docker);
    let emu = TestEmu::on(stage).await;
    let told = "501 NotImplemented: Simfra does not serve migrations with engines (they are there with SIMFRA_RUNTIME=none) yet.";
    let start =
        emu.client().start_migration().replication_group_id("g").customer_node_endpoint_list(source());
    assert_eq!(refusal(start.send().await), told);
    let test = emu.client().test_migration().replication_group_id("g").customer_node_endpoint_list(source());
    assert_eq!(refusal(test.send().await), told);
}
