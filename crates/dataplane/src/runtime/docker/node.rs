//! Nodes: one container each, brought to what its specification says from whatever is found.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bollard::errors::Error;
use bollard::models::NetworkDisconnectRequest;
use bollard::models::{
    ContainerInspectResponse, ContainerStateStatusEnum, ContainerSummary, ContainerSummaryStateEnum,
};
use bollard::query_parameters::{CreateContainerOptionsBuilder, StartContainerOptions};
use domain::engine::Engine;
use domain::node::{Generation, NodeId, VpcKey};
use tokio_util::sync::CancellationToken;

use super::certificate;
use super::container::{self, Place};
use super::daemon::{Daemon, failed, message, status};
use super::helper_image::HelperImage;
use super::image::{EngineImages, Images, unavailable};
use super::labels::{self, NodeLabels, Role};
use super::network::Networks;
use super::pair;
use super::seed;
use super::{ranges, stopping};
use crate::engine::NewMember;
use crate::fault_point;
use crate::runtime::labour;
use crate::runtime::{
    Activity, BoxStream, EngineFallback, NodeHandle, NodeSpec, ObservedNode, ObservedState, RuntimeError,
};

/// How long an engine may take to end in order before it is killed.
const GRACE: Duration = Duration::from_secs(5);

/// The nodes of this instance.
#[derive(Debug)]
pub(super) struct Nodes {
    pub(super) daemon: Daemon,
    pub(super) networks: Arc<Networks>,
    pub(super) helper: Arc<HelperImage>,
    pub(super) images: Images,
    pub(super) defaults: EngineImages,
    pub(super) fallback: EngineFallback,
    pub(super) known: Known,
    /// Ends what may take minutes.
    pub(super) stop: CancellationToken,
}

/// Where nodes are, remembered so that nothing need be asked on the way to one.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<HashMap<NodeId, Whereabouts>>);

/// Where a node is.
#[derive(Debug, Clone)]
pub(super) struct Whereabouts {
    container: String,
    vpc: VpcKey,
    address: Ipv4Addr,
}

impl Known {
    fn put(&self, id: &NodeId, whereabouts: Whereabouts) {
        self.0.lock().expect("no holder panics").insert(id.clone(), whereabouts);
    }

    fn get(&self, id: &NodeId) -> Option<Whereabouts> {
        self.0.lock().expect("no holder panics").get(id).cloned()
    }

    fn forget(&self, id: &NodeId) {
        self.0.lock().expect("no holder panics").remove(id);
    }

    pub(super) fn clear(&self) {
        self.0.lock().expect("no holder panics").clear();
    }
}

/// What one attempt at a node led to.
pub(super) enum Attempt {
    Running {
        adopted: bool,
    },
    NoImage,
    /// No registry can have the image: its name is none.
    BadImage(String),
    NoNetwork,
    /// What stood in the way is gone.
    Again,
}

impl Nodes {
    /// See [`Runtime::ensure`](crate::runtime::Runtime::ensure).
    pub(super) async fn ensure(&self, spec: &NodeSpec) -> Result<NodeHandle, RuntimeError> {
        const ATTEMPTS: usize = 6;
        let mut image = self.defaults.serving(spec.engine, spec.version.as_deref());
        let mut notice = None;
        for _ in 0..ATTEMPTS {
            let place = self.place(spec).await?;
            match self.attempt(spec, &place, &image).await? {
                Attempt::Running { adopted } => {
                    let address = place.address.into();
                    return Ok(NodeHandle { address, port: spec.port, adopted, notice });
                }
                Attempt::NoImage => match self.pull(spec, &image).await {
                    Err(error) if self.stop.is_cancelled() => return Err(error),
                    Ok(()) => {}
                    Err(error) => notice = Some(self.fall_back(spec, &mut image, error)?),
                },
                Attempt::BadImage(reason) => {
                    let error = unavailable(spec.engine, &image, &reason);
                    notice = Some(self.fall_back(spec, &mut image, error)?);
                }
                Attempt::NoNetwork => self.networks.forget(&spec.network.vpc, &place.bridge).await,
                Attempt::Again => {}
            }
        }
        let reason = "what is in Docker under its name keeps changing".to_owned();
        Err(RuntimeError::Backend { verb: "start", subject: spec.id.to_string(), reason })
    }

    async fn pull(&self, spec: &NodeSpec, image: &str) -> Result<(), RuntimeError> {
        tokio::select! {
            pulled = self.images.pull(spec.engine, image) => pulled,
            () = self.stop.cancelled() => Err(stopping("pull", image)),
        }
    }

