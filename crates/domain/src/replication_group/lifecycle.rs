//! Where a replication group stands, and how it gets on: the transition table and AWS's status strings.

use serde::{Deserialize, Serialize};

/// Where a group stands. Its members have phases of their own; the group's settles when theirs do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Its members are started for the first time.
    Creating,
    /// It serves.
    Available,
    /// Settings, members, slots or the primary change.
    Modifying,
    /// A snapshot of it is taken.
    Snapshotting,
    /// Data comes in from a server of somebody's own, until CompleteMigration.
    Migrating,
    /// Its members are being removed; then it is gone.
    Deleting,
    /// It could not be created.
    CreateFailed {
        /// Why, for people.
        cause: String,
    },
}

/// What moves a group on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhaseEvent {
    /// Every member is as it shall be.
    Settled,
    /// A change was accepted.
    ModifyRequested,
    /// A snapshot was asked for.
    SnapshotRequested,
    /// The snapshot is taken.
    SnapshotTaken,
    /// StartMigration was accepted.
    MigrationRequested,
    /// CompleteMigration was accepted.
    MigrationCompleted,
    /// DeleteReplicationGroup was accepted.
    DeleteRequested,
    /// A member cannot be created, for good.
    ProvisionFailed {
        /// Why, for people.
        cause: String,
    },
}

/// An event that the phase does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a replication group with status {status} cannot take {event:?}")]
pub struct WrongPhase {
    /// Its status.
    pub status: &'static str,
    /// What came.
    pub event: PhaseEvent,
}

impl Phase {
    /// The phase after `event`: the transition table.
    ///
    /// # Errors
    /// [`WrongPhase`] where the table has no row.
    pub fn on(&self, event: PhaseEvent) -> Result<Self, WrongPhase> {
        use PhaseEvent as E;
        Ok(match (self, event) {
            (Self::Creating | Self::Modifying, E::Settled) => Self::Available,
            (Self::Creating, E::ProvisionFailed { cause }) => Self::CreateFailed { cause },
            (Self::Available, E::ModifyRequested) => Self::Modifying,
            (Self::Available, E::SnapshotRequested) => Self::Snapshotting,
            (Self::Snapshotting, E::SnapshotTaken) => Self::Available,
            (Self::Available, E::MigrationRequested) => Self::Migrating,
            (Self::Migrating, E::MigrationCompleted) => Self::Modifying,
            (Self::Available | Self::CreateFailed { .. }, E::DeleteRequested) => Self::Deleting,
            (_, event) => return Err(WrongPhase { status: self.status(), event }),
        })
    }

    /// `Status`.
    pub const fn status(&self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Available => "available",
            Self::Modifying => "modifying",
            Self::Snapshotting => "snapshotting",
            Self::Migrating => "migrating",
            Self::Deleting => "deleting",
            Self::CreateFailed { .. } => "create-failed",
        }
    }

    /// Whether nothing is under way.
    pub const fn is_settled(&self) -> bool {
        matches!(self, Self::Available | Self::Migrating | Self::CreateFailed { .. })
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
            Phase::Snapshotting,
            Phase::Migrating,
            Phase::Deleting,
            Phase::CreateFailed { cause: cause() },
        ];
        let events = [
            PhaseEvent::Settled,
            PhaseEvent::ModifyRequested,
            PhaseEvent::SnapshotRequested,
            PhaseEvent::SnapshotTaken,
            PhaseEvent::MigrationRequested,
            PhaseEvent::MigrationCompleted,
            PhaseEvent::DeleteRequested,
            PhaseEvent::ProvisionFailed { cause: cause() },
        ];
        let word = |text: String| text.split([' ', '{']).next().unwrap_or_default().to_owned();
        let mut table = String::new();
        for phase in &phases {
            for event in &events {
                if let Ok(next) = phase.on(event.clone()) {
                    let row = [format!("{phase:?}"), format!("{event:?}"), format!("{next:?}")].map(word);
                    table.push_str(&format!("{:<13} {:<18} {}\n", row[0], row[1], row[2]));
                }
            }
        }
        expect![[r#"
            Creating      Settled            Available
            Creating      ProvisionFailed    CreateFailed
            Available     ModifyRequested    Modifying
            Available     SnapshotRequested  Snapshotting
            Available     MigrationRequested Migrating
            Available     DeleteRequested    Deleting
            Modifying     Settled            Available
            Snapshotting  SnapshotTaken      Available
            Migrating     MigrationCompleted Modifying
            CreateFailed  DeleteRequested    Deleting
        "#]]
        .assert_eq(&table);
    }
}
