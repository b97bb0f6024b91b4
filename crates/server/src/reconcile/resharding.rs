//! Resharding: slots go from shard to shard with their keys, while clients use both.
//!
//! The row says which slots go from whom to whom, and gets on with what has arrived. Each round asks the two engines
//! what they have, so a crash of either, or of Simfra, between any two commands is only another round. Rounds are short:
//! a failover waits for the group's turn.

use std::time::Duration;

use dataplane::engine::{ClusterView, Recipient, Session, SlotMark};
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

/// How many slots are marked at once.
const SLOTS_AT_ONCE: u16 = 256;
/// How long keys are sent before the others have a turn.
const ROUND: Duration = Duration::from_millis(250);
/// What the recipient of keys may take for a step: shorter than the sender may be silent, who waits for it.
const TAKES_KEYS_WITHIN_MS: u32 = 300;
/// The same for one large key, while the sender is excused.
const TAKES_A_LARGE_KEY_WITHIN_MS: u32 = 4_000;

/// How many connections tell an engine of slots that has its replicas know each before it does it, as Valkey does from 8.0:
/// what comes by one connection waits for them slot by slot.
const LANES: u16 = 32;
/// What an engine may take for what it is told here, as long as nothing says that it hangs.
const DONE_WITHIN: Duration = Duration::from_secs(10);
const LOOKS_EVERY: Duration = Duration::from_millis(50);

/// A shard's primary, and what it says.
struct Leader<'a> {
    cluster: &'a CacheCluster,
    lanes: Vec<Session<BoxStream>>,
    view: ClusterView,
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
        let arrived = match moves.first() {
            Some(each) if self.runtime.kind() != RuntimeKind::None => {
                let slots = self.move_some(group, members, each).await?;
                vec![SlotMove { slots, ..each.clone() }]
            }
            _ => moves,
        };
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
    ) -> Result<Slots, StepError> {
        let mut source = self.leader(group, members, each.from).await?;
        let mut target = self.leader(group, members, each.to).await?;
        let (from, to) = (source.view.own().id.clone(), target.view.own().id.clone());
        let arrived = each.slots.both(&target.view.own().slots);
        if !arrived.is_empty() {
            // Whether the source was told is not known.
            let untold = arrived.both(&source.view.own().slots);
            self.mark(&mut source, &untold, SlotMark::Of(&to)).await?;
            return Ok(arrived);
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
        self.mark(&mut target, &to_come, SlotMark::From(&from)).await?;
        fault_point::pass("after mark slots to come");
        self.mark(&mut source, &to_go, SlotMark::To(&to)).await?;
        fault_point::pass("after mark slots to go");
        if !self.send_keys(&mut source, target.cluster, &some).await? {
            return Ok(Slots::default());
        }
        fault_point::pass("after send keys");
        self.mark(&mut target, &some, SlotMark::Of(&to)).await?;
        fault_point::pass("after give slots");
        self.mark(&mut source, &some, SlotMark::Of(&to)).await?;
        Ok(some)
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
        let functions = self.while_it_answers(source.cluster, async { Ok(from.functions().await?) }).await?;
        let Some(functions) = functions else { return Ok(()) };
        self.while_it_answers(target.cluster, async { Ok(to.take_functions(functions).await?) }).await
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
        self.while_it_answers(leader.cluster, all).await
    }

    /// Sends the slots' keys; false when some are left and others are to have a turn first.
    async fn send_keys(
        &self,
        source: &mut Leader<'_>,
        target: &CacheCluster,
        slots: &Slots,
    ) -> Result<bool, StepError> {
        let node = node_of(target)?;
        let recipient = Recipient {
            socket: self.answering(target).ok_or_else(|| absent(target))?,
            secrets: self.key.node(&target.node_id(node.id), node.generation),
        };
        let cluster = source.cluster;
        let session = source.lanes.first_mut().ok_or_else(|| absent(cluster))?;
        let until = Instant::now() + ROUND;
        let held = self.while_it_answers(cluster, async { Ok(session.held_slots(slots).await?) }).await?;
        for (slot, _) in held {
            loop {
                if Instant::now() > until {
                    return Ok(false);
                }
                let keys =
                    self.while_it_answers(cluster, async { Ok(session.keys_of_slot(slot).await?) }).await?;
                if keys.is_empty() {
                    break;
                }
                self.send_at_once(cluster, session, &keys, (target, &recipient)).await?;
                fault_point::pass("after send some keys");
            }
        }
        Ok(true)
    }

    /// Sends these keys; what is too large to go together with others, alone.
    async fn send_at_once(
        &self,
        cluster: &CacheCluster,
        session: &mut Session<BoxStream>,
        keys: &[Vec<u8>],
        (target, to): (&CacheCluster, &Recipient),
    ) -> Result<(), StepError> {
        let _excuse = self.excused.excuse(cluster.node_id(node_of(cluster)?.id));
        let sent = async { Ok(session.send_keys(keys, to, TAKES_KEYS_WITHIN_MS).await?) };
        if self.while_it_answers(cluster, sent).await? {
            return Ok(());
        }
        // It may still take what it was sent.
        let answers = match self.target(target, node_of(target)?.id) {
            Some(target) => self.answers_in_the_end(&target).await,
            None => false,
        };
        if !answers {
            return Err(absent(target));
        }
        for key in keys.chunks(1) {
            let sent = async { Ok(session.send_keys(key, to, TAKES_A_LARGE_KEY_WITHIN_MS).await?) };
            if !self.while_it_answers(cluster, sent).await? {
                let reason = format!("a key was not taken within {TAKES_A_LARGE_KEY_WITHIN_MS} ms");
                return Err(RuntimeError::Backend {
                    verb: "move keys of",
                    subject: cluster.id.to_string(),
                    reason,
                }
                .into());
            }
        }
        Ok(())
    }

    /// The shard's primary, as it sees the cluster.
    async fn leader<'a>(
        &self,
        group: &ReplicationGroup,
        members: &'a Members,
        shard: NodeGroupId,
    ) -> Result<Leader<'a>, StepError> {
        let primary = group.node_group(shard).and_then(NodeGroup::primary);
        let cluster = primary.and_then(|primary| members.get(&primary.cluster));
        let cluster = cluster.ok_or_else(|| RuntimeError::Backend {
            verb: "move slots of",
            subject: group.id.to_string(),
            reason: format!("node group {shard} has no primary"),
        })?;
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
        self.while_it_answers(cluster, opened).await
    }

    /// What a member is told that may take a while: until it turns out that it hangs, or ended.
    async fn while_it_answers<T>(
        &self,
        member: &CacheCluster,
        told: impl Future<Output = Result<T, StepError>>,
    ) -> Result<T, StepError> {
        let gone = async {
            let until = Instant::now() + DONE_WITHIN;
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
