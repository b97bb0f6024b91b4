//! Domain resources as the generated output shapes: which member appears when, as AWS does it.

use domain::cluster::{CacheCluster, CacheNode};
use domain::endpoint::EndpointNames;
use domain::engine_version::EngineVersion;
use domain::event::Event;
use domain::ids::Scope;
use domain::parameter_group::CacheParameterGroup;
use domain::subnet_group::CacheSubnetGroup;
use domain::tag::Tags;
use models::elasticache::enums::{NetworkType, SourceType};
use models::elasticache::shapes;

mod global_replication_group;
mod parameters;
mod replication_group;
mod reserved_nodes;
mod serverless_cache;
mod snapshot;
mod users;

pub(super) use global_replication_group::{Shown, global_replication_group};
pub(super) use parameters::{node_type_parameters, parameter};
pub(super) use replication_group::replication_group;
pub(super) use reserved_nodes::{offering, reserved_node};
pub(super) use serverless_cache::{serverless_cache, serverless_cache_snapshot};
pub(super) use snapshot::{Shards, snapshot};
pub(super) use users::{user, user_group};

/// What every answer carries, whatever the engine.
const CLIENT_DOWNLOAD_LANDING_PAGE: &str = "https://console.aws.amazon.com/elasticache/home#client-download:";

/// Whether a cluster's nodes are listed (`ShowCacheNodeInfo`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nodes {
    Shown,
    Hidden,
}

impl From<Nodes> for u8 {
    fn from(nodes: Nodes) -> Self {
        nodes as Self
    }
}

pub(super) fn cluster(cluster: &CacheCluster, names: &EndpointNames, nodes: Nodes) -> shapes::CacheCluster {
    let spec = &cluster.spec;
    // AWS fills these in once the cluster is placed, which is when it first becomes available.
    let placed = cluster.created_at.is_some();
    let shown = placed && nodes == Nodes::Shown;
    shapes::CacheCluster {
        cache_cluster_id: Some(cluster.id.to_string()),
        configuration_endpoint: cluster.configuration_endpoint(names).map(endpoint),
        client_download_landing_page: Some(CLIENT_DOWNLOAD_LANDING_PAGE.to_owned()),
        cache_node_type: Some(spec.cache_node_type.to_string()),
        engine: Some(spec.engine.to_string()),
        engine_version: Some(spec.engine_version.clone()),
        cache_cluster_status: Some(cluster.status().to_owned()),
        num_cache_nodes: Some(i32::from(cluster.num_cache_nodes())),
        preferred_availability_zone: cluster.preferred_availability_zone().map(str::to_owned),
        cache_cluster_create_time: cluster.created_at,
        preferred_maintenance_window: Some(spec.preferred_maintenance_window.to_string()),
        pending_modified_values: Some(pending(cluster)),
        notification_configuration: spec.notification.as_ref().map(|topic| {
            shapes::NotificationConfiguration {
                topic_arn: Some(topic.topic_arn.clone()),
                topic_status: Some(topic.topic_status.as_str().to_owned()),
            }
        }),
        cache_security_groups: Some(Vec::new()),
        cache_parameter_group: Some(parameter_group_status(cluster)),
        cache_subnet_group_name: Some(spec.cache_subnet_group_name.to_string()),
        cache_nodes: shown
            .then(|| cluster.nodes.iter().map(|node| self::node(cluster, node, names)).collect()),
        auto_minor_version_upgrade: Some(spec.auto_minor_version_upgrade),
        replication_group_id: cluster.membership.as_ref().map(|membership| membership.group.to_string()),
        security_groups: placed.then(|| security_groups(cluster)),
        snapshot_retention_limit: spec.snapshot_retention_limit.map(i32::from),
        snapshot_window: spec.snapshot_window.as_ref().map(ToString::to_string),
        auth_token_enabled: Some(spec.auth.is_some()),
        auth_token_last_modified_date: spec.auth.as_ref().and_then(|auth| auth.modified_at),
        transit_encryption_enabled: Some(spec.transit_encryption.mode().is_some()),
        transit_encryption_mode: spec.transit_encryption.mode().map(Into::into),
        at_rest_encryption_enabled: Some(spec.at_rest_encryption.is_on()),
        arn: Some(cluster.arn().to_string()),
        replication_group_log_delivery_enabled: Some(false),
        log_delivery_configurations: Some(Vec::new()),
        network_type: Some(spec.network_type.as_str().into()),
        ip_discovery: Some(spec.ip_discovery.as_str().into()),
        ..shapes::CacheCluster::default()
    }
}

