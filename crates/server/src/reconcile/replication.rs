//! Replication between the engines of a group's members: each is told what its group's row says it is, and asked whether
//! it is that.
//!
//! A member starts as a replica of nobody and learns its place here, so that only one engine of a shard takes writes,
//! whatever became of the others. A group's engines are told by one task at a time (`Turns`): what is told under a
//! turn follows from a row that nobody changes meanwhile.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::PoisonError;
use std::time::Duration;

use dataplane::engine::{Role, Session, Socket};
use dataplane::fault_point;
use dataplane::runtime::{BoxStream, RuntimeError, RuntimeKind};
use domain::cluster::{CacheCluster, CacheNode};
use domain::ids::{CacheClusterId, CacheNodeId};
use domain::network::TransitEncryption;
use domain::node::NodeId;
use domain::replication_group::{
    ClusterMode, Members, NodeGroup, Phase, Replication, ReplicationGroup, Role as MemberRole,
};
use futures_util::future::join_all;

use super::Reconciler;
use super::steps::StepError;
use crate::store::{ClusterKey, GroupKey};

/// What a member may take to say what it is and to be told what it shall be. One that hangs must not hold up a failover.
const ANSWERS_WITHIN: Duration = Duration::from_millis(800);

/// The offset that a replica tells which has no data of a primary's, or takes it over only now.
const NEVER_IN_SYNC: u64 = 1;

/// What a group's endpoints were when the names were last told of them: which there are, under which names, and where they
/// led. They are published again when that is otherwise.
pub(super) type Endpoints = (ClusterMode, TransitEncryption, BTreeMap<NodeId, LedTo>);

/// What makes one of a group's endpoints lead to a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LedTo {
    at: IpAddr,
    leads: bool,
    knows_slots: bool,
}

impl Reconciler {
    /// Has the engines of a group's members be to each other what its row says, as far as they answer. For a holder of
    /// the group's turn.
    pub(super) async fn arrange(
        &self,
        group: &ReplicationGroup,
        members: &Members,
    ) -> Result<Replication, StepError> {
        if self.runtime.kind() == RuntimeKind::None {
            return Ok(Replication::InPlace);
        }
        if matches!(group.phase, Phase::Deleting | Phase::CreateFailed { .. }) {
            return Ok(Replication::UnderWay);
        }
        let proxied = self.have_proxies(members).await;
        let links = match &proxied {
            Ok(()) => self.renew_links(members).await,
            Err(_) => Ok(Replication::UnderWay),
        };
        let all = if group.changes_mode(members) {
            // They are told their places when all are of the same.
            Replication::UnderWay
        } else if group.spec.cluster_mode.is_on() {
            self.arrange_cluster(group, members).await
        } else {
            self.arrange_shards(group, members).await?
        };
        self.publish_endpoints(group, members).await;
        self.admit_members(members).await?;
        // One member without its proxy is not to keep the others from their places.
        proxied?;
        Ok(if links? == Replication::InPlace { all } else { Replication::UnderWay })
    }

    async fn arrange_shards(
        &self,
        group: &ReplicationGroup,
        members: &Members,
    ) -> Result<Replication, StepError> {
        let shards = group.node_groups.iter().map(|shard| self.arrange_shard(group, shard, members));
        let mut all = Replication::InPlace;
        for arranged in join_all(shards).await {
            if arranged? == Replication::UnderWay {
                all = Replication::UnderWay;
            }
        }
        Ok(all)
    }

    async fn arrange_shard(
        &self,
        group: &ReplicationGroup,
        shard: &NodeGroup,
        members: &Members,
    ) -> Result<Replication, StepError> {
        let primary = shard.primary().and_then(|primary| members.get(&primary.cluster));
        let Some((primary, socket)) = primary.and_then(|primary| Some((primary, self.answering(primary)?)))
        else {
            return Ok(Replication::UnderWay);
        };
        if shard.members.iter().filter_map(|member| members.get(&member.cluster)).any(|one| self.haunts(one))
        {
            return Ok(Replication::UnderWay);
        }
        self.have_lead(group, primary).await?;
        let replicas = shard.replicas().map(async |replica| match members.get(&replica.cluster) {
            Some(replica) if self.answering(replica).is_some() => {
                self.have_follow(group, replica, socket).await
            }
            _ => Ok(Replication::UnderWay),
        });
        let mut all = Replication::InPlace;
        for told in join_all(replicas).await {
            match told {
                Ok(Replication::InPlace) => {}
                Ok(Replication::UnderWay) => all = Replication::UnderWay,
                Err(error) => {
                    // Its heartbeat finds out what is the matter with it; the others are not to wait for that.
                    tracing::debug!(group = %group.id, %error, "a replica was not told whom it follows");
                    all = Replication::UnderWay;
                }
            }
        }
        Ok(all)
    }

