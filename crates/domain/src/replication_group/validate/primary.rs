//! `PrimaryClusterId`: a cluster that is there becomes the primary of a new group.

use crate::cluster::{CacheCluster, ClusterSpec, validate};
use crate::engine::Engine;
use crate::rejection::Rejection;
use crate::replication_group::GroupRejection;
use crate::replication_group::{ClusterMode, CreateReplicationGroup, Surroundings};

/// The cluster that is to be the primary, which must be available, alone and no Memcached. What makes a node cannot be
/// said beside it: the cluster has it (uncertain).
pub(super) fn of<'w>(
    request: &CreateReplicationGroup,
    world: &Surroundings<'w>,
) -> Result<Option<&'w CacheCluster>, Rejection> {
    let Some(asked) = request.primary_cluster_id.as_deref().filter(|id| !id.is_empty()) else {
        return Ok(None);
    };
    let beside = [
        (request.num_cache_clusters.is_some(), "NumCacheClusters"),
        (request.num_node_groups.is_some(), "NumNodeGroups"),
        (request.replicas_per_node_group.is_some(), "ReplicasPerNodeGroup"),
        (!request.node_group_configuration.is_empty(), "NodeGroupConfiguration"),
        (!request.preferred_cache_cluster_azs.is_empty(), "PreferredCacheClusterAZs"),
        (request.cache_node_type.is_some(), "CacheNodeType"),
        (request.engine.is_some(), "Engine"),
        (request.engine_version.is_some(), "EngineVersion"),
        (request.cache_parameter_group_name.is_some(), "CacheParameterGroupName"),
        (request.cache_subnet_group_name.is_some(), "CacheSubnetGroupName"),
        (!request.cache_security_group_names.is_empty(), "CacheSecurityGroupNames"),
        (!request.security_group_ids.is_empty(), "SecurityGroupIds"),
        (request.port.is_some(), "Port"),
        (request.snapshot_name.is_some(), "SnapshotName"),
        (!request.snapshot_arns.is_empty(), "SnapshotArns"),
        (request.auth_token.is_some(), "AuthToken"),
        (request.transit_encryption_enabled.is_some(), "TransitEncryptionEnabled"),
        (request.transit_encryption_mode.is_some(), "TransitEncryptionMode"),
        (request.at_rest_encryption_enabled.is_some(), "AtRestEncryptionEnabled"),
        (request.kms_key_id.is_some(), "KmsKeyId"),
        (request.data_tiering_enabled.is_some(), "DataTieringEnabled"),
        (request.network_type.is_some(), "NetworkType"),
        (request.ip_discovery.is_some(), "IpDiscovery"),
        (request.preferred_maintenance_window.is_some(), "PreferredMaintenanceWindow"),
        (request.snapshot_window.is_some(), "SnapshotWindow"),
        (request.snapshot_retention_limit.is_some(), "SnapshotRetentionLimit"),
        (request.notification_topic_arn.is_some(), "NotificationTopicArn"),
        (request.auto_minor_version_upgrade.is_some(), "AutoMinorVersionUpgrade"),
        (!request.log_delivery_configurations.is_empty(), "LogDeliveryConfigurations"),
        (!request.tags.is_empty(), "Tags"),
    ];
    if let Some((_, other)) = beside.into_iter().find(|(is_there, _)| *is_there) {
        return Err(Rejection::Exclusive("PrimaryClusterId", other));
    }
    if request.cluster_mode.as_deref().is_some_and(|mode| mode != ClusterMode::Disabled.as_str()) {
        return Err(Rejection::Exclusive("PrimaryClusterId", "ClusterMode"));
    }
    let id = validate::id_to_find(Some(asked))?;
    let cluster =
        world.neighbours.cluster(&id).ok_or_else(|| Rejection::CacheClusterNotFound(asked.to_owned()))?;
    let refused = |reason| GroupRejection::NotAPrimary { cluster: cluster.id.clone(), reason };
    if cluster.spec.engine == Engine::Memcached {
        return Err(refused("its engine is memcached").into());
    }
    if cluster.membership.is_some() {
        return Err(refused("it is part of a replication group").into());
    }
    if !cluster.is_available() {
        return Err(refused("it is not available").into());
    }
    Ok(Some(cluster))
}

/// What members of its group shall be.
pub(super) fn template(cluster: &CacheCluster) -> ClusterSpec {
    ClusterSpec {
        preferred_availability_zone: None,
        preferred_availability_zones: Vec::new(),
        ..cluster.spec.clone()
    }
}
