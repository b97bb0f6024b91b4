//! The zone that a server answers from: swapped whole, with whose turn it is in each rotation.

use std::collections::{BTreeMap, HashMap};
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::Zone;

/// Shared between a server and whoever publishes to it. Empty until the first zone.
#[derive(Debug, Default)]
pub(super) struct LiveZone {
    current: RwLock<Option<Arc<Current>>>,
}

/// One published zone.
#[derive(Debug)]
pub(super) struct Current {
    pub(super) zone: Arc<Zone>,
    /// Of each name with several addresses. One counter for all would let two names that are asked for alternately
    /// see the same address every time.
    turns: HashMap<String, AtomicUsize>,
}

impl LiveZone {
    /// Replaces the zone; rotations go on where they were.
    pub(super) fn publish(&self, zone: Arc<Zone>) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let turn = |name: &str| current.as_ref().map_or(0, |old| old.turn(name));
        let turns = zone
            .names
            .iter()
            .filter(|(_, addresses)| addresses.len() > 1)
            .map(|(name, _)| (name.clone(), AtomicUsize::new(turn(name))))
            .collect();
        *current = Some(Arc::new(Current { zone, turns }));
    }

    /// Takes the names `gone` away, and adds `names` or leads them elsewhere; false when there is no zone yet. It costs what
    /// they are, not what there is.
    pub(super) fn change(&self, gone: &[String], names: BTreeMap<String, Vec<Ipv4Addr>>) -> bool {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let Some(shared) = current.as_mut() else { return false };
        if let Some(own) = Arc::get_mut(shared) {
            let zone = Arc::make_mut(&mut own.zone);
            for name in gone {
                zone.names.remove(name);
                own.turns.remove(name);
            }
            for (name, _) in names.iter().filter(|(_, addresses)| addresses.len() > 1) {
                own.turns.entry(name.clone()).or_default();
            }
            zone.names.extend(names);
            return true;
        }
        // An answer is being given out of it.
        let mut zone = Zone::clone(&shared.zone);
        drop(current);
        zone.names.retain(|name, _| !gone.contains(name));
        zone.names.extend(names);
        self.publish(Arc::new(zone));
        true
    }

    /// The zone as it stands; none before the first was published.
    pub(super) fn current(&self) -> Option<Arc<Current>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Current {
    /// Whose turn it is among `addresses`, which must not be empty, of `name`.
    pub(super) fn next(&self, name: &str, addresses: &[Ipv4Addr]) -> Ipv4Addr {
        let turn = self.turns.get(name).map_or(0, |turn| turn.fetch_add(1, Ordering::Relaxed));
        addresses[turn % addresses.len()]
    }

    fn turn(&self, name: &str) -> usize {
        self.turns.get(name).map_or(0, |turn| turn.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_is_changed_alone_whether_or_not_somebody_reads() {
        let at = |n| vec![Ipv4Addr::new(10, 0, 0, n)];
        let names = |names: &[(&str, u8)]| -> BTreeMap<String, Vec<Ipv4Addr>> {
            names.iter().map(|(name, n)| ((*name).to_owned(), at(*n))).collect()
        };
        let live = LiveZone::default();
        assert!(!live.change(&[], names(&[("a", 1)])), "there is no zone yet");
        live.publish(Arc::new(Zone { names: names(&[("a", 1), ("b", 2)]), ..Zone::default() }));
        assert!(live.change(&["a".to_owned()], names(&[("b", 3), ("c", 4)])));
        let read = live.current().unwrap();
        assert_eq!(read.zone.names, names(&[("b", 3), ("c", 4)]));
        assert!(live.change(&["b".to_owned()], names(&[("d", 5)])));
        assert_eq!(
            read.zone.names,
            names(&[("b", 3), ("c", 4)]),
            "an answer goes on from what it began with"
        );
        assert_eq!(live.current().unwrap().zone.names, names(&[("c", 4), ("d", 5)]));
    }
}
