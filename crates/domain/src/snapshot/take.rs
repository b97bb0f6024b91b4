//! How a snapshot of a cluster or group comes to be: what is written down of it before its data is taken.

use jiff::Timestamp;

use super::{
    Configuration, NodeSnapshot, Phase, ShardConfiguration, Snapshot, SnapshotType, Subject, validate,
};
use crate::cluster::{CacheCluster, ClusterSpec};
use crate::ids::SnapshotName;
use crate::node_type::DataTiering;
use crate::rejection::Rejection;
use crate::replication_group::{Member, Members, NodeGroup, ReplicationGroup};
use crate::tag::Tags;

/// What a snapshot is to be, whatever it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSnapshot {
    /// Its name.
    pub name: SnapshotName,
    /// The customer's key, if one is named; else it has the subject's.
    pub kms_key_id: Option<String>,
    /// Who makes it.
    pub snapshot_type: SnapshotType,
    /// Its tags.
    pub tags: Tags,
    /// When it is asked for.
    pub now: Timestamp,
}

impl NewSnapshot {
    /// The snapshot of a cluster that is of its own, or a node of `group`.
    pub fn of_cluster(self, cluster: &CacheCluster, group: Option<&ReplicationGroup>) -> Snapshot {
        let subject = Subject::Cluster {
            id: cluster.id.clone(),
            group: group.map(|group| group.id.clone()),
            availability_zone: cluster.nodes.first().map(|node| node.availability_zone.clone()),
            created_at: cluster.created_at,
        };
        let node_snapshots = node_of(cluster, None).into_iter().collect();
        self.of(cluster.scope.clone(), subject, configuration(&cluster.spec, group), node_snapshots)
    }

    /// The snapshot of a group with cluster mode: of each shard the data of the node that `source` names.
    pub fn of_group(
        self,
        group: &ReplicationGroup,
        members: &Members,
        source: impl Fn(&NodeGroup) -> Option<&Member>,
    ) -> Snapshot {
        let subject = Subject::Group {
            id: group.id.clone(),
            description: group.spec.description.clone(),
            automatic_failover: group.spec.automatic_failover,
        };
        let of_shard = |shard: &NodeGroup| {
            let source = members.get(&source(shard)?.cluster)?;
            node_of(source, Some(shard_configuration(shard)))
        };
        let node_snapshots = group.node_groups.iter().filter_map(of_shard).collect();
        let configuration = configuration(&group.spec.member, Some(group));
        self.of(group.scope.clone(), subject, configuration, node_snapshots)
    }

    /// The last snapshot of a group: of its primaries ("rather than one of the replicas", API reference), and without
    /// cluster mode of the only one as of a cluster.
    ///
    /// # Errors
    /// When it has no primary: it could not be created.
    pub fn last_of_group(self, group: &ReplicationGroup, members: &Members) -> Result<Snapshot, Rejection> {
        if group.spec.cluster_mode.is_on() {
            return Ok(self.of_group(group, members, NodeGroup::primary));
        }
        let primary = group.node_groups.first().and_then(NodeGroup::primary);
        let primary = primary.and_then(|primary| members.get(&primary.cluster));
        let primary = primary.ok_or_else(|| validate::group_state(group))?;
        Ok(self.of_cluster(primary, Some(group)))
    }

    fn of(
        self,
        scope: crate::ids::Scope,
        subject: Subject,
        (configuration, key): (Configuration, Option<String>),
        node_snapshots: Vec<NodeSnapshot>,
    ) -> Snapshot {
        Snapshot {
            scope,
            name: self.name,
            subject,
            configuration,
            node_snapshots,
            copy_of: None,
            uses: Vec::new(),
            snapshot_type: self.snapshot_type,
            kms_key_id: self.kms_key_id.or(key),
            created_at: self.now,
            expires_at: None,
            phase: Phase::Creating,
            tags: self.tags,
        }
    }
}

fn node_of(cluster: &CacheCluster, shard: Option<ShardConfiguration>) -> Option<NodeSnapshot> {
    let node = cluster.nodes.first()?;
    Some(NodeSnapshot {
        cluster: cluster.id.clone(),
        node: node.id,
        node_created_at: node.created_at,
        shard,
        taken: None,
    })
}

fn shard_configuration(shard: &NodeGroup) -> ShardConfiguration {
    ShardConfiguration {
        id: shard.id,
        slots: shard.slots.clone(),
        primary_availability_zone: shard.primary().map(|member| member.availability_zone.clone()),
        replica_availability_zones: shard.replicas().map(|member| member.availability_zone.clone()).collect(),
    }
}

/// What the subject is now, and its own key.
fn configuration(spec: &ClusterSpec, group: Option<&ReplicationGroup>) -> (Configuration, Option<String>) {
    let configuration = Configuration {
        engine: spec.engine,
        engine_version: spec.engine_version.clone(),
        cache_node_type: spec.cache_node_type.clone(),
        preferred_maintenance_window: spec.preferred_maintenance_window,
        topic_arn: spec.notification.as_ref().map(|topic| topic.topic_arn.clone()),
        port: spec.port,
        cache_parameter_group_name: spec.cache_parameter_group_name.clone(),
        cache_subnet_group_name: spec.cache_subnet_group_name.clone(),
        vpc: spec.vpc.vpc.clone(),
        auto_minor_version_upgrade: spec.auto_minor_version_upgrade,
        snapshot_retention_limit: spec.snapshot_retention_limit,
        snapshot_window: spec.snapshot_window,
        data_tiering: group.map_or(DataTiering::Off, |group| group.spec.data_tiering),
        durability: group.map(|group| group.spec.durability),
    };
    (configuration, spec.at_rest_encryption.key().map(str::to_owned))
}
