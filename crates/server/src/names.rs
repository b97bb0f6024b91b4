//! The names that caches have: zones derived from the world, and their publication.
//!
//! A zone follows from the committed clusters and the nodes that were seen. What changes about one cluster or group changes
//! its own names, on the host and in every VPC's resolver; one that has no zone yet is told it whole.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dataplane::dns::{HostServer, Zone, ZoneChange, ZoneUpdate};
use dataplane::runtime::{Network, Runtime};
use domain::cluster::CacheCluster;
use domain::endpoint::EndpointNames;
use domain::engine::Engine;
use domain::ids::{CacheClusterId, ReplicationGroupId, Scope};
use domain::network::TransitEncryption;
use domain::node::{NodeId, VpcKey};
use domain::parameter_group::ClusterMode;
use domain::replication_group::{NodeGroup, ReplicationGroup, Role};
use futures_util::future::join_all;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::observations::Observations;
use crate::store::{ClusterKey, GroupKey, Store, World};

/// The API's own name, outside the suffix.
const API_NAME: &str = "simfra.local";

/// How endpoints are named: what the configuration says of it.
#[derive(Debug, Clone)]
pub struct Naming {
    /// The last part of every name, `simfra.dev`.
    pub suffix: String,
    /// The default account and region, whose token is the guide's.
    pub home: Scope,
}

impl Naming {
    /// The names in an account and region.
    pub fn of(&self, scope: &Scope) -> EndpointNames {
        EndpointNames::of(scope, &self.home, &self.suffix)
    }
}

/// Publishes the names, to the host's DNS port and to each VPC's resolver.
pub struct Names {
    naming: Naming,
    store: Store,
    observations: Arc<Observations>,
    runtime: Arc<dyn Runtime>,
    host: HostServer,
    networks: watch::Sender<Vec<(VpcKey, Network)>>,
    requested: AtomicU64,
    published: tokio::sync::Mutex<Published>,
    /// Held from a look at the world until the host has what follows from it, so that no older look overtakes.
    edit: Mutex<()>,
}

/// How far publication has come.
struct Published {
    /// The last request that it covers.
    covered: u64,
    /// When the next may begin.
    rest_until: Instant,
}

/// How long publication rests, in times of what it took: making the zone takes the longer the more names there are, and
/// where thousands of caches are created at once nothing else would get done.
const REST: u32 = 4;

impl Names {
    /// Names after `naming`, answered on the host by `host`.
    pub fn new(
        naming: Naming,
        store: Store,
        observations: Arc<Observations>,
        runtime: Arc<dyn Runtime>,
        host: HostServer,
    ) -> Self {
        Self {
            naming,
            store,
            observations,
            runtime,
            host,
            networks: watch::Sender::default(),
            requested: AtomicU64::new(0),
            published: tokio::sync::Mutex::new(Published { covered: 0, rest_until: Instant::now() }),
            edit: Mutex::default(),
        }
    }

    /// The host's DNS port, UDP and TCP.
    pub fn port(&self) -> u16 {
        self.host.port()
    }

    /// How endpoints are named.
    pub fn naming(&self) -> &Naming {
        &self.naming
    }

    /// Has `vpc`'s resolver told of every later publication.
    pub fn serve_vpc(&self, vpc: VpcKey, network: Network) {
        self.networks.send_modify(|networks| {
            networks.retain(|(key, _)| *key != vpc);
            networks.push((vpc, network));
        });
    }

    /// The VPC's network is gone, and its resolver with it.
    pub fn leave_vpc(&self, vpc: &VpcKey) {
        self.networks.send_modify(|networks| networks.retain(|(key, _)| key != vpc));
    }

    /// The networks that are served, with the range behind each.
    pub fn networks(&self) -> Vec<(VpcKey, Network)> {
        self.networks.borrow().clone()
    }

    /// The networks, for whoever follows them.
    pub fn watch_networks(&self) -> watch::Receiver<Vec<(VpcKey, Network)>> {
        self.networks.subscribe()
    }

