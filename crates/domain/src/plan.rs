//! What is to be done next for a cluster: pure, from what it shall be and what was seen.
//!
//! A plan is made anew after every disturbance; a crash between two steps is only another observation. Nothing here
//! remembers how far an earlier plan came.

use std::fmt;

use crate::cluster::{CacheCluster, CacheNode, Departure, MoveStage, Phase};
use crate::ids::CacheNodeId;
use crate::node::Generation;

/// A node as it was last seen, for planning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observed {
    /// There is no such node.
    Absent,
    /// It is of another generation than the cluster's row says: left from before a reboot or a repair.
    Outdated,
    /// It was found ended after Simfra or the backend was away; it did not die of itself.
    Stopped,
    /// Its process ended while it was watched.
    Died {
        /// Why, for people.
        detail: String,
    },
    /// It runs and does not answer.
    Hung,
    /// It was started, and has not answered yet.
    Starting,
    /// It answers.
    Answering,
}

/// One idempotent step. Steps of different nodes do not depend on each other; [`Step::Settle`], [`Step::Fail`] and
/// [`Step::Forget`] come last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Have the VPC's network and resolver.
    EnsureNetwork,
    /// Have the node run at its generation: create, adopt, or start anew with its data.
    EnsureNode(CacheNodeId),
    /// Wait until it answers.
    AwaitAnswer(CacheNodeId),
    /// Tell the node, which answers, the parameters of its group that changed.
    Configure(CacheNodeId),
    /// Have the node, which answers, ask clients for the cluster's AUTH tokens and no others.
    Admit(CacheNodeId),
    /// Tell names and discovery of nodes that leave: from here on no client that looks is sent to one.
    Withdraw,
    /// Let those that were sent to the node before look again.
    Drain(CacheNodeId),
    /// Remove the node with its data.
    RemoveNode(CacheNodeId),
    /// Record that the node is down, not of itself, and starts again with its data: until it answers, the cluster is
    /// not available.
    Resume(CacheNodeId),
    /// Record that the node is replaced: it gets a new generation, without data, and the event that says so.
    Replace {
        /// Which.
        node: CacheNodeId,
        /// What became of it, for people.
        cause: String,
    },
    /// Put the running node under the limit that it shall have, and record it.
    Resize(CacheNodeId),
    /// Take the node's data, end it, and record that: its next generation starts with the data.
    HandOver(CacheNodeId),
    /// What the node was moved to does not come up: record that it returns to what it was, with its data.
    Abandon {
        /// What went wrong, for people.
        cause: String,
    },
    /// Everything answers: record the transition's end.
    Settle,
    /// The first start did not come up: record it, with the cause.
    Fail {
        /// What went wrong, for people.
        cause: String,
    },
    /// Every node is gone: the row goes too.
    Forget,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EnsureNetwork => f.write_str("ensure network"),
            Self::EnsureNode(id) => write!(f, "ensure node {id}"),
            Self::AwaitAnswer(id) => write!(f, "await answer of {id}"),
            Self::Configure(id) => write!(f, "configure {id}"),
            Self::Admit(id) => write!(f, "admit to {id}"),
            Self::Withdraw => f.write_str("withdraw"),
            Self::Drain(id) => write!(f, "drain {id}"),
            Self::RemoveNode(id) => write!(f, "remove node {id}"),
            Self::Resume(id) => write!(f, "resume {id}"),
            Self::Replace { node, cause } => write!(f, "replace {node}: {cause}"),
            Self::Resize(id) => write!(f, "resize {id}"),
            Self::HandOver(id) => write!(f, "hand over {id}"),
            Self::Abandon { cause } => write!(f, "abandon the move: {cause}"),
            Self::Settle => f.write_str("settle"),
            Self::Fail { cause } => write!(f, "fail: {cause}"),
            Self::Forget => f.write_str("forget"),
        }
    }
}

/// The steps that lead from what is seen to what `cluster` shall be; none when it is there. `observe` answers for
/// each node at the generation given.
pub fn plan(cluster: &CacheCluster, observe: impl Fn(CacheNodeId, Generation) -> Observed) -> Vec<Step> {
    let seen: Vec<_> =
        cluster.nodes.iter().map(|node| (node.id, observe(node.id, node.generation))).collect();
    let answering = |(id, state): &(CacheNodeId, Observed)| (*state == Observed::Answering).then_some(*id);
    let answering: Vec<_> = seen.iter().filter_map(answering).collect();
    let seen = seen.into_iter();
    let (first, transition) = match &cluster.phase {
        Phase::Deleting => return deletion(cluster, seen),
        Phase::IncompatibleNetwork { .. } | Phase::RestoreFailed { .. } => return clearance(seen),
        // Its deletion follows when the snapshot is taken.
        Phase::FinalSnapshot => return Vec::new(),
        Phase::Creating => (FirstStart::Yes, Transition::UnderWay),
        Phase::Available | Phase::Snapshotting => (FirstStart::No, Transition::Over),
        Phase::Modifying | Phase::Rebooting | Phase::Recovering => (FirstStart::No, Transition::UnderWay),
    };
    let leaving: Vec<_> = cluster.leaving().collect();
    let stays = |id: &CacheNodeId| leaving.iter().all(|node| node.id != *id);
    let staying = seen.filter(|(id, _)| stays(id));
    let mut steps = moved(cluster, keep(staying, first, transition));
    let changes_the_row = steps
        .iter()
        .any(|step| matches!(step, Step::Replace { .. } | Step::Resume(_) | Step::Abandon { .. }));
    if changes_the_row {
        return steps;
    }
    let applying = !cluster.parameter_apply.applying.is_empty();
    if applying && steps.is_empty() {
        steps.push(Step::Settle);
    }
    if steps.last() == Some(&Step::Settle) {
        let end = steps.pop();
        // One that is yet to answer may have been started before the change.
        if applying {
            steps.extend(cluster.nodes.iter().map(|node| node.id).filter(stays).map(Step::Configure));
        }
        // One that is yet to answer is told then.
        if cluster.auth_under_way.is_some() {
            steps.extend(answering.into_iter().filter(|id| stays(id)).map(Step::Admit));
        }
        steps.extend(end);
    }
    if leaving.is_empty() {
        return steps;
    }
    let end = steps.pop();
    steps.into_iter().chain(parting(leaving)).chain(end).collect()
}

