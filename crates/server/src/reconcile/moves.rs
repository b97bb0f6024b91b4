//! How a node moves to another engine version or node type: its data is taken while its writes are held, it is ended,
//! and what it shall be starts with that data.
//!
//! What is recorded when: the row says that the node was left once it has ended, so that nothing it acknowledged is
//! missing in what was taken. Before that, a crash begins anew; after it, the file that was taken is the data.

use std::time::Duration;

use dataplane::engine::Role;
use dataplane::engine::dump::{self, DumpError, Hold};
use dataplane::engine::resp::{self, Connection, Reply};
use dataplane::engine::session::{Session, SessionError};
use dataplane::fault_point;
use dataplane::runtime::{BoxStream, RuntimeError, RuntimeKind};
use domain::cluster::{CacheCluster, CacheNode, Departure, EngineMove, NodeData, Served};
use domain::engine_version::EngineVersion;
use domain::ids::CacheNodeId;
use domain::parameter_group::ClusterMode;
use domain::replication_group::NodeGroup;
use tokio::time::{Instant, sleep};

use super::Reconciler;
use super::steps::{StepError, memory};
use crate::store::{ClusterKey, GroupKey, StoreError};

/// How long a node may take for one command of a move.
const ANSWER: Duration = Duration::from_secs(5);

/// How long a replica waits for its primary's data to lie aside before it says so and waits on.
const DEPARTS_WITHIN: Duration = Duration::from_secs(60);
const LOOKS_EVERY: Duration = Duration::from_millis(20);

/// What stands in the way of a move.
#[derive(Debug)]
enum Obstacle {
    /// It cannot be done, for good: the node goes on as what it is. The cause is for people.
    Final(String),
    /// It is tried again.
    Passing(StepError),
}

impl<E: Into<StepError>> From<E> for Obstacle {
    fn from(error: E) -> Self {
        Self::Passing(error.into())
    }
}

impl Reconciler {
    /// Takes the node's data and ends it; records that, or that the move cannot be done.
    pub(super) async fn hand_over(
        &self,
        key: &ClusterKey,
        cluster: &CacheCluster,
        id: CacheNodeId,
    ) -> Result<(), StepError> {
        let (Some(node), Some(under_way)) = (cluster.node(id), &cluster.engine_move) else { return Ok(()) };
        match self.leave(key, cluster, node, under_way).await {
            Ok(()) => Ok(()),
            Err(Obstacle::Final(cause)) => Ok(self.record_abandoned(key, &cause).await?),
            Err(Obstacle::Passing(error)) => Err(error),
        }
    }

    /// Puts the running node under its new limit; records that, or that it cannot be.
    pub(super) async fn resize_node(
        &self,
        key: &ClusterKey,
        cluster: &CacheCluster,
        id: CacheNodeId,
    ) -> Result<(), StepError> {
        let (Some(node), Some(under_way)) = (cluster.node(id), &cluster.engine_move) else { return Ok(()) };
        match self.put_under_limit(cluster, node, &under_way.to).await {
            Ok(()) => {
                fault_point::pass("after resize");
                Ok(self.change(key, |cluster| Ok(cluster.resized())).await?)
            }
            Err(Obstacle::Final(cause)) => Ok(self.record_abandoned(key, &cause).await?),
            Err(Obstacle::Passing(error)) => Err(error),
        }
    }

    /// A move cannot be done, for good.
    pub(super) async fn record_abandoned(&self, key: &ClusterKey, cause: &str) -> Result<(), StoreError> {
        tracing::error!(cluster = %key, cause, "the cluster could not be moved; it stays what it was");
        let cause = cause.to_owned();
        self.change(key, move |cluster| cluster.abandon_move(&cause)).await
    }

