//! Hash slots: which a shard has, how they are divided, and who gives whom which when shards come and go.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::NodeGroupId;
use super::rejection::GroupRejection;

/// How many slots there are.
pub const SLOTS: u16 = 16_384;

/// A set of slots, as ranges in ascending order that are neither neighbours nor overlap.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slots(Vec<(u16, u16)>);

impl Slots {
    /// All of them.
    pub fn all() -> Self {
        Self(vec![(0, SLOTS - 1)])
    }

    /// One alone.
    pub fn one(slot: u16) -> Self {
        Self(vec![(slot, slot)])
    }

    /// The division that AWS makes of `shards` new shards: equal parts in order, the first ones larger by one where it
    /// does not come out even.
    pub fn divided(shards: u16) -> Vec<Self> {
        let mut next = 0;
        let shares = shares(shards).into_iter().map(|share| {
            let from = next;
            next += share;
            Self(if share == 0 { Vec::new() } else { vec![(from, next - 1)] })
        });
        shares.collect()
    }

    /// How many.
    pub fn count(&self) -> u16 {
        self.0.iter().map(|(first, last)| last - first + 1).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Its ranges, first and last slot, in ascending order.
    pub fn ranges(&self) -> &[(u16, u16)] {
        &self.0
    }

    /// Each of them, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u16> {
        self.0.iter().flat_map(|(first, last)| *first..=*last)
    }

    /// Those that are not in `other`.
    pub fn without(&self, other: &Self) -> Self {
        let mut left = Self::default();
        for &(first, last) in &self.0 {
            let mut next = first;
            for &(from, to) in other.0.iter().filter(|(from, to)| *from <= last && first <= *to) {
                if next < from {
                    left.0.push((next, from - 1));
                }
                next = to + 1;
            }
            if next <= last {
                left.0.push((next, last));
            }
        }
        left
    }

    /// Those that are in either.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.take(other.clone());
        both
    }

    /// Those that are in both.
    #[must_use]
    pub fn both(&self, other: &Self) -> Self {
        self.without(&self.without(other))
    }

    /// The lowest `count` of them, or all where there are no more.
    #[must_use]
    pub fn first(&self, count: u16) -> Self {
        self.clone().give(count)
    }

    /// As `parts` sets of about the same size, fewer where there are not so many.
    pub fn split(&self, parts: u16) -> Vec<Self> {
        let (share, mut left) = (self.count().div_ceil(parts.max(1)), self.clone());
        std::iter::repeat_with(|| left.give(share)).take_while(|part| !part.is_empty()).collect()
    }

    /// Whether some are in both.
    pub fn overlaps(&self, other: &Self) -> bool {
        let apart = |a: &(u16, u16), b: &(u16, u16)| a.1 < b.0 || b.1 < a.0;
        self.0.iter().any(|one| other.0.iter().any(|another| !apart(one, another)))
    }

    /// Takes the lowest `count` away, or all where there are no more.
    fn give(&mut self, mut count: u16) -> Self {
        let mut given = Vec::new();
        while count > 0 && !self.0.is_empty() {
            let (first, last) = self.0.remove(0);
            let len = last - first + 1;
            if len > count {
                given.push((first, first + count - 1));
                self.0.insert(0, (first + count, last));
                break;
            }
            given.push((first, last));
            count -= len;
        }
        Self(given)
    }

    fn take(&mut self, other: Self) {
        self.0.extend(other.0);
        self.0.sort_unstable();
        let mut joined: Vec<(u16, u16)> = Vec::with_capacity(self.0.len());
        for (first, last) in self.0.drain(..) {
            match joined.last_mut() {
                Some(before) if before.1 + 1 == first => before.1 = last,
                _ => joined.push((first, last)),
            }
        }
        self.0 = joined;
    }
}

/// How many slots each of so many shards has.
fn shares(shards: u16) -> Vec<u16> {
    let (least, larger) = (SLOTS / shards.max(1), SLOTS % shards.max(1));
    (0..shards).map(|n| least + u16::from(n < larger)).collect()
}

/// Whether no shard has over one slot more than another.
pub fn is_uniform<'s>(shards: impl IntoIterator<Item = &'s Slots>) -> bool {
    let counts: Vec<u16> = shards.into_iter().map(Slots::count).collect();
    let (most, least) = (counts.iter().max().copied(), counts.iter().min().copied());
    most.unwrap_or(0) - least.unwrap_or(0) <= 1
}

/// The slots of each shard that stays, evened out, with as few moved as can be: `leave` give all, the others keep what
/// they may.
pub fn rebalanced(
    now: &BTreeMap<NodeGroupId, Slots>,
    leaves: impl Fn(NodeGroupId) -> bool,
) -> BTreeMap<NodeGroupId, Slots> {
    let mut stay: Vec<(NodeGroupId, Slots)> =
        now.iter().filter(|(id, _)| !leaves(**id)).map(|(id, slots)| (*id, slots.clone())).collect();
    // The larger shares go to those that have the most: fewer slots move.
    stay.sort_by_key(|(id, slots)| (std::cmp::Reverse(slots.count()), *id));
    let shares = shares(u16::try_from(stay.len()).unwrap_or(u16::MAX));
    let mut free = Slots::default();
    for (_, slots) in now.iter().filter(|(id, _)| leaves(**id)) {
        free.take(slots.clone());
    }
    for ((_, slots), share) in stay.iter_mut().zip(&shares) {
        let given = slots.give(slots.count().saturating_sub(*share));
        free.take(given);
    }
    for ((_, slots), share) in stay.iter_mut().zip(&shares) {
        let wanted = share.saturating_sub(slots.count());
        slots.take(free.give(wanted));
    }
    stay.into_iter().collect()
}