    /// Publishes the world's names as they are now; when it answers, the host and every VPC have them. Calls that
    /// wait together share one publication.
    pub async fn publish(&self) {
        let wanted = self.requested.fetch_add(1, SeqCst) + 1;
        let mut published = self.published.lock().await;
        if published.covered >= wanted {
            return;
        }
        tokio::time::sleep_until(published.rest_until).await;
        let covered = self.requested.load(SeqCst);
        let begun = Instant::now();
        {
            let _edit = self.edit();
            let zone = Arc::new(self.derive(Ipv4Addr::LOCALHOST));
            self.host.set_zone(Arc::clone(&zone));
            for (vpc, network) in self.resolved() {
                let zone = with_api(&zone, api_address(&network));
                self.runtime.put_zone(&vpc, ZoneUpdate::Whole(zone));
            }
        }
        let rest_until = Instant::now() + begun.elapsed() * REST;
        self.until_resolved().await;
        *published = Published { covered, rest_until };
    }

    /// The networks that have a resolver.
    fn resolved(&self) -> Vec<(VpcKey, Network)> {
        let networks = self.networks.borrow();
        networks.iter().filter(|(_, network)| network.resolver.is_some()).cloned().collect()
    }

    /// Waits until every resolver has what was put.
    async fn until_resolved(&self) {
        let each = self.resolved().into_iter().map(async |(vpc, _)| {
            if let Err(error) = self.runtime.has_zone(&vpc).await {
                tracing::warn!(%vpc, %error, "the VPC's resolver did not take the names yet; it is told them when it is up");
            }
        });
        join_all(each).await;
    }

    /// [`Names::publish`] for a cluster, whose row was `before`. It costs the same however many there are.
    pub async fn publish_cluster(&self, before: &CacheCluster) {
        let key = ClusterKey::of(before);
        let names = self.naming.of(&before.scope);
        let gone = before.every_name(&names);
        self.publish_changed(gone, |world, zone| {
            if let Some(cluster) = world.cluster(&key) {
                add(zone, &names, cluster, &self.observations);
            }
        })
        .await;
    }

    /// [`Names::publish_cluster`] for one that has left its replication group and goes on alone, under names of its own.
    pub async fn publish_retained(&self, cluster: &CacheCluster, left: &ReplicationGroupId) {
        let names = self.naming.of(&cluster.scope);
        let mut gone = cluster.every_name(&names);
        gone.push(names.encrypted_member(&cluster.id, left));
        self.publish_changed(gone, |_, zone| add(zone, &names, cluster, &self.observations)).await;
    }

    /// [`Names::publish`] for a replication group's endpoints, at the same cost.
    pub async fn publish_group(&self, key: &GroupKey) {
        let names = self.naming.of(&key.scope);
        let of = |encryption| {
            [
                names.primary(&key.id, encryption),
                names.reader(&key.id, encryption),
                names.cluster_configuration(&key.id, encryption),
            ]
        };
        let gone = [TransitEncryption::Off, TransitEncryption::Required].into_iter().flat_map(of).collect();
        self.publish_changed(gone, |world, zone| {
            if let Some(group) = world.replication_group(key) {
                add_group(zone, &names, group, world, &self.observations);
            }
        })
        .await;
    }

    /// Takes the names `gone` away but for those that `now` finds in the world, and adds these.
    async fn publish_changed(&self, mut gone: Vec<String>, now: impl FnOnce(&World, &mut Zone)) {
        let changed = {
            let _edit = self.edit();
            let mut zone = Zone::default();
            now(&self.store.read(), &mut zone);
            gone.retain(|name| !zone.names.contains_key(name));
            let change = ZoneChange { gone, names: zone.names };
            let put = |vpc: &VpcKey| self.runtime.put_zone(vpc, ZoneUpdate::Change(change.clone()));
            self.resolved().iter().all(|(vpc, _)| put(vpc))
                && self.host.change(&change.gone, change.names.clone())
        };
        if changed {
            self.until_resolved().await;
        } else {
            self.publish().await;
        }
    }

