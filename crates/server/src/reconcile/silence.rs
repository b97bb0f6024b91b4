//! A node that fell silent: whether it hangs, is busy, or cannot be reached.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dataplane::engine::{Missed, Target, wait_ready};
use dataplane::runtime::{Activity, ObservedNode, ObservedState};
use domain::node::NodeId;
use domain::replication_group::{Member, Role};
use futures_util::future::join_all;
use tokio::time::Instant;

use super::Reconciler;
use crate::store::{ClusterKey, GroupKey};

/// How long a node that could not be reached may take to answer once it can be.
const ANSWER_TIME: Duration = Duration::from_secs(2);
/// How long a node may be silent, after its heartbeats told so, whose process computes or waits for the disk: an engine
/// does one thing at a time, and a long command or a slow disk is no death.
const BUSY_AT_MOST: Duration = Duration::from_secs(5);
/// The same of one that ran before Simfra looked, or whose data nobody else has: what looks for it at a start is one of many.
const FOUND_BUSY_AT_MOST: Duration = Duration::from_secs(120);
/// How long a busy node may take to answer before its process is looked at again.
const BETWEEN_ANSWERS: Duration = Duration::from_millis(250);
/// How long one may take that is not busy: with what its heartbeats took, a second.
const LAST_TRY: Duration = Duration::from_millis(90);

/// Nodes whose engines do what takes a while on Simfra's own order, and are silent for that.
#[derive(Debug, Default)]
pub(super) struct Excused(Mutex<HashMap<NodeId, Order>>);

/// What an engine was ordered that may take a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// To send another one what that is to take: it may wait for it all the time.
    Send {
        /// As long as that may last.
        until: Instant,
    },
    /// Nothing: the proxy before it is started anew, and nobody reaches it.
    ComeBack {
        /// As long as that may last.
        until: Instant,
    },
    /// To take what another one sends: it is at work all the time.
    Take {
        /// As long as that may last.
        until: Instant,
    },
}

impl Order {
    const fn until(self) -> Instant {
        match self {
            Self::Send { until } | Self::Take { until } | Self::ComeBack { until } => until,
        }
    }
}

/// As long as it is there, its node is excused.
#[derive(Debug)]
pub(super) struct Excuse<'a> {
    of: &'a Excused,
    id: NodeId,
}

impl Excused {
    fn nodes(&self) -> MutexGuard<'_, HashMap<NodeId, Order>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Excuses the node; one excuse a node at a time.
    pub(super) fn excuse(&self, id: NodeId, order: Order) -> Excuse<'_> {
        self.nodes().insert(id.clone(), order);
        Excuse { of: self, id }
    }

    fn of(&self, id: &NodeId) -> Option<Order> {
        self.nodes().get(id).copied().filter(|order| order.until() > Instant::now())
    }
}

impl Excuse<'_> {
    /// Nobody waits for the end of the order any more: the excuse lasts as long as it may.
    pub(super) fn outlive(self) {
        std::mem::forget(self);
    }
}

impl Drop for Excuse<'_> {
    fn drop(&mut self) {
        self.of.nodes().remove(&self.id);
    }
}

impl Reconciler {
    /// A node's heartbeats have no answer. It hangs if its backend says that it runs and its process does nothing, and is
    /// gone if the backend does not know it; if the backend is away itself, it tells when it is back, and a node that
    /// ended tells that by an event: neither loses data by a mistake here.
    pub(super) async fn missed(self: &Arc<Self>, miss: Missed) {
        let listed = match self.runtime.list().await {
            Ok(listed) => listed,
            Err(error) => {
                tracing::warn!(node = %miss.id, %error, "a node does not answer, nor does what it runs on");
                return self.heartbeats.stop(&miss.id);
            }
        };
        let runs = |node: &ObservedNode| {
            node.id == miss.id
                && node.generation == miss.generation
                && matches!(node.state, ObservedState::Running { .. })
        };
        if !listed.iter().any(runs) {
            let unlisted = !listed.iter().any(|node| node.id == miss.id);
            if unlisted && self.observations.vanished(&miss.id, miss.generation) {
                tracing::warn!(node = %miss.id, "a node is gone without a word of what it ran on");
                self.wake(&ClusterKey::of_node(&miss.id));
            }
            return;
        }
        let Some(target) = self.target_of(&miss) else { return };
        if !self.runtime.silence_is_its_own(&miss.id).await && self.answers_within(&target, ANSWER_TIME).await
        {
            tracing::info!(node = %miss.id, "a node was out of reach for a while, and is well");
            return self.heartbeats.begin_anew(target);
        }
        if self.outlasts_its_work(&target).await {
            tracing::info!(node = %miss.id, "a node was too busy to answer for a while, and is well");
            return self.heartbeats.begin_anew(target);
        }
        self.observations.hung(&miss.id, miss.generation);
        self.wake(&ClusterKey::of_node(&miss.id));
    }

