//! DescribeServerlessCaches: which caches a request asks for.

use std::sync::Arc;

use super::{DescribeServerlessCaches, ServerlessCache, ServerlessCacheRejection as Refused};
use crate::ids::ServerlessCacheName;
use crate::paging::{Page, PageRequest};
use crate::rejection::Rejection;

/// A checked [`DescribeServerlessCaches`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerlessCacheQuery {
    /// One cache alone.
    pub name: Option<ServerlessCacheName>,
    asked: String,
    paging: PageRequest,
}

impl ServerlessCacheQuery {
    /// The most caches on a page (uncertain).
    const MOST: u16 = 100;

    /// # Errors
    /// For a bad page, and for a name that none can have.
    pub fn parse(request: &DescribeServerlessCaches) -> Result<Self, Rejection> {
        let paging = PageRequest::of_results(request.max_results, request.next_token.as_deref(), Self::MOST)?;
        let asked = request.serverless_cache_name.clone().filter(|name| !name.is_empty());
        let name = asked.as_deref().map(super::validate::name_to_find).transpose()?;
        Ok(Self { name, asked: asked.unwrap_or_default(), paging })
    }

    /// The name after which the page begins.
    pub fn after(&self) -> Option<&str> {
        self.paging.after()
    }

    /// The caches asked for, out of those given in ascending order of their names.
    ///
    /// # Errors
    /// When one was named and is not there.
    pub fn select<'c>(
        &self,
        caches: impl IntoIterator<Item = &'c Arc<ServerlessCache>>,
    ) -> Result<Page<&'c Arc<ServerlessCache>>, Rejection> {
        let mut caches = caches.into_iter();
        match &self.name {
            Some(name) => {
                let found = caches.find(|cache| cache.name == *name);
                let found = found.ok_or_else(|| Refused::NotFound(self.asked.clone()))?;
                Ok(Page { items: vec![found], marker: None })
            }
            None => Ok(self.paging.page(caches, |cache| cache.name.to_string())),
        }
    }
}
