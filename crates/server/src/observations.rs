//! What the runtime was last seen to hold: derived state, never stored.
//!
//! Filled by the runtime's list, by what `ensure` answers, by its events and by missed heartbeats; read by the
//! planner, by the names and by the forwards.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use dataplane::engine::Links;
use dataplane::proxy::engine::Policy;
use dataplane::runtime::{NodeHandle, ObservedNode, ObservedState};
use domain::node::{Generation, NodeId};
use domain::plan::Observed;
use tokio::sync::Notify;

/// One node as it was last seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// Of which generation it is.
    pub generation: Generation,
    /// What it does.
    pub seen: Seen,
    /// What it is to the others of its replication group, as it was last told and said.
    pub place: Place,
    /// Whether it has had all of its shard's data since it was last empty: a link that drops takes nothing from it.
    pub has_had_data: bool,
    /// Whom it was last told to let in, by their fingerprint.
    pub admits: Option<String>,
    /// What its proxy was last told, or would be if it had one; none: nobody looked yet.
    pub policy: Option<Policy>,
    /// Whether its engine is behind a proxy; none: it was found, and nobody looked yet.
    pub is_behind: Option<bool>,
    /// What its links to others of its cluster are when nobody has looked after them since.
    pub links: Links,
    /// With cluster mode: whether it knew who has each slot when it was last asked.
    pub knows_slots: bool,
}

impl Observation {
    /// A node that was told nothing yet.
    const fn new(generation: Generation, seen: Seen) -> Self {
        Self {
            generation,
            seen,
            place: Place::Untold,
            has_had_data: false,
            admits: None,
            policy: None,
            is_behind: None,
            links: Links::AsTheyShallBe,
            knows_slots: false,
        }
    }
}

/// A node's place among the others of its replication group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Place {
    /// It was told none yet, or belongs to no group.
    #[default]
    Untold,
    /// It takes writes.
    Leads,
    /// It follows the primary, without its data so far.
    Behind,
    /// It follows the primary, and had all its writes when it was last asked.
    InSync,
}

/// A node's condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// Its process runs.
    Running {
        /// Where it answers.
        address: IpAddr,
        /// On which port.
        port: u16,
        /// Whether it did answer since.
        answered: bool,
        /// Whether it ran already when Simfra first looked, and so should answer at once.
        found: bool,
    },
    /// Its process ended while Simfra watched: the engine died.
    Died {
        /// Why, for people.
        detail: String,
    },
    /// Its process was found ended after Simfra or the backend was away: it restarts with its data.
    Stopped,
    /// It runs and does not answer.
    Hung,
}

/// The nodes as last seen; absent nodes have no entry.
#[derive(Debug, Default)]
pub struct Observations {
    nodes: Mutex<HashMap<NodeId, Observation>>,
    deaths: Notify,
}

impl Observations {
    fn nodes(&self) -> MutexGuard<'_, HashMap<NodeId, Observation>> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A node as last seen.
    pub fn of(&self, id: &NodeId) -> Option<Observation> {
        self.nodes().get(id).cloned()
    }

    /// Where a node answers, if it runs.
    pub fn address_of(&self, id: &NodeId) -> Option<(IpAddr, u16)> {
        match self.nodes().get(id)?.seen {
            Seen::Running { address, port, .. } => Some((address, port)),
            _ => None,
        }
    }

    /// Which life of a node runs, and on which port.
    pub fn running(&self, id: &NodeId) -> Option<(Generation, u16)> {
        match self.nodes().get(id)? {
            Observation { generation, seen: Seen::Running { port, .. }, .. } => Some((*generation, *port)),
            _ => None,
        }
    }

    /// Whether the node runs and has answered.
    pub fn answers(&self, id: &NodeId) -> bool {
        matches!(self.nodes().get(id), Some(Observation { seen: Seen::Running { answered: true, .. }, .. }))
    }

    /// Whether the node ran already when Simfra first looked.
    pub fn was_found(&self, id: &NodeId) -> bool {
        matches!(self.nodes().get(id), Some(Observation { seen: Seen::Running { found: true, .. }, .. }))
    }

    /// Replaces everything by what a list of the runtime says: nothing in it died while Simfra watched.
    pub fn replace_all(&self, listed: Vec<ObservedNode>) {
        let fresh = listed.into_iter().map(|node| {
            let seen = match node.state {
                ObservedState::Running { address, port } => {
                    Seen::Running { address, port, answered: false, found: true }
                }
                ObservedState::Exited { .. } => Seen::Stopped,
            };
            (node.id, Observation::new(node.generation, seen))
        });
        *self.nodes() = fresh.collect();
    }