    fn target_of(&self, miss: &Missed) -> Option<Target> {
        let cluster = self.store.read().cluster(&ClusterKey::of_node(&miss.id)).cloned()?;
        self.target(&cluster, miss.id.node).filter(|target| target.generation == miss.generation)
    }

    /// Whether a node answers once it is done with what it does. Where nobody else has its data now, that may take long: on a
    /// machine that is too busy all of a shard may be silent at the same time.
    async fn outlasts_its_work(&self, target: &Target) -> bool {
        let until = Instant::now() + FOUND_BUSY_AT_MOST;
        loop {
            if self.is_done_with_its_work(target, BUSY_AT_MOST).await {
                return true;
            }
            let goes_on = Instant::now() < until && self.is_at_work(target).await;
            if !goes_on || self.others_have_its_data(target).await {
                return false;
            }
        }
    }

    /// Whether another member of the node's shard has its data, and answers.
    async fn others_have_its_data(&self, target: &Target) -> bool {
        let others = {
            let world = self.store.read();
            let Some(cluster) = world.cluster(&ClusterKey::of_node(&target.id)) else { return false };
            let Some(group) = GroupKey::of_member(cluster).and_then(|key| world.replication_group(&key))
            else {
                return false;
            };
            let shard = group.node_group_of(&cluster.id);
            let others =
                shard.into_iter().flat_map(|shard| &shard.members).filter(|it| it.cluster != cluster.id);
            let members = world.members(group);
            let has_it = |it: &&Member| {
                let node =
                    members.get(&it.cluster).and_then(|other| Some(other.node_id(other.nodes.first()?.id)));
                it.role == Role::Primary || node.is_some_and(|node| self.observations.is_in_sync(&node))
            };
            let others = others.filter(has_it).filter_map(|it| members.get(&it.cluster).cloned());
            others.collect::<Vec<_>>()
        };
        let targets = others.iter().filter_map(|other| self.target(other, other.nodes.first()?.id));
        let answers = targets.map(async |other| self.answers_within(&other, BETWEEN_ANSWERS).await);
        join_all(answers).await.contains(&true)
    }

    /// Whether the node answers, if only when it is done with what it does.
    pub(super) async fn answers_in_the_end(&self, target: &Target) -> bool {
        self.answers_within(target, BETWEEN_ANSWERS).await
            || self.is_done_with_its_work(target, BUSY_AT_MOST).await
    }

    /// The same of a node that was found at a start and has been silent since.
    pub(super) async fn answers_in_the_end_as_found(&self, target: &Target) -> bool {
        self.is_done_with_its_work(target, FOUND_BUSY_AT_MOST).await
    }

    async fn answers_within(&self, target: &Target, time: Duration) -> bool {
        wait_ready(&*self.runtime, target, time).await.is_ok()
    }

    /// Whether a node answers once it is done with what it does, or at once, if it was Simfra that had no time to hear it.
    /// Where nobody can look at its process, it is busy as long as Simfra's order may last.
    /// False as soon as its process is stopped, or waits for what is no order of Simfra's.
    async fn is_done_with_its_work(&self, target: &Target, busy_at_most: Duration) -> bool {
        let busy_until = Instant::now() + busy_at_most;
        loop {
            let time = match self.runtime.activity(&target.id).await {
                Activity::Unknown if self.excused.of(&target.id).is_some() => BETWEEN_ANSWERS,
                Activity::None | Activity::Unknown => return false,
                Activity::AtWork => BETWEEN_ANSWERS,
                Activity::Waiting if self.may_wait(target) => BETWEEN_ANSWERS,
                Activity::Waiting => LAST_TRY,
            };
            if self.answers_within(target, time).await {
                return true;
            }
            let until = self.excused.of(&target.id).map_or(busy_until, |order| order.until().max(busy_until));
            if Instant::now() > until || time == LAST_TRY && !self.is_at_work(target).await {
                return false;
            }
        }
    }

    async fn is_at_work(&self, target: &Target) -> bool {
        self.runtime.activity(&target.id).await == Activity::AtWork || self.may_wait(target)
    }

    fn may_wait(&self, target: &Target) -> bool {
        matches!(self.excused.of(&target.id), Some(Order::Send { .. } | Order::ComeBack { .. }))
    }
}
