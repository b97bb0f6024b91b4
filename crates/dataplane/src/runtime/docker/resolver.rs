//! A VPC's resolver: a container of the helper image at the network's base + 2, kept alive and told its zone.
//!
//! Zones go over the container's attached standard input, whole, a JSON line each. One task per VPC owns the
//! container; it makes no network and knows no node.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bollard::container::LogOutput;
use bollard::models::{
    ContainerCreateBody, ContainerInspectResponse, EndpointIpamConfig, EndpointSettings, HostConfig,
    NetworkingConfig,
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
use crate::Tasks;
use crate::dns::Zone;
use crate::dns::resolver::zone_line;
use crate::fault_point;
use crate::runtime::RuntimeError;

/// How long a caller waits for the container to be up, or for a zone to be on its way.
const PATIENCE: Duration = Duration::from_secs(15);
/// Pauses between attempts grow from the first to the last.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));

/// A zone and how many came before it; none until the first was published.
pub(super) type Published = (u64, Option<Arc<Zone>>);

/// Where a resolver is to be.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) vpc: VpcKey,
    /// The network's name in Docker.
    pub(super) network: String,
    /// The network's id: a container on an older network of the same name is of no use.
    pub(super) network_id: String,
    pub(super) address: Ipv4Addr,
}

/// The running supervision of one resolver.
#[derive(Debug)]
pub(super) struct Resolver {
    state: watch::Receiver<State>,
    /// Ends the pause between two attempts.
    retry: Arc<Notify>,
    stop: CancellationToken,
}

#[derive(Debug, Clone)]
enum State {
    Starting,
    /// Attached; all zones up to this one are written.
    Serving(u64),
    Failed(String),
}

impl Resolver {
    /// Brings the resolver up and keeps it.
    pub(super) fn supervise(
        daemon: Daemon,
        helper: Arc<HelperImage>,
        place: Place,
        zone: watch::Receiver<Published>,
        tasks: &Tasks,
    ) -> Self {
        let (state, states) = watch::channel(State::Starting);
        let stop = tasks.stop.child_token();
        let retry = Arc::new(Notify::new());
        let supervision =
            Supervision { daemon, helper, place, zone, state, retry: retry.clone(), stop: stop.clone() };
        // Not `Tasks::spawn`: that drops the task wherever it stands, and a create that Docker has begun would
        // make a container behind the back of whoever cleans up.
        tasks.tracker.spawn(supervision.run());
        Self { state: states, retry, stop }
    }

    /// Returns when the resolver has the zone numbered `number`, or one after it. One that failed before is tried
    /// at once: its reason may be gone.
    pub(super) async fn has(&self, number: u64, place: &str) -> Result<(), RuntimeError> {
        let mut state = self.state.clone();
        let reached = async {
            if matches!(*state.borrow_and_update(), State::Failed(_)) {
                self.retry.notify_one();
                // An end of the supervision shows below.
                state.changed().await.unwrap_or_default();
            }
            let settled = |state: &State| match state {
                State::Starting => false,
                State::Serving(written) => *written >= number,
                State::Failed(_) => true,
            };
            let reason = match state.wait_for(settled).await {
                Ok(state) => match &*state {
                    State::Failed(reason) => reason.clone(),
                    State::Starting | State::Serving(_) => return Ok(()),
                },
                Err(_) => "Simfra is stopping".to_owned(),
            };
            Err(RuntimeError::Backend { verb: "start", subject: place.to_owned(), reason })
        };
        within(PATIENCE, "start", place, reached).await
    }

    /// Ends the supervision, and returns when it touches Docker no more, or Docker hangs. The container is left.
    pub(super) async fn close(&self) {
        self.stop.cancel();
        let mut state = self.state.clone();
        let ended = async { while state.changed().await.is_ok() {} };
        if tokio::time::timeout(PATIENCE, ended).await.is_err() {
            tracing::warn!("Docker does not answer: the supervision of a resolver is left behind");
        }
    }
}

