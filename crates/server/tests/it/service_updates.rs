//! Service updates: an account for which there are none.

use aws_sdk_elasticache::primitives::DateTime;
use aws_sdk_elasticache::types::{ServiceUpdateStatus, TimeRangeFilter, UpdateActionStatus};

use crate::support::emu::TestEmu;
use crate::support::sdk::refusal;

#[tokio::test]
async fn there_are_none() {
    let emu = TestEmu::start().await;
    emu.available("c", "redis").await;
    let updates =
        emu.client().describe_service_updates().service_update_status(ServiceUpdateStatus::Available);
    let updates = updates.send().await.unwrap();
    assert_eq!((updates.service_updates.as_deref(), updates.marker()), (Some(&[][..]), None));
    let actions = emu.client().describe_update_actions().cache_cluster_ids("c").engine("redis");
    let actions = actions.show_node_level_update_status(true).send().await.unwrap();
    assert_eq!((actions.update_actions.as_deref(), actions.marker()), (Some(&[][..]), None));
}

#[tokio::test]
async fn an_update_that_is_not_there_is_not_found() {
    let emu = TestEmu::start().await;
    let client = emu.client();
    let gone = "404 ServiceUpdateNotFoundFault: Service update elc-20260101-001 not found.";
    let name = "elc-20260101-001";
    assert_eq!(refusal(client.describe_service_updates().service_update_name(name).send().await), gone);
    let apply = client.batch_apply_update_action().service_update_name(name).cache_cluster_ids("c");
    assert_eq!(refusal(apply.send().await), gone);
    let stop = client.batch_stop_update_action().service_update_name(name).replication_group_ids("g");
    assert_eq!(refusal(stop.send().await), gone);
    let actions = client.describe_update_actions().service_update_name(name).send().await.unwrap();
    assert_eq!(actions.update_actions(), [], "a list of actions knows no update by name");
}

#[tokio::test]
async fn parameters_are_checked_before_anything_else() {
    let emu = TestEmu::start().await;
    let client = emu.client();
    let status = "400 InvalidParameterValue: Invalid value 'new' for ServiceUpdateStatus. Valid values: available, \
                  cancelled, expired";
    let new = ServiceUpdateStatus::from("new");
    assert_eq!(
        refusal(client.describe_service_updates().service_update_status(new.clone()).send().await),
        status
    );
    let actions = client.describe_update_actions();
    assert_eq!(refusal(actions.clone().service_update_status(new).send().await), status);
    let action = refusal(actions.clone().update_action_status(UpdateActionStatus::from("new")).send().await);
    assert!(action.starts_with("400 InvalidParameterValue: Invalid value 'new' for UpdateActionStatus."));
    let engine = refusal(actions.clone().engine("dragonfly").send().await);
    assert!(
        engine.starts_with("400 InvalidParameterValue: Invalid value 'dragonfly' for Engine."),
        "{engine}"
    );
    let backwards = TimeRangeFilter::builder();
    let backwards = backwards.start_time(DateTime::from_secs(2)).end_time(DateTime::from_secs(1)).build();
    assert_eq!(
        refusal(actions.clone().service_update_time_range(backwards).send().await),
        "400 InvalidParameterCombination: StartTime must be before EndTime."
    );
    let few = refusal(actions.max_records(5).send().await);
    assert!(few.starts_with("400 InvalidParameterValue: Invalid value 5 for MaxRecords."), "{few}");
    let nowhere = "400 InvalidParameterValue: At least one of ReplicationGroupIds and CacheClusterIds must be specified.";
    assert_eq!(refusal(client.batch_apply_update_action().service_update_name("x").send().await), nowhere);
    assert_eq!(refusal(client.batch_stop_update_action().service_update_name("x").send().await), nowhere);
    let ids = (0..21).map(|n| format!("c{n}")).collect();
    let many = client.batch_apply_update_action().service_update_name("x").set_cache_cluster_ids(Some(ids));
    let many = refusal(many.send().await);
    assert!(many.starts_with("400 ValidationError: 1 validation error detected: "), "{many}");
}
