//! Cleaning up: everything of this instance, or what dead instances left. Labels decide, never names.

use std::collections::HashMap;
use std::path::Path;

use domain::node::VpcKey;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};

use super::daemon::Daemon;
use super::labels::{self, Filters, Labels, Lock, Role};
use crate::runtime::RuntimeError;

/// Removals at once: Docker serialises most of their work anyway.
const PARALLEL: usize = 8;

/// What a filter finds.
struct Found {
    containers: Vec<(String, Labels)>,
    networks: Vec<(String, String, Labels)>,
    volumes: Vec<(String, Labels)>,
}

impl Found {
    async fn list(daemon: &Daemon, filters: &Filters) -> Result<Self, RuntimeError> {
        let (containers, networks, volumes) =
            tokio::try_join!(daemon.containers(filters), daemon.networks(filters), daemon.volumes(filters))?;
        let containers = containers.into_iter().filter_map(|c| Some((c.id?, c.labels?)));
        let networks = networks.into_iter().filter_map(|n| Some((n.id?, n.name?, n.labels?)));
        let volumes = volumes.into_iter().map(|v| (v.name, v.labels));
        Ok(Self {
            containers: containers.collect(),
            networks: networks.collect(),
            volumes: volumes.collect(),
        })
    }

    /// Removes what is doomed: containers first, then what they held.
    async fn remove(
        mut self,
        daemon: &Daemon,
        mut doomed: impl FnMut(&Labels) -> bool,
    ) -> Result<usize, RuntimeError> {
        self.containers.retain(|(_, labels)| doomed(labels));
        self.networks.retain(|(.., labels)| doomed(labels));
        self.volumes.retain(|(_, labels)| doomed(labels));
        let count = self.containers.len() + self.networks.len() + self.volumes.len();
        let first = all(self.containers.iter().map(|(id, _)| daemon.remove_container(id).boxed())).await;
        let networks = self.networks.iter();
        let second = all(networks.map(|(id, name, _)| daemon.remove_network(id, name).boxed())).await;
        let third = all(self.volumes.iter().map(|(name, _)| daemon.remove_volume(name).boxed())).await;
        first.and(second).and(third).map(|()| count)
    }
}

/// Removes what is doomed of what a filter finds.
pub(super) async fn purge(
    daemon: &Daemon,
    filters: &Filters,
    doomed: impl FnMut(&Labels) -> bool + Send,
) -> Result<usize, RuntimeError> {
    Found::list(daemon, filters).await?.remove(daemon, doomed).await
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

/// This instance's resolvers and relays alone, and Simfra's own place in the networks.
pub(super) async fn remove_companions(daemon: &Daemon) -> Result<(), RuntimeError> {
    let companion = |labels: &Labels| matches!(labels::role(labels), Some(Role::Resolver | Role::Relay));
    purge(daemon, &daemon.owner.filters(), companion).await?;
    for network in daemon.networks(&daemon.owner.role_filters(Role::Network)).await? {
        daemon.leave_network(&network.id.unwrap_or_default()).await;
    }
    Ok(())
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
    // Listed before any lock is looked at: whatever an instance makes after it took its lock is not in the lists.
    let found = Found::list(daemon, &labels::any_instance()).await?;
    let running = daemon.running().await?;
    let mut free: HashMap<Lock, bool> = HashMap::new();
    let is_free = |lock: &Lock| match lock {
        Lock::Container(id) => !running.contains(id),
        Lock::Data(_) => false,
        // The files of hosts and of other containers cannot be seen from inside one.
        Lock::File(path) => daemon.own.is_none() && is_lock_free(path),
    };
    let dead = |labels: &Labels| {
        let Some(lock) = labels::disposable_lock(labels).filter(|_| !daemon.owner.owns(labels)) else {
            return false;
        };
        *free.entry(lock).or_insert_with_key(is_free)
    };
    let count = found.remove(daemon, dead).await?;
    if count > 0 {
        tracing::info!(count, "removed what dead instances left in Docker");
    }
    Ok(())
}
