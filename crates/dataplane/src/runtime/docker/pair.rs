//! A Memcached node: two containers, its server and the proxy that has its address. Neither is of use without the
//! other, and a server keeps nothing: where one is missing or wrong, both are made anew.

use std::collections::HashMap;

use bollard::body_full;
use bollard::models::{ContainerCreateResponse, ContainerInspectResponse, ContainerStateStatusEnum};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, StartContainerOptions, UploadToContainerOptionsBuilder,
};
use bytes::Bytes;
use domain::node::NodeId;

use super::certificate;
use super::container::{self, NODES_FILE, Place};
use super::daemon::{failed, message, status};
use super::labels::{NodeLabels, Role};
use super::node::{Attempt, Nodes, foreign, is_network_missing, is_on_another_network};
use crate::fault_point;
use crate::proxy::memcached::NodeList;
use crate::runtime::{NodeSpec, ObservedNode, ObservedState, RuntimeError};

type Created = Result<ContainerCreateResponse, bollard::errors::Error>;

impl Nodes {
    /// Creates first and asks later, as for a node of one container.
    pub(super) async fn attempt_pair(
        &self,
        spec: &NodeSpec,
        place: &Place,
        image: &str,
    ) -> Result<Attempt, RuntimeError> {
        let owner = &self.daemon.owner;
        let helper = self.helper.ensure(&self.daemon).await?;
        let proxy = async {
            let body = container::proxy_body(owner, spec, place, &helper);
            let created = self.create(&owner.proxy(&spec.id), body).await;
            fault_point::pass("after create proxy");
            created
        };
        let version = self.images.version(spec.engine, image).await;
        let server = async {
            let body = container::body(owner, spec, place, image, version);
            let created = self.create(&owner.container(&spec.id), body).await;
            fault_point::pass("after create server");
            created
        };
        match tokio::join!(proxy, server) {
            (Ok(proxy), Ok(server)) => self.start_pair(spec, &proxy.id, &server.id, place).await,
            (proxy, server) => self.not_created(spec, place, proxy, server).await,
        }
    }

    async fn create(&self, name: &str, body: bollard::models::ContainerCreateBody) -> Created {
        let options = CreateContainerOptionsBuilder::new().name(name).build();
        self.daemon.docker.create_container(Some(options), body).await
    }

    /// The proxy first: the server joins the network that it brings. A TLS node's files are the proxy's alone.
    async fn start_pair(
        &self,
        spec: &NodeSpec,
        proxy: &str,
        server: &str,
        place: &Place,
    ) -> Result<Attempt, RuntimeError> {
        if let Some(tls) = &spec.tls {
            certificate::put(&self.daemon, proxy, certificate::PROXY_FOLDER, spec, tls, place.address)
                .await?;
        }
        let started = self.daemon.docker.start_container(proxy, None::<StartContainerOptions>).await;
        if let Err(error) = started {
            return self.not_started(spec, proxy, place, error).await;
        }
        fault_point::pass("after start proxy");
        self.start(spec, server, place).await
    }

    /// Something stands in the way: it is found out what, and what was made of the pair is taken back.
    async fn not_created(
        &self,
        spec: &NodeSpec,
        place: &Place,
        proxy: Created,
        server: Created,
    ) -> Result<Attempt, RuntimeError> {
        let taken = |created: &Created| created.as_ref().is_err_and(|error| status(error) == Some(409));
        if taken(&proxy) || taken(&server) {
            return self.reconcile_pair(spec, place).await;
        }
        for made in [&proxy, &server].into_iter().flatten() {
            self.daemon.remove_container(&made.id).await?;
        }
        if let Err(error) = proxy {
            if is_network_missing(&error) {
                return Ok(Attempt::NoNetwork);
            }
            if status(&error) == Some(404) {
                self.helper.forget().await;
                return Ok(Attempt::Again);
            }
            return Err(failed("create", self.daemon.owner.proxy(&spec.id))(error));
        }
        let Err(error) = server else { return Ok(Attempt::Again) };
        match status(&error) {
            Some(404) => Ok(Attempt::NoImage),
            Some(400) if message(&error).contains("invalid reference") => {
                Ok(Attempt::BadImage(message(&error)))
            }
            _ => Err(failed("create", self.daemon.owner.container(&spec.id))(error)),
        }
    }

    /// Containers have the names of the pair: they are kept when both are right and run, else both are replaced.
    async fn reconcile_pair(&self, spec: &NodeSpec, place: &Place) -> Result<Attempt, RuntimeError> {
        let (proxy, server) = (self.daemon.owner.proxy(&spec.id), self.daemon.owner.container(&spec.id));
        let found = tokio::try_join!(self.daemon.inspect(&proxy), self.daemon.inspect(&server))?;
        if let (Some(found_proxy), Some(found_server)) = found
            && self.is_kept(spec, place, Role::Proxy, &found_proxy).await?
            && self.is_kept(spec, place, Role::Node, &found_server).await?
            && joins(&found_server, &found_proxy)
        {
            self.remember(spec, found_server.id.as_deref().unwrap_or(&server), place);
            return Ok(Attempt::Running { adopted: true });
        }
        for name in [&proxy, &server] {
            self.remove_own(name).await?;
            // Made by somebody else, it stays where it is.
            if self.daemon.inspect(name).await?.is_some() {
                return Err(foreign(name));
            }
        }
        Ok(Attempt::Again)
    }

