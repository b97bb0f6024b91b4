//! What becomes of a resharding that cannot be done: a shard has no room for what it is to get, or does not take a key.
//!
//! A slot of which both shards hold keys is the difficulty. Where the recipient is full it takes them all the same, beyond
//! its limit: they are few, and nothing is in doubt meanwhile. Where it cannot take one, what it has of that slot goes back:
//! the sender serves the slot alone from then on, and misses for a moment what is still under way to it. A slot whose keys
//! are all over is the recipient's.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use dataplane::engine::{AtRecipient, Memory, SlotMark};
use dataplane::fault_point;
use dataplane::runtime::RuntimeError;
use domain::cluster::CacheCluster;
use domain::replication_group::{
    Members, NodeGroup, NodeGroupId, NodeGroupState, ReplicationGroup, SlotMove, Slots,
};

use super::sending::{Reason, Refusal};
use super::{DONE_WITHIN, Leader, Round};
use crate::reconcile::Reconciler;
use crate::reconcile::replication::node_of;
use crate::reconcile::steps::{StepError, memory};
use crate::store::GroupKey;

/// What to do about a shard that is too small.
const MORE_ROOM: &str = "Choose a larger node type or more node groups, and ask for the node groups again";

impl Reconciler {
    /// Which shard has no room for what it is to get, as far as that can be told beforehand: of a shard's data as large a
    /// part goes as of its slots. One that may drop any key for another has room for all, as it has for what clients write;
    /// one that may drop keys that expire, and no others, may be full of others (what AWS does is uncertain).
    pub(super) async fn lack_of_room(
        &self,
        group: &ReplicationGroup,
        members: &Members,
    ) -> Result<Option<String>, StepError> {
        let moves = group.slot_moves();
        let mut told = BTreeMap::new();
        for id in moves.iter().flat_map(|each| [each.from, each.to]) {
            if let Entry::Vacant(untold) = told.entry(id) {
                untold.insert(self.memory_of(group, members, id).await?);
            }
        }
        let mut coming = BTreeMap::<NodeGroupId, u64>::new();
        for each in &moves {
            let Some((from, shard)) = told.get(&each.from).zip(group.node_group(each.from)) else { continue };
            let (goes, all) = (u64::from(each.slots.count()), u64::from(shard.slots.count().max(1)));
            let bytes = coming.entry(each.to).or_default();
            *bytes = bytes.saturating_add(from.data / all * goes);
        }
        let lacks = coming.into_iter().find_map(|(id, bytes)| {
            let Memory { used, limit, evicts_any, .. } = *told.get(&id)?;
            let limit = limit.filter(|limit| !evicts_any && used.saturating_add(bytes) > *limit)?;
            Some(format!(
                "node group {id} holds {used} of {limit} bytes, and about {bytes} would come to them. {MORE_ROOM}"
            ))
        });
        Ok(lacks)
    }

    async fn memory_of(
        &self,
        group: &ReplicationGroup,
        members: &Members,
        id: NodeGroupId,
    ) -> Result<Memory, StepError> {
        let cluster = primary_of(group, members, id)?;
        let asked = async { Ok(self.session(cluster, node_of(cluster)?).await?.memory().await?) };
        self.while_it_answers(cluster, DONE_WITHIN, asked).await
    }

    /// The recipient does not take a key: no slot is on its way any more but those that are half over and can go on.
    pub(super) async fn stop_moving(
        &self,
        group: &ReplicationGroup,
        each: &SlotMove,
        (source, target): (&mut Leader<'_>, &mut Leader<'_>),
        refusal: Refusal,
    ) -> Result<Round, StepError> {
        let (from, to) = (source.view.own().id.clone(), target.view.own().id.clone());
        let under_way = each.slots.both(&source.view.own().slots).first(super::SLOTS_AT_ONCE);
        let untouched = under_way.without(&self.held(target, &under_way).await?);
        // First the recipient, which clients are sent to for what is in neither: what they made there meanwhile is found.
        self.mark(target, &untouched, SlotMark::Stable).await?;
        let touched_late = self.held(target, &untouched).await?;
        self.mark(target, &touched_late, SlotMark::From(&from)).await?;
        let untouched = untouched.without(&touched_late);
        self.mark(source, &untouched, SlotMark::Stable).await?;
        fault_point::pass("after stop moving");
        let touched = under_way.without(&untouched);
        // The owner makes no new keys of a slot that goes: one that it holds none of has gone.
        let half = self.held(source, &touched).await?;
        let arrived = touched.without(&half);
        self.mark(target, &arrived, SlotMark::Of(&to)).await?;
        self.mark(source, &arrived, SlotMark::Of(&to)).await?;
        fault_point::pass("after give what arrived");
        let (slot, SlotMove { from, to, .. }) = (refusal.slot, each);
        match refusal.reason {
            Reason::NoRoom(said) if !group.resharding_given_up => {
                let cause = format!(
                    "slot {slot} is too large for node group {to}, which is full ({said}). Slots that were half over \
                     go there all the same, the others stay where they are. {MORE_ROOM}"
                );
                Ok(Round::Refused { arrived, half, cause })
            }
            Reason::NoRoom(said) | Reason::Unfit(said) => {
                self.give_back(target, source, &half).await?;
                let cause = format!(
                    "slot {slot} of node group {from} has a key that node group {to} does not take ({said}). The slots \
                     that have not moved stay where they are. Remove the key or make it smaller, and ask for the node \
                     groups again"
                );
                Ok(Round::Refused { arrived, half: Slots::default(), cause })
            }
        }
    }