    /// A node was started, behind a proxy if `is_proxied`, or adopted.
    pub fn started(&self, id: &NodeId, generation: Generation, handle: &NodeHandle, is_proxied: bool) {
        let seen = Seen::Running {
            address: handle.address,
            port: handle.port,
            answered: false,
            found: handle.adopted,
        };
        let is_behind = (!handle.adopted).then_some(is_proxied);
        let started = Observation { is_behind, ..Observation::new(generation, seen) };
        self.nodes().insert(id.clone(), started);
    }

    /// The engine of the node of this generation is behind a proxy, or is not.
    pub fn put_behind(&self, id: &NodeId, generation: Generation, is_behind: bool) {
        if let Some(node) = self.nodes().get_mut(id).filter(|node| node.generation == generation) {
            node.is_behind = Some(is_behind);
        }
    }

    /// Whether the engine of the node of this generation is behind a proxy; none: nobody looked since it was found.
    pub fn is_behind(&self, id: &NodeId, generation: Generation) -> Option<bool> {
        self.nodes().get(id).filter(|node| node.generation == generation)?.is_behind
    }

    /// The node was told to take writes.
    pub fn told_to_lead(&self, id: &NodeId, generation: Generation) {
        self.put_in_place(id, generation, Place::Leads);
    }

    /// The node follows its primary.
    pub fn follows(&self, id: &NodeId, generation: Generation, in_sync: bool) {
        self.put_in_place(id, generation, if in_sync { Place::InSync } else { Place::Behind });
    }

    fn put_in_place(&self, id: &NodeId, generation: Generation, place: Place) {
        if let Some(node) = self.nodes().get_mut(id).filter(|node| node.generation == generation) {
            node.place = place;
            node.has_had_data |= matches!(place, Place::Leads | Place::InSync);
        }
    }

    /// The node dropped its data, to begin anew.
    pub fn emptied(&self, id: &NodeId, generation: Generation) {
        if let Some(node) = self.nodes().get_mut(id).filter(|node| node.generation == generation) {
            node.has_had_data = false;
        }
    }

    /// Whether the node of this generation has had all of its shard's data since it was last empty.
    pub fn has_had_data(&self, id: &NodeId, generation: Generation) -> bool {
        self.nodes().get(id).is_some_and(|node| node.generation == generation && node.has_had_data)
    }

    fn has_place(&self, id: &NodeId, generation: Generation, place: Place) -> bool {
        let nodes = self.nodes();
        nodes.get(id).is_some_and(|node| node.generation == generation && node.place == place)
    }

    /// Whether the node of this generation was told to take writes, and does not know otherwise.
    pub fn leads(&self, id: &NodeId, generation: Generation) -> bool {
        self.has_place(id, generation, Place::Leads)
    }

    /// Whether the node of this generation had all of its primary's writes when it was last asked.
    pub fn was_in_sync(&self, id: &NodeId, generation: Generation) -> bool {
        self.has_place(id, generation, Place::InSync)
    }

    /// Whether the node of this generation was told no place since it was started or found.
    pub fn is_untold(&self, id: &NodeId, generation: Generation) -> bool {
        self.has_place(id, generation, Place::Untold)
    }

    /// The node was told whom to let in.
    pub fn told_to_admit(&self, id: &NodeId, generation: Generation, clients: String) {
        if let Some(node) = self.nodes().get_mut(id).filter(|node| node.generation == generation) {
            node.admits = Some(clients);
        }
    }

    /// Whether the node of this generation was last told to let these in.
    pub fn admits(&self, id: &NodeId, generation: Generation, clients: &str) -> bool {
        let nodes = self.nodes();
        let node = nodes.get(id).filter(|node| node.generation == generation);
        node.is_some_and(|node| node.admits.as_deref() == Some(clients))
    }

    /// The node's proxy was told whom to take.
    pub fn told_policy(&self, id: &NodeId, generation: Generation, policy: Policy) {
        if let Some(node) = self.nodes().get_mut(id).filter(|node| node.generation == generation) {
            node.policy = Some(policy);
        }
    }

    /// The node's links to others of its cluster are such.
    pub fn has_links(&self, id: &NodeId, generation: Generation, links: Links) {
        if let Some(node) = self.nodes().get_mut(id).filter(|node| node.generation == generation) {
            node.links = links;
        }
    }

    /// What the links of the node of this generation to others of its cluster are.
    pub fn links_of(&self, id: &NodeId, generation: Generation) -> Links {
        let nodes = self.nodes();
        let node = nodes.get(id).filter(|node| node.generation == generation);
        node.map_or(Links::AsTheyShallBe, |node| node.links)
    }

