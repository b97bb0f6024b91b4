//! Simfra, put together: what is built, in which order it starts, and in which order it stops.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context;
use dataplane::dns::{HostServer, Upstream};
use dataplane::engine::InstanceKey;
use dataplane::proxy::ForwardPool;
use dataplane::runtime::{Network, Runtime, RuntimeKind};
use domain::cluster::CacheCluster;
use domain::node::VpcKey;
use tokio::net::TcpListener;

use crate::admin::Healthy;
use crate::aws::ec2::Ec2;
use crate::aws::elasticache::ElastiCache;
use crate::aws::sts::Sts;
use crate::aws::tagging::Tagging;
use crate::certificates::Certificates;
use crate::clock::Clock;
use crate::config::Config;
use crate::dialer::Dialer;
use crate::engines::Engines;
use crate::forwards::Forwards;
use crate::http::{AwsService, Gateway, JsonService, QueryService};
use crate::ids::Ids;
use crate::instance::InstanceLock;
use crate::instance_key;
use crate::names::{self, Names, Naming};
use crate::observations::Observations;
use crate::published::Published;
use crate::reconcile::{Parts, Reconciler};
use crate::seeds::Seeds;
use crate::serving::Serving;
use crate::store::{Feed, Store, StoreError};
use crate::supervise::Supervisor;

/// How long background work may take to stop: a runtime's verb that is under way is let to its end.
const DRAIN: Duration = Duration::from_secs(20);

/// What serves requests from the first moment, and what stands behind it once it is there.
pub struct App {
    /// Intent and life cycles.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Random draws.
    pub ids: Arc<Ids>,
    config: Config,
    naming: Naming,
    serving: Serving,
    /// What nodes with encryption in transit are known by.
    pub certificates: Certificates,
    background: Supervisor,
    lock: InstanceLock,
    key: InstanceKey,
    behind: OnceLock<Behind>,
}

/// What is there once the engines' backend was reached.
pub struct Behind {
    engines: Engines,
    /// What nodes run on.
    pub runtime: Arc<dyn Runtime>,
    /// What was seen of them.
    pub observations: Arc<Observations>,
    /// Their names.
    pub names: Arc<Names>,
    /// The forwards to them.
    pub forwards: Arc<Forwards>,
    /// What leads them to what they shall be.
    pub reconciler: Arc<Reconciler>,
}

impl App {
    /// Opens the store. AWS requests can be served from here on; nothing of them is done before [`App::start`].
    ///
    /// # Errors
    /// When another Simfra has the instance's name or the data directory, or its key cannot be kept.
    pub fn open(config: &Config, clock: Clock, ids: Arc<Ids>) -> anyhow::Result<(Arc<Self>, Feed)> {
        let lock = InstanceLock::take(&config.cache_dir, config.instance.as_str())?;
        let (store, feed) = match &config.data_dir {
            Some(folder) => Store::open(folder)?,
            None => Store::in_memory()?,
        };
        let key = instance_key::of(config.data_dir.as_deref(), &ids)?;
        let naming =
            Naming { suffix: config.dns_suffix.as_str().to_owned(), home: config.default_scope.clone() };
        let certificates = Certificates::open(config, naming.clone(), &clock)?;
        let app = Self {
            store,
            clock,
            ids,
            config: config.clone(),
            naming,
            serving: Serving::of(&config.runtime),
            certificates,
            background: Supervisor::new("background"),
            lock,
            key,
            behind: OnceLock::new(),
        };
        Ok((Arc::new(app), feed))
    }

    /// The AWS services.
    pub fn services(&self) -> Vec<Arc<dyn AwsService>> {
        let elasticache = ElastiCache::new(
            self.store.clone(),
            self.naming.clone(),
            Arc::clone(&self.ids),
            self.config.quotas,
            self.serving.clone(),
        );
        let ec2 = Ec2::new(self.store.clone(), Arc::clone(&self.ids), self.config.quotas);
        let tagging = Tagging::new(self.store.clone());
        vec![
            Arc::new(QueryService(elasticache)),
            Arc::new(QueryService(ec2)),
            Arc::new(QueryService(Sts)),
            Arc::new(JsonService(tagging)),
        ]
    }

