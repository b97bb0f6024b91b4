//! Service updates: AWS's own upkeep of its nodes. Simfra publishes none, so that there is never one to list, apply or stop.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::network::listed;
use crate::rejection::{Rejection, RejectionKind};

listed! {
    /// Where a service update stands.
    ServiceUpdateStatus, "ServiceUpdateStatus",
    /// It can be applied.
    Available = "available",
    /// It was taken back.
    Cancelled = "cancelled",
    /// Its time is over.
    Expired = "expired"
}

listed! {
    /// Where the application of a service update stands.
    UpdateActionStatus, "UpdateActionStatus",
    /// Not applied.
    NotApplied = "not-applied",
    /// Asked for.
    WaitingToStart = "waiting-to-start",
    /// Under way.
    InProgress = "in-progress",
    /// About to stop.
    Stopping = "stopping",
    /// Stopped.
    Stopped = "stopped",
    /// Applied.
    Complete = "complete",
    /// About to be scheduled.
    Scheduling = "scheduling",
    /// Scheduled.
    Scheduled = "scheduled",
    /// Of no use there.
    NotApplicable = "not-applicable"
}

/// Why a request on service updates is refused. Neither wording is on record (uncertain).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServiceUpdateRejection {
    /// No such update.
    #[error("Service update {0} not found.")]
    NotFound(String),
    /// Nothing to apply it to, or stop it on.
    #[error("At least one of ReplicationGroupIds and CacheClusterIds must be specified.")]
    NoTarget,
}

impl ServiceUpdateRejection {
    /// The exception that this is.
    pub const fn kind(&self) -> RejectionKind {
        match self {
            Self::NotFound(_) => RejectionKind::ServiceUpdateNotFound,
            Self::NoTarget => RejectionKind::InvalidParameterValue,
        }
    }
}

/// `DescribeUpdateActionsMessage`, as far as it can be wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct DescribeUpdateActions {
    pub engine: Option<String>,
    pub service_update_status: Vec<String>,
    pub update_action_status: Vec<String>,
    pub start_time: Option<Timestamp>,
    pub end_time: Option<Timestamp>,
}

/// Checks DescribeServiceUpdates.
///
/// # Errors
/// For a status that there is not, and for any update by its name.
pub fn describe(name: Option<String>, statuses: &[String]) -> Result<(), Rejection> {
    each_is::<ServiceUpdateStatus>(statuses)?;
    match name {
        Some(name) => Err(ServiceUpdateRejection::NotFound(name).into()),
        None => Ok(()),
    }
}

/// Checks DescribeUpdateActions.
///
/// # Errors
/// For statuses and engines that there are not, and a time that ends before it begins.
pub fn describe_actions(request: &DescribeUpdateActions) -> Result<(), Rejection> {
    each_is::<ServiceUpdateStatus>(&request.service_update_status)?;
    each_is::<UpdateActionStatus>(&request.update_action_status)?;
    if let Some(engine) = request.engine.as_deref().filter(|engine| engine.parse::<Engine>().is_err()) {
        let allowed = Engine::ALL.map(Engine::as_str).join(", ");
        return Err(Rejection::NotListed { parameter: "Engine", value: engine.to_owned(), allowed });
    }
    match (request.start_time, request.end_time) {
        (Some(start), Some(end)) if start > end => Err(Rejection::EventWindowReversed),
        _ => Ok(()),
    }
}

/// What BatchApplyUpdateAction and BatchStopUpdateAction are answered.
pub fn batch(name: Option<String>, targets: usize) -> Rejection {
    match name {
        None => Rejection::Missing("ServiceUpdateName"),
        Some(_) if targets == 0 => ServiceUpdateRejection::NoTarget.into(),
        Some(name) => ServiceUpdateRejection::NotFound(name).into(),
    }
}

fn each_is<S: std::str::FromStr<Err = Rejection>>(statuses: &[String]) -> Result<(), Rejection> {
    statuses.iter().try_for_each(|status| status.parse::<S>().map(drop))
}
