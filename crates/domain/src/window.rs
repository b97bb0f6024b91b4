//! The windows in which AWS maintains and snapshots a cluster, in UTC.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::Region;
use crate::rejection::Rejection;

const DAY: u16 = 24 * 60;
const WEEK: u16 = 7 * DAY;
/// The least length of either window, and the length of the defaults: minutes.
const HOUR: u16 = 60;
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A span of every day, `06:30-07:30`; it may pass midnight. The snapshot window is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DailyWindow {
    /// Minutes after midnight.
    start: u16,
    /// Minutes.
    length: u16,
}

/// A span of every week, `sun:23:00-mon:01:30`; it may pass the week's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MaintenanceWindow {
    /// Minutes after Monday's midnight.
    start: u16,
    /// Minutes.
    length: u16,
}

/// A time of every day, `05:30`: when automatic snapshots of serverless caches are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DailyTime {
    /// Minutes after midnight.
    minute: u16,
}

impl FromStr for DailyTime {
    type Err = NotATime;

    fn from_str(s: &str) -> Result<Self, NotATime> {
        clock(s).map(|minute| Self { minute }).ok_or_else(|| NotATime(s.to_owned()))
    }
}

/// A text that is no time of day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a time of day: hh24:mi")]
pub struct NotATime(String);

impl DailyTime {
    /// An hour or half hour, picked by `draw`.
    pub fn drawn(draw: u64) -> Self {
        let slots: Vec<u16> = (0..DAY).step_by(30).collect();
        Self { minute: slots[index(draw, slots.len())] }
    }

    /// The first moment after `moment` at which it comes.
    pub fn comes_after(self, moment: Timestamp) -> Timestamp {
        let day = i64::from(DAY) * 60;
        let wait = (i64::from(self.minute) * 60 - moment.as_second()).rem_euclid(day);
        let wait = if wait == 0 { day } else { wait };
        Timestamp::from_second(moment.as_second() + wait).unwrap_or(Timestamp::MAX)
    }
}

impl fmt::Display for DailyTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.minute / 60, self.minute % 60)
    }
}

