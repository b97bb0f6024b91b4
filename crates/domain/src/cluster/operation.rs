//! What operations and observations do to a stored cluster: the phase moves, nodes follow, events tell it.

use std::collections::BTreeMap;
use std::net::SocketAddrV4;

use jiff::Timestamp;

use super::engine_move::Served;
use super::validate::{Change, Changed};
use super::{Auth, CacheCluster, CacheNode, NodeState, Phase, PhaseEvent, WrongPhase};
use crate::event::ClusterEvent;
use crate::ids::CacheNodeId;

/// What became of a lost node's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeData {
    /// It is on disk: the node starts again with it.
    Kept,
    /// It is gone: the node starts empty, at the next generation.
    Gone,
}

impl CacheCluster {
    /// Puts a checked change in force, with the nodes that it adds as [`CacheCluster::place`] placed them. A change of
    /// nothing leaves the cluster as it is, one that waits for the maintenance window leaves it available.
    ///
    /// # Errors
    /// When the cluster is not available.
    pub fn modify(&mut self, change: Change, added: Vec<CacheNode>) -> Result<Vec<ClusterEvent>, WrongPhase> {
        if change.is_nothing_now() {
            self.pending = change.pending;
            return Ok(Vec::new());
        }
        self.phase = self.phase.on(PhaseEvent::ModifyRequested)?;
        self.pending = change.pending;
        let mut events: Vec<_> = change.changed.iter().map(|changed| changed.event(&change.spec)).collect();
        events.dedup();
        if self.spec.has_other_snapshots(&change.spec) {
            self.snapshots_since = None;
        }
        let before = Served::of(&self.spec);
        let parameters = before.parameters.clone();
        self.spec = change.spec;
        if change.changed.contains(&Changed::AuthToken) {
            self.auth_under_way = self.spec.auth.as_deref().map(Auth::status);
        }
        if let Some(resize) = change.resize {
            events.push(self.resize(resize, added));
        }
        events.extend(self.begin_move(before));
        // One that moves starts anew with what its group says.
        if change.changed.contains(&Changed::ParameterGroup) && self.engine_move.is_none() {
            self.apply_parameters(&parameters);
        }
        Ok(events)
    }

    /// Starts the nodes anew, empty (AWS: "the contents are lost"): each gets its next generation.
    ///
    /// # Errors
    /// When the cluster is not available.
    pub fn reboot(&mut self, nodes: &[CacheNodeId]) -> Result<Vec<ClusterEvent>, WrongPhase> {
        self.phase = self.phase.on(PhaseEvent::RebootRequested)?;
        Ok(self.start_anew(nodes))
    }

    /// Nodes start again without data, as they shall be now.
    pub(super) fn start_anew(&mut self, nodes: &[CacheNodeId]) -> Vec<ClusterEvent> {
        for node in self.nodes.iter_mut().filter(|node| nodes.contains(&node.id)) {
            node.generation = node.generation.next();
            node.state = NodeState::Rebooting;
        }
        nodes.iter().map(|node| ClusterEvent::NodeShutdown(*node)).collect()
    }

    /// Has it removed.
    ///
    /// # Errors
    /// When its phase does not allow it.
    pub fn delete(&mut self) -> Result<(), WrongPhase> {
        self.phase = self.phase.on(PhaseEvent::DeleteRequested)?;
        for node in &mut self.nodes {
            node.state = NodeState::Deleting;
        }
        Ok(())
    }

    /// A snapshot of it is about to be taken; where it is to be deleted since a moment, before that.
    ///
    /// # Errors
    /// When its phase does not allow it.
    pub fn begin_snapshot(&mut self) -> Result<(), WrongPhase> {
        self.phase = self.phase.on(PhaseEvent::SnapshotRequested)?;
        Ok(())
    }

    /// The snapshot is taken: it goes on, or is deleted where that was the last one. What else became of it meanwhile
    /// stands.
    pub fn end_snapshot(&mut self) {
        match self.phase.on(PhaseEvent::SnapshotTaken) {
            Ok(Phase::Deleting) => self.discard(),
            Ok(phase) => self.phase = phase,
            Err(_) => {}
        }
    }

    /// Has it removed whatever is under way: a reset. No request of AWS's does that.
    pub fn discard(&mut self) {
        self.phase = Phase::Deleting;
        for node in &mut self.nodes {
            node.state = NodeState::Deleting;
        }
        self.membership.iter_mut().for_each(|membership| membership.leaves = false);
    }

