//! Resharding: slots go from shard to shard with their keys, while clients use both.
//!
//! The row says which slots go from whom to whom, and gets on with what has arrived. Each round asks the two engines
//! what they have, so a crash of either, or of Simfra, between any two commands is only another round. Rounds are short:
//! a failover waits for the group's turn.

mod giving_up;
mod sending;

use std::time::Duration;

use dataplane::engine::{ClusterView, Session, SlotMark};
use dataplane::fault_point;
use dataplane::runtime::{BoxStream, RuntimeError, RuntimeKind};
use domain::cluster::CacheCluster;
use domain::engine::Engine;
use domain::replication_group::{Members, NodeGroup, NodeGroupId, ReplicationGroup, SlotMove, Slots};
use futures_util::future::try_join_all;
use tokio::time::{Instant, sleep};

use super::Reconciler;
use super::replication::node_of;
use super::steps::StepError;
use crate::store::GroupKey;
use sending::Progress;

/// How many slots are marked at once.
const SLOTS_AT_ONCE: u16 = 256;
/// How many connections tell an engine of slots that has its replicas know each before it does it, as Valkey does from 8.0:
/// what comes by one connection waits for them slot by slot.
const LANES: u16 = 32;
/// What an engine may take for most of what it is told here, as long as nothing says that it hangs.
const DONE_WITHIN: Duration = Duration::from_secs(10);
const LOOKS_EVERY: Duration = Duration::from_millis(50);

/// A shard's primary, and what it says.
struct Leader<'a> {
    cluster: &'a CacheCluster,
    lanes: Vec<Session<BoxStream>>,
    view: ClusterView,
}

impl Leader<'_> {
    fn first(&mut self) -> Result<&mut Session<BoxStream>, StepError> {
        self.lanes.first_mut().ok_or_else(|| absent(self.cluster))
    }
}

/// What a round came to.
enum Round {
    /// These slots have arrived.
    Arrived(Slots),
    /// The recipient does not take what it is to get: some slots have arrived, and others are half over.
    Refused { arrived: Slots, half: Slots, cause: String },
}

impl Reconciler {
    /// Moves some slots to where they shall be, and records what arrived. For a holder of the group's turn, when
    /// replication is in place.
    pub(super) async fn move_slots(
        &self,
        key: &GroupKey,
        group: &ReplicationGroup,
        members: &Members,
    ) -> Result<(), StepError> {
        let moves = group.slot_moves();
        let Some(first) = moves.first().filter(|_| self.runtime.kind() != RuntimeKind::None).cloned() else {
            return self.record_arrived(key, moves).await;
        };
        let of = |slots| SlotMove { slots, ..first.clone() };
        match self.move_some(group, members, &first).await? {
            Round::Arrived(slots) => self.record_arrived(key, vec![of(slots)]).await,
            Round::Refused { arrived, half, cause } => {
                self.record_given_up(key, (of(arrived), of(half)), cause).await
            }
        }
    }

    async fn record_arrived(&self, key: &GroupKey, arrived: Vec<SlotMove>) -> Result<(), StepError> {
        fault_point::pass("before slots arrived");
        self.change_group(key, move |group, _| {
            arrived.iter().for_each(|each| group.slots_arrived(each));
            Ok(Vec::new())
        })
        .await?;
        Ok(())
    }

