//! How a plan's steps are done.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use dataplane::engine::dump::DumpError;
use dataplane::engine::{Access, NotReady, SessionError, Target, wait_ready};
use dataplane::fault_point;
use dataplane::runtime::{
    Configuration, Network, NetworkSpec, NodeHandle, NodeSpec, Replication, RuntimeError, RuntimeKind,
    Storage,
};
use dataplane::tls::NodeTls;
use domain::cluster::{CacheCluster, CacheNode, Served};
use domain::engine::Engine;
use domain::engine_version::EngineVersion;
use domain::ids::CacheNodeId;
use domain::node::{NodeId, VpcKey};
use domain::parameter::{memory_limit_bytes, settings};
use domain::parameter_group::ClusterMode;
use domain::plan::Step;
use futures_util::future::try_join_all;
use tokio::sync::oneshot;

use super::Reconciler;
use super::admit::clients_at_start;
use crate::store::{ClusterKey, StoreError};

/// How long a started engine may take to answer. Fifty that start at once on two cores need tens of seconds; one
/// that exits meanwhile is noticed at once.
const READY_WITHIN: Duration = Duration::from_secs(120);

/// How long a node may be silent that ran before Simfra looked. One that still loads its data is not silent.
const FOUND_ANSWERS_WITHIN: Duration = Duration::from_secs(5);

/// How long a node that leaves a fleet or a replication group serves on after names, discovery and the others of its group
/// tell of it no more: a client that looks at least this often is never sent to a node that is gone. AWS's clients look
/// every minute, which nobody would wait for here.
const LOOKS_WITHIN: Duration = Duration::from_secs(2);

