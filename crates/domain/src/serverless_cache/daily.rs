//! Automatic snapshots: when one is due, what it is called, how long it is kept.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::ServerlessCache;
use crate::ids::ServerlessCacheSnapshotName;
use crate::serverless_cache_snapshot::{Phase, ServerlessCacheSnapshot, SnapshotType};
use crate::tag::Tags;

impl ServerlessCache {
    /// When the next automatic snapshot is due; none: none is wanted.
    pub fn daily_due(&self) -> Option<Timestamp> {
        (self.spec.snapshot_retention_limit > 0)
            .then(|| self.spec.daily_snapshot_time.comes_after(self.daily_since))
    }

    /// The automatic snapshot that is due since `due`, made `now`. Days that were slept through are not made up for.
    pub fn take_daily_snapshot(&mut self, due: Timestamp, now: Timestamp) -> ServerlessCacheSnapshot {
        self.daily_since = now.max(due);
        let days = i64::from(self.spec.snapshot_retention_limit);
        let kept = SignedDuration::from_hours(24 * days);
        let name = self.daily_snapshot_name(due);
        ServerlessCacheSnapshot {
            snapshot_type: SnapshotType::Automated,
            expires_at: Some(now.checked_add(kept).unwrap_or(Timestamp::MAX)),
            ..self.snapshot(name, None, Tags::default(), now)
        }
    }

    /// `automatic.my-cache-2026-03-01-05-30`.
    fn daily_snapshot_name(&self, due: Timestamp) -> ServerlessCacheSnapshotName {
        let moment = due.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d-%H-%M").to_string();
        ServerlessCacheSnapshotName::of_automatic_snapshot(&self.name, &moment)
    }

    /// A snapshot of it that is about to be made; with its own key unless another is named.
    pub fn snapshot(
        &self,
        name: ServerlessCacheSnapshotName,
        kms_key_id: Option<String>,
        tags: Tags,
        now: Timestamp,
    ) -> ServerlessCacheSnapshot {
        ServerlessCacheSnapshot {
            scope: self.scope.clone(),
            name,
            cache: self.name.clone(),
            engine: self.spec.engine,
            major_engine_version: self.spec.major_engine_version.clone(),
            snapshot_type: SnapshotType::Manual,
            kms_key_id: kms_key_id.or_else(|| self.spec.kms_key_id.clone()),
            created_at: now,
            expires_at: None,
            bytes: 0,
            phase: Phase::Creating,
            tags,
        }
    }
}
