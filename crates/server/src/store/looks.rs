//! How many rows are looked at one after another: what the tests hold the cost of operations by. Nothing in a release.

#[cfg(debug_assertions)]
use std::sync::Arc;
#[cfg(debug_assertions)]
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The count; clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Looks(#[cfg(debug_assertions)] Arc<AtomicU64>);

impl Looks {
    /// One more row is looked at.
    #[cfg_attr(not(debug_assertions), expect(clippy::unused_self, reason = "there is nothing to count"))]
    pub(super) fn one<T>(&self, _row: &T) {
        #[cfg(debug_assertions)]
        self.0.fetch_add(1, Relaxed);
    }

    /// How many there were.
    #[cfg(debug_assertions)]
    pub(super) fn count(&self) -> u64 {
        self.0.load(Relaxed)
    }
}
