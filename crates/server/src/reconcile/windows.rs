//! Maintenance windows: their openings put in force what waits for them.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::cluster::{CacheCluster, Surroundings, validate};
use domain::event::ClusterEvent;
use domain::quota::Quotas;
use jiff::Timestamp;

use super::Reconciler;
use crate::store::{ClusterKey, StoreError};

/// The openings that are waited for, one a cluster or replication group.
pub(super) struct Openings<K> {
    awaited: Mutex<HashMap<K, Timestamp>>,
}

impl<K> Default for Openings<K> {
    fn default() -> Self {
        Self { awaited: Mutex::default() }
    }
}

impl<K: Hash + Eq + Clone> Openings<K> {
    fn awaited(&self) -> MutexGuard<'_, HashMap<K, Timestamp>> {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True when nobody waits for this opening yet.
    pub(super) fn begin(&self, key: &K, due: Timestamp) -> bool {
        self.awaited().insert(key.clone(), due) != Some(due)
    }

    /// True when it is still this opening that is waited for: another may be, since the request was replaced or the
    /// window moved.
    pub(super) fn end(&self, key: &K, due: Timestamp) -> bool {
        let mut awaited = self.awaited();
        let current = awaited.get(key) == Some(&due);
        if current {
            awaited.remove(key);
        }
        current
    }
}

impl Reconciler {
    /// Whether what waits for the cluster's window is to be put in force: it has opened since.
    pub(super) fn is_due(&self, cluster: &CacheCluster) -> bool {
        cluster.is_available() && cluster.due().is_some_and(|due| due <= self.clock.now())
    }

    /// Has the cluster looked at when its window opens, if something waits for that.
    pub(super) fn await_opening(self: &Arc<Self>, key: &ClusterKey, cluster: &CacheCluster) {
        let Some(due) = cluster.due().filter(|due| self.openings.begin(key, *due)) else { return };
        let (this, key) = (Arc::clone(self), key.clone());
        self.supervisor.spawn("wait for a maintenance window", async move {
            this.until(due).await;
            if this.openings.end(&key, due) {
                this.wake(&key);
            }
        });
    }

    /// Waits for a moment.
    pub(super) async fn until(&self, due: Timestamp) {
        let until = due.duration_since(self.clock.now());
        self.clock.sleep(Duration::try_from(until).unwrap_or_default()).await;
    }

    /// The window has opened: what waited is put in force. What cannot be any more (no address is left for another
    /// node) is told and forgotten.
    pub(super) async fn record_opening(&self, key: &ClusterKey) -> Result<(), StoreError> {
        let (key, now, draw) = (key.clone(), self.clock.now(), self.ids.draw());
        self.store
            .transact(move |tx| {
                let Some(before) = tx.cluster(&key).filter(|cluster| cluster.is_available()) else {
                    return Ok(());
                };
                let mut cluster = CacheCluster::clone(before);
                let change = validate::Change::of_pending(&cluster);
                let groups = tx.groups(&key.scope);
                let surroundings = Surroundings::without_clusters(&key.scope, &groups, Quotas::Aws, draw);
                let ground = surroundings.ground(&cluster.spec, tx.addresses(&cluster.spec.vpc));
                let events = match change.place(&cluster, ground) {
                    Ok(added) => cluster.modify(change, added).unwrap_or_default(),
                    Err(refusal) => {
                        cluster.pending = Default::default();
                        let text =
                            format!("What waited for the maintenance window was not applied: {refusal}");
                        vec![ClusterEvent::Notice(text)]
                    }
                };
                for event in events {
                    tx.tell(&key.scope, event.of(&cluster.id, now));
                }
                tx.put_cluster(cluster);
                Ok(())
            })
            .await
    }
}