    /// The default image instead of one that cannot be had, where the user allows it.
    fn fall_back(
        &self,
        spec: &NodeSpec,
        image: &mut String,
        error: RuntimeError,
    ) -> Result<String, RuntimeError> {
        let default = self.defaults.default_of(spec.engine);
        if self.fallback == EngineFallback::Fail || image.as_str() == default {
            return Err(error);
        }
        let version = spec.version.as_deref().unwrap_or_default();
        let notice = format!("{} {version} cannot be had; {default} serves instead ({error})", spec.engine);
        tracing::warn!(node = %spec.id, "{notice}");
        default.clone_into(image);
        Ok(notice)
    }

    pub(super) fn remember(&self, spec: &NodeSpec, container: &str, place: &Place) {
        let (container, vpc) = (container.to_owned(), spec.network.vpc.clone());
        self.known.put(&spec.id, Whereabouts { container, vpc, address: place.address });
    }

    async fn place(&self, spec: &NodeSpec) -> Result<Place, RuntimeError> {
        let bridge = self.networks.ensure(&spec.network).await?;
        let address = ranges::translate(spec.address, spec.network.cidr, bridge.pool).ok_or_else(|| {
            let reason = format!("address {} is not in the VPC's range {}", spec.address, spec.network.cidr);
            RuntimeError::Backend { verb: "start", subject: spec.id.to_string(), reason }
        })?;
        Ok(Place { bridge, address })
    }

    /// Creates first and asks later: where nothing is in the way, nothing is asked at all.
    async fn attempt(&self, spec: &NodeSpec, place: &Place, image: &str) -> Result<Attempt, RuntimeError> {
        if spec.engine == Engine::Memcached {
            return self.attempt_pair(spec, place, image).await;
        }
        let name = self.daemon.owner.container(&spec.id);
        let options = CreateContainerOptionsBuilder::new().name(&name).build();
        let version = self.images.version(spec.engine, image).await;
        let body = container::body(&self.daemon.owner, spec, place, image, version);
        let error = match self.daemon.docker.create_container(Some(options), body).await {
            Ok(created) => {
                fault_point::pass("after create container");
                self.plant(spec, &created.id, place, image).await?;
                return self.start(spec, &created.id, place).await;
            }
            Err(error) => error,
        };
        match status(&error) {
            Some(409) => self.reconcile(spec, &name, place, image).await,
            Some(404) if is_network_missing(&error) => Ok(Attempt::NoNetwork),
            // The node may run from an image that has been untagged since.
            Some(404) if self.daemon.inspect(&name).await?.is_some() => {
                self.reconcile(spec, &name, place, image).await
            }
            Some(404) => Ok(Attempt::NoImage),
            Some(400) if message(&error).contains("invalid reference") => {
                Ok(Attempt::BadImage(message(&error)))
            }
            _ => Err(failed("create", &name)(error)),
        }
    }

    /// A container has the node's name: it is kept, woken, started or replaced.
    async fn reconcile(
        &self,
        spec: &NodeSpec,
        name: &str,
        place: &Place,
        image: &str,
    ) -> Result<Attempt, RuntimeError> {
        let Some(found) = self.daemon.inspect(name).await? else { return Ok(Attempt::Again) };
        let labels = found.config.as_ref().and_then(|c| c.labels.clone()).unwrap_or_default();
        if !self.daemon.owner.owns(&labels) {
            return Err(foreign(name));
        }
        let container = found.id.clone().unwrap_or_else(|| name.to_owned());
        let wanted = NodeLabels {
            role: Role::Node,
            is_pair: false,
            id: spec.id.clone(),
            generation: spec.generation,
            address: place.address,
            port: spec.port,
            authority: spec.tls.as_ref().map(|tls| tls.fingerprint().to_owned()),
        };
        if NodeLabels::read(&labels) != Some(wanted) || is_on_another_network(&found, place) {
            self.remove_own(&self.daemon.owner.proxy(&spec.id)).await?;
            self.daemon.remove_container(&container).await?;
            self.remove_volumes(&spec.id, Some(spec.generation)).await?;
            return Ok(Attempt::Again);
        }
        match found.state.and_then(|state| state.status) {
            Some(ContainerStateStatusEnum::RUNNING | ContainerStateStatusEnum::RESTARTING) => {
                self.remember(spec, &container, place);
                Ok(Attempt::Running { adopted: true })
            }
            Some(ContainerStateStatusEnum::PAUSED) => {
                let woken = self.daemon.docker.unpause_container(&container).await;
                woken.map_err(failed("unpause", name))?;
                self.remember(spec, &container, place);
                Ok(Attempt::Running { adopted: true })
            }
            Some(ContainerStateStatusEnum::CREATED) => {
                self.plant(spec, &container, place, image).await?;
                self.start(spec, &container, place).await
            }
            Some(ContainerStateStatusEnum::EXITED) if !starts_stale(&labels, spec) => {
                self.start(spec, &container, place).await
            }
            _ => {
                self.daemon.remove_container(&container).await?;
                Ok(Attempt::Again)
            }
        }
    }