    /// Reaches the engines' backend, cleans up what is nobody's, and starts the reconcilers.
    ///
    /// # Errors
    /// When the runtime that was asked for cannot serve, or not as it is to, or no DNS port is free.
    pub async fn start(&self, feed: Feed) -> anyhow::Result<()> {
        let engines = Engines::start(&self.config, &self.lock, &self.ids, self.background.tasks()).await?;
        anyhow::ensure!(
            self.config.vpc_isolation || !engines.is_secluded(),
            "SIMFRA_VPC_ISOLATION=false publishes nodes at addresses 127.83.x.y, which only Simfra's own container would \
             have; run the container with --network host, or Simfra on the host, or leave SIMFRA_VPC_ISOLATION out and use \
             port forwards (/_simfra/port-forwards)"
        );
        self.start_with(engines, feed).await
    }

    /// [`App::start`] with a runtime that is there already.
    ///
    /// # Errors
    /// As [`App::start`].
    pub async fn start_with(&self, engines: Engines, feed: Feed) -> anyhow::Result<()> {
        self.clean_up(&engines).await;
        let runtime = engines.runtime();
        self.serving.set(runtime.kind());
        let tasks = self.background.tasks();
        let ips = self.config.listen.for_forwards();
        let host = HostServer::bind(self.config.dns_ports.clone(), &ips, Upstream::system(), &tasks)
            .await
            .context("no port for DNS (SIMFRA_DNS_PORT_RANGE)")?;
        let observations = Arc::new(Observations::default());
        let names = Arc::new(Names::new(
            self.naming.clone(),
            self.store.clone(),
            Arc::clone(&observations),
            Arc::clone(&runtime),
            host,
        ));
        let dialer = Dialer {
            runtime: Arc::clone(&runtime),
            observations: Arc::clone(&observations),
            store: self.store.clone(),
            certificates: self.certificates.clone(),
            lives: Arc::default(),
        };
        let pool = || ForwardPool::new(self.config.forward_ports.clone(), ips.clone(), tasks.clone());
        let forwards = Arc::new(Forwards::new(
            self.store.clone(),
            Arc::clone(&runtime),
            dialer.clone(),
            pool(),
            self.naming.clone(),
            Arc::clone(&self.ids),
        ));
        forwards.reopen().await;
        let published = Published::new(&self.config, dialer, pool());
        let clusters: Vec<_> = self.store.read().all_clusters().cloned().collect();
        published.reopen(&clusters).await;
        let reconciler = Reconciler::new(Parts {
            store: self.store.clone(),
            runtime: Arc::clone(&runtime),
            observations: Arc::clone(&observations),
            names: Arc::clone(&names),
            forwards: Arc::clone(&forwards),
            published,
            certificates: self.certificates.clone(),
            clock: self.clock.clone(),
            ids: Arc::clone(&self.ids),
            supervisor: self.background.clone(),
            durable: self.config.data_dir.is_some(),
            key: self.key.clone(),
            auth: self.config.auth.clone(),
            seeds: self.seeds(),
        });
        reconciler.observe_all().await;
        self.background.spawn("reconciler", Arc::clone(&reconciler).run(feed));
        let behind = Behind { engines, runtime, observations, names, forwards, reconciler };
        self.behind.set(behind).map_err(|_| anyhow::anyhow!("Simfra was started twice"))
    }

