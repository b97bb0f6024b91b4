//! Snapshots of clusters and replication groups: the ends of what was asked for, and automatic ones at their time.
//!
//! Without engines there is no data to wait for: each step is a transaction on the snapshot's row and on those of what
//! it is of. With engines no step is taken: none is made there yet.

use std::sync::Arc;

use dataplane::runtime::RuntimeKind;
use domain::cluster::CacheCluster;
use domain::ids::SnapshotName;
use domain::replication_group::ReplicationGroup;
use domain::snapshot::{Daily, Progress, Snapshot, Use};
use jiff::Timestamp;

use super::Reconciler;
use super::queue::Queue;
use super::windows::Openings;
use crate::store::{ClusterKey, GroupKey, Key, Resource, StoreError, Tx, Watched};

type SnapshotKey = Key<SnapshotName>;

/// Which snapshots are being worked on, and the moments that are waited for: each one's end, and those at which clusters
/// and groups have automatic ones.
#[derive(Default)]
pub(super) struct Snapshots {
    queue: Queue<SnapshotKey>,
    ends: Openings<SnapshotKey>,
    of_clusters: Openings<ClusterKey>,
    of_groups: Openings<GroupKey>,
}

impl Reconciler {
    /// Wakes every snapshot.
    pub(super) fn wake_all_snapshots(self: &Arc<Self>) {
        let keys: Vec<_> = self.store.read().all::<Snapshot>().map(|snapshot| snapshot.key()).collect();
        for key in keys {
            self.wake_snapshot(&key);
        }
    }

    pub(super) fn wake_snapshot(self: &Arc<Self>, key: &SnapshotKey) {
        if self.runtime.kind() == RuntimeKind::None && self.snapshots.queue.wake(key) {
            let (this, key) = (Arc::clone(self), key.clone());
            self.supervisor.spawn("reconcile a snapshot", async move { this.work_on_snapshot(key).await });
        }
    }

    async fn work_on_snapshot(self: Arc<Self>, key: SnapshotKey) {
        loop {
            if let Err(error) = self.converge_snapshot(&key).await {
                // The store is closed, or its disk is full: the period is the retry.
                tracing::warn!(snapshot = %key, %error, "a snapshot's step was not recorded; it is tried again");
            }
            if !self.snapshots.queue.again(&key) {
                return;
            }
        }
    }

