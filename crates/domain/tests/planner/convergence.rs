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
/// The most nodes that a fleet of this test has.
const MOST: u16 = 4;

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

/// What happens before a round of planning, to one of the nodes or to all.
#[derive(Debug, Clone, Copy)]
enum Happening {
    Nothing,
    EngineDies(CacheNodeId),
    EngineHangs(CacheNodeId),
    NodeVanishes(CacheNodeId),
    SimfraRestarts,
    DeleteAsked,
    RebootAsked(CacheNodeId),
    GrowthAsked,
    ShrinkageAsked(CacheNodeId),
    JoiningFails,
    UpgradeAsked,
}

/// The store and the runtime: what a crash leaves.
#[derive(Debug, Clone)]
struct World {
    stored: Option<CacheCluster>,
    processes: BTreeMap<CacheNodeId, Process>,
    network: bool,
}

impl World {
    fn observed(&self, node: CacheNodeId, wanted: Generation) -> Observed {
        match self.processes.get(&node) {
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
        // Clients ask at any time; where the phase or the request forbids, they are refused, which is no matter here.
        match (what, &mut self.stored) {
            (Happening::EngineDies(node), _) => {
                if let Some(process) = self.processes.get_mut(&node) {
                    (process.exited, process.seen) = (true, Seen::Died);
                }
            }
            (Happening::EngineHangs(node), _) => {
                if let Some(process) = self.processes.get_mut(&node).filter(|process| !process.exited) {
                    (process.hangs, process.seen) = (true, Seen::Hung);
                }
            }
            (Happening::NodeVanishes(node), _) => drop(self.processes.remove(&node)),
            (Happening::SimfraRestarts, _) => {
                for process in self.processes.values_mut() {
                    process.seen = if process.exited { Seen::Stopped } else { Seen::Starting };
                }
            }
            (Happening::DeleteAsked, Some(cluster)) => drop(cluster.delete()),
            (Happening::RebootAsked(node), Some(cluster)) if cluster.node(node).is_some() => {
                drop(cluster.reboot(&[node]));
            }
            (Happening::GrowthAsked, Some(cluster)) if cluster.spec.num_cache_nodes < MOST => {
                let nodes = i32::from(cluster.spec.num_cache_nodes) + 1;
                drop(super::cluster::resize(cluster, nodes, &[]));
            }
            (Happening::ShrinkageAsked(node), Some(cluster)) => {
                let nodes = i32::from(cluster.spec.num_cache_nodes) - 1;
                drop(super::cluster::resize(cluster, nodes, &[node]));
            }
            (Happening::UpgradeAsked, Some(cluster)) if cluster.phase == Phase::Available => {
                if let Some(change) = super::cluster::upgrade(cluster) {
                    drop(cluster.modify(change, Vec::new()));
                }
            }
            (Happening::JoiningFails, Some(cluster)) => drop(cluster.give_up_joining("no image")),
            _ => {}
        }
    }

    fn take(&mut self, step: &Step) {
        let now = Timestamp::UNIX_EPOCH;
        let stored = self.stored.as_mut().expect("a plan is for a stored cluster");
        match step {
            Step::EnsureNetwork => self.network = true,
            Step::Withdraw | Step::Drain(_) | Step::Admit(_) | Step::Configure(_) => {}
            Step::EnsureNode(node) => {
                assert!(self.network, "a node needs its network");
                let generation = stored.node(*node).expect("a node of the cluster").generation;
                let fresh = Process { generation, exited: false, hangs: false, seen: Seen::Starting };
                self.processes.insert(*node, fresh);
            }
            Step::AwaitAnswer(node) => {
                let process = self.processes.get_mut(node).filter(|process| process.seen == Seen::Starting);
                if let Some(process) = process {
                    process.seen = if process.hangs { Seen::Hung } else { Seen::Answering };
                }
            }
            Step::RemoveNode(node) => drop(self.processes.remove(node)),
            Step::Replace { node, .. } => {
                drop(stored.lose(*node, NodeData::Gone).expect("a phase with nodes"))
            }
            Step::HandOver(node) => {
                let ended = self.processes.remove(node);
                assert!(ended.is_some_and(|process| !process.exited), "a node that runs is left");
                let generation = stored.node(*node).expect("a node of the cluster").generation;
                drop(stored.handed_over(*node, generation, NodeData::Kept));
            }
            Step::Resize(_) => drop(stored.resized()),
            Step::Abandon { cause } => drop(stored.abandon_move(cause).expect("a move under way")),
            Step::Resume(node) => drop(stored.lose(*node, NodeData::Kept).expect("a phase with nodes")),
            Step::Settle => drop(stored.settle(&BTreeMap::new(), now).expect("a phase with nodes")),
            Step::Fail { cause } => drop(stored.fail(cause).expect("a creating cluster")),
            Step::Forget => self.stored = None,
        }
    }

    /// Plans, and does at most so many steps, as far as they succeed; whether there was nothing to do.
    fn round(&mut self, at_most: usize) -> bool {
        let Some(cluster) = self.stored.clone() else { return true };
        let steps = plan(&cluster, |node, wanted| self.observed(node, wanted));
        for step in steps.iter().take(at_most) {
            self.take(step);
            let hung = matches!(step, Step::AwaitAnswer(node)
                if self.processes.get(node).is_some_and(|process| process.seen == Seen::Hung));
            if hung {
                break;
            }
        }
        steps.is_empty()
    }

    fn check_rest(&self) {
        match &self.stored {
            None => assert!(self.processes.is_empty(), "a forgotten cluster left {:?}", self.processes),
            Some(cluster) if cluster.phase == Phase::Available => {
                assert_eq!(cluster.engine_move, None, "a move ends with its transition");
                assert_eq!(cluster.nodes.len(), usize::from(cluster.spec.num_cache_nodes));
                assert_eq!(cluster.nodes.len(), self.processes.len(), "a node too many or too few: {self:?}");
                for node in &cluster.nodes {
                    let process = self.processes[&node.id];
                    assert_eq!(node.state, NodeState::Available);
                    assert_eq!(process.generation, node.generation);
                    assert!(!process.exited && !process.hangs, "{process:?}");
                }
            }
            Some(cluster) => {
                let phase = &cluster.phase;
                let failed = matches!(phase, Phase::IncompatibleNetwork { .. } | Phase::RestoreFailed { .. });
                assert!(failed, "at rest in {phase:?}");
                assert!(self.processes.is_empty(), "a failed cluster left {:?}", self.processes);
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
    (standing, 1u32..4, 1..=MOST).prop_map(|((phase, state), generation, nodes)| {
        let mut cluster = super::cluster::fleet(i32::from(nodes));
        let created_at = (phase != Phase::Creating).then_some(Timestamp::UNIX_EPOCH);
        (cluster.phase, cluster.created_at) = (phase, created_at);
        for node in &mut cluster.nodes {
            (node.state, node.created_at, node.generation) = (state, created_at, Generation(generation));
        }
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
    let node = || (1..=MOST).prop_map(CacheNodeId::new);
    let happening = prop_oneof![
        8 => Just(Happening::Nothing),
        4 => Just(Happening::SimfraRestarts),
        2 => node().prop_map(Happening::EngineDies),
        2 => node().prop_map(Happening::EngineHangs),
        2 => node().prop_map(Happening::NodeVanishes),
        1 => Just(Happening::DeleteAsked),
        2 => node().prop_map(Happening::RebootAsked),
        4 => Just(Happening::GrowthAsked),
        4 => node().prop_map(Happening::ShrinkageAsked),
        1 => Just(Happening::JoiningFails),
        1 => Just(Happening::UpgradeAsked),
    ];
    proptest::collection::vec((happening, 0usize..12), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_situation_converges(
        cluster in cluster(),
        found in proptest::collection::btree_map((1..=MOST).prop_map(CacheNodeId::new), process(), 0..=4),
        network: bool,
        trouble in trouble(),
    ) {
        // What no row owns is removed before anything is planned.
        let processes = found.into_iter().filter(|(id, _)| cluster.node(*id).is_some()).collect();
        let mut world = World { stored: Some(cluster), processes, network };
        let mut newest: BTreeMap<CacheNodeId, Generation> = BTreeMap::new();
        let mut list = 0;
        for (happening, steps) in trouble {
            world.happen(happening);
            world.round(steps);
            let Some(cluster) = &world.stored else { continue };
            let generations: BTreeMap<_, _> = cluster.nodes.iter().map(|n| (n.id, n.generation)).collect();
            let rises = |(id, now): (&CacheNodeId, &Generation)| newest.get(id).is_none_or(|then| now >= then);
            // A node that left may come again, from its first generation on.
            prop_assert!(generations.iter().all(rises), "generations only rise while a node is there");
            newest = generations;
            prop_assert!(cluster.discovery_version >= list, "the list's version only rises");
            list = cluster.discovery_version;
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
        let mut world =
            World { stored: Some(cluster), processes: BTreeMap::from([(NODE, process)]), network: false };
        for steps in interruptions {
            world.round(steps);
            world.happen(Happening::SimfraRestarts);
        }
        prop_assert!((0..10).any(|_| world.round(usize::MAX)));
        world.check_rest();
        prop_assert_eq!(world.stored.expect("kept").nodes[0].generation, Generation::FIRST);
    }
}