    /// Gives a container that never ran what it starts from: data, and what it knows of its cluster.
    async fn plant(
        &self,
        spec: &NodeSpec,
        container: &str,
        place: &Place,
        image: &str,
    ) -> Result<(), RuntimeError> {
        if let Some(birth) = spec.birth() {
            let version = self.images.version(spec.engine, image).await;
            let socket = |member: &NewMember| {
                let address = ranges::translate(member.address, spec.network.cidr, place.bridge.pool)?;
                Some(SocketAddrV4::new(address, spec.port))
            };
            if let Some(known) = birth.file(&spec.id, version, socket) {
                seed::give_birth(&self.daemon, container, spec, &known).await?;
                fault_point::pass("after give birth");
            }
        }
        if let Some(seed) = &spec.seed {
            seed::plant(&self.daemon, container, spec, seed).await?;
            fault_point::pass("after plant seed");
        }
        Ok(())
    }

    /// See [`Runtime::ensure_engine`](crate::runtime::Runtime::ensure_engine).
    pub(super) async fn ensure_engine(
        &self,
        engine: Engine,
        version: Option<&str>,
    ) -> Result<(), RuntimeError> {
        let image = self.defaults.serving(engine, version);
        let error = match self.ensure_image(engine, &image).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        let default = self.defaults.default_of(engine);
        if self.fallback == EngineFallback::Fail || image == default {
            return Err(error);
        }
        self.ensure_image(engine, default).await
    }

    async fn ensure_image(&self, engine: Engine, image: &str) -> Result<(), RuntimeError> {
        match self.daemon.docker.inspect_image(image).await {
            Ok(_) => Ok(()),
            Err(error) if status(&error) == Some(404) => self.images.pull(engine, image).await,
            Err(error) if message(&error).contains("invalid reference") => {
                Err(unavailable(engine, image, &message(&error)))
            }
            Err(error) => Err(failed("inspect image", image)(error)),
        }
    }

    /// Starts a container that was created or has ended. A TLS node's files come first, each time: a crash may have
    /// come between the creation and them, and a new start is a good time for a new certificate.
    pub(super) async fn start(
        &self,
        spec: &NodeSpec,
        container: &str,
        place: &Place,
    ) -> Result<Attempt, RuntimeError> {
        // Before a Memcached server its proxy has them.
        if let Some(tls) = spec.tls.as_ref().filter(|_| spec.engine != Engine::Memcached) {
            certificate::put(&self.daemon, container, certificate::FOLDER, spec, tls, place.address).await?;
        }
        let started = self.daemon.docker.start_container(container, None::<StartContainerOptions>).await;
        if let Err(error) = started {
            return self.not_started(spec, container, place, error).await;
        }
        self.remember(spec, container, place);
        let state = self.daemon.inspect(container).await?.and_then(|found| found.state).unwrap_or_default();
        if state.running == Some(true) {
            return Ok(Attempt::Running { adopted: false });
        }
        // The caller learns it here; the event would tell it twice.
        self.daemon.expect_end(container);
        let code = state.exit_code.unwrap_or_default();
        let lines = self.daemon.last_lines(container).await;
        Err(RuntimeError::StartFailed(format!(
            "{} of {} exited with code {code}: {lines}",
            spec.engine, spec.id
        )))
    }

