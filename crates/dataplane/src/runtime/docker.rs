//! The Docker runtime: a container per node, a bridge per VPC, a resolver in each, and a relay where the host cannot
//! route to it.
//!
//! Owns every call to the Docker API, and nothing else: what exists is read back from labels, whether a node should
//! exist is never decided here. Works with daemons from 20.10 (API 1.41) on.

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bollard::Docker;
use domain::engine::Engine;
use domain::node::{NodeId, VpcKey};
use tokio::sync::mpsc;

mod certificate;
mod companion;
mod container;
mod credentials;
mod daemon;
mod engine_proxy;
mod events;
mod helper_image;
mod image;
mod labels;
mod network;
mod node;
mod own;
mod pair;
mod ranges;
mod relay;
mod seed;
mod survey;
mod sweep;
mod told;
mod way;

pub use image::EngineImages;
pub use network::NetworkMapping;
pub use survey::{Survey, WayIn, runs_in_containers, survey};

use self::daemon::{Daemon, failed};
use self::helper_image::HelperImage;
use self::image::Images;
use self::labels::{Lock, Owner};
use self::network::Networks;
use self::node::{Known, Nodes};
use self::own::OwnContainer;
use self::relay::Proofs;
use super::{
    Activity, Behind, BoxStream, EngineFallback, Network, NetworkSpec, NodeHandle, NodeSpec, ObservedNode,
    Runtime, RuntimeError, RuntimeEvent, RuntimeKind,
};
use crate::Tasks;
use crate::dns::ZoneUpdate;
use crate::proxy::engine::Policy;
use crate::proxy::memcached::NodeList;
use crate::relay::Secret;

/// How long the daemon may take to answer at the start.
const CONNECT_TIME: Duration = Duration::from_secs(5);

/// What the Docker runtime is told.
#[derive(Debug, Clone)]
pub struct DockerConfig {
    /// The instance's name; on every label, and in every name unless it is `default`.
    pub instance: String,
    /// Whether the instance has a data directory: then what it made outlives it.
    pub durable: bool,
    /// The file that the instance holds locked while it lives; part of what proves ownership.
    pub lock_path: PathBuf,
    /// What the instance's data directory is known by, wherever it is mounted. It takes the lock file's place where
    /// Simfra runs in a container: the file in there is seen by nobody else.
    pub data_id: Option<String>,
    /// The default image per engine.
    pub images: EngineImages,
    /// What happens when a version has no image and none can be pulled.
    pub fallback: EngineFallback,
    /// The /16 networks that stand in where a VPC's own range is taken, by their base addresses.
    pub vpc_pool: RangeInclusive<Ipv4Addr>,
    /// Simfra's own static executable, which runs as the resolver and the relay.
    pub executable: PathBuf,
    /// The folder of the user's Docker configuration (`~/.docker`), for registry credentials.
    pub docker_config_dir: Option<PathBuf>,
    /// Random, and known to this run alone: what it proves itself by to its relays.
    pub relay_secret: Secret,
}

/// The Docker backend of [`Runtime`].
#[derive(Debug)]
pub struct DockerRuntime {
    daemon: Daemon,
    networks: Arc<Networks>,
    nodes: Nodes,
    tasks: Tasks,
    events: Mutex<Option<mpsc::UnboundedReceiver<RuntimeEvent>>>,
}

impl DockerRuntime {
    /// Connects to the daemon that `DOCKER_HOST` names, or the local one, and subscribes to its events.
    ///
    /// # Errors
    /// When no daemon answers, or containers could not run the executable.
    pub async fn connect(config: DockerConfig, tasks: Tasks) -> Result<Self, RuntimeError> {
        Self::with(Docker::connect_with_defaults(), config, tasks).await
    }

    /// As [`connect`](Self::connect), to the daemon at `host` (`unix://…`, `tcp://…`).
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn connect_to(host: &str, config: DockerConfig, tasks: Tasks) -> Result<Self, RuntimeError> {
        Self::with(Docker::connect_with_host(host), config, tasks).await
    }

