//! Requests on serverless caches and their snapshots.

use domain::serverless_cache as request;
use domain::serverless_cache_snapshot as of_snapshots;
use models::elasticache::shapes;

use super::{list, tags, text};

pub(in crate::aws::elasticache) fn create(
    sent: shapes::CreateServerlessCacheRequest,
) -> request::CreateServerlessCache {
    let integrations = list(sent.integrations).into_iter().map(|each| text!(each.integration_type));
    request::CreateServerlessCache {
        serverless_cache_name: sent.serverless_cache_name,
        description: sent.description,
        engine: sent.engine,
        major_engine_version: sent.major_engine_version,
        cache_usage_limits: sent.cache_usage_limits.map(limits),
        kms_key_id: sent.kms_key_id,
        security_group_ids: list(sent.security_group_ids),
        snapshot_arns_to_restore: list(sent.snapshot_arns_to_restore),
        tags: tags(sent.tags),
        user_group_id: sent.user_group_id,
        subnet_ids: list(sent.subnet_ids),
        snapshot_retention_limit: sent.snapshot_retention_limit,
        daily_snapshot_time: sent.daily_snapshot_time,
        network_type: text!(sent.network_type),
        connection_type: text!(sent.connection_type),
        integrations: integrations.collect(),
    }
}

pub(in crate::aws::elasticache) fn modify(
    sent: shapes::ModifyServerlessCacheRequest,
) -> request::ModifyServerlessCache {
    request::ModifyServerlessCache {
        serverless_cache_name: sent.serverless_cache_name,
        description: sent.description,
        cache_usage_limits: sent.cache_usage_limits.map(limits),
        remove_user_group: sent.remove_user_group,
        user_group_id: sent.user_group_id,
        security_group_ids: sent.security_group_ids,
        snapshot_retention_limit: sent.snapshot_retention_limit,
        daily_snapshot_time: sent.daily_snapshot_time,
        engine: sent.engine,
        major_engine_version: sent.major_engine_version,
    }
}

fn limits(sent: shapes::CacheUsageLimits) -> request::RequestedLimits {
    request::RequestedLimits {
        data_storage: sent.data_storage.map(|sent| request::RequestedBounds {
            minimum: sent.minimum,
            maximum: sent.maximum,
            unit: text!(sent.unit),
        }),
        ecpu_per_second: sent.ecpu_per_second.map(|sent| request::RequestedBounds {
            minimum: sent.minimum,
            maximum: sent.maximum,
            unit: None,
        }),
    }
}

pub(in crate::aws::elasticache) fn delete(
    sent: shapes::DeleteServerlessCacheRequest,
) -> request::DeleteServerlessCache {
    request::DeleteServerlessCache {
        serverless_cache_name: sent.serverless_cache_name,
        final_snapshot_name: sent.final_snapshot_name,
    }
}

pub(in crate::aws::elasticache) fn describe(
    sent: shapes::DescribeServerlessCachesRequest,
) -> request::DescribeServerlessCaches {
    request::DescribeServerlessCaches {
        serverless_cache_name: sent.serverless_cache_name,
        max_results: sent.max_results,
        next_token: sent.next_token,
    }
}

pub(in crate::aws::elasticache) fn create_snapshot(
    sent: shapes::CreateServerlessCacheSnapshotRequest,
) -> of_snapshots::CreateServerlessCacheSnapshot {
    of_snapshots::CreateServerlessCacheSnapshot {
        serverless_cache_snapshot_name: sent.serverless_cache_snapshot_name,
        serverless_cache_name: sent.serverless_cache_name,
        kms_key_id: sent.kms_key_id,
        tags: tags(sent.tags),
    }
}

pub(in crate::aws::elasticache) fn copy_snapshot(
    sent: shapes::CopyServerlessCacheSnapshotRequest,
) -> of_snapshots::CopyServerlessCacheSnapshot {
    of_snapshots::CopyServerlessCacheSnapshot {
        source_serverless_cache_snapshot_name: sent.source_serverless_cache_snapshot_name,
        target_serverless_cache_snapshot_name: sent.target_serverless_cache_snapshot_name,
        kms_key_id: sent.kms_key_id,
        tags: tags(sent.tags),
    }
}

pub(in crate::aws::elasticache) fn export_snapshot(
    sent: shapes::ExportServerlessCacheSnapshotRequest,
) -> of_snapshots::ExportServerlessCacheSnapshot {
    of_snapshots::ExportServerlessCacheSnapshot {
        serverless_cache_snapshot_name: sent.serverless_cache_snapshot_name,
        s3_bucket_name: sent.s3_bucket_name,
    }
}

pub(in crate::aws::elasticache) fn describe_snapshots(
    sent: shapes::DescribeServerlessCacheSnapshotsRequest,
) -> of_snapshots::DescribeServerlessCacheSnapshots {
    of_snapshots::DescribeServerlessCacheSnapshots {
        serverless_cache_name: sent.serverless_cache_name,
        serverless_cache_snapshot_name: sent.serverless_cache_snapshot_name,
        snapshot_type: sent.snapshot_type,
        next_token: sent.next_token,
        max_results: sent.max_results,
    }
}
