//! Everything that is remembered, in memory, and the changes that lead from one state to the next.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use domain::addresses::Addresses;
use domain::cluster::CacheCluster;
use domain::event::Event;
use domain::groups::DefaultGroups;
use domain::ids::{CacheClusterId, CacheParameterGroupName, Scope, VpcId};
use domain::node::VpcKey;
use domain::parameter_group::{CacheParameterGroup, OwnParameterGroup};
use domain::replication_group::{Members, ReplicationGroup};
use jiff::Timestamp;

use super::groups::{Defaults, WorldGroups};
use super::resource::{ClusterKey, GroupKey, Key, Resource, ResourceChange, Tables};
use crate::forwards::PortForward;

/// An event's place: when, and which of that moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventKey {
    /// Account and region.
    pub scope: Scope,
    /// When it happened.
    pub date: Timestamp,
    /// Counts the store's events from 1.
    pub sequence: u64,
}

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
    events: BTreeMap<Scope, BTreeMap<(Timestamp, u64), Arc<Event>>>,
    forwards: BTreeMap<String, Arc<PortForward>>,
    last_event: u64,
    usage: BTreeMap<Scope, Usage>,
    defaults: Defaults,
}

/// What an account's clusters in a region use together; kept beside them, so that a create need not look at them all.
#[derive(Debug, Clone, Default)]
struct Usage {
    nodes: u32,
    addresses: BTreeMap<VpcId, Addresses>,
}

impl Usage {
    fn add(&mut self, cluster: &CacheCluster) {
        let addresses = self.addresses.entry(cluster.spec.vpc.vpc.clone()).or_default();
        for node in &cluster.nodes {
            self.nodes += 1;
            addresses.insert(node.address);
        }
    }

    fn take_away(&mut self, cluster: &CacheCluster) {
        let addresses = self.addresses.entry(cluster.spec.vpc.vpc.clone()).or_default();
        for node in &cluster.nodes {
            self.nodes -= 1;
            addresses.remove(node.address);
        }
    }
}

impl World {
    /// The resource, if it is there.
    pub fn get<R: Resource>(&self, key: &Key<R::Id>) -> Option<&Arc<R>> {
        R::rows(&self.tables).get(&key.scope)?.get(&key.id)
    }

    /// The resources of one kind in an account and region, by id.
    pub fn of<R: Resource>(&self, scope: &Scope) -> impl DoubleEndedIterator<Item = &Arc<R>> {
        R::rows(&self.tables).get(scope).into_iter().flat_map(BTreeMap::values)
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
    }

    /// How many there are in an account and region.
    pub fn count<R: Resource>(&self, scope: &Scope) -> usize {
        R::rows(&self.tables).get(scope).map_or(0, BTreeMap::len)
    }

    /// Every resource of one kind, of every account and region.
    pub fn all<R: Resource>(&self) -> impl Iterator<Item = &Arc<R>> {
        R::rows(&self.tables).values().flat_map(BTreeMap::values)
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

    /// How many nodes an account has in a region.
    pub fn node_count(&self, scope: &Scope) -> u32 {
        self.usage.get(scope).map_or(0, |usage| usage.nodes)
    }

    /// The addresses that nodes have in a VPC.
    pub fn addresses(&self, vpc: &VpcKey) -> &Addresses {
        static NONE: LazyLock<Addresses> = LazyLock::new(Addresses::default);
        self.usage.get(&vpc.scope).and_then(|usage| usage.addresses.get(&vpc.vpc)).unwrap_or(&NONE)
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

    /// The events of an account and region from `since` to `until`, both included, oldest first.
    pub fn events<'w>(
        &'w self,
        scope: &Scope,
        since: Timestamp,
        until: Timestamp,
    ) -> impl DoubleEndedIterator<Item = ((Timestamp, u64), &'w Arc<Event>)> + use<'w> {
        let all = self.events.get(scope).into_iter();
        all.flat_map(move |events| events.range((since, 0)..=(until, u64::MAX)))
            .map(|(key, event)| (*key, event))
    }

    /// Every event there is, with its place.
    pub fn all_events(&self) -> impl Iterator<Item = (EventKey, &Arc<Event>)> {
        self.events.iter().flat_map(|(scope, events)| {
            events
                .iter()
                .map(|(&(date, sequence), event)| (EventKey { scope: scope.clone(), date, sequence }, event))
        })
    }

    /// The keys of all events before `date`, for the two weeks after which they go.
    pub fn events_before(&self, date: Timestamp) -> Vec<EventKey> {
        let keys = self.events.iter().flat_map(|(scope, events)| {
            events.range(..(date, 0)).map(|(&(date, sequence), _)| EventKey {
                scope: scope.clone(),
                date,
                sequence,
            })
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

    fn count_usage(&mut self, key: &ClusterKey, new: Option<&CacheCluster>) {
        let old = self.cluster(key).map(Arc::clone);
        let usage = self.usage.entry(key.scope.clone()).or_default();
        if let Some(old) = old {
            usage.take_away(&old);
        }
        if let Some(new) = new {
            usage.add(new);
        }
    }

    /// Makes a change and answers the one that takes it back.
    pub(super) fn apply(&mut self, change: Change) -> Change {
        match change {
            Change::Resource(change) => {
                if let ResourceChange::Cluster(key, new) = &change {
                    self.count_usage(key, new.as_deref());
                }
                Change::Resource(change.apply(&mut self.tables))
            }
            Change::Event(key, new) => {
                self.last_event = self.last_event.max(key.sequence);
                let place = (key.date, key.sequence);
                let old = replace(self.events.entry(key.scope.clone()).or_default(), place, new);
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