    /// Has it removed from its replication group, which stays: clients are no longer led to it, and have time to look
    /// again before it is gone.
    pub fn leave_group(&mut self) {
        self.discard();
        self.membership.iter_mut().for_each(|membership| membership.leaves = true);
    }

    /// A node died, hangs, is cut off or was found stopped: it is to be started again. Telling it twice of a node
    /// that is being recovered says nothing twice.
    ///
    /// # Errors
    /// When nothing of the cluster is to run.
    pub fn lose(&mut self, lost: CacheNodeId, data: NodeData) -> Result<Vec<ClusterEvent>, WrongPhase> {
        self.phase = self.phase.on(PhaseEvent::NodeLost)?;
        let mut events = Vec::new();
        for node in self.nodes.iter_mut().filter(|node| node.id == lost) {
            if data == NodeData::Gone {
                node.generation = node.generation.next();
            }
            let told = match node.state {
                NodeState::Available | NodeState::Rebooting => true,
                // It was to return with its data, and does not.
                NodeState::Resting => data == NodeData::Gone,
                NodeState::Creating | NodeState::Recovering | NodeState::Deleting => false,
            };
            if told {
                node.state = NodeState::Recovering;
                events.push(ClusterEvent::Recovering(vec![lost]));
            }
        }
        Ok(events)
    }

    /// Simfra stops in order and takes the nodes along: until they answer again the cluster is not available, and
    /// nothing is told of it. A transition that is under way goes on at the next start.
    pub fn rest(&mut self) {
        if !matches!(self.phase, Phase::Available | Phase::Snapshotting) {
            return;
        }
        self.phase = Phase::Recovering;
        for node in &mut self.nodes {
            node.state = NodeState::Resting;
        }
    }

    /// Every node that stays answers, on the port given (else the one before, else the spec's), and those that leave
    /// are gone: the cluster is available. Doing it again changes nothing.
    ///
    /// # Errors
    /// When nothing of the cluster is to run.
    pub fn settle(
        &mut self,
        ports: &BTreeMap<CacheNodeId, u16>,
        now: Timestamp,
    ) -> Result<Vec<ClusterEvent>, WrongPhase> {
        if self.departure().is_some() {
            // Asked for since the plan was made whose end this is.
            return Ok(Vec::new());
        }
        self.phase = self.phase.on(PhaseEvent::Settled)?;
        let mut events: Vec<_> = self.arrive().into_iter().collect();
        let resized = self.end_of_resize();
        self.auth_under_way = None;
        self.parameter_apply.applying.clear();
        let waits = &mut self.parameter_apply.nodes_to_reboot;
        for node in &mut self.nodes {
            // Every engine reads its parameters when it starts, whatever it was started for.
            if matches!(node.state, NodeState::Rebooting | NodeState::Recovering | NodeState::Resting) {
                waits.retain(|waiting| *waiting != node.id);
            }
            let port = ports.get(&node.id).copied().or(node.port).unwrap_or(self.spec.port);
            events.extend(node.settle(port, now));
        }
        events.extend(resized);
        if self.created_at.is_none() {
            self.created_at = Some(now);
            events.push(ClusterEvent::Created);
        }
        Ok(events)
    }

    /// Its nodes are published on the host at `sockets`, and no others are.
    pub fn publish(&mut self, sockets: &BTreeMap<CacheNodeId, SocketAddrV4>) {
        for node in &mut self.nodes {
            node.published = sockets.get(&node.id).copied();
        }
    }

    /// It cannot be created, for good; `cause` is for people.
    ///
    /// # Errors
    /// When it is not being created.
    pub fn fail(&mut self, cause: &str) -> Result<Vec<ClusterEvent>, WrongPhase> {
        self.phase = self.phase.on(PhaseEvent::ProvisionFailed { cause: cause.to_owned() })?;
        Ok(vec![ClusterEvent::CreateFailed(cause.to_owned())])
    }
}

impl CacheNode {
    fn settle(&mut self, port: u16, now: Timestamp) -> Option<ClusterEvent> {
        let before = self.state;
        self.state = NodeState::Available;
        self.port = Some(port);
        self.created_at.get_or_insert(now);
        match before {
            NodeState::Creating => {
                Some(ClusterEvent::NodeAdded { node: self.id, zone: self.availability_zone.clone() })
            }
            NodeState::Rebooting => Some(ClusterEvent::NodeRestarted(self.id)),
            NodeState::Recovering => Some(ClusterEvent::Recovered(vec![self.id])),
            NodeState::Available | NodeState::Resting | NodeState::Deleting => None,
        }
    }
}
