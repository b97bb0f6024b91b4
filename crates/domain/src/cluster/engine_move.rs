//! A Redis or Valkey cluster's move to another engine version, node type or cluster mode: its data goes along.
//!
//! While it is under way the spec says what the cluster is served as before; the move says what it shall be. A crash
//! at any step leaves one of the [`MoveStage`]s, from which the move goes on.

use serde::{Deserialize, Serialize};

use super::{CacheCluster, ClusterSpec, NodeData, NodeState, WrongPhase};
use crate::engine::Engine;
use crate::event::ClusterEvent;
use crate::ids::{CacheNodeId, CacheParameterGroupName};
use crate::node::Generation;
use crate::node_type::CacheNodeType;
use crate::parameter::ParameterValues;
use crate::parameter_group::ClusterMode;

/// What a cluster is served as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// The engine: a replication group's member can go from Redis to Valkey. None: written when none could.
    #[serde(default)]
    pub engine: Option<Engine>,
    /// The version that AWS reports.
    pub engine_version: String,
    /// The version as it was asked for; none: the engine's default.
    pub requested_version: Option<String>,
    /// The node type.
    pub cache_node_type: CacheNodeType,
    /// The parameter group, which is of the version's family.
    pub cache_parameter_group_name: CacheParameterGroupName,
    /// What the group says.
    #[serde(default, skip_serializing_if = "ParameterValues::is_empty")]
    pub parameters: ParameterValues,
}

impl Served {
    /// What the spec says.
    pub fn of(spec: &ClusterSpec) -> Self {
        Self {
            engine: Some(spec.engine),
            engine_version: spec.engine_version.clone(),
            requested_version: spec.requested_version.clone(),
            cache_node_type: spec.cache_node_type.clone(),
            cache_parameter_group_name: spec.cache_parameter_group_name.clone(),
            parameters: spec.parameters.clone(),
        }
    }

    /// Whether its engine is one of a cluster's.
    pub fn cluster_mode(&self) -> ClusterMode {
        ClusterMode::of(&self.parameters)
    }

    /// Whether an engine that serves so becomes the other by a move alone.
    pub fn differs(&self, other: &Self) -> bool {
        self.engine.is_some_and(|engine| other.engine.is_some_and(|other| other != engine))
            || self.moving() != other.moving()
    }

    /// What asks for a move when it changes.
    fn moving(&self) -> (&str, &CacheNodeType, ClusterMode) {
        (&self.engine_version, &self.cache_node_type, self.cluster_mode())
    }

    pub(crate) fn put_into(self, spec: &mut ClusterSpec) {
        spec.engine = self.engine.unwrap_or(spec.engine);
        spec.engine_version = self.engine_version;
        spec.requested_version = self.requested_version;
        spec.cache_node_type = self.cache_node_type;
        spec.cache_parameter_group_name = self.cache_parameter_group_name;
        spec.parameters = self.parameters;
    }
}

/// A move under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineMove {
    /// What the cluster shall be served as.
    pub to: Served,
    /// How far it is.
    pub stage: MoveStage,
    /// Whether the node's data lies aside once it left. That of a replica does not: it takes its primary's over anew.
    #[serde(default = "lies_aside")]
    pub data_lies_aside: bool,
}

/// Of moves that were stored before one could be otherwise.
const fn lies_aside() -> bool {
    true
}

/// How far a move is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MoveStage {
    /// The node serves as before; its data is to be taken, or its limit to be changed while it runs.
    Leaving,
    /// The node was ended and its data lies aside: it is to start with it as what it shall be.
    Arriving,
    /// It could not: it is to start with the same data as what it was.
    Returning,
}

/// How a node is moved that still serves as before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departure {
    /// It goes on running under another memory limit.
    Resize,
    /// It hands its data over and ends.
    HandOver,
}

impl CacheCluster {
    /// Begins the move to what the spec says now, from what it said before; the spec then says that again. The nodes of
    /// an engine that keeps nothing need no move: they start anew, empty.
    pub(super) fn begin_move(&mut self, before: Served) -> Vec<ClusterEvent> {
        let to = Served::of(&self.spec);
        if to.moving() == before.moving() {
            return Vec::new();
        }
        if self.spec.engine == Engine::Memcached {
            let stay = self.nodes.iter().filter(|node| node.state == NodeState::Available);
            let nodes: Vec<_> = stay.map(|node| node.id).collect();
            return self.start_anew(&nodes);
        }
        before.put_into(&mut self.spec);
        self.engine_move =
            Some(Box::new(EngineMove { to, stage: MoveStage::Leaving, data_lies_aside: false }));
        Vec::new()
    }

    /// What its nodes are to run as now.
    pub fn served(&self) -> Served {
        match self.engine_move.as_deref() {
            Some(EngineMove { to, stage: MoveStage::Arriving, .. }) => to.clone(),
            _ => Served::of(&self.spec),
        }
    }

    /// The engine that serves as `served` says.
    pub fn engine_of(&self, served: &Served) -> Engine {
        served.engine.unwrap_or(self.spec.engine)
    }

    /// Whether a node that starts now starts with the data that was taken from it.
    pub fn starts_from_seed(&self) -> bool {
        self.engine_move.as_ref().is_some_and(|engine_move| engine_move.data_lies_aside)
    }

