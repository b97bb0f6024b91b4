//! DescribeGlobalReplicationGroups: which global datastores a request asks for.

use std::sync::Arc;

use super::{DescribeGlobalReplicationGroups, GlobalRejection, GlobalReplicationGroup, validate};
use crate::ids::GlobalReplicationGroupId;
use crate::paging::{Page, PageRequest};
use crate::rejection::Rejection;

/// A checked [`DescribeGlobalReplicationGroups`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlobalQuery {
    /// One alone.
    pub id: Option<GlobalReplicationGroupId>,
    /// `ShowMemberInfo`.
    pub with_members: bool,
    /// The id's letters as they came, for the error.
    asked: String,
    paging: PageRequest,
}

impl GlobalQuery {
    /// # Errors
    /// For a bad page, and for an id that none can have.
    pub fn parse(request: &DescribeGlobalReplicationGroups) -> Result<Self, Rejection> {
        let paging = PageRequest::parse(request.max_records, request.marker.as_deref())?;
        let asked = request.global_replication_group_id.as_deref().filter(|id| !id.is_empty());
        Ok(Self {
            id: asked.map(|id| validate::id_to_find(Some(id))).transpose()?,
            with_members: request.show_member_info == Some(true),
            asked: asked.unwrap_or_default().to_owned(),
            paging,
        })
    }

    /// The id after which the page begins.
    pub fn after(&self) -> Option<&str> {
        self.paging.after()
    }

    /// Those asked for, out of all of the account in ascending order of their ids.
    ///
    /// # Errors
    /// [`GlobalRejection::NotFound`] when one was named and is not there.
    pub fn select<'g>(
        &self,
        globals: impl IntoIterator<Item = &'g Arc<GlobalReplicationGroup>>,
    ) -> Result<Page<&'g Arc<GlobalReplicationGroup>>, Rejection> {
        let mut globals = globals.into_iter();
        match &self.id {
            Some(id) => {
                let found = globals.find(|global| global.id == *id);
                let found = found.ok_or_else(|| GlobalRejection::NotFound(self.asked.clone()))?;
                Ok(Page { items: vec![found], marker: None })
            }
            None => Ok(self.paging.page(globals, |global| global.id.to_string())),
        }
    }
}