    /// Why what the cluster was moved to does not come up: with the formats, where the data is newer than that reads.
    pub(super) async fn arrival_failure(&self, cluster: &CacheCluster, said: &str) -> String {
        let served = cluster.served();
        let version = EngineVersion::reported(cluster.engine_of(&served), &served.engine_version);
        let Some((node, version)) = cluster.nodes.first().zip(version) else { return said.to_owned() };
        let found = self.seeds.format(&cluster.node_id(node.id)).await.map(|format| format.0);
        match found.zip(version.rdb_format()) {
            Some((found, reads)) if found > reads => {
                format!("its data is in RDB format {found}, and {version} reads up to format {reads}: {said}")
            }
            _ => said.to_owned(),
        }
    }

    /// Has what the node shall be at hand, takes its data, ends it, and records that.
    async fn leave(
        &self,
        key: &ClusterKey,
        cluster: &CacheCluster,
        node: &CacheNode,
        under_way: &EngineMove,
    ) -> Result<(), Obstacle> {
        let (to, id) = (&under_way.to, cluster.node_id(node.id));
        let engine = cluster.engine_of(to);
        match self.runtime.ensure_engine(engine, to.requested_version.as_deref()).await {
            Err(RuntimeError::EngineUnavailable(cause)) => return Err(Obstacle::Final(cause)),
            at_hand => at_hand?,
        }
        if self.runtime.kind() == RuntimeKind::None {
            return Ok(self.record_handed_over(key, node, NodeData::Kept).await?);
        }
        let version = EngineVersion::reported(engine, &to.engine_version);
        if self.durable && !version.is_some_and(EngineVersion::appends_to_rdb) {
            let cause = "versions before 4.0 cannot go on from a snapshot with an append-only file, which a data \
                         directory asks for";
            return Err(Obstacle::Final(cause.to_owned()));
        }
        if cluster.served().cluster_mode() == ClusterMode::Off && to.cluster_mode() == ClusterMode::On {
            self.has_one_database(cluster, node).await?;
        }
        fault_point::pass("before hand over");
        self.await_primarys_departure(cluster).await?;
        if self.leaves_as_replica(key, cluster, node).await? {
            return Ok(());
        }
        self.have_its_place(cluster, node).await?;
        match self.take_and_end(cluster, node, to).await {
            Err(Obstacle::Passing(StepError::Dump(error)))
                if !is_for_now(&error) && self.answers(cluster, node).await =>
            {
                // Nothing is wrong with the node: trying again would hold its writes again, for nothing.
                return Err(Obstacle::Final(error.to_string()));
            }
            ended => ended?,
        }
        self.observations.removed(&id);
        Ok(self.record_handed_over(key, node, NodeData::Kept).await?)
    }

    async fn record_handed_over(
        &self,
        key: &ClusterKey,
        node: &CacheNode,
        data: NodeData,
    ) -> Result<(), StoreError> {
        let (id, generation) = (node.id, node.generation);
        self.change(key, move |cluster| Ok(cluster.handed_over(id, generation, data))).await?;
        fault_point::pass("after hand over");
        Ok(())
    }

    /// A replica is ended: it takes its data over from its primary anew. Under the group's turn, so that nobody makes it the
    /// primary meanwhile, whose data would be missed. False: it is no replica.
    async fn leaves_as_replica(
        &self,
        key: &ClusterKey,
        cluster: &CacheCluster,
        node: &CacheNode,
    ) -> Result<bool, StepError> {
        let Some(group) = GroupKey::of_member(cluster) else { return Ok(false) };
        let _turn = self.turns.take(&group).await;
        if !self.is_replica(cluster) {
            return Ok(false);
        }
        let row = self.store.read().cluster(key).cloned();
        if row.is_none_or(|row| row.departure() != Some(Departure::HandOver)) {
            // Its group wants it otherwise by now.
            return Ok(true);
        }
        let id = cluster.node_id(node.id);
        self.heartbeats.stop(&id);
        self.runtime.stop(&id).await?;
        self.observations.removed(&id);
        fault_point::pass("after end replica");
        self.record_handed_over(key, node, NodeData::Gone).await?;
        Ok(true)
    }

