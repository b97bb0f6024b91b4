//! The cluster reconciler: leads what runs to what the store says, and records how far it came.
//!
//! It takes no input but the store and the observations, is woken by commits, by the runtime's events, by missed
//! heartbeats and by a period, and alone calls the runtime for nodes. A key has one worker at a time; different
//! clusters are worked on in parallel, without a limit other than the runtime's.

mod admit;
mod cluster_mode;
mod configure;
mod discovery;
mod failover;
mod global_replication_groups;
mod heartbeats;
mod moves;
mod networks;
mod notices;
mod orphans;
mod proxies;
mod queue;
mod record;
mod replication;
mod replication_groups;
mod resharding;
mod serverless_caches;
mod silence;
mod snapshots;
mod steps;
mod users;
mod windows;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dataplane::engine::InstanceKey;
use dataplane::runtime::{Runtime, RuntimeEvent};
use dataplane::turns::Turns;
use domain::cluster::Phase;
use domain::node::NodeId;
use domain::plan::plan;

use crate::certificates::Certificates;
use crate::clock::Clock;
use crate::config::Auth;
use crate::forwards::Forwards;
use crate::ids::Ids;
use crate::names::Names;
use crate::observations::Observations;
use crate::published::Published;
use crate::seeds::Seeds;
use crate::store::{Change, ClusterKey, Feed, GlobalKey, GroupKey, ResourceChange, Store, Watched, World};
use crate::supervise::Supervisor;

use discovery::Told;
use heartbeats::Heartbeats;
use networks::Networks;
use notices::Notices;
pub(crate) use serverless_caches::is_snapshotted;

use queue::Queue;
use replication::Endpoints;
use serverless_caches::Serverless;
use silence::Excused;
use snapshots::Snapshots;
use steps::StepError;
use windows::Openings;

/// How often everything is looked at without a reason; after a step failed it is also when it is tried again.
const PERIOD: Duration = Duration::from_secs(15);
/// How long a failed step waits at first, doubled each time up to [`PERIOD`]: short for whoever waits for a cache, long
/// enough not to flood a backend in trouble.
const PAUSE: Duration = Duration::from_millis(500);
/// How often a step fails in a row before the resource's events tell of it.
const TOLD_AFTER: u32 = 5;

/// What a reconciler works with.
pub struct Reconciler {
    store: Store,
    runtime: Arc<dyn Runtime>,
    observations: Arc<Observations>,
    names: Arc<Names>,
    forwards: Arc<Forwards>,
    published: Published,
    certificates: Certificates,
    clock: Clock,
    supervisor: Supervisor,
    queue: Queue<ClusterKey>,
    group_queue: Queue<GroupKey>,
    global_queue: Queue<GlobalKey>,
    serverless: Serverless,
    snapshots: Snapshots,
    networks: Networks,
    heartbeats: Heartbeats,
    excused: Excused,
    openings: Openings<ClusterKey>,
    group_openings: Openings<GroupKey>,
    turns: Turns<GroupKey>,
    admissions: Turns<NodeId>,
    verbs: Turns<NodeId>,
    endpoints: Mutex<HashMap<GroupKey, Endpoints>>,
    notices: Notices,
    ids: Arc<Ids>,
    told: Told,
    durable: bool,
    key: InstanceKey,
    auth: Auth,
    seeds: Seeds,
}

/// The parts that a reconciler is built from.
pub struct Parts {
    /// Intent.
    pub store: Store,
    /// What nodes run on.
    pub runtime: Arc<dyn Runtime>,
    /// What was seen.
    pub observations: Arc<Observations>,
    /// Where names are published.
    pub names: Arc<Names>,
    /// The forwards, closed with their targets.
    pub forwards: Arc<Forwards>,
    /// Where nodes are published on the host.
    pub published: Published,
    /// Certificates of nodes with encryption in transit.
    pub certificates: Certificates,
    /// The time.
    pub clock: Clock,
    /// Random draws.
    pub ids: Arc<Ids>,
    /// Whose tasks the workers are.
    pub supervisor: Supervisor,
    /// Whether caches' data outlives their processes (a data directory is set).
    pub durable: bool,
    /// What the nodes' secrets follow from.
    pub key: InstanceKey,
    /// Whose keys tokens of IAM's are checked by.
    pub auth: Auth,
    /// Where nodes' data lies while they move.
    pub seeds: Seeds,
}