struct Supervision {
    daemon: Daemon,
    helper: Arc<HelperImage>,
    place: Place,
    zone: watch::Receiver<Published>,
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
                    tracing::debug!(vpc = %self.place.vpc, "the resolver's connection ended");
                    self.state.send_replace(State::Starting);
                }
                Err(error) => {
                    tracing::warn!(vpc = %self.place.vpc, %error, "the resolver is not up; trying again");
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
        let options =
            AttachContainerOptionsBuilder::new().stdin(true).stdout(true).stderr(true).stream(true).build();
        let attached = self.daemon.docker.attach_container(&id, Some(options)).await;
        let mut attached = attached.map_err(failed("attach to", &self.place.network))?;
        let stop = self.stop.clone();
        loop {
            let (number, zone) = self.zone.borrow_and_update().clone();
            if let Some(zone) = zone {
                let written = write(&mut attached.input, &zone_line(&zone)).await;
                written.map_err(|error| RuntimeError::Backend {
                    verb: "publish the zone to",
                    subject: self.place.network.clone(),
                    reason: error.to_string(),
                })?;
            }
            self.state.send_replace(State::Serving(number));
            loop {
                tokio::select! {
                    () = stop.cancelled() => return Ok(()),
                    changed = self.zone.changed() => if changed.is_err() { return Ok(()) } else { break },
                    line = attached.output.next() => match line {
                        Some(Ok(line)) => log(&self.place.vpc, &line),
                        Some(Err(_)) | None => return self.ended(&id).await,
                    },
                }
            }
        }
    }

    /// The connection ended: an error when that is because the resolver itself ended.
    async fn ended(&self, id: &str) -> Result<(), RuntimeError> {
        let Some(found) = self.daemon.inspect(id).await? else { return Ok(()) };
        let Some(code) = found.state.filter(|s| s.running != Some(true)).and_then(|s| s.exit_code) else {
            return Ok(());
        };
        let lines = self.daemon.last_lines(id).await;
        Err(RuntimeError::StartFailed(format!(
            "resolver of {} exited with code {code}: {lines}",
            self.place.vpc
        )))
    }

    /// The id of the running container: the one that is there where it is right, else a new one.
    async fn ensure_container(&self) -> Result<String, RuntimeError> {
        let name = self.daemon.owner.resolver(&self.place.vpc);
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
                fault_point::pass("after start resolver");
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
        match self.daemon.docker.create_container(Some(options), self.body(image)).await {
            Ok(created) => {
                fault_point::pass("after create resolver");
                Ok(created.id)
            }
            Err(error) => {
                if status(&error) == Some(404) {
                    self.helper.forget().await;
                }
                Err(failed("create", name)(error))
            }
        }
    }

    fn body(&self, image: &str) -> ContainerCreateBody {
        let mut labels = self.daemon.owner.vpc_labels(Role::Resolver, &self.place.vpc);
        labels.insert(IMAGE.to_owned(), image.to_owned());
        let ipam =
            EndpointIpamConfig { ipv4_address: Some(self.place.address.to_string()), ..Default::default() };
        let endpoint = EndpointSettings { ipam_config: Some(ipam), ..Default::default() };
        ContainerCreateBody {
            image: Some(image.to_owned()),
            entrypoint: Some(vec![ENTRYPOINT.to_owned()]),
            cmd: Some(vec!["resolver".to_owned()]),
            labels: Some(labels),
            attach_stdin: Some(true),
            open_stdin: Some(true),
            stdin_once: Some(false),
            host_config: Some(HostConfig {
                network_mode: Some(self.place.network.clone()),
                readonly_rootfs: Some(true),
                // Port 53 is all it needs beyond a plain user's rights.
                cap_drop: Some(vec!["ALL".to_owned()]),
                cap_add: Some(vec!["NET_BIND_SERVICE".to_owned()]),
                ..Default::default()
            }),
            networking_config: Some(NetworkingConfig {
                endpoints_config: Some(HashMap::from([(self.place.network.clone(), endpoint)])),
            }),
            ..Default::default()
        }
    }
}

async fn write(input: &mut Pin<Box<dyn AsyncWrite + Send>>, line: &[u8]) -> std::io::Result<()> {
    input.write_all(line).await?;
    input.flush().await
}

fn log(vpc: &VpcKey, line: &LogOutput) {
    let text = String::from_utf8_lossy(line.as_ref());
    tracing::debug!(%vpc, "resolver: {}", text.trim_end());
}
