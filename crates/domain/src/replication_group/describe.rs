//! DescribeReplicationGroups: which groups a request asks for.

use std::sync::Arc;

use super::{DescribeReplicationGroups, ReplicationGroup, validate};
use crate::ids::ReplicationGroupId;
use crate::paging::{Page, PageRequest};
use crate::rejection::Rejection;

/// A checked [`DescribeReplicationGroups`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupQuery {
    /// One group alone.
    pub id: Option<ReplicationGroupId>,
    /// The id's letters as they came, for the error.
    asked: String,
    paging: PageRequest,
}

impl GroupQuery {
    /// # Errors
    /// For a bad page, and [`Rejection::ReplicationGroupNotFound`] for an id that none can have.
    pub fn parse(request: &DescribeReplicationGroups) -> Result<Self, Rejection> {
        let paging = PageRequest::parse(request.max_records, request.marker.as_deref())?;
        let asked = request.replication_group_id.as_deref().filter(|id| !id.is_empty());
        Ok(Self {
            id: asked.map(|id| validate::id_to_find(Some(id))).transpose()?,
            asked: asked.unwrap_or_default().to_owned(),
            paging,
        })
    }

    /// The id after which the page begins; none: it is the first.
    pub fn after(&self) -> Option<&str> {
        self.paging.after()
    }

    /// The groups asked for, out of all of the account and region in ascending order of their ids.
    ///
    /// # Errors
    /// [`Rejection::ReplicationGroupNotFound`] when one was named and is not there.
    pub fn select<'g>(
        &self,
        groups: impl IntoIterator<Item = &'g Arc<ReplicationGroup>>,
    ) -> Result<Page<&'g Arc<ReplicationGroup>>, Rejection> {
        let mut groups = groups.into_iter();
        match &self.id {
            Some(id) => {
                let found = groups.find(|group| group.id == *id);
                let found = found.ok_or_else(|| Rejection::ReplicationGroupNotFound(self.asked.clone()))?;
                Ok(Page { items: vec![found], marker: None })
            }
            None => Ok(self.paging.page(groups, |group| group.id.to_string())),
        }
    }
}
