//! Requests on clusters as they came: every member of the service model's messages, unchecked.

use crate::tag::RequestedTag;

/// A secret that came in a request: never shown, never stored.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// `CreateCacheClusterMessage`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct CreateCacheCluster {
    pub cache_cluster_id: Option<String>,
    pub replication_group_id: Option<String>,
    pub az_mode: Option<String>,
    pub preferred_availability_zone: Option<String>,
    pub preferred_availability_zones: Vec<String>,
    pub num_cache_nodes: Option<i32>,
    pub cache_node_type: Option<String>,
    pub engine: Option<String>,
    pub engine_version: Option<String>,
    pub cache_parameter_group_name: Option<String>,
    pub cache_subnet_group_name: Option<String>,
    pub cache_security_group_names: Vec<String>,
    pub security_group_ids: Vec<String>,
    pub tags: Vec<RequestedTag>,
    pub snapshot_arns: Vec<String>,
    pub snapshot_name: Option<String>,
    pub preferred_maintenance_window: Option<String>,
    pub port: Option<i32>,
    pub notification_topic_arn: Option<String>,
    pub auto_minor_version_upgrade: Option<bool>,
    pub snapshot_retention_limit: Option<i32>,
    pub snapshot_window: Option<String>,
    pub auth_token: Option<Secret>,
    pub outpost_mode: Option<String>,
    pub preferred_outpost_arn: Option<String>,
    pub preferred_outpost_arns: Vec<String>,
    pub log_delivery_configurations: Vec<LogDeliveryConfigurationRequest>,
    pub transit_encryption_enabled: Option<bool>,
    pub network_type: Option<String>,
    pub ip_discovery: Option<String>,
}

/// `ModifyCacheClusterMessage`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct ModifyCacheCluster {
    pub cache_cluster_id: Option<String>,
    pub num_cache_nodes: Option<i32>,
    pub cache_node_ids_to_remove: Vec<String>,
    pub az_mode: Option<String>,
    pub new_availability_zones: Vec<String>,
    pub cache_security_group_names: Vec<String>,
    pub security_group_ids: Vec<String>,
    pub preferred_maintenance_window: Option<String>,
    pub notification_topic_arn: Option<String>,
    pub cache_parameter_group_name: Option<String>,
    pub notification_topic_status: Option<String>,
    pub apply_immediately: Option<bool>,
    pub engine: Option<String>,
    pub engine_version: Option<String>,
    pub auto_minor_version_upgrade: Option<bool>,
    pub snapshot_retention_limit: Option<i32>,
    pub snapshot_window: Option<String>,
    pub cache_node_type: Option<String>,
    pub auth_token: Option<Secret>,
    pub auth_token_update_strategy: Option<String>,
    pub log_delivery_configurations: Vec<LogDeliveryConfigurationRequest>,
    pub ip_discovery: Option<String>,
    pub scale_config: Option<ScaleConfig>,
}

/// `DeleteCacheClusterMessage`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct DeleteCacheCluster {
    pub cache_cluster_id: Option<String>,
    pub final_snapshot_identifier: Option<String>,
}

/// `RebootCacheClusterMessage`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct RebootCacheCluster {
    pub cache_cluster_id: Option<String>,
    pub cache_node_ids_to_reboot: Vec<String>,
}

/// `DescribeCacheClustersMessage`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct DescribeCacheClusters {
    pub cache_cluster_id: Option<String>,
    pub max_records: Option<i32>,
    pub marker: Option<String>,
    pub show_cache_node_info: Option<bool>,
    pub show_cache_clusters_not_in_replication_groups: Option<bool>,
}

/// `LogDeliveryConfigurationRequest`, its destination's details apart: log delivery is not served yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct LogDeliveryConfigurationRequest {
    pub log_type: Option<String>,
    pub destination_type: Option<String>,
    pub log_format: Option<String>,
    pub enabled: Option<bool>,
}

/// `ScaleConfig`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct ScaleConfig {
    pub scale_percentage: Option<i32>,
    pub scale_interval_minutes: Option<i32>,
}
