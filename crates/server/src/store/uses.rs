//! What the resources of an account and region use of one another, kept beside them: neither a create nor a look at one
//! has to go through them all.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use domain::addresses::Addresses;
use domain::cluster::CacheCluster;
use domain::ids::{
    CacheClusterId, CacheParameterGroupName, CacheSubnetGroupName, ReplicationGroupId, Scope,
    SecurityGroupId, ServerlessCacheName, ServerlessCacheSnapshotName, SnapshotName, SubnetId, UserGroupId,
    UserId, VpcId,
};
use domain::node::VpcKey;
use domain::replication_group::ReplicationGroup;
use domain::serverless_cache_snapshot::ServerlessCacheSnapshot;
use domain::snapshot::Snapshot;
use domain::user_group::UserGroup;
use jiff::Timestamp;

use super::{GroupKey, Key, Resource, ResourceChange, World};

mod agenda;
mod counted;
mod networks;
mod tagged;

use agenda::Agenda;
use counted::is_default_subnet_group;
use networks::Networks;
use tagged::{Labelled, Tagged};

pub use networks::InterfacesBy;
pub use tagged::TagMap;

/// Who uses what, in one account and region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Uses {
    nodes: u32,
    addresses: BTreeMap<VpcId, Addresses>,
    /// The nodes in each subnet.
    subnet_nodes: Counts<SubnetId>,
    /// What else would have nodes in a subnet: serverless caches, subnet groups.
    subnets: Counts<SubnetId>,
    /// What names a security group: clusters, serverless caches, other groups' rules.
    security_groups: Counts<SecurityGroupId>,
    networks: Networks,
    /// Clusters in parameter groups of somebody's own, or on their way into one.
    parameter_groups: Relation<CacheParameterGroupName, CacheClusterId>,
    /// Clusters in subnet groups other than the default one.
    subnet_groups: Relation<CacheSubnetGroupName, CacheClusterId>,
    group_of_member: BTreeMap<CacheClusterId, ReplicationGroupId>,
    /// The replication groups that TestFailover was called of.
    tested: BTreeSet<ReplicationGroupId>,
    groups_of_user: Relation<UserId, UserGroupId>,
    /// By their user groups' ids.
    replication_groups: Relation<String, ReplicationGroupId>,
    /// By their user groups' ids.
    serverless_caches: Relation<String, ServerlessCacheName>,
    snapshots: Relation<ServerlessCacheName, ServerlessCacheSnapshotName>,
    /// Of clusters and replication groups, by the id of either; those of members by their groups' too.
    taken: Relation<String, SnapshotName>,
    agenda: Agenda,
    tagged: Tagged,
}

impl World {
    /// How many nodes an account has in a region.
    pub fn node_count(&self, scope: &Scope) -> u32 {
        self.uses(scope).nodes
    }

    /// The addresses that nodes have in a VPC.
    pub fn addresses(&self, vpc: &VpcKey) -> &Addresses {
        static NONE: LazyLock<Addresses> = LazyLock::new(Addresses::default);
        self.uses(&vpc.scope).addresses.get(&vpc.vpc).unwrap_or(&NONE)
    }

    /// Whether nodes lie in a VPC.
    pub fn is_inhabited(&self, vpc: &VpcKey) -> bool {
        self.uses(&vpc.scope).addresses.contains_key(&vpc.vpc)
    }

    /// How many nodes lie in a subnet.
    pub fn nodes_in(&self, scope: &Scope, subnet: &SubnetId) -> usize {
        self.uses(scope).subnet_nodes.of(subnet)
    }

    /// Whether cache nodes or serverless caches lie in a subnet, or a subnet group would have them there.
    pub fn uses_subnet(&self, scope: &Scope, subnet: &SubnetId) -> bool {
        self.nodes_in(scope, subnet) + self.uses(scope).subnets.of(subnet) > 0
    }

