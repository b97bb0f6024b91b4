//! Where a serverless cache stands, and how it gets on.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ServerlessCache, ServerlessCacheEvent, validate::Modification};

/// Where a serverless cache stands. AWS's status follows from it, here alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// It is made.
    Creating,
    /// It can be used and changed.
    Available,
    /// A change is put in force.
    Modifying(Changed),
    /// It goes, after its final snapshot where one was asked for.
    Deleting,
}

/// What a change is about: AWS tells of some.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Changed {
    /// `SecurityGroupIds`.
    SecurityGroups,
    /// `CacheUsageLimits`.
    Limits,
    /// The migration into it.
    Migration,
    /// What AWS does not tell of.
    Silently,
}

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// What was under way is over.
    Settle,
    /// An automatic snapshot is due since this moment.
    TakeSnapshot(Timestamp),
    /// It is gone.
    Forget,
}

impl Phase {
    /// `Status`.
    pub const fn status(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Available => "available",
            Self::Modifying(_) => "modifying",
            Self::Deleting => "deleting",
        }
    }
}

impl ServerlessCache {
    /// Whether it has become available.
    pub fn is_created(&self) -> bool {
        self.phase != Phase::Creating
    }

    /// The next step at the time `now`; `is_snapshotted`: a snapshot of it is being made, which comes first.
    pub fn progress(&self, is_snapshotted: bool, now: Timestamp) -> Option<Progress> {
        match self.phase {
            Phase::Creating | Phase::Modifying(_) => Some(Progress::Settle),
            Phase::Available | Phase::Deleting if is_snapshotted => None,
            Phase::Available => self.daily_due().filter(|due| *due <= now).map(Progress::TakeSnapshot),
            Phase::Deleting => Some(Progress::Forget),
        }
    }

    /// What was under way is over; answers what is told of it.
    pub fn settle(&mut self) -> Option<ServerlessCacheEvent> {
        use ServerlessCacheEvent as E;
        let event = match self.phase {
            Phase::Creating if self.restored_from.is_some() => Some(E::Restored),
            Phase::Creating => Some(E::Created),
            Phase::Modifying(Changed::SecurityGroups) => Some(E::SecurityGroupsUpdated),
            Phase::Modifying(Changed::Limits) => Some(E::LimitsUpdated),
            Phase::Modifying(Changed::Silently) => None,
            Phase::Modifying(Changed::Migration) => return self.settle_migration(),
            Phase::Available | Phase::Deleting => return None,
        };
        self.phase = Phase::Available;
        event
    }

    /// Takes an accepted change: from `now` on it is put in force.
    pub fn modify(&mut self, change: Modification, now: Timestamp) {
        let daily =
            |spec: &super::ServerlessCacheSpec| (spec.snapshot_retention_limit, spec.daily_snapshot_time);
        if daily(&self.spec) != daily(&change.spec) {
            // What would have been due by another time of day is not made up for.
            self.daily_since = now;
        }
        self.spec = change.spec;
        self.phase = Phase::Modifying(change.changed);
    }

    /// It is to go.
    pub fn delete(&mut self) {
        self.phase = Phase::Deleting;
    }
}
