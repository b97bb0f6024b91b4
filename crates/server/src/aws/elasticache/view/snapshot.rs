//! Snapshots of clusters and replication groups, as answers show them.

use domain::node_type::DataTiering;
use domain::replication_group::Switch;
use domain::snapshot::{NodeSnapshot, ShardConfiguration, Snapshot, Subject, Taken};
use jiff::Timestamp;
use models::elasticache::shapes;

/// Whether shards are shown as they were (`ShowNodeGroupConfig`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::aws::elasticache) enum Shards {
    Shown,
    Hidden,
}

impl From<Shards> for u8 {
    fn from(shards: Shards) -> Self {
        shards as Self
    }
}

pub(in crate::aws::elasticache) fn snapshot(snapshot: &Snapshot, shards: Shards) -> shapes::Snapshot {
    let was = &snapshot.configuration;
    let nodes = snapshot.node_snapshots.iter().map(|node| node_snapshot(node, shards));
    let of_subject = match &snapshot.subject {
        Subject::Cluster { id, availability_zone, created_at, .. } => shapes::Snapshot {
            cache_cluster_id: Some(id.to_string()),
            num_cache_nodes: Some(1),
            preferred_availability_zone: availability_zone.as_ref().map(ToString::to_string),
            cache_cluster_create_time: *created_at,
            ..shapes::Snapshot::default()
        },
        Subject::Group { id, description, automatic_failover } => shapes::Snapshot {
            replication_group_id: Some(id.to_string()),
            replication_group_description: Some(description.clone()),
            num_node_groups: i32::try_from(snapshot.node_snapshots.len()).ok(),
            automatic_failover: Some(automatic_failover.as_str().into()),
            ..shapes::Snapshot::default()
        },
    };
    shapes::Snapshot {
        snapshot_name: Some(snapshot.name.to_string()),
        snapshot_status: Some(snapshot.status().to_owned()),
        snapshot_source: Some(snapshot.snapshot_type.as_str().to_owned()),
        cache_node_type: Some(was.cache_node_type.to_string()),
        engine: Some(was.engine.to_string()),
        engine_version: Some(was.engine_version.clone()),
        preferred_maintenance_window: Some(was.preferred_maintenance_window.to_string()),
        topic_arn: was.topic_arn.clone(),
        port: Some(i32::from(was.port)),
        cache_parameter_group_name: Some(was.cache_parameter_group_name.to_string()),
        cache_subnet_group_name: Some(was.cache_subnet_group_name.to_string()),
        vpc_id: Some(was.vpc.to_string()),
        auto_minor_version_upgrade: Some(was.auto_minor_version_upgrade),
        snapshot_retention_limit: was.snapshot_retention_limit.map(i32::from),
        snapshot_window: was.snapshot_window.as_ref().map(ToString::to_string),
        node_snapshots: Some(nodes.collect()),
        kms_key_id: snapshot.kms_key_id.clone(),
        arn: Some(snapshot.arn().to_string()),
        data_tiering: Some(Switch::of(was.data_tiering == DataTiering::On).as_str().into()),
        durability: was.durability.map(|durability| durability.as_str().into()),
        ..of_subject
    }
}

/// A node's data. Before it is taken its size is an empty text (recorded).
fn node_snapshot(node: &NodeSnapshot, shards: Shards) -> shapes::NodeSnapshot {
    let shard = node.shard.as_ref();
    shapes::NodeSnapshot {
        cache_cluster_id: shard.map(|_| node.cluster.to_string()),
        node_group_id: shard.map(|shard| shard.id.to_string()),
        cache_node_id: Some(node.node.to_string()),
        node_group_configuration: shard.filter(|_| shards == Shards::Shown).map(configuration),
        cache_size: Some(node.taken.map_or_else(String::new, size)),
        cache_node_create_time: node.node_created_at,
        snapshot_create_time: node.taken.map(|taken| whole_seconds(taken.at)),
    }
}

/// `5 MB`.
fn size(taken: Taken) -> String {
    const MEGABYTE: u64 = 1024 * 1024;
    format!("{} MB", taken.bytes.div_ceil(MEGABYTE))
}

/// As AWS writes this time and no other (recorded).
fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

fn configuration(shard: &ShardConfiguration) -> shapes::NodeGroupConfiguration {
    let replicas = &shard.replica_availability_zones;
    shapes::NodeGroupConfiguration {
        node_group_id: Some(shard.id.to_string()),
        slots: Some(shard.slots.to_string()),
        replica_count: i32::try_from(replicas.len()).ok(),
        primary_availability_zone: shard.primary_availability_zone.as_ref().map(ToString::to_string),
        replica_availability_zones: Some(replicas.iter().map(ToString::to_string).collect()),
        ..shapes::NodeGroupConfiguration::default()
    }
}