    fn edit(&self) -> MutexGuard<'_, ()> {
        self.edit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The zone, with the API at `api`.
    fn derive(&self, api: Ipv4Addr) -> Zone {
        let world = self.store.read();
        let mut zone = zone(&self.naming, &world, &self.observations);
        zone.names.insert(API_NAME.to_owned(), vec![api]);
        zone
    }
}

/// Where the API answers inside the VPC.
pub fn api_address(network: &Network) -> Ipv4Addr {
    network.simfra.unwrap_or(Ipv4Addr::LOCALHOST)
}

fn zone(naming: &Naming, world: &World, observations: &Observations) -> Zone {
    let mut zone = Zone { suffix: naming.suffix.clone(), ..Zone::default() };
    // Clusters come by account and region, whose token is made once for all of them.
    let mut names: Option<(&Scope, EndpointNames)> = None;
    for cluster in world.all_clusters() {
        if names.as_ref().is_none_or(|(scope, _)| **scope != cluster.scope) {
            names = Some((&cluster.scope, naming.of(&cluster.scope)));
        }
        if let Some((_, names)) = &names {
            add(&mut zone, names, cluster, observations);
        }
    }
    for group in world.all::<ReplicationGroup>() {
        add_group(&mut zone, &naming.of(&group.scope), group, world, observations);
    }
    zone
}

/// A group's endpoints. Without cluster mode the primary one leads to its primary, the reader one to its replicas in sync,
/// and where there are none to the primary (uncertain). With it the configuration endpoint leads to any that serves and can
/// tell a client where the others are. A `compatible` group has them all.
fn add_group(
    zone: &mut Zone,
    names: &EndpointNames,
    group: &ReplicationGroup,
    world: &World,
    observations: &Observations,
) {
    let node_of = |cluster: &CacheClusterId| {
        let cluster = world.cluster(&ClusterKey::new(group.scope.clone(), cluster.clone()))?;
        cluster.nodes.first().map(|node| cluster.node_id(node.id))
    };
    let address_of = |node: NodeId| match observations.address_of(&node)?.0 {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    };
    if group.spec.cluster_mode.is_on() {
        // Those of a shard that leaves are led to no more.
        let staying = group.node_groups.iter().flat_map(NodeGroup::staying);
        let primaries = staying.filter(|member| member.role == Role::Primary);
        let primaries = primaries.filter_map(|member| node_of(&member.cluster));
        let replicas = group.node_groups.iter().flat_map(NodeGroup::replicas);
        let replicas = replicas.filter_map(|member| node_of(&member.cluster));
        let replicas = replicas.filter(|node| observations.is_in_sync(node));
        let serving = who_can_lead_on(primaries.chain(replicas).collect(), observations);
        let serving: Vec<_> = serving.into_iter().filter_map(address_of).collect();
        if !serving.is_empty() {
            for encryption in named_for(group.spec.member.transit_encryption) {
                zone.names.insert(names.cluster_configuration(&group.id, encryption), serving.clone());
            }
        }
    }
    if !group.spec.cluster_mode.takes_other_clients() {
        return;
    }
    let Some(shard) = group.node_groups.first() else { return };
    let primary = shard.primary().and_then(|primary| address_of(node_of(&primary.cluster)?));
    let replicas = shard.replicas().filter_map(|replica| node_of(&replica.cluster));
    let mut readers: Vec<_> =
        replicas.filter(|node| observations.is_in_sync(node)).filter_map(address_of).collect();
    if readers.is_empty() {
        readers.extend(primary);
    }
    for encryption in named_for(group.spec.member.transit_encryption) {
        if let Some(primary) = primary {
            zone.names.insert(names.primary(&group.id, encryption), vec![primary]);
        }
        if !readers.is_empty() {
            zone.names.insert(names.reader(&group.id, encryption), readers.clone());
        }
    }
}

