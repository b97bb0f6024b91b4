//! Requests on snapshots of serverless caches, as they came.

use crate::tag::RequestedTag;

/// CreateServerlessCacheSnapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CreateServerlessCacheSnapshot {
    /// `ServerlessCacheSnapshotName`.
    pub serverless_cache_snapshot_name: Option<String>,
    /// `ServerlessCacheName`.
    pub serverless_cache_name: Option<String>,
    /// `KmsKeyId`.
    pub kms_key_id: Option<String>,
    /// `Tags`.
    pub tags: Vec<RequestedTag>,
}

/// CopyServerlessCacheSnapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CopyServerlessCacheSnapshot {
    /// `SourceServerlessCacheSnapshotName`.
    pub source_serverless_cache_snapshot_name: Option<String>,
    /// `TargetServerlessCacheSnapshotName`.
    pub target_serverless_cache_snapshot_name: Option<String>,
    /// `KmsKeyId`.
    pub kms_key_id: Option<String>,
    /// `Tags`.
    pub tags: Vec<RequestedTag>,
}

/// ExportServerlessCacheSnapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExportServerlessCacheSnapshot {
    /// `ServerlessCacheSnapshotName`.
    pub serverless_cache_snapshot_name: Option<String>,
    /// `S3BucketName`.
    pub s3_bucket_name: Option<String>,
}

/// DescribeServerlessCacheSnapshots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DescribeServerlessCacheSnapshots {
    /// `ServerlessCacheName`.
    pub serverless_cache_name: Option<String>,
    /// `ServerlessCacheSnapshotName`.
    pub serverless_cache_snapshot_name: Option<String>,
    /// `SnapshotType`.
    pub snapshot_type: Option<String>,
    /// `NextToken`.
    pub next_token: Option<String>,
    /// `MaxResults`.
    pub max_results: Option<i32>,
}