    async fn with(
        docker: Result<Docker, bollard::errors::Error>,
        config: DockerConfig,
        tasks: Tasks,
    ) -> Result<Self, RuntimeError> {
        let docker = negotiate(docker).await?;
        let helper = HelperImage::new(config.executable)?;
        let own = OwnContainer::find(&docker).await;
        let lock = match (&own, config.data_id) {
            (None, _) => Lock::File(config.lock_path),
            // Another container may go on with the data.
            (Some(_), Some(data)) if config.durable => Lock::Data(data),
            (Some(own), _) => Lock::Container(own.id.clone()),
        };
        let owner = Owner { instance: config.instance, lock: lock.to_string(), durable: config.durable };
        let daemon = Daemon::new(docker.clone(), owner, own);
        let proofs = Proofs::new(config.relay_secret);
        let helper = Arc::new(helper);
        let networks = Networks::new(daemon.clone(), helper.clone(), proofs, config.vpc_pool, tasks.clone());
        let networks = Arc::new(networks);
        let nodes = Nodes {
            daemon: daemon.clone(),
            networks: networks.clone(),
            helper,
            images: Images::new(docker, config.docker_config_dir),
            defaults: config.images,
            fallback: config.fallback,
            known: Known::default(),
            stop: tasks.stop.clone(),
        };
        let (sender, receiver) = mpsc::unbounded_channel();
        tasks.spawn(events::watch(daemon.clone(), networks.clone(), sender));
        let early = networks.clone();
        tasks.spawn(async move { early.import_helper().await });
        Ok(Self { daemon, networks, nodes, tasks, events: Mutex::new(Some(receiver)) })
    }

    /// Whether Simfra runs in a container of this daemon with addresses that the host does not have.
    pub fn is_secluded(&self) -> bool {
        self.daemon.own.as_ref().is_some_and(|own| own.is_secluded())
    }

    /// How the VPCs' ranges are mapped, for the admin API.
    pub async fn networks(&self) -> Vec<NetworkMapping> {
        self.networks.mappings().await
    }

    /// Removes everything that this instance made: at the start and the exit of an instance in memory, and for a
    /// reset. Networks that the user's containers are attached to are left, with a warning.
    ///
    /// # Errors
    /// The first failure, after everything else was tried.
    pub async fn remove_all(&self) -> Result<(), RuntimeError> {
        self.networks.close().await;
        self.nodes.known.clear();
        sweep::remove_all(&self.daemon).await
    }

    /// Removes the VPCs' resolvers and relays and keeps the networks: at the exit of an instance with a data directory, after
    /// its nodes were stopped. Then nothing of the instance runs, and the next start finds the same addresses.
    ///
    /// # Errors
    /// The first failure, after everything else was tried.
    pub async fn remove_companions(&self) -> Result<(), RuntimeError> {
        self.networks.close().await;
        sweep::remove_companions(&self.daemon).await
    }

    /// Removes this instance's networks of VPCs that are not `needed`, with what is in them: at the start, what a run
    /// that was killed has left of VPCs whose last cluster is gone. Networks that the user's containers are attached
    /// to are left, with a warning.
    ///
    /// # Errors
    /// The first failure, after everything else was tried.
    pub async fn remove_networks(
        &self,
        needed: &(dyn Fn(&VpcKey) -> bool + Sync),
    ) -> Result<(), RuntimeError> {
        sweep::remove_networks(&self.daemon, needed).await
    }

    /// Removes what other instances left that are dead, that is, whose lock `is_lock_free`, and not durable.
    ///
    /// # Errors
    /// The first failure, after everything else was tried.
    pub async fn sweep(&self, is_lock_free: &(dyn Fn(&Path) -> bool + Sync)) -> Result<(), RuntimeError> {
        sweep::sweep(&self.daemon, is_lock_free).await
    }
}

impl DockerRuntime {
    /// Waits for the VPC's resolver, which nobody brings up any more once Simfra stops.
    async fn resolves(&self, vpc: &VpcKey) -> Result<(), RuntimeError> {
        tokio::select! {
            resolves = self.networks.resolves(vpc) => resolves,
            () = self.tasks.stop.cancelled() => Err(stopping("wait for", "the VPC's resolver")),
        }
    }
}

