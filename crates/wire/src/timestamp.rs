//! Points in time as AWS writes and reads them.

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

/// Writes `value` as ISO 8601 in UTC with milliseconds, as ElastiCache does: `2025-04-29T11:40:05.278Z`.
pub fn iso8601(value: Timestamp) -> String {
    value.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// Reads ISO 8601 with an offset, without one (then in UTC), a bare date, or seconds since 1970: what AWS's clients
/// send and people write by hand.
pub fn parse(text: &str) -> Option<Timestamp> {
    if let Ok(instant) = text.parse() {
        return Some(instant);
    }
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        let seconds = SignedDuration::try_from_secs_f64(text.parse().ok()?).ok()?;
        return Timestamp::from_duration(seconds).ok();
    }
    let civil = text.parse::<DateTime>().or_else(|_| text.parse::<Date>().map(DateTime::from)).ok()?;
    Offset::UTC.to_timestamp(civil).ok()
}
