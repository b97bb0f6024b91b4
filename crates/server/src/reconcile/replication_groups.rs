//! Replication groups: their members are reconciled as any clusters; here a group gets on when they did.

use std::sync::Arc;
use std::time::Duration;

use dataplane::runtime::RuntimeKind;
use domain::cluster::{CacheCluster, CacheNode, WrongPhase as ClusterWrongPhase};
use domain::event::{GroupEvent, Told};
use domain::ids::{CacheClusterId, Scope};
use domain::replication_group::{Members, NodeGroup, Phase, Progress, Replication, ReplicationGroup};
use domain::snapshot::Subject;
use tokio::time::Instant;

use super::record::{close_forwards_to_group, still_tried};
use super::steps::StepError;
use super::{PAUSE, Reconciler, TOLD_AFTER};
use crate::store::{GroupKey, StoreError, Tx};

/// How long a group whose replicas take over data is left alone before it is looked at again: at first, and at most.
const FIRST_LOOK: Duration = Duration::from_millis(5);
const NEXT_LOOK: Duration = Duration::from_millis(200);

/// How long a group may wait for its members before its events tell for whom.
const USUALLY_WITHIN: Duration = Duration::from_secs(60);

/// Since when a group has waited for its members, and whether that is told.
struct Waits {
    since: Instant,
    is_told: bool,
}

impl Default for Waits {
    fn default() -> Self {
        Self { since: Instant::now(), is_told: false }
    }
}

impl Waits {
    /// Whether it waits for too long since a moment: once.
    fn for_too_long(&mut self) -> bool {
        let tells = !self.is_told && self.since.elapsed() > USUALLY_WITHIN;
        self.is_told |= tells;
        tells
    }
}

impl Reconciler {
    /// Wakes every group.
    pub(super) fn wake_all_groups(self: &Arc<Self>) {
        let world = self.store.read();
        let keys: Vec<_> = world.all::<ReplicationGroup>().map(|group| key_of(group)).collect();
        drop(world);
        for key in keys {
            self.wake_group(&key);
        }
    }

    /// Wakes the group that a cluster which is gone was a member of.
    pub(super) fn wake_group_without(self: &Arc<Self>, scope: &Scope, cluster: &CacheClusterId) {
        let group = self.store.read().group_of_member(scope, cluster);
        if let Some(key) = group {
            self.wake_group(&key);
        }
    }

    /// Wakes the group of a member that answers and knows no place: nothing of it need have changed in its row.
    pub(super) fn wake_for_places(self: &Arc<Self>, member: &CacheCluster) {
        if self.runtime.kind() == RuntimeKind::None {
            return;
        }
        let Some(key) = GroupKey::of_member(member) else { return };
        let untold =
            |node: &CacheNode| self.observations.is_untold(&member.node_id(node.id), node.generation);
        if member.nodes.iter().any(untold) {
            self.wake_group(&key);
        }
    }

    pub(super) fn wake_group(self: &Arc<Self>, key: &GroupKey) {
        if self.group_queue.wake(key) {
            let (this, key) = (Arc::clone(self), key.clone());
            self.supervisor.spawn("reconcile a group", async move { this.work_on_group(key).await });
        }
    }

    async fn work_on_group(self: Arc<Self>, key: GroupKey) {
        let mut failures = 0;
        loop {
            if let Err(error) = self.converge_group(&key).await {
                tracing::warn!(group = %key, %error, again_in = ?PAUSE, "a group's step failed; it is tried again");
                failures += 1;
                if failures == TOLD_AFTER {
                    self.tell_group(&key, still_tried(&error)).await;
                }
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            failures = 0;
            if !self.group_queue.again(&key) {
                return;
            }
        }
    }

    /// Takes steps until none is left, or members are to get on first.
    async fn converge_group(self: &Arc<Self>, key: &GroupKey) -> Result<(), StepError> {
        let mut pause = FIRST_LOOK;
        let mut waits = Waits::default();
        loop {
            let taken = self.turns.take(key).await;
            let (group, members) = {
                let world = self.store.read();
                let Some(group) = world.replication_group(key) else { break };
                (ReplicationGroup::clone(group), world.members(group))
            };
            if group.phase == Phase::Deleting {
                self.publish_retained(&group).await;
            }
            let replication = self.arrange(&group, &members).await?;
            self.settle_users(&key.scope).await?;
            let progress = group.progress(&members, replication, self.clock.now());
            if progress.is_some() {
                waits = Waits::default();
            }
            match progress {
                Some(Progress::FailOver(shard)) => self.fail_over(key, &group, &members, shard).await?,
                Some(Progress::MoveSlots) => self.move_slots(key, &group, &members).await?,
                Some(progress) => {
                    if progress == Progress::EndResharding && self.runtime.kind() != RuntimeKind::None {
                        // Giving up lifts them, and may have been cut short before the row said so.
                        self.restore_limits(&group, &members).await?;
                    }
                    let (key, now) = (key.clone(), self.clock.now());
                    let work = move |tx: &mut Tx<'_>| {
                        step(tx, &key, replication, now);
                        Ok::<_, StoreError>(())
                    };
                    self.store.transact(work).await?;
                }
                None if replication == Replication::InPlace || !self.catches_up(&group, &members) => {
                    self.see_to_daily_snapshots_of_group(key).await?;
                    self.await_groups_opening(key);
                    return Ok(());
                }
                None => {
                    drop(taken);
                    if waits.for_too_long() && !group.is_available() {
                        self.tell_group(key, self.waits_for(&group, &members)).await;
                    }
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(NEXT_LOOK);
                }
            }
        }
        self.forget_endpoints(key).await;
        Ok(self.settle_users(&key.scope).await?)
    }