    /// The primary in its group's row leads, before its data is taken: one that started again since is a replica of nobody,
    /// and where the cluster mode changes its group does not tell it otherwise.
    async fn have_its_place(&self, cluster: &CacheCluster, node: &CacheNode) -> Result<(), StepError> {
        let Some(key) = GroupKey::of_member(cluster) else { return Ok(()) };
        let _turn = self.turns.take(&key).await;
        if self.is_replica(cluster) || self.is_haunted(&key) {
            let reason = "its place in its replication group changes".to_owned();
            return Err(
                RuntimeError::Backend { verb: "move", subject: cluster.id.to_string(), reason }.into()
            );
        }
        let secret = self.key.replication(&key.scope, &key.id);
        self.within(cluster, async {
            let mut session = self.session(cluster, node).await?;
            if matches!(session.role().await?, Role::Primary { .. }) {
                return Ok(());
            }
            match cluster.served().cluster_mode() {
                ClusterMode::Off => session.lead(&secret).await?,
                ClusterMode::On => session.take_over().await?,
            }
            Ok(())
        })
        .await
    }

    /// Whether an engine still runs in the group that is no longer a member's.
    fn is_haunted(&self, key: &GroupKey) -> bool {
        let world = self.store.read();
        let members = world.replication_group(key).map(|group| world.members(group));
        members.is_some_and(|members| members.values().any(|member| self.haunts(member)))
    }

    /// A replica has the data as long as its primary's does not lie aside: if the primary is lost before, it takes over.
    async fn await_primarys_departure(&self, cluster: &CacheCluster) -> Result<(), StepError> {
        let until = Instant::now() + DEPARTS_WITHIN;
        while self.is_replica(cluster) && self.primary_leaves(cluster) {
            if Instant::now() > until {
                return Err(DumpError::Silent.into());
            }
            sleep(LOOKS_EVERY).await;
        }
        Ok(())
    }

    /// Whether the primary of the replica's shard is yet to hand its data over.
    fn primary_leaves(&self, replica: &CacheCluster) -> bool {
        let Some(key) = GroupKey::of_member(replica) else { return false };
        let world = self.store.read();
        let shard = world.replication_group(&key).and_then(|group| group.node_group_of(&replica.id));
        let primary = shard.and_then(NodeGroup::primary).and_then(|primary| {
            world.cluster(&ClusterKey::new(replica.scope.clone(), primary.cluster.clone()))
        });
        primary.is_some_and(|primary| primary.departure() == Some(Departure::HandOver))
    }

    /// Cluster mode has database 0 alone: an engine with data in others does not start with it. A replica has its
    /// primary's, so that none of a group leaves where one cannot.
    async fn has_one_database(&self, cluster: &CacheCluster, node: &CacheNode) -> Result<(), Obstacle> {
        let mut control = self.connection(cluster, node).await?;
        let told = info(&mut control, "keyspace").await?;
        let others: Vec<_> =
            told.lines().filter_map(|line| line.split_once(':')).map(|(name, _)| name).collect();
        match others.iter().find(|name| name.starts_with("db") && **name != "db0") {
            Some(other) => {
                Err(Obstacle::Final(format!("it has keys in {other}, and cluster mode has db0 alone")))
            }
            None => Ok(()),
        }
    }

    async fn take_and_end(
        &self,
        cluster: &CacheCluster,
        node: &CacheNode,
        to: &Served,
    ) -> Result<(), Obstacle> {
        let id = cluster.node_id(node.id);
        let mut control = self.connection(cluster, node).await?;
        self.fits(cluster, &mut control, to).await?;
        let replica = self.connection(cluster, node).await?;
        let mut hold = Hold::begin(control).await?;
        if let Err(error) = hold.during(dump::take(replica, &self.seeds.of(&id))).await {
            // A pause that is not taken back ends by itself.
            let _ = hold.release().await;
            return Err(error.into());
        }
        fault_point::pass("after dump");
        self.heartbeats.stop(&id);
        hold.until(self.runtime.stop(&id)).await?;
        fault_point::pass("after end node");
        Ok(())
    }

