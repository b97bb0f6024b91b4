//! Global datastores: their members are reconciled as any replication groups; here one gets on when they did.

use std::sync::Arc;

use domain::global_replication_group::{GlobalReplicationGroup, Progress};

use super::Reconciler;
use crate::store::{GlobalKey, Resource, StoreError, Tx, World};

impl Reconciler {
    /// Wakes every global datastore.
    pub(super) fn wake_all_globals(self: &Arc<Self>) {
        let world = self.store.read();
        let keys: Vec<_> = world.all::<GlobalReplicationGroup>().map(|global| global.key()).collect();
        drop(world);
        for key in keys {
            self.wake_global(&key);
        }
    }

    pub(super) fn wake_global(self: &Arc<Self>, key: &GlobalKey) {
        if self.global_queue.wake(key) {
            let (this, key) = (Arc::clone(self), key.clone());
            self.supervisor
                .spawn("reconcile a global datastore", async move { this.work_on_global(key).await });
        }
    }

    async fn work_on_global(self: Arc<Self>, key: GlobalKey) {
        loop {
            if let Err(error) = self.converge_global(&key).await {
                // The store is closed, or its disk is full: the period is the retry.
                tracing::warn!(global = %key, %error, "a global datastore's step was not recorded; it is tried again");
            }
            if !self.global_queue.again(&key) {
                return;
            }
        }
    }

    /// Takes steps until none is left, or members are to get on first.
    async fn converge_global(&self, key: &GlobalKey) -> Result<(), StoreError> {
        while progress(&self.store.read(), key).is_some() {
            let key = key.clone();
            let work = move |tx: &mut Tx<'_>| {
                step(tx, &key);
                Ok::<_, StoreError>(())
            };
            self.store.transact(work).await?;
        }
        Ok(())
    }
}

fn progress(world: &World, key: &GlobalKey) -> Option<Progress> {
    let global = world.get::<GlobalReplicationGroup>(key)?;
    global.progress(&world.regionals(global))
}

/// One step, of the rows as they are now.
fn step(tx: &mut Tx<'_>, key: &GlobalKey) {
    let Some(progress) = progress(tx, key) else { return };
    let Some(global) = tx.get::<GlobalReplicationGroup>(key) else { return };
    let mut global = GlobalReplicationGroup::clone(global);
    let mut regionals = tx.regionals(&global);
    let before = regionals.clone();
    match progress {
        Progress::Settle => global.settle(&mut regionals),
        Progress::Forget => global.leave_all(&mut regionals),
    }
    tx.put_global(global, &before, regionals);
    if progress == Progress::Forget {
        tx.remove::<GlobalReplicationGroup>(key.clone());
    }
}