    /// What a failed start says about the world, and what can be done about it at once.
    pub(super) async fn not_started(
        &self,
        spec: &NodeSpec,
        container: &str,
        place: &Place,
        error: Error,
    ) -> Result<Attempt, RuntimeError> {
        let text = message(&error);
        if is_network_missing(&error) {
            self.daemon.remove_container(container).await?;
            return Ok(Attempt::NoNetwork);
        }
        if text.contains("already exists in network") {
            // A daemon that crashed leaves the endpoint of a container that is no more.
            let request = NetworkDisconnectRequest {
                container: self.daemon.owner.container(&spec.id),
                force: Some(true),
            };
            let freed = self.daemon.docker.disconnect_network(&place.bridge.id, request).await;
            freed.map_err(failed("disconnect", &spec.id))?;
            self.daemon.remove_container(container).await?;
            return Ok(Attempt::Again);
        }
        if text.contains("runtime create failed") || text.contains("executable file not found") {
            let reason = format!("{} of {} cannot be started from its image: {text}", spec.engine, spec.id);
            return Err(RuntimeError::StartFailed(reason));
        }
        Err(failed("start", format!("{} at {}", spec.id, place.address))(error))
    }

    /// The volumes of a node, but for those of the generation to keep.
    async fn remove_volumes(&self, id: &NodeId, keep: Option<Generation>) -> Result<(), RuntimeError> {
        if !self.daemon.owner.durable {
            return Ok(());
        }
        for volume in self.daemon.volumes(&self.daemon.owner.node_volume_filters(id)).await? {
            if keep.is_none() || labels::generation(&volume.labels) != keep {
                self.daemon.remove_volume(&volume.name).await?;
            }
        }
        Ok(())
    }

    /// Where the node is, if this instance made its container; a foreign one of that name is none.
    pub(super) async fn find(&self, id: &NodeId) -> Result<Option<Whereabouts>, RuntimeError> {
        if let Some(known) = self.known.get(id) {
            return Ok(Some(known));
        }
        let name = self.daemon.owner.container(id);
        let Some(found) = self.daemon.inspect(&name).await? else { return Ok(None) };
        let labels = found.config.and_then(|c| c.labels).unwrap_or_default();
        let read = NodeLabels::read(&labels).filter(|_| self.daemon.owner.owns(&labels));
        let (Some(read), Some(vpc)) = (read, labels::vpc(&labels)) else { return Ok(None) };
        Ok(Some(Whereabouts { container: found.id.unwrap_or(name), vpc, address: read.address }))
    }

    pub(super) async fn remove(&self, id: &NodeId) -> Result<(), RuntimeError> {
        // Not from memory: a container made by a request whose answer was lost is only found by looking.
        self.known.forget(id);
        let (proxy, node) = (self.daemon.owner.proxy(id), self.daemon.owner.container(id));
        let removed = tokio::join!(self.remove_own(&proxy), self.remove_own(&node));
        removed.0.and(removed.1)?;
        fault_point::pass("after remove container");
        self.remove_volumes(id, None).await
    }

    pub(super) async fn stop(&self, id: &NodeId) -> Result<(), RuntimeError> {
        let Some(Whereabouts { container, .. }) = self.find(id).await? else { return Ok(()) };
        let proxy = self.daemon.owner.proxy(id);
        if let Some(proxy) = self.daemon.inspect(&proxy).await?.and_then(|proxy| proxy.id) {
            // It ends with its server, which is no news.
            self.daemon.expect_end(&proxy);
        }
        self.daemon.stop_container(&container, GRACE).await?;
        let removed = tokio::join!(self.remove_own(&proxy), self.daemon.remove_container(&container));
        removed.0.and(removed.1)?;
        self.known.forget(id);
        Ok(())
    }

    pub(super) async fn list(&self) -> Result<Vec<ObservedNode>, RuntimeError> {
        let (nodes, proxies) =
            (self.daemon.owner.role_filters(Role::Node), self.daemon.owner.role_filters(Role::Proxy));
        let (nodes, proxies) =
            tokio::try_join!(self.daemon.containers(&nodes), self.daemon.containers(&proxies))?;
        let proxies = proxies.into_iter().filter_map(|container| self.observe(container)).collect();
        let nodes = nodes.into_iter().filter_map(|container| {
            let is_pair = NodeLabels::read(container.labels.as_ref()?)?.is_pair;
            Some((is_pair, self.observe(container)?))
        });
        Ok(pair::joined(nodes.collect(), proxies))
    }

