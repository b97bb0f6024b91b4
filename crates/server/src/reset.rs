//! Resets: every resource of one account, or of all accounts, gone when it answers, its engines included.
//!
//! The rows are set to be deleted whatever is under way, and the reconciler does the rest, as for any deletion: a reset
//! that a crash interrupts goes on at the next start. What is created while a reset is under way stays.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use dataplane::runtime::RuntimeError;
use domain::cluster::{CacheCluster, Phase};
use domain::ec2;
use domain::global_replication_group::GlobalReplicationGroup;
use domain::ids::{AccountId, Scope, VpcId};
use domain::node::VpcKey;
use domain::parameter_group::OwnParameterGroup;
use domain::replication_group::{Members, Phase as GroupPhase, ReplicationGroup};
use domain::reserved_node::ReservedCacheNode;
use domain::serverless_cache::ServerlessCache;
use domain::serverless_cache_snapshot::ServerlessCacheSnapshot;
use domain::snapshot::Snapshot;
use domain::subnet_group::OwnSubnetGroup;
use domain::user::User;
use domain::user_group::UserGroup;
use futures_util::future::{join, join_all};

use crate::app::Behind;
use crate::store::{
    Change, ClusterKey, EventKey, GroupKey, Key, Resource, Store, StoreError, Tx, Watched, World,
};

/// How long a backend may take to remove everything.
const WITHIN: Duration = Duration::from_secs(120);

/// Whose resources go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// Everybody's.
    All,
    /// One account's, in every region.
    Account(AccountId),
}

impl Whose {
    fn is(&self, scope: &Scope) -> bool {
        match self {
            Self::All => true,
            Self::Account(account) => scope.account == *account,
        }
    }
}

/// Why something is left.
#[derive(Debug, thiserror::Error)]
pub enum ResetError {
    /// The store failed; nothing was changed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The backend did not remove the engines in time.
    #[error(
        "{} of the resources are still being removed after {} s, {} first; the log says why, and they go on being removed",
        .left.len(), WITHIN.as_secs(), .left.first().map(ToString::to_string).unwrap_or_default()
    )]
    Late {
        /// The clusters that are left.
        left: Vec<ClusterKey>,
    },
    /// A network could not be removed.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
}

/// Removes what `whose` says.
///
/// # Errors
/// See [`ResetError`].
pub async fn reset(store: &Store, behind: &Behind, whose: Whose) -> Result<(), ResetError> {
    let discarded = discard(store, whose.clone()).await?;
    for forward in &discarded.forwards {
        behind.forwards.close_listener(forward);
    }
    let gone = join_all(discarded.clusters.iter().map(|key| is_gone(store, key)));
    let groups_gone = join_all(discarded.groups.iter().map(|key| group_is_gone(store, key)));
    if tokio::time::timeout(WITHIN, join(gone, groups_gone)).await.is_err() {
        let world = store.read();
        let left = discarded.clusters.into_iter().filter(|key| is_there(&world, key)).collect();
        return Err(ResetError::Late { left });
    }
    let served = behind.names.networks().into_iter().map(|(vpc, _)| vpc);
    let vpcs: BTreeSet<VpcKey> = served.chain(discarded.vpcs).filter(|vpc| whose.is(&vpc.scope)).collect();
    for removed in join_all(vpcs.iter().map(|vpc| behind.reconciler.remove_network(vpc))).await {
        removed?;
    }
    forget_rows(store, discarded.rows).await?;
    forget_events(store, whose).await?;
    behind.names.publish().await;
    Ok(())
}

/// What a reset found.
struct Discarded {
    clusters: Vec<ClusterKey>,
    groups: Vec<GroupKey>,
    vpcs: Vec<VpcKey>,
    forwards: Vec<String>,
    rows: HashSet<Watched>,
}

async fn discard(store: &Store, whose: Whose) -> Result<Discarded, StoreError> {
    let work = move |tx: &mut Tx<'_>| {
        let clusters: Vec<_> =
            tx.all_clusters().filter(|cluster| whose.is(&cluster.scope)).cloned().collect();
        let forwards = tx.forwards().filter(|forward| whose.is(forward.destination.scope()));
        let forwards: Vec<_> = forwards.map(|forward| forward.id.clone()).collect();
        for id in &forwards {
            tx.put(Change::Forward(id.clone(), None));
        }
        let groups: Vec<_> =
            tx.all::<ReplicationGroup>().filter(|group| whose.is(&group.scope)).cloned().collect();
        for group in &groups {
            let mut group = ReplicationGroup::clone(group);
            group.discard(&mut Members::new());
            tx.set(group);
        }
        // Nothing runs for these: they are gone with their rows.
        remove::<GlobalReplicationGroup>(tx, &whose);
        remove::<ServerlessCache>(tx, &whose);
        remove::<ServerlessCacheSnapshot>(tx, &whose);
        remove::<Snapshot>(tx, &whose);
        for cluster in &clusters {
            let mut cluster = CacheCluster::clone(cluster);
            cluster.discard();
            tx.put_cluster(cluster);
        }
        remove::<OwnParameterGroup>(tx, &whose);
        remove::<ReservedCacheNode>(tx, &whose);
        remove::<User>(tx, &whose);
        remove::<UserGroup>(tx, &whose);
        forget(tx, |key, _, _| whose.is(&key.scope));
        Ok(Discarded {
            rows: rows(tx, &whose),
            vpcs: clusters.iter().map(|cluster| cluster.spec.vpc.clone()).collect(),
            clusters: clusters.iter().map(|cluster| ClusterKey::of(cluster)).collect(),
            groups: groups.iter().map(|group| Resource::key(&**group)).collect(),
            forwards,
        })
    };
    store.transact(work).await
}

