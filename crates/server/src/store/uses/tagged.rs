//! What is tagged, or was once, by ARN and by tags: a page of them costs what it holds, and one is found by its ARN.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;
use std::ops::Bound;
use std::sync::Arc;

use domain::arn::{Arn, ResourceType};
use domain::cluster::CacheCluster;
use domain::ec2::{SecurityGroup, Subnet, Vpc};
use domain::global_replication_group::GlobalReplicationGroup;
use domain::ids::Scope;
use domain::parameter_group::OwnParameterGroup;
use domain::replication_group::ReplicationGroup;
use domain::reserved_node::ReservedCacheNode;
use domain::serverless_cache::ServerlessCache;
use domain::serverless_cache_snapshot::ServerlessCacheSnapshot;
use domain::snapshot::Snapshot;
use domain::subnet_group::OwnSubnetGroup;
use domain::tagging::{Matching, TagFilter};
use domain::user::User;
use domain::user_group::UserGroup;

use crate::store::{Key, Resource, World};

#[cfg(test)]
mod tests;

/// The tags of one resource.
pub type TagMap = BTreeMap<String, String>;

/// The resources of an account and region that have tags, or had.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tagged {
    all: BTreeMap<Arc<str>, TagMap>,
    by_key: BTreeMap<String, OfKey>,
}

/// Those that have a tag of one key: all, and by its value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct OfKey {
    all: BTreeSet<Arc<str>>,
    by_value: BTreeMap<String, BTreeSet<Arc<str>>>,
}

impl Tagged {
    fn put(&mut self, arn: String, tags: TagMap) {
        let arn: Arc<str> = arn.into();
        for (key, value) in &tags {
            let of_key = self.by_key.entry(key.clone()).or_default();
            of_key.all.insert(Arc::clone(&arn));
            of_key.by_value.entry(value.clone()).or_default().insert(Arc::clone(&arn));
        }
        self.all.insert(arn, tags);
    }

    fn remove(&mut self, arn: &str) {
        for (key, value) in self.all.remove(arn).unwrap_or_default() {
            let Some(of_key) = self.by_key.get_mut(&key) else { continue };
            of_key.all.remove(arn);
            if let Some(of_value) = of_key.by_value.get_mut(&value) {
                of_value.remove(arn);
                if of_value.is_empty() {
                    of_key.by_value.remove(&value);
                }
            }
            if of_key.all.is_empty() {
                self.by_key.remove(&key);
            }
        }
    }

    /// The sets that a filter names. They have nothing in common, as a key has one value in a resource.
    fn sets(&self, filter: &TagFilter) -> Vec<&BTreeSet<Arc<str>>> {
        let Some(of_key) = self.by_key.get(&filter.key) else { return Vec::new() };
        if filter.values.is_empty() {
            return vec![&of_key.all];
        }
        let values: BTreeSet<&String> = filter.values.iter().collect();
        values.into_iter().filter_map(|value| of_key.by_value.get(value)).collect()
    }

    /// The ARNs within a range of those that pass the filter which the fewest pass; without filters of all.
    fn candidates<'w>(&'w self, filters: &[TagFilter], from: Bound<&str>) -> Merged<'w> {
        let range = |set: &'w BTreeSet<Arc<str>>| set.range::<str, _>((from, Bound::Unbounded));
        let sets = filters.iter().map(|filter| self.sets(filter));
        match sets.min_by_key(|sets| sets.iter().map(|set| set.len()).sum::<usize>()) {
            Some(sets) => Merged(sets.into_iter().map(|set| boxed(range(set))).collect()),
            None => {
                let all = self.all.range::<str, _>((from, Bound::Unbounded)).map(|(arn, _)| arn);
                Merged(vec![boxed(all)])
            }
        }
    }
}

type Arns<'w> = Box<dyn Iterator<Item = &'w Arc<str>> + 'w>;

fn boxed<'w>(arns: impl Iterator<Item = &'w Arc<str>> + 'w) -> Peekable<Arns<'w>> {
    (Box::new(arns) as Arns<'w>).peekable()
}

/// What several hold, each in order, in that order.
struct Merged<'w>(Vec<Peekable<Arns<'w>>>);

impl<'w> Iterator for Merged<'w> {
    type Item = &'w Arc<str>;

    fn next(&mut self) -> Option<&'w Arc<str>> {
        let heads = self.0.iter_mut().enumerate();
        let (_, first) = heads.filter_map(|(at, arns)| Some((*arns.peek()?, at))).min()?;
        self.0[first].next()
    }
}

impl World {
    /// The tags of the resource of an account and region that has this ARN, if it has any or had.
    pub fn tagged(&self, scope: &Scope, arn: &str) -> Option<(&str, &TagMap)> {
        self.uses(scope).tagged.all.get_key_value(arn).map(|(arn, tags)| (&**arn, tags))
    }

