//! How a shard's primary changes: in order, without the loss of a write that was acknowledged, or because the primary is
//! lost.
//!
//! In order: the primary's writes are held until the successor has them all; a primary that is to be lost ends while they
//! are held. Without order: the row has the successor first, then the old primary is removed, and only then another one
//! is told to lead. Whatever happens in between, the row names a member that has the data, and one alone takes writes.

use std::time::Duration;

use dataplane::engine::dump::Hold;
use dataplane::engine::{Role, Session};
use dataplane::fault_point;
use dataplane::runtime::{BoxStream, RuntimeError, RuntimeKind};
use domain::cluster::{CacheCluster, CacheNode};
use domain::ids::CacheClusterId;
use domain::replication_group::{Failover, Members, NodeGroup, NodeGroupId, ReplicationGroup};

use super::Reconciler;
use super::replication::node_of;
use super::steps::StepError;
use crate::store::{ClusterKey, GroupKey, StoreError};

/// How often the successor is asked whether it has every write.
const LOOKS_AGAIN: Duration = Duration::from_millis(2);
/// How long the successor may take to have them: clients' writes wait meanwhile.
const CATCHES_UP_WITHIN: Duration = Duration::from_secs(5);

impl Reconciler {
    /// Makes the change of primary that was asked for. For a holder of the group's turn, when replication is in place.
    pub(super) async fn fail_over(
        &self,
        key: &GroupKey,
        group: &ReplicationGroup,
        members: &Members,
        id: NodeGroupId,
    ) -> Result<(), StepError> {
        let Some(shard) = group.node_group(id) else { return Ok(()) };
        let to = self.successor(shard, members).await?.ok_or_else(|| RuntimeError::Backend {
            verb: "fail over",
            subject: format!("node group {id} of {}", group.id),
            reason: "no replica is in sync with its primary".to_owned(),
        })?;
        if self.runtime.kind() != RuntimeKind::None {
            let from = shard.primary().and_then(|from| members.get(&from.cluster));
            let Some((from, successor)) = from.zip(members.get(&to)) else { return Ok(()) };
            self.hand_the_lead_over(shard, from, successor).await?;
        }
        self.record_failed_over(key, id, to.clone()).await?;
        fault_point::pass("after fail over");
        self.have_taken_over(group, members, &to).await;
        Ok(())
    }

    async fn successor(
        &self,
        shard: &NodeGroup,
        members: &Members,
    ) -> Result<Option<CacheClusterId>, StepError> {
        Ok(match &shard.failover {
            Some(Failover::To(named) | Failover::Back(named)) => Some(named.clone()),
            Some(Failover::Test) if self.runtime.kind() == RuntimeKind::None => {
                shard.replicas().next().map(|replica| replica.cluster.clone())
            }
            Some(Failover::Test) => self.most_up_to_date(shard, members).await?,
            None => None,
        })
    }

    /// The successor has every acknowledged write, and the one before takes none any more.
    async fn hand_the_lead_over(
        &self,
        shard: &NodeGroup,
        from: &CacheCluster,
        to: &CacheCluster,
    ) -> Result<(), StepError> {
        // One that hangs is not to hold up its group: its heartbeat finds that out, and then it is lost.
        let mut asked = self.within(from, self.session(from, node_of(from)?)).await?;
        let mut heir = self.within(to, self.session(to, node_of(to)?)).await?;
        let held = self.within(from, self.session(from, node_of(from)?)).await?;
        let mut hold = Hold::begin(held.into_connection()).await?;
        if let Err(error) = hold.during(catch_up(&mut asked, &mut heir, to)).await {
            // A pause that is not taken back ends by itself.
            let _ = hold.release().await;
            return Err(error);
        }
        fault_point::pass("after catch up");
        match shard.failover {
            Some(Failover::Test) => {
                let id = from.node_id(node_of(from)?.id);
                self.heartbeats.stop(&id);
                hold.until(self.runtime.stop(&id)).await?;
                self.observations.removed(&id);
            }
            // Told while the writes are held: those that waited are refused, and their clients look for the primary.
            Some(Failover::To(_) | Failover::Back(_)) | None => {
                let secret = self.key.replication(&to.scope, &shard_group(to)?);
                self.within(to, async { Ok(heir.lead(&secret).await?) }).await?;
                self.observations.told_to_lead(&to.node_id(node_of(to)?.id), node_of(to)?.generation);
                let socket = self.answering(to).ok_or_else(|| absent(to))?;
                self.within(from, async { Ok(asked.follow(socket, &secret).await?) }).await?;
                self.observations.follows(&from.node_id(node_of(from)?.id), node_of(from)?.generation, false);
                hold.release().await?;
            }
        }
        fault_point::pass("after hand the lead over");
        Ok(())
    }