    async fn tell_group(&self, key: &GroupKey, text: String) {
        let told = self.change_group(key, |_, _| Ok(vec![Told::Group(GroupEvent::Notice(text))])).await;
        if let Err(error) = told {
            tracing::warn!(group = %key, %error, "what holds a group up is told by the log alone");
        }
    }

    /// Which members hold the group up, in words.
    fn waits_for(&self, group: &ReplicationGroup, members: &Members) -> String {
        let is_placed = |member: &CacheCluster| {
            member.nodes.iter().all(|node| {
                let (id, generation) = (member.node_id(node.id), node.generation);
                self.observations.leads(&id, generation) || self.observations.was_in_sync(&id, generation)
            })
        };
        let missing = members.values().filter(|member| !is_placed(member) || !member.is_available());
        let missing: Vec<_> = missing.map(|member| member.id.to_string()).collect();
        let who = if missing.is_empty() { "its members".to_owned() } else { missing.join(", ") };
        format!(
            "It is {} for longer than usual: {who} is yet to have its place and its primary's data. If that does not \
             come about, see its events and its engine's log",
            group.status()
        )
    }

    /// Whether what is not in place comes about by itself: a replica takes its primary's data. Members that do not
    /// answer are no reason to look again; that they do is told.
    fn catches_up(&self, group: &ReplicationGroup, members: &Members) -> bool {
        let answers =
            |id: &CacheClusterId| members.get(id).is_some_and(|member| self.answering(member).is_some());
        if group.spec.cluster_mode.is_on() {
            let mut staying = group.node_groups.iter().flat_map(NodeGroup::staying);
            return staying.all(|member| answers(&member.cluster));
        }
        group.node_groups.iter().any(|shard| {
            let leads = shard.primary().is_some_and(|primary| answers(&primary.cluster));
            leads && shard.replicas().any(|replica| answers(&replica.cluster))
        })
    }

    /// Changes the group's row and its members' as they are when the transaction runs. What their phases no longer allow
    /// is not done: the next look sees them as they are.
    pub(super) async fn change_group<F>(&self, key: &GroupKey, change: F) -> Result<(), StoreError>
    where
        F: FnOnce(&mut ReplicationGroup, &mut Members) -> Result<Vec<Told>, ClusterWrongPhase>
            + Send
            + 'static,
    {
        let (key, now) = (key.clone(), self.clock.now());
        let work = move |tx: &mut Tx<'_>| {
            let Some(group) = tx.replication_group(&key) else { return Ok(()) };
            let mut group = ReplicationGroup::clone(group);
            let before = tx.members(&group);
            let mut members = before.clone();
            if let Ok(told) = change(&mut group, &mut members) {
                tx.tell_group(&group, &told, now);
                tx.put_group(group, &before, members);
            }
            Ok::<_, StoreError>(())
        };
        self.store.transact(work).await
    }

    /// Has the group looked at when its window opens, if something waits for that.
    fn await_groups_opening(self: &Arc<Self>, key: &GroupKey) {
        let due = self.store.read().replication_group(key).and_then(|group| group.due());
        let Some(due) = due.filter(|due| self.group_openings.begin(key, *due)) else { return };
        let (this, key) = (Arc::clone(self), key.clone());
        self.supervisor.spawn("wait for a group's maintenance window", async move {
            this.until(due).await;
            if this.group_openings.end(&key, due) {
                this.wake_group(&key);
            }
        });
    }
}

/// One step, of the rows as they are now. What the phase no longer allows is not done: the next look sees why.
fn step(tx: &mut Tx<'_>, key: &GroupKey, replication: Replication, now: jiff::Timestamp) {
    let Some(mut group) = tx.replication_group(key).map(|group| ReplicationGroup::clone(group)) else {
        return;
    };
    let before = tx.members(&group);
    let mut members = before.clone();
    let Some(progress) = group.progress(&members, replication, now) else { return };
    let told = match progress {
        Progress::Fail { cause } => {
            tracing::error!(group = %key, cause, "the replication group could not be created");
            group.fail(&cause)
        }
        Progress::GiveUp { cause } => {
            tracing::error!(group = %key, cause, "members could not be added");
            Ok(group.give_up_joining(&cause, &mut members))
        }
        Progress::Align => Ok(group.align(&mut members)),
        Progress::KeepMode => match group.keep_mode(&mut members) {
            Ok(told) => Ok(told),
            // A member is under way again: the next look is at what it came to.
            Err(_) => return,
        },
        Progress::Open => Ok(group.open(&mut members)),
        // Made by whoever can look at the engines.
        Progress::FailOver(_) | Progress::MoveSlots => return,
        Progress::EndResharding => Ok(group.end_resharding(&mut members)),
        Progress::Settle => group.settle().map(|mut told| {
            told.extend(group.left_behind(&members));
            told
        }),
        Progress::Forget => {
            close_forwards_to_group(tx, key);
            tx.tell(&key.scope, GroupEvent::Deleted.of(&key.id, now));
            let of_it = |subject: &Subject| subject.is_group(&key.id);
            tx.forget_automatic_snapshots(&key.scope, key.id.as_str(), of_it);
            tx.remove::<ReplicationGroup>(key.clone());
            return;
        }
    };
    let Ok(told) = told else { return };
    tx.tell_group(&group, &told, now);
    tx.put_group(group, &before, members);
}

pub(super) fn key_of(group: &ReplicationGroup) -> GroupKey {
    GroupKey::new(group.scope.clone(), group.id.clone())
}
