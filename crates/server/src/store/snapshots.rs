//! The beginning and the end of a snapshot: what both change beside its own row.

use std::sync::Arc;

use domain::cluster::{CacheCluster, Phase as ClusterPhase};
use domain::event::{ClusterEvent, GroupEvent};
use domain::ids::{Scope, SnapshotName};
use domain::replication_group::{Phase as GroupPhase, ReplicationGroup};
use domain::snapshot::{NodeSnapshot, Phase, Snapshot, SnapshotType, Subject, Use};
use jiff::Timestamp;

use super::{ClusterKey, GroupKey, Key, Resource, Tx, World};

impl World {
    /// Whether data is still being taken from a snapshot of `scope` for this.
    pub fn is_under_way(&self, scope: &Scope, one: &Use) -> bool {
        match one {
            Use::Copy(name) => {
                let copy = self.get::<Snapshot>(&Key::new(scope.clone(), name.clone()));
                copy.is_some_and(|copy| copy.phase == Phase::Creating)
            }
            Use::Cluster(id) => {
                let cluster = self.cluster(&ClusterKey::new(scope.clone(), id.clone()));
                cluster.is_some_and(|cluster| cluster.phase == ClusterPhase::Creating)
            }
            Use::Group(id) => {
                let group = self.replication_group(&GroupKey::new(scope.clone(), id.clone()));
                group.is_some_and(|group| group.phase == GroupPhase::Creating)
            }
        }
    }
}

impl Tx<'_> {
    /// Begins to take data from the snapshot of this name.
    pub fn use_snapshot(&mut self, scope: &Scope, name: &str, one: Use) {
        let Ok(name) = name.parse() else { return };
        let Some(snapshot) = self.get::<Snapshot>(&Key::new(scope.clone(), name)) else { return };
        let mut snapshot = Snapshot::clone(snapshot);
        snapshot.uses.push(one);
        self.set(snapshot);
    }

    /// Forgets what the snapshot's data is no longer taken for.
    pub fn end_uses(&mut self, snapshot: &mut Snapshot) {
        let world: &World = self;
        snapshot.uses.retain(|one| world.is_under_way(&snapshot.scope, one));
    }

    /// Begins a snapshot that its rules allow: those whose data it takes show it, and are not removed before its end.
    pub fn begin_snapshot(&mut self, snapshot: Snapshot) {
        for node in &snapshot.node_snapshots {
            let Some(cluster) = self.source(&snapshot, node) else { continue };
            let mut cluster = CacheCluster::clone(&cluster);
            // One that is being repaired goes on showing that.
            if cluster.begin_snapshot().is_ok() {
                self.put_cluster(cluster);
            }
        }
        if let Some(group) = self.group_of(&snapshot) {
            let mut group = ReplicationGroup::clone(&group);
            if group.begin_snapshot().is_ok() {
                self.set(group);
            }
        }
        self.set(snapshot);
    }

    /// The snapshot's data is taken: it is available, and what it is of goes on.
    pub fn end_snapshot(&mut self, snapshot: &Snapshot, now: Timestamp) {
        let mut snapshot = snapshot.clone();
        if snapshot.phase != Phase::Creating {
            return;
        }
        snapshot.settle(now);
        if snapshot.copy_of.is_some() {
            return self.set(snapshot);
        }
        for node in &snapshot.node_snapshots {
            let Some(before) = self.source(&snapshot, node) else { continue };
            let mut cluster = CacheCluster::clone(&before);
            cluster.end_snapshot();
            if cluster != *before {
                self.put_cluster(cluster);
            }
        }
        if let Some(before) = self.group_of(&snapshot) {
            let mut group = ReplicationGroup::clone(&before);
            group.end_snapshot(&self.members(&before));
            if group != *before {
                self.set(group);
            }
        }
        let name = snapshot.name.clone();
        let event = match &snapshot.subject {
            Subject::Cluster { id, .. } => {
                ClusterEvent::SnapshotTaken { snapshot: name, cluster: id.clone() }.of(id, now)
            }
            Subject::Group { id, .. } => {
                GroupEvent::SnapshotTaken { snapshot: name, group: id.clone() }.of(id, now)
            }
        };
        self.tell(&snapshot.scope, event);
        self.set(snapshot);
    }

    /// What is deleted takes its automatic snapshots along, and leaves the others.
    pub fn forget_automatic_snapshots(&mut self, scope: &Scope, of: &str, is_it: impl Fn(&Subject) -> bool) {
        let start = SnapshotName::start_of_automatic(of);
        let named = self.after::<Snapshot>(scope, Some(&start));
        let named = named.take_while(|snapshot| snapshot.name.as_str().starts_with(&start));
        let with_it = named
            .filter(|snapshot| snapshot.snapshot_type == SnapshotType::Automated && is_it(&snapshot.subject));
        let with_it: Vec<_> = with_it.map(|snapshot| snapshot.key()).collect();
        for key in with_it {
            self.remove::<Snapshot>(key);
        }
    }

    fn source(&self, snapshot: &Snapshot, node: &NodeSnapshot) -> Option<Arc<CacheCluster>> {
        self.cluster(&ClusterKey::new(snapshot.scope.clone(), node.cluster.clone())).cloned()
    }

    fn group_of(&self, snapshot: &Snapshot) -> Option<Arc<ReplicationGroup>> {
        let id = snapshot.subject.group()?.clone();
        self.replication_group(&GroupKey::new(snapshot.scope.clone(), id)).cloned()
    }
}
