//! What the store keeps: a resource has its table, by account, region and id.
//!
//! A new kind of resource is a line of `resources!` below and nothing else: its rows, its [`Change`], its table in the
//! journal and the access by type follow.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use domain::cluster::CacheCluster;
use domain::ec2;
use domain::global_replication_group::GlobalReplicationGroup;
use domain::ids::{
    CacheClusterId, CacheParameterGroupName, CacheSubnetGroupName, GlobalReplicationGroupId,
    ReplicationGroupId, ReservedCacheNodeId, Scope, SecurityGroupId, ServerlessCacheName,
    ServerlessCacheSnapshotName, SnapshotName, SubnetId, UserGroupId, UserId, VpcId,
};
use domain::node::NodeId;
use domain::parameter_group::OwnParameterGroup;
use domain::replication_group::ReplicationGroup;
use domain::reserved_node::ReservedCacheNode;
use domain::serverless_cache::ServerlessCache;
use domain::serverless_cache_snapshot::ServerlessCacheSnapshot;
use domain::snapshot::Snapshot;
use domain::subnet_group::OwnSubnetGroup;
use domain::user::User;
use domain::user_group::UserGroup;
use redb::Database;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::journal::{self, Row};
use super::{Change, StoreError, World};

/// A resource's identity: account, region and id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key<I> {
    /// Account and region.
    pub scope: Scope,
    /// The resource's id.
    pub id: I,
}

impl<I> Key<I> {
    /// The key of the resource `id` in `scope`.
    pub const fn new(scope: Scope, id: I) -> Self {
        Self { scope, id }
    }
}

impl<I: fmt::Display> fmt::Display for Key<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.scope, self.id)
    }
}

/// A cache cluster's identity.
pub type ClusterKey = Key<CacheClusterId>;

/// A global datastore's identity.
pub type GlobalKey = Key<GlobalReplicationGroupId>;

impl GlobalKey {
    /// That of the account's global datastore of this id, whose region the id tells.
    pub fn of_id(scope: &Scope, id: &GlobalReplicationGroupId) -> Self {
        let scope = Scope { account: scope.account.clone(), region: id.region() };
        Self { scope, id: id.clone() }
    }
}

/// A replication group's identity.
pub type GroupKey = Key<ReplicationGroupId>;

impl GroupKey {
    /// The group that `cluster` is a member of.
    pub fn of_member(cluster: &CacheCluster) -> Option<Self> {
        let membership = cluster.membership.as_ref()?;
        Some(Self { scope: cluster.scope.clone(), id: membership.group.clone() })
    }
}

impl ClusterKey {
    /// The cluster that a node belongs to.
    pub fn of_node(node: &NodeId) -> Self {
        Self { scope: node.scope.clone(), id: node.cluster.clone() }
    }

    /// The key of `cluster`.
    pub fn of(cluster: &CacheCluster) -> Self {
        Self { scope: cluster.scope.clone(), id: cluster.id.clone() }
    }
}

/// The rows of one kind of resource.
pub(super) type Rows<R> = BTreeMap<Scope, BTreeMap<<R as Resource>::Id, Arc<R>>>;

/// A kind of resource that the store keeps.
pub trait Resource: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What it is known by within an account and region.
    type Id: Clone + Ord + Hash + fmt::Display + fmt::Debug + Send + Sync + 'static;

    /// The resource's identity.
    fn key(&self) -> Key<Self::Id>;

    /// The change that puts the resource, or takes it away.
    #[doc(hidden)]
    fn change(key: Key<Self::Id>, new: Option<Arc<Self>>) -> Change;

    #[doc(hidden)]
    fn rows(tables: &Tables) -> &Rows<Self>;

    #[doc(hidden)]
    fn rows_mut(tables: &mut Tables) -> &mut Rows<Self>;
}