    /// How a node is to leave what it is served as; none: no move is under way, or it has left.
    pub fn departure(&self) -> Option<Departure> {
        let EngineMove { to, stage: MoveStage::Leaving, .. } = self.engine_move.as_deref()? else {
            return None;
        };
        let before = Served::of(&self.spec);
        let limit_alone = to.engine_version == before.engine_version
            && to.cache_parameter_group_name == before.cache_parameter_group_name;
        Some(if limit_alone { Departure::Resize } else { Departure::HandOver })
    }

    /// What it is moved to, as `PendingModifiedValues` shows it: until the move is done it is served as before
    /// (uncertain: what AWS shows of a change that it applies at once).
    pub fn moving_to(&self) -> Option<&Served> {
        let under_way = self.engine_move.as_ref().filter(|under_way| under_way.stage != MoveStage::Returning);
        under_way.map(|under_way| &under_way.to)
    }

    /// The node goes on under its new limit: the move is done.
    pub fn resized(&mut self) -> Vec<ClusterEvent> {
        match self.departure() {
            Some(Departure::Resize) => self.arrive().into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// The node, at this generation, was ended. Where its data lies aside, its next generation starts with it.
    pub fn handed_over(
        &mut self,
        node: CacheNodeId,
        generation: Generation,
        data: NodeData,
    ) -> Vec<ClusterEvent> {
        let Some(under_way) = self.engine_move.as_deref_mut() else { return Vec::new() };
        if under_way.stage != MoveStage::Leaving {
            return Vec::new();
        }
        let Some(node) = self.nodes.iter_mut().find(|n| n.id == node && n.generation == generation) else {
            return Vec::new();
        };
        node.generation = node.generation.next();
        node.state = NodeState::Rebooting;
        under_way.stage = MoveStage::Arriving;
        under_way.data_lies_aside = data == NodeData::Kept;
        vec![ClusterEvent::NodeShutdown(node.id)]
    }

    /// The move cannot be done, for good. A node that still serves as before goes on, one that left returns to what it
    /// was, with its data. One that returns already has nowhere else to go.
    ///
    /// # Errors
    /// Never: like what else is recorded of a cluster.
    pub fn abandon_move(&mut self, cause: &str) -> Result<Vec<ClusterEvent>, WrongPhase> {
        let Some(under_way) = self.engine_move.take() else { return Ok(Vec::new()) };
        let told = under_way.failure(&self.spec, cause);
        match under_way.stage {
            MoveStage::Leaving => {}
            MoveStage::Arriving => {
                for node in &mut self.nodes {
                    node.generation = node.generation.next();
                }
                self.engine_move = Some(Box::new(EngineMove { stage: MoveStage::Returning, ..*under_way }));
            }
            MoveStage::Returning => {
                self.engine_move = Some(under_way);
                return Ok(Vec::new());
            }
        }
        Ok(vec![told])
    }

    /// What it is on its way to; what it is, where it is on its way to nothing else.
    pub fn becomes(&self) -> Served {
        self.moving_to().cloned().unwrap_or_else(|| Served::of(&self.spec))
    }

    /// A replica whose way led elsewhere is to be `as_is`, what its primary is. It starts anew with that one's data, unless it
    /// never left what it is to be.
    ///
    /// # Errors
    /// When nothing of the cluster is to run.
    pub fn renew(&mut self, as_is: Served) -> Result<Vec<ClusterEvent>, WrongPhase> {
        let stays = self.departure().is_some() && !as_is.differs(&Served::of(&self.spec));
        self.engine_move = None;
        as_is.put_into(&mut self.spec);
        if stays {
            return Ok(Vec::new());
        }
        let engine = format!("{} {}", self.spec.engine.as_str(), self.spec.engine_version);
        let text = format!(
            "It starts anew as what its primary is, {engine} on {}, with that one's data",
            self.spec.cache_node_type
        );
        let mut told = vec![ClusterEvent::Notice(text)];
        told.extend(self.lose(CacheNodeId::new(1), NodeData::Gone)?);
        Ok(told)
    }

    /// Every node answers: a node that left has come to where it was to go, or back.
    pub(super) fn arrive(&mut self) -> Option<ClusterEvent> {
        let under_way = self.engine_move.take()?;
        if under_way.stage == MoveStage::Returning {
            return None;
        }
        let event = under_way.success(&self.spec);
        under_way.to.put_into(&mut self.spec);
        event
    }
}

impl EngineMove {
    /// Of another cluster mode its group tells.
    fn success(&self, before: &ClusterSpec) -> Option<ClusterEvent> {
        if self.to.engine_version != before.engine_version {
            let (from, to) = (before.engine_version.clone(), self.to.engine_version.clone());
            return Some(ClusterEvent::EngineUpgraded { from, to });
        }
        let (from, to) = (before.cache_node_type.to_string(), self.to.cache_node_type.to_string());
        (from != to).then_some(ClusterEvent::NodeTypeChanged { from, to })
    }

    fn failure(&self, before: &ClusterSpec, cause: &str) -> ClusterEvent {
        let cause = cause.to_owned();
        if self.to.engine_version != before.engine_version {
            let (from, to) = (before.engine_version.clone(), self.to.engine_version.clone());
            return ClusterEvent::UpgradeFailed { from, to, cause };
        }
        if self.to.cluster_mode() != ClusterMode::of(&before.parameters) {
            return ClusterEvent::Notice(format!("The cluster mode could not be changed: {cause}"));
        }
        ClusterEvent::NodeTypeFailed { to: self.to.cache_node_type.to_string(), cause }
    }
}

#[cfg(test)]
mod tests;
