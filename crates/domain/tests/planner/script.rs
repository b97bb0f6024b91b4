//! Scripts: `tests/scripts/*.txt`, each a story. A line changes the cluster or what is seen of its nodes; at each empty
//! line the planner is asked, and what it answers stands behind `> `.
//!
//! `do` settle | reboot | upgrade | hand over | abandon | delete | leave (its replication group, which stays) | fail | lose | resume | give up | retune (its parameter group) changes the stored cluster
//! or its node 0001; `do fleet N`
//! has one of N nodes be created in its stead, `do grow N` and `do shrink N ID…` give it another number of nodes. `see`
//! absent | outdated | stopped | died | hung | starting | answering says what is seen of every node, with an id behind it
//! of that one; `#` tells the story. `UPDATE_EXPECT=1` writes the answers.

use std::collections::BTreeMap;
use std::path::Path;

use domain::cluster::{CacheCluster, Membership, NodeData};
use domain::ids::CacheNodeId;
use domain::plan::{Observed, plan};
use domain::replication_group::NodeGroupId;
use jiff::Timestamp;

const NODE: CacheNodeId = CacheNodeId::new(1);

#[test]
fn the_scripts_are_planned_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    let mut scripts: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    scripts.sort();
    assert!(scripts.len() >= 10, "the scripts are there");
    for path in scripts {
        let text = std::fs::read_to_string(&path).unwrap();
        expect_test::expect_file![&path].assert_eq(&Story::new().run(&text));
    }
}

struct Story {
    cluster: CacheCluster,
    /// Of each node that there may be, and what is said of none in particular.
    seen: (BTreeMap<CacheNodeId, Observed>, Observed),
}

impl Story {
    fn new() -> Self {
        Self { cluster: super::cluster::creating(), seen: (BTreeMap::new(), Observed::Absent) }
    }

    fn run(mut self, text: &str) -> String {
        let mut told = String::new();
        for line in text.lines().filter(|line| !line.starts_with("> ")) {
            if line.is_empty() {
                told.push_str(&self.answer());
            } else if let Some(verb) = line.strip_prefix("do ") {
                self.act(verb);
            } else if let Some(seen) = line.strip_prefix("see ") {
                match seen.split_once(' ') {
                    Some((seen, id)) => {
                        drop(self.seen.0.insert(id.parse().expect("a node's id"), observed(seen)))
                    }
                    None => self.seen = (BTreeMap::new(), observed(seen)),
                }
            } else {
                assert!(line.starts_with('#'), "not a line of a script: {line}");
            }
            told.push_str(line);
            told.push('\n');
        }
        told
    }

    fn answer(&self) -> String {
        let steps = plan(&self.cluster, |id, _| self.seen.0.get(&id).unwrap_or(&self.seen.1).clone());
        if steps.is_empty() {
            return "> nothing\n".to_owned();
        }
        steps.iter().map(|step| format!("> {step}\n")).collect()
    }

    fn act(&mut self, verb: &str) {
        let cluster = &mut self.cluster;
        let mut words = verb.split(' ');
        match (words.next().unwrap_or_default(), words.next().and_then(|number| number.parse().ok())) {
            ("fleet", Some(nodes)) => return *cluster = super::cluster::fleet(nodes),
            ("grow" | "shrink", Some(nodes)) => {
                let without: Vec<_> = words.map(|id| id.parse().expect("a node's id")).collect();
                return super::cluster::resize(cluster, nodes, &without).expect("a good request");
            }
            _ => {}
        }
        match verb {
            "give up" => return drop(cluster.give_up_joining("no image").expect("nodes that are joining")),
            "settle" => cluster.settle(&BTreeMap::new(), Timestamp::UNIX_EPOCH).map(drop),
            "reboot" => cluster.reboot(&[NODE]).map(drop),
            "delete" => cluster.delete(),
            "leave" => {
                let (group, node_group) = ("g".parse().expect("a group's id"), NodeGroupId::FIRST);
                cluster.membership = Some(Membership { group, node_group, leaves: false });
                return cluster.leave_group();
            }
            "fail" => cluster.fail("no image").map(drop),
            "lose" => cluster.lose(NODE, NodeData::Gone).map(drop),
            "upgrade" => {
                let change = super::cluster::upgrade(cluster).expect("a cluster that can be upgraded");
                cluster.modify(change, Vec::new()).map(drop)
            }
            "hand over" => {
                let generation = cluster.nodes[0].generation;
                return drop(cluster.handed_over(NODE, generation, NodeData::Kept));
            }
            "abandon" => cluster.abandon_move("no image").map(drop),
            "retune" => {
                let values = [("timeout".to_owned(), "30".to_owned())];
                return cluster.take_parameters(&values.into());
            }
            "resume" => cluster.lose(NODE, NodeData::Kept).map(drop),
            other => panic!("not a verb of a script: {other}"),
        }
        .expect("a phase that allows the verb");
    }
}

fn observed(word: &str) -> Observed {
    match word {
        "absent" => Observed::Absent,
        "outdated" => Observed::Outdated,
        "stopped" => Observed::Stopped,
        "died" => Observed::Died { detail: "exit code 1".to_owned() },
        "hung" => Observed::Hung,
        "starting" => Observed::Starting,
        "answering" => Observed::Answering,
        other => panic!("nothing to see: {other}"),
    }
}
