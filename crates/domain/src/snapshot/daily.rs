//! Automatic snapshots: when one is due, what it is called, how long it is kept.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{NewSnapshot, Snapshot, SnapshotType};
use crate::cluster::{CacheCluster, ClusterSpec};
use crate::ids::SnapshotName;
use crate::replication_group::{Members, NodeGroup, ReplicationGroup};
use crate::tag::Tags;

/// What is to be done for automatic snapshots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Daily {
    /// They were turned on, or their window was changed: days count from now.
    Begin,
    /// One is due since this moment.
    Take(Timestamp),
}

/// When the next one is due; none: none is wanted, or days do not count yet.
fn due(spec: &ClusterSpec, since: Option<Timestamp>) -> Option<Timestamp> {
    wanted(spec).then(|| Some(spec.snapshot_window?.opens_after(since?)))?
}

fn wanted(spec: &ClusterSpec) -> bool {
    spec.snapshot_retention_limit > Some(0)
}

fn daily(spec: &ClusterSpec, since: Option<Timestamp>, now: Timestamp) -> Option<Daily> {
    match since {
        None => wanted(spec).then_some(Daily::Begin),
        Some(_) => due(spec, since).filter(|due| *due <= now).map(Daily::Take),
    }
}

impl CacheCluster {
    /// When its next automatic snapshot is due. A node of a group has those that its group takes of it.
    pub fn daily_due(&self) -> Option<Timestamp> {
        due(&self.spec, self.snapshots_since.as_deref().copied()).filter(|_| self.membership.is_none())
    }

    /// What is to be done for its automatic snapshots at the time `now`.
    pub fn daily(&self, now: Timestamp) -> Option<Daily> {
        let own = self.is_available() && self.membership.is_none();
        daily(&self.spec, self.snapshots_since.as_deref().copied(), now).filter(|_| own)
    }

    /// Days count from `moment`.
    pub fn count_days_from(&mut self, moment: Timestamp) {
        self.snapshots_since = Some(Box::new(moment));
    }

    /// The automatic snapshot that is due since `due`, made `now`. Days that were slept through are not made up for.
    pub fn take_daily(&mut self, due: Timestamp, now: Timestamp) -> Snapshot {
        self.count_days_from(now.max(due));
        NewSnapshot::automatic(self.id.as_str(), due, now).of_cluster(self, None).kept_for(&self.spec)
    }
}

impl ReplicationGroup {
    /// When its next automatic snapshot is due.
    pub fn daily_due(&self) -> Option<Timestamp> {
        due(&self.spec.member, self.snapshots_since)
    }

    /// What is to be done for its automatic snapshots at the time `now`.
    pub fn daily(&self, now: Timestamp) -> Option<Daily> {
        daily(&self.spec.member, self.snapshots_since, now).filter(|_| self.is_available())
    }

    /// The automatic snapshot that is due since `due`, made `now`: of all shards, or without cluster mode of
    /// `SnapshottingClusterId`. None where that one is gone and no other is there.
    pub fn take_daily(&mut self, members: &Members, due: Timestamp, now: Timestamp) -> Option<Snapshot> {
        self.snapshots_since = Some(now.max(due));
        if self.spec.cluster_mode.is_on() {
            let new = NewSnapshot::automatic(self.id.as_str(), due, now);
            let snapshot = new.of_group(self, members, NodeGroup::snapshot_source);
            return Some(snapshot.kept_for(&self.spec.member));
        }
        let named = self.spec.snapshotting_cluster.as_ref();
        let any = || Some(&self.node_groups.first()?.snapshot_source()?.cluster);
        let source = members.get(named.or_else(any)?)?;
        let new = NewSnapshot::automatic(source.id.as_str(), due, now);
        Some(new.of_cluster(source, Some(self)).kept_for(&self.spec.member))
    }
}

impl NewSnapshot {
    /// `automatic.my-cache-2026-03-01-05-30`.
    fn automatic(subject: &str, due: Timestamp, now: Timestamp) -> Self {
        let moment = due.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d-%H-%M").to_string();
        Self {
            name: SnapshotName::of_automatic_snapshot(subject, &moment),
            kms_key_id: None,
            snapshot_type: SnapshotType::Automated,
            tags: Tags::default(),
            now,
        }
    }
}

impl Snapshot {
    /// It goes after as many days as there are now (that another limit changes nothing for it is uncertain).
    fn kept_for(mut self, spec: &ClusterSpec) -> Self {
        let days = i64::from(spec.snapshot_retention_limit.unwrap_or_default());
        let end = self.created_at.checked_add(SignedDuration::from_hours(24 * days));
        self.expires_at = Some(end.unwrap_or(Timestamp::MAX));
        self
    }
}
