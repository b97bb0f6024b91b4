//! What Simfra keeps inside a VPC besides its nodes: a container of the helper image, kept alive and told what it needs
//! over its attached standard input.
//!
//! One task owns one companion's container; it makes no network and knows no node. What a companion is told is made by
//! others ([`Told`]): whole whenever it is attached to, so that it needs nothing of what it was told before.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bollard::container::LogOutput;
use bollard::models::{
    ContainerCreateBody, ContainerInspectResponse, EndpointIpamConfig, EndpointSettings, HostConfig,
    NetworkConnectRequest, NetworkingConfig, PortBinding,
};
use bollard::query_parameters::{
    AttachContainerOptionsBuilder, CreateContainerOptionsBuilder, StartContainerOptions,
};
use domain::node::VpcKey;
use futures_util::StreamExt;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::daemon::{Daemon, failed, status, within};
use super::helper_image::{ENTRYPOINT, HelperImage};
use super::labels::{IMAGE, Role};
use super::told::Told;
use crate::runtime::RuntimeError;
use crate::{Tasks, fault_point, relay};

/// How long a caller waits for the container to be up, or for a zone to be on its way.
const PATIENCE: Duration = Duration::from_secs(15);
/// Pauses between attempts grow from the first to the last.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));

/// The port that a relay is published at, on the host's loopback.
pub(super) type HostPort = u16;

/// What a companion does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Duty {
    /// Answers the VPC's names; told zones.
    Resolver,
    /// Leads Simfra into the VPC; told grants.
    Relay,
}

impl Duty {
    const fn role(self) -> Role {
        match self {
            Self::Resolver => Role::Resolver,
            Self::Relay => Role::Relay,
        }
    }
}

/// Where a companion is to be.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) duty: Duty,
    pub(super) vpc: VpcKey,
    /// The network's name in Docker.
    pub(super) network: String,
    /// The network's id: a container on an older network of the same name is of no use.
    pub(super) network_id: String,
    pub(super) address: Ipv4Addr,
}

/// The running supervision of one companion.
#[derive(Debug)]
pub(super) struct Companion {
    state: watch::Receiver<State>,
    /// Ends the pause between two attempts.
    retry: Arc<Notify>,
    stop: CancellationToken,
}

#[derive(Debug, Clone)]
enum State {
    Starting,
    /// Attached since then, and told everything up to the `told`th thing.
    Serving {
        told: u64,
        port: Option<HostPort>,
        since: Instant,
    },
    Failed(String),
}

impl Companion {
    /// Brings the companion up and keeps it.
    pub(super) fn supervise(
        daemon: Daemon,
        helper: Arc<HelperImage>,
        place: Place,
        told: watch::Receiver<Told>,
        tasks: &Tasks,
    ) -> Self {
        let (state, states) = watch::channel(State::Starting);
        let stop = tasks.stop.child_token();
        let retry = Arc::new(Notify::new());
        let supervision =
            Supervision { daemon, helper, place, told, state, retry: retry.clone(), stop: stop.clone() };
        // Not `Tasks::spawn`: that drops the task wherever it stands, and a create that Docker has begun would
        // make a container behind the back of whoever cleans up.
        tasks.tracker.spawn(supervision.run());
        Self { state: states, retry, stop }
    }

    /// Returns when the companion was told the `number`th thing, or one after it, with the host's port that leads to it,
    /// if it has one. One that failed before is tried at once: its reason may be gone.
    pub(super) async fn has(&self, number: u64, name: &str) -> Result<Option<HostPort>, RuntimeError> {
        let mut state = self.state.clone();
        let reached = async {
            if matches!(*state.borrow_and_update(), State::Failed(_)) {
                self.retry.notify_one();
                // An end of the supervision shows below.
                state.changed().await.unwrap_or_default();
            }
            let settled = |state: &State| match state {
                State::Starting => false,
                State::Serving { told, .. } => *told >= number,
                State::Failed(_) => true,
            };
            let reason = match state.wait_for(settled).await {
                Ok(state) => match &*state {
                    State::Failed(reason) => reason.clone(),
                    State::Serving { port, .. } => return Ok(*port),
                    State::Starting => "it is still starting".to_owned(),
                },
                Err(_) => "Simfra is stopping".to_owned(),
            };
            Err(RuntimeError::Backend { verb: "start", subject: name.to_owned(), reason })
        };
        within(PATIENCE, "start", name, reached).await
    }

    /// For how long it has been up; none while it is not.
    pub(super) fn up_for(&self) -> Option<Duration> {
        match *self.state.borrow() {
            State::Serving { since, .. } => Some(since.elapsed()),
            State::Starting | State::Failed(_) => None,
        }
    }

    /// Ends the supervision, and returns when it touches Docker no more, or Docker hangs. The container is left.
    pub(super) async fn close(&self) {
        self.stop.cancel();
        let mut state = self.state.clone();
        let ended = async { while state.changed().await.is_ok() {} };
        if tokio::time::timeout(PATIENCE, ended).await.is_err() {
            tracing::warn!("Docker does not answer: the supervision of a companion is left behind");
        }
    }
}

