//! What happens to users.

use jiff::Timestamp;

use crate::event::{Event, SourceType};
use crate::ids::UserId;

/// An event of a user. AWS lists the source type; its wordings are not on record (uncertain).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UserEvent {
    /// It is there.
    #[error("User created")]
    Created,
    /// It is as it was asked to be.
    #[error("User modified")]
    Modified,
    /// It is gone.
    #[error("User deleted")]
    Deleted,
}

impl UserEvent {
    /// The event as it is kept.
    pub fn of(self, user: &UserId, date: Timestamp) -> Event {
        Event {
            source_identifier: user.to_string(),
            source_type: SourceType::User,
            message: self.to_string(),
            date,
        }
    }
}
