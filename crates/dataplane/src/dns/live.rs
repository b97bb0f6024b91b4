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

    /// Adds names, or leads them elsewhere; false when there is no zone yet. It costs what they are, not what there is.
    pub(super) fn add(&self, names: BTreeMap<String, Vec<Ipv4Addr>>) -> bool {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let Some(shared) = current.as_mut() else { return false };
        if let Some(own) = Arc::get_mut(shared) {
            for (name, _) in names.iter().filter(|(_, addresses)| addresses.len() > 1) {
                own.turns.entry(name.clone()).or_default();
            }
            Arc::make_mut(&mut own.zone).names.extend(names);
            return true;
        }
        // An answer is being given out of it.
        let mut zone = Zone::clone(&shared.zone);
        drop(current);
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
