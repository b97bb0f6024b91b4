//! Slots on their way between shards: which are to go from whom to whom, and what has arrived.

use super::node_group::{NodeGroup, NodeGroupId, NodeGroupState};
use super::slots::Slots;
use super::{Phase, ReplicationGroup};
use crate::event::{GroupEvent, Told};

/// Slots that one shard gives to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotMove {
    /// Who has them.
    pub from: NodeGroupId,
    /// Who gets them.
    pub to: NodeGroupId,
    /// Which.
    pub slots: Slots,
}

impl ReplicationGroup {
    /// What is still to go, a move for each two shards.
    pub fn slot_moves(&self) -> Vec<SlotMove> {
        let mut moves = Vec::new();
        for from in &self.node_groups {
            let Some(kept) = &from.slots_to_be else { continue };
            let given = from.slots.without(kept);
            for to in self.node_groups.iter().filter(|to| to.id != from.id) {
                let slots = to.slots_to_be.as_ref().map(|wanted| wanted.both(&given)).unwrap_or_default();
                if !slots.is_empty() {
                    moves.push(SlotMove { from: from.id, to: to.id, slots });
                }
            }
        }
        moves
    }

    /// These have gone over. Those that are not `from`'s any more are left out: recording it twice does no harm.
    pub fn slots_arrived(&mut self, done: &SlotMove) {
        let Some(from) = self.node_groups.iter_mut().find(|shard| shard.id == done.from) else { return };
        let gone = from.slots.both(&done.slots);
        from.slots = from.slots.without(&gone);
        if let Some(to) = self.node_groups.iter_mut().find(|shard| shard.id == done.to) {
            to.slots = to.slots.with(&gone);
        }
    }

    /// Slots cannot go where they shall: all stay where they are, but for those that are half over, which go on to where
    /// their keys have begun to be. Shards that have no slots then leave. `cause` is for people.
    pub fn give_up_resharding(&mut self, half: &SlotMove, cause: &str) -> Vec<Told> {
        if self.phase != Phase::Modifying || self.node_groups.iter().all(|shard| shard.slots_to_be.is_none())
        {
            return Vec::new();
        }
        let from = self.node_group(half.from).map(|shard| shard.slots.clone()).unwrap_or_default();
        let half_over = from.both(&half.slots);
        for shard in &mut self.node_groups {
            let then = if shard.id == half.from {
                shard.slots.without(&half_over)
            } else if shard.id == half.to {
                shard.slots.with(&half_over)
            } else {
                shard.slots.clone()
            };
            shard.state = match shard.state {
                _ if then.is_empty() => NodeGroupState::Deleting,
                NodeGroupState::Deleting => NodeGroupState::Modifying,
                state => state,
            };
            shard.slots_to_be = Some(then);
        }
        self.slots_to_move_at_first = self.slots_to_move();
        self.resharding_given_up = true;
        vec![Told::Group(GroupEvent::NotResharded(cause.to_owned()))]
    }

    /// Whether a resharding is under way of which nothing has moved yet.
    pub fn begins_resharding(&self) -> bool {
        !self.resharding_given_up && self.slots_to_move() == self.slots_to_move_at_first
    }

    /// How far slots have moved, in percent; none: none move.
    pub fn resharding(&self) -> Option<u8> {
        let moves = |node_group: &NodeGroup| node_group.slots_to_be.is_some();
        let leaves = |node_group: &NodeGroup| node_group.state == NodeGroupState::Deleting;
        match self.phase {
            Phase::Modifying if self.node_groups.iter().any(moves) => Some(self.share_of_moved_slots()),
            Phase::Modifying if self.node_groups.iter().any(leaves) => Some(100),
            _ => None,
        }
    }

    fn share_of_moved_slots(&self) -> u8 {
        let left = u32::from(self.slots_to_move());
        match u32::from(self.slots_to_move_at_first).max(left) {
            0 => 100,
            all => u8::try_from((all - left) * 100 / all).unwrap_or(100),
        }
    }

    /// How many slots are still to go.
    pub(super) fn slots_to_move(&self) -> u16 {
        self.slot_moves().iter().map(|each| each.slots.count()).sum()
    }
}
