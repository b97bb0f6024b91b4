//! What is in force at once and moves no engine: windows, the notification topic.

use crate::cluster::validate::values;
use crate::cluster::{ClusterSpec, ModifyCacheCluster, NotificationConfiguration, Surroundings};
use crate::engine::Engine;
use crate::network::TopicStatus;
use crate::rejection::Rejection;
use crate::window::{DailyWindow, MaintenanceWindow};

/// Both windows, which must not come to overlap.
pub(crate) fn windows(request: &ModifyCacheCluster, spec: &mut ClusterSpec) -> Result<(), Rejection> {
    if let Some(text) = request.preferred_maintenance_window.as_deref().filter(|text| !text.is_empty()) {
        spec.preferred_maintenance_window = text.parse::<MaintenanceWindow>()?;
    }
    if let Some(text) = request.snapshot_window.as_deref().filter(|text| !text.is_empty()) {
        spec.snapshot_window = Some(DailyWindow::parse_snapshot_window(text)?);
    }
    let kept_days = request.snapshot_retention_limit.map(values::retention).transpose()?;
    if spec.engine == Engine::Memcached && spec.snapshot_window.is_some() {
        return Err(Rejection::NotForMemcached("SnapshotWindow"));
    }
    if spec.engine == Engine::Memcached && kept_days.is_some_and(|days| days > 0) {
        return Err(Rejection::NotForMemcached("SnapshotRetentionLimit"));
    }
    if spec.engine != Engine::Memcached {
        spec.snapshot_retention_limit = kept_days.or(spec.snapshot_retention_limit);
    }
    match &spec.snapshot_window {
        Some(snapshot) if spec.preferred_maintenance_window.overlaps(snapshot) => {
            Err(Rejection::WindowsOverlap)
        }
        _ => Ok(()),
    }
}

/// `NotificationTopicArn` and `NotificationTopicStatus`; a new topic is active.
pub(crate) fn notification(
    request: &ModifyCacheCluster,
    spec: &mut ClusterSpec,
    world: &Surroundings<'_>,
) -> Result<(), Rejection> {
    let status = request.notification_topic_status.as_deref().map(str::parse::<TopicStatus>).transpose()?;
    if let Some(arn) = request.notification_topic_arn.as_deref().filter(|arn| !arn.is_empty()) {
        let topic_arn = values::topic_arn(arn, world.scope)?;
        let topic = NotificationConfiguration { topic_arn, topic_status: TopicStatus::Active };
        spec.notification = Some(Box::new(topic));
    }
    match (&mut spec.notification, status) {
        (_, None) => Ok(()),
        (Some(notification), Some(status)) => {
            notification.topic_status = status;
            Ok(())
        }
        (None, Some(_)) => Err(Rejection::Needs("NotificationTopicStatus", "NotificationTopicArn")),
    }
}
