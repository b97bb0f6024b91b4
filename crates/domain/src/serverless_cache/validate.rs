//! What serverless caches ask of requests: pure, all before any effect.

use std::fmt;

use jiff::Timestamp;

use super::{DeleteServerlessCache, Phase, ServerlessCache, ServerlessCacheRejection as Refused};
use crate::groups::Groups;
use crate::ids::{Scope, ServerlessCacheName, ServerlessCacheSnapshotName};
use crate::quota::Quotas;
use crate::rejection::Rejection;
use crate::serverless_cache_snapshot::{ServerlessCacheSnapshot, validate as of_snapshots};

mod create;
mod modify;
mod network;
mod restore;
mod values;

pub use create::create;
pub use modify::{Modification, modify};

/// What else there is that a request may name.
pub trait Neighbours: fmt::Debug {
    /// Whether there is a user group.
    fn has_user_group(&self, id: &str) -> bool;

    /// A snapshot of a serverless cache.
    fn snapshot(&self, name: &ServerlessCacheSnapshotName) -> Option<&ServerlessCacheSnapshot>;
}

/// What the rules ask of the world.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'w> {
    /// The caller's account and region.
    pub scope: &'w Scope,
    /// The groups that it has.
    pub groups: &'w dyn Groups,
    /// What else it has.
    pub neighbours: &'w dyn Neighbours,
    /// Whether a cache has the name already.
    pub name_is_taken: bool,
    /// How many caches there are.
    pub caches: usize,
    /// Whether account quotas hold.
    pub quotas: Quotas,
    /// A random number.
    pub draw: u64,
    /// When the request came.
    pub now: Timestamp,
}

/// The name of a cache that is to be there.
///
/// # Errors
/// When none can have it.
pub fn name_to_find(asked: &str) -> Result<ServerlessCacheName, Rejection> {
    asked.parse().map_err(|_| Refused::NotFound(asked.to_owned()).into())
}

/// Whether the cache can be changed; `is_snapshotted`: a snapshot of it is being made, and all else waits (user guide:
/// while a serverless cache is backed up, other operations on it are refused). So does all else while data is migrated into
/// it (uncertain).
///
/// # Errors
/// When its state does not allow it.
pub fn is_available(cache: &ServerlessCache, is_snapshotted: bool) -> Result<(), Rejection> {
    let is_free = cache.phase == Phase::Available && cache.migration.is_none() && !is_snapshotted;
    if is_free { Ok(()) } else { Err(Refused::State.into()) }
}

/// Whether the cache's tags can be read and changed: while it is available or modified.
///
/// # Errors
/// When its state does not allow it.
pub fn tagging(cache: &ServerlessCache) -> Result<(), Rejection> {
    match cache.phase {
        Phase::Available | Phase::Modifying(_) => Ok(()),
        Phase::Creating | Phase::Deleting => Err(Refused::State.into()),
    }
}

/// Checks DeleteServerlessCache, and answers the name of the final snapshot that it asks for.
///
/// # Errors
/// The first rule that it breaks.
pub fn delete(
    request: &DeleteServerlessCache,
    cache: &ServerlessCache,
    is_snapshotted: bool,
    neighbours: &dyn Neighbours,
) -> Result<Option<ServerlessCacheSnapshotName>, Rejection> {
    let name = request.final_snapshot_name.as_deref();
    let name = name.map(|name| of_snapshots::own_name(Some(name), "FinalSnapshotName")).transpose()?;
    if let Some(name) = &name {
        of_snapshots::is_free(name, neighbours)?;
    }
    is_available(cache, is_snapshotted)?;
    Ok(name)
}
