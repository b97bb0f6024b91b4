//! The instance's nodes: what runs, and the verbs that start and end it.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::engine::Engine;
use domain::node::NodeId;
use tokio::sync::mpsc;

use super::binaries::{Binaries, Binary};
use super::child::{Child, Ending};
use super::command::{Files, NodeFolders};
use super::folders::Folders;
use super::label::{Label, Owner, Record};
use super::spawner::{Bond, Spawner};
use super::{GRACE, ProcessConfig, command};
use crate::loopback::Loopback;
use crate::proxy::memcached::NodeList;
use crate::runtime::{
    Activity, NodeHandle, NodeSpec, ObservedNode, ObservedState, RuntimeError, RuntimeEvent, labour,
};
use crate::turns::Turns;
use crate::{Tasks, fault_point};

mod adopt;
mod proxy;
mod sweep;

/// The nodes of one instance.
#[derive(Debug)]
pub(super) struct Nodes {
    owner: Owner,
    binaries: Binaries,
    folders: Folders,
    spawner: Spawner,
    turns: Turns<NodeId>,
    tasks: Tasks,
    executable: PathBuf,
    events: mpsc::UnboundedSender<RuntimeEvent>,
    loopback: Mutex<Loopback>,
    table: Mutex<BTreeMap<NodeId, Node>>,
}

#[derive(Debug)]
struct Node {
    label: Label,
    /// None: it does not run.
    child: Option<Arc<Child>>,
    /// What is before its engine, at its port.
    proxy: Option<Arc<Child>>,
    /// How it ended, for people.
    ended: String,
}

impl Nodes {
    /// Adopts what runs.
    pub(super) fn open(
        config: ProcessConfig,
        tasks: Tasks,
        events: mpsc::UnboundedSender<RuntimeEvent>,
    ) -> Result<Arc<Self>, RuntimeError> {
        let bond = if config.durable { Bond::Outlives } else { Bond::DiesWithUs };
        let spawner = Spawner::new(bond).map_err(|error| RuntimeError::Backend {
            verb: "start",
            subject: "the thread that starts engines".to_owned(),
            reason: error.to_string(),
        })?;
        let nodes = Arc::new(Self {
            binaries: Binaries::new(&config),
            folders: Folders::new(&config),
            loopback: Mutex::new(Loopback::new(&config.state_dir, None).of_instance(&config.instance)),
            owner: Owner {
                instance: config.instance,
                lock: config.lock_path,
                durable: config.durable,
                run_dir: config.run_dir,
                data_dir: config.data_dir,
            },
            spawner,
            executable: config.executable,
            turns: Turns::default(),
            tasks,
            events,
            table: Mutex::default(),
        });
        nodes.adopt_all();
        Ok(nodes)
    }

    pub(super) async fn engines_at_hand(&self) -> Vec<Engine> {
        let mut engines = Vec::new();
        for engine in Engine::ALL {
            if self.binaries.choose(engine, None).await.is_ok() {
                engines.push(engine);
            }
        }
        engines
    }

    pub(super) async fn has_engine(&self, engine: Engine, version: Option<&str>) -> Result<(), RuntimeError> {
        self.binaries.choose(engine, version).await.map(drop)
    }

    pub(super) fn list(&self) -> Vec<ObservedNode> {
        let observe = |(id, node): (&NodeId, &Node)| ObservedNode {
            id: id.clone(),
            generation: node.label.generation,
            state: node.observed(),
        };
        self.table().iter().map(observe).collect()
    }

    /// A running node's processes, and where it listens, for a port as its users know it.
    pub(super) fn running(&self, id: &NodeId, port: u16) -> Option<(Vec<Arc<Child>>, SocketAddrV4)> {
        let table = self.table();
        let node = table.get(id)?;
        let child = node.child.as_ref().filter(|child| child.is_alive())?;
        let mut socket = node.label.socket();
        if port != node.label.asked_port {
            socket.set_port(port);
        }
        Some((node.proxy.iter().chain([child]).cloned().collect(), socket))
    }