    /// The node knows who has each slot of its cluster, or does not yet.
    pub fn put_knowledge_of_slots(&self, id: &NodeId, generation: Generation, knows: bool) {
        if let Some(node) = self.nodes().get_mut(id).filter(|node| node.generation == generation) {
            node.knows_slots = knows;
        }
    }

    /// Whether the node runs, and knew who has each slot of its cluster when it was last asked.
    pub fn knows_slots(&self, id: &NodeId) -> bool {
        let nodes = self.nodes();
        nodes.get(id).is_some_and(|node| node.knows_slots && matches!(node.seen, Seen::Running { .. }))
    }

    /// What the proxy of the node of this generation was last told.
    pub fn policy_of(&self, id: &NodeId, generation: Generation) -> Option<Policy> {
        self.nodes().get(id).filter(|node| node.generation == generation)?.policy.clone()
    }

    /// Whether the node runs, and had all of its primary's writes when it was last asked.
    pub fn is_in_sync(&self, id: &NodeId) -> bool {
        let nodes = self.nodes();
        nodes
            .get(id)
            .is_some_and(|node| node.place == Place::InSync && matches!(node.seen, Seen::Running { .. }))
    }

    /// Whether the node runs at another generation than this, or did when it last answered.
    pub fn outlives(&self, id: &NodeId, generation: Generation) -> bool {
        let nodes = self.nodes();
        let other = nodes.get(id).filter(|node| node.generation != generation);
        matches!(other, Some(Observation { seen: Seen::Running { .. } | Seen::Hung, .. }))
    }

    /// Whether the node of this generation runs and has answered.
    pub fn answers_as(&self, id: &NodeId, generation: Generation) -> bool {
        let nodes = self.nodes();
        let node = nodes.get(id).filter(|node| node.generation == generation);
        matches!(node, Some(Observation { seen: Seen::Running { answered: true, .. }, .. }))
    }

    /// A node answered its first ping.
    pub fn answered(&self, id: &NodeId) {
        if let Some(Observation { seen: Seen::Running { answered, .. }, .. }) = self.nodes().get_mut(id) {
            *answered = true;
        }
    }

    /// A node's process ended while it was watched.
    pub fn died(&self, id: &NodeId, detail: String) {
        if let Some(node) = self.nodes().get_mut(id) {
            node.seen = Seen::Died { detail };
        }
        self.deaths.notify_waiters();
    }

    /// Waits until the node dies; answers why.
    pub async fn death_of(&self, id: &NodeId) -> String {
        loop {
            let next = self.deaths.notified();
            tokio::pin!(next);
            // Registered before the look, so that a death between the two is not missed.
            next.as_mut().enable();
            if let Some(Observation { seen: Seen::Died { detail }, .. }) = self.of(id) {
                return detail;
            }
            next.await;
        }
    }

    /// A node of this generation missed its heartbeats. A newer one is not meant.
    pub fn hung(&self, id: &NodeId, generation: Generation) {
        match self.nodes().get_mut(id) {
            Some(node) if node.generation == generation => {
                if matches!(node.seen, Seen::Running { .. }) {
                    node.seen = Seen::Hung;
                }
            }
            _ => {}
        }
    }

    /// A node that was taken to run at this generation is not there; false when that was no longer what was known.
    pub fn vanished(&self, id: &NodeId, generation: Generation) -> bool {
        let mut nodes = self.nodes();
        let ran = nodes
            .get(id)
            .is_some_and(|node| node.generation == generation && matches!(node.seen, Seen::Running { .. }));
        if ran {
            nodes.remove(id);
        }
        ran
    }

    /// A node for planning, at the `wanted` generation.
    pub fn for_plan(&self, id: &NodeId, wanted: Generation) -> Observed {
        let nodes = self.nodes();
        let Some(node) = nodes.get(id) else { return Observed::Absent };
        if node.generation != wanted {
            return Observed::Outdated;
        }
        match &node.seen {
            Seen::Running { answered: false, .. } => Observed::Starting,
            Seen::Running { answered: true, .. } => Observed::Answering,
            Seen::Died { detail } => Observed::Died { detail: detail.clone() },
            Seen::Stopped => Observed::Stopped,
            Seen::Hung => Observed::Hung,
        }
    }

    /// A node is gone.
    pub fn removed(&self, id: &NodeId) {
        self.nodes().remove(id);
    }

    /// Every node that was seen, for finding those that no resource owns.
    pub fn ids(&self) -> Vec<NodeId> {
        self.nodes().keys().cloned().collect()
    }
}