/// Removes nodes that clients may be using, once these had time to look again. Seen or not: what a runtime did not list
/// for once must not outlive its place in the row.
fn parting<'c>(leaving: impl IntoIterator<Item = &'c CacheNode>) -> impl Iterator<Item = Step> {
    let each = leaving.into_iter().flat_map(|node| {
        // Nobody was sent to one that never answered.
        let drain = node.created_at.map(|_| Step::Drain(node.id));
        drain.into_iter().chain([Step::RemoveNode(node.id)])
    });
    [Step::Withdraw].into_iter().chain(each)
}

/// The same with what a move under way asks for: it goes on when the node answers that is to leave, and goes back when
/// the one that was to arrive with its data does not come up: that lies aside, so its end is no loss.
fn moved(cluster: &CacheCluster, steps: Vec<Step>) -> Vec<Step> {
    let arrives_with_data = cluster
        .engine_move
        .as_ref()
        .is_some_and(|under_way| under_way.stage == MoveStage::Arriving && under_way.data_lies_aside);
    let going_on = |departure| {
        cluster.nodes.iter().map(move |node| match departure {
            Departure::Resize => Step::Resize(node.id),
            Departure::HandOver => Step::HandOver(node.id),
        })
    };
    let changed = steps.into_iter().flat_map(|step| match (step, cluster.departure()) {
        (Step::Settle, Some(departure)) => going_on(departure).collect(),
        (Step::Replace { cause, .. }, _) if arrives_with_data => {
            vec![Step::Abandon { cause }]
        }
        (step, _) => vec![step],
    });
    changed.collect()
}

/// Whether the nodes start for the first time: an engine that dies then makes the creation fail.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FirstStart {
    Yes,
    No,
}

/// Whether the cluster's row waits for its nodes to answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Transition {
    UnderWay,
    Over,
}

/// Removes every node, seen or not: what a runtime did not list for once must not outlive its row.
fn deletion(cluster: &CacheCluster, seen: impl Iterator<Item = (CacheNodeId, Observed)>) -> Vec<Step> {
    if cluster.leaves_group() {
        return parting(&cluster.nodes).chain([Step::Forget]).collect();
    }
    seen.map(|(id, _)| Step::RemoveNode(id)).chain([Step::Forget]).collect()
}

/// Removes what is seen of a cluster that failed and is kept for the user to look at.
fn clearance(seen: impl Iterator<Item = (CacheNodeId, Observed)>) -> Vec<Step> {
    let there = seen.filter(|(_, state)| *state != Observed::Absent);
    there.map(|(id, _)| Step::RemoveNode(id)).collect()
}

fn keep(
    seen: impl Iterator<Item = (CacheNodeId, Observed)>,
    first: FirstStart,
    transition: Transition,
) -> Vec<Step> {
    let mut starts = Vec::new();
    let mut waits = Vec::new();
    let mut records = Vec::new();
    for (id, state) in seen {
        match state {
            Observed::Absent | Observed::Stopped if transition == Transition::Over => {
                records.push(Step::Resume(id));
            }
            Observed::Absent | Observed::Outdated | Observed::Stopped => {
                starts.push(Step::EnsureNode(id));
                waits.push(Step::AwaitAnswer(id));
            }
            Observed::Starting => waits.push(Step::AwaitAnswer(id)),
            Observed::Answering => {}
            Observed::Died { detail } if first == FirstStart::Yes => {
                return vec![Step::Fail { cause: detail }];
            }
            Observed::Died { detail } => records.push(Step::Replace { node: id, cause: detail }),
            Observed::Hung => {
                records.push(Step::Replace { node: id, cause: "it no longer answered".to_owned() });
            }
        }
    }
    // They change the row: what follows is planned from the new one.
    if !records.is_empty() {
        return records;
    }
    let network = (!starts.is_empty()).then_some(Step::EnsureNetwork);
    let end = (transition == Transition::UnderWay || !waits.is_empty()).then_some(Step::Settle);
    network.into_iter().chain(starts).chain(waits).chain(end).collect()
}
