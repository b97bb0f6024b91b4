//! Requests on replication groups.

use domain::replication_group as request;
use models::elasticache::shapes;

use super::{list, log_deliveries, secret, tags, text};

pub(in crate::aws::elasticache) fn create(
    sent: shapes::CreateReplicationGroupMessage,
) -> request::CreateReplicationGroup {
    let configured = list(sent.node_group_configuration).into_iter();
    request::CreateReplicationGroup {
        replication_group_id: sent.replication_group_id,
        replication_group_description: sent.replication_group_description,
        global_replication_group_id: sent.global_replication_group_id,
        primary_cluster_id: sent.primary_cluster_id,
        automatic_failover_enabled: sent.automatic_failover_enabled,
        multi_az_enabled: sent.multi_az_enabled,
        num_cache_clusters: sent.num_cache_clusters,
        preferred_cache_cluster_azs: list(sent.preferred_cache_cluster_azs),
        num_node_groups: sent.num_node_groups,
        replicas_per_node_group: sent.replicas_per_node_group,
        node_group_configuration: configured.map(node_group_configuration).collect(),
        cache_node_type: sent.cache_node_type,
        engine: sent.engine,
        engine_version: sent.engine_version,
        cache_parameter_group_name: sent.cache_parameter_group_name,
        cache_subnet_group_name: sent.cache_subnet_group_name,
        cache_security_group_names: list(sent.cache_security_group_names),
        security_group_ids: list(sent.security_group_ids),
        tags: tags(sent.tags),
        snapshot_arns: list(sent.snapshot_arns),
        snapshot_name: sent.snapshot_name,
        preferred_maintenance_window: sent.preferred_maintenance_window,
        port: sent.port,
        notification_topic_arn: sent.notification_topic_arn,
        auto_minor_version_upgrade: sent.auto_minor_version_upgrade,
        snapshot_retention_limit: sent.snapshot_retention_limit,
        snapshot_window: sent.snapshot_window,
        auth_token: secret(sent.auth_token),
        transit_encryption_enabled: sent.transit_encryption_enabled,
        at_rest_encryption_enabled: sent.at_rest_encryption_enabled,
        kms_key_id: sent.kms_key_id,
        user_group_ids: list(sent.user_group_ids),
        log_delivery_configurations: log_deliveries(sent.log_delivery_configurations),
        data_tiering_enabled: sent.data_tiering_enabled,
        network_type: text!(sent.network_type),
        ip_discovery: text!(sent.ip_discovery),
        transit_encryption_mode: text!(sent.transit_encryption_mode),
        cluster_mode: text!(sent.cluster_mode),
        serverless_cache_snapshot_name: sent.serverless_cache_snapshot_name,
        durability: text!(sent.durability),
    }
}

fn node_group_configuration(sent: shapes::NodeGroupConfiguration) -> request::NodeGroupConfiguration {
    request::NodeGroupConfiguration {
        node_group_id: sent.node_group_id,
        slots: sent.slots,
        replica_count: sent.replica_count,
        primary_availability_zone: sent.primary_availability_zone,
        replica_availability_zones: list(sent.replica_availability_zones),
        primary_outpost_arn: sent.primary_outpost_arn,
        replica_outpost_arns: list(sent.replica_outpost_arns),
    }
}

pub(in crate::aws::elasticache) fn describe(
    sent: shapes::DescribeReplicationGroupsMessage,
) -> request::DescribeReplicationGroups {
    request::DescribeReplicationGroups {
        replication_group_id: sent.replication_group_id,
        max_records: sent.max_records,
        marker: sent.marker,
    }
}

pub(in crate::aws::elasticache) fn delete(
    sent: shapes::DeleteReplicationGroupMessage,
) -> request::DeleteReplicationGroup {
    request::DeleteReplicationGroup {
        replication_group_id: sent.replication_group_id,
        retain_primary_cluster: sent.retain_primary_cluster,
        final_snapshot_identifier: sent.final_snapshot_identifier,
    }
}

