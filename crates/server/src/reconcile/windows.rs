//! Maintenance windows: their openings put in force what waits for them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::cluster::{CacheCluster, Surroundings, validate};
use domain::event::ClusterEvent;
use domain::quota::Quotas;
use jiff::Timestamp;

use super::Reconciler;
use crate::store::{ClusterKey, StoreError};

/// The openings that are waited for, one a cluster.
#[derive(Default)]
pub(super) struct Openings {
    awaited: Mutex<HashMap<ClusterKey, Timestamp>>,
}

impl Openings {
    fn awaited(&self) -> MutexGuard<'_, HashMap<ClusterKey, Timestamp>> {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reconciler {
    /// Whether what waits for the cluster's window is to be put in force: it has opened since.
    pub(super) fn is_due(&self, cluster: &CacheCluster) -> bool {
        let due = cluster.pending.due(&cluster.spec.preferred_maintenance_window);
        cluster.is_available() && due.is_some_and(|due| due <= self.clock.now())
    }

    /// Has the cluster looked at when its window opens, if something waits for that.
    pub(super) fn await_opening(self: &Arc<Self>, key: &ClusterKey, cluster: &CacheCluster) {
        let Some(due) = cluster.pending.due(&cluster.spec.preferred_maintenance_window) else { return };
        if self.openings.awaited().insert(key.clone(), due) == Some(due) {
            return;
        }
        let (this, key) = (Arc::clone(self), key.clone());
        self.supervisor.spawn("wait for a maintenance window", async move {
            let until = due.duration_since(this.clock.now());
            this.clock.sleep(Duration::try_from(until).unwrap_or_default()).await;
            // Another opening may be awaited meanwhile: the request was replaced, or the window moved.
            let mut awaited = this.openings.awaited();
            if awaited.get(&key) == Some(&due) {
                awaited.remove(&key);
                drop(awaited);
                this.wake(&key);
            }
        });
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
