//! Cache clusters: requests, specs, validation, life cycle, and the stored resource.
//!
//! Field names of requests are those of the service model; a request holds what came, a [`ClusterSpec`] what shall be.

use std::net::{Ipv4Addr, SocketAddrV4};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::arn::{Arn, ResourceType};
use crate::endpoint::EndpointNames;
use crate::engine::Engine;
use crate::ids::{AvailabilityZone, CacheClusterId, CacheNodeId, ReplicationGroupId, Scope, SubnetId};
use crate::network::TransitEncryption;
use crate::node::{Generation, NodeId};
use crate::rare::Rare;
use crate::replication_group::NodeGroupId;

mod auth;
mod describe;
mod engine_move;
mod lifecycle;
mod operation;
mod parameters;
mod pending;
mod placement;
mod request;
mod resize;
mod spec;
mod surroundings;
pub mod validate;

pub use auth::{Admission, Auth, AuthTokenStatus, TokenHash};
pub use describe::ClusterQuery;
pub use engine_move::{Departure, EngineMove, MoveStage, Served};
pub use lifecycle::{NodeState, Phase, PhaseEvent, WrongPhase};
pub use operation::NodeData;
pub use parameters::{ParameterApply, ParameterApplyStatus};
pub use pending::{PendingModifiedValues, PendingVersion, Resize};
pub use placement::Ground;
pub use request::{
    CreateCacheCluster, DeleteCacheCluster, DescribeCacheClusters, LogDeliveryConfigurationRequest,
    ModifyCacheCluster, RebootCacheCluster, ScaleConfig, Secret,
};
pub use spec::{ClusterSpec, NotificationConfiguration};
pub use surroundings::Surroundings;

/// A cache cluster as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheCluster {
    /// Account and region.
    pub scope: Scope,
    /// Its id.
    pub id: CacheClusterId,
    /// What it shall be.
    pub spec: ClusterSpec,
    /// Where it stands.
    pub phase: Phase,
    /// `CacheClusterCreateTime`: when it first became available; none before.
    pub created_at: Option<Timestamp>,
    /// Its nodes, by number.
    pub nodes: Vec<CacheNode>,
    /// `PendingModifiedValues`: what waits for the maintenance window.
    pub pending: Rare<PendingModifiedValues>,
    /// The move to another engine version or node type that is under way; apart from the row, which rarely has one.
    #[serde(default)]
    pub engine_move: Option<Box<EngineMove>>,
    /// `CacheParameterGroup`'s state on it.
    pub parameter_apply: Rare<ParameterApply>,
    /// The version of the list of nodes that auto discovery answers: one more for each node that joins or leaves it.
    #[serde(default = "first_list")]
    pub discovery_version: u64,
    /// The replication group that it is a node of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub membership: Option<Membership>,
    /// The moment after which its next automatic snapshot is due; apart from the row, which rarely has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshots_since: Option<Box<Timestamp>>,
    /// `AuthTokenStatus`: what its nodes are being told of its tokens; none: they know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_under_way: Option<AuthTokenStatus>,
}

/// Where a cluster stands in a replication group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The group.
    pub group: ReplicationGroupId,
    /// The shard.
    pub node_group: NodeGroupId,
    /// Whether it is deleted while the group stays, whose clients are to look elsewhere first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub leaves: bool,
}

/// A cache node as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheNode {
    /// `0001`.
    pub id: CacheNodeId,
    /// How often it was started anew.
    pub generation: Generation,
    /// `CustomerAvailabilityZone`.
    pub availability_zone: AvailabilityZone,
    /// The subnet that holds its address.
    pub subnet: SubnetId,
    /// Its address in the VPC, as the API reports it.
    pub address: Ipv4Addr,
    /// The port at which it answers; none before it answered. Another than the spec's only where the process
    /// runtime found that one taken.
    pub port: Option<u16>,
    /// Where it is published on the host, which is then its endpoint; none while VPCs are isolated.
    #[serde(default)]
    pub published: Option<SocketAddrV4>,
    /// `CacheNodeCreateTime`: when it first answered; none before.
    pub created_at: Option<Timestamp>,
    /// Where it stands.
    pub state: NodeState,
}

/// A new cluster's `discovery_version` (uncertain).
fn first_list() -> u64 {
    1
}

