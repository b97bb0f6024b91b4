//! Service updates: there are none, whatever is asked.

use domain::paging::PageRequest;
use domain::service_update::{self, DescribeUpdateActions};
use models::elasticache::{ops, shapes};
use wire::{Fault, Handle};

use super::ElastiCache;
use crate::aws::fault::Refusal;
use crate::http::Cx;

impl Handle<ops::DescribeServiceUpdates, Cx> for ElastiCache {
    async fn handle(
        &self,
        _: &Cx,
        input: shapes::DescribeServiceUpdatesMessage,
    ) -> Result<shapes::ServiceUpdatesMessage, Fault> {
        PageRequest::parse(input.max_records, input.marker.as_deref()).map_err(Refusal::from)?;
        let statuses = texts(input.service_update_status, |status| status.as_str());
        service_update::describe(input.service_update_name, &statuses).map_err(Refusal::from)?;
        Ok(shapes::ServiceUpdatesMessage { marker: None, service_updates: Some(Vec::new().into()) })
    }
}

impl Handle<ops::DescribeUpdateActions, Cx> for ElastiCache {
    async fn handle(
        &self,
        _: &Cx,
        input: shapes::DescribeUpdateActionsMessage,
    ) -> Result<shapes::UpdateActionsMessage, Fault> {
        PageRequest::parse(input.max_records, input.marker.as_deref()).map_err(Refusal::from)?;
        let range = input.service_update_time_range.unwrap_or_default();
        let request = DescribeUpdateActions {
            engine: input.engine,
            service_update_status: texts(input.service_update_status, |status| status.as_str()),
            update_action_status: texts(input.update_action_status, |status| status.as_str()),
            start_time: range.start_time,
            end_time: range.end_time,
        };
        service_update::describe_actions(&request).map_err(Refusal::from)?;
        Ok(shapes::UpdateActionsMessage { marker: None, update_actions: Some(Vec::new().into()) })
    }
}

impl Handle<ops::BatchApplyUpdateAction, Cx> for ElastiCache {
    async fn handle(
        &self,
        _: &Cx,
        input: shapes::BatchApplyUpdateActionMessage,
    ) -> Result<shapes::UpdateActionResultsMessage, Fault> {
        let targets = count(input.replication_group_ids) + count(input.cache_cluster_ids);
        Err(Refusal::from(service_update::batch(input.service_update_name, targets)).into())
    }
}

impl Handle<ops::BatchStopUpdateAction, Cx> for ElastiCache {
    async fn handle(
        &self,
        _: &Cx,
        input: shapes::BatchStopUpdateActionMessage,
    ) -> Result<shapes::UpdateActionResultsMessage, Fault> {
        let targets = count(input.replication_group_ids) + count(input.cache_cluster_ids);
        Err(Refusal::from(service_update::batch(input.service_update_name, targets)).into())
    }
}

fn count(ids: Option<Vec<String>>) -> usize {
    ids.map_or(0, |ids| ids.len())
}

fn texts<E>(values: Option<Vec<E>>, text: impl Fn(&E) -> &str) -> Vec<String> {
    values.unwrap_or_default().iter().map(|value| text(value).to_owned()).collect()
}