pub(in crate::aws::elasticache) fn modify(
    sent: shapes::ModifyReplicationGroupMessage,
) -> request::ModifyReplicationGroup {
    request::ModifyReplicationGroup {
        replication_group_id: sent.replication_group_id,
        replication_group_description: sent.replication_group_description,
        primary_cluster_id: sent.primary_cluster_id,
        snapshotting_cluster_id: sent.snapshotting_cluster_id,
        automatic_failover_enabled: sent.automatic_failover_enabled,
        multi_az_enabled: sent.multi_az_enabled,
        cache_security_group_names: list(sent.cache_security_group_names),
        security_group_ids: list(sent.security_group_ids),
        preferred_maintenance_window: sent.preferred_maintenance_window,
        notification_topic_arn: sent.notification_topic_arn,
        cache_parameter_group_name: sent.cache_parameter_group_name,
        notification_topic_status: sent.notification_topic_status,
        apply_immediately: sent.apply_immediately,
        engine: sent.engine,
        engine_version: sent.engine_version,
        auto_minor_version_upgrade: sent.auto_minor_version_upgrade,
        snapshot_retention_limit: sent.snapshot_retention_limit,
        snapshot_window: sent.snapshot_window,
        cache_node_type: sent.cache_node_type,
        auth_token: secret(sent.auth_token),
        auth_token_update_strategy: text!(sent.auth_token_update_strategy),
        user_group_ids_to_add: list(sent.user_group_ids_to_add),
        user_group_ids_to_remove: list(sent.user_group_ids_to_remove),
        remove_user_groups: sent.remove_user_groups,
        log_delivery_configurations: log_deliveries(sent.log_delivery_configurations),
        ip_discovery: text!(sent.ip_discovery),
        transit_encryption_enabled: sent.transit_encryption_enabled,
        transit_encryption_mode: text!(sent.transit_encryption_mode),
        cluster_mode: text!(sent.cluster_mode),
        durability: text!(sent.durability),
    }
}

fn configured(sent: Option<Vec<shapes::ConfigureShard>>) -> Vec<request::ConfigureShard> {
    let each = list(sent).into_iter().map(|shard| request::ConfigureShard {
        node_group_id: shard.node_group_id,
        new_replica_count: shard.new_replica_count,
        preferred_availability_zones: list(shard.preferred_availability_zones),
        preferred_outpost_arns: list(shard.preferred_outpost_arns),
    });
    each.collect()
}

pub(in crate::aws::elasticache) fn increase(
    sent: shapes::IncreaseReplicaCountMessage,
) -> request::IncreaseReplicaCount {
    request::IncreaseReplicaCount {
        replication_group_id: sent.replication_group_id,
        new_replica_count: sent.new_replica_count,
        replica_configuration: configured(sent.replica_configuration),
        apply_immediately: sent.apply_immediately,
    }
}

pub(in crate::aws::elasticache) fn decrease(
    sent: shapes::DecreaseReplicaCountMessage,
) -> request::DecreaseReplicaCount {
    request::DecreaseReplicaCount {
        replication_group_id: sent.replication_group_id,
        new_replica_count: sent.new_replica_count,
        replica_configuration: configured(sent.replica_configuration),
        replicas_to_remove: list(sent.replicas_to_remove),
        apply_immediately: sent.apply_immediately,
    }
}

pub(in crate::aws::elasticache) fn reshard(
    sent: shapes::ModifyReplicationGroupShardConfigurationMessage,
) -> request::ModifyShardConfiguration {
    request::ModifyShardConfiguration {
        replication_group_id: sent.replication_group_id,
        node_group_count: sent.node_group_count,
        apply_immediately: sent.apply_immediately,
        resharding_configuration: resharding(sent.resharding_configuration),
        node_groups_to_remove: list(sent.node_groups_to_remove),
        node_groups_to_retain: list(sent.node_groups_to_retain),
    }
}

pub(super) fn resharding(
    sent: Option<Vec<shapes::ReshardingConfiguration>>,
) -> Vec<request::ReshardingConfiguration> {
    let each = list(sent).into_iter().map(|shard| request::ReshardingConfiguration {
        node_group_id: shard.node_group_id,
        preferred_availability_zones: list(shard.preferred_availability_zones),
    });
    each.collect()
}
