//! Keys that want attention: each is worked on by one task at a time, and once more when it was woken meanwhile.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Whether a key that is being worked on was woken again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Working,
    WokenAgain,
}

/// Which keys are being worked on.
#[derive(Debug)]
pub(super) struct Queue<K> {
    slots: Mutex<HashMap<K, Slot>>,
}

impl<K> Default for Queue<K> {
    fn default() -> Self {
        Self { slots: Mutex::default() }
    }
}

impl<K: Hash + Eq + Clone> Queue<K> {
    fn slots(&self) -> MutexGuard<'_, HashMap<K, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True when the caller is to start working on `key`; false when whoever does already will look again.
    pub(super) fn wake(&self, key: &K) -> bool {
        let mut slots = self.slots();
        if let Some(slot) = slots.get_mut(key) {
            *slot = Slot::WokenAgain;
            return false;
        }
        slots.insert(key.clone(), Slot::Working);
        true
    }

    /// True when the worker of `key` has to look once more; else the key is nobody's again.
    pub(super) fn again(&self, key: &K) -> bool {
        let mut slots = self.slots();
        match slots.get_mut(key) {
            Some(slot @ Slot::WokenAgain) => {
                *slot = Slot::Working;
                true
            }
            _ => {
                slots.remove(key);
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_worker_and_no_wake_is_lost() {
        let queue = Queue::default();
        assert!(queue.wake(&"a"), "nobody works on it yet");
        assert!(!queue.wake(&"a"), "one does");
        assert!(queue.wake(&"b"), "keys are apart");
        assert!(queue.again(&"a"), "it was woken meanwhile");
        assert!(!queue.again(&"a"), "and not since");
        assert!(queue.wake(&"a"), "so it is nobody's again");
    }
}