    /// Whether an engine of the member's still runs that is no longer its: as a primary that was lost it may take writes.
    pub(super) fn haunts(&self, member: &CacheCluster) -> bool {
        member.nodes.iter().any(|node| self.observations.outlives(&member.node_id(node.id), node.generation))
    }

    /// The member's engine takes writes.
    async fn have_lead(&self, group: &ReplicationGroup, primary: &CacheCluster) -> Result<(), StepError> {
        let secret = self.key.replication(&group.scope, &group.id);
        let node = node_of(primary)?;
        let known = self.observations.leads(&primary.node_id(node.id), node.generation);
        if known {
            return Ok(());
        }
        if group.phase == Phase::Creating {
            self.have_certificate(primary, node).await?;
        }
        self.within(primary, async {
            let mut session = self.session(primary, node).await?;
            fault_point::pass("before lead");
            session.lead(&secret).await?;
            fault_point::pass("after lead");
            Ok(())
        })
        .await?;
        self.observations.told_to_lead(&primary.node_id(node.id), node.generation);
        Ok(())
    }

    /// A primary that was a cluster of its own until now speaks TLS under that name alone: it gets a certificate with the
    /// names of its group, too, and is told to speak TLS with whom it follows one day.
    async fn have_certificate(&self, primary: &CacheCluster, node: &CacheNode) -> Result<(), StepError> {
        let spec = self.node_spec(primary, node);
        let speaks_tls = spec.tls.as_ref().is_some_and(|tls| !tls.is_preferred());
        let Some(target) = self.target(primary, node.id).filter(|_| speaks_tls) else { return Ok(()) };
        if self.is_behind(&target.id, node.generation).await? {
            return Ok(());
        }
        let shown = async { Ok(target.shows_its_name(&*self.runtime).await?) };
        if self.within(primary, shown).await? {
            return Ok(());
        }
        let folder = self.runtime.renew_certificate(&spec).await?;
        let read = async { Ok(self.session(primary, node).await?.renew_tls(&folder).await?) };
        self.within(primary, read).await?;
        // As it is called now.
        self.names.publish_cluster(primary).await;
        Ok(())
    }

    /// The member's engine follows the primary at `socket`; whether it is in sync.
    async fn have_follow(
        &self,
        group: &ReplicationGroup,
        replica: &CacheCluster,
        socket: Socket,
    ) -> Result<Replication, StepError> {
        let secret = self.key.replication(&group.scope, &group.id);
        let node = node_of(replica)?;
        let role = self
            .within(replica, async {
                let mut session = self.session(replica, node).await?;
                let role = session.role().await?;
                if !matches!(role, Role::Replica { of, .. } if of == socket) {
                    fault_point::pass("before follow");
                    session.follow(socket, &secret).await?;
                    fault_point::pass("after follow");
                    return Ok(session.role().await?);
                }
                Ok(role)
            })
            .await;
        let in_sync = matches!(role, Ok(Role::Replica { of, in_sync: true, .. }) if of == socket);
        self.observations.follows(&replica.node_id(node.id), node.generation, in_sync);
        role?;
        Ok(if in_sync { Replication::InPlace } else { Replication::UnderWay })
    }

    /// The shard's replica that has most of its primary's writes; none: no replica has ever been in sync. It was seen in
    /// sync once (a link that drops takes nothing from it), or its engine has writes of the primary's: that tells it when Simfra was away, too.
    ///
    /// # Errors
    /// When none says so, and one that runs does not answer: it may be slow, and the only one with the data. If it hangs,
    /// its heartbeat tells.
    pub(super) async fn most_up_to_date(
        &self,
        shard: &NodeGroup,
        members: &Members,
    ) -> Result<Option<CacheClusterId>, StepError> {
        let running = shard.replicas().filter_map(|replica| members.get(&replica.cluster));
        let asked = running.filter(|replica| self.answering(replica).is_some()).map(async |replica| {
            let node = node_of(replica)?;
            let has_had_data = self.observations.has_had_data(&replica.node_id(node.id), node.generation);
            let asked = async {
                let mut session = self.session(replica, node).await?;
                Ok((session.role().await?, session.is_loading().await?))
            };
            let (role, loads) = self.within(replica, asked).await?;
            if loads && has_had_data {
                // What it had is being replaced by what its primary sent: it has all of that when it is done.
                return Err(RuntimeError::Backend {
                    verb: "ask for its data",
                    subject: format!("node {}", replica.node_id(node.id)),
                    reason: "it loads what its primary sent".to_owned(),
                }
                .into());
            }
            Ok::<_, StepError>(match role {
                Role::Replica { offset, .. } if has_had_data || offset > NEVER_IN_SYNC => {
                    Some((offset, replica.id.clone()))
                }
                _ => None,
            })
        });
        let (mut best, mut unclear) = (None::<(u64, CacheClusterId)>, None);
        for answer in join_all(asked).await {
            match answer {
                // The first of equals.
                Ok(Some(other)) if best.as_ref().is_none_or(|best| other.0 > best.0) => best = Some(other),
                Ok(_) => {}
                Err(error) => unclear = Some(error),
            }
        }
        match (best, unclear) {
            (None, Some(error)) => Err(error),
            (best, _) => Ok(best.map(|(_, cluster)| cluster)),
        }
    }