    fn observe(&self, container: ContainerSummary) -> Option<ObservedNode> {
        let read = NodeLabels::read(container.labels.as_ref()?)?;
        let status = container.status.unwrap_or_default();
        let state = match container.state? {
            // A paused one's process is there; that it does not answer is for the heartbeat to find.
            ContainerSummaryStateEnum::RUNNING
            | ContainerSummaryStateEnum::PAUSED
            | ContainerSummaryStateEnum::RESTARTING
            | ContainerSummaryStateEnum::STOPPING => {
                let (container, vpc) = (container.id?, labels::vpc(container.labels.as_ref()?)?);
                self.known.put(&read.id, Whereabouts { container, vpc, address: read.address });
                ObservedState::Running { address: read.address.into(), port: read.port }
            }
            ContainerSummaryStateEnum::CREATED => {
                ObservedState::Exited { detail: "never started".to_owned() }
            }
            _ => ObservedState::Exited { detail: status },
        };
        Some(ObservedNode { id: read.id, generation: read.generation, state })
    }

    /// See [`Runtime::silence_is_its_own`](crate::runtime::Runtime::silence_is_its_own).
    pub(super) async fn silence_is_its_own(&self, id: &NodeId) -> bool {
        match self.find(id).await {
            Ok(Some(found)) => self.networks.way_held(&found.vpc).await,
            Ok(None) | Err(_) => true,
        }
    }

    /// See [`Runtime::activity`](crate::runtime::Runtime::activity). A paused container's process may look as if it waited for
    /// the disk; one without a network is silent whatever it does.
    pub(super) async fn activity(&self, id: &NodeId) -> Activity {
        let name = self.daemon.owner.container(id);
        let Ok(Some(found)) = self.daemon.inspect(&name).await else { return Activity::None };
        let attached = found.network_settings.and_then(|settings| settings.networks);
        let (Some(state), Some(container)) = (found.state, found.id) else { return Activity::None };
        let runs = state.paused != Some(true) && attached.is_some_and(|networks| !networks.is_empty());
        let pid = state.pid.and_then(|pid| i32::try_from(pid).ok()).filter(|pid| *pid > 0 && runs);
        match pid {
            Some(pid) if labour::is_of_container(pid, &container) => labour::activity(pid),
            // The daemon's processes are not those of this machine.
            Some(_) => Activity::Unknown,
            None => Activity::None,
        }
    }

    pub(super) async fn dial(&self, id: &NodeId, port: u16) -> Result<BoxStream, RuntimeError> {
        let Some(found) = self.find(id).await? else {
            return Err(RuntimeError::Absent(id.clone()));
        };
        self.known.put(id, found.clone());
        let target = SocketAddrV4::new(found.address, port);
        let stream = self.networks.dial(&found.vpc, target).await;
        stream.map(|stream| Box::new(stream) as BoxStream).map_err(|error| RuntimeError::Backend {
            verb: "connect to",
            subject: format!("{id} at {target}"),
            reason: error.to_string(),
        })
    }
}

/// Whether a container that ended would start otherwise than it is to: with data that it once started from, in memory,
/// with a limit, parameters or AUTH tokens that were changed while it ran, or behind a proxy that is no longer to come.
fn starts_stale(labels: &labels::Labels, spec: &NodeSpec) -> bool {
    let memory = spec.memory.map(|bytes| bytes.to_string());
    labels.contains_key(labels::SEEDED)
        || labels.contains_key(labels::PROXIED) != spec.is_proxied
        || labels.get(labels::MEMORY) != memory.as_ref()
        || labels.get(labels::TOKENS) != labels::tokens(spec).as_ref()
        || labels.get(labels::PARAMETERS) != Some(&labels::parameters(spec))
}

/// A container that is cut off from its network, or on an older one of that name, is of no use. One that never ran
/// has an endpoint without an id.
pub(super) fn is_on_another_network(found: &ContainerInspectResponse, place: &Place) -> bool {
    let networks = found.network_settings.as_ref().and_then(|n| n.networks.as_ref());
    match networks.and_then(|n| n.get(&place.bridge.name)) {
        None => true,
        Some(endpoint) => {
            endpoint.network_id.as_ref().is_some_and(|id| !id.is_empty() && *id != place.bridge.id)
        }
    }
}

pub(super) fn is_network_missing(error: &Error) -> bool {
    let text = message(error);
    status(error) == Some(404) && text.contains("network") && text.contains("not found")
}

/// Simfra removes nothing that it cannot prove to be its own.
pub(super) fn foreign(name: &str) -> RuntimeError {
    RuntimeError::Backend {
        verb: "create",
        subject: name.to_owned(),
        reason: format!(
            "a container of that name exists that this Simfra did not make (or one with another data directory did); \
             remove it with `docker rm -f {name}`, or set SIMFRA_INSTANCE"
        ),
    }
}