    /// Those of an account and region that match, by ARN, from the one after `after`.
    pub fn tagged_matching<'w>(
        &'w self,
        scope: &Scope,
        matching: &'w Matching,
        after: Option<&'w str>,
    ) -> impl Iterator<Item = (&'w str, &'w TagMap)> {
        let (tagged, filters) = (&self.uses(scope).tagged, &matching.filters);
        let prefixes = matching.prefixes.clone().unwrap_or_else(|| vec![String::new()]);
        let candidates = prefixes.into_iter().flat_map(move |prefix| {
            let from = match after {
                Some(after) if after >= prefix.as_str() => Bound::Excluded(after),
                _ => Bound::Included(prefix.as_str()),
            };
            let candidates = tagged.candidates(filters, from);
            candidates.take_while(move |arn| arn.starts_with(&prefix))
        });
        candidates.inspect(|arn| self.looks.one(arn)).filter_map(|arn| {
            let tags = tagged.all.get(arn)?;
            filters.iter().all(|filter| filter.passes(tags)).then_some((&**arn, tags))
        })
    }

    /// The keys of tags in use in an account and region, in order, from the one after `after`.
    pub fn tag_keys(&self, scope: &Scope, after: Option<&str>) -> impl Iterator<Item = &str> {
        let keys = self.uses(scope).tagged.by_key.range::<str, _>((beyond(after), Bound::Unbounded));
        keys.inspect(|row| self.looks.one(row)).map(|(key, _)| key.as_str())
    }

    /// The values that tags of this key have, in order, from the one after `after`.
    pub fn tag_values(&self, scope: &Scope, key: &str, after: Option<&str>) -> impl Iterator<Item = &str> {
        let of_key = self.uses(scope).tagged.by_key.get(key).into_iter();
        let from = after.map(str::to_owned);
        let values = of_key.flat_map(move |of_key| {
            of_key.by_value.range::<str, _>((beyond(from.as_deref()), Bound::Unbounded))
        });
        values.inspect(|row| self.looks.one(row)).map(|(value, _)| value.as_str())
    }

    /// Follows the tags of the resource that was `old` before a change.
    pub(super) fn follow_tags<R: Labelled>(&mut self, key: &Key<R::Id>, old: Option<&Arc<R>>) {
        let labels = |row: Option<&Arc<R>>| row.map(|row| row.labels()).unwrap_or_default();
        let new = self.get::<R>(key);
        let (before, now) = (labels(old), labels(new));
        if before == now {
            return;
        }
        let tagged = &mut self.uses.entry(key.scope.clone()).or_default().tagged;
        for (arn, _) in before {
            tagged.remove(&arn);
        }
        for (arn, tags) in now {
            tagged.put(arn, tags);
        }
    }
}

fn beyond(after: Option<&str>) -> Bound<&str> {
    after.map_or(Bound::Unbounded, Bound::Excluded)
}

/// A kind of resource that carries tags.
pub(super) trait Labelled: Resource {
    /// What of the resource has tags, or had: ARN and tags. Nothing is allocated where there is none.
    fn labels(&self) -> Vec<(String, TagMap)>;
}

fn map<'t>(tags: impl Iterator<Item = (&'t str, &'t str)>) -> TagMap {
    tags.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// One line a kind of ElastiCache's: its word in ARNs, where its tags are, and its id.
macro_rules! labelled {
    ($($resource:ty: $kind:ident, $($tags:ident).+, $($id:ident).+;)+) => {$(
        impl Labelled for $resource {
            fn labels(&self) -> Vec<(String, TagMap)> {
                let tags = &self.$($tags).+;
                if !tags.was_used() {
                    return Vec::new();
                }
                let arn = Arn::new(&self.scope, ResourceType::$kind, self.$($id).+.as_str());
                vec![(arn.to_string(), map(tags.iter()))]
            }
        }
    )+};
}

labelled! {
    CacheCluster: Cluster, spec.tags, id;
    ReplicationGroup: ReplicationGroup, spec.member.tags, id;
    GlobalReplicationGroup: GlobalReplicationGroup, tags, id;
    OwnParameterGroup: ParameterGroup, tags, group.name;
    OwnSubnetGroup: SubnetGroup, tags, group.name;
    User: User, tags, id;
    UserGroup: UserGroup, tags, id;
    ServerlessCache: ServerlessCache, tags, name;
    ServerlessCacheSnapshot: ServerlessCacheSnapshot, tags, name;
    Snapshot: Snapshot, tags, name;
    ReservedCacheNode: ReservedNode, tags, id;
}

macro_rules! labelled_in_ec2 {
    ($($resource:ty),+) => {$(
        impl Labelled for $resource {
            fn labels(&self) -> Vec<(String, TagMap)> {
                let used = self.tags.was_used();
                used.then(|| (self.arn(), map(self.tags.iter()))).into_iter().collect()
            }
        }
    )+};
}

labelled_in_ec2!(Vpc, Subnet);

impl Labelled for SecurityGroup {
    fn labels(&self) -> Vec<(String, TagMap)> {
        let group = self.tags.was_used().then(|| (self.arn(), map(self.tags.iter())));
        let rules = self.rules.iter().filter(|rule| rule.tags.was_used());
        group.into_iter().chain(rules.map(|rule| (rule.arn(), map(rule.tags.iter())))).collect()
    }
}
