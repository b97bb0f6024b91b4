//! The proxies before Redis and Valkey nodes: a process of its own each, which ends with its engine.

use std::io;
use std::net::SocketAddrV4;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use domain::node::NodeId;

use super::Nodes;
use crate::fault_point;
use crate::proxy::engine::Policy;
use crate::runtime::process::child::Child;
use crate::runtime::process::label::{Label, VARIABLE};
use crate::runtime::process::scan::Labelled;
use crate::runtime::{Behind, NodeSpec, RuntimeError, RuntimeEvent, inner_port};

impl Nodes {
    /// See [`Runtime::ensure_proxy`](crate::runtime::Runtime::ensure_proxy).
    pub(in crate::runtime::process) async fn ensure_proxy(
        self: &Arc<Self>,
        spec: &NodeSpec,
        policy: &Policy,
    ) -> Result<Behind, RuntimeError> {
        let id = &spec.id;
        let _turn = self.turns.take(id).await;
        let label = self.running_engine(spec)?;
        let behind = Behind {
            bind: None,
            port: inner_port(label.port),
            node_port: label.port,
            secrets: spec.tls.is_some().then(|| self.folders.of(id)),
            name: spec.name_in_cluster().map(str::to_owned),
        };
        let policy = self.folders.write_policy(id, policy)?;
        if self.proxy(id).is_some_and(|proxy| proxy.is_alive()) {
            return Ok(behind);
        }
        let failed = |error: io::Error| {
            RuntimeError::StartFailed(format!("the proxy of node {id} could not be started: {error}"))
        };
        // An engine that started with a certificate may only now be reading it: nothing is put in its place.
        if let Some(tls) = spec.tls.as_ref().filter(|_| label.authority.is_none()) {
            let files = tls.issue(label.address.into()).map_err(|error| failed(io::Error::other(error)))?;
            self.folders.write_certificate(id, &files)?;
        }
        let log = self.folders.open_proxy_log(id)?;
        let server = SocketAddrV4::new(label.address, behind.port);
        let mut command = Command::new(&self.executable);
        command
            .args(["proxy", "--listen", &label.socket().to_string(), "--server", &server.to_string()])
            .arg("--policy")
            .arg(policy)
            .args(behind.secrets.iter().flat_map(|folder| ["--tls".as_ref(), folder.as_os_str()]))
            .env_clear()
            .env(VARIABLE, proxy_label(&label).map_err(failed)?)
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(failed)?)
            .stderr(log);
        fault_point::pass("before start proxy process");
        let pid = self.spawner.spawn(command).await.map_err(failed)?;
        fault_point::pass("after start proxy process");
        self.keep_proxy(id, Child::started(pid).map_err(failed)?);
        Ok(behind)
    }

    /// See [`Runtime::renew_certificate`](crate::runtime::Runtime::renew_certificate).
    pub(in crate::runtime::process) async fn renew_certificate(
        &self,
        spec: &NodeSpec,
    ) -> Result<PathBuf, RuntimeError> {
        let _turn = self.turns.take(&spec.id).await;
        let label = self.running_engine(spec)?;
        let tls = spec.tls.as_ref().ok_or_else(|| RuntimeError::Absent(spec.id.clone()))?;
        let files = tls.issue(label.address.into()).map_err(|error| RuntimeError::Backend {
            verb: "make the certificate of",
            subject: spec.id.to_string(),
            reason: error.to_string(),
        })?;
        self.folders.write_certificate(&spec.id, &files)?;
        Ok(self.folders.of(&spec.id))
    }

    /// What the node's engine, which runs, is labelled with.
    fn running_engine(&self, spec: &NodeSpec) -> Result<Label, RuntimeError> {
        let table = self.table();
        let engine = table.get(&spec.id).filter(|node| node.running().is_some()).map(|node| &node.label);
        let engine = engine.filter(|label| label.generation == spec.generation).cloned();
        engine.ok_or_else(|| RuntimeError::Absent(spec.id.clone()))
    }

    /// See [`Runtime::is_behind_proxy`](crate::runtime::Runtime::is_behind_proxy).
    pub(in crate::runtime::process) fn is_behind_proxy(&self, id: &NodeId) -> bool {
        self.folders.has_policy(id)
    }

    pub(in crate::runtime::process) fn proxy(&self, id: &NodeId) -> Option<Arc<Child>> {
        self.table().get(id)?.proxy.clone()
    }

    /// Takes hold of the proxies of nodes that run. Others are ended: one may wait for the port of the next engine.
    pub(super) fn adopt_proxies(self: &Arc<Self>) {
        let of_us = |found: &Labelled| found.label.is_proxy && found.label.owner == self.owner;
        for found in self.labelled().into_iter().filter(of_us) {
            let id = &found.label.id;
            let runs = |node: &super::Node| {
                node.running().is_some() && node.label.generation == found.label.generation
            };
            let runs = self.table().get(id).is_some_and(runs);
            match Child::found(found.identity) {
                Some(child) if runs => self.keep_proxy(id, child),
                Some(child) => child.kill_now(),
                None => {}
            }
        }
    }

    fn keep_proxy(self: &Arc<Self>, id: &NodeId, child: Child) {
        let child = Arc::new(child);
        if let Some(node) = self.table().get_mut(id) {
            node.proxy = Some(Arc::clone(&child));
        }
        let (id, nodes) = (id.clone(), Arc::downgrade(self));
        self.tasks.spawn(async move {
            let ending = child.ended().await;
            let Some(nodes) = nodes.upgrade().filter(|_| !child.is_expected_to_end()) else { return };
            tracing::debug!(node = %id, %ending, "the proxy of a node ended");
            if nodes.child(&id).is_some_and(|engine| engine.is_alive()) {
                // Without a listener Simfra is on its way out.
                let _ = nodes.events.send(RuntimeEvent::ProxyEnded { id });
            }
        });
    }
}

/// The node's label on its proxy.
fn proxy_label(label: &Label) -> io::Result<String> {
    Ok(serde_json::to_string(&Label { is_proxy: true, ..label.clone() })?)
}