    /// Stops the background and takes the engines along: in memory everything is removed, with a data directory the
    /// data stays. Answers with the names of the tasks that were late.
    pub async fn stop(&self) -> Vec<&'static str> {
        // A verb of the runtime that is under way ends first: what it makes is to be found below.
        let late = self.background.drain(DRAIN).await;
        if let Some(behind) = self.behind.get() {
            self.stop_engines(behind).await;
        }
        self.store.close().await;
        late
    }

    /// Has `gateway` answer in every VPC too, at Simfra's address there: what `simfra.local` is in it. A host that has
    /// no such address (Docker in a virtual machine) goes without; a Simfra that listens everywhere does so already.
    pub fn answer_in_vpcs(&self, gateway: Arc<Gateway>) {
        let Some(behind) = self.behind() else { return };
        if self.config.listen.is_everywhere() {
            return;
        }
        let (mut networks, port) = (behind.names.watch_networks(), self.config.listen.port);
        self.background.spawn("answer in VPCs", async move {
            let mut answered = HashSet::new();
            loop {
                let served = networks.borrow_and_update().clone();
                for (vpc, network) in served.into_iter().filter(|(_, network)| network.resolver.is_some()) {
                    let address = SocketAddr::from((names::api_address(&network), port));
                    if !answered.insert(address) {
                        continue;
                    }
                    match TcpListener::bind(address).await {
                        Ok(listener) => gateway.serve(vec![listener]),
                        Err(error) => {
                            answered.remove(&address);
                            tracing::warn!(%vpc, %address, %error, "simfra.local is not reached from inside this VPC");
                        }
                    }
                }
                if networks.changed().await.is_err() {
                    return;
                }
            }
        });
    }

    /// What is there once Simfra has started.
    pub fn behind(&self) -> Option<&Behind> {
        self.behind.get()
    }

    /// What the health page tells.
    pub fn healthy(&self) -> Healthy {
        let kind = self.behind().map_or(RuntimeKind::None, |behind| behind.runtime.kind());
        Healthy {
            services: self.services().len(),
            docker_enabled: kind == RuntimeKind::Docker,
            persistence_enabled: self.config.data_dir.is_some(),
            default_account_id: self.config.default_scope.account.to_string(),
            default_region: self.config.default_scope.region.to_string(),
            runtime: match kind {
                RuntimeKind::Docker => "docker",
                RuntimeKind::Process => "process",
                RuntimeKind::None => "none",
            },
        }
    }

    /// What this Simfra can do, in one line.
    pub fn summary(&self) -> String {
        let healthy = self.healthy();
        let engines = match healthy.runtime {
            "docker" => "real engines in Docker containers",
            "process" => "real engines as local processes",
            _ => "no engines: the control plane alone",
        };
        let data = match &self.config.data_dir {
            Some(folder) => format!("everything survives in {}", folder.display()),
            None => "all in memory, removed at exit".to_owned(),
        };
        let dns = self.behind().map_or(0, |behind| behind.names.port());
        format!(
            "Simfra is ready at http://localhost:{}: {engines}; DNS on port {dns}; {data}",
            self.config.listen.port
        )
    }

    fn seeds(&self) -> Seeds {
        let instance = || self.config.cache_dir.join("run").join(self.config.instance.as_str());
        Seeds::new(self.config.data_dir.clone().unwrap_or_else(instance).join("seeds"))
    }

    async fn clean_up(&self, engines: &Engines) {
        if let Err(error) = engines.sweep().await {
            tracing::warn!(%error, "what a dead Simfra left could not be removed; the next start tries again");
        }
        if self.config.data_dir.is_none() {
            if let Err(error) = engines.remove_all().await {
                tracing::warn!(%error, "what an earlier run of this instance left could not be removed");
            }
            return;
        }
        // A killed run had no time to take along the networks of VPCs whose last cluster went.
        let needed: HashSet<VpcKey> = self.store.read().all_clusters().map(|c| c.spec.vpc.clone()).collect();
        if let Err(error) = engines.remove_networks(&|vpc| needed.contains(vpc)).await {
            tracing::warn!(%error, "a network without clusters could not be removed; the next start tries again");
        }
    }

    /// Records that the nodes go down by Simfra's own doing.
    async fn rest_clusters(&self) {
        if self.store.read().all_clusters().next().is_none() {
            return;
        }
        let rested: Result<(), StoreError> = self
            .store
            .transact(|tx| {
                let clusters: Vec<_> = tx.all_clusters().cloned().collect();
                for before in clusters {
                    let mut cluster = CacheCluster::clone(&before);
                    cluster.rest();
                    if cluster != *before {
                        tx.put_changed(&before, cluster);
                    }
                }
                Ok(())
            })
            .await;
        if let Err(error) = rested {
            tracing::warn!(%error, "the next start tells of this stop as of a recovery");
        }
    }

    async fn stop_engines(&self, behind: &Behind) {
        if self.config.data_dir.is_none() {
            if let Err(error) = behind.engines.remove_all().await {
                tracing::error!(%error, "something of this instance is left; its next start removes it");
            }
            self.seeds().remove_all().await;
            return;
        }
        self.rest_clusters().await;
        let nodes = match behind.runtime.list().await {
            Ok(listed) => listed.into_iter().map(|node| node.id).collect(),
            Err(_) => behind.observations.ids(),
        };
        let stops = nodes.iter().map(|id| behind.runtime.stop(id));
        for (id, stopped) in nodes.iter().zip(futures_util::future::join_all(stops).await) {
            if let Err(error) = stopped {
                tracing::error!(node = %id, %error, "an engine could not be stopped; the next start adopts it");
            }
        }
        if let Err(error) = behind.engines.leave().await {
            tracing::warn!(%error, "a VPC's resolver could not be stopped; the next start adopts it");
        }
    }
}

impl Behind {
    /// The network that a cluster's nodes are in, once it was made.
    pub fn network_of(&self, cluster: &CacheCluster) -> Option<Network> {
        self.names
            .networks()
            .into_iter()
            .find(|(vpc, _)| *vpc == cluster.spec.vpc)
            .map(|(_, network)| network)
    }
}
