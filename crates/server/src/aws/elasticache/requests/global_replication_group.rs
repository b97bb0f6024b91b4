//! Requests on global datastores.

use domain::global_replication_group as request;
use models::elasticache::shapes;

use super::replication_group::resharding;
use super::{list, tags};

pub(in crate::aws::elasticache) fn create(
    sent: shapes::CreateGlobalReplicationGroupMessage,
) -> request::CreateGlobalReplicationGroup {
    request::CreateGlobalReplicationGroup {
        global_replication_group_id_suffix: sent.global_replication_group_id_suffix,
        global_replication_group_description: sent.global_replication_group_description,
        primary_replication_group_id: sent.primary_replication_group_id,
        tags: tags(sent.tags),
    }
}

pub(in crate::aws::elasticache) fn describe(
    sent: shapes::DescribeGlobalReplicationGroupsMessage,
) -> request::DescribeGlobalReplicationGroups {
    request::DescribeGlobalReplicationGroups {
        global_replication_group_id: sent.global_replication_group_id,
        max_records: sent.max_records,
        marker: sent.marker,
        show_member_info: sent.show_member_info,
    }
}

pub(in crate::aws::elasticache) fn delete(
    sent: shapes::DeleteGlobalReplicationGroupMessage,
) -> request::DeleteGlobalReplicationGroup {
    request::DeleteGlobalReplicationGroup {
        global_replication_group_id: sent.global_replication_group_id,
        retain_primary_replication_group: sent.retain_primary_replication_group,
    }
}

pub(in crate::aws::elasticache) fn disassociate(
    sent: shapes::DisassociateGlobalReplicationGroupMessage,
) -> request::DisassociateGlobalReplicationGroup {
    request::DisassociateGlobalReplicationGroup {
        global_replication_group_id: sent.global_replication_group_id,
        replication_group_id: sent.replication_group_id,
        replication_group_region: sent.replication_group_region,
    }
}

pub(in crate::aws::elasticache) fn failover(
    sent: shapes::FailoverGlobalReplicationGroupMessage,
) -> request::FailoverGlobalReplicationGroup {
    request::FailoverGlobalReplicationGroup {
        global_replication_group_id: sent.global_replication_group_id,
        primary_region: sent.primary_region,
        primary_replication_group_id: sent.primary_replication_group_id,
    }
}

pub(in crate::aws::elasticache) fn modify(
    sent: shapes::ModifyGlobalReplicationGroupMessage,
) -> request::ModifyGlobalReplicationGroup {
    request::ModifyGlobalReplicationGroup {
        global_replication_group_id: sent.global_replication_group_id,
        apply_immediately: sent.apply_immediately,
        cache_node_type: sent.cache_node_type,
        engine: sent.engine,
        engine_version: sent.engine_version,
        cache_parameter_group_name: sent.cache_parameter_group_name,
        global_replication_group_description: sent.global_replication_group_description,
        automatic_failover_enabled: sent.automatic_failover_enabled,
    }
}

pub(in crate::aws::elasticache) fn increase(
    sent: shapes::IncreaseNodeGroupsInGlobalReplicationGroupMessage,
) -> request::IncreaseNodeGroupsInGlobalReplicationGroup {
    let regional =
        list(sent.regional_configurations).into_iter().map(|each| request::RegionalConfiguration {
            replication_group_id: each.replication_group_id,
            replication_group_region: each.replication_group_region,
            resharding_configuration: resharding(each.resharding_configuration),
        });
    request::IncreaseNodeGroupsInGlobalReplicationGroup {
        global_replication_group_id: sent.global_replication_group_id,
        node_group_count: sent.node_group_count,
        regional_configurations: regional.collect(),
        apply_immediately: sent.apply_immediately,
    }
}

pub(in crate::aws::elasticache) fn decrease(
    sent: shapes::DecreaseNodeGroupsInGlobalReplicationGroupMessage,
) -> request::DecreaseNodeGroupsInGlobalReplicationGroup {
    request::DecreaseNodeGroupsInGlobalReplicationGroup {
        global_replication_group_id: sent.global_replication_group_id,
        node_group_count: sent.node_group_count,
        global_node_groups_to_remove: list(sent.global_node_groups_to_remove),
        global_node_groups_to_retain: list(sent.global_node_groups_to_retain),
        apply_immediately: sent.apply_immediately,
    }
}

pub(in crate::aws::elasticache) fn rebalance(
    sent: shapes::RebalanceSlotsInGlobalReplicationGroupMessage,
) -> request::RebalanceSlotsInGlobalReplicationGroup {
    request::RebalanceSlotsInGlobalReplicationGroup {
        global_replication_group_id: sent.global_replication_group_id,
        apply_immediately: sent.apply_immediately,
    }
}
