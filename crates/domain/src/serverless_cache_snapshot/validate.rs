//! What snapshots of serverless caches ask of requests: pure, all before any effect.

use jiff::{SignedDuration, Timestamp};

use super::{
    CopyServerlessCacheSnapshot, CreateServerlessCacheSnapshot, ExportServerlessCacheSnapshot, Phase,
    ServerlessCacheSnapshot, ServerlessCacheSnapshotRejection as Refused, SnapshotType,
};
use crate::engine::Engine;
use crate::ids::{ServerlessCacheName, ServerlessCacheSnapshotName};
use crate::quota::{Quota, Quotas};
use crate::rejection::{Rejection, Unbuilt};
use crate::serverless_cache::ServerlessCache;
use crate::serverless_cache::validate::{Neighbours, is_available};
use crate::tag::Tags;

/// What the rules on a cache's snapshots ask of the world.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'w> {
    /// What else there is.
    pub neighbours: &'w dyn Neighbours,
    /// How many manual snapshots of the cache were made in the last 24 hours, as far as they are there.
    pub made_in_a_day: usize,
    /// Whether account quotas hold.
    pub quotas: Quotas,
}

impl Surroundings<'_> {
    fn has_room(&self) -> Result<(), Rejection> {
        match self.quotas.limit(Quota::ServerlessSnapshotsPerCacheAndDay) {
            Some(limit) if self.made_in_a_day >= limit as usize => Err(Refused::Quota(limit).into()),
            _ => Ok(()),
        }
    }
}

/// How many of `snapshots` count against the day's quota of `cache`.
pub fn made_in_a_day<'s>(
    snapshots: impl IntoIterator<Item = &'s ServerlessCacheSnapshot>,
    cache: &ServerlessCacheName,
    now: Timestamp,
) -> usize {
    let since = now.checked_sub(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MIN);
    let counts = |snapshot: &&ServerlessCacheSnapshot| {
        snapshot.cache == *cache
            && snapshot.snapshot_type == SnapshotType::Manual
            && snapshot.created_at > since
    };
    snapshots.into_iter().filter(counts).count()
}

/// The name of a snapshot of one's own; `parameter` names it in a complaint.
///
/// # Errors
/// When it is missing or breaks the rule for identifiers.
pub fn own_name(
    asked: Option<&str>,
    parameter: &'static str,
) -> Result<ServerlessCacheSnapshotName, Rejection> {
    let asked = asked.filter(|name| !name.is_empty()).ok_or(Rejection::Missing(parameter))?;
    ServerlessCacheSnapshotName::of_own_snapshot(asked).map_err(|_| Rejection::BadIdentifier(parameter))
}

/// The name of a snapshot that is to be there.
///
/// # Errors
/// When none can have it.
pub fn name_to_find(asked: &str) -> Result<ServerlessCacheSnapshotName, Rejection> {
    asked.parse().map_err(|_| Refused::NotFound(asked.to_owned()).into())
}

/// Whether no snapshot has the name.
///
/// # Errors
/// When one has.
pub fn is_free(name: &ServerlessCacheSnapshotName, neighbours: &dyn Neighbours) -> Result<(), Rejection> {
    match neighbours.snapshot(name) {
        Some(_) => Err(Refused::Exists(name.clone()).into()),
        None => Ok(()),
    }
}

/// Whether something can be done with the snapshot, tags included.
///
/// # Errors
/// When its state does not allow it.
pub fn available(snapshot: &ServerlessCacheSnapshot) -> Result<(), Rejection> {
    if snapshot.phase == Phase::Available { Ok(()) } else { Err(Refused::State.into()) }
}

/// Checks CreateServerlessCacheSnapshot of `cache`, and answers the snapshot as it is first.
///
/// # Errors
/// The first rule that it breaks.
pub fn create(
    request: &CreateServerlessCacheSnapshot,
    cache: &ServerlessCache,
    is_snapshotted: bool,
    world: &Surroundings<'_>,
    now: Timestamp,
) -> Result<ServerlessCacheSnapshot, Rejection> {
    let name = own_name(request.serverless_cache_snapshot_name.as_deref(), "ServerlessCacheSnapshotName")?;
    let tags = Tags::default().with(&request.tags)?;
    is_free(&name, world.neighbours)?;
    is_available(cache, is_snapshotted)?;
    world.has_room()?;
    Ok(cache.snapshot(name, key(request.kms_key_id.as_ref()), tags, now))
}

/// Checks CopyServerlessCacheSnapshot of `source`, and answers the copy as it is first.
///
/// # Errors
/// The first rule that it breaks.
pub fn copy(
    request: &CopyServerlessCacheSnapshot,
    source: &ServerlessCacheSnapshot,
    world: &Surroundings<'_>,
    now: Timestamp,
) -> Result<ServerlessCacheSnapshot, Rejection> {
    let target = request.target_serverless_cache_snapshot_name.as_deref();
    let name = own_name(target, "TargetServerlessCacheSnapshotName")?;
    let tags = Tags::default().with(&request.tags)?;
    is_free(&name, world.neighbours)?;
    available(source)?;
    world.has_room()?;
    Ok(source.copy(name, key(request.kms_key_id.as_ref()), tags, now))
}

/// Checks ExportServerlessCacheSnapshot. There is no S3 yet: what breaks no rule is refused by name.
///
/// # Errors
/// Always.
pub fn export(
    request: &ExportServerlessCacheSnapshot,
    snapshot: &ServerlessCacheSnapshot,
) -> Result<(), Rejection> {
    let bucket = request.s3_bucket_name.as_deref().unwrap_or_default();
    if !is_bucket(bucket) {
        return Err(Refused::BadBucket(bucket.to_owned()).into());
    }
    if snapshot.engine == Engine::Memcached {
        return Err(Rejection::NotForMemcached("ExportServerlessCacheSnapshot"));
    }
    if snapshot.kms_key_id.is_some() {
        return Err(Refused::KeyOnExport.into());
    }
    available(snapshot)?;
    Err(Rejection::NotYet(Unbuilt::ServerlessCacheSnapshotExport))
}

/// S3's rule for names that are also host names: 3 to 63 small letters, digits, hyphens and dots.
pub(crate) fn is_bucket(name: &str) -> bool {
    let is_end = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (3..=63).contains(&name.len())
        && name.starts_with(is_end)
        && name.ends_with(is_end)
        && !name.contains("..")
        && name.chars().all(|c| is_end(c) || c == '-' || c == '.')
}

fn key(asked: Option<&String>) -> Option<String> {
    asked.filter(|key| !key.is_empty()).cloned()
}
