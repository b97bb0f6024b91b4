//! Requests on snapshots of clusters and replication groups.

use domain::snapshot as request;
use models::elasticache::shapes;

use super::tags;

pub(in crate::aws::elasticache) fn create(sent: shapes::CreateSnapshotMessage) -> request::CreateSnapshot {
    request::CreateSnapshot {
        replication_group_id: sent.replication_group_id,
        cache_cluster_id: sent.cache_cluster_id,
        snapshot_name: sent.snapshot_name,
        kms_key_id: sent.kms_key_id,
        tags: tags(sent.tags),
    }
}

pub(in crate::aws::elasticache) fn copy(sent: shapes::CopySnapshotMessage) -> request::CopySnapshot {
    request::CopySnapshot {
        source_snapshot_name: sent.source_snapshot_name,
        target_snapshot_name: sent.target_snapshot_name,
        target_bucket: sent.target_bucket,
        kms_key_id: sent.kms_key_id,
        tags: tags(sent.tags),
    }
}

pub(in crate::aws::elasticache) fn describe(
    sent: shapes::DescribeSnapshotsMessage,
) -> request::DescribeSnapshots {
    request::DescribeSnapshots {
        replication_group_id: sent.replication_group_id,
        cache_cluster_id: sent.cache_cluster_id,
        snapshot_name: sent.snapshot_name,
        snapshot_source: sent.snapshot_source,
        marker: sent.marker,
        max_records: sent.max_records,
    }
}