    /// Whether clusters, serverless caches or other groups' rules name a security group.
    pub fn uses_security_group(&self, scope: &Scope, group: &SecurityGroupId) -> bool {
        self.uses(scope).security_groups.of(group) > 0
    }

    /// The clusters that are in a parameter group of somebody's own, or are on their way into it.
    pub fn in_parameter_group<'w>(
        &'w self,
        scope: &'w Scope,
        group: &CacheParameterGroupName,
    ) -> impl Iterator<Item = &'w Arc<CacheCluster>> {
        self.rows(scope, self.uses(scope).parameter_groups.of(group))
    }

    /// The clusters that are in a subnet group.
    pub fn in_subnet_group<'w>(
        &'w self,
        scope: &'w Scope,
        group: &'w CacheSubnetGroupName,
    ) -> impl Iterator<Item = &'w Arc<CacheCluster>> {
        let all = is_default_subnet_group(group).then(|| self.clusters(scope)).into_iter().flatten();
        let of_default = all.filter(|cluster| cluster.spec.cache_subnet_group_name == *group);
        of_default.chain(self.rows(scope, self.uses(scope).subnet_groups.of(group)))
    }

    /// The replication group that has the cluster as a member.
    pub fn group_of_member(&self, scope: &Scope, cluster: &CacheClusterId) -> Option<GroupKey> {
        let group = self.uses(scope).group_of_member.get(cluster)?;
        Some(GroupKey::new(scope.clone(), group.clone()))
    }

    /// How often TestFailover was called in the day before `now`, of all replication groups together.
    pub fn test_failovers(&self, scope: &Scope, now: Timestamp) -> u32 {
        let tested = self.rows::<ReplicationGroup>(scope, self.uses(scope).tested.iter());
        tested.map(|group| group.test_failovers_since_a_day(now)).sum()
    }

    /// The user groups that a user is in, or is to be.
    pub fn groups_of_user<'w>(
        &'w self,
        scope: &'w Scope,
        user: &UserId,
    ) -> impl Iterator<Item = &'w Arc<UserGroup>> {
        self.rows(scope, self.uses(scope).groups_of_user.of(user))
    }

    /// The replication groups that let a user group's users in.
    pub fn replication_groups_of(
        &self,
        scope: &Scope,
        users: &UserGroupId,
    ) -> impl Iterator<Item = &ReplicationGroupId> {
        self.uses(scope).replication_groups.of(users.as_str())
    }

    /// The serverless caches that let them in.
    pub fn serverless_caches_of(
        &self,
        scope: &Scope,
        users: &UserGroupId,
    ) -> impl Iterator<Item = &ServerlessCacheName> {
        self.uses(scope).serverless_caches.of(users.as_str())
    }

    /// The snapshots of a serverless cache.
    pub fn snapshots_of<'w>(
        &'w self,
        scope: &'w Scope,
        cache: &ServerlessCacheName,
    ) -> impl Iterator<Item = &'w Arc<ServerlessCacheSnapshot>> {
        self.rows(scope, self.uses(scope).snapshots.of(cache))
    }

    /// The snapshots of a cluster or of a replication group and its members, or of another kind of its id, by name.
    pub fn taken_of<'w>(&'w self, scope: &'w Scope, id: &str) -> impl Iterator<Item = &'w Arc<Snapshot>> {
        self.rows(scope, self.uses(scope).taken.of(id))
    }

    /// The rows of these ids.
    fn rows<'w, R: Resource>(
        &'w self,
        scope: &'w Scope,
        ids: impl Iterator<Item = &'w R::Id>,
    ) -> impl Iterator<Item = &'w Arc<R>> {
        let rows = ids.filter_map(|id| self.get::<R>(&Key::new(scope.clone(), id.clone())));
        rows.inspect(|row| self.looks.one(row))
    }

    fn uses(&self, scope: &Scope) -> &Uses {
        static NONE: LazyLock<Uses> = LazyLock::new(Uses::default);
        self.uses.get(scope).unwrap_or(&NONE)
    }

    /// Counts what a change changed, of which `inverse` leads back.
    pub(super) fn recount(&mut self, inverse: &ResourceChange) {
        match inverse {
            ResourceChange::Cluster(key, old) => self.follow(key, old.as_ref()),
            ResourceChange::ReplicationGroup(key, old) => self.follow(key, old.as_ref()),
            ResourceChange::SubnetGroup(key, old) => self.follow(key, old.as_ref()),
            ResourceChange::SecurityGroup(key, old) => self.follow(key, old.as_ref()),
            ResourceChange::UserGroup(key, old) => self.follow(key, old.as_ref()),
            ResourceChange::ServerlessCache(key, old) => self.follow(key, old.as_ref()),
            ResourceChange::ServerlessCacheSnapshot(key, old) => self.follow(key, old.as_ref()),
            ResourceChange::Snapshot(key, old) => self.follow(key, old.as_ref()),
            ResourceChange::User(key, old) => self.follow(key, old.as_ref()),
            ResourceChange::Subnet(key, old) => self.follow(key, old.as_ref()),
            // These use nothing that is counted.
            ResourceChange::GlobalReplicationGroup(key, old) => self.follow_tags(key, old.as_ref()),
            ResourceChange::ParameterGroup(key, old) => self.follow_tags(key, old.as_ref()),
            ResourceChange::Vpc(key, old) => self.follow_tags(key, old.as_ref()),
            ResourceChange::ReservedNode(key, old) => self.follow_tags(key, old.as_ref()),
        }
    }

    fn follow<R: UsesOthers + Labelled>(&mut self, key: &Key<R::Id>, old: Option<&Arc<R>>) {
        self.follow_tags(key, old);
        let new = self.get::<R>(key).cloned();
        if let (Some(old), Some(new)) = (old, &new)
            && old.uses_as(new)
        {
            return;
        }
        let uses = self.uses.entry(key.scope.clone()).or_default();
        if let Some(old) = old {
            old.count(uses, Count::Out);
        }
        if let Some(new) = &new {
            new.count(uses, Count::In);
        }
    }
}

