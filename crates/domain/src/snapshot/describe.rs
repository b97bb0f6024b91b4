//! DescribeSnapshots: which snapshots a request asks for.

use std::sync::Arc;

use super::{DescribeSnapshots, Snapshot, SnapshotRejection as Refused, SnapshotType, validate};
use crate::cluster::validate as of_clusters;
use crate::ids::{CacheClusterId, SnapshotName};
use crate::paging::{Page, PageRequest};
use crate::rejection::Rejection;

/// A checked [`DescribeSnapshots`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotQuery {
    /// One snapshot alone.
    pub name: Option<SnapshotName>,
    /// One cluster's alone.
    pub cluster: Option<CacheClusterId>,
    snapshot_type: Option<SnapshotType>,
    asked: DescribeSnapshots,
    paging: PageRequest,
}

impl SnapshotQuery {
    /// The most snapshots on a page.
    const MOST: u16 = 50;

    /// # Errors
    /// For a bad page, another source than there is, and names that none can have.
    pub fn parse(request: DescribeSnapshots) -> Result<Self, Rejection> {
        let paging = PageRequest::up_to(Self::MOST, request.max_records, request.marker.as_deref())?;
        let snapshot_type = request.snapshot_source.as_deref();
        let snapshot_type =
            snapshot_type.map(|text| SnapshotType::asked_for(text, "SnapshotSource")).transpose()?;
        let cluster = named(&request.cache_cluster_id);
        let cluster = cluster.map(|id| of_clusters::id_to_find(Some(id))).transpose()?;
        let name = named(&request.snapshot_name).map(validate::name_to_find).transpose()?;
        Ok(Self { name, cluster, snapshot_type, asked: request, paging })
    }

    /// The id of the cluster or replication group whose snapshots alone are asked for.
    pub fn subject(&self) -> Option<String> {
        let group = || named(&self.asked.replication_group_id).map(str::to_ascii_lowercase);
        self.cluster.as_ref().map(ToString::to_string).or_else(group)
    }

    /// The name after which the page begins; none: it is the first.
    pub fn after(&self) -> Option<&str> {
        self.paging.after()
    }

    /// The snapshots asked for, out of all in ascending order of their names; `cluster_is_there`: the cluster named is.
    /// A group that is not there has no snapshots; AWS declares no error for it.
    ///
    /// # Errors
    /// When a snapshot was named and is not there, or a cluster that neither is there nor has left a snapshot.
    pub fn select<'s>(
        &self,
        snapshots: impl IntoIterator<Item = &'s Arc<Snapshot>>,
        cluster_is_there: bool,
    ) -> Result<Page<&'s Arc<Snapshot>>, Rejection> {
        let group = named(&self.asked.replication_group_id);
        let of_group = |snapshot: &Snapshot| {
            group.is_none_or(|group| {
                snapshot.subject.group().is_some_and(|id| id.as_str().eq_ignore_ascii_case(group))
            })
        };
        let of_cluster = |snapshot: &Snapshot| {
            self.cluster.as_ref().is_none_or(|cluster| snapshot.subject.is_cluster(cluster))
        };
        let fits = |snapshot: &Snapshot| {
            self.name.as_ref().is_none_or(|name| snapshot.name == *name)
                && self.snapshot_type.is_none_or(|kind| snapshot.snapshot_type == kind)
                && of_group(snapshot)
        };
        if self.name.is_none() && self.cluster.is_none() {
            let fitting = snapshots.into_iter().filter(|snapshot| fits(snapshot));
            return Ok(self.paging.page(fitting, |snapshot| snapshot.name.to_string()));
        }
        let mut left_one = cluster_is_there;
        let found = snapshots.into_iter().filter(|snapshot| of_cluster(snapshot));
        let found: Vec<_> = found.inspect(|_| left_one = true).filter(|snapshot| fits(snapshot)).collect();
        if found.is_empty() && self.name.is_some() {
            return Err(Refused::NotFound(self.asked.snapshot_name.clone().unwrap_or_default()).into());
        }
        if self.cluster.is_some() && !left_one {
            let asked = self.asked.cache_cluster_id.clone().unwrap_or_default();
            return Err(Rejection::CacheClusterNotFound(asked));
        }
        Ok(self.paging.page(found, |snapshot| snapshot.name.to_string()))
    }
}

fn named(asked: &Option<String>) -> Option<&str> {
    asked.as_deref().filter(|text| !text.is_empty())
}