macro_rules! resources {
    ($($(#[doc = $doc:literal])* $rows:ident: $variant:ident($resource:ty), by $($field:ident).+: $id:ty, in $table:literal;)*) => {
        /// The rows of all kinds.
        #[derive(Debug, Clone, Default)]
        #[doc(hidden)]
        pub struct Tables {
            $($rows: Rows<$resource>,)*
        }

        /// One change of a resource: its new contents, or `None` where it is gone.
        #[derive(Debug, Clone)]
        pub enum ResourceChange {
            $($(#[doc = $doc])* $variant(Key<$id>, Option<Arc<$resource>>),)*
        }

        $(impl Resource for $resource {
            type Id = $id;

            fn key(&self) -> Key<$id> {
                Key { scope: self.scope.clone(), id: self.$($field).+.clone() }
            }

            fn change(key: Key<$id>, new: Option<Arc<Self>>) -> Change {
                Change::Resource(ResourceChange::$variant(key, new))
            }

            fn rows(tables: &Tables) -> &Rows<Self> {
                &tables.$rows
            }

            fn rows_mut(tables: &mut Tables) -> &mut Rows<Self> {
                &mut tables.$rows
            }
        })*

        /// A resource that can be waited for.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum Watched {
            $($(#[doc = $doc])* $variant(Key<$id>),)*
        }

        impl ResourceChange {
            /// Makes the change and answers the one that takes it back.
            pub(super) fn apply(self, tables: &mut Tables) -> Self {
                match self {
                    $(Self::$variant(key, new) => {
                        let old = replace(&mut tables.$rows, &key, new);
                        Self::$variant(key, old)
                    })*
                }
            }

            /// The row as the journal keeps it.
            pub(super) fn row(&self) -> Result<Row, StoreError> {
                match self {
                    $(Self::$variant(key, row) => Row::encode($table, key.to_string(), row.as_ref()),)*
                }
            }

            /// What it changes.
            pub fn watched(&self) -> Watched {
                match self {
                    $(Self::$variant(key, _) => Watched::$variant(key.clone()),)*
                }
            }
        }

        /// Fills `world` with the resources that were committed to `database`.
        pub(super) fn load(database: &Database, world: &mut World) -> Result<(), StoreError> {
            $(journal::each(database, $table, |row: Arc<$resource>, _| {
                world.apply(<$resource>::change(row.key(), Some(row)));
                Ok(())
            })?;)*
            Ok(())
        }
    };
}

resources! {
    /// A cache cluster.
    clusters: Cluster(CacheCluster), by id: CacheClusterId, in "cache_clusters";
    /// A replication group.
    replication_groups: ReplicationGroup(ReplicationGroup), by id: ReplicationGroupId, in "replication_groups";
    /// A global datastore.
    global_replication_groups: GlobalReplicationGroup(GlobalReplicationGroup), by id: GlobalReplicationGroupId, in "global_replication_groups";
    /// A parameter group of somebody's own.
    parameter_groups: ParameterGroup(OwnParameterGroup), by group.name: CacheParameterGroupName, in "cache_parameter_groups";
    /// A subnet group of somebody's own; the default one only where it was changed.
    subnet_groups: SubnetGroup(OwnSubnetGroup), by group.name: CacheSubnetGroupName, in "cache_subnet_groups";
    /// A VPC; the default one only where it was changed.
    vpcs: Vpc(ec2::Vpc), by id: VpcId, in "vpcs";
    /// A subnet; a default one only where it was changed.
    subnets: Subnet(ec2::Subnet), by id: SubnetId, in "subnets";
    /// A security group; the default VPC's default one only where it was changed.
    security_groups: SecurityGroup(ec2::SecurityGroup), by id: SecurityGroupId, in "security_groups";
    /// A user of somebody's own.
    users: User(User), by id: UserId, in "users";
    /// A user group.
    user_groups: UserGroup(UserGroup), by id: UserGroupId, in "user_groups";
    /// A serverless cache.
    serverless_caches: ServerlessCache(ServerlessCache), by name: ServerlessCacheName, in "serverless_caches";
    /// A serverless cache's snapshot.
    serverless_cache_snapshots: ServerlessCacheSnapshot(ServerlessCacheSnapshot), by name: ServerlessCacheSnapshotName, in "serverless_cache_snapshots";
    /// A snapshot of a cluster or replication group.
    snapshots: Snapshot(Snapshot), by name: SnapshotName, in "snapshots";
    /// A reservation of nodes.
    reserved_nodes: ReservedNode(ReservedCacheNode), by id: ReservedCacheNodeId, in "reserved_cache_nodes";
}

fn replace<I: Clone + Ord, R>(
    rows: &mut BTreeMap<Scope, BTreeMap<I, Arc<R>>>,
    key: &Key<I>,
    new: Option<Arc<R>>,
) -> Option<Arc<R>> {
    match new {
        Some(row) => rows.entry(key.scope.clone()).or_default().insert(key.id.clone(), row),
        None => rows.get_mut(&key.scope)?.remove(&key.id),
    }
}