/// Removes the resources of a kind that has no engines.
fn remove<R: Resource>(tx: &mut Tx<'_>, whose: &Whose) {
    let keys: Vec<_> = tx.all::<R>().map(|row| row.key()).filter(|key| whose.is(&key.scope)).collect();
    for key in keys {
        tx.remove::<R>(key);
    }
}

/// Waits until the discarded cluster is gone; one of its name that was created since is another.
async fn is_gone(store: &Store, key: &ClusterKey) {
    store.until(Watched::Cluster(key.clone()), |world| !is_there(world, key)).await;
}

/// The same for a group.
async fn group_is_gone(store: &Store, key: &GroupKey) {
    let is_there =
        |world: &World| world.replication_group(key).is_some_and(|group| group.phase == GroupPhase::Deleting);
    store.until(Watched::ReplicationGroup(key.clone()), |world| !is_there(world)).await;
}

fn is_there(world: &World, key: &ClusterKey) -> bool {
    world.cluster(key).is_some_and(|cluster| cluster.phase == Phase::Deleting)
}

/// The networks that there are, and the groups that lie in them: they go after the clusters that need them.
fn rows(world: &World, whose: &Whose) -> HashSet<Watched> {
    fn of<'w, R: Resource>(world: &'w World, whose: &'w Whose) -> impl Iterator<Item = Watched> + 'w {
        world.all::<R>().filter(|row| whose.is(&row.key().scope)).filter_map(|row| identity(&**row))
    }
    let groups = of::<OwnSubnetGroup>(world, whose).chain(of::<ec2::SecurityGroup>(world, whose));
    let vpcs = of::<ec2::Vpc>(world, whose).chain(of::<ec2::Subnet>(world, whose));
    groups.chain(vpcs).collect()
}

fn identity<R: Resource>(row: &R) -> Option<Watched> {
    match R::change(row.key(), None) {
        Change::Resource(change) => Some(change.watched()),
        Change::Event(..) | Change::Forward(..) => None,
    }
}

/// Removes the rows that were found before, but for what clusters that came since need.
async fn forget_rows(store: &Store, found: HashSet<Watched>) -> Result<(), StoreError> {
    let work = move |tx: &mut Tx<'_>| {
        let living: Vec<_> = tx.all_clusters().cloned().collect();
        let in_vpc =
            |scope: &Scope, vpc: &VpcId| living.iter().any(|c| c.scope == *scope && c.spec.vpc.vpc == *vpc);
        remove_unneeded::<OwnSubnetGroup>(tx, &found, |key, own| in_vpc(&key.scope, &own.group.vpc_id));
        remove_unneeded::<ec2::SecurityGroup>(tx, &found, |key, group| in_vpc(&key.scope, &group.vpc));
        remove_unneeded::<ec2::Subnet>(tx, &found, |key, subnet| in_vpc(&key.scope, &subnet.vpc));
        remove_unneeded::<ec2::Vpc>(tx, &found, |key, vpc| in_vpc(&key.scope, &vpc.id));
        Ok(())
    };
    store.transact(work).await
}

/// Removes the rows of one kind that were found and are not `needed`.
fn remove_unneeded<R: Resource>(
    tx: &mut Tx<'_>,
    found: &HashSet<Watched>,
    needed: impl Fn(&Key<R::Id>, &R) -> bool,
) {
    let found = |row: &R| identity(row).is_some_and(|row| found.contains(&row));
    let rows = tx.all::<R>().filter(|row| found(row)).map(|row| (row.key(), row));
    let gone: Vec<_> = rows.filter(|(key, row)| !needed(key, row)).map(|(key, _)| key).collect();
    for key in gone {
        tx.remove::<R>(key);
    }
}

/// Forgets what was told of the deletions themselves, and not what is told of clusters that came since.
async fn forget_events(store: &Store, whose: Whose) -> Result<(), StoreError> {
    let work = move |tx: &mut Tx<'_>| {
        forget(tx, |key, source, living| {
            whose.is(&key.scope) && !living.contains(&(key.scope.clone(), source.to_owned()))
        });
        Ok(())
    };
    store.transact(work).await
}

fn forget(tx: &mut Tx<'_>, goes: impl Fn(&EventKey, &str, &HashSet<(Scope, String)>) -> bool) {
    let clusters = tx.all_clusters().map(|cluster| (cluster.scope.clone(), cluster.id.to_string()));
    let users = tx.all::<User>().map(|user| (user.scope.clone(), user.id.to_string()));
    let groups = tx.all::<UserGroup>().map(|group| (group.scope.clone(), group.id.to_string()));
    let of_replication =
        tx.all::<ReplicationGroup>().map(|group| (group.scope.clone(), group.id.to_string()));
    let serverless = tx.all::<ServerlessCache>().map(|cache| (cache.scope.clone(), cache.name.to_string()));
    let snapshots = tx.all::<ServerlessCacheSnapshot>().map(|row| (row.scope.clone(), row.name.to_string()));
    let living = clusters
        .chain(users)
        .chain(groups)
        .chain(serverless)
        .chain(snapshots)
        .chain(of_replication)
        .collect();
    let gone = tx.all_events().filter(|(key, source)| goes(key, source, &living));
    let gone: Vec<_> = gone.map(|(key, _)| key).collect();
    for key in gone {
        tx.put(Change::Event(key, None));
    }
}