    async fn converge_snapshot(self: &Arc<Self>, key: &SnapshotKey) -> Result<(), StoreError> {
        let has_a_step = || {
            let now = self.clock.now();
            self.store.read().get::<Snapshot>(key).is_some_and(|snapshot| snapshot.progress(now).is_some())
        };
        while has_a_step() {
            let (key, now) = (key.clone(), self.clock.now());
            let work = move |tx: &mut Tx<'_>| {
                step(tx, key, now);
                Ok::<_, StoreError>(())
            };
            self.store.transact(work).await?;
        }
        self.await_end(key);
        self.await_use(key).await
    }

    /// Waits until what the snapshot's data is taken for is there, or gone: only then something else is to be done with it.
    async fn await_use(&self, key: &SnapshotKey) -> Result<(), StoreError> {
        let first =
            self.store.read().get::<Snapshot>(key).and_then(|snapshot| snapshot.uses.first().cloned());
        let Some(first) = first else { return Ok(()) };
        let scope = key.scope.clone();
        let watched = match &first {
            Use::Copy(name) => Watched::Snapshot(Key::new(scope, name.clone())),
            Use::Cluster(id) => Watched::Cluster(Key::new(scope, id.clone())),
            Use::Group(id) => Watched::ReplicationGroup(Key::new(scope, id.clone())),
        };
        self.store.until(watched, |world| !world.is_under_way(&key.scope, &first)).await;
        let key = key.clone();
        let work = move |tx: &mut Tx<'_>| {
            if let Some(mut snapshot) = tx.get::<Snapshot>(&key).map(|snapshot| Snapshot::clone(snapshot)) {
                tx.end_uses(&mut snapshot);
                // Its commit wakes the snapshot, which may be used for more.
                tx.set(snapshot);
            }
            Ok(())
        };
        self.store.transact(work).await
    }

    /// Has the snapshot looked at when it goes by itself.
    fn await_end(self: &Arc<Self>, key: &SnapshotKey) {
        let end = self.store.read().get::<Snapshot>(key).and_then(|snapshot| snapshot.expires_at);
        let Some(end) = end.filter(|end| self.snapshots.ends.begin(key, *end)) else { return };
        let (this, key) = (Arc::clone(self), key.clone());
        self.supervisor.spawn("wait for a snapshot's end", async move {
            this.until(end).await;
            if this.snapshots.ends.end(&key, end) {
                this.wake_snapshot(&key);
            }
        });
    }

    /// Takes the cluster's automatic snapshot if one is due, and has it looked at when the next one is.
    pub(super) async fn see_to_daily_snapshots(
        self: &Arc<Self>,
        key: &ClusterKey,
        cluster: &CacheCluster,
    ) -> Result<(), StoreError> {
        if self.runtime.kind() != RuntimeKind::None {
            return Ok(());
        }
        if cluster.daily(self.clock.now()).is_some() {
            let (key, now) = (key.clone(), self.clock.now());
            // Its commit wakes the cluster.
            let work = move |tx: &mut Tx<'_>| {
                daily_step(tx, &key, now);
                Ok(())
            };
            return self.store.transact(work).await;
        }
        let Some(due) = cluster.daily_due().filter(|due| self.snapshots.of_clusters.begin(key, *due)) else {
            return Ok(());
        };
        let (this, key) = (Arc::clone(self), key.clone());
        self.supervisor.spawn("wait for a daily snapshot", async move {
            this.until(due).await;
            if this.snapshots.of_clusters.end(&key, due) {
                this.wake(&key);
            }
        });
        Ok(())
    }

    /// The same for a group.
    pub(super) async fn see_to_daily_snapshots_of_group(
        self: &Arc<Self>,
        key: &GroupKey,
    ) -> Result<(), StoreError> {
        let Some(group) = self.store.read().replication_group(key).cloned() else { return Ok(()) };
        if self.runtime.kind() != RuntimeKind::None {
            return Ok(());
        }
        if group.daily(self.clock.now()).is_some() {
            let (key, now) = (key.clone(), self.clock.now());
            let work = move |tx: &mut Tx<'_>| {
                daily_step_of_group(tx, &key, now);
                Ok(())
            };
            return self.store.transact(work).await;
        }
        let Some(due) = group.daily_due().filter(|due| self.snapshots.of_groups.begin(key, *due)) else {
            return Ok(());
        };
        let (this, key) = (Arc::clone(self), key.clone());
        self.supervisor.spawn("wait for a group's daily snapshot", async move {
            this.until(due).await;
            if this.snapshots.of_groups.end(&key, due) {
                this.wake_group(&key);
            }
        });
        Ok(())
    }
}

fn daily_step(tx: &mut Tx<'_>, key: &ClusterKey, now: Timestamp) {
    let Some(mut cluster) = tx.cluster(key).map(|cluster| CacheCluster::clone(cluster)) else { return };
    match cluster.daily(now) {
        None => {}
        Some(Daily::Begin) => {
            cluster.count_days_from(now);
            tx.put_cluster(cluster);
        }
        Some(Daily::Take(due)) => {
            let snapshot = cluster.take_daily(due, now);
            tx.put_cluster(cluster);
            tx.begin_snapshot(snapshot);
        }
    }
}

fn daily_step_of_group(tx: &mut Tx<'_>, key: &GroupKey, now: Timestamp) {
    let group = tx.replication_group(key).map(|group| ReplicationGroup::clone(group));
    let Some(mut group) = group else { return };
    match group.daily(now) {
        None => {}
        Some(Daily::Begin) => {
            group.snapshots_since = Some(now);
            tx.set(group);
        }
        Some(Daily::Take(due)) => {
            let snapshot = group.take_daily(&tx.members(&group), due, now);
            tx.set(group);
            if let Some(snapshot) = snapshot {
                tx.begin_snapshot(snapshot);
            }
        }
    }
}

/// One step, of the row as it is now.
fn step(tx: &mut Tx<'_>, key: SnapshotKey, now: Timestamp) {
    let Some(snapshot) = tx.get::<Snapshot>(&key).cloned() else { return };
    match snapshot.progress(now) {
        None => {}
        Some(Progress::Settle) => tx.end_snapshot(&snapshot, now),
        Some(Progress::Forget) => tx.remove::<Snapshot>(key),
    }
}