    /// See [`Runtime::activity`](crate::runtime::Runtime::activity). A proxy at work is the node's work.
    pub(super) fn activity(&self, id: &NodeId) -> Activity {
        let of = |process: Arc<Child>| {
            process.identity().map_or(Activity::None, |identity| labour::activity(identity.pid))
        };
        let engine = self.child(id).map_or(Activity::None, of);
        let proxy = self.proxy(id).map(of);
        if engine == Activity::Waiting && proxy == Some(Activity::AtWork) { Activity::AtWork } else { engine }
    }

    pub(super) async fn ensure(self: &Arc<Self>, spec: &NodeSpec) -> Result<NodeHandle, RuntimeError> {
        let _turn = self.turns.take(&spec.id).await;
        if let Some(handle) = self.adopt_running(spec) {
            return Ok(handle);
        }
        let choice = self.binaries.choose(spec.engine, spec.version.as_deref()).await?;
        self.kill(&spec.id).await;
        let socket = self.loopback().lease_beside(&spec.id, spec.port, spec.beside())?;
        let label = Label::new(&self.owner, spec, socket);
        self.start(&label, &choice.binary, spec).await?;
        if let Some(notice) = &choice.notice {
            tracing::warn!(node = %spec.id, "{notice}");
        }
        let address = (*socket.ip()).into();
        Ok(NodeHandle { address, port: socket.port(), adopted: false, notice: choice.notice })
    }

    pub(super) async fn stop(&self, id: &NodeId) -> Result<(), RuntimeError> {
        let _turn = self.turns.take(id).await;
        if let Some(child) = self.child(id) {
            child.stop(GRACE).await;
            self.note_end(id, &child, "stopped".to_owned());
        }
        self.kill(id).await;
        Ok(())
    }

    pub(super) async fn remove(&self, id: &NodeId) -> Result<(), RuntimeError> {
        let _turn = self.turns.take(id).await;
        self.kill(id).await;
        fault_point::pass("after end process");
        self.folders.remove(id).await?;
        self.loopback().release(id);
        self.table().remove(id);
        Ok(())
    }

    /// Tells a Memcached node which nodes its cluster has.
    pub(super) async fn publish_nodes(&self, id: &NodeId, list: &NodeList) -> Result<(), RuntimeError> {
        let _turn = self.turns.take(id).await;
        if !self.table().contains_key(id) {
            return Err(RuntimeError::Absent(id.clone()));
        }
        self.folders.write_nodes(id, list)
    }

    /// The node as it runs, when that is what is asked for. A process that somebody stopped goes on.
    fn adopt_running(&self, spec: &NodeSpec) -> Option<NodeHandle> {
        let table = self.table();
        let node = table.get(&spec.id).filter(|node| node.label.serves(spec))?;
        node.running()?.resume();
        let (address, port) = (node.label.address.into(), node.label.port);
        Some(NodeHandle { address, port, adopted: true, notice: None })
    }

    async fn start(
        self: &Arc<Self>,
        label: &Label,
        binary: &Binary,
        spec: &NodeSpec,
    ) -> Result<(), RuntimeError> {
        let id = &label.id;
        let failed = |error: std::io::Error| {
            RuntimeError::StartFailed(format!("{binary} could not be started for node {id}: {error}"))
        };
        let working = self.folders.prepare(id, label.generation, spec.storage)?;
        self.folders.plant(id, &working, spec.storage, spec.seed.as_deref()).await?;
        if let Some(known) = self.birth(binary, spec) {
            self.folders.give_birth(id, &working, &known)?;
        }
        self.folders.write_record(&Record { label: label.clone(), process: None })?;
        self.folders.begin_policy(id, spec.is_proxied)?;
        let log = self.folders.open_log(id)?;
        if let Some(tls) = &spec.tls {
            let files = tls.issue(label.address.into()).map_err(|error| failed(io::Error::other(error)))?;
            self.folders.write_certificate(id, &files)?;
        }
        let search_path = self.binaries.search_path();
        let folders = NodeFolders { of_node: &self.folders.of(id), working: &working };
        let text = command::configuration(binary, label, spec, folders);
        let file = text.map(|text| self.folders.write_configuration(id, &text)).transpose()?;
        let nodes = self.folders.nodes_file(id);
        let files = Files { configuration: file.as_deref(), simfra: &self.executable, nodes: &nodes };
        let command = command::command(binary, label, spec, folders, files, search_path, log);
        let command = command.map_err(failed)?;
        fault_point::pass("before start process");
        let pid = self.spawner.spawn(command).await.map_err(failed)?;
        fault_point::pass("after start process");
        let child = Arc::new(Child::started(pid).map_err(failed)?);
        let record = Record { label: label.clone(), process: child.identity() };
        if let Err(error) = self.folders.write_record(&record) {
            child.kill().await;
            return Err(error);
        }
        self.keep(label.clone(), child);
        Ok(())
    }

