//! The Docker calls that nodes, networks and resolvers share: idempotent, with errors that name what failed.
//!
//! Removes nothing whose labels do not prove that it may; the callers pass ids that they read from labelled lists.

use std::collections::HashSet;
use std::fmt::Display;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error;
use bollard::models::{ContainerInspectResponse, ContainerSummary, Network, Volume};
use bollard::query_parameters::{
    InspectContainerOptions, ListContainersOptions, ListContainersOptionsBuilder, ListNetworksOptionsBuilder,
    ListVolumesOptionsBuilder, LogsOptionsBuilder, RemoveContainerOptionsBuilder, RemoveVolumeOptions,
    StopContainerOptionsBuilder,
};
use futures_util::StreamExt;

use super::labels::{Filters, Owner};
use super::own::OwnContainer;
use crate::runtime::RuntimeError;

/// How long a removal that somebody else began may take.
const REMOVAL: Duration = Duration::from_secs(10);

/// The Docker daemon, in the hands of one instance.
#[derive(Debug, Clone)]
pub(super) struct Daemon {
    pub(super) docker: Docker,
    pub(super) owner: Arc<Owner>,
    /// Simfra's own container, if it runs in one.
    pub(super) own: Option<Arc<OwnContainer>>,
    /// Containers that Simfra itself is ending: their exit is no news.
    ending: Arc<Mutex<HashSet<String>>>,
}

impl Daemon {
    pub(super) fn new(docker: Docker, owner: Owner, own: Option<OwnContainer>) -> Self {
        Self { docker, owner: Arc::new(owner), own: own.map(Arc::new), ending: Arc::default() }
    }

    /// From here on the container's exit is expected.
    pub(super) fn expect_end(&self, id: &str) {
        self.ending.lock().expect("no holder panics").insert(id.to_owned());
    }

    /// Whether the container's exit is Simfra's own doing.
    pub(super) fn is_ending(&self, id: &str) -> bool {
        self.ending.lock().expect("no holder panics").contains(id)
    }

    /// The container is gone: nothing more will be heard of it.
    pub(super) fn ended(&self, id: &str) {
        self.ending.lock().expect("no holder panics").remove(id);
    }

    pub(super) async fn containers(&self, filters: &Filters) -> Result<Vec<ContainerSummary>, RuntimeError> {
        let options = ListContainersOptionsBuilder::new().all(true).filters(filters).build();
        self.docker.list_containers(Some(options)).await.map_err(failed("list", "containers"))
    }

    pub(super) async fn networks(&self, filters: &Filters) -> Result<Vec<Network>, RuntimeError> {
        let options = ListNetworksOptionsBuilder::new().filters(filters).build();
        self.docker.list_networks(Some(options)).await.map_err(failed("list", "networks"))
    }

    pub(super) async fn volumes(&self, filters: &Filters) -> Result<Vec<Volume>, RuntimeError> {
        let options = ListVolumesOptionsBuilder::new().filters(filters).build();
        let answer = self.docker.list_volumes(Some(options)).await.map_err(failed("list", "volumes"))?;
        Ok(answer.volumes.unwrap_or_default())
    }