/// Those of a cluster's nodes that can tell a client where all slots are: one that joined just now hears of them one shard after
/// the other. Where none can, as while a cluster comes about, it is all of them.
fn who_can_lead_on(mut serving: Vec<NodeId>, observations: &Observations) -> Vec<NodeId> {
    if serving.iter().any(|node| observations.knows_slots(node)) {
        serving.retain(|node| observations.knows_slots(node));
    }
    serving
}

/// On the way to TLS and back, clients have either endpoint.
fn named_for(encryption: TransitEncryption) -> Vec<TransitEncryption> {
    match encryption {
        TransitEncryption::Preferred => vec![encryption, TransitEncryption::Off],
        TransitEncryption::Off | TransitEncryption::Required => vec![encryption],
    }
}

/// One name a node, and for Memcached the configuration endpoint over all of them: AWS's "maintains CNAME entries for
/// all of the cache nodes", so that it leads to any one of them (user guide, "How Auto Discovery works").
fn add(zone: &mut Zone, names: &EndpointNames, cluster: &CacheCluster, observations: &Observations) {
    let mut all = Vec::with_capacity(cluster.nodes.len());
    // Those that stay tell clients of a shard's member by its name, and clients may just have heard it: it leads there as
    // long as there is somebody.
    let is_told = cluster.leaves_group() && cluster.served().cluster_mode() == ClusterMode::On;
    let leaving = cluster.nodes.iter().filter(|_| is_told);
    for node in cluster.staying().chain(leaving) {
        let id = cluster.node_id(node.id);
        let Some((IpAddr::V4(address), _)) = observations.address_of(&id) else { continue };
        for encryption in named_for(cluster.spec.transit_encryption) {
            let mut name = cluster.node_name_as(node.id, names, encryption);
            // It was written piece by piece, and is kept.
            name.shrink_to_fit();
            zone.names.insert(name, vec![address]);
        }
        // One that joins is not for clients that know none of the nodes until it answers.
        if node.created_at.is_some() || observations.answers(&id) {
            all.push(address);
        }
    }
    if cluster.spec.engine == Engine::Memcached && !all.is_empty() {
        zone.names.insert(names.configuration(&cluster.id), all);
    }
}

fn with_api(zone: &Zone, address: Ipv4Addr) -> Zone {
    let mut zone = zone.clone();
    zone.names.insert(API_NAME.to_owned(), vec![address]);
    zone
}

#[cfg(test)]
mod tests {
    use dataplane::runtime::NodeHandle;
    use domain::ids::CacheNodeId;
    use domain::node::Generation;

    use super::*;

    #[test]
    fn clients_are_led_to_nodes_that_know_all_slots_where_there_are_such() {
        let observations = Observations::default();
        let scope =
            || Scope { account: "000000000000".parse().unwrap(), region: "us-east-1".parse().unwrap() };
        let node = |cluster: &str| {
            let id = NodeId { scope: scope(), cluster: cluster.parse().unwrap(), node: CacheNodeId::new(1) };
            let address = Ipv4Addr::LOCALHOST.into();
            let handle = NodeHandle { address, port: 6379, adopted: false, notice: None };
            observations.started(&id, Generation::FIRST, &handle, false);
            id
        };
        let both = vec![node("old"), node("new")];
        let led_to = || who_can_lead_on(both.clone(), &observations);
        assert_eq!(led_to(), both, "somebody has to be asked");
        observations.put_knowledge_of_slots(&both[0], Generation::FIRST, true);
        assert_eq!(led_to(), both[..1]);
        observations.put_knowledge_of_slots(&both[1], Generation::FIRST, true);
        assert_eq!(led_to(), both);
        observations.died(&both[0], "killed".to_owned());
        assert_eq!(led_to(), both[1..]);
    }
}