    /// Whether a container is what it should be, and runs; one that somebody paused goes on.
    async fn is_kept(
        &self,
        spec: &NodeSpec,
        place: &Place,
        role: Role,
        found: &ContainerInspectResponse,
    ) -> Result<bool, RuntimeError> {
        let labels = found.config.as_ref().and_then(|c| c.labels.clone()).unwrap_or_default();
        let wanted = NodeLabels {
            role,
            is_pair: true,
            id: spec.id.clone(),
            generation: spec.generation,
            address: place.address,
            port: spec.port,
            authority: spec.tls.as_ref().map(|tls| tls.fingerprint().to_owned()),
        };
        let fits = self.daemon.owner.owns(&labels)
            && NodeLabels::read(&labels) == Some(wanted)
            && (role == Role::Node || !is_on_another_network(found, place));
        let state = found.state.as_ref().and_then(|state| state.status);
        match (fits, state) {
            (true, Some(ContainerStateStatusEnum::RUNNING)) => Ok(true),
            (true, Some(ContainerStateStatusEnum::PAUSED)) => {
                let id = found.id.as_deref().unwrap_or_default();
                let woken = self.daemon.docker.unpause_container(id).await;
                woken.map_err(failed("unpause", id)).map(|()| true)
            }
            _ => Ok(false),
        }
    }

    /// Removes the container of this name if this instance made it; absent is fine.
    pub(super) async fn remove_own(&self, name: &str) -> Result<(), RuntimeError> {
        let Some(found) = self.daemon.inspect(name).await? else { return Ok(()) };
        let labels = found.config.and_then(|config| config.labels).unwrap_or_default();
        if !self.daemon.owner.owns(&labels) {
            return Ok(());
        }
        self.daemon.remove_container(found.id.as_deref().unwrap_or(name)).await
    }

    /// Puts the list into the proxy's container.
    pub(super) async fn publish_nodes(&self, id: &NodeId, list: &NodeList) -> Result<(), RuntimeError> {
        let name = self.daemon.owner.proxy(id);
        let archive = archive(&list.to_file()).map_err(|error| RuntimeError::Backend {
            verb: "write the list of nodes for",
            subject: id.to_string(),
            reason: error.to_string(),
        })?;
        let options = UploadToContainerOptionsBuilder::new().path("/").build();
        let put = self.daemon.docker.upload_to_container(&name, Some(options), body_full(archive)).await;
        match put {
            Err(error) if status(&error) == Some(404) => Err(RuntimeError::Absent(id.clone())),
            put => put.map_err(failed("tell the nodes of its cluster to", name)),
        }
    }
}

/// A server that shares another proxy's network, one that is no more, reaches nobody.
fn joins(server: &ContainerInspectResponse, proxy: &ContainerInspectResponse) -> bool {
    let mode = server.host_config.as_ref().and_then(|host| host.network_mode.as_deref()).unwrap_or_default();
    let joined = mode.strip_prefix("container:").unwrap_or_default();
    let name = proxy.name.as_deref().unwrap_or_default().trim_start_matches('/');
    let started = |found: &ContainerInspectResponse| found.state.as_ref().and_then(|s| s.started_at.clone());
    // By its name it may mean one that was replaced since the server started.
    !joined.is_empty()
        && (proxy.id.as_deref() == Some(joined) || (joined == name && started(proxy) <= started(server)))
}

fn archive(content: &[u8]) -> std::io::Result<Bytes> {
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    archive.append_data(&mut header, NODES_FILE.trim_start_matches('/'), content)?;
    archive.into_inner().map(Bytes::from)
}

/// Nodes as they are seen whole: one of two containers runs when both do, and is there when either is.
pub(super) fn joined(nodes: Vec<(bool, ObservedNode)>, proxies: Vec<ObservedNode>) -> Vec<ObservedNode> {
    let mut proxies: HashMap<NodeId, ObservedNode> =
        proxies.into_iter().map(|proxy| (proxy.id.clone(), proxy)).collect();
    let mut seen = Vec::with_capacity(nodes.len());
    for (is_pair, mut node) in nodes {
        let proxy = proxies.remove(&node.id);
        if is_pair && matches!(node.state, ObservedState::Running { .. }) {
            match proxy {
                Some(ObservedNode { state: ObservedState::Running { .. }, generation, .. })
                    if generation == node.generation => {}
                Some(ObservedNode { state: ObservedState::Exited { detail }, .. }) => {
                    node.state = ObservedState::Exited { detail: format!("its proxy: {detail}") };
                }
                _ => node.state = ObservedState::Exited { detail: "it has no proxy".to_owned() },
            }
        }
        seen.push(node);
    }
    seen.extend(proxies.into_values().map(|proxy| ObservedNode {
        state: ObservedState::Exited { detail: "only its proxy is there".to_owned() },
        ..proxy
    }));
    seen
}
