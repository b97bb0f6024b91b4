//! Serverless caches and their snapshots, as answers show them.

use domain::endpoint::EndpointNames;
use domain::serverless_cache::{Bounds, DataStorageUnit, ServerlessCache, UsageLimits};
use domain::serverless_cache_snapshot::{Phase, ServerlessCacheSnapshot};
use models::elasticache::enums::{IntegrationStatus, StorageEncryptionType};
use models::elasticache::shapes;

use super::endpoint;

pub(in crate::aws::elasticache) fn serverless_cache(
    cache: &ServerlessCache,
    names: &EndpointNames,
) -> shapes::ServerlessCache {
    let spec = &cache.spec;
    let encryption = if spec.kms_key_id.is_some() { "sse-kms" } else { "sse-elasticache" };
    shapes::ServerlessCache {
        serverless_cache_name: Some(cache.name.to_string()),
        description: Some(spec.description.clone()),
        create_time: Some(cache.created_at),
        status: Some(cache.phase.status().to_owned()),
        engine: Some(spec.engine.to_string()),
        major_engine_version: Some(spec.major_engine_version.clone()),
        full_engine_version: Some(spec.full_engine_version.clone()),
        cache_usage_limits: limits(&spec.limits),
        kms_key_id: spec.kms_key_id.clone(),
        storage_encryption_type: Some(StorageEncryptionType::from(encryption)),
        security_group_ids: Some(spec.security_group_ids.iter().map(ToString::to_string).collect()),
        endpoint: cache.endpoint(names).map(endpoint),
        reader_endpoint: cache.reader_endpoint(names).map(endpoint),
        arn: Some(cache.arn().to_string()),
        user_group_id: spec.user_group_id.clone(),
        subnet_ids: Some(spec.subnet_ids.iter().map(ToString::to_string).collect()),
        snapshot_retention_limit: Some(i32::from(spec.snapshot_retention_limit)),
        daily_snapshot_time: Some(spec.daily_snapshot_time.to_string()),
        network_type: Some(spec.network_type.as_str().into()),
        connection_type: Some(spec.connection_type.as_str().into()),
        migration: cache.migration.as_ref().map(|migration| shapes::MigrationSummary {
            status: Some(migration.step.status().to_owned()),
            migration_endpoint: cache.endpoint(names).map(endpoint),
            cutover_mode: Some(migration.cutover.as_str().to_owned()),
        }),
        integrations: integrations(cache),
    }
}

/// A cache without limits shows none: Terraform would take an empty block for a change.
fn limits(limits: &UsageLimits) -> Option<shapes::CacheUsageLimits> {
    let number = |bound: Option<u32>| bound.and_then(|bound| i32::try_from(bound).ok());
    let set = |bounds: Bounds| Some(bounds).filter(|bounds| !bounds.are_open());
    (!limits.are_open()).then(|| shapes::CacheUsageLimits {
        data_storage: set(limits.data_storage).map(|bounds| shapes::DataStorage {
            maximum: number(bounds.maximum),
            minimum: number(bounds.minimum),
            unit: Some(DataStorageUnit::Gb.as_str().into()),
        }),
        ecpu_per_second: set(limits.ecpu_per_second).map(|bounds| shapes::ECPUPerSecond {
            maximum: number(bounds.maximum),
            minimum: number(bounds.minimum),
        }),
    })
}

fn integrations(cache: &ServerlessCache) -> Option<Vec<shapes::Integration>> {
    let status = if cache.is_created() { "enabled" } else { "enabling" };
    let each = cache.spec.integrations.iter().map(|integration| shapes::Integration {
        integration_type: Some(integration.as_str().into()),
        status: Some(IntegrationStatus::from(status)),
    });
    let each: Vec<_> = each.collect();
    (!each.is_empty()).then_some(each)
}

pub(in crate::aws::elasticache) fn serverless_cache_snapshot(
    snapshot: &ServerlessCacheSnapshot,
) -> shapes::ServerlessCacheSnapshot {
    let is_made = matches!(snapshot.phase, Phase::Available | Phase::Deleting);
    shapes::ServerlessCacheSnapshot {
        serverless_cache_snapshot_name: Some(snapshot.name.to_string()),
        arn: Some(snapshot.arn().to_string()),
        kms_key_id: snapshot.kms_key_id.clone(),
        snapshot_type: Some(snapshot.snapshot_type.as_str().to_owned()),
        status: Some(snapshot.phase.status().to_owned()),
        create_time: Some(snapshot.created_at),
        expiry_time: snapshot.expires_at,
        bytes_used_for_cache: is_made.then(|| snapshot.bytes.to_string()),
        serverless_cache_configuration: Some(shapes::ServerlessCacheConfiguration {
            serverless_cache_name: Some(snapshot.cache.to_string()),
            engine: Some(snapshot.engine.to_string()),
            major_engine_version: Some(snapshot.major_engine_version.clone()),
        }),
    }
}