    /// Whether the cluster is a member of a group and not the primary of its shard.
    pub(super) fn is_replica(&self, cluster: &CacheCluster) -> bool {
        let Some(key) = GroupKey::of_member(cluster) else { return false };
        let world = self.store.read();
        let shard = world.replication_group(&key).and_then(|group| group.node_group_of(&cluster.id));
        shard.and_then(NodeGroup::primary).is_some_and(|primary| primary.cluster != cluster.id)
    }

    /// Where the member's engine answers, as the others reach it.
    pub(super) fn answering(&self, member: &CacheCluster) -> Option<Socket> {
        let node = member.nodes.first()?;
        let id = member.node_id(node.id);
        let answers = self.observations.answers_as(&id, node.generation);
        let (address, port) = self.observations.address_of(&id).filter(|_| answers)?;
        Some(Socket { address, port })
    }

    /// A session with the member's engine.
    pub(super) async fn session(
        &self,
        member: &CacheCluster,
        node: &CacheNode,
    ) -> Result<Session<BoxStream>, StepError> {
        let target = self.target(member, node.id);
        let target = target.ok_or_else(|| RuntimeError::Absent(member.node_id(node.id)))?;
        let secrets = self.key.node(&target.id, node.generation);
        Ok(Session::open(target.connect(&*self.runtime).await?, &secrets).await?)
    }

    /// What a member is asked, with the time that it may take.
    pub(super) async fn within<T>(
        &self,
        member: &CacheCluster,
        asked: impl Future<Output = Result<T, StepError>>,
    ) -> Result<T, StepError> {
        tokio::time::timeout(ANSWERS_WITHIN, asked).await.unwrap_or_else(|_| {
            Err(StepError::Runtime(RuntimeError::Backend {
                verb: "tell",
                subject: member.id.to_string(),
                reason: "it does not answer".to_owned(),
            }))
        })
    }

    /// Has the names lead to the members that the group's endpoints mean now, if these are others than before.
    async fn publish_endpoints(&self, group: &ReplicationGroup, members: &Members) {
        let key = super::replication_groups::key_of(group);
        // Who leaves is led to no more.
        let leads_to = group
            .node_groups
            .iter()
            .flat_map(NodeGroup::staying)
            .filter_map(|member| {
                let cluster = members.get(&member.cluster)?;
                let id = cluster.node_id(cluster.nodes.first()?.id);
                let (at, _) = self.observations.address_of(&id)?;
                let leads = member.role == MemberRole::Primary;
                let serves = leads || self.observations.is_in_sync(&id);
                let knows_slots = self.observations.knows_slots(&id);
                serves.then_some((id, LedTo { at, leads, knows_slots }))
            })
            .collect();
        let now = (group.spec.cluster_mode, group.spec.member.transit_encryption, leads_to);
        let known = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner).get(&key) == Some(&now);
        if known {
            return;
        }
        self.names.publish_group(&key).await;
        self.endpoints.lock().unwrap_or_else(PoisonError::into_inner).insert(key, now);
    }
}

impl Reconciler {
    /// A group is deleted: a member that its endpoints led to, and that is retained, has other names from now on.
    pub(super) async fn publish_retained(&self, group: &ReplicationGroup) {
        let key = super::replication_groups::key_of(group);
        let retained: Vec<_> = {
            let mut endpoints = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
            let Some((.., leads_to)) = endpoints.get_mut(&key) else { return };
            let world = self.store.read();
            let alone = |node: &NodeId| {
                let cluster = world.cluster(&ClusterKey::of_node(node)).cloned();
                cluster.filter(|cluster| cluster.membership.is_none())
            };
            let retained: Vec<_> =
                leads_to.keys().filter_map(|node| Some((node.clone(), alone(node)?))).collect();
            for (node, _) in &retained {
                leads_to.remove(node);
            }
            retained
        };
        for (_, cluster) in retained {
            self.names.publish_retained(&cluster, &group.id).await;
        }
    }

    /// The group is gone, and its names with it.
    pub(super) async fn forget_endpoints(&self, key: &GroupKey) {
        let known = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
        if known.is_some() {
            self.names.publish_group(key).await;
        }
    }
}

/// A member's only node.
pub(super) fn node_of(member: &CacheCluster) -> Result<&CacheNode, RuntimeError> {
    let absent = || RuntimeError::Absent(member.node_id(CacheNodeId::new(1)));
    member.nodes.first().ok_or_else(absent)
}