    /// Those of the slots that the engine holds keys of.
    async fn held(&self, leader: &mut Leader<'_>, slots: &Slots) -> Result<Slots, StepError> {
        let cluster = leader.cluster;
        let session = leader.first()?;
        let held = async { Ok(session.held_slots(slots).await?) };
        let held = self.while_it_answers(cluster, DONE_WITHIN, held).await?;
        Ok(held.into_iter().fold(Slots::default(), |all, (slot, _)| all.with(&Slots::one(slot))))
    }

    /// What the recipient has of the slots goes back to their owner, which serves them alone.
    async fn give_back(
        &self,
        recipient: &mut Leader<'_>,
        owner: &mut Leader<'_>,
        slots: &Slots,
    ) -> Result<(), StepError> {
        if slots.is_empty() {
            return Ok(());
        }
        self.lift_limit(owner).await?;
        fault_point::pass("before give back");
        let (from, to) = (owner.view.own().id.clone(), recipient.view.own().id.clone());
        for slot in slots.iter() {
            let one = Slots::one(slot);
            // One after the other: its owner misses what has not come back, for no longer than that takes.
            self.mark(owner, &one, SlotMark::Stable).await?;
            loop {
                if let Err(error) = self.give_back_keys(recipient, owner.cluster, slot).await {
                    // Clients find here what cannot come back, until it can.
                    self.mark(owner, &one, SlotMark::To(&to)).await?;
                    return Err(error);
                }
                self.mark(recipient, &one, SlotMark::Stable).await?;
                // A client that was sent here before may have come late.
                if self.held(recipient, &one).await?.is_empty() {
                    break;
                }
                self.mark(recipient, &one, SlotMark::From(&from)).await?;
            }
        }
        Ok(())
    }

    async fn give_back_keys(
        &self,
        recipient: &mut Leader<'_>,
        owner: &CacheCluster,
        slot: u16,
    ) -> Result<(), StepError> {
        let (cluster, to) = (recipient.cluster, self.recipient(owner)?);
        let session = recipient.first()?;
        loop {
            let keys = self.keys_of_slot(cluster, session, slot).await?;
            if keys.is_empty() {
                return Ok(());
            }
            let refused =
                self.send_at_once((cluster, session), &keys, (owner, &to), AtRecipient::Kept).await?;
            if let Some(Reason::NoRoom(said) | Reason::Unfit(said)) = refused {
                let subject = cluster.id.to_string();
                let reason = format!(
                    "{} does not take a key of slot {slot} back: {said}. Remove the key or make it smaller",
                    owner.id
                );
                return Err(RuntimeError::Backend { verb: "move keys of", subject, reason }.into());
            }
        }
    }

    /// Has the engine take more than its limit, until [`Self::restore_limits`].
    pub(super) async fn lift_limit(&self, leader: &mut Leader<'_>) -> Result<(), StepError> {
        let cluster = leader.cluster;
        let session = leader.first()?;
        let lifted = async { Ok(session.put_under_limit(None).await?) };
        self.while_it_answers(cluster, DONE_WITHIN, lifted).await
    }

    /// The primaries of all shards that stay have their limits again.
    pub(in crate::reconcile) async fn restore_limits(
        &self,
        group: &ReplicationGroup,
        members: &Members,
    ) -> Result<(), StepError> {
        for shard in group.node_groups.iter().filter(|shard| shard.state != NodeGroupState::Deleting) {
            let cluster = primary_of(group, members, shard.id)?;
            let served = cluster.served();
            let Some(limit) = memory(cluster.engine_of(&served), &served) else { continue };
            let restored = async {
                Ok(self.session(cluster, node_of(cluster)?).await?.put_under_limit(Some(limit)).await?)
            };
            self.while_it_answers(cluster, DONE_WITHIN, restored).await?;
        }
        Ok(())
    }

    pub(super) async fn record_given_up(
        &self,
        key: &GroupKey,
        (arrived, half): (SlotMove, SlotMove),
        cause: String,
    ) -> Result<(), StepError> {
        tracing::error!(group = %key, cause, "slots could not be moved");
        fault_point::pass("before give up");
        let given_up = move |group: &mut ReplicationGroup, _: &mut Members| {
            group.slots_arrived(&arrived);
            Ok(group.give_up_resharding(&half, &cause))
        };
        Ok(self.change_group(key, given_up).await?)
    }
}

/// The primary of the shard in the row.
pub(super) fn primary_of<'m>(
    group: &ReplicationGroup,
    members: &'m Members,
    shard: NodeGroupId,
) -> Result<&'m CacheCluster, RuntimeError> {
    let primary = group.node_group(shard).and_then(NodeGroup::primary);
    primary.and_then(|primary| members.get(&primary.cluster)).ok_or_else(|| RuntimeError::Backend {
        verb: "move slots of",
        subject: group.id.to_string(),
        reason: format!("node group {shard} has no primary"),
    })
}