/// Why a step was not done; the cluster is planned again after a pause.
#[derive(Debug, thiserror::Error)]
pub(super) enum StepError {
    /// The runtime's verb failed.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A node's data could not be taken.
    #[error(transparent)]
    Dump(#[from] DumpError),
    /// An engine did not do what Simfra itself asked of it.
    #[error(transparent)]
    Session(#[from] SessionError),
}

impl Reconciler {
    /// Does `steps` in order; those of different nodes at the same time. Stops early when a node's start failed for
    /// good, which is recorded.
    pub(super) async fn execute(
        &self,
        key: &ClusterKey,
        cluster: &CacheCluster,
        steps: Vec<Step>,
    ) -> Result<(), StepError> {
        let executed = self.execute_steps(key, cluster, steps).await;
        // A step that recorded something has told them.
        self.record_notices(key).await?;
        executed
    }

    async fn execute_steps(
        &self,
        key: &ClusterKey,
        cluster: &CacheCluster,
        steps: Vec<Step>,
    ) -> Result<(), StepError> {
        let mut per_node: HashMap<CacheNodeId, Vec<Step>> = HashMap::new();
        let mut last = Vec::new();
        for step in steps {
            match step {
                Step::EnsureNetwork => self.ensure_network(cluster).await?,
                Step::Withdraw => {
                    self.names.publish_cluster(cluster).await;
                    self.tell_nodes(cluster).await?;
                    self.withdraw_from_group(cluster).await?;
                }
                Step::EnsureNode(id)
                | Step::AwaitAnswer(id)
                | Step::Configure(id)
                | Step::Admit(id)
                | Step::Drain(id)
                | Step::RemoveNode(id) => {
                    per_node.entry(id).or_default().push(step);
                }
                Step::Resume(_)
                | Step::Replace { .. }
                | Step::Resize(_)
                | Step::HandOver(_)
                | Step::Abandon { .. }
                | Step::Settle
                | Step::Fail { .. }
                | Step::Forget => last.push(step),
            }
        }
        let nodes = per_node
            .into_iter()
            .map(async |(id, steps)| self.node_steps(cluster, id, steps).await.map_err(|error| (id, error)));
        match try_join_all(nodes).await {
            Ok(_) => {}
            Err((
                node,
                StepError::Runtime(
                    error @ (RuntimeError::EngineUnavailable(_)
                    | RuntimeError::StartFailed(_)
                    | RuntimeError::Exhausted(_)),
                ),
            )) if self.record_failure(key, Some(node), &error.to_string()).await? => return Ok(()),
            Err((_, error)) => {
                // Whatever failed, its network may be what is missing: it is looked for again, not remembered.
                self.networks.forget();
                return Err(error);
            }
        }
        for step in last {
            if step == Step::Settle {
                // Who sees `available` may ask at once.
                self.published.open_all(cluster).await?;
                self.tell_nodes(cluster).await?;
            }
            self.record(key, cluster, step).await?;
        }
        Ok(())
    }

    async fn record(&self, key: &ClusterKey, cluster: &CacheCluster, step: Step) -> Result<(), StepError> {
        match step {
            Step::HandOver(node) => self.hand_over(key, cluster, node).await,
            Step::Resize(node) => self.resize_node(key, cluster, node).await,
            Step::Replace { node, ref cause } if cluster.membership.is_some() => {
                let Some(lost) = cluster.node(node) else { return Ok(()) };
                if self.fails_over(key, cluster, lost, cause).await? {
                    return Ok(());
                }
                self.have_forgotten_the_lost(cluster).await;
                Ok(self.record_step(key, cluster, step).await?)
            }
            step => Ok(self.record_step(key, cluster, step).await?),
        }
    }

    async fn record_step(
        &self,
        key: &ClusterKey,
        cluster: &CacheCluster,
        step: Step,
    ) -> Result<(), StoreError> {
        match step {
            Step::Abandon { cause } => {
                let cause = self.arrival_failure(cluster, &cause).await;
                self.record_abandoned(key, &cause).await
            }
            Step::Settle => self.record_settled(key, cluster).await,
            Step::Forget => self.record_gone(key, cluster).await,
            Step::Fail { cause } => self.record_failure(key, None, &cause).await.map(drop),
            Step::Resume(node) => {
                let Some(down) = cluster.node(node) else { return Ok(()) };
                self.record_down(key, node, down.generation).await
            }
            Step::Replace { node, cause } => {
                let Some(lost) = cluster.node(node) else { return Ok(()) };
                self.record_lost(key, node, lost.generation, &cause).await
            }
            Step::EnsureNetwork
            | Step::Withdraw
            | Step::Resize(_)
            | Step::HandOver(_)
            | Step::EnsureNode(_)
            | Step::AwaitAnswer(_)
            | Step::Configure(_)
            | Step::Admit(_)
            | Step::Drain(_)
            | Step::RemoveNode(_) => Ok(()),
        }
    }

    pub(super) async fn ensure_network(&self, cluster: &CacheCluster) -> Result<(), StepError> {
        let spec = self.network_spec(cluster);
        let slot = self.networks.slot(&spec.vpc);
        let mut ensured = slot.lock().await;
        let now = self.networks.round();
        if *ensured == Some(now) {
            return Ok(());
        }
        fault_point::pass("before ensure network");
        let network = self.ensure_network_to_the_end(spec.clone()).await?;
        fault_point::pass("after ensure network");
        self.names.serve_vpc(spec.vpc, network);
        *ensured = Some(now);
        Ok(())
    }

    async fn node_steps(
        &self,
        cluster: &CacheCluster,
        id: CacheNodeId,
        steps: Vec<Step>,
    ) -> Result<(), StepError> {
        for step in steps {
            match step {
                Step::EnsureNode(_) => self.ensure_node(cluster, id).await?,
                Step::AwaitAnswer(_) => self.await_answer(cluster, id).await?,
                Step::Configure(_) => self.configure(cluster, id).await?,
                Step::Admit(_) => self.admit(cluster, id).await?,
                Step::Drain(_) if self.runtime.kind() == RuntimeKind::None => {}
                Step::Drain(_) => self.clock.sleep(LOOKS_WITHIN).await,
                Step::RemoveNode(_) => {
                    let node = cluster.node_id(id);
                    self.heartbeats.stop(&node);
                    fault_point::pass("before remove node");
                    self.remove_to_the_end(node.clone()).await?;
                    self.observations.removed(&node);
                    self.published.close(&node).await;
                    self.told.forget(&node);
                    fault_point::pass("after remove node");
                }
                Step::EnsureNetwork
                | Step::Withdraw
                | Step::Resume(_)
                | Step::Replace { .. }
                | Step::Resize(_)
                | Step::HandOver(_)
                | Step::Abandon { .. }
                | Step::Settle
                | Step::Fail { .. }
                | Step::Forget => {}
            }
        }
        Ok(())
    }

    async fn ensure_node(&self, cluster: &CacheCluster, id: CacheNodeId) -> Result<(), StepError> {
        let Some(node) = cluster.nodes.iter().find(|node| node.id == id) else { return Ok(()) };
        // Its certificate names the address.
        self.published.open(cluster, id).await?;
        let spec = self.node_spec(cluster, node);
        self.heartbeats.stop(&spec.id);
        fault_point::pass("before ensure node");
        let handle = self.ensure_to_the_end(spec.clone()).await?;
        self.told.forget(&spec.id);
        fault_point::pass("after ensure node");
        self.observations.started(&spec.id, spec.generation, &handle, spec.is_proxied);
        if let Some(notice) = handle.notice {
            self.notices.add(&ClusterKey::of_node(&spec.id), notice);
        }
        Ok(())
    }

    async fn ensure_network_to_the_end(&self, spec: NetworkSpec) -> Result<Network, RuntimeError> {
        let runtime = Arc::clone(&self.runtime);
        self.to_the_end("make a network", async move { runtime.ensure_network(&spec).await }).await
    }

    pub(super) async fn remove_network_to_the_end(&self, vpc: VpcKey) -> Result<(), RuntimeError> {
        let runtime = Arc::clone(&self.runtime);
        self.to_the_end("remove a network", async move { runtime.remove_network(&vpc).await }).await
    }

    /// What removes the node comes after it, also where whoever asked for it went away meanwhile.
    async fn ensure_to_the_end(&self, spec: NodeSpec) -> Result<NodeHandle, RuntimeError> {
        let (runtime, turn) = (Arc::clone(&self.runtime), self.verbs.take(&spec.id).await);
        let ensure = async move {
            let _turn = turn;
            runtime.ensure(&spec).await
        };
        self.to_the_end("start a node", ensure).await
    }

    pub(super) async fn remove_to_the_end(&self, id: NodeId) -> Result<(), RuntimeError> {
        let (runtime, turn) = (Arc::clone(&self.runtime), self.verbs.take(&id).await);
        let remove = async move {
            let _turn = turn;
            runtime.remove(&id).await
        };
        self.to_the_end("remove a node", remove).await
    }

    /// Runs a verb to its end even when Simfra stops meanwhile: what a backend was asked for, it goes on making, and
    /// the stop must find it.
    async fn to_the_end<T, V>(&self, name: &'static str, verb: V) -> Result<T, RuntimeError>
    where
        T: Send + 'static,
        V: Future<Output = Result<T, RuntimeError>> + Send + 'static,
    {
        if self.runtime.kind() == RuntimeKind::None {
            // It makes nothing that could be left.
            return verb.await;
        }
        let (end, ended) = oneshot::channel();
        self.supervisor.spawn_draining(name, async move {
            // Nobody listens any more when Simfra stops.
            let _ = end.send(verb.await);
        });
        ended.await.unwrap_or_else(|_| {
            let reason = "Simfra stops".to_owned();
            Err(RuntimeError::Backend { verb: "finish", subject: format!("'{name}'"), reason })
        })
    }

    async fn await_answer(&self, cluster: &CacheCluster, id: CacheNodeId) -> Result<(), StepError> {
        let node = cluster.node_id(id);
        if self.runtime.kind() == RuntimeKind::None {
            self.observations.answered(&node);
            return Ok(());
        }
        let Some(target) = self.target(cluster, id) else { return Ok(()) };
        let found = self.observations.was_found(&node);
        let within = if found { FOUND_ANSWERS_WITHIN } else { READY_WITHIN };
        let within = self.begin_proxy(cluster, id, within).await?;
        let key = ClusterKey::of(cluster);
        let answered = tokio::select! {
            () = self.unwanted(&key) => return Ok(()),
            answered = wait_ready(&*self.runtime, &target, within) => answered,
            detail = self.observations.death_of(&node) => return Err(RuntimeError::StartFailed(detail).into()),
        };
        match answered {
            // On a slow disk all may be silent, and whoever replaced them would lose what none of them answers for.
            Err(NotReady::Late { .. }) if found && self.answers_in_the_end_as_found(&target).await => {
                tracing::info!(%node, "a node was too busy to answer when it was found, and is well");
            }
            Err(NotReady::Late { .. }) if found => {
                // It hangs since before Simfra looked: the next plan replaces it, as one whose heartbeats stop.
                if let Some(generation) = cluster.node(id).map(|node| node.generation) {
                    self.observations.hung(&node, generation);
                }
                return Ok(());
            }
            answered => answered.map_err(|e| RuntimeError::StartFailed(e.to_string()))?,
        }
        if cluster.spec.auth.is_some() || cluster.membership.is_some() {
            // It may run since before the last change, or be started as it was then.
            self.admit(cluster, id).await?;
            self.have_proxy(cluster, id).await?;
        }
        self.observations.answered(&node);
        Ok(())
    }

    /// Keeps a heartbeat on every node that answers.
    pub(super) fn watch(&self, cluster: &CacheCluster) {
        if self.runtime.kind() == RuntimeKind::None {
            return;
        }
        for node in &cluster.nodes {
            if let Some(target) = self.target(cluster, node.id) {
                self.heartbeats.keep(target);
            }
        }
    }

    /// A node's engine, where it was seen; none before.
    pub(super) fn target(&self, cluster: &CacheCluster, id: CacheNodeId) -> Option<Target> {
        let node = cluster.node(id)?;
        let (_, port) = self.observations.address_of(&cluster.node_id(id))?;
        Some(Target { port, ..Target::of(&self.node_spec(cluster, node)) })
    }

    pub(super) fn node_spec(&self, cluster: &CacheCluster, node: &CacheNode) -> NodeSpec {
        let served = cluster.served();
        let seeded = cluster.starts_from_seed()
            && self.runtime.kind() != RuntimeKind::None
            && !self.is_replica(cluster);
        NodeSpec {
            id: cluster.node_id(node.id),
            generation: node.generation,
            arn: cluster.arn().to_string(),
            engine: cluster.engine_of(&served),
            version: served.requested_version.clone(),
            port: cluster.spec.port,
            network: self.network_spec(cluster),
            address: node.address,
            storage: if self.durable { Storage::Durable } else { Storage::Ephemeral },
            memory: memory(cluster.engine_of(&served), &served),
            seed: seeded.then(|| self.seeds.of(&cluster.node_id(node.id))),
            tls: self.tls(cluster, node),
            replication: self.replication(cluster, node),
            is_proxied: self.needs_proxy(cluster),
            configuration: self.configuration(cluster, node),
        }
    }

    fn replication(&self, cluster: &CacheCluster, node: &CacheNode) -> Replication {
        if cluster.membership.is_none() {
            return Replication::Alone;
        }
        if cluster.served().cluster_mode() == ClusterMode::Off {
            return Replication::Member;
        }
        let names = self.names.naming().of(&cluster.scope);
        Replication::Shard { name: cluster.node_name(node.id, &names), birth: self.birth(cluster, node) }
    }

    fn tls(&self, cluster: &CacheCluster, node: &CacheNode) -> Option<NodeTls> {
        let published = self.published.socket(&cluster.node_id(node.id)).map(|socket| *socket.ip());
        Some(self.certificates.of(cluster, node.id)?.published_at(published))
    }

    fn configuration(&self, cluster: &CacheCluster, node: &CacheNode) -> Configuration {
        if self.runtime.kind() == RuntimeKind::None {
            // Nothing is started with it.
            return Configuration { settings: Vec::new(), access: None };
        }
        let served = cluster.served();
        let engine = cluster.engine_of(&served);
        let version = EngineVersion::reported(engine, &served.engine_version);
        let known = version.zip(served.cache_node_type.facts());
        let access = || {
            let secrets = self.key.node(&cluster.node_id(node.id), node.generation);
            Access { secrets, clients: clients_at_start(&self.store.read(), cluster) }
        };
        Configuration {
            settings: known.map_or_else(Vec::new, |(version, node_type)| {
                settings(version, node_type, &served.parameters)
            }),
            access: (engine != Engine::Memcached).then(access),
        }
    }
}

/// The most that a node may hold that is served so, in bytes.
pub(super) fn memory(engine: Engine, served: &Served) -> Option<u64> {
    let facts = served.cache_node_type.facts()?;
    memory_limit_bytes(engine, facts, &served.parameters)
}
