//! A fleet that grows and shrinks: nodes that join, and nodes that leave.
//!
//! A node that joins is `creating` beside those that serve; one that leaves is `deleting` until it is gone. Both are in
//! the row meanwhile, so that a number is not given to two nodes.

use super::{CacheCluster, CacheNode, NodeState, Phase, Resize};
use crate::event::ClusterEvent;
use crate::ids::CacheNodeId;

impl CacheCluster {
    /// Takes on another number of nodes. Who leaves is off the list that clients are told at once, who joins comes on
    /// it when it answers.
    pub(super) fn resize(&mut self, resize: Resize, added: Vec<CacheNode>) -> ClusterEvent {
        let event = match &resize {
            Resize::Add { mode, .. } => {
                self.spec.az_mode = *mode;
                ClusterEvent::NodesIncreasing
            }
            Resize::Remove(_) => ClusterEvent::NodesDecreasing,
        };
        self.nodes.extend(added);
        self.nodes.sort_by_key(|node| node.id);
        if let Resize::Remove(leaving) = resize {
            self.withdraw(|node| leaving.contains(&node.id));
        }
        self.spec.num_cache_nodes = self.count(|node| node.state != NodeState::Deleting);
        event
    }

    /// The nodes that were to join do not come up, for good: they leave again, and the cluster stays as it was.
    /// `cause` is for people. None: none is joining.
    pub fn give_up_joining(&mut self, cause: &str) -> Option<ClusterEvent> {
        if !matches!(self.phase, Phase::Modifying | Phase::Recovering) {
            return None;
        }
        let joining: Vec<CacheNodeId> =
            self.nodes.iter().filter(|node| node.state == NodeState::Creating).map(|node| node.id).collect();
        if joining.is_empty() {
            return None;
        }
        self.withdraw(|node| joining.contains(&node.id));
        self.spec.num_cache_nodes = self.count(|node| node.state != NodeState::Deleting);
        Some(ClusterEvent::NodesNotAdded { nodes: joining, cause: cause.to_owned() })
    }

    /// Those that leave a cluster that stays.
    pub fn leaving(&self) -> impl Iterator<Item = &CacheNode> {
        let stays = self.phase != Phase::Deleting;
        self.nodes.iter().filter(move |node| stays && node.state == NodeState::Deleting)
    }

    /// Those that do not leave it, by number. None does of one that leaves its replication group.
    pub fn staying(&self) -> impl Iterator<Item = &CacheNode> {
        let all_go = self.phase == Phase::Deleting && !self.leaves_group();
        self.nodes.iter().filter(move |node| all_go || node.state != NodeState::Deleting)
    }

    /// Whether it is being removed from a replication group that stays.
    pub fn leaves_group(&self) -> bool {
        self.membership.as_ref().is_some_and(|membership| membership.leaves)
    }

    /// The nodes that discovery clients are told: those that answered once and do not leave.
    pub fn listed(&self) -> impl Iterator<Item = &CacheNode> {
        self.nodes.iter().filter(|node| node.created_at.is_some() && node.state != NodeState::Deleting)
    }

    /// The list's version once the nodes that join are on it; without such, its version.
    pub fn next_discovery_version(&self) -> u64 {
        let joins = |node: &CacheNode| node.created_at.is_none() && node.state != NodeState::Deleting;
        let joining = if self.created_at.is_some() { self.count(joins) } else { 0 };
        self.discovery_version + u64::from(joining)
    }

    /// `NumCacheNodes`: what was asked for at first, then what there is. Who joins does not count yet, who leaves still
    /// does.
    pub fn num_cache_nodes(&self) -> u16 {
        match self.created_at {
            None => self.spec.num_cache_nodes,
            Some(_) => self.count(|node| node.created_at.is_some()),
        }
    }

    /// `NumCacheNodes` and `CacheNodeIdsToRemove` of `PendingModifiedValues`: what waits for the window or is "currently
    /// being applied" (API reference).
    pub fn pending_nodes(&self) -> Option<(u16, Vec<CacheNodeId>)> {
        if let Some(resize) = &self.pending.nodes {
            let removed = match resize {
                Resize::Add { .. } => Vec::new(),
                Resize::Remove(nodes) => nodes.clone(),
            };
            return Some((resize.outcome(self.spec.num_cache_nodes), removed));
        }
        let under_way = self.phase != Phase::Deleting && self.num_cache_nodes() != self.spec.num_cache_nodes;
        under_way.then(|| (self.spec.num_cache_nodes, self.leaving().map(|node| node.id).collect()))
    }

    /// Every node that stays answers and those that leave are gone: what is told of it. For the row before the nodes
    /// settle.
    pub(super) fn end_of_resize(&mut self) -> Vec<ClusterEvent> {
        if self.created_at.is_none() {
            return Vec::new();
        }
        let before = self.count(|node| node.created_at.is_some());
        let gone = self.nodes.extract_if(.., |node| node.state == NodeState::Deleting);
        let mut events: Vec<_> = gone.map(|node| ClusterEvent::NodeRemoved(node.id)).collect();
        let joined = self.count(|node| node.created_at.is_none());
        self.list_changed(joined);
        let after = self.count(|_| true);
        if before != after {
            events.push(ClusterEvent::NodesModified { from: before, to: after });
        }
        events
    }

    fn withdraw(&mut self, leaves: impl Fn(&CacheNode) -> bool) {
        let mut listed = 0;
        for node in self.nodes.iter_mut().filter(|node| leaves(node)) {
            listed += u16::from(node.created_at.is_some());
            node.state = NodeState::Deleting;
        }
        self.list_changed(listed);
    }

    fn list_changed(&mut self, nodes: u16) {
        self.discovery_version += u64::from(nodes);
    }

    fn count(&self, counts: impl Fn(&CacheNode) -> bool) -> u16 {
        u16::try_from(self.nodes.iter().filter(|node| counts(node)).count()).unwrap_or(u16::MAX)
    }
}
