//! Where a cluster stands, and how it gets on: the transition table and AWS's status strings.

use serde::{Deserialize, Serialize};

/// Where a cluster stands. AWS's status follows from it, here alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Its nodes are started for the first time.
    Creating,
    /// Every node answers.
    Available,
    /// Settings are being put in force.
    Modifying,
    /// Nodes are started anew at the user's wish.
    Rebooting,
    /// A node that died, hung or was cut off is being replaced.
    Recovering,
    /// A snapshot of it is taken.
    Snapshotting,
    /// A last snapshot of it is taken; then it is deleted.
    FinalSnapshot,
    /// Its nodes are being removed; then it is gone.
    Deleting,
    /// It could not be created; nothing of it runs.
    IncompatibleNetwork {
        /// Why, for people.
        cause: String,
    },
    /// Its data could not be restored; nothing of it runs.
    RestoreFailed {
        /// Why, for people.
        cause: String,
    },
}

/// What moves a cluster on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhaseEvent {
    /// Every node answers, at the generation wanted.
    Settled,
    /// ModifyCacheCluster was accepted.
    ModifyRequested,
    /// RebootCacheCluster was accepted.
    RebootRequested,
    /// A snapshot is to be taken: by CreateSnapshot, at its daily time, or as the last one of what is being deleted.
    SnapshotRequested,
    /// The snapshot is taken.
    SnapshotTaken,
    /// A node is gone, hangs or is cut off.
    NodeLost,
    /// DeleteCacheCluster was accepted.
    DeleteRequested,
    /// It cannot be created, for good.
    ProvisionFailed {
        /// Why, for people.
        cause: String,
    },
    /// Its data cannot be restored, for good.
    RestoreFailed {
        /// Why, for people.
        cause: String,
    },
}

/// An event that the phase does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a cluster with status {status} cannot take {event:?}")]
pub struct WrongPhase {
    /// Its status.
    pub status: &'static str,
    /// What came.
    pub event: PhaseEvent,
}

impl Phase {
    /// The phase after `event`: the transition table.
    ///
    /// Unlike at AWS, where a recovery always ends, a recovering cluster can be deleted: what it lacks here (an
    /// image, Docker itself) may never come back.
    ///
    /// # Errors
    /// [`WrongPhase`] where the table has no row.
    pub fn on(&self, event: PhaseEvent) -> Result<Self, WrongPhase> {
        use PhaseEvent as E;
        Ok(match (self, event) {
            (Self::Creating, E::Settled) => Self::Available,
            (Self::Creating, E::NodeLost) => Self::Creating,
            (Self::Creating, E::ProvisionFailed { cause }) => Self::IncompatibleNetwork { cause },
            (Self::Creating, E::RestoreFailed { cause }) => Self::RestoreFailed { cause },

            (Self::Available, E::Settled) => Self::Available,
            (Self::Available, E::ModifyRequested) => Self::Modifying,
            (Self::Available, E::RebootRequested) => Self::Rebooting,
            (
                Self::Available | Self::Modifying | Self::Rebooting | Self::Recovering | Self::Snapshotting,
                E::NodeLost,
            ) => Self::Recovering,
            (Self::Available | Self::Recovering, E::DeleteRequested) => Self::Deleting,

            (Self::Available, E::SnapshotRequested) => Self::Snapshotting,
            (Self::Deleting, E::SnapshotRequested) => Self::FinalSnapshot,
            (Self::Snapshotting, E::SnapshotTaken) => Self::Available,
            (Self::FinalSnapshot, E::SnapshotTaken) => Self::Deleting,

            (Self::Modifying | Self::Rebooting | Self::Recovering, E::Settled) => Self::Available,

            (Self::IncompatibleNetwork { .. } | Self::RestoreFailed { .. }, E::DeleteRequested) => {
                Self::Deleting
            }
            (_, event) => return Err(WrongPhase { status: self.status(), event }),
        })
    }

