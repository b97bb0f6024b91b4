//! Generated request shapes as the domain's requests, member by member.

use domain::cluster as request;
use domain::tag::RequestedTag;
use models::elasticache::shapes;

pub(super) mod global_replication_group;
pub(super) mod parameter_group;
pub(super) mod replication_group;
pub(super) mod reserved_node;
pub(super) mod serverless_cache;
pub(super) mod snapshot;
pub(super) mod user;
pub(super) mod user_group;

/// A list that was not sent is an empty one to the domain, unless its presence matters.
fn list<T>(sent: Option<Vec<T>>) -> Vec<T> {
    sent.unwrap_or_default()
}

/// An open enum's text, for the domain to check in its order.
macro_rules! text {
    ($value:expr) => {
        $value.map(|value| value.as_str().to_owned())
    };
}

use text;

fn secret(sent: Option<wire::Secret>) -> Option<request::Secret> {
    sent.map(|secret| request::Secret(secret.expose().to_owned()))
}

pub(super) fn tags(sent: Option<Vec<shapes::Tag>>) -> Vec<RequestedTag> {
    list(sent).into_iter().map(|tag| RequestedTag { key: tag.key, value: tag.value }).collect()
}

fn log_deliveries(
    sent: Option<Vec<shapes::LogDeliveryConfigurationRequest>>,
) -> Vec<request::LogDeliveryConfigurationRequest> {
    let each = list(sent).into_iter().map(|log| request::LogDeliveryConfigurationRequest {
        log_type: text!(log.log_type),
        destination_type: text!(log.destination_type),
        log_format: text!(log.log_format),
        enabled: log.enabled,
    });
    each.collect()
}

pub(super) fn create(sent: shapes::CreateCacheClusterMessage) -> request::CreateCacheCluster {
    request::CreateCacheCluster {
        cache_cluster_id: sent.cache_cluster_id,
        replication_group_id: sent.replication_group_id,
        az_mode: text!(sent.az_mode),
        preferred_availability_zone: sent.preferred_availability_zone,
        preferred_availability_zones: list(sent.preferred_availability_zones),
        num_cache_nodes: sent.num_cache_nodes,
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
        outpost_mode: text!(sent.outpost_mode),
        preferred_outpost_arn: sent.preferred_outpost_arn,
        preferred_outpost_arns: list(sent.preferred_outpost_arns),
        log_delivery_configurations: log_deliveries(sent.log_delivery_configurations),
        transit_encryption_enabled: sent.transit_encryption_enabled,
        network_type: text!(sent.network_type),
        ip_discovery: text!(sent.ip_discovery),
    }
}

pub(super) fn modify(sent: shapes::ModifyCacheClusterMessage) -> request::ModifyCacheCluster {
    request::ModifyCacheCluster {
        cache_cluster_id: sent.cache_cluster_id,
        num_cache_nodes: sent.num_cache_nodes,
        cache_node_ids_to_remove: list(sent.cache_node_ids_to_remove),
        az_mode: text!(sent.az_mode),
        new_availability_zones: list(sent.new_availability_zones),
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
        log_delivery_configurations: log_deliveries(sent.log_delivery_configurations),
        ip_discovery: text!(sent.ip_discovery),
        scale_config: sent.scale_config.map(|scale| request::ScaleConfig {
            scale_percentage: scale.scale_percentage,
            scale_interval_minutes: scale.scale_interval_minutes,
        }),
    }
}

pub(super) fn delete(sent: shapes::DeleteCacheClusterMessage) -> request::DeleteCacheCluster {
    request::DeleteCacheCluster {
        cache_cluster_id: sent.cache_cluster_id,
        final_snapshot_identifier: sent.final_snapshot_identifier,
    }
}

pub(super) fn reboot(sent: shapes::RebootCacheClusterMessage) -> request::RebootCacheCluster {
    request::RebootCacheCluster {
        cache_cluster_id: sent.cache_cluster_id,
        cache_node_ids_to_reboot: list(sent.cache_node_ids_to_reboot),
    }
}

pub(super) fn describe(sent: shapes::DescribeCacheClustersMessage) -> request::DescribeCacheClusters {
    request::DescribeCacheClusters {
        cache_cluster_id: sent.cache_cluster_id,
        max_records: sent.max_records,
        marker: sent.marker,
        show_cache_node_info: sent.show_cache_node_info,
        show_cache_clusters_not_in_replication_groups: sent.show_cache_clusters_not_in_replication_groups,
    }
}
