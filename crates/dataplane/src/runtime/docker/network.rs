//! A VPC's network: one labelled bridge, adopted where it exists, the resolver in it, and the way to it.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};

use bollard::models::{Ipam, IpamConfig, Network as DockerNetwork, NetworkCreateRequest};
use domain::node::VpcKey;
use ipnet::Ipv4Net;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::companion::{Companion, Duty, Place};
use super::daemon::{Daemon, failed, message, status};
use super::helper_image::HelperImage;
use super::labels::{self, CIDR, Filters, PROVIDED, Role};
use super::ranges::{self, Choice, Taken};
use super::relay::{Proofs, Relaying};
use super::told::Told;
use super::way::{self, Way};
use crate::Tasks;
use crate::dns::ZoneUpdate;
use crate::fault_point;
use crate::runtime::{Network, NetworkSpec, RuntimeError};

/// How a VPC's range is mapped to Docker's, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkMapping {
    /// Whose network it is.
    pub vpc: VpcKey,
    /// Its name in Docker.
    pub name: String,
    /// The range that the API reports.
    pub cidr: Ipv4Net,
    /// The range that its containers have.
    pub pool: Ipv4Net,
    /// Where its resolver answers.
    pub resolver: Ipv4Addr,
}

/// A network that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bridge {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) cidr: Ipv4Net,
    pub(super) pool: Ipv4Net,
    /// Where Simfra itself is in it.
    pub(super) simfra: Ipv4Addr,
}

impl Bridge {
    pub(super) fn resolver(&self) -> Ipv4Addr {
        ranges::nth(self.pool, 2)
    }

    pub(super) fn as_network(&self) -> Network {
        let (resolver, simfra) = (Some(self.resolver()), Some(self.simfra));
        Network { name: self.name.clone(), pool: self.pool, resolver, simfra }
    }
}

/// The networks of this instance.
#[derive(Debug)]
pub(super) struct Networks {
    daemon: Daemon,
    relaying: Relaying,
    pool: RangeInclusive<Ipv4Addr>,
    slots: Mutex<HashMap<VpcKey, Arc<Slot>>>,
}

/// One VPC. Its lock is held while its network is made, and never for another's.
#[derive(Debug, Default)]
struct Slot {
    up: tokio::sync::Mutex<Option<Arc<Up>>>,
    zone: watch::Sender<Told>,
}

#[derive(Debug)]
struct Up {
    bridge: Bridge,
    resolver: Arc<Companion>,
    way: Way,
}

impl Networks {
    pub(super) fn new(
        daemon: Daemon,
        helper: Arc<HelperImage>,
        proofs: Proofs,
        pool: RangeInclusive<Ipv4Addr>,
        tasks: Tasks,
    ) -> Self {
        let proofs = Arc::new(proofs);
        let relaying = Relaying { daemon: daemon.clone(), helper, proofs, tasks };
        Self { daemon, relaying, pool, slots: Mutex::default() }
    }

    /// Has the helper image in Docker before the first network wants it. What fails here fails again, aloud, there.
    pub(super) async fn import_helper(&self) {
        if let Err(error) = self.relaying.helper.ensure(&self.daemon).await {
            tracing::debug!(%error, "the helper image is imported when it is needed");
        }
    }

    fn slot(&self, vpc: &VpcKey) -> Arc<Slot> {
        let mut slots = self.slots.lock().expect("no holder panics");
        slots.entry(vpc.clone()).or_default().clone()
    }

    fn all(&self) -> Vec<(VpcKey, Arc<Slot>)> {
        let slots = self.slots.lock().expect("no holder panics");
        slots.iter().map(|(vpc, slot)| (vpc.clone(), slot.clone())).collect()
    }

    /// The network, made or adopted. Its resolver is on its way: [`resolves`](Self::resolves) waits for that.
    pub(super) async fn ensure(&self, spec: &NetworkSpec) -> Result<Bridge, RuntimeError> {
        let slot = self.slot(&spec.vpc);
        let mut up = slot.up.lock().await;
        if let Some(up) = up.as_ref() {
            return Ok(up.bridge.clone());
        }
        let bridge = self.join(self.make(spec).await?).await?;
        let place = Place {
            duty: Duty::Resolver,
            vpc: spec.vpc.clone(),
            network: bridge.name.clone(),
            network_id: bridge.id.clone(),
            address: bridge.resolver(),
        };
        let Relaying { daemon, helper, tasks, .. } = self.relaying.clone();
        let resolver = Companion::supervise(daemon, helper, place.clone(), slot.zone.subscribe(), &tasks);
        let resolver = Arc::new(resolver);
        let way = Way::find(self.relaying.clone(), &place, bridge.pool, resolver.clone());
        *up = Some(Arc::new(Up { bridge: bridge.clone(), resolver, way }));
        Ok(bridge)
    }