struct Supervision {
    daemon: Daemon,
    helper: Arc<HelperImage>,
    place: Place,
    told: watch::Receiver<Told>,
    state: watch::Sender<State>,
    retry: Arc<Notify>,
    stop: CancellationToken,
}

impl Supervision {
    async fn run(mut self) {
        let mut pause = PAUSES.0;
        while !self.stop.is_cancelled() {
            self.state.send_replace(State::Starting);
            let begun = Instant::now();
            let outcome = self.session().await;
            if begun.elapsed() > PAUSES.1 {
                pause = PAUSES.0;
            }
            match outcome {
                Ok(()) => {
                    tracing::debug!(vpc = %self.place.vpc, role = self.role(), "the connection to a companion ended");
                    self.state.send_replace(State::Starting);
                }
                Err(error) => {
                    let role = self.role();
                    tracing::warn!(vpc = %self.place.vpc, role, %error, "a companion is not up; trying again");
                    self.state.send_replace(State::Failed(error.to_string()));
                }
            }
            tokio::select! {
                () = self.stop.cancelled() => {}
                () = self.retry.notified() => {}
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(PAUSES.1),
            }
        }
    }

    /// From bringing the container up to the end of the connection to it.
    async fn session(&mut self) -> Result<(), RuntimeError> {
        let id = self.ensure_container().await?;
        let port = self.host_port(&id).await?;
        let options =
            AttachContainerOptionsBuilder::new().stdin(true).stdout(true).stderr(true).stream(true).build();
        let attached = self.daemon.docker.attach_container(&id, Some(options)).await;
        let mut attached = attached.map_err(failed("attach to", self.name()))?;
        let (stop, since) = (self.stop.clone(), Instant::now());
        let mut had = None;
        loop {
            let (told, lines) = self.told.borrow_and_update().after(had);
            had = Some(told);
            for line in lines {
                let written = write(&mut attached.input, &line).await;
                written.map_err(|error| RuntimeError::Backend {
                    verb: "write to",
                    subject: self.name(),
                    reason: error.to_string(),
                })?;
            }
            self.state.send_replace(State::Serving { told, port, since });
            loop {
                tokio::select! {
                    () = stop.cancelled() => return Ok(()),
                    changed = self.told.changed() => if changed.is_err() { return Ok(()) } else { break },
                    line = attached.output.next() => match line {
                        Some(Ok(line)) => log(self.role(), &self.place.vpc, &line),
                        Some(Err(_)) | None => return self.ended(&id).await,
                    },
                }
            }
        }
    }

    /// The connection ended: an error when that is because the companion itself ended.
    async fn ended(&self, id: &str) -> Result<(), RuntimeError> {
        let Some(found) = self.daemon.inspect(id).await? else { return Ok(()) };
        let Some(code) = found.state.filter(|s| s.running != Some(true)).and_then(|s| s.exit_code) else {
            return Ok(());
        };
        let lines = self.daemon.last_lines(id).await;
        Err(RuntimeError::StartFailed(format!(
            "{} of {} exited with code {code}: {lines}",
            self.role(),
            self.place.vpc
        )))
    }

    /// The id of the running container: the one that is there where it is right, else a new one.
    async fn ensure_container(&self) -> Result<String, RuntimeError> {
        let name = self.name();
        let image = self.helper.ensure(&self.daemon).await?;
        let id = match self.daemon.inspect(&name).await? {
            Some(found) if self.fits(&found, &image) => {
                let id = found.id.unwrap_or_else(|| name.clone());
                if found.state.and_then(|s| s.running) == Some(true) {
                    return Ok(id);
                }
                id
            }
            Some(found) => {
                self.remove_unfit(&name, &found).await?;
                self.create(&name, &image).await?
            }
            None => self.create(&name, &image).await?,
        };
        match self.daemon.docker.start_container(&id, None::<StartContainerOptions>).await {
            Ok(()) => {
                fault_point::pass("after start companion");
                Ok(id)
            }
            Err(error) => {
                // Of no use, and it would stand in the next attempt's way.
                self.daemon.remove_container(&id).await?;
                Err(failed("start", name)(error))
            }
        }
    }

    fn fits(&self, found: &ContainerInspectResponse, image: &str) -> bool {
        let labels = found.config.as_ref().and_then(|c| c.labels.as_ref());
        let networks = found.network_settings.as_ref().and_then(|n| n.networks.as_ref());
        let endpoint = networks.and_then(|n| n.get(&self.place.network));
        let network = endpoint.and_then(|e| e.network_id.as_deref()).unwrap_or_default();
        labels.is_some_and(|l| self.daemon.owner.owns(l) && l.get(IMAGE).map(String::as_str) == Some(image))
            && network == self.place.network_id
            && found.state.as_ref().and_then(|s| s.paused) != Some(true)
    }

