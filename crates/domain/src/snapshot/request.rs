//! Requests on snapshots, as they came.

use crate::tag::RequestedTag;

/// CreateSnapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CreateSnapshot {
    /// `ReplicationGroupId`.
    pub replication_group_id: Option<String>,
    /// `CacheClusterId`.
    pub cache_cluster_id: Option<String>,
    /// `SnapshotName`.
    pub snapshot_name: Option<String>,
    /// `KmsKeyId`.
    pub kms_key_id: Option<String>,
    /// `Tags`.
    pub tags: Vec<RequestedTag>,
}

/// CopySnapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CopySnapshot {
    /// `SourceSnapshotName`.
    pub source_snapshot_name: Option<String>,
    /// `TargetSnapshotName`.
    pub target_snapshot_name: Option<String>,
    /// `TargetBucket`.
    pub target_bucket: Option<String>,
    /// `KmsKeyId`.
    pub kms_key_id: Option<String>,
    /// `Tags`.
    pub tags: Vec<RequestedTag>,
}

/// DescribeSnapshots, but for `ShowNodeGroupConfig`, which is about what is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DescribeSnapshots {
    /// `ReplicationGroupId`.
    pub replication_group_id: Option<String>,
    /// `CacheClusterId`.
    pub cache_cluster_id: Option<String>,
    /// `SnapshotName`.
    pub snapshot_name: Option<String>,
    /// `SnapshotSource`.
    pub snapshot_source: Option<String>,
    /// `Marker`.
    pub marker: Option<String>,
    /// `MaxRecords`.
    pub max_records: Option<i32>,
}
