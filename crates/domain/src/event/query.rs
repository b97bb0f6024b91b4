//! DescribeEvents' window and filters.

use jiff::{SignedDuration, Timestamp};

use super::{Event, SourceType};
use crate::rejection::Rejection;

/// How long events are kept.
pub const HISTORY: SignedDuration = SignedDuration::from_hours(14 * 24);

/// The window of a request that names none.
const DEFAULT_MINUTES: i64 = 60;

/// DescribeEvents' parameters, paging apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DescribeEvents {
    /// `SourceIdentifier`.
    pub source_identifier: Option<String>,
    /// `SourceType`.
    pub source_type: Option<String>,
    /// `StartTime`.
    pub start_time: Option<Timestamp>,
    /// `EndTime`.
    pub end_time: Option<Timestamp>,
    /// `Duration`, in minutes.
    pub duration: Option<i32>,
}

/// A checked [`DescribeEvents`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventQuery {
    source_identifier: Option<String>,
    source_type: Option<SourceType>,
    start: Timestamp,
    end: Timestamp,
}

impl EventQuery {
    /// `Duration` minutes (default 60) up to `EndTime` (default now); or from `StartTime`, which then decides alone.
    ///
    /// # Errors
    /// For a source type that there is not, a duration outside 1 minute to 14 days, a start more than 14 days ago or
    /// after the end.
    pub fn parse(request: &DescribeEvents, now: Timestamp) -> Result<Self, Rejection> {
        let source_type = request.source_type.as_deref().map(str::parse).transpose()?;
        let minutes = request.duration.map_or(DEFAULT_MINUTES, i64::from);
        let most = HISTORY.as_mins();
        if !(1..=most).contains(&minutes) {
            return Err(Rejection::out_of_range("Duration", minutes, 1, most));
        }
        let end = request.end_time.unwrap_or(now);
        let earlier = |from: Timestamp, by| from.checked_sub(by).unwrap_or(Timestamp::MIN);
        let start = request.start_time.unwrap_or_else(|| earlier(end, SignedDuration::from_mins(minutes)));
        if start > end {
            return Err(Rejection::EventWindowReversed);
        }
        let oldest = earlier(now, HISTORY);
        match request.start_time {
            Some(asked) if asked < oldest => Err(Rejection::EventsTooOld(asked)),
            _ => Ok(Self { source_identifier: request.source_identifier.clone(), source_type, start, end }),
        }
    }

    /// Whether it asks for `event`. Identifiers are compared in any case.
    pub fn matches(&self, event: &Event) -> bool {
        let source = self.source_identifier.as_deref();
        source.is_none_or(|id| id.eq_ignore_ascii_case(&event.source_identifier))
            && self.source_type.is_none_or(|kind| kind == event.source_type)
            && (self.start..=self.end).contains(&event.date)
    }

    /// The source that it asks for; none: all of them.
    pub fn source_identifier(&self) -> Option<&str> {
        self.source_identifier.as_deref()
    }

    /// The kind of sources that it asks for; none: all kinds.
    pub fn source_type(&self) -> Option<SourceType> {
        self.source_type
    }

    /// The latest moment that it asks for.
    pub fn end(&self) -> Timestamp {
        self.end
    }

    /// The earliest moment that it asks for: a store need not look further back.
    pub fn start(&self) -> Timestamp {
        self.start
    }
}
