//! One transaction's view: the latest state, and the changes made so far.

use std::ops::Deref;
use std::sync::Arc;

use domain::cluster::{CacheCluster, Phase};
use domain::event::{Event, Told};
use domain::global_replication_group::{GlobalReplicationGroup, Regional};
use domain::ids::Scope;
use domain::replication_group::{Members, ReplicationGroup};
use jiff::Timestamp;

use super::{Change, EventKey, EventPlace, GroupKey, Key, Resource, World};

/// The latest state, writable by [`Tx::put`]; reads go through [`Deref`] and see the transaction's own changes.
pub struct Tx<'w> {
    world: &'w mut World,
    done: Vec<Change>,
    undo: Vec<Change>,
}

impl<'w> Tx<'w> {
    pub(super) fn new(world: &'w mut World) -> Self {
        Self { world, done: Vec::new(), undo: Vec::new() }
    }

    /// Makes one change.
    pub fn put(&mut self, change: Change) {
        self.undo.push(self.world.apply(change.clone()));
        self.done.push(change);
    }

    /// Puts a resource as it now is.
    pub fn set<R: Resource>(&mut self, resource: R) {
        self.put(R::change(resource.key(), Some(Arc::new(resource))));
    }

    /// Takes a resource away.
    pub fn remove<R: Resource>(&mut self, key: Key<R::Id>) {
        self.put(R::change(key, None));
    }

    /// Puts a cluster as it now is.
    pub fn put_cluster(&mut self, cluster: CacheCluster) {
        self.set(cluster);
    }

    /// Puts a cluster as it now is, `before` it was so; its group, too, where it is down and the group waits for it.
    pub fn put_changed(&mut self, before: &CacheCluster, cluster: CacheCluster) {
        let down = before.is_available() && cluster.phase == Phase::Recovering;
        if let Some(key) = GroupKey::of_member(&cluster).filter(|_| down)
            && let Some(group) = self.replication_group(&key)
        {
            let mut group = ReplicationGroup::clone(group);
            if group.await_return(&cluster.id) {
                self.set(group);
            }
        }
        self.put_cluster(cluster);
    }

    /// Puts a group as it now is, with those of its members that are not as they were `before`.
    pub fn put_group(&mut self, group: ReplicationGroup, before: &Members, members: Members) {
        self.set(group);
        for (id, member) in members {
            if before.get(&id) != Some(&member) {
                self.set(member);
            }
        }
    }

    /// Puts a global datastore as it now is, with those of its members' groups that are not as they were `before`.
    pub fn put_global(&mut self, global: GlobalReplicationGroup, before: &[Regional], now: Vec<Regional>) {
        self.set(global);
        for (before, now) in before.iter().zip(now) {
            if *before != now {
                self.put_group(now.group, &before.members, now.members);
            }
        }
    }

    /// Tells what happens to a group and its members.
    pub fn tell_group(&mut self, group: &ReplicationGroup, told: &[Told], now: Timestamp) {
        for told in told {
            self.tell(&group.scope, told.of(&group.id, now));
        }
    }

    /// Tells an event of `scope`, in the same transaction as its cause.
    pub fn tell(&mut self, scope: &Scope, event: Event) {
        let place = EventPlace::new(event.date, self.next_event());
        let key = EventKey { scope: scope.clone(), place };
        self.put(Change::Event(key, Some(Arc::new(event))));
    }

    pub(super) fn into_parts(self) -> (Vec<Change>, Vec<Change>) {
        (self.done, self.undo)
    }
}

impl Deref for Tx<'_> {
    type Target = World;

    fn deref(&self) -> &World {
        self.world
    }
}
