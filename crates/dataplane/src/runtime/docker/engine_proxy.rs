//! The proxy before a Redis or Valkey node: a container in the network of the engine's, which has the address. It comes
//! while the engine runs and is of no use without it, so that it is made anew where it did not come after it.

use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use bollard::body_full;
use bollard::models::{ContainerCreateBody, ContainerInspectResponse, HostConfig};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, StartContainerOptions, UploadToContainerOptionsBuilder,
};
use bytes::Bytes;
use domain::node::NodeId;

use super::certificate;
use super::daemon::{failed, status};
use super::helper_image::ENTRYPOINT;
use super::labels::{self, IMAGE, NodeLabels, PROXIED, Role};
use super::node::{Nodes, foreign};
use crate::fault_point;
use crate::proxy::engine::Policy;
use crate::runtime::{Behind, NodeSpec, RuntimeError, inner_port};

/// The file with the policy, in the proxy's container.
const POLICY_FILE: &str = "/policy.json";

impl Nodes {
    /// See [`Runtime::ensure_proxy`](crate::runtime::Runtime::ensure_proxy).
    pub(super) async fn ensure_proxy(
        &self,
        spec: &NodeSpec,
        policy: &Policy,
    ) -> Result<Behind, RuntimeError> {
        let (container, engine, NodeLabels { address, authority, .. }) = self.running_engine(spec).await?;
        let behind = Behind {
            bind: Some(Ipv4Addr::LOCALHOST),
            port: inner_port(spec.port),
            node_port: spec.port,
            secrets: spec.tls.as_ref().map(|_| PathBuf::from(certificate::FOLDER)),
            name: spec.name_in_cluster().map(str::to_owned),
        };
        let proxy = self.daemon.owner.proxy(&spec.id);
        if let Some(found) = self.daemon.inspect(&proxy).await? {
            if self.runs(&found, spec) && came_after(&found, &engine) {
                self.put_policy(&proxy, policy).await?;
                return Ok(behind);
            }
            self.remove_own(&proxy).await?;
        }
        let created = self.create_proxy(spec, &proxy, &container, &behind, address).await?;
        if let Some(tls) = &spec.tls {
            // To follow others with TLS, the engine needs what it may have started without. One that has it may only now be
            // reading it: nothing is put in its place.
            if authority.is_none() {
                certificate::put(&self.daemon, &container, certificate::FOLDER, spec, tls, address).await?;
            }
            certificate::put(&self.daemon, &created, certificate::PROXY_FOLDER, spec, tls, address).await?;
        }
        self.put_policy(&created, policy).await?;
        let started = self.daemon.docker.start_container(&created, None::<StartContainerOptions>).await;
        started.map_err(failed("start", &proxy))?;
        fault_point::pass("after start engine proxy");
        Ok(behind)
    }

    /// See [`Runtime::renew_certificate`](crate::runtime::Runtime::renew_certificate).
    pub(super) async fn renew_certificate(&self, spec: &NodeSpec) -> Result<PathBuf, RuntimeError> {
        let (container, _, NodeLabels { address, .. }) = self.running_engine(spec).await?;
        let tls = spec.tls.as_ref().ok_or_else(|| RuntimeError::Absent(spec.id.clone()))?;
        certificate::put(&self.daemon, &container, certificate::FOLDER, spec, tls, address).await?;
        Ok(PathBuf::from(certificate::FOLDER))
    }

    /// The container of the node's engine, which runs.
    async fn running_engine(
        &self,
        spec: &NodeSpec,
    ) -> Result<(String, ContainerInspectResponse, NodeLabels), RuntimeError> {
        let name = self.daemon.owner.container(&spec.id);
        let absent = || RuntimeError::Absent(spec.id.clone());
        let engine = self.daemon.inspect(&name).await?.filter(|found| self.runs(found, spec));
        let engine = engine.ok_or_else(absent)?;
        let container = engine.id.clone().unwrap_or(name);
        let labels = engine.config.as_ref().and_then(|config| config.labels.as_ref());
        let labels = labels.and_then(NodeLabels::read).ok_or_else(absent)?;
        Ok((container, engine, labels))
    }