impl Reconciler {
    /// A reconciler that does nothing yet.
    pub fn new(parts: Parts) -> Arc<Self> {
        let Parts {
            store,
            runtime,
            observations,
            names,
            forwards,
            published,
            certificates,
            clock,
            ids,
            supervisor,
            durable,
            key,
            auth,
            seeds,
        } = parts;
        let heartbeats = Heartbeats::new(Arc::clone(&runtime), supervisor.tasks());
        Arc::new(Self {
            store,
            runtime,
            observations,
            names,
            forwards,
            published,
            certificates,
            clock,
            supervisor,
            queue: Queue::default(),
            group_queue: Queue::default(),
            global_queue: Queue::default(),
            serverless: Serverless::default(),
            snapshots: Snapshots::default(),
            networks: Networks::default(),
            heartbeats,
            excused: Excused::default(),
            openings: Openings::default(),
            group_openings: Openings::default(),
            turns: Turns::default(),
            admissions: Turns::default(),
            verbs: Turns::default(),
            endpoints: Mutex::default(),
            notices: Notices::default(),
            ids,
            told: Told::default(),
            durable,
            key,
            auth,
            seeds,
        })
    }

    /// Works until Simfra stops. Call [`Reconciler::observe_all`] first: it sees what an earlier run left.
    pub async fn run(self: Arc<Self>, mut feed: Feed) {
        let mut events = self.runtime.events();
        let mut misses = self.heartbeats.misses();
        let mut period = tokio::time::interval(PERIOD);
        period.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                committed = feed.recv() => match committed {
                    Some(changes) => self.committed(&changes),
                    None => return,
                },
                Some(event) = events.recv() => self.runtime_event(event).await,
                Some(miss) = misses.recv() => {
                    let this = Arc::clone(&self);
                    self.supervisor.spawn("look at a silent node", async move { this.missed(miss).await });
                }
                _ = period.tick() => {
                    self.forget_old_events().await;
                    self.wake_all();
                }
            }
        }
    }

    fn committed(self: &Arc<Self>, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Resource(ResourceChange::Cluster(key, cluster)) => {
                    self.published.retain(key, cluster.as_deref());
                    self.forwards.let_go(key, cluster.as_deref());
                    match cluster {
                        Some(cluster) => {
                            self.wake(key);
                            if let Some(group) = GroupKey::of_member(cluster) {
                                self.lead_forwards(&group);
                                self.wake_group(&group);
                            }
                        }
                        None => self.wake_group_without(&key.scope, &key.id),
                    }
                }
                Change::Resource(ResourceChange::ReplicationGroup(key, Some(group))) => {
                    self.lead_forwards(key);
                    self.wake_group(key);
                    if let Some(membership) = &group.global {
                        self.wake_global(&GlobalKey::of_id(&key.scope, &membership.id));
                    }
                }
                Change::Resource(ResourceChange::GlobalReplicationGroup(key, Some(_))) => {
                    self.wake_global(key)
                }
                Change::Resource(ResourceChange::Vpc(key, None)) => self.leave_vpc(key),
                Change::Resource(ResourceChange::ServerlessCache(key, _)) => self.wake_serverless(&key.scope),
                Change::Resource(ResourceChange::ServerlessCacheSnapshot(key, _)) => {
                    self.wake_serverless(&key.scope);
                }
                Change::Resource(ResourceChange::User(key, Some(_))) => self.wake_users(&key.scope),
                Change::Resource(ResourceChange::UserGroup(key, Some(_))) => self.wake_users(&key.scope),
                Change::Resource(ResourceChange::Snapshot(key, Some(_))) => self.wake_snapshot(key),
                Change::Forward(id, None) => self.forwards.close_listener(id),
                _ => {}
            }
        }
    }

    /// Has the forwards to a group lead to its members as they are now.
    fn lead_forwards(self: &Arc<Self>, group: &GroupKey) {
        if self.forwards.lead_to(group) {
            let (this, group) = (Arc::clone(self), group.clone());
            self.supervisor.spawn("lead forwards", async move { this.forwards.follow_group(&group).await });
        }
    }

    async fn runtime_event(self: &Arc<Self>, event: RuntimeEvent) {
        match event {
            RuntimeEvent::Exited { id, detail } => {
                self.observations.died(&id, detail);
                self.wake(&ClusterKey::of_node(&id));
            }
            RuntimeEvent::ProxyEnded { id } => self.proxy_ended(id),
            RuntimeEvent::Returned => {
                tracing::warn!("the engines' backend was away and is back: everything is observed anew");
                self.networks.forget();
                self.told.forget_all();
                self.observe_all().await;
            }
        }
    }

    /// Reads back what the runtime holds, removes what no cluster owns, and wakes every cluster.
    pub async fn observe_all(self: &Arc<Self>) {
        match self.runtime.list().await {
            Ok(listed) => self.observations.replace_all(listed),
            Err(error) => {
                let this = Arc::clone(self);
                self.supervisor.spawn("look for orphans", async move { this.look_for_orphans_later().await });
                tracing::error!(%error, "cannot list the nodes that run; they are looked at again in a while");
            }
        }
        self.remove_orphans().await;
        self.remove_orphaned_seeds().await;
        self.ensure_networks().await;
        // What is not observed yet is left out of the names, and in again when it is.
        self.endpoints.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.names.publish().await;
        self.settle_all_users().await;
        self.wake_all();
    }

    /// Has the networks of the clusters that are there: nodes may all be running and need no step, while their VPC's
    /// resolver is to be told names again.
    async fn ensure_networks(&self) {
        let clusters: Vec<_> = self.store.read().all_clusters().cloned().collect();
        for cluster in clusters {
            if let Err(error) = self.ensure_network(&cluster).await {
                tracing::warn!(vpc = %cluster.spec.vpc, %error, "the VPC's network is not there; it is tried again");
            }
        }
    }

    fn wake_all(self: &Arc<Self>) {
        let keys: Vec<_> = self.store.read().all_clusters().map(|c| ClusterKey::of(c)).collect();
        for key in keys {
            self.wake(&key);
        }
        self.wake_all_groups();
        self.wake_all_globals();
        self.wake_all_serverless();
        self.wake_all_snapshots();
    }

    fn wake(self: &Arc<Self>, key: &ClusterKey) {
        if self.queue.wake(key) {
            let (this, key) = (Arc::clone(self), key.clone());
            self.supervisor.begin("reconcile", async move { this.work(key).await });
        }
    }

    async fn work(self: Arc<Self>, key: ClusterKey) {
        let (mut pause, mut failures) = (PAUSE, 0);
        loop {
            let result = self.converge(&key).await;
            if let Err(error) = result {
                tracing::warn!(cluster = %key, %error, again_in = ?pause, "a step failed; it is tried again");
                failures += 1;
                if failures == TOLD_AFTER {
                    self.tell_what_fails(&key, &error).await;
                }
                self.rest(&key, pause).await;
                pause = (pause * 2).min(PERIOD);
                continue;
            }
            (pause, failures) = (PAUSE, 0);
            if !self.queue.again(&key) {
                return;
            }
        }
    }

    /// Pauses after a failure; not when what failed is no longer wanted.
    async fn rest(&self, key: &ClusterKey, pause: Duration) {
        let wanted = self.store.read().cluster(key).is_some_and(|cluster| cluster.phase != Phase::Deleting);
        tokio::select! {
            () = self.unwanted(key), if wanted => {}
            () = tokio::time::sleep(pause) => {}
        }
    }

    /// Waits until the cluster is to be gone.
    async fn unwanted(&self, key: &ClusterKey) {
        let look = |world: &World| world.cluster(key).is_none_or(|cluster| cluster.phase == Phase::Deleting);
        self.store.until(Watched::Cluster(key.clone()), look).await;
    }

    /// Plans and executes until nothing is left to do.
    async fn converge(self: &Arc<Self>, key: &ClusterKey) -> Result<(), StepError> {
        loop {
            let Some(cluster) = self.store.read().cluster(key).cloned() else { return Ok(()) };
            if self.is_due(&cluster) {
                self.record_opening(key).await?;
                continue;
            }
            let steps = plan(&cluster, |node, generation| {
                self.observations.for_plan(&cluster.node_id(node), generation)
            });
            if steps.is_empty() {
                self.see_to_daily_snapshots(key, &cluster).await?;
                self.watch(&cluster);
                self.await_opening(key, &cluster);
                self.published.open_all(&cluster).await?;
                self.record_published(key, &cluster).await?;
                self.tell_nodes(&cluster).await?;
                self.wake_for_places(&cluster);
                return Ok(());
            }
            tracing::debug!(cluster = %key, steps = %steps.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "), "plan");
            self.execute(key, &cluster, steps).await?;
        }
    }
}
