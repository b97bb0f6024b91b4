//! DescribeCacheClusters: which clusters a request asks for.

use std::sync::Arc;

use super::{CacheCluster, DescribeCacheClusters, validate};
use crate::ids::CacheClusterId;
use crate::paging::{Page, PageRequest};
use crate::rejection::Rejection;

/// A checked [`DescribeCacheClusters`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterQuery {
    /// One cluster alone.
    pub id: Option<CacheClusterId>,
    /// Whether nodes are listed.
    pub with_nodes: bool,
    /// Only clusters that are no members of replication groups; one that is named is shown all the same (uncertain).
    standalone: bool,
    /// The id's letters as they came, for the error.
    asked: String,
    paging: PageRequest,
}

impl ClusterQuery {
    /// # Errors
    /// For a bad page, and [`Rejection::CacheClusterNotFound`] for an id that none can have.
    pub fn parse(request: &DescribeCacheClusters) -> Result<Self, Rejection> {
        let paging = PageRequest::parse(request.max_records, request.marker.as_deref())?;
        let asked = request.cache_cluster_id.as_deref().filter(|id| !id.is_empty());
        Ok(Self {
            id: asked.map(|id| validate::id_to_find(Some(id))).transpose()?,
            with_nodes: request.show_cache_node_info.unwrap_or_default(),
            standalone: request.show_cache_clusters_not_in_replication_groups.unwrap_or_default(),
            asked: asked.unwrap_or_default().to_owned(),
            paging,
        })
    }

    /// The id after which the page begins: clusters up to it need not be given to [`ClusterQuery::select`].
    pub fn after(&self) -> Option<&str> {
        self.paging.after()
    }

    /// The clusters asked for, out of all of the account and region in ascending order of their ids.
    ///
    /// # Errors
    /// [`Rejection::CacheClusterNotFound`] when one was named and is not there.
    pub fn select<'c>(
        &self,
        clusters: impl IntoIterator<Item = &'c Arc<CacheCluster>>,
    ) -> Result<Page<&'c Arc<CacheCluster>>, Rejection> {
        let mut clusters = clusters.into_iter();
        match &self.id {
            Some(id) => {
                let found = clusters.find(|cluster| cluster.id == *id);
                let found = found.ok_or_else(|| Rejection::CacheClusterNotFound(self.asked.clone()))?;
                Ok(Page { items: vec![found], marker: None })
            }
            None => {
                let asked = clusters.filter(|cluster| !self.standalone || cluster.membership.is_none());
                Ok(self.paging.page(asked, |cluster| cluster.id.to_string()))
            }
        }
    }
}