    /// Gets on with a move; the slots that have arrived.
    async fn move_some(
        &self,
        group: &ReplicationGroup,
        members: &Members,
        each: &SlotMove,
    ) -> Result<Round, StepError> {
        let mut source = self.leader(group, members, each.from).await?;
        let mut target = self.leader(group, members, each.to).await?;
        let (from, to) = (source.view.own().id.clone(), target.view.own().id.clone());
        let arrived = each.slots.both(&target.view.own().slots);
        if !arrived.is_empty() {
            // Whether the source was told is not known.
            let untold = arrived.both(&source.view.own().slots);
            self.mark(&mut source, &untold, SlotMark::Of(&to)).await?;
            return Ok(Round::Arrived(arrived));
        }
        if target.view.own().slots.is_empty() {
            self.hand_on_functions(&mut source, &mut target).await?;
        }
        let some = each.slots.both(&source.view.own().slots).first(SLOTS_AT_ONCE);
        let unmarked = |by: &Leader<'_>, with: &str| match by.view.own().moving.get(with) {
            Some(marked) => some.without(marked),
            None => some.clone(),
        };
        let (to_come, to_go) = (unmarked(&target, &from), unmarked(&source, &to));
        // Only before the first mark: afterwards keys may be on both sides.
        let untouched = to_come == some && to_go == some;
        if untouched
            && group.begins_resharding()
            && let Some(cause) = self.lack_of_room(group, members).await?
        {
            return Ok(Round::Refused { arrived: Slots::default(), half: Slots::default(), cause });
        }
        self.mark(&mut target, &to_come, SlotMark::From(&from)).await?;
        fault_point::pass("after mark slots to come");
        self.mark(&mut source, &to_go, SlotMark::To(&to)).await?;
        fault_point::pass("after mark slots to go");
        if group.resharding_given_up {
            // What is half over goes on; there is nowhere else for it.
            self.lift_limit(&mut target).await?;
        }
        match self.send_keys(&mut source, target.cluster, &some).await? {
            Progress::All => {}
            Progress::Some => return Ok(Round::Arrived(Slots::default())),
            Progress::Refused(refusal) => {
                return self.stop_moving(group, each, (&mut source, &mut target), refusal).await;
            }
        }
        fault_point::pass("after send keys");
        self.mark(&mut target, &some, SlotMark::Of(&to)).await?;
        fault_point::pass("after give slots");
        self.mark(&mut source, &some, SlotMark::Of(&to)).await?;
        Ok(Round::Arrived(some))
    }

    /// A shard that has no slots yet has the functions that its clients look for.
    async fn hand_on_functions(
        &self,
        source: &mut Leader<'_>,
        target: &mut Leader<'_>,
    ) -> Result<(), StepError> {
        let (Some(from), Some(to)) = (source.lanes.first_mut(), target.lanes.first_mut()) else {
            return Ok(());
        };
        let functions =
            self.while_it_answers(source.cluster, DONE_WITHIN, async { Ok(from.functions().await?) }).await?;
        let Some(functions) = functions else { return Ok(()) };
        self.while_it_answers(target.cluster, DONE_WITHIN, async { Ok(to.take_functions(functions).await?) })
            .await
    }

    /// Tells the engine what the slots are to it, by all its connections.
    async fn mark(
        &self,
        leader: &mut Leader<'_>,
        slots: &Slots,
        mark: SlotMark<'_>,
    ) -> Result<(), StepError> {
        let parts = slots.split(u16::try_from(leader.lanes.len()).unwrap_or(u16::MAX));
        let told =
            leader.lanes.iter_mut().zip(parts).map(async |(lane, part)| lane.mark_slots(&part, &mark).await);
        let all = async { Ok(try_join_all(told).await.map(drop)?) };
        self.while_it_answers(leader.cluster, DONE_WITHIN, all).await
    }

    /// The shard's primary, as it sees the cluster.
    async fn leader<'a>(
        &self,
        group: &ReplicationGroup,
        members: &'a Members,
        shard: NodeGroupId,
    ) -> Result<Leader<'a>, StepError> {
        let cluster = giving_up::primary_of(group, members, shard)?;
        let waits =
            cluster.spec.engine == Engine::Valkey && group.node_group(shard).is_some_and(has_replicas);
        let lanes =
            (0..if waits { LANES } else { 1 }).map(async |_| self.session(cluster, node_of(cluster)?).await);
        let opened = async {
            let mut lanes = try_join_all(lanes).await?;
            let first = lanes.first_mut().ok_or_else(|| absent(cluster))?;
            let view = first.cluster().await?;
            Ok(Leader { cluster, lanes, view })
        };
        self.while_it_answers(cluster, DONE_WITHIN, opened).await
    }

    /// What a member is told that may take a while: until it turns out that it hangs, or ended.
    async fn while_it_answers<T>(
        &self,
        member: &CacheCluster,
        within: Duration,
        told: impl Future<Output = Result<T, StepError>>,
    ) -> Result<T, StepError> {
        let gone = async {
            let until = Instant::now() + within;
            while self.answering(member).is_some() && Instant::now() < until {
                sleep(LOOKS_EVERY).await;
            }
        };
        tokio::select! {
            done = told => done,
            () = gone => Err(absent(member)),
        }
    }
}

fn has_replicas(shard: &NodeGroup) -> bool {
    shard.replicas().next().is_some()
}

fn absent(member: &CacheCluster) -> StepError {
    match node_of(member) {
        Ok(node) => RuntimeError::Absent(member.node_id(node.id)).into(),
        Err(error) => error.into(),
    }
}
