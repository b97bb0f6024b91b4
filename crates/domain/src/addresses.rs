//! Which addresses are taken, as spans of neighbours: to find a free one costs the same however many there are.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// A set of addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addresses {
    /// First to last of each span, both taken; two spans are neither neighbours nor do they overlap.
    spans: BTreeMap<u32, u32>,
}

impl Addresses {
    /// Takes an address; false when it was taken already.
    pub fn insert(&mut self, address: Ipv4Addr) -> bool {
        let address = u32::from(address);
        if self.span_of(address).is_some() {
            return false;
        }
        let before = address.checked_sub(1).and_then(|neighbour| self.span_of(neighbour));
        let after = address.checked_add(1).and_then(|neighbour| self.span_of(neighbour));
        if let Some((first, _)) = after {
            self.spans.remove(&first);
        }
        let first = before.map_or(address, |(first, _)| first);
        let last = after.map_or(address, |(_, last)| last);
        self.spans.insert(first, last);
        true
    }

    /// Gives an address back; false when it was free.
    pub fn remove(&mut self, address: Ipv4Addr) -> bool {
        let address = u32::from(address);
        let Some((first, last)) = self.span_of(address) else { return false };
        self.spans.remove(&first);
        if first < address {
            self.spans.insert(first, address - 1);
        }
        if address < last {
            self.spans.insert(address + 1, last);
        }
        true
    }

    /// The lowest address from `from` up to and with `last` that is free.
    pub fn free_in(&self, from: Ipv4Addr, last: Ipv4Addr) -> Option<Ipv4Addr> {
        let free = match self.span_of(u32::from(from)) {
            None => u32::from(from),
            Some((_, end)) => end.checked_add(1)?,
        };
        (free <= u32::from(last)).then(|| Ipv4Addr::from(free))
    }

    fn span_of(&self, address: u32) -> Option<(u32, u32)> {
        let (first, last) = self.spans.range(..=address).next_back()?;
        (address <= *last).then_some((*first, *last))
    }
}

impl FromIterator<Ipv4Addr> for Addresses {
    fn from_iter<I: IntoIterator<Item = Ipv4Addr>>(addresses: I) -> Self {
        let mut all = Self::default();
        for address in addresses {
            all.insert(address);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn neighbours_are_one_span() {
        let mut all: Addresses = (4..1_000).map(Ipv4Addr::from).collect();
        assert_eq!(all.spans.len(), 1, "a full range costs one look");
        assert_eq!(all.free_in(4.into(), 2_000.into()), Some(1_000.into()));
        all.remove(500.into());
        assert_eq!(all.free_in(4.into(), 2_000.into()), Some(500.into()));
        assert_eq!(all.free_in(501.into(), 999.into()), None);
    }

    proptest! {
        #[test]
        fn it_is_the_set_that_was_put_in(steps in proptest::collection::vec((any::<bool>(), 0u32..24), 0..80)) {
            let (mut all, mut model) = (Addresses::default(), BTreeSet::new());
            for (take, address) in steps {
                if take {
                    prop_assert_eq!(all.insert(address.into()), model.insert(address));
                } else {
                    prop_assert_eq!(all.remove(address.into()), model.remove(&address));
                }
                let free = (2..20).find(|address| !model.contains(address)).map(Ipv4Addr::from);
                prop_assert_eq!(all.free_in(2.into(), 19.into()), free);
            }
            let again: Addresses = model.iter().copied().map(Ipv4Addr::from).collect();
            prop_assert_eq!(all, again);
        }
    }
}