    /// The container by name or id, if it is there.
    pub(super) async fn inspect(&self, name: &str) -> Result<Option<ContainerInspectResponse>, RuntimeError> {
        match self.docker.inspect_container(name, None::<InspectContainerOptions>).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if status(&error) == Some(404) => Ok(None),
            Err(error) => Err(failed("inspect", name)(error)),
        }
    }

    /// Kills and removes a container with its unnamed volumes, and returns when its name and address are free.
    pub(super) async fn remove_container(&self, id: &str) -> Result<(), RuntimeError> {
        self.expect_end(id);
        let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
        match self.docker.remove_container(id, Some(options)).await {
            Ok(()) => Ok(()),
            Err(error) if status(&error) == Some(404) => Ok(()),
            // Somebody else's removal is under way.
            Err(error) if status(&error) == Some(409) => self.await_removal(id).await,
            Err(error) => Err(failed("remove container", id)(error)),
        }
    }

    async fn await_removal(&self, id: &str) -> Result<(), RuntimeError> {
        let gone = async {
            while self.inspect(id).await?.is_some() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Ok(())
        };
        within(REMOVAL, "remove container", id, gone).await
    }

    /// Asks a container to stop, kills it after the grace, and returns when it has ended. Absent is `Ok`.
    pub(super) async fn stop_container(&self, id: &str, grace: Duration) -> Result<(), RuntimeError> {
        self.expect_end(id);
        let seconds = i32::try_from(grace.as_secs()).unwrap_or(i32::MAX);
        let options = StopContainerOptionsBuilder::new().t(seconds).build();
        match self.docker.stop_container(id, Some(options)).await {
            Ok(()) => Ok(()),
            Err(error) if matches!(status(&error), Some(304 | 404)) => Ok(()),
            Err(error) => Err(failed("stop container", id)(error)),
        }
    }

    pub(super) async fn remove_volume(&self, name: &str) -> Result<(), RuntimeError> {
        match self.docker.remove_volume(name, None::<RemoveVolumeOptions>).await {
            Ok(()) => Ok(()),
            Err(error) if status(&error) == Some(404) => Ok(()),
            Err(error) => Err(failed("remove volume", name)(error)),
        }
    }

    /// Takes Simfra's own container out of the network, if it is in it.
    pub(super) async fn leave_network(&self, id: &str) {
        if let Some(own) = &self.own {
            own.leave(&self.docker, id).await;
        }
    }

    /// The ids of the containers that run, whoever made them.
    pub(super) async fn running(&self) -> Result<HashSet<String>, RuntimeError> {
        let listed = self.docker.list_containers(None::<ListContainersOptions>).await;
        let listed = listed.map_err(failed("list", "containers"))?;
        Ok(listed.into_iter().filter_map(|container| container.id).collect())
    }

    /// Removes a network unless containers are attached to it that Simfra did not make: those are left, aloud.
    pub(super) async fn remove_network(&self, id: &str, name: &str) -> Result<(), RuntimeError> {
        self.leave_network(id).await;
        match self.docker.remove_network(id).await {
            Ok(()) => Ok(()),
            Err(error) if status(&error) == Some(404) => Ok(()),
            Err(error) if message(&error).contains("active endpoints") => {
                tracing::warn!(
                    network = name,
                    "other containers are attached to the network: it is left; disconnect them and run `docker network rm {name}`"
                );
                Ok(())
            }
            Err(error) => Err(failed("remove network", name)(error)),
        }
    }

    /// The last lines that a container wrote, on one line; empty when they cannot be had.
    pub(super) async fn last_lines(&self, id: &str) -> String {
        let options = LogsOptionsBuilder::new().stdout(true).stderr(true).tail("5").build();
        let lines: Vec<String> = self
            .docker
            .logs(id, Some(options))
            .filter_map(|line| async { line.ok() })
            .map(|line| String::from_utf8_lossy(&line.into_bytes()).trim().to_owned())
            .collect()
            .await;
        lines.join(" | ")
    }
}

/// The HTTP status that Docker answered with.
pub(super) fn status(error: &Error) -> Option<u16> {
    match error {
        Error::DockerResponseServerError { status_code, .. } => Some(*status_code),
        _ => None,
    }
}

/// What Docker said, without the client's preamble.
pub(super) fn message(error: &Error) -> String {
    match error {
        Error::DockerResponseServerError { message, .. } => message.trim().to_owned(),
        Error::DockerStreamError { error } => error.clone(),
        other => other.to_string(),
    }
}

/// An error of the daemon's, as the runtime's.
pub(super) fn failed(verb: &'static str, subject: impl Display) -> impl FnOnce(Error) -> RuntimeError {
    move |error| RuntimeError::Backend { verb, subject: subject.to_string(), reason: message(&error) }
}

/// Bounds work in time.
pub(super) async fn within<T>(
    limit: Duration,
    verb: &'static str,
    subject: &str,
    work: impl Future<Output = Result<T, RuntimeError>>,
) -> Result<T, RuntimeError> {
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| {
        let reason = format!("Docker did not finish within {} s", limit.as_secs());
        Err(RuntimeError::Backend { verb, subject: subject.to_owned(), reason })
    })
}
