//! Cleaning up: everything of this instance, or what dead instances left. Labels decide, never names.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use domain::node::VpcKey;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};

use super::daemon::Daemon;
use super::labels::{self, Filters, Labels, Role};
use crate::runtime::RuntimeError;

/// Removals at once: Docker serialises most of their work anyway.
const PARALLEL: usize = 8;

/// What is to go, of what a filter finds: containers first, then what they held.
pub(super) async fn purge(
    daemon: &Daemon,
    filters: &Filters,
    mut doomed: impl FnMut(&Labels) -> bool + Send,
) -> Result<usize, RuntimeError> {
    // Listed before any lock is looked at: whatever an instance makes after it took its lock is not in the lists.
    let (containers, networks, volumes) =
        tokio::try_join!(daemon.containers(filters), daemon.networks(filters), daemon.volumes(filters))?;
    let containers = containers.into_iter().filter_map(|c| Some((c.id?, c.labels?)));
    let containers: Vec<String> = containers.filter(|(_, l)| doomed(l)).map(|(id, _)| id).collect();
    let networks = networks.into_iter().filter_map(|n| Some((n.id?, n.name?, n.labels?)));
    let networks: Vec<_> = networks.filter(|(.., l)| doomed(l)).map(|(id, name, _)| (id, name)).collect();
    let volumes: Vec<String> = volumes.into_iter().filter(|v| doomed(&v.labels)).map(|v| v.name).collect();
    let count = containers.len() + networks.len() + volumes.len();

    let first = all(containers.iter().map(|id| daemon.remove_container(id).boxed())).await;
    let second = all(networks.iter().map(|(id, name)| daemon.remove_network(id, name).boxed())).await;
    let third = all(volumes.iter().map(|name| daemon.remove_volume(name).boxed())).await;
    first.and(second).and(third).map(|()| count)
}

/// Does them all, and then tells the first failure.
async fn all<'a>(
    removals: impl Iterator<Item = BoxFuture<'a, Result<(), RuntimeError>>>,
) -> Result<(), RuntimeError> {
    let outcomes: Vec<_> = stream::iter(removals).buffer_unordered(PARALLEL).collect().await;
    outcomes.into_iter().collect()
}

/// Everything of this instance. What a Simfra with a data directory made under the same lock goes only when this
/// one has a data directory too: an instance in memory never destroys kept data.
pub(super) async fn remove_all(daemon: &Daemon) -> Result<(), RuntimeError> {
    let kept = |labels: &Labels| !daemon.owner.durable && labels::disposable_lock(labels).is_none();
    let count = purge(daemon, &daemon.owner.filters(), |labels| !kept(labels)).await?;
    tracing::debug!(count, "removed everything of this instance from Docker");
    Ok(())
}

/// This instance's resolvers and relays alone.
pub(super) async fn remove_companions(daemon: &Daemon) -> Result<(), RuntimeError> {
    let companion = |labels: &Labels| matches!(labels::role(labels), Some(Role::Resolver | Role::Relay));
    purge(daemon, &daemon.owner.filters(), companion).await.map(|_count| ())
}

/// This instance's networks, with their resolvers and relays, of VPCs that are not needed.
pub(super) async fn remove_networks(
    daemon: &Daemon,
    needed: &(dyn Fn(&VpcKey) -> bool + Sync),
) -> Result<(), RuntimeError> {
    let count = purge(daemon, &daemon.owner.filters(), |labels| {
        matches!(labels::role(labels), Some(Role::Resolver | Role::Relay | Role::Network))
            && labels::vpc(labels).is_some_and(|vpc| !needed(&vpc))
    })
    .await?;
    tracing::debug!(count, "removed networks of VPCs without a cluster");
    Ok(())
}

/// What other instances left whose lock nobody holds, unless it is durable.
pub(super) async fn sweep(
    daemon: &Daemon,
    is_lock_free: &(dyn Fn(&Path) -> bool + Sync),
) -> Result<(), RuntimeError> {
    let mut free: HashMap<PathBuf, bool> = HashMap::new();
    let count = purge(daemon, &labels::any_instance(), |labels| {
        let Some(lock) = labels::disposable_lock(labels).filter(|_| !daemon.owner.owns(labels)) else {
            return false;
        };
        *free.entry(lock).or_insert_with_key(|lock| is_lock_free(lock))
    })
    .await?;
    if count > 0 {
        tracing::info!(count, "removed what dead instances left in Docker");
    }
    Ok(())
}
