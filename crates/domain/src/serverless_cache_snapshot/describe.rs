//! DescribeServerlessCacheSnapshots: which snapshots a request asks for.

use std::sync::Arc;

use super::{
    DescribeServerlessCacheSnapshots, ServerlessCacheSnapshot, ServerlessCacheSnapshotRejection as Refused,
    SnapshotType, validate,
};
use crate::ids::{ServerlessCacheName, ServerlessCacheSnapshotName};
use crate::paging::{Page, PageRequest};
use crate::rejection::Rejection;
use crate::serverless_cache::ServerlessCacheRejection;
use crate::serverless_cache::validate as of_caches;

/// A checked [`DescribeServerlessCacheSnapshots`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerlessCacheSnapshotQuery {
    /// One snapshot alone.
    pub name: Option<ServerlessCacheSnapshotName>,
    /// One cache's alone.
    pub cache: Option<ServerlessCacheName>,
    snapshot_type: Option<SnapshotType>,
    asked: DescribeServerlessCacheSnapshots,
    paging: PageRequest,
}

impl ServerlessCacheSnapshotQuery {
    /// The most snapshots on a page.
    const MOST: u16 = 50;

    /// # Errors
    /// For a bad page, another type than there is, and names that none can have.
    pub fn parse(request: DescribeServerlessCacheSnapshots) -> Result<Self, Rejection> {
        let paging = PageRequest::of_results(request.max_results, request.next_token.as_deref(), Self::MOST)?;
        let named = |name: &'_ Option<String>| name.clone().filter(|name| !name.is_empty());
        let snapshot_type = request.snapshot_type.as_deref();
        let snapshot_type =
            snapshot_type.map(|text| SnapshotType::asked_for(text, "SnapshotType")).transpose()?;
        let cache = named(&request.serverless_cache_name);
        let cache = cache.as_deref().map(of_caches::name_to_find).transpose()?;
        let name = named(&request.serverless_cache_snapshot_name);
        let name = name.as_deref().map(validate::name_to_find).transpose()?;
        Ok(Self { name, cache, snapshot_type, asked: request, paging })
    }

    /// The name after which the page begins; none: it is the first.
    pub fn after(&self) -> Option<&str> {
        self.paging.after()
    }

    /// The snapshots asked for, out of all in ascending order of their names; `cache_is_there`: the cache named is.
    ///
    /// # Errors
    /// When a snapshot was named and is not there, or a cache that neither is there nor has left a snapshot.
    pub fn select<'s>(
        &self,
        snapshots: impl IntoIterator<Item = &'s Arc<ServerlessCacheSnapshot>>,
        cache_is_there: bool,
    ) -> Result<Page<&'s Arc<ServerlessCacheSnapshot>>, Rejection> {
        let of_cache = |snapshot: &&Arc<ServerlessCacheSnapshot>| {
            self.cache.as_ref().is_none_or(|cache| snapshot.cache == *cache)
        };
        let fits = |snapshot: &&Arc<ServerlessCacheSnapshot>| {
            self.name.as_ref().is_none_or(|name| snapshot.name == *name)
                && self.snapshot_type.is_none_or(|kind| snapshot.snapshot_type == kind)
        };
        if self.name.is_none() && self.cache.is_none() {
            let fitting = snapshots.into_iter().filter(fits);
            return Ok(self.paging.page(fitting, |snapshot| snapshot.name.to_string()));
        }
        let of_cache: Vec<_> = snapshots.into_iter().filter(of_cache).collect();
        if of_cache.is_empty() && self.cache.is_some() && !cache_is_there {
            let asked = self.asked.serverless_cache_name.clone().unwrap_or_default();
            return Err(ServerlessCacheRejection::NotFound(asked).into());
        }
        let found: Vec<_> = of_cache.into_iter().filter(fits).collect();
        if found.is_empty() && self.name.is_some() {
            let asked = self.asked.serverless_cache_snapshot_name.clone().unwrap_or_default();
            return Err(Refused::NotFound(asked).into());
        }
        Ok(self.paging.page(found, |snapshot| snapshot.name.to_string()))
    }
}
