//! Requests on serverless caches, as they came.

use crate::tag::RequestedTag;

/// A pair of bounds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestedBounds {
    /// `Minimum`.
    pub minimum: Option<i32>,
    /// `Maximum`.
    pub maximum: Option<i32>,
    /// `Unit`, which data storage alone has.
    pub unit: Option<String>,
}

/// `CacheUsageLimits`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestedLimits {
    /// `DataStorage`.
    pub data_storage: Option<RequestedBounds>,
    /// `ECPUPerSecond`.
    pub ecpu_per_second: Option<RequestedBounds>,
}

/// CreateServerlessCache.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CreateServerlessCache {
    /// `ServerlessCacheName`.
    pub serverless_cache_name: Option<String>,
    /// `Description`.
    pub description: Option<String>,
    /// `Engine`.
    pub engine: Option<String>,
    /// `MajorEngineVersion`.
    pub major_engine_version: Option<String>,
    /// `CacheUsageLimits`.
    pub cache_usage_limits: Option<RequestedLimits>,
    /// `KmsKeyId`.
    pub kms_key_id: Option<String>,
    /// `SecurityGroupIds`.
    pub security_group_ids: Vec<String>,
    /// `SnapshotArnsToRestore`.
    pub snapshot_arns_to_restore: Vec<String>,
    /// `Tags`.
    pub tags: Vec<RequestedTag>,
    /// `UserGroupId`.
    pub user_group_id: Option<String>,
    /// `SubnetIds`.
    pub subnet_ids: Vec<String>,
    /// `SnapshotRetentionLimit`.
    pub snapshot_retention_limit: Option<i32>,
    /// `DailySnapshotTime`.
    pub daily_snapshot_time: Option<String>,
    /// `NetworkType`.
    pub network_type: Option<String>,
    /// `ConnectionType`.
    pub connection_type: Option<String>,
    /// `Integrations`, by their types.
    pub integrations: Vec<Option<String>>,
}

/// ModifyServerlessCache.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModifyServerlessCache {
    /// `ServerlessCacheName`.
    pub serverless_cache_name: Option<String>,
    /// `Description`.
    pub description: Option<String>,
    /// `CacheUsageLimits`.
    pub cache_usage_limits: Option<RequestedLimits>,
    /// `RemoveUserGroup`.
    pub remove_user_group: Option<bool>,
    /// `UserGroupId`.
    pub user_group_id: Option<String>,
    /// `SecurityGroupIds`; an empty list is not none.
    pub security_group_ids: Option<Vec<String>>,
    /// `SnapshotRetentionLimit`.
    pub snapshot_retention_limit: Option<i32>,
    /// `DailySnapshotTime`.
    pub daily_snapshot_time: Option<String>,
    /// `Engine`.
    pub engine: Option<String>,
    /// `MajorEngineVersion`.
    pub major_engine_version: Option<String>,
}

/// DeleteServerlessCache.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeleteServerlessCache {
    /// `ServerlessCacheName`.
    pub serverless_cache_name: Option<String>,
    /// `FinalSnapshotName`.
    pub final_snapshot_name: Option<String>,
}

/// DescribeServerlessCaches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DescribeServerlessCaches {
    /// `ServerlessCacheName`.
    pub serverless_cache_name: Option<String>,
    /// `MaxResults`.
    pub max_results: Option<i32>,
    /// `NextToken`.
    pub next_token: Option<String>,
}
