//! Replication groups: their members are reconciled as any clusters; here a group gets on when they did.

use std::sync::Arc;

use domain::event::GroupEvent;
use domain::ids::{CacheClusterId, Scope};
use domain::replication_group::{Progress, ReplicationGroup};

use super::Reconciler;
use crate::store::{GroupKey, StoreError, Tx};

impl Reconciler {
    /// Wakes every group.
    pub(super) fn wake_all_groups(self: &Arc<Self>) {
        let world = self.store.read();
        let keys: Vec<_> = world.all::<ReplicationGroup>().map(|group| key_of(group)).collect();
        drop(world);
        for key in keys {
            self.wake_group(&key);
        }
    }

    /// Wakes the group that a cluster which is gone was a member of.
    pub(super) fn wake_group_without(self: &Arc<Self>, scope: &Scope, cluster: &CacheClusterId) {
        let world = self.store.read();
        let of_it = world.of::<ReplicationGroup>(scope).filter(|group| group.has_member(cluster));
        let keys: Vec<_> = of_it.map(|group| key_of(group)).collect();
        drop(world);
        for key in keys {
            self.wake_group(&key);
        }
    }

    pub(super) fn wake_group(self: &Arc<Self>, key: &GroupKey) {
        if self.group_queue.wake(key) {
            let (this, key) = (Arc::clone(self), key.clone());
            self.supervisor.spawn("reconcile a group", async move { this.work_on_group(key).await });
        }
    }

    async fn work_on_group(self: Arc<Self>, key: GroupKey) {
        loop {
            if let Err(error) = self.converge_group(&key).await {
                // The store is closed, or its disk is full: the period is the retry.
                tracing::warn!(group = %key, %error, "a group's step was not recorded; it is tried again");
            }
            if !self.group_queue.again(&key) {
                return;
            }
        }
    }

    /// Takes steps until none is left, or members are to get on first.
    async fn converge_group(self: &Arc<Self>, key: &GroupKey) -> Result<(), StoreError> {
        while self.group_has_a_step(key) {
            let (key, now) = (key.clone(), self.clock.now());
            let work = move |tx: &mut Tx<'_>| {
                step(tx, &key, now);
                Ok::<_, StoreError>(())
            };
            self.store.transact(work).await?;
        }
        self.await_groups_opening(key);
        Ok(())
    }

    /// Has the group looked at when its window opens, if something waits for that.
    fn await_groups_opening(self: &Arc<Self>, key: &GroupKey) {
        let due = self.store.read().replication_group(key).and_then(|group| group.due());
        let Some(due) = due.filter(|due| self.group_openings.begin(key, *due)) else { return };
        let (this, key) = (Arc::clone(self), key.clone());
        self.supervisor.spawn("wait for a group's maintenance window", async move {
            this.until(due).await;
            if this.group_openings.end(&key, due) {
                this.wake_group(&key);
            }
        });
    }

    fn group_has_a_step(&self, key: &GroupKey) -> bool {
        let world = self.store.read();
        world
            .replication_group(key)
            .is_some_and(|group| group.progress(&world.members(group), self.clock.now()).is_some())
    }
}

/// One step, of the rows as they are now. What the phase no longer allows is not done: the next look sees why.
fn step(tx: &mut Tx<'_>, key: &GroupKey, now: jiff::Timestamp) {
    let Some(mut group) = tx.replication_group(key).map(|group| ReplicationGroup::clone(group)) else {
        return;
    };
    let before = tx.members(&group);
    let mut members = before.clone();
    let Some(progress) = group.progress(&members, now) else { return };
    let told = match progress {
        Progress::Fail { cause } => {
            tracing::error!(group = %key, cause, "the replication group could not be created");
            group.fail(&cause)
        }
        Progress::GiveUp { cause } => {
            tracing::error!(group = %key, cause, "members could not be added");
            Ok(group.give_up_joining(&cause, &mut members))
        }
        Progress::Open => Ok(group.open(&mut members)),
        Progress::MoveSlots => Ok(group.slots_moved(&mut members)),
        Progress::Settle => group.settle(),
        Progress::Forget => {
            tx.tell(&key.scope, GroupEvent::Deleted.of(&key.id, now));
            tx.remove::<ReplicationGroup>(key.clone());
            return;
        }
    };
    let Ok(told) = told else { return };
    tx.tell_group(&group, &told, now);
    tx.put_group(group, &before, members);
}

pub(super) fn key_of(group: &ReplicationGroup) -> GroupKey {
    GroupKey::new(group.scope.clone(), group.id.clone())
}
