//! What a serverless cache may use: storage and computing, each with a least and a most.

use serde::{Deserialize, Serialize};

use super::{RequestedBounds, RequestedLimits, ServerlessCacheRejection as Refused};
use crate::network::listed;
use crate::rejection::Rejection;

listed! {
    /// What storage is counted in.
    DataStorageUnit, "Unit",
    /// Gigabytes.
    Gb = "GB"
}

/// The most storage that a cache may have, in GB (user guide, RedisConfiguration).
const MOST_STORAGE: u32 = 5_000;
/// The least and the most ECPUs per second (user guide, RedisConfiguration and the pages on scaling).
const LEAST_ECPU: u32 = 1_000;
const MOST_ECPU: u32 = 15_000_000;

/// A least and a most, each of which may be left open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// Reserved beforehand.
    pub minimum: Option<u32>,
    /// Not exceeded.
    pub maximum: Option<u32>,
}

impl Bounds {
    /// Whether neither bound is set.
    pub const fn are_open(&self) -> bool {
        self.minimum.is_none() && self.maximum.is_none()
    }

    /// The bounds that a request names: 0 takes a limit away.
    fn parse(
        asked: &RequestedBounds,
        names: [&'static str; 2],
        range: std::ops::RangeInclusive<u32>,
    ) -> Result<Self, Rejection> {
        let bound = |asked: Option<i32>, name| match asked {
            None | Some(0) => Ok(None),
            Some(asked) => {
                let number = u32::try_from(asked).ok().filter(|number| range.contains(number));
                let (least, most) = (i64::from(*range.start()), i64::from(*range.end()));
                number.map(Some).ok_or(Rejection::out_of_range(name, asked, least, most))
            }
        };
        let [least, most] = names;
        let bounds = Self { minimum: bound(asked.minimum, least)?, maximum: bound(asked.maximum, most)? };
        match (bounds.minimum, bounds.maximum) {
            (Some(minimum), Some(maximum)) if minimum > maximum => {
                Err(Refused::MinimumAboveMaximum { least, most }.into())
            }
            _ => Ok(bounds),
        }
    }
}

/// `CacheUsageLimits`, as they are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageLimits {
    /// GB.
    pub data_storage: Bounds,
    /// ECPUs.
    pub ecpu_per_second: Bounds,
}

impl UsageLimits {
    /// Whether nothing is limited.
    pub const fn are_open(&self) -> bool {
        self.data_storage.are_open() && self.ecpu_per_second.are_open()
    }

    /// These limits, with those that a request names in their place. Of a pair that it names, a bound that it leaves
    /// out is open from then on; a pair that it does not name stays.
    ///
    /// # Errors
    /// For a number outside its range, a least above the most, or another unit than GB.
    pub fn with(self, asked: &RequestedLimits) -> Result<Self, Rejection> {
        let mut limits = self;
        if let Some(asked) = &asked.data_storage {
            if let Some(unit) = &asked.unit {
                unit.parse::<DataStorageUnit>()?;
            }
            let names = ["CacheUsageLimits.DataStorage.Minimum", "CacheUsageLimits.DataStorage.Maximum"];
            limits.data_storage = Bounds::parse(asked, names, 1..=MOST_STORAGE)?;
        }
        if let Some(asked) = &asked.ecpu_per_second {
            let names = ["CacheUsageLimits.ECPUPerSecond.Minimum", "CacheUsageLimits.ECPUPerSecond.Maximum"];
            limits.ecpu_per_second = Bounds::parse(asked, names, LEAST_ECPU..=MOST_ECPU)?;
        }
        Ok(limits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn storage(minimum: Option<i32>, maximum: Option<i32>, unit: &str) -> RequestedLimits {
        let bounds = RequestedBounds { minimum, maximum, unit: Some(unit.to_owned()) };
        RequestedLimits { data_storage: Some(bounds), ecpu_per_second: None }
    }

    fn ecpu(minimum: Option<i32>, maximum: Option<i32>) -> RequestedLimits {
        let bounds = RequestedBounds { minimum, maximum, unit: None };
        RequestedLimits { data_storage: None, ecpu_per_second: Some(bounds) }
    }

    #[test]
    fn bounds_lie_in_their_ranges_and_the_least_is_not_above_the_most() {
        let open = UsageLimits::default();
        for good in [storage(Some(1), Some(5_000), "GB"), ecpu(Some(1_000), Some(15_000_000))] {
            assert!(!open.with(&good).unwrap().are_open());
        }
        for (bad, said) in [
            (
                storage(None, Some(5_001), "GB"),
                "Invalid value 5001 for CacheUsageLimits.DataStorage.Maximum. Must be between 1 and 5000",
            ),
            (
                storage(Some(-1), None, "GB"),
                "Invalid value -1 for CacheUsageLimits.DataStorage.Minimum. Must be between 1 and 5000",
            ),
            (
                ecpu(Some(999), None),
                "Invalid value 999 for CacheUsageLimits.ECPUPerSecond.Minimum. Must be between 1000 and 15000000",
            ),
            (storage(None, Some(1), "TB"), "Invalid value 'TB' for Unit. Valid values: GB"),
            (
                ecpu(Some(2_000), Some(1_000)),
                "CacheUsageLimits.ECPUPerSecond.Minimum must not be greater than CacheUsageLimits.ECPUPerSecond.Maximum.",
            ),
        ] {
            assert_eq!(open.with(&bad).unwrap_err().to_string(), said);
        }
    }

    #[test]
    fn a_pair_that_is_not_named_stays_and_zero_takes_a_limit_away() {
        let both = UsageLimits::default().with(&storage(Some(2), Some(10), "GB")).unwrap();
        let both = both.with(&ecpu(None, Some(5_000))).unwrap();
        assert_eq!(both.data_storage, Bounds { minimum: Some(2), maximum: Some(10) });
        let less = both.with(&storage(Some(0), Some(0), "GB")).unwrap();
        assert!(less.data_storage.are_open() && !less.are_open());
        assert!(less.with(&ecpu(Some(0), Some(0))).unwrap().are_open());
    }
}