fn node(cluster: &CacheCluster, node: &CacheNode, names: &EndpointNames) -> shapes::CacheNode {
    shapes::CacheNode {
        cache_node_id: Some(node.id.to_string()),
        cache_node_status: Some(node.state.status().to_owned()),
        cache_node_create_time: node.created_at,
        endpoint: cluster.node_endpoint(node, names).map(endpoint),
        parameter_group_status: Some(cluster.parameter_apply.status_of(node.id).as_str().to_owned()),
        customer_availability_zone: Some(node.availability_zone.to_string()),
        ..shapes::CacheNode::default()
    }
}

fn endpoint((address, port): (String, u16)) -> shapes::Endpoint {
    shapes::Endpoint { address: Some(address), port: Some(i32::from(port)) }
}

fn pending(cluster: &CacheCluster) -> shapes::PendingModifiedValues {
    let (pending, moving) = (&cluster.pending, cluster.moving_to());
    let version = moving.map(|to| &to.engine_version).filter(|to| **to != cluster.spec.engine_version);
    let node_type = moving.map(|to| &to.cache_node_type).filter(|to| **to != cluster.spec.cache_node_type);
    let (count, removed) = cluster.pending_nodes().unzip();
    let removed = removed.filter(|nodes| !nodes.is_empty());
    shapes::PendingModifiedValues {
        num_cache_nodes: count.map(i32::from),
        cache_node_ids_to_remove: removed.map(|nodes| nodes.iter().map(ToString::to_string).collect()),
        engine_version: pending.engine_version.as_ref().map(|version| &version.full).or(version).cloned(),
        cache_node_type: pending.cache_node_type.as_ref().or(node_type).map(ToString::to_string),
        auth_token_status: cluster.auth_under_way.map(|status| status.as_str().into()),
        ..shapes::PendingModifiedValues::default()
    }
}

fn parameter_group_status(cluster: &CacheCluster) -> shapes::CacheParameterGroupStatus {
    let apply = &cluster.parameter_apply;
    shapes::CacheParameterGroupStatus {
        cache_parameter_group_name: Some(cluster.spec.cache_parameter_group_name.to_string()),
        parameter_apply_status: Some(apply.status().as_str().to_owned()),
        cache_node_ids_to_reboot: Some(apply.nodes_to_reboot.iter().map(ToString::to_string).collect()),
    }
}

fn security_groups(cluster: &CacheCluster) -> Vec<shapes::SecurityGroupMembership> {
    let groups = cluster.spec.security_group_ids.iter().map(|id| shapes::SecurityGroupMembership {
        security_group_id: Some(id.to_string()),
        status: Some("active".to_owned()),
    });
    groups.collect()
}

pub(super) fn tags(tags: &Tags) -> shapes::TagListMessage {
    let each = tags
        .iter()
        .map(|(key, value)| shapes::Tag { key: Some(key.to_owned()), value: Some(value.to_owned()) });
    shapes::TagListMessage { tag_list: Some(each.collect()) }
}

pub(super) fn event(event: Event) -> shapes::Event {
    shapes::Event {
        source_identifier: Some(event.source_identifier),
        source_type: Some(SourceType::from(event.source_type.as_str())),
        message: Some(event.message),
        date: Some(event.date),
    }
}

pub(super) fn engine_version(version: &EngineVersion) -> shapes::CacheEngineVersion {
    shapes::CacheEngineVersion {
        engine: Some(version.engine.to_string()),
        engine_version: Some(version.version.to_owned()),
        cache_parameter_group_family: Some(version.family.to_owned()),
        cache_engine_description: Some(version.engine_description.to_owned()),
        cache_engine_version_description: Some(version.version_description.to_owned()),
    }
}

pub(super) fn parameter_group(group: &CacheParameterGroup, scope: &Scope) -> shapes::CacheParameterGroup {
    shapes::CacheParameterGroup {
        cache_parameter_group_name: Some(group.name.to_string()),
        cache_parameter_group_family: Some(group.family.clone()),
        description: Some(group.description.clone()),
        is_global: Some(false),
        arn: Some(group.arn(scope).to_string()),
    }
}

pub(super) fn subnet_group(group: &CacheSubnetGroup, scope: &Scope) -> shapes::CacheSubnetGroup {
    let ipv4 = || Some(vec![NetworkType::from("ipv4")]);
    let subnets = group.subnets.iter().map(|subnet| shapes::Subnet {
        subnet_identifier: Some(subnet.id.to_string()),
        subnet_availability_zone: Some(shapes::AvailabilityZone {
            name: Some(subnet.availability_zone.to_string()),
        }),
        subnet_outpost: Some(shapes::SubnetOutpost::default()),
        supported_network_types: ipv4(),
    });
    shapes::CacheSubnetGroup {
        cache_subnet_group_name: Some(group.name.to_string()),
        cache_subnet_group_description: Some(group.description.clone()),
        vpc_id: Some(group.vpc_id.to_string()),
        subnets: Some(subnets.collect()),
        arn: Some(group.arn(scope).to_string()),
        supported_network_types: ipv4(),
    }
}