    /// What the node knows of its cluster from its first start on; nothing where one of the others may get another port than the
    /// one that is asked for.
    fn birth(&self, binary: &Binary, spec: &NodeSpec) -> Option<String> {
        let mut loopback = self.loopback();
        spec.birth()?.file(&spec.id, binary.version.number(), |member| {
            let socket = loopback.lease_ahead(&member.id, spec.port, spec.beside()).ok()?;
            let is_its_own = *socket.ip() != Ipv4Addr::LOCALHOST && socket.port() == spec.port;
            is_its_own.then_some(socket)
        })
    }

    /// Puts a running node into the table, and watches it.
    fn keep(self: &Arc<Self>, label: Label, child: Arc<Child>) {
        let id = label.id.clone();
        let node = Node { label, child: Some(child.clone()), proxy: None, ended: String::new() };
        self.table().insert(id.clone(), node);
        let nodes = Arc::downgrade(self);
        self.tasks.spawn(async move {
            let ending = child.ended().await;
            if let Some(nodes) = nodes.upgrade() {
                nodes.tell_end(&id, &child, ending);
            }
        });
    }

    /// The node's process ended, by our doing or not.
    fn tell_end(&self, id: &NodeId, child: &Arc<Child>, ending: Ending) {
        if child.is_expected_to_end() {
            return;
        }
        let detail = match self.folders.log_tail(id) {
            tail if tail.is_empty() || ending.is_sudden() => ending.to_string(),
            tail => format!("{ending}; its log ends: {tail}"),
        };
        if self.note_end(id, child, detail.clone()) {
            tracing::debug!(node = %id, detail, "a node's process ended");
            // Without a listener Simfra is on its way out.
            let _ = self.events.send(RuntimeEvent::Exited { id: id.clone(), detail });
        }
    }

    /// False when the node has another process by now, or none.
    fn note_end(&self, id: &NodeId, child: &Arc<Child>, detail: String) -> bool {
        let mut table = self.table();
        let Some(node) = table.get_mut(id) else { return false };
        if !node.child.as_ref().is_some_and(|of_node| Arc::ptr_eq(of_node, child)) {
            return false;
        }
        node.child = None;
        node.ended = detail;
        true
    }

    /// Ends the node's processes at once: its port is free then.
    async fn kill(&self, id: &NodeId) {
        for process in self.child(id).into_iter().chain(self.proxy(id)) {
            process.kill().await;
        }
    }

    fn child(&self, id: &NodeId) -> Option<Arc<Child>> {
        self.table().get(id)?.child.clone()
    }

    fn table(&self) -> MutexGuard<'_, BTreeMap<NodeId, Node>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn loopback(&self) -> MutexGuard<'_, Loopback> {
        self.loopback.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Node {
    fn running(&self) -> Option<&Child> {
        self.child.as_deref().filter(|child| child.is_alive())
    }

    fn observed(&self) -> ObservedState {
        match self.running() {
            Some(_) => ObservedState::Running { address: self.label.address.into(), port: self.label.port },
            // Its end may not have been told yet.
            None if self.ended.is_empty() => ObservedState::Exited { detail: "ended".to_owned() },
            None => ObservedState::Exited { detail: self.ended.clone() },
        }
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        if self.owner.durable {
            return;
        }
        let table = self.table.get_mut().unwrap_or_else(PoisonError::into_inner);
        for child in table.values().flat_map(|node| node.child.iter().chain(&node.proxy)) {
            child.kill_now();
        }
    }
}