    async fn put_under_limit(
        &self,
        cluster: &CacheCluster,
        node: &CacheNode,
        to: &Served,
    ) -> Result<(), Obstacle> {
        let limit = memory(cluster.engine_of(to), to);
        let Some(limit) = limit.filter(|_| self.runtime.kind() != RuntimeKind::None) else { return Ok(()) };
        let mut control = self.connection(cluster, node).await?;
        self.fits(cluster, &mut control, to).await?;
        match call(&mut control, &["CONFIG", "SET", "maxmemory", &limit.to_string()]).await? {
            Reply::Error(said) => Err(Obstacle::Final(format!("the engine refuses the limit: {said}"))),
            _ => Ok(()),
        }
    }

    /// Whether the node's data has room in what it shall be: else the engine would evict it, or refuse writes.
    async fn fits(
        &self,
        cluster: &CacheCluster,
        control: &mut Connection<BoxStream>,
        to: &Served,
    ) -> Result<(), Obstacle> {
        let Some(limit) = memory(cluster.engine_of(to), to) else { return Ok(()) };
        let told = info(control, "memory").await?;
        let used =
            told.lines().find_map(|line| line.strip_prefix("used_memory:")?.trim().parse::<u64>().ok());
        match used {
            Some(used) if used > limit => Err(Obstacle::Final(format!(
                "it holds {used} bytes, and {} has room for {limit}",
                to.cache_node_type
            ))),
            _ => Ok(()),
        }
    }

    /// Whether the node is there, whoever it takes us for.
    async fn answers(&self, cluster: &CacheCluster, node: &CacheNode) -> bool {
        let Some(target) = self.target(cluster, node.id) else { return false };
        let asked = async { resp::ping(target.connect(&*self.runtime).await.ok()?).await.ok() };
        matches!(tokio::time::timeout(ANSWER, asked).await, Ok(Some(_)))
    }

    /// A connection to the node as Simfra's own user.
    async fn connection(
        &self,
        cluster: &CacheCluster,
        node: &CacheNode,
    ) -> Result<Connection<BoxStream>, StepError> {
        let absent = || RuntimeError::Absent(cluster.node_id(node.id));
        let target = self.target(cluster, node.id).ok_or_else(absent)?;
        let access = self.node_spec(cluster, node).configuration.access;
        let opened = async {
            let stream = target.connect(&*self.runtime).await?;
            let Some(access) = access else { return Ok(Connection::new(stream)) };
            let session = Session::open(stream, &access.secrets).await;
            session.map(Session::into_connection).map_err(|error| match error {
                SessionError::Resp(error) => StepError::Dump(error.into()),
                said => StepError::Dump(DumpError::Refused { command: "AUTH", said: said.to_string() }),
            })
        };
        tokio::time::timeout(ANSWER, opened).await.unwrap_or_else(|_| Err(DumpError::Silent.into()))
    }
}

/// Whether the node says no to what it will do another time.
fn is_for_now(error: &DumpError) -> bool {
    let for_now = ["NOMASTERLINK", "MASTERDOWN", "LOADING", "BUSY", "NOAUTH"];
    matches!(error, DumpError::Refused { said, .. } if for_now.iter().any(|it| said.starts_with(it)))
}

async fn info(control: &mut Connection<BoxStream>, section: &str) -> Result<String, Obstacle> {
    match call(control, &["INFO", section]).await? {
        Reply::Bulk(Some(told)) => Ok(String::from_utf8_lossy(&told).into_owned()),
        other => Err(Obstacle::Final(format!("the engine does not tell what it holds: {other:?}"))),
    }
}

async fn call(connection: &mut Connection<BoxStream>, command: &[&str]) -> Result<Reply, StepError> {
    match tokio::time::timeout(ANSWER, connection.call(command)).await {
        Ok(answered) => Ok(answered.map_err(DumpError::from)?),
        Err(_) => Err(DumpError::Silent.into()),
    }
}