impl fmt::Display for Slots {
    /// `0-5461,10923`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (first, last) in &self.0 {
            f.write_str(separator)?;
            if first == last { write!(f, "{first}") } else { write!(f, "{first}-{last}") }?;
            separator = ",";
        }
        Ok(())
    }
}

impl FromStr for Slots {
    type Err = GroupRejection;

    /// Ranges and single slots, comma-joined, in any order; none twice.
    fn from_str(s: &str) -> Result<Self, GroupRejection> {
        let bad = || GroupRejection::BadSlots(s.to_owned());
        let slot = |text: &str| text.trim().parse::<u16>().ok().filter(|slot| *slot < SLOTS).ok_or_else(bad);
        let mut all = Self::default();
        for part in s.split(',') {
            let range = match part.split_once('-') {
                Some((first, last)) => (slot(first)?, slot(last)?),
                None => (slot(part)?, slot(part)?),
            };
            let range = Self(vec![range]);
            if range.0[0].0 > range.0[0].1 || all.overlaps(&range) {
                return Err(bad());
            }
            all.take(range);
        }
        Ok(all)
    }
}

impl TryFrom<String> for Slots {
    type Error = GroupRejection;

    fn try_from(text: String) -> Result<Self, GroupRejection> {
        if text.is_empty() { Ok(Self::default()) } else { text.parse() }
    }
}

impl From<Slots> for String {
    fn from(slots: Slots) -> Self {
        slots.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(slots: &[Slots]) -> Vec<String> {
        slots.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn three_shards_have_the_recorded_slots() {
        assert_eq!(shown(&Slots::divided(3)), ["0-5461", "5462-10922", "10923-16383"]);
        assert_eq!(shown(&Slots::divided(1)), ["0-16383"]);
    }

    #[test]
    fn ranges_are_read_joined_and_refused() {
        for (text, shown) in [("0-3", "0-3"), ("4-5,0-3", "0-5"), ("7,9", "7,9"), ("16383", "16383")] {
            assert_eq!(text.parse::<Slots>().unwrap().to_string(), shown);
        }
        for text in ["", "a", "0-16384", "5-4", "0-3,3", "1--2", "-1", "0-1-2"] {
            assert_eq!(text.parse::<Slots>(), Err(GroupRejection::BadSlots(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn a_shard_more_takes_a_little_from_each() {
        let now: BTreeMap<_, _> = (1..).map(NodeGroupId::new).zip(Slots::divided(2)).collect();
        let with_third: BTreeMap<_, _> =
            now.into_iter().chain([(NodeGroupId::new(3), Slots::default())]).collect();
        let after = rebalanced(&with_third, |_| false);
        assert_eq!(
            shown(&after.into_values().collect::<Vec<_>>()),
            ["2730-8191", "10923-16383", "0-2729,8192-10922"]
        );
    }

    fn is_uniform_but_for_the_last(parts: &[Slots]) -> bool {
        let counts: Vec<_> = parts.iter().map(Slots::count).collect();
        counts.iter().rev().skip(1).all(|count| *count == counts[0]) && counts.last() <= counts.first()
    }

    proptest! {
        #[test]
        fn whatever_comes_and_goes_each_slot_is_somewhere_once(steps in proptest::collection::vec((1u16..9, any::<u16>()), 1..6)) {
            let mut now: BTreeMap<_, _> = [(NodeGroupId::new(1), Slots::all())].into();
            let mut next = 2;
            for (come, go) in steps {
                for _ in 0..come {
                    now.insert(NodeGroupId::new(next), Slots::default());
                    next += 1;
                }
                let leaves = |id: NodeGroupId| id.number() != next - 1 && (go >> (id.number() % 16)) & 1 == 1;
                let after = rebalanced(&now, leaves);
                prop_assert!(is_uniform(after.values()));
                prop_assert_eq!(after.values().map(|slots| u32::from(slots.count())).sum::<u32>(), u32::from(SLOTS));
                let mut all = Slots::default();
                for slots in after.values() {
                    prop_assert!(!all.overlaps(slots));
                    all.take(slots.clone());
                    let parts = slots.split(7);
                    prop_assert!(parts.len() <= 7 && is_uniform_but_for_the_last(&parts));
                    prop_assert_eq!(parts.iter().fold(Slots::default(), |all, part| all.with(part)), slots.clone());
                    prop_assert_eq!(Slots::try_from(slots.to_string()).unwrap(), slots.clone());
                }
                prop_assert_eq!(&all, &Slots::all());
                // Nobody who stays gives slots away and gets others.
                for (id, slots) in &after {
                    let before = &now[id];
                    let kept = before.0.iter().flat_map(|(a, b)| *a..=*b).filter(|slot| {
                        slots.0.iter().any(|(a, b)| (*a..=*b).contains(slot))
                    }).count();
                    prop_assert_eq!(kept, usize::from(before.count().min(slots.count())));
                }
                now = after;
            }
        }
    }
}
