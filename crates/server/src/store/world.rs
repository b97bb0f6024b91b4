//! Everything that is remembered, in memory, and the changes that lead from one state to the next.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::sync::Arc;

use domain::cluster::CacheCluster;
use domain::event::{Event, EventQuery};
use domain::global_replication_group::{GlobalMember, GlobalReplicationGroup, Regional};
use domain::groups::DefaultGroups;
use domain::ids::{CacheClusterId, CacheParameterGroupName, Scope};
use domain::parameter_group::{CacheParameterGroup, OwnParameterGroup};
use domain::replication_group::{Members, ReplicationGroup};
use jiff::Timestamp;

use super::events::{EventKey, EventPlace, Events};
use super::groups::{Defaults, WorldGroups};
use super::looks::Looks;
use super::resource::{ClusterKey, GroupKey, Key, Resource, ResourceChange, Tables};
use super::uses::Uses;
use crate::forwards::PortForward;

/// One change: a resource's new contents, or `None` where it is gone.
#[derive(Debug, Clone)]
pub enum Change {
    /// A resource.
    Resource(ResourceChange),
    /// An event: the outbox row that DescribeEvents reads.
    Event(EventKey, Option<Arc<Event>>),
    /// A port forward, by its id.
    Forward(String, Option<Arc<PortForward>>),
}

/// The state that handlers read and transactions change.
#[derive(Debug, Clone, Default)]
pub struct World {
    tables: Tables,
    events: BTreeMap<Scope, Events>,
    forwards: BTreeMap<String, Arc<PortForward>>,
    last_event: u64,
    pub(super) uses: BTreeMap<Scope, Uses>,
    defaults: Defaults,
    pub(super) looks: Looks,
}

impl World {
    /// The resource, if it is there.
    pub fn get<R: Resource>(&self, key: &Key<R::Id>) -> Option<&Arc<R>> {
        R::rows(&self.tables).get(&key.scope)?.get(&key.id)
    }

    /// The resources of one kind in an account and region, by id.
    pub fn of<R: Resource>(&self, scope: &Scope) -> impl DoubleEndedIterator<Item = &Arc<R>> {
        let rows = R::rows(&self.tables).get(scope).into_iter().flat_map(BTreeMap::values);
        rows.inspect(|row| self.looks.one(row))
    }

