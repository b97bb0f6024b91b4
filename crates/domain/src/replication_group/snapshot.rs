//! A group while snapshots of it or of its nodes are taken.

use super::{Member, Members, NodeGroup, PhaseEvent, ReplicationGroup, WrongPhase};
use crate::cluster::Phase as ClusterPhase;

impl NodeGroup {
    /// The member whose data a snapshot takes: a replica, so that the primary is not held up (uncertain).
    pub fn snapshot_source(&self) -> Option<&Member> {
        self.replicas().next().or(self.primary())
    }
}

impl ReplicationGroup {
    /// A snapshot of it is about to be taken.
    ///
    /// # Errors
    /// When its phase does not allow it.
    pub fn begin_snapshot(&mut self) -> Result<(), WrongPhase> {
        self.phase = self.phase.on(PhaseEvent::SnapshotRequested)?;
        Ok(())
    }

    /// A snapshot is taken: it goes on, unless one of another node still is. What else became of it meanwhile stands.
    pub fn end_snapshot(&mut self, members: &Members) {
        let another = members.values().any(|cluster| cluster.phase == ClusterPhase::Snapshotting);
        if !another && let Ok(phase) = self.phase.on(PhaseEvent::SnapshotTaken) {
            self.phase = phase;
        }
    }
}
