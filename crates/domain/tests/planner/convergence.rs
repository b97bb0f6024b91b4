//! From any situation, with a crash between any two steps and engines that die and hang meanwhile, planning and
//! doing comes to rest with what was wanted, and with no node beside it.

use std::collections::BTreeMap;

use domain::cluster::{CacheCluster, NodeData, NodeState, Phase};
use domain::ids::CacheNodeId;
use domain::node::Generation;
use domain::plan::{Observed, Step, plan};
use jiff::Timestamp;
use proptest::prelude::*;

const NODE: CacheNodeId = CacheNodeId::new(1);

/// What Simfra has seen of a process. A restart of Simfra forgets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Starting,
    Answering,
    Hung,
    Died,
    Stopped,
}

/// A process that the model's runtime keeps, and what is known of it.
#[derive(Debug, Clone, Copy)]
struct Process {
    generation: Generation,
    exited: bool,
    hangs: bool,
    seen: Seen,
}

/// What happens before a round of planning.
#[derive(Debug, Clone, Copy)]
enum Happening {
    Nothing,
    EngineDies,
    EngineHangs,
    NodeVanishes,
    SimfraRestarts,
    DeleteAsked,
    RebootAsked,
}

/// The store and the runtime: what a crash leaves.
#[derive(Debug, Clone)]
struct World {
    stored: Option<CacheCluster>,
    process: Option<Process>,
    network: bool,
}

impl World {
    fn observed(&self, wanted: Generation) -> Observed {
        match self.process {
            None => Observed::Absent,
            Some(process) if process.generation != wanted => Observed::Outdated,
            Some(process) => match process.seen {
                Seen::Starting => Observed::Starting,
                Seen::Answering => Observed::Answering,
                Seen::Hung => Observed::Hung,
                Seen::Died => Observed::Died { detail: "killed".to_owned() },
                Seen::Stopped => Observed::Stopped,
            },
        }
    }

    fn happen(&mut self, what: Happening) {
        match (what, &mut self.process, &mut self.stored) {
            (Happening::EngineDies, Some(process), _) => {
                (process.exited, process.seen) = (true, Seen::Died);
            }
            (Happening::EngineHangs, Some(process), _) if !process.exited => {
                (process.hangs, process.seen) = (true, Seen::Hung);
            }
            (Happening::NodeVanishes, process, _) => *process = None,
            (Happening::SimfraRestarts, Some(process), _) => {
                process.seen = if process.exited { Seen::Stopped } else { Seen::Starting };
            }
            // Clients ask at any time; where the phase forbids, they are refused, which is no matter here.
            (Happening::DeleteAsked, _, Some(cluster)) => drop(cluster.delete()),
            (Happening::RebootAsked, _, Some(cluster)) => drop(cluster.reboot(&[NODE])),
            _ => {}
        }
    }

    fn take(&mut self, step: &Step) {
        let now = Timestamp::UNIX_EPOCH;
        let stored = self.stored.as_mut().expect("a plan is for a stored cluster");
        match step {
            Step::EnsureNetwork => self.network = true,
            Step::Withdraw | Step::Drain(_) => {}
            Step::EnsureNode(NODE) => {
                assert!(self.network, "a node needs its network");
                let generation = stored.nodes[0].generation;
                self.process =
                    Some(Process { generation, exited: false, hangs: false, seen: Seen::Starting });
            }
            Step::AwaitAnswer(NODE) => {
                let process = self.process.as_mut().filter(|process| process.seen == Seen::Starting);
                if let Some(process) = process {
                    process.seen = if process.hangs { Seen::Hung } else { Seen::Answering };
                }
            }
            Step::RemoveNode(NODE) => self.process = None,
            Step::EnsureNode(other) | Step::AwaitAnswer(other) | Step::RemoveNode(other) => {
                panic!("the cluster has no node {other}")
            }
            Step::Replace { node, .. } => {
                drop(stored.lose(*node, NodeData::Gone).expect("a phase with nodes"))
            }
            Step::Resume(node) => drop(stored.lose(*node, NodeData::Kept).expect("a phase with nodes")),
            Step::Settle => drop(stored.settle(&BTreeMap::new(), now).expect("a phase with nodes")),
            Step::Fail { cause } => drop(stored.fail(cause).expect("a creating cluster")),
            Step::Forget => self.stored = None,
        }
    }

    /// Plans, and does at most so many steps, as far as they succeed; whether there was nothing to do.
    fn round(&mut self, at_most: usize) -> bool {
        let Some(cluster) = self.stored.clone() else { return true };
        let steps = plan(&cluster, |_, wanted| self.observed(wanted));
        for step in steps.iter().take(at_most) {
            self.take(step);
            let hung =
                matches!(step, Step::AwaitAnswer(_)) && self.process.is_some_and(|p| p.seen == Seen::Hung);
            if hung {
                break;
            }
        }
        steps.is_empty()
    }