    /// Returns when the VPC's resolver is up, with the names published so far.
    pub(super) async fn resolves(&self, vpc: &VpcKey) -> Result<(), RuntimeError> {
        let slot = self.slot(vpc);
        let up = slot.up.lock().await.clone();
        let number = slot.zone.borrow().number();
        match up {
            Some(up) => {
                let name = self.daemon.owner.companion(Role::Resolver, vpc);
                up.resolver.has(number, &name).await.map(|_| ())
            }
            // Nothing to tell it yet: the zone waits for the network.
            None => Ok(()),
        }
    }

    /// Has the VPC's resolver told; false where it would be of a change to nothing.
    pub(super) fn put_zone(&self, vpc: &VpcKey, update: ZoneUpdate) -> bool {
        self.slot(vpc).zone.send_if_modified(|told| match update {
            ZoneUpdate::Whole(zone) => {
                told.publish(zone);
                true
            }
            ZoneUpdate::Change(change) => told.change(change),
        })
    }

    /// The host is a network's gateway; a Simfra in a container has to be in the network itself, beside the nodes.
    async fn join(&self, bridge: Bridge) -> Result<Bridge, RuntimeError> {
        let Some(own) = &self.daemon.own else { return Ok(bridge) };
        let joined = own.join(&self.daemon.docker, &bridge.id, ranges::nth(bridge.pool, 3)).await?;
        Ok(Bridge { simfra: joined.unwrap_or(bridge.simfra), ..bridge })
    }

    /// Whether the way to the VPC has held of late; see [`Way::held`].
    pub(super) async fn way_held(&self, vpc: &VpcKey) -> bool {
        let up = self.slot(vpc).up.lock().await.clone();
        match up {
            Some(up) => up.way.held().await,
            None => true,
        }
    }

    /// A connection to a container of the VPC.
    pub(super) async fn dial(&self, vpc: &VpcKey, target: SocketAddrV4) -> io::Result<TcpStream> {
        let up = self.slot(vpc).up.lock().await.clone();
        match up {
            Some(up) => up.way.dial(target).await,
            None => way::directly(target).await,
        }
    }

    /// The daemon was away: how the host gets to its networks may have changed.
    pub(super) async fn look_again(&self) {
        for (_, slot) in self.all() {
            if let Some(up) = slot.up.lock().await.as_ref() {
                up.way.look_again();
            }
        }
    }

    /// Docker says that the network is gone: it is looked for, or made, anew.
    pub(super) async fn forget(&self, vpc: &VpcKey, bridge: &Bridge) {
        let slot = self.slot(vpc);
        let mut up = slot.up.lock().await;
        if up.as_ref().is_some_and(|up| up.bridge == *bridge) {
            close(&mut up).await;
        }
    }

    /// Ends the supervision of every resolver and relay; the containers are left.
    pub(super) async fn close(&self) {
        for (_, slot) in self.all() {
            close(&mut *slot.up.lock().await).await;
        }
    }

    /// Removes the VPC's resolver, relay and network.
    pub(super) async fn remove(&self, vpc: &VpcKey) -> Result<(), RuntimeError> {
        let slot = self.slot(vpc);
        let mut up = slot.up.lock().await;
        close(&mut up).await;
        for role in [Role::Relay, Role::Resolver] {
            for container in self.daemon.containers(&self.daemon.owner.role_filters(role)).await? {
                let (Some(id), Some(labels)) = (container.id, container.labels) else { continue };
                if labels::vpc(&labels).as_ref() == Some(vpc) {
                    self.daemon.remove_container(&id).await?;
                }
            }
        }
        for network in self.daemon.networks(&self.daemon.owner.role_filters(Role::Network)).await? {
            let (Some(id), Some(name), Some(labels)) = (network.id, network.name, network.labels) else {
                continue;
            };
            if labels::vpc(&labels).as_ref() == Some(vpc) {
                self.daemon.remove_network(&id, &name).await?;
            }
        }
        slot.zone.send_modify(Told::forget);
        Ok(())
    }

