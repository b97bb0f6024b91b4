//! Who waits for a resource: woken by the commits that change it, and by no others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::{Change, Watched};

fn watched(change: &Change) -> Option<Watched> {
    match change {
        Change::Resource(change) => Some(change.watched()),
        Change::Event(..) | Change::Forward(..) => None,
    }
}

/// Everybody who waits.
#[derive(Debug, Default)]
pub(super) struct Watches {
    by_resource: Mutex<HashMap<Watched, Arc<Notify>>>,
}

impl Watches {
    fn by_resource(&self) -> MutexGuard<'_, HashMap<Watched, Arc<Notify>>> {
        self.by_resource.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hears of later commits that change `resource`.
    pub(super) fn watch(&self, resource: Watched) -> Watch<'_> {
        let changed = Arc::clone(self.by_resource().entry(resource.clone()).or_default());
        Watch { watches: self, resource, changed }
    }

    /// Whether somebody waits for `resource`.
    pub(super) fn has(&self, resource: &Watched) -> bool {
        self.by_resource().contains_key(resource)
    }

    /// Wakes those who wait for what `changes` changed: readers see it already.
    pub(super) fn committed(&self, changes: &[Change]) {
        let waiting = self.by_resource();
        if waiting.is_empty() {
            return;
        }
        for changed in changes.iter().filter_map(watched).filter_map(|resource| waiting.get(&resource)) {
            changed.notify_waiters();
        }
    }
}

/// One who waits.
pub(super) struct Watch<'w> {
    watches: &'w Watches,
    resource: Watched,
    pub(super) changed: Arc<Notify>,
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        let mut waiting = self.watches.by_resource();
        // The map's and this one's: nobody else waits.
        if Arc::strong_count(&self.changed) == 2 {
            waiting.remove(&self.resource);
        }
    }
}