    fn check_rest(&self) {
        match &self.stored {
            None => assert!(self.process.is_none(), "a forgotten cluster left {:?}", self.process),
            Some(cluster) if cluster.phase == Phase::Available => {
                let process = self.process.expect("an available cluster has its process");
                assert_eq!(cluster.nodes[0].state, NodeState::Available);
                assert_eq!(process.generation, cluster.nodes[0].generation);
                assert!(!process.exited && !process.hangs, "{process:?}");
            }
            Some(cluster) => {
                let phase = &cluster.phase;
                let failed = matches!(phase, Phase::IncompatibleNetwork { .. } | Phase::RestoreFailed { .. });
                assert!(failed, "at rest in {phase:?}");
                assert!(self.process.is_none(), "a failed cluster left {:?}", self.process);
            }
        }
    }
}

/// A cluster in any phase, with the node state that goes with it.
fn cluster() -> impl Strategy<Value = CacheCluster> {
    let failed = |phase| (phase, NodeState::Creating);
    let standing = prop_oneof![
        Just((Phase::Creating, NodeState::Creating)),
        Just((Phase::Available, NodeState::Available)),
        Just((Phase::Modifying, NodeState::Available)),
        Just((Phase::Rebooting, NodeState::Rebooting)),
        Just((Phase::Recovering, NodeState::Recovering)),
        Just((Phase::Recovering, NodeState::Resting)),
        Just((Phase::Deleting, NodeState::Deleting)),
        Just(failed(Phase::IncompatibleNetwork { cause: "no image".to_owned() })),
        Just(failed(Phase::RestoreFailed { cause: "no data".to_owned() })),
    ];
    (standing, 1u32..4).prop_map(|((phase, state), generation)| {
        let mut cluster = super::cluster::creating();
        cluster.phase = phase;
        cluster.nodes[0].state = state;
        cluster.nodes[0].generation = Generation(generation);
        cluster
    })
}

fn process() -> impl Strategy<Value = Process> {
    let condition = prop_oneof![
        Just((false, false, Seen::Starting)),
        Just((false, false, Seen::Answering)),
        Just((false, true, Seen::Starting)),
        Just((false, true, Seen::Hung)),
        Just((true, false, Seen::Died)),
        Just((true, false, Seen::Stopped)),
    ];
    (1u32..4, condition).prop_map(|(generation, (exited, hangs, seen))| Process {
        generation: Generation(generation),
        exited,
        hangs,
        seen,
    })
}

/// Rounds of trouble: what happens, and after how many steps Simfra is interrupted.
fn trouble() -> impl Strategy<Value = Vec<(Happening, usize)>> {
    let happening = prop_oneof![
        4 => Just(Happening::Nothing),
        2 => Just(Happening::SimfraRestarts),
        1 => Just(Happening::EngineDies),
        1 => Just(Happening::EngineHangs),
        1 => Just(Happening::NodeVanishes),
        1 => Just(Happening::DeleteAsked),
        1 => Just(Happening::RebootAsked),
    ];
    proptest::collection::vec((happening, 0usize..5), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_situation_converges(
        cluster in cluster(),
        process in proptest::option::of(process()),
        network: bool,
        trouble in trouble(),
    ) {
        let mut world = World { stored: Some(cluster), process, network };
        let mut newest = Generation(0);
        for (happening, steps) in trouble {
            world.happen(happening);
            world.round(steps);
            if let Some(cluster) = &world.stored {
                prop_assert!(cluster.nodes[0].generation >= newest, "generations only rise");
                newest = cluster.nodes[0].generation;
            }
        }
        let at_rest = (0..10).any(|_| world.round(usize::MAX));
        prop_assert!(at_rest, "still at work: {world:?}");
        world.check_rest();
    }

    #[test]
    fn what_was_only_stopped_keeps_its_data(interruptions in proptest::collection::vec(0usize..5, 0..6)) {
        let mut cluster = super::cluster::creating();
        cluster.settle(&BTreeMap::new(), Timestamp::UNIX_EPOCH).expect("a creating cluster");
        let process =
            Process { generation: Generation::FIRST, exited: true, hangs: false, seen: Seen::Stopped };
        let mut world = World { stored: Some(cluster), process: Some(process), network: false };
        for steps in interruptions {
            world.round(steps);
            world.happen(Happening::SimfraRestarts);
        }
        prop_assert!((0..10).any(|_| world.round(usize::MAX)));
        world.check_rest();
        prop_assert_eq!(world.stored.expect("kept").nodes[0].generation, Generation::FIRST);
    }
}