    pub(super) async fn mappings(&self) -> Vec<NetworkMapping> {
        let mut mappings = Vec::new();
        for (vpc, slot) in self.all() {
            if let Some(up) = slot.up.lock().await.as_ref() {
                let bridge = &up.bridge;
                let (name, resolver) = (bridge.name.clone(), bridge.resolver());
                mappings.push(NetworkMapping { vpc, name, cidr: bridge.cidr, pool: bridge.pool, resolver });
            }
        }
        mappings.sort_by(|a, b| a.vpc.cmp(&b.vpc));
        mappings
    }

    /// Adopts the network that is there, else creates it. Two Simfras may choose the same range at once: Docker
    /// refuses the second, which then sees the first one's network and chooses another.
    async fn make(&self, spec: &NetworkSpec) -> Result<Bridge, RuntimeError> {
        const ATTEMPTS: usize = 16;
        let name = self.daemon.owner.network(&spec.vpc);
        let mut refused = Vec::new();
        for _ in 0..ATTEMPTS {
            let existing = self.daemon.networks(&Filters::new()).await?;
            if let Some(bridge) = self.adopt(spec, &name, &existing)? {
                return Ok(bridge);
            }
            let mut taken = taken(&existing);
            taken.append(&mut refused.clone());
            let choice = ranges::choose(spec.cidr, &self.pool, &taken).ok_or_else(|| self.exhausted(spec))?;
            match self.create(spec, &name, &choice).await {
                Ok(bridge) => return Ok(bridge),
                Err(error) if is_overlap(&error) => {
                    refused.push(Taken { range: choice.pool, by: "another network".to_owned() });
                }
                // Made at the same moment by a request of ours whose answer was lost: adopted on the next look.
                Err(error) if status(&error) == Some(409) => {}
                Err(error) => return Err(failed("create network", &name)(error)),
            }
        }
        Err(self.exhausted(spec))
    }

    fn exhausted(&self, spec: &NetworkSpec) -> RuntimeError {
        RuntimeError::Exhausted(format!(
            "no free network for {} ({}): the range and every /16 from {} to {} overlap other networks or routes; \
             set SIMFRA_VPC_POOL to free ones, or remove networks with `docker network prune`",
            spec.vpc,
            spec.cidr,
            self.pool.start(),
            self.pool.end()
        ))
    }

    fn adopt(
        &self,
        spec: &NetworkSpec,
        name: &str,
        existing: &[DockerNetwork],
    ) -> Result<Option<Bridge>, RuntimeError> {
        for network in existing {
            let labels = network.labels.clone().unwrap_or_default();
            let ours = self.daemon.owner.owns(&labels)
                && labels::role(&labels) == Some(Role::Network)
                && labels::vpc(&labels).as_ref() == Some(&spec.vpc);
            if ours {
                let (Some(id), Some(name)) = (network.id.clone(), network.name.clone()) else { continue };
                let Some(pool) = subnets(network).next() else { continue };
                tracing::info!(network = name, cidr = %spec.cidr, %pool, "adopted the VPC's network");
                return Ok(Some(Bridge { id, name, cidr: spec.cidr, pool, simfra: ranges::nth(pool, 1) }));
            }
            if network.name.as_deref() == Some(name) && labels.get(PROVIDED).is_some_and(|v| v == "true") {
                return provided(spec, name, network).map(Some);
            }
            if network.name.as_deref() == Some(name) {
                return Err(RuntimeError::Backend {
                    verb: "create network",
                    subject: name.to_owned(),
                    reason: format!(
                        "a network of that name, not this instance's, exists; remove it with `docker network rm {name}`, label it {PROVIDED}=true to have it used, or set SIMFRA_INSTANCE"
                    ),
                });
            }
        }
        Ok(None)
    }