    /// `CacheClusterStatus` as lists show it.
    pub const fn status(&self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Available => "available",
            Self::Modifying | Self::Recovering => "modifying",
            Self::Rebooting => "rebooting cluster nodes",
            Self::Snapshotting => "snapshotting",
            Self::FinalSnapshot | Self::Deleting => "deleting",
            Self::IncompatibleNetwork { .. } => "incompatible-network",
            Self::RestoreFailed { .. } => "restore-failed",
        }
    }

    /// `CacheClusterStatus` in RebootCacheCluster's reply, which differs from the list's (recorded in the AWS CLI's
    /// examples).
    pub const REBOOT_REPLY_STATUS: &'static str = "rebooting cache cluster nodes";

    /// Whether nothing is under way.
    pub const fn is_settled(&self) -> bool {
        matches!(self, Self::Available | Self::IncompatibleNetwork { .. } | Self::RestoreFailed { .. })
    }
}

/// Where a node stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum NodeState {
    /// Started for the first time.
    Creating,
    /// It answers.
    Available,
    /// Started anew at the user's wish.
    Rebooting,
    /// Started anew because it was lost.
    Recovering,
    /// Simfra took it along when it was stopped in order; it starts again with its data. AWS has no such moment, and
    /// no event tells of it.
    Resting,
    /// Being removed.
    Deleting,
}

impl NodeState {
    /// `CacheNodeStatus`. A replacement is a new node to AWS: `creating`.
    pub const fn status(self) -> &'static str {
        match self {
            Self::Creating | Self::Recovering | Self::Resting => "creating",
            Self::Available => "available",
            Self::Rebooting => "rebooting",
            Self::Deleting => "deleting",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn the_transition_table() {
        let cause = || "why".to_owned();
        let phases = [
            Phase::Creating,
            Phase::Available,
            Phase::Modifying,
            Phase::Rebooting,
            Phase::Recovering,
            Phase::Snapshotting,
            Phase::FinalSnapshot,
            Phase::Deleting,
            Phase::IncompatibleNetwork { cause: cause() },
            Phase::RestoreFailed { cause: cause() },
        ];
        let events = [
            PhaseEvent::Settled,
            PhaseEvent::ModifyRequested,
            PhaseEvent::RebootRequested,
            PhaseEvent::SnapshotRequested,
            PhaseEvent::SnapshotTaken,
            PhaseEvent::NodeLost,
            PhaseEvent::DeleteRequested,
            PhaseEvent::ProvisionFailed { cause: cause() },
            PhaseEvent::RestoreFailed { cause: cause() },
        ];
        let word = |text: String| text.split([' ', '{']).next().unwrap_or_default().to_owned();
        let mut table = String::new();
        for phase in &phases {
            for event in &events {
                if let Ok(next) = phase.on(event.clone()) {
                    let row = [format!("{phase:?}"), format!("{event:?}"), format!("{next:?}")].map(word);
                    table.push_str(&format!("{:<20} {:<16} {}\n", row[0], row[1], row[2]));
                }
            }
        }
        expect![[r#"
            Creating             Settled          Available
            Creating             NodeLost         Creating
            Creating             ProvisionFailed  IncompatibleNetwork
            Creating             RestoreFailed    RestoreFailed
            Available            Settled          Available
            Available            ModifyRequested  Modifying
            Available            RebootRequested  Rebooting
            Available            SnapshotRequested Snapshotting
            Available            NodeLost         Recovering
            Available            DeleteRequested  Deleting
            Modifying            Settled          Available
            Modifying            NodeLost         Recovering
            Rebooting            Settled          Available
            Rebooting            NodeLost         Recovering
            Recovering           Settled          Available
            Recovering           NodeLost         Recovering
            Recovering           DeleteRequested  Deleting
            Snapshotting         SnapshotTaken    Available
            Snapshotting         NodeLost         Recovering
            FinalSnapshot        SnapshotTaken    Deleting
            Deleting             SnapshotRequested FinalSnapshot
            IncompatibleNetwork  DeleteRequested  Deleting
            RestoreFailed        DeleteRequested  Deleting
        "#]]
        .assert_eq(&table);
    }

    #[test]
    fn statuses_are_awss() {
        assert_eq!(Phase::Rebooting.status(), "rebooting cluster nodes");
        assert_eq!(Phase::REBOOT_REPLY_STATUS, "rebooting cache cluster nodes");
        assert_eq!(NodeState::Rebooting.status(), "rebooting");
        assert_eq!(Phase::Recovering.status(), "modifying");
        assert_eq!(
            Phase::Deleting.on(PhaseEvent::Settled).unwrap_err().to_string(),
            "a cluster with status deleting cannot take Settled"
        );
    }
}
