//! Serverless caches and their snapshots: the ends of what was asked for, and automatic snapshots at their time.
//!
//! Without engines nothing runs for them: each step is a transaction on the rows of one account and region, which
//! looks at them as they are then. With engines no step is taken: none is made there yet.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dataplane::runtime::RuntimeKind;
use domain::ids::{Scope, ServerlessCacheName};
use domain::serverless_cache::{Progress, ServerlessCache, ServerlessCacheEvent};
use domain::serverless_cache_snapshot::{
    Phase as SnapshotPhase, Progress as SnapshotProgress, ServerlessCacheSnapshot, SnapshotType,
};
use jiff::Timestamp;

use super::Reconciler;
use super::queue::Queue;
use crate::store::{Resource, StoreError, Tx, World};

/// Which accounts and regions are being worked on, and the next moment that each waits for.
#[derive(Default)]
pub(super) struct Serverless {
    queue: Queue<Scope>,
    awaited: Mutex<HashMap<Scope, Timestamp>>,
}

impl Serverless {
    fn awaited(&self) -> MutexGuard<'_, HashMap<Scope, Timestamp>> {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reconciler {
    /// Looks at every account and region that has serverless caches or snapshots of them.
    pub(super) fn wake_all_serverless(self: &Arc<Self>) {
        let world = self.store.read();
        let caches = world.all::<ServerlessCache>().map(|cache| cache.scope.clone());
        let snapshots = world.all::<ServerlessCacheSnapshot>().map(|snapshot| snapshot.scope.clone());
        let scopes: std::collections::BTreeSet<_> = caches.chain(snapshots).collect();
        drop(world);
        for scope in scopes {
            self.wake_serverless(&scope);
        }
    }

    pub(super) fn wake_serverless(self: &Arc<Self>, scope: &Scope) {
        if self.runtime.kind() == RuntimeKind::None && self.serverless.queue.wake(scope) {
            let (this, scope) = (Arc::clone(self), scope.clone());
            self.supervisor.spawn("serverless caches", async move { this.work_on_serverless(scope).await });
        }
    }

    async fn work_on_serverless(self: Arc<Self>, scope: Scope) {
        loop {
            if let Err(error) = self.converge_serverless(&scope).await {
                // The store is closed, or its disk is full: the period is the retry.
                tracing::warn!(%scope, %error, "a serverless cache's step was not recorded; it is tried again");
            }
            if !self.serverless.queue.again(&scope) {
                return;
            }
        }
    }

    async fn converge_serverless(self: &Arc<Self>, scope: &Scope) -> Result<(), StoreError> {
        while has_a_step(&self.store.read(), scope, self.clock.now()) {
            let (scope, now) = (scope.clone(), self.clock.now());
            let work = move |tx: &mut Tx<'_>| {
                step(tx, &scope, now);
                Ok::<_, StoreError>(())
            };
            self.store.transact(work).await?;
        }
        self.await_next(scope);
        Ok(())
    }

    /// Has the account and region looked at when the next automatic snapshot is due, or the next one goes.
    fn await_next(self: &Arc<Self>, scope: &Scope) {
        let Some(due) = self.store.read().next_serverless_moment(scope) else { return };
        if self.serverless.awaited().insert(scope.clone(), due) == Some(due) {
            return;
        }
        let (this, scope) = (Arc::clone(self), scope.clone());
        self.supervisor.spawn("wait for a daily snapshot", async move {
            let until = due.duration_since(this.clock.now());
            this.clock.sleep(Duration::try_from(until).unwrap_or_default()).await;
            // Another moment may be awaited meanwhile.
            let mut awaited = this.serverless.awaited();
            if awaited.get(&scope) == Some(&due) {
                awaited.remove(&scope);
                drop(awaited);
                this.wake_serverless(&scope);
            }
        });
    }
}

/// Whether a snapshot of the cache is being made.
pub(crate) fn is_snapshotted(world: &World, scope: &Scope, cache: &ServerlessCacheName) -> bool {
    world.snapshots_of(scope, cache).any(|snapshot| snapshot.phase == SnapshotPhase::Creating)
}

fn has_a_step(world: &World, scope: &Scope, now: Timestamp) -> bool {
    let snapshots = world.serverless_snapshots_to_see_to(scope, now);
    let caches = world.serverless_caches_to_see_to(scope, now);
    snapshots.iter().any(|snapshot| snapshot.progress(now).is_some())
        || caches.iter().any(|cache| cache.progress(is_snapshotted(world, scope, &cache.name), now).is_some())
}

/// A step of everything that has one, snapshots first: caches wait for them.
fn step(tx: &mut Tx<'_>, scope: &Scope, now: Timestamp) {
    for snapshot in tx.serverless_snapshots_to_see_to(scope, now) {
        match snapshot.progress(now) {
            None => {}
            Some(SnapshotProgress::Settle) => settle_snapshot(tx, &snapshot, now),
            Some(SnapshotProgress::Forget) => tx.remove::<ServerlessCacheSnapshot>(snapshot.key()),
        }
    }
    for before in tx.serverless_caches_to_see_to(scope, now) {
        let mut cache = ServerlessCache::clone(&before);
        match cache.progress(is_snapshotted(tx, scope, &cache.name), now) {
            None => {}
            Some(Progress::Settle) => {
                if let Some(event) = cache.settle() {
                    tx.tell(scope, event.of(&cache.name, now));
                }
                tx.set(cache);
            }
            Some(Progress::TakeSnapshot(due)) => {
                let snapshot = cache.take_daily_snapshot(due, now);
                tx.set(snapshot);
                tx.set(cache);
            }
            Some(Progress::Forget) => forget(tx, &cache, now),
        }
    }
}

fn settle_snapshot(tx: &mut Tx<'_>, before: &ServerlessCacheSnapshot, now: Timestamp) {
    let mut snapshot = before.clone();
    snapshot.phase = SnapshotPhase::Available;
    if before.phase == SnapshotPhase::Creating {
        let event = ServerlessCacheEvent::SnapshotCreated(snapshot.name.clone());
        tx.tell(&snapshot.scope, event.of(&snapshot.cache, now));
    }
    tx.set(snapshot);
}

/// A cache that goes takes its automatic snapshots along, and leaves the others.
fn forget(tx: &mut Tx<'_>, cache: &ServerlessCache, now: Timestamp) {
    let with_it = tx
        .snapshots_of(&cache.scope, &cache.name)
        .filter(|snapshot| snapshot.snapshot_type == SnapshotType::Automated);
    let with_it: Vec<_> = with_it.map(|snapshot| snapshot.key()).collect();
    for key in with_it {
        tx.remove::<ServerlessCacheSnapshot>(key);
    }
    tx.tell(&cache.scope, ServerlessCacheEvent::Deleted.of(&cache.name, now));
    tx.remove::<ServerlessCache>(cache.key());
}
