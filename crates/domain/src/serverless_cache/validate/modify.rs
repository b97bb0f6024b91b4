//! ModifyServerlessCache: one field a request.

use super::{Surroundings, network, values};
use crate::engine::Engine;
use crate::rejection::Rejection;
use crate::serverless_cache::{
    Changed, ModifyServerlessCache, ServerlessCache, ServerlessCacheRejection as Refused, ServerlessCacheSpec,
};

/// An accepted change of a cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modification {
    /// What the cache shall be.
    pub spec: ServerlessCacheSpec,
    /// What the change is about.
    pub changed: Changed,
}

/// Checks ModifyServerlessCache; none where the cache is already as it shall be. A field that is sent and says what
/// the cache is is no modification: Terraform sends them all.
///
/// # Errors
/// The first rule that it breaks.
pub fn modify(
    request: &ModifyServerlessCache,
    cache: &ServerlessCache,
    is_snapshotted: bool,
    world: &Surroundings<'_>,
) -> Result<Option<Modification>, Rejection> {
    let spec = asked(request, cache, world)?;
    super::is_available(cache, is_snapshotted)?;
    let now = &cache.spec;
    let fields = [
        (now.description != spec.description, Changed::Silently),
        (now.limits != spec.limits, Changed::Limits),
        (now.user_group_id != spec.user_group_id, Changed::Silently),
        (now.security_group_ids != spec.security_group_ids, Changed::SecurityGroups),
        (now.snapshot_retention_limit != spec.snapshot_retention_limit, Changed::Silently),
        (now.daily_snapshot_time != spec.daily_snapshot_time, Changed::Silently),
        (
            (now.engine, &now.major_engine_version) != (spec.engine, &spec.major_engine_version),
            Changed::Silently,
        ),
    ];
    let mut changed = fields.into_iter().filter_map(|(differs, what)| differs.then_some(what));
    match (changed.next(), changed.next()) {
        (None, _) => Ok(None),
        (Some(changed), None) => Ok(Some(Modification { spec, changed })),
        (Some(_), Some(_)) => Err(Refused::OneField.into()),
    }
}

/// What the cache would be with everything that the request names.
fn asked(
    request: &ModifyServerlessCache,
    cache: &ServerlessCache,
    world: &Surroundings<'_>,
) -> Result<ServerlessCacheSpec, Rejection> {
    let mut spec = cache.spec.clone();
    if let Some(description) = &request.description {
        spec.description = values::description(description.clone())?;
    }
    if let Some(limits) = &request.cache_usage_limits {
        spec.limits = spec.limits.with(limits)?;
    }
    if let Some(days) = request.snapshot_retention_limit {
        spec.snapshot_retention_limit = values::retention(days)?;
    }
    if let Some(time) = &request.daily_snapshot_time {
        spec.daily_snapshot_time = values::daily_snapshot_time(time)?;
    }
    version(request, cache, &mut spec)?;
    match (request.remove_user_group == Some(true), request.user_group_id.as_deref()) {
        (true, Some(_)) => return Err(Rejection::Exclusive("RemoveUserGroup", "UserGroupId")),
        (true, None) => spec.user_group_id = None,
        (false, None) => {}
        (false, group) => spec.user_group_id = values::user_group(group, spec.engine, world.neighbours)?,
    }
    if let Some(groups) = &request.security_group_ids {
        if groups.is_empty() {
            return Err(Rejection::NoSecurityGroup);
        }
        let groups = network::security_groups(groups, &spec.vpc.vpc, world.groups)?;
        // In another order they are the same.
        let same = groups.len() == spec.security_group_ids.len()
            && groups.iter().all(|group| spec.security_group_ids.contains(group));
        if !same {
            spec.security_group_ids = groups;
        }
    }
    Ok(spec)
}

/// `Engine` and `MajorEngineVersion`, one field together: upwards only, and from Redis to Valkey.
fn version(
    request: &ModifyServerlessCache,
    cache: &ServerlessCache,
    spec: &mut ServerlessCacheSpec,
) -> Result<(), Rejection> {
    let from = cache.spec.engine;
    let to = request.engine.as_deref().map_or(Ok(from), values::engine)?;
    if to != from && (from, to) != (Engine::Redis, Engine::Valkey) {
        return Err(Refused::EngineChange { cache: cache.name.clone(), from, to }.into());
    }
    let asked = match request.major_engine_version.as_deref() {
        Some(major) => major,
        None if to == from => return Ok(()),
        None => return Err(Rejection::Needs("Engine", "MajorEngineVersion")),
    };
    let version = values::version(to, Some(asked))?;
    let now = &cache.spec.major_engine_version;
    if values::major(&version.major) < values::major(now) {
        return Err(Rejection::Downgrade { from: now.clone(), to: version.major });
    }
    if (to, &version.major) != (from, now) {
        (spec.engine, spec.major_engine_version, spec.full_engine_version) =
            (to, version.major, version.full);
    }
    Ok(())
}
