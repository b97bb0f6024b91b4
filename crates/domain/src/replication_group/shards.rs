//! Shards that come and go, and slots that move between them.

use std::collections::{BTreeMap, BTreeSet};

use super::node_group::{NodeGroupId, NodeGroupState};
use super::placement::{NewShard, Placer};
use super::slots::{Slots, rebalanced};
use super::surroundings::Surroundings;
use super::{Members, ReplicationGroup};
use crate::rejection::Rejection;

/// A checked ModifyReplicationGroupShardConfiguration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShardChange {
    /// These come, and get slots of the others.
    Add(Vec<NewShard>),
    /// These give their slots to the others and go.
    Remove(BTreeSet<NodeGroupId>),
    /// All stay, with slots evened out.
    Rebalance,
}

impl ReplicationGroup {
    /// Begins the change: new shards' members are started; slots move when they serve.
    ///
    /// # Errors
    /// When the group is not available, and [`Rejection::SubnetFull`]; nothing of it is done then.
    pub fn reshard(
        &mut self,
        change: &ShardChange,
        members: &mut Members,
        world: &Surroundings<'_>,
    ) -> Result<(), Rejection> {
        let as_it_is = self.clone();
        let mut placer = Placer::of(&as_it_is, world);
        self.begin()?;
        for node_group in &mut self.node_groups {
            node_group.state = NodeGroupState::Modifying;
        }
        let none = BTreeSet::new();
        let leaving = match change {
            ShardChange::Remove(leaving) => leaving,
            ShardChange::Add(_) | ShardChange::Rebalance => &none,
        };
        if let ShardChange::Add(new) = change {
            for shard in new {
                self.node_groups.push(placer.shard(shard)?);
                self.next_node_group = self.next_node_group.max(shard.id.number() + 1);
            }
        }
        let now: BTreeMap<_, _> =
            self.node_groups.iter().map(|shard| (shard.id, shard.slots.clone())).collect();
        let mut then = rebalanced(&now, |id| leaving.contains(&id));
        for node_group in &mut self.node_groups {
            if leaving.contains(&node_group.id) {
                node_group.state = NodeGroupState::Deleting;
            }
            node_group.slots_to_be = Some(then.remove(&node_group.id).unwrap_or_else(Slots::default));
        }
        self.slots_to_move_at_first = self.slots_to_move();
        members.extend(placer.placed);
        Ok(())
    }
}