/// A verb that is left because Simfra stops.
fn stopping(verb: &'static str, subject: &str) -> RuntimeError {
    RuntimeError::Backend { verb, subject: subject.to_owned(), reason: "Simfra stops".to_owned() }
}

async fn negotiate(docker: Result<Docker, bollard::errors::Error>) -> Result<Docker, RuntimeError> {
    let unreachable =
        failed("reach", "the Docker daemon (is it running? DOCKER_HOST says where it is looked for)");
    let connected = async { docker?.negotiate_version().await };
    match tokio::time::timeout(CONNECT_TIME, connected).await {
        Ok(connected) => connected.map_err(unreachable),
        Err(_) => Err(unreachable(bollard::errors::Error::RequestTimeoutError)),
    }
}

#[async_trait]
impl Runtime for DockerRuntime {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::Docker
    }

    async fn ensure_network(&self, spec: &NetworkSpec) -> Result<Network, RuntimeError> {
        let bridge = self.networks.ensure(spec).await?;
        self.resolves(&spec.vpc).await?;
        Ok(bridge.as_network())
    }

    async fn remove_network(&self, vpc: &VpcKey) -> Result<(), RuntimeError> {
        self.networks.remove(vpc).await
    }

    async fn list(&self) -> Result<Vec<ObservedNode>, RuntimeError> {
        self.nodes.list().await
    }

    async fn ensure(&self, spec: &NodeSpec) -> Result<NodeHandle, RuntimeError> {
        self.networks.ensure(&spec.network).await?;
        // The node does not need the resolver to start, but is no good without.
        let (node, resolver) = tokio::join!(self.nodes.ensure(spec), self.resolves(&spec.network.vpc));
        let node = node?;
        resolver.map(|()| node)
    }

    async fn ensure_engine(&self, engine: Engine, version: Option<&str>) -> Result<(), RuntimeError> {
        self.nodes.ensure_engine(engine, version).await
    }

    async fn remove(&self, id: &NodeId) -> Result<(), RuntimeError> {
        self.nodes.remove(id).await
    }

    async fn stop(&self, id: &NodeId) -> Result<(), RuntimeError> {
        self.nodes.stop(id).await
    }

    async fn dial(&self, id: &NodeId, port: u16) -> Result<BoxStream, RuntimeError> {
        self.nodes.dial(id, port).await
    }

    async fn silence_is_its_own(&self, id: &NodeId) -> bool {
        self.nodes.silence_is_its_own(id).await
    }

    async fn activity(&self, id: &NodeId) -> Activity {
        self.nodes.activity(id).await
    }

    fn put_zone(&self, vpc: &VpcKey, update: ZoneUpdate) -> bool {
        self.networks.put_zone(vpc, update)
    }

    async fn has_zone(&self, vpc: &VpcKey) -> Result<(), RuntimeError> {
        self.networks.resolves(vpc).await
    }

    async fn publish_nodes(&self, id: &NodeId, list: &NodeList) -> Result<(), RuntimeError> {
        self.nodes.publish_nodes(id, list).await
    }

    async fn ensure_proxy(&self, spec: &NodeSpec, policy: &Policy) -> Result<Behind, RuntimeError> {
        self.nodes.ensure_proxy(spec, policy).await
    }

    async fn renew_certificate(&self, spec: &NodeSpec) -> Result<PathBuf, RuntimeError> {
        self.nodes.renew_certificate(spec).await
    }

    async fn is_behind_proxy(&self, id: &NodeId) -> Result<bool, RuntimeError> {
        self.nodes.is_behind_proxy(id).await
    }

    fn events(&self) -> mpsc::UnboundedReceiver<RuntimeEvent> {
        let taken = self.events.lock().expect("no holder panics").take();
        taken.unwrap_or_else(|| {
            tracing::error!("the runtime's events were asked for twice; only the first listener hears them");
            mpsc::unbounded_channel().1
        })
    }

    /// Containers are private: the host reaches them by address, but no name or port of its own leads there.
    fn host_address(&self, _id: &NodeId, _port: u16) -> Option<SocketAddr> {
        None
    }
}