/// Which way a resource's uses are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Count {
    In,
    Out,
}

/// A kind of resource that uses others.
trait UsesOthers: Resource {
    /// Counts in, or out, what the resource uses.
    fn count(&self, uses: &mut Uses, count: Count);

    /// Whether the other uses the same, as nearly every change leaves it.
    fn uses_as(&self, other: &Self) -> bool;
}

/// How many there are of each; what there is none of is not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Counts<K>(BTreeMap<K, usize>);

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord + Clone> Counts<K> {
    fn of(&self, key: &K) -> usize {
        self.0.get(key).copied().unwrap_or(0)
    }

    fn count(&mut self, key: &K, count: Count) {
        match count {
            Count::In => *self.0.entry(key.clone()).or_default() += 1,
            Count::Out => match self.0.get_mut(key) {
                Some(more @ 2..) => *more -= 1,
                _ => drop(self.0.remove(key)),
            },
        }
    }
}

/// Which are there for each.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Relation<K, V>(BTreeMap<K, BTreeSet<V>>);

impl<K, V> Default for Relation<K, V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord + Clone, V: Ord + Clone> Relation<K, V> {
    fn of<Q: Ord + ?Sized>(&self, key: &Q) -> impl Iterator<Item = &V> + use<'_, K, V, Q>
    where
        K: Borrow<Q>,
    {
        self.0.get(key).into_iter().flatten()
    }

    fn count(&mut self, key: &K, value: &V, count: Count) {
        match count {
            Count::In => drop(self.0.entry(key.clone()).or_default().insert(value.clone())),
            Count::Out => {
                let Some(values) = self.0.get_mut(key) else { return };
                values.remove(value);
                if values.is_empty() {
                    self.0.remove(key);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
