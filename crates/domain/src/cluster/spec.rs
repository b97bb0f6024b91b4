//! What a cluster shall be.

use serde::{Deserialize, Serialize};

use super::Auth;
use crate::engine::Engine;
use crate::ids::{AvailabilityZone, CacheParameterGroupName, CacheSubnetGroupName, SecurityGroupId};
use crate::network::{AtRestEncryption, AzMode, IpDiscovery, NetworkType, TopicStatus, TransitEncryption};
use crate::node::VpcKey;
use crate::node_type::CacheNodeType;
use crate::parameter::ParameterValues;
use crate::tag::Tags;
use crate::window::{DailyWindow, MaintenanceWindow};

/// A cluster as it was asked for, defaults filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterSpec {
    /// Which engine.
    pub engine: Engine,
    /// The version that AWS reports, with its patch: `7.1.0`.
    pub engine_version: String,
    /// `EngineVersion` as it was asked for; none: the engine's default.
    pub requested_version: Option<String>,
    /// `cache.t3.micro`.
    pub cache_node_type: CacheNodeType,
    /// How many nodes.
    pub num_cache_nodes: u16,
    /// Whether nodes share a zone.
    pub az_mode: AzMode,
    /// The zone asked for, if one was.
    pub preferred_availability_zone: Option<AvailabilityZone>,
    /// A zone a node, if they were asked for.
    pub preferred_availability_zones: Vec<AvailabilityZone>,
    /// The port to listen on.
    pub port: u16,
    /// Its parameter group.
    pub cache_parameter_group_name: CacheParameterGroupName,
    /// Where that says something else than its family's defaults: what the nodes shall have.
    #[serde(default, skip_serializing_if = "ParameterValues::is_empty")]
    pub parameters: ParameterValues,
    /// Its subnet group.
    pub cache_subnet_group_name: CacheSubnetGroupName,
    /// The subnet group's VPC.
    pub vpc: VpcKey,
    /// Its VPC security groups, at least one.
    pub security_group_ids: Vec<SecurityGroupId>,
    /// When AWS may maintain it.
    pub preferred_maintenance_window: MaintenanceWindow,
    /// When it is snapshot; none for Memcached.
    pub snapshot_window: Option<DailyWindow>,
    /// Days that automatic snapshots are kept, 0 being off; none for Memcached.
    pub snapshot_retention_limit: Option<u8>,
    /// Whether minor versions are taken on.
    pub auto_minor_version_upgrade: bool,
    /// Who is told of its events.
    pub notification: Option<Box<NotificationConfiguration>>,
    /// Which IP versions it speaks.
    pub network_type: NetworkType,
    /// Which IP version discovery tells.
    pub ip_discovery: IpDiscovery,
    /// Whether its nodes speak TLS; set for good when it is created.
    #[serde(default)]
    pub transit_encryption: TransitEncryption,
    /// How its data at rest is encrypted: a replication group's members have the group's.
    #[serde(default)]
    pub at_rest_encryption: AtRestEncryption,
    /// Its AUTH tokens; none: anybody may come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<Box<Auth>>,
    /// Its tags.
    pub tags: Tags,
}

impl ClusterSpec {
    /// Whether its automatic snapshots are at another time, or begin or end.
    pub(crate) fn has_other_snapshots(&self, other: &Self) -> bool {
        let are_made = |spec: &Self| spec.snapshot_retention_limit > Some(0);
        self.snapshot_window != other.snapshot_window || are_made(self) != are_made(other)
    }
}

/// `NotificationConfiguration`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationConfiguration {
    /// The SNS topic.
    pub topic_arn: String,
    /// Whether it is told.
    pub topic_status: TopicStatus,
}