    async fn remove_unfit(&self, name: &str, found: &ContainerInspectResponse) -> Result<(), RuntimeError> {
        let labels = found.config.as_ref().and_then(|c| c.labels.as_ref());
        if !labels.is_some_and(|l| self.daemon.owner.owns(l)) {
            return Err(super::node::foreign(name));
        }
        self.daemon.remove_container(found.id.as_deref().unwrap_or(name)).await
    }

    async fn create(&self, name: &str, image: &str) -> Result<String, RuntimeError> {
        let options = CreateContainerOptionsBuilder::new().name(name).build();
        let id = match self.daemon.docker.create_container(Some(options), self.body(image)).await {
            Ok(created) => created.id,
            Err(error) => {
                if status(&error) == Some(404) {
                    self.helper.forget().await;
                }
                return Err(failed("create", name)(error));
            }
        };
        fault_point::pass("after create companion");
        if self.place.duty == Duty::Relay {
            // Its first network is the one that carries its published port. (Docker's API takes one at a creation.)
            let request =
                NetworkConnectRequest { container: id.clone(), endpoint_config: Some(self.endpoint()) };
            let connected = self.daemon.docker.connect_network(&self.place.network_id, request).await;
            connected.map_err(failed("connect", name))?;
        }
        Ok(id)
    }

    /// The place in the VPC's network.
    fn endpoint(&self) -> EndpointSettings {
        let ipam =
            EndpointIpamConfig { ipv4_address: Some(self.place.address.to_string()), ..Default::default() };
        EndpointSettings { ipam_config: Some(ipam), ..Default::default() }
    }

    fn body(&self, image: &str) -> ContainerCreateBody {
        let mut labels = self.daemon.owner.vpc_labels(self.place.duty.role(), &self.place.vpc);
        labels.insert(IMAGE.to_owned(), image.to_owned());
        let mut host = HostConfig {
            readonly_rootfs: Some(true),
            cap_drop: Some(vec!["ALL".to_owned()]),
            ..Default::default()
        };
        let (mut exposed, mut networking) = (None, None);
        match self.place.duty {
            Duty::Resolver => {
                // Port 53 is all it needs beyond a plain user's rights.
                host.cap_add = Some(vec!["NET_BIND_SERVICE".to_owned()]);
                host.network_mode = Some(self.place.network.clone());
                let endpoints = HashMap::from([(self.place.network.clone(), self.endpoint())]);
                networking = Some(NetworkingConfig { endpoints_config: Some(endpoints) });
            }
            Duty::Relay => {
                // No port of the VPC's network is published: what cuts the host off from it would cut that off too.
                host.network_mode = Some("bridge".to_owned());
                let port = format!("{}/tcp", relay::PORT);
                // Any free one.
                let binding = PortBinding {
                    host_ip: Some(Ipv4Addr::LOCALHOST.to_string()),
                    host_port: Some(String::new()),
                };
                host.port_bindings = Some(HashMap::from([(port.clone(), Some(vec![binding]))]));
                exposed = Some(vec![port]);
            }
        }
        ContainerCreateBody {
            image: Some(image.to_owned()),
            entrypoint: Some(vec![ENTRYPOINT.to_owned()]),
            cmd: Some(vec![self.role().to_owned()]),
            labels: Some(labels),
            attach_stdin: Some(true),
            open_stdin: Some(true),
            stdin_once: Some(false),
            exposed_ports: exposed,
            host_config: Some(host),
            networking_config: networking,
            ..Default::default()
        }
    }

    /// The port on the host that Docker gave a relay: another at each start.
    async fn host_port(&self, id: &str) -> Result<Option<HostPort>, RuntimeError> {
        if self.place.duty != Duty::Relay {
            return Ok(None);
        }
        let found = self.daemon.inspect(id).await?.and_then(|found| found.network_settings);
        let ports = found.and_then(|settings| settings.ports).unwrap_or_default();
        let bindings = ports.into_values().flatten().flatten();
        let port = bindings.filter_map(|binding| binding.host_port?.parse().ok()).next();
        port.map(Some).ok_or_else(|| RuntimeError::Backend {
            verb: "publish the port of",
            subject: self.name(),
            reason: "Docker gave it none".to_owned(),
        })
    }

    /// The subcommand of the executable, and the label.
    fn role(&self) -> &'static str {
        self.place.duty.role().as_str()
    }

    fn name(&self) -> String {
        self.daemon.owner.companion(self.place.duty.role(), &self.place.vpc)
    }
}

async fn write(input: &mut Pin<Box<dyn AsyncWrite + Send>>, line: &[u8]) -> std::io::Result<()> {
    input.write_all(line).await?;
    input.flush().await
}

fn log(role: &str, vpc: &VpcKey, line: &LogOutput) {
    let text = String::from_utf8_lossy(line.as_ref());
    tracing::debug!(%vpc, "{role}: {}", text.trim_end());
}