impl CacheCluster {
    /// A cluster that was asked for: creating, with its nodes placed.
    pub fn new(scope: Scope, id: CacheClusterId, spec: ClusterSpec, nodes: Vec<CacheNode>) -> Self {
        Self {
            scope,
            id,
            spec,
            phase: Phase::Creating,
            created_at: None,
            nodes,
            pending: Rare::default(),
            engine_move: None,
            parameter_apply: Rare::default(),
            discovery_version: first_list(),
            membership: None,
            snapshots_since: None,
            auth_under_way: None,
        }
    }

    /// Its ARN.
    pub fn arn(&self) -> Arn {
        Arn::new(&self.scope, ResourceType::Cluster, self.id.as_str())
    }

    /// `CacheClusterStatus` in a list; see [`Phase::status`].
    pub fn status(&self) -> &'static str {
        self.phase.status()
    }

    /// The node with this number.
    pub fn node(&self, id: CacheNodeId) -> Option<&CacheNode> {
        self.nodes.iter().find(|node| node.id == id)
    }

    /// A node's identity at the runtime.
    pub fn node_id(&self, node: CacheNodeId) -> NodeId {
        NodeId { scope: self.scope.clone(), cluster: self.id.clone(), node }
    }

    /// `Endpoint` of a node: its name and port, or where it is published. None before it answered for the first time.
    pub fn node_endpoint(&self, node: &CacheNode, names: &EndpointNames) -> Option<(String, u16)> {
        node.endpoint_or(|| self.node_name(node.id, names))
    }

    /// A node's name. With TLS a member's stands below its group's, so that one certificate could do for all.
    pub fn node_name(&self, node: CacheNodeId, names: &EndpointNames) -> String {
        self.node_name_as(node, names, self.spec.transit_encryption)
    }

    /// A node's name where encryption in transit is such: on the way there and back a member has either.
    pub fn node_name_as(
        &self,
        node: CacheNodeId,
        names: &EndpointNames,
        encryption: TransitEncryption,
    ) -> String {
        match &self.membership {
            Some(membership) if encryption.is_on() => names.encrypted_member(&self.id, &membership.group),
            _ => names.node(&self.id, node),
        }
    }

    /// Every name that it or a node of it can have had: encryption in transit may have changed.
    pub fn every_name(&self, names: &EndpointNames) -> Vec<String> {
        let mut every: Vec<_> = self.nodes.iter().map(|node| names.node(&self.id, node.id)).collect();
        every.extend(self.membership.iter().map(|of| names.encrypted_member(&self.id, &of.group)));
        if self.spec.engine == Engine::Memcached {
            every.push(names.configuration(&self.id));
        }
        every
    }

    /// `ConfigurationEndpoint`: Memcached's, once the cluster was available. Where nodes are published it is one of
    /// theirs: any of them knows all.
    pub fn configuration_endpoint(&self, names: &EndpointNames) -> Option<(String, u16)> {
        let shown = self.spec.engine == Engine::Memcached && self.created_at.is_some();
        let node = self.staying().next().or(self.nodes.first()).filter(|_| shown)?;
        node.endpoint_or(|| names.configuration(&self.id))
    }

    /// `PreferredAvailabilityZone`: the one asked for, and once the cluster was available the one it is in;
    /// `Multiple` where its nodes lie in several.
    pub fn preferred_availability_zone(&self) -> Option<&str> {
        let asked = self.spec.preferred_availability_zone.as_ref().map(AvailabilityZone::as_str);
        let mut zones = self.nodes.iter().map(|node| node.availability_zone.as_str());
        let first = zones.next().filter(|_| self.created_at.is_some());
        match first {
            Some(first) if zones.all(|zone| zone == first) => Some(first),
            Some(_) => Some("Multiple"),
            None => asked,
        }
    }

    /// Whether it serves and nothing is under way.
    pub fn is_available(&self) -> bool {
        self.phase == Phase::Available
    }

    /// When what waits for the maintenance window is put in force; of a replication group's members their group does
    /// that.
    pub fn due(&self) -> Option<Timestamp> {
        let alone = self.membership.is_none();
        self.pending.due(&self.spec.preferred_maintenance_window).filter(|_| alone)
    }

    /// Whether nothing is under way: a waiter need not be held.
    pub fn is_settled(&self) -> bool {
        self.phase.is_settled()
    }
}

impl CacheNode {
    fn endpoint_or(&self, name: impl FnOnce() -> String) -> Option<(String, u16)> {
        match self.published {
            Some(socket) if self.port.is_some() => Some((socket.ip().to_string(), socket.port())),
            _ => self.port.map(|port| (name(), port)),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