    /// See [`Runtime::is_behind_proxy`](crate::runtime::Runtime::is_behind_proxy).
    pub(super) async fn is_behind_proxy(&self, id: &NodeId) -> Result<bool, RuntimeError> {
        let Some(engine) = self.daemon.inspect(&self.daemon.owner.container(id)).await? else {
            return Ok(false);
        };
        let labels = engine.config.as_ref().and_then(|config| config.labels.as_ref());
        if labels.is_some_and(|labels| labels.contains_key(PROXIED)) {
            return Ok(true);
        }
        let proxy = self.daemon.inspect(&self.daemon.owner.proxy(id)).await?;
        Ok(proxy.is_some_and(|proxy| came_after(&proxy, &engine)))
    }

    /// Whether the container is this instance's, of the node's generation, and runs.
    fn runs(&self, found: &ContainerInspectResponse, spec: &NodeSpec) -> bool {
        let Some(labels) = found.config.as_ref().and_then(|config| config.labels.as_ref()) else {
            return false;
        };
        self.daemon.owner.owns(labels)
            && labels::generation(labels) == Some(spec.generation)
            && found.state.as_ref().and_then(|state| state.running) == Some(true)
    }

    async fn create_proxy(
        &self,
        spec: &NodeSpec,
        name: &str,
        engine: &str,
        behind: &Behind,
        address: Ipv4Addr,
    ) -> Result<String, RuntimeError> {
        let helper = self.helper.ensure(&self.daemon).await?;
        let mut labels = self.daemon.owner.node_labels(spec, Role::Proxy, address);
        labels.insert(IMAGE.to_owned(), helper.clone());
        let (listen, server) = (format!("0.0.0.0:{}", spec.port), format!("127.0.0.1:{}", behind.port));
        let mut words = vec!["proxy", "--listen", &listen, "--server", &server, "--policy", POLICY_FILE];
        if spec.tls.is_some() {
            words.extend(["--tls", certificate::PROXY_FOLDER]);
        }
        let body = ContainerCreateBody {
            image: Some(helper),
            entrypoint: Some(vec![ENTRYPOINT.to_owned()]),
            cmd: Some(words.into_iter().map(str::to_owned).collect()),
            labels: Some(labels),
            host_config: Some(HostConfig {
                network_mode: Some(format!("container:{engine}")),
                cap_drop: Some(vec!["ALL".to_owned()]),
                ..Default::default()
            }),
            ..Default::default()
        };
        let options = CreateContainerOptionsBuilder::new().name(name).build();
        match self.daemon.docker.create_container(Some(options), body).await {
            Ok(created) => {
                fault_point::pass("after create engine proxy");
                Ok(created.id)
            }
            Err(error) if status(&error) == Some(409) => Err(foreign(name)),
            Err(error) => {
                if status(&error) == Some(404) {
                    self.helper.forget().await;
                }
                Err(failed("create", name)(error))
            }
        }
    }

    async fn put_policy(&self, container: &str, policy: &Policy) -> Result<(), RuntimeError> {
        let archive = archive(&policy.to_file()).map_err(|error| RuntimeError::Backend {
            verb: "write the policy for",
            subject: container.to_owned(),
            reason: error.to_string(),
        })?;
        let options = UploadToContainerOptionsBuilder::new().path("/").build();
        let put = self.daemon.docker.upload_to_container(container, Some(options), body_full(archive)).await;
        put.map_err(failed("tell whom to let in to", container))
    }
}

/// Whether a proxy shares the network of this run of its engine: a new run has a new one.
fn came_after(proxy: &ContainerInspectResponse, engine: &ContainerInspectResponse) -> bool {
    let mode = proxy.host_config.as_ref().and_then(|host| host.network_mode.as_deref()).unwrap_or_default();
    let started = |found: &ContainerInspectResponse| found.state.as_ref().and_then(|s| s.started_at.clone());
    mode.strip_prefix("container:") == engine.id.as_deref() && started(engine) <= started(proxy)
}

/// For the proxy alone: secrets stand in it.
fn archive(content: &[u8]) -> io::Result<Bytes> {
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o400);
    header.set_uid(0);
    archive.append_data(&mut header, POLICY_FILE.trim_start_matches('/'), content)?;
    archive.into_inner().map(Bytes::from)
}
