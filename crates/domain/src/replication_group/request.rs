//! Requests on replication groups as they came: every member of the service model's messages, unchecked.

use crate::cluster::{LogDeliveryConfigurationRequest, Secret};
use crate::tag::RequestedTag;

/// `CreateReplicationGroupMessage`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct CreateReplicationGroup {
    pub replication_group_id: Option<String>,
    pub replication_group_description: Option<String>,
    pub global_replication_group_id: Option<String>,
    pub primary_cluster_id: Option<String>,
    pub automatic_failover_enabled: Option<bool>,
    pub multi_az_enabled: Option<bool>,
    pub num_cache_clusters: Option<i32>,
    pub preferred_cache_cluster_azs: Vec<String>,
    pub num_node_groups: Option<i32>,
    pub replicas_per_node_group: Option<i32>,
    pub node_group_configuration: Vec<NodeGroupConfiguration>,
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
    pub transit_encryption_enabled: Option<bool>,
    pub at_rest_encryption_enabled: Option<bool>,
    pub kms_key_id: Option<String>,
    pub user_group_ids: Vec<String>,
    pub log_delivery_configurations: Vec<LogDeliveryConfigurationRequest>,
    pub data_tiering_enabled: Option<bool>,
    pub network_type: Option<String>,
    pub ip_discovery: Option<String>,
    pub transit_encryption_mode: Option<String>,
    pub cluster_mode: Option<String>,
    pub serverless_cache_snapshot_name: Option<String>,
    pub durability: Option<String>,
}

/// `NodeGroupConfiguration`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct NodeGroupConfiguration {
    pub node_group_id: Option<String>,
    pub slots: Option<String>,
    pub replica_count: Option<i32>,
    pub primary_availability_zone: Option<String>,
    pub replica_availability_zones: Vec<String>,
    pub primary_outpost_arn: Option<String>,
    pub replica_outpost_arns: Vec<String>,
}

/// `DescribeReplicationGroupsMessage`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct DescribeReplicationGroups {
    pub replication_group_id: Option<String>,
    pub max_records: Option<i32>,
    pub marker: Option<String>,
}

/// `DeleteReplicationGroupMessage`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct DeleteReplicationGroup {
    pub replication_group_id: Option<String>,
    pub retain_primary_cluster: Option<bool>,
    pub final_snapshot_identifier: Option<String>,
}

/// `ModifyReplicationGroupMessage`; its `NodeGroupId` is "not used" (API reference).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct ModifyReplicationGroup {
    pub replication_group_id: Option<String>,
    pub replication_group_description: Option<String>,
    pub primary_cluster_id: Option<String>,
    pub snapshotting_cluster_id: Option<String>,
    pub automatic_failover_enabled: Option<bool>,
    pub multi_az_enabled: Option<bool>,
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
    pub user_group_ids_to_add: Vec<String>,
    pub user_group_ids_to_remove: Vec<String>,
    pub remove_user_groups: Option<bool>,
    pub log_delivery_configurations: Vec<LogDeliveryConfigurationRequest>,
    pub ip_discovery: Option<String>,
    pub transit_encryption_enabled: Option<bool>,
    pub transit_encryption_mode: Option<String>,
    pub cluster_mode: Option<String>,
    pub durability: Option<String>,
}

/// `ConfigureShard`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct ConfigureShard {
    pub node_group_id: Option<String>,
    pub new_replica_count: Option<i32>,
    pub preferred_availability_zones: Vec<String>,
    pub preferred_outpost_arns: Vec<String>,
}

/// `IncreaseReplicaCountMessage`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct IncreaseReplicaCount {
    pub replication_group_id: Option<String>,
    pub new_replica_count: Option<i32>,
    pub replica_configuration: Vec<ConfigureShard>,
    pub apply_immediately: Option<bool>,
}

/// `DecreaseReplicaCountMessage`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct DecreaseReplicaCount {
    pub replication_group_id: Option<String>,
    pub new_replica_count: Option<i32>,
    pub replica_configuration: Vec<ConfigureShard>,
    pub replicas_to_remove: Vec<String>,
    pub apply_immediately: Option<bool>,
}

/// `ReshardingConfiguration`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct ReshardingConfiguration {
    pub node_group_id: Option<String>,
    pub preferred_availability_zones: Vec<String>,
}

/// `ModifyReplicationGroupShardConfigurationMessage`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct ModifyShardConfiguration {
    pub replication_group_id: Option<String>,
    pub node_group_count: Option<i32>,
    pub apply_immediately: Option<bool>,
    pub resharding_configuration: Vec<ReshardingConfiguration>,
    pub node_groups_to_remove: Vec<String>,
    pub node_groups_to_retain: Vec<String>,
}

/// `TestFailoverMessage`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct TestFailover {
    pub replication_group_id: Option<String>,
    pub node_group_id: Option<String>,
}
