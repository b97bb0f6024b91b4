//! CreateServerlessCache.

use super::{Surroundings, network, restore, values};
use crate::engine::Engine;
use crate::ids::{Scope, ServerlessCacheName};
use crate::network::NetworkType;
use crate::quota::Quota;
use crate::rejection::{Rejection, Unbuilt};
use crate::serverless_cache::{
    ConnectionType, CreateServerlessCache, IntegrationType, Phase, ServerlessCache,
    ServerlessCacheRejection as Refused, ServerlessCacheSpec, UsageLimits,
};
use crate::tag::Tags;
use crate::window::DailyTime;

/// Checks CreateServerlessCache, and answers the cache as it is first.
///
/// # Errors
/// The first rule that it breaks.
pub fn create(
    request: &CreateServerlessCache,
    world: &Surroundings<'_>,
) -> Result<ServerlessCache, Rejection> {
    let name = new_name(request.serverless_cache_name.as_deref())?;
    let engine = values::engine(request.engine.as_deref().unwrap_or_default())?;
    let version = values::version(engine, request.major_engine_version.as_deref())?;
    let description = values::description(request.description.clone().unwrap_or_default())?;
    let limits = request.cache_usage_limits.as_ref();
    let limits = limits.map(|asked| UsageLimits::default().with(asked)).transpose()?.unwrap_or_default();
    let snapshot_retention_limit = values::retention(request.snapshot_retention_limit.unwrap_or(0))?;
    let daily_snapshot_time = match request.daily_snapshot_time.as_deref() {
        Some(asked) => values::daily_snapshot_time(asked)?,
        None => DailyTime::drawn(world.draw),
    };
    let network_type = request.network_type.as_deref().map_or(Ok(NetworkType::Ipv4), str::parse)?;
    let connection_type = request.connection_type.as_deref().map_or(Ok(ConnectionType::Vpc), str::parse)?;
    let integrations = integrations(&request.integrations)?;
    let since_9 = engine == Engine::Valkey && values::major(&version.major) >= 9;
    if connection_type == ConnectionType::Public && !since_9 {
        return Err(Refused::NeedsValkey9("ConnectionType public").into());
    }
    if !integrations.is_empty() && !since_9 {
        return Err(Refused::NeedsValkey9("Integrations").into());
    }
    if network_type != NetworkType::Ipv4 {
        return Err(Rejection::NotYet(Unbuilt::Ipv6));
    }
    let tags = Tags::default().with(&request.tags)?;
    if world.name_is_taken {
        return Err(Refused::Exists(name).into());
    }
    let place = network::place(&request.subnet_ids, world)?;
    let security_group_ids = network::security_groups(&request.security_group_ids, &place.vpc, world.groups)?;
    let user_group_id = values::user_group(request.user_group_id.as_deref(), engine, world.neighbours)?;
    let restored_from = restore::snapshot(&request.snapshot_arns_to_restore, engine, &version.major, world)?;
    if let Some(limit) = world.quotas.limit(Quota::ServerlessCachesPerRegion)
        && world.caches >= limit as usize
    {
        return Err(Refused::Quota(limit).into());
    }
    Ok(ServerlessCache {
        scope: Scope::clone(world.scope),
        name,
        spec: ServerlessCacheSpec {
            description,
            engine,
            major_engine_version: version.major,
            full_engine_version: version.full,
            limits,
            kms_key_id: request.kms_key_id.clone().filter(|key| !key.is_empty()),
            vpc: place.key(world.scope),
            subnet_ids: place.subnets,
            security_group_ids,
            user_group_id,
            snapshot_retention_limit,
            daily_snapshot_time,
            network_type,
            connection_type,
            integrations,
        },
        phase: Phase::Creating,
        created_at: world.now,
        restored_from,
        daily_since: world.now,
        migration: None,
        tags,
    })
}

fn new_name(asked: Option<&str>) -> Result<ServerlessCacheName, Rejection> {
    let asked = asked.filter(|name| !name.is_empty()).ok_or(Rejection::Missing("ServerlessCacheName"))?;
    asked.parse().map_err(|_| Rejection::BadIdentifier("ServerlessCacheName"))
}

/// `Integrations`, each once.
fn integrations(asked: &[Option<String>]) -> Result<Vec<IntegrationType>, Rejection> {
    let mut integrations = Vec::new();
    for asked in asked {
        let asked = asked.as_deref().ok_or(Rejection::Missing("Integrations.IntegrationType"))?;
        let integration = asked.parse()?;
        if !integrations.contains(&integration) {
            integrations.push(integration);
        }
    }
    Ok(integrations)
}