/// `HH:MM`, as minutes after midnight.
fn clock(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let two_digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    if !two_digits(hours) || !two_digits(minutes) {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

/// `ddd:HH:MM`, as minutes after Monday's midnight; the day in any case.
fn weekly_clock(text: &str) -> Option<u16> {
    let (day, time) = text.split_once(':')?;
    let day = WEEKDAYS.iter().position(|known| known.eq_ignore_ascii_case(day))?;
    Some(u16::try_from(day).ok()? * DAY + clock(time)?)
}

impl FromStr for DailyWindow {
    type Err = Rejection;

    fn from_str(s: &str) -> Result<Self, Rejection> {
        let bad = || Rejection::BadSnapshotWindow(s.to_owned());
        let (start, end) = s.split_once('-').ok_or_else(bad)?;
        let (start, end) = (clock(start).ok_or_else(bad)?, clock(end).ok_or_else(bad)?);
        Ok(Self { start, length: (end + DAY - start) % DAY })
    }
}

impl DailyWindow {
    /// A snapshot window that came in a request.
    ///
    /// # Errors
    /// When it is malformed or shorter than an hour.
    pub fn parse_snapshot_window(text: &str) -> Result<Self, Rejection> {
        let window: Self = text.parse()?;
        if window.length < HOUR { Err(Rejection::SnapshotWindowTooShort) } else { Ok(window) }
    }

    /// The first moment after `moment` at which it opens.
    pub fn opens_after(self, moment: Timestamp) -> Timestamp {
        DailyTime { minute: self.start }.comes_after(moment)
    }

    /// A default snapshot window: an hour that starts on an hour or half hour, picked by `draw` from those that do
    /// not overlap `maintenance` (from all, where every one does).
    pub fn default_snapshot_window(draw: u64, maintenance: &MaintenanceWindow) -> Self {
        let slots = (0..DAY / 30).map(|slot| Self { start: slot * 30, length: HOUR });
        let free: Vec<_> = slots.clone().filter(|slot| !maintenance.overlaps(slot)).collect();
        let slots = if free.is_empty() { slots.collect() } else { free };
        slots[index(draw, slots.len())]
    }
}

impl FromStr for MaintenanceWindow {
    type Err = Rejection;

    fn from_str(s: &str) -> Result<Self, Rejection> {
        let bad = || Rejection::BadMaintenanceWindow(s.to_owned());
        let (start, end) = s.split_once('-').ok_or_else(bad)?;
        let (start, end) = (weekly_clock(start).ok_or_else(bad)?, weekly_clock(end).ok_or_else(bad)?);
        let length = (end + WEEK - start) % WEEK;
        match length {
            ..HOUR => Err(Rejection::MaintenanceWindowTooShort),
            HOUR..=DAY => Ok(Self { start, length }),
            _ => Err(Rejection::MaintenanceWindowTooLong),
        }
    }
}

impl MaintenanceWindow {
    /// A default window as AWS picks one: an hour on a weekday within the region's eight-hour block, starting on
    /// an hour or half hour, picked by `draw` from those that do not overlap `snapshot`.
    pub fn default_for(region: &Region, draw: u64, snapshot: Option<&DailyWindow>) -> Self {
        let block = region.facts().and_then(|facts| facts.maintenance_block);
        let block = block.unwrap_or(DailyWindow { start: 3 * HOUR, length: 8 * HOUR });
        let first = block.start.div_ceil(30) * 30;
        let last = block.start + block.length - HOUR;
        let slots = (first..=last).step_by(30).flat_map(|start| {
            (0..7).map(move |day| Self { start: (day * DAY + start) % WEEK, length: HOUR })
        });
        let free: Vec<_> = slots.clone().filter(|slot| !snapshot.is_some_and(|s| slot.overlaps(s))).collect();
        let slots = if free.is_empty() { slots.collect() } else { free };
        slots[index(draw, slots.len())]
    }

    /// The first moment after `moment` at which it opens.
    pub fn opens_after(&self, moment: Timestamp) -> Timestamp {
        const MINUTE: i64 = 60;
        let week = i64::from(WEEK) * MINUTE;
        // The epoch was a Thursday.
        let into_week = (moment.as_second() + i64::from(3 * DAY) * MINUTE).rem_euclid(week);
        let opening = i64::from(self.start) * MINUTE;
        let wait = (opening - into_week).rem_euclid(week);
        // What falls between two seconds is after the earlier: an opening at this very second is past or now.
        let wait = if wait == 0 { week } else { wait };
        Timestamp::from_second(moment.as_second() + wait).unwrap_or(Timestamp::MAX)
    }

    /// Whether the daily window falls into it on any day.
    pub fn overlaps(&self, daily: &DailyWindow) -> bool {
        // It comes every day: the nearest opening is what counts.
        let until_daily = (daily.start + WEEK - self.start) % DAY;
        let until_weekly = (self.start + DAY - daily.start) % DAY;
        until_daily < self.length || until_weekly < daily.length
    }
}

/// `draw` as an index into `len` items.
fn index(draw: u64, len: usize) -> usize {
    usize::try_from(draw % u64::try_from(len).expect("a length fits")).expect("below a length")
}

impl fmt::Display for DailyWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = (self.start + self.length) % DAY;
        write!(f, "{:02}:{:02}-{:02}:{:02}", self.start / 60, self.start % 60, end / 60, end % 60)
    }
}

impl fmt::Display for MaintenanceWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for minute in [self.start, (self.start + self.length) % WEEK] {
            let day = WEEKDAYS[usize::from(minute / DAY)];
            write!(f, "{separator}{day}:{:02}:{:02}", minute % DAY / 60, minute % 60)?;
            separator = "-";
        }
        Ok(())
    }
}

macro_rules! as_text {
    ($window:ident) => {
        impl TryFrom<String> for $window {
            type Error = <Self as FromStr>::Err;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$window> for String {
            fn from(window: $window) -> Self {
                window.to_string()
            }
        }
    };
}
as_text!(DailyWindow);
as_text!(MaintenanceWindow);
as_text!(DailyTime);

#[cfg(test)]
mod tests;