    /// Those of them whose ids come after `after`: a page costs what it holds.
    pub fn after<'w, R: Resource<Id: Borrow<str>>>(
        &'w self,
        scope: &Scope,
        after: Option<&'w str>,
    ) -> impl Iterator<Item = &'w Arc<R>> {
        use std::ops::Bound::{Excluded, Unbounded};
        let from = after.map_or(Unbounded, Excluded);
        R::rows(&self.tables)
            .get(scope)
            .into_iter()
            .flat_map(move |rows| rows.range::<str, _>((from, Unbounded)).map(|(_, row)| row))
            .inspect(|row| self.looks.one(row))
    }

    /// How many there are in an account and region.
    pub fn count<R: Resource>(&self, scope: &Scope) -> usize {
        R::rows(&self.tables).get(scope).map_or(0, BTreeMap::len)
    }

    /// Every resource of one kind, of every account and region.
    pub fn all<R: Resource>(&self) -> impl Iterator<Item = &Arc<R>> {
        R::rows(&self.tables).values().flat_map(BTreeMap::values).inspect(|row| self.looks.one(row))
    }

    /// How many rows were looked at one after another, ever: what nothing costs that is about one of them.
    #[cfg(debug_assertions)]
    pub fn rows_looked_at(&self) -> u64 {
        self.looks.count()
    }

    /// The cluster, if it is there.
    pub fn cluster(&self, key: &ClusterKey) -> Option<&Arc<CacheCluster>> {
        self.get(key)
    }

    /// The clusters of an account and region, by id.
    pub fn clusters(&self, scope: &Scope) -> impl Iterator<Item = &Arc<CacheCluster>> {
        self.of(scope)
    }

    /// The groups that an account's requests in a region may name.
    pub fn groups<'w>(&'w self, scope: &'w Scope) -> WorldGroups<'w> {
        WorldGroups { defaults: self.defaults.of(scope), world: self, scope }
    }

    pub(super) fn default_groups(&self, scope: &Scope) -> Arc<DefaultGroups> {
        self.defaults.of(scope)
    }

    /// The replication group, if it is there.
    pub fn replication_group(&self, key: &GroupKey) -> Option<&Arc<ReplicationGroup>> {
        self.get(key)
    }

    /// The clusters of a group's members, as far as they are there.
    pub fn members(&self, group: &ReplicationGroup) -> Members {
        let cluster = |id: &CacheClusterId| self.cluster(&ClusterKey::new(group.scope.clone(), id.clone()));
        let of_group = |cluster: &&Arc<CacheCluster>| {
            cluster.membership.as_ref().is_some_and(|membership| membership.group == group.id)
        };
        let members = group.members().filter_map(|member| cluster(&member.cluster)).filter(of_group);
        members.map(|cluster| (cluster.id.clone(), CacheCluster::clone(cluster))).collect()
    }

    /// The replication groups of a global datastore's members with theirs, as far as they are there.
    pub fn regionals(&self, global: &GlobalReplicationGroup) -> Vec<Regional> {
        let group = |member| self.global_member(global, member);
        let regional = |group: &Arc<ReplicationGroup>| Regional {
            group: ReplicationGroup::clone(group),
            members: self.members(group),
        };
        global.members.iter().filter_map(group).map(regional).collect()
    }

    /// The replication group that a member of a global datastore is.
    pub fn global_member(
        &self,
        global: &GlobalReplicationGroup,
        member: &GlobalMember,
    ) -> Option<&Arc<ReplicationGroup>> {
        self.replication_group(&GroupKey::new(global.scope_of(member), member.group.clone()))
    }

    /// The replication group that takes a global datastore's writes.
    pub fn primary_of(&self, global: &GlobalReplicationGroup) -> Option<&Arc<ReplicationGroup>> {
        self.global_member(global, global.primary()?)
    }

    /// The parameter group of this name: a default one, or the account's own.
    pub fn parameter_group(
        &self,
        scope: &Scope,
        name: &CacheParameterGroupName,
    ) -> Option<&CacheParameterGroup> {
        let own = || self.get::<OwnParameterGroup>(&Key::new(scope.clone(), name.clone()));
        CacheParameterGroup::default_called(name).or_else(|| own().map(|own| &own.group))
    }

    /// Every cluster there is.
    pub fn all_clusters(&self) -> impl Iterator<Item = &Arc<CacheCluster>> {
        self.all()
    }

    /// The events of an account and region that `query` asks for, newest first, from the one that comes next after
    /// `after`. A page costs what it holds.
    pub fn events<'w>(
        &'w self,
        scope: &Scope,
        query: &'w EventQuery,
        after: Option<EventPlace>,
    ) -> impl Iterator<Item = (EventPlace, Event)> + use<'w> {
        self.events.get(scope).into_iter().flat_map(move |events| events.find(query, after))
    }

    /// Every event there is, with its source.
    pub fn all_events(&self) -> impl Iterator<Item = (EventKey, &str)> {
        self.events.iter().flat_map(|(scope, events)| {
            events.all().map(|(place, source)| (EventKey { scope: scope.clone(), place }, source))
        })
    }

    /// The keys of all events before `date`, for the two weeks after which they go.
    pub fn events_before(&self, date: Timestamp) -> Vec<EventKey> {
        let keys = self.events.iter().flat_map(|(scope, events)| {
            events.before(date).map(|place| EventKey { scope: scope.clone(), place })
        });
        keys.collect()
    }

    /// The number that the next event gets.
    pub fn next_event(&self) -> u64 {
        self.last_event + 1
    }

    /// A port forward.
    pub fn forward(&self, id: &str) -> Option<&Arc<PortForward>> {
        self.forwards.get(id)
    }

    /// Every port forward, by id.
    pub fn forwards(&self) -> impl Iterator<Item = &Arc<PortForward>> {
        self.forwards.values()
    }

    /// Makes a change and answers the one that takes it back.
    pub(super) fn apply(&mut self, change: Change) -> Change {
        match change {
            Change::Resource(change) => {
                let inverse = change.apply(&mut self.tables);
                self.recount(&inverse);
                Change::Resource(inverse)
            }
            Change::Event(key, new) => {
                self.last_event = self.last_event.max(key.place.sequence);
                let events = self.events.entry(key.scope.clone()).or_default();
                let old = events.replace(key.place, new.as_deref());
                Change::Event(key, old)
            }
            Change::Forward(id, new) => {
                let old = replace(&mut self.forwards, id.clone(), new);
                Change::Forward(id, old)
            }
        }
    }
}

fn replace<K: Ord, V>(map: &mut BTreeMap<K, Arc<V>>, key: K, new: Option<Arc<V>>) -> Option<Arc<V>> {
    match new {
        Some(value) => map.insert(key, value),
        None => map.remove(&key),
    }
}
