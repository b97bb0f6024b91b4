//! At a start: whose processes are still there.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::node::NodeId;

use super::{Node, Nodes};
use crate::runtime::process::child::Child;
use crate::runtime::process::label::{Label, Record};
use crate::runtime::process::scan::{self, Identity, Labelled};

/// A process that may be a node's.
struct Candidate {
    identity: Identity,
    label: Label,
}

impl Nodes {
    /// Takes hold of the instance's running nodes; notes those that have only a record; ends what belongs to no node: an
    /// older generation, what a dead engine forked, a node of the instance's time with other folders.
    pub(super) fn adopt_all(self: &Arc<Self>) {
        let records: Vec<_> =
            self.folders.records().into_iter().filter(|record| record.label.owner == self.owner).collect();
        for (id, candidate) in self.candidates(&records) {
            self.loopback().adopt(&id, candidate.label.socket());
            if let Some(child) = Child::found(candidate.identity) {
                tracing::info!(node = %id, pid = candidate.identity.pid, "adopted");
                self.write_adopted(&candidate);
                self.keep(candidate.label, Arc::new(child));
            }
        }
        for Record { label, .. } in records {
            self.loopback().adopt(&label.id, label.socket());
            let ended = "was not running when Simfra started".to_owned();
            let node = Node { label, child: None, proxy: None, ended };
            self.table().entry(node.label.id.clone()).or_insert(node);
        }
        self.adopt_proxies();
    }

    /// The newest process of each node; the others are killed.
    fn candidates(&self, records: &[Record]) -> BTreeMap<NodeId, Candidate> {
        let recorded = records.iter().filter_map(|record| {
            let identity = record.process.filter(|process| scan::identity(process.pid) == Some(*process))?;
            Some(Candidate { identity, label: record.label.clone() })
        });
        let mut newest: BTreeMap<NodeId, Candidate> =
            recorded.map(|candidate| (candidate.label.id.clone(), candidate)).collect();
        for found in self
            .labelled()
            .into_iter()
            .filter(Labelled::leads)
            .filter(|found| found.label.owner == self.owner && !found.label.is_proxy)
        {
            let candidate = Candidate { identity: found.identity, label: found.label };
            let id = candidate.label.id.clone();
            let generation = candidate.label.generation;
            if newest.get(&id).is_none_or(|known| known.label.generation < generation) {
                newest.insert(id, candidate);
            }
        }
        self.kill_strays(|identity| newest.values().any(|candidate| candidate.identity == identity));
        newest
    }

    /// A crash between the start and its record leaves a record without a process.
    fn write_adopted(&self, candidate: &Candidate) {
        let record = Record { label: candidate.label.clone(), process: Some(candidate.identity) };
        if let Err(error) = self.folders.write_record(&record) {
            tracing::warn!("{error}");
        }
    }
}
