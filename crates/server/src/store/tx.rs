//! One transaction's view: the latest state, and the changes made so far.

use std::ops::Deref;
use std::sync::Arc;

use domain::cluster::CacheCluster;
use domain::event::{Event, Told};
use domain::ids::Scope;
use domain::replication_group::{Members, ReplicationGroup};
use jiff::Timestamp;

use super::{Change, EventKey, Key, Resource, World};

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

    /// Puts a group as it now is, with those of its members that are not as they were `before`.
    pub fn put_group(&mut self, group: ReplicationGroup, before: &Members, members: Members) {
        self.set(group);
        for (id, member) in members {
            if before.get(&id) != Some(&member) {
                self.set(member);
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
        let key = EventKey { scope: scope.clone(), date: event.date, sequence: self.next_event() };
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