    /// A member's engine is lost. True when a replica takes over, which is recorded; else the loss is still to be.
    pub(super) async fn fails_over(
        &self,
        key: &ClusterKey,
        lost: &CacheCluster,
        node: &CacheNode,
        cause: &str,
    ) -> Result<bool, StepError> {
        if self.runtime.kind() == RuntimeKind::None {
            return Ok(false);
        }
        let Some(group_key) = GroupKey::of_member(lost) else { return Ok(false) };
        let _turn = self.turns.take(&group_key).await;
        let (group, members) = {
            let world = self.store.read();
            let Some(group) = world.replication_group(&group_key) else { return Ok(false) };
            (ReplicationGroup::clone(group), world.members(group))
        };
        let Some(id) = group.led_by(lost) else { return Ok(false) };
        let Some(shard) = group.node_group(id) else { return Ok(false) };
        let Some(to) = self.most_up_to_date(shard, &members).await? else {
            tracing::warn!(group = %group_key, cluster = %key, "no replica has the lost primary's data");
            return Ok(false);
        };
        tracing::warn!(group = %group_key, from = %lost.id, %to, cause, "the primary is lost; a replica takes over");
        let node_id = lost.node_id(node.id);
        let (generation, node) = (node.generation, node.id);
        let (lost, heir) = (lost.id.clone(), to.clone());
        self.change_group(&group_key, move |group, members| {
            let same = members.get(&lost).and_then(|lost| lost.node(node));
            if same.is_none_or(|node| node.generation != generation) {
                return Ok(Vec::new());
            }
            group.lose_primary(id, &heir, members)
        })
        .await?;
        // Removed with its data, which would lead again if the row still named it. It may hang, and come round later.
        self.heartbeats.stop(&node_id);
        fault_point::pass("before fence");
        self.remove_to_the_end(node_id.clone()).await?;
        self.observations.removed(&node_id);
        fault_point::pass("after fence");
        self.have_taken_over(&group, &members, &to).await;
        Ok(true)
    }

    async fn record_failed_over(
        &self,
        key: &GroupKey,
        id: NodeGroupId,
        to: CacheClusterId,
    ) -> Result<(), StoreError> {
        self.change_group(key, move |group, members| group.failed_over(id, &to, members)).await
    }
}

/// Waits until the successor has every write that the primary, which takes none meanwhile, acknowledged.
async fn catch_up(
    primary: &mut Session<BoxStream>,
    successor: &mut Session<BoxStream>,
    to: &CacheCluster,
) -> Result<(), StepError> {
    let caught_up = async {
        let Role::Primary { offset: sent } = primary.role().await? else {
            return Err(StepError::from(absent(to)));
        };
        loop {
            match successor.role().await? {
                Role::Replica { offset, in_sync: true, .. } if offset >= sent => return Ok(()),
                _ => tokio::time::sleep(LOOKS_AGAIN).await,
            }
        }
    };
    let late = || RuntimeError::Backend {
        verb: "hand the lead over to",
        subject: to.id.to_string(),
        reason: format!("it did not catch up with its primary within {CATCHES_UP_WITHIN:?}"),
    };
    tokio::time::timeout(CATCHES_UP_WITHIN, caught_up).await.unwrap_or_else(|_| Err(late().into()))
}

fn shard_group(member: &CacheCluster) -> Result<domain::ids::ReplicationGroupId, RuntimeError> {
    member.membership.as_ref().map(|membership| membership.group.clone()).ok_or_else(|| absent(member))
}

fn absent(member: &CacheCluster) -> RuntimeError {
    RuntimeError::Absent(member.node_id(domain::ids::CacheNodeId::new(1)))
}
