//! What happens to user groups.

use jiff::Timestamp;

use crate::event::{Event, SourceType};
use crate::ids::UserGroupId;

/// An event of a user group. AWS lists the source type; its wordings are not on record (uncertain).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UserGroupEvent {
    /// It is there.
    #[error("User group created")]
    Created,
    /// It is as it was asked to be.
    #[error("User group modified")]
    Modified,
    /// It is gone.
    #[error("User group deleted")]
    Deleted,
}

impl UserGroupEvent {
    /// The event as it is kept.
    pub fn of(self, group: &UserGroupId, date: Timestamp) -> Event {
        Event {
            source_identifier: group.to_string(),
            source_type: SourceType::UserGroup,
            message: self.to_string(),
            date,
        }
    }
}
