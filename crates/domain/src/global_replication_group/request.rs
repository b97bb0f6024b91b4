//! Requests on global datastores as they came: every member of the service model's messages, unchecked.

use crate::replication_group::ReshardingConfiguration;
use crate::tag::RequestedTag;

/// `CreateGlobalReplicationGroupMessage`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct CreateGlobalReplicationGroup {
    pub global_replication_group_id_suffix: Option<String>,
    pub global_replication_group_description: Option<String>,
    pub primary_replication_group_id: Option<String>,
    pub tags: Vec<RequestedTag>,
}

/// `DescribeGlobalReplicationGroupsMessage`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct DescribeGlobalReplicationGroups {
    pub global_replication_group_id: Option<String>,
    pub max_records: Option<i32>,
    pub marker: Option<String>,
    pub show_member_info: Option<bool>,
}

/// `DeleteGlobalReplicationGroupMessage`; the model demands both members.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct DeleteGlobalReplicationGroup {
    pub global_replication_group_id: Option<String>,
    pub retain_primary_replication_group: Option<bool>,
}

/// `DisassociateGlobalReplicationGroupMessage`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct DisassociateGlobalReplicationGroup {
    pub global_replication_group_id: Option<String>,
    pub replication_group_id: Option<String>,
    pub replication_group_region: Option<String>,
}

/// `FailoverGlobalReplicationGroupMessage`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct FailoverGlobalReplicationGroup {
    pub global_replication_group_id: Option<String>,
    pub primary_region: Option<String>,
    pub primary_replication_group_id: Option<String>,
}

/// `ModifyGlobalReplicationGroupMessage`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct ModifyGlobalReplicationGroup {
    pub global_replication_group_id: Option<String>,
    pub apply_immediately: Option<bool>,
    pub cache_node_type: Option<String>,
    pub engine: Option<String>,
    pub engine_version: Option<String>,
    pub cache_parameter_group_name: Option<String>,
    pub global_replication_group_description: Option<String>,
    pub automatic_failover_enabled: Option<bool>,
}

/// `RegionalConfiguration`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct RegionalConfiguration {
    pub replication_group_id: Option<String>,
    pub replication_group_region: Option<String>,
    pub resharding_configuration: Vec<ReshardingConfiguration>,
}

/// `IncreaseNodeGroupsInGlobalReplicationGroupMessage`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct IncreaseNodeGroupsInGlobalReplicationGroup {
    pub global_replication_group_id: Option<String>,
    pub node_group_count: Option<i32>,
    pub regional_configurations: Vec<RegionalConfiguration>,
    pub apply_immediately: Option<bool>,
}

/// `DecreaseNodeGroupsInGlobalReplicationGroupMessage`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct DecreaseNodeGroupsInGlobalReplicationGroup {
    pub global_replication_group_id: Option<String>,
    pub node_group_count: Option<i32>,
    pub global_node_groups_to_remove: Vec<String>,
    pub global_node_groups_to_retain: Vec<String>,
    pub apply_immediately: Option<bool>,
}

/// `RebalanceSlotsInGlobalReplicationGroupMessage`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct RebalanceSlotsInGlobalReplicationGroup {
    pub global_replication_group_id: Option<String>,
    pub apply_immediately: Option<bool>,
}