    async fn create(
        &self,
        spec: &NetworkSpec,
        name: &str,
        choice: &Choice,
    ) -> Result<Bridge, bollard::errors::Error> {
        let pool = choice.pool;
        let mut labels = self.daemon.owner.vpc_labels(Role::Network, &spec.vpc);
        labels.insert(CIDR.to_owned(), spec.cidr.to_string());
        let ipam = IpamConfig {
            subnet: Some(pool.to_string()),
            gateway: Some(ranges::nth(pool, 1).to_string()),
            ip_range: Some(ranges::dynamic_slice(pool).to_string()),
            ..Default::default()
        };
        let request = NetworkCreateRequest {
            name: name.to_owned(),
            driver: Some("bridge".to_owned()),
            ipam: Some(Ipam { config: Some(vec![ipam]), ..Default::default() }),
            labels: Some(labels),
            ..Default::default()
        };
        let created = self.daemon.docker.create_network(request).await?;
        fault_point::pass("after create network");
        match &choice.instead_of {
            None => tracing::info!(network = name, cidr = %spec.cidr, "created the VPC's network"),
            Some(reason) => tracing::warn!(
                network = name, cidr = %spec.cidr, %pool, reason,
                "created the VPC's network on another range, with the same offsets"
            ),
        }
        let simfra = ranges::nth(pool, 1);
        Ok(Bridge { id: created.id, name: name.to_owned(), cidr: spec.cidr, pool, simfra })
    }
}

/// A network that the user made for the VPC. Docker must not give the nodes' addresses to others.
fn provided(spec: &NetworkSpec, name: &str, network: &DockerNetwork) -> Result<Bridge, RuntimeError> {
    let configs = network.ipam.as_ref().and_then(|ipam| ipam.config.as_deref()).unwrap_or_default();
    let parsed = configs.iter().find_map(|config| {
        let pool: Ipv4Net = config.subnet.as_deref()?.parse().ok()?;
        let dynamic = config.ip_range.as_deref().and_then(|range| range.parse::<Ipv4Net>().ok());
        Some((pool, dynamic, config.gateway.clone()))
    });
    let fits = |(pool, dynamic, gateway): &(Ipv4Net, Option<Ipv4Net>, Option<String>)| {
        pool.prefix_len() <= spec.cidr.prefix_len()
            && dynamic.is_some_and(|range| ranges::dynamic_slice(*pool).contains(&range))
            && gateway.as_ref().is_none_or(|gateway| *gateway == ranges::nth(*pool, 1).to_string())
    };
    match (network.id.clone(), parsed.filter(fits)) {
        (Some(id), Some((pool, ..))) => {
            tracing::info!(network = name, cidr = %spec.cidr, %pool, "using the network that was provided for the VPC");
            Ok(Bridge { id, name: name.to_owned(), cidr: spec.cidr, pool, simfra: ranges::nth(pool, 1) })
        }
        _ => Err(RuntimeError::Backend {
            verb: "use network",
            subject: name.to_owned(),
            reason: format!(
                "a network that is provided for {} needs a subnet of /{} with its first address as the gateway and an \
                 ip_range in its last sixteenth: subnet {}, gateway {}, ip_range {}, or the like elsewhere",
                spec.vpc,
                spec.cidr.prefix_len(),
                spec.cidr,
                ranges::nth(spec.cidr, 1),
                ranges::dynamic_slice(spec.cidr),
            ),
        }),
    }
}

async fn close(up: &mut Option<Arc<Up>>) {
    if let Some(up) = up.take() {
        up.way.close().await;
        up.resolver.close().await;
    }
}

/// What Docker answers to a range that one of its networks has.
fn is_overlap(error: &bollard::errors::Error) -> bool {
    let text = message(error).to_ascii_lowercase();
    status(error).is_some() && (text.contains("overlap") || text.contains("conflicts with network"))
}

fn subnets(network: &DockerNetwork) -> impl Iterator<Item = Ipv4Net> + '_ {
    let configs = network.ipam.as_ref().and_then(|ipam| ipam.config.as_deref()).unwrap_or_default();
    configs.iter().filter_map(|config| config.subnet.as_deref()?.parse().ok())
}

/// What Docker's networks, the host's routes and its name servers use.
pub(super) fn taken(networks: &[DockerNetwork]) -> Vec<Taken> {
    let of_docker = networks.iter().flat_map(|network| {
        let by = format!("the Docker network {}", network.name.as_deref().unwrap_or("without a name"));
        subnets(network).map(move |range| Taken { range, by: by.clone() })
    });
    // Where there is no such file (another system), Docker's own check is all there is.
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let of_host = ranges::routes(&read("/proc/net/route")).into_iter();
    of_docker.chain(of_host).chain(ranges::name_servers(&read("/etc/resolv.conf"))).collect()
}
