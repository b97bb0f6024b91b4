//! Proxies before the engines of replication groups: where clients come with TLS and without, or with tokens of IAM's.
//!
//! An engine that needs one starts behind it; one that runs leaves its port to it when its group's encryption or users
//! change. A proxy that is there stays for as long as its engine, whatever it is told to take: the next start needs none
//! then.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use dataplane::engine::{Links, wait_ready};
use dataplane::fault_point;
use dataplane::proxy::engine::{Iam, Policy};
use dataplane::runtime::{RuntimeError, RuntimeKind};
use domain::cluster::CacheCluster;
use domain::ids::CacheNodeId;
use domain::network::TransitEncryption;
use domain::node::{Generation, NodeId};
use domain::replication_group::{Members, Replication};
use futures_util::future::join_all;
use tokio::time::Instant;

use super::Reconciler;
use super::replication::node_of;
use super::silence::Order;
use super::steps::StepError;
use crate::iam_tokens;
use crate::store::{ClusterKey, GroupKey, World};

/// What the start of a proxy and the engine's move behind it may take.
const MOVES_WITHIN: Duration = Duration::from_secs(30);
/// How long the proxy may take to answer then. It may only be starting, where many processes do.
const ANSWERS_WITHIN: Duration = Duration::from_secs(15);

impl Reconciler {
    /// Has proxies before those of a group's members that answer, as its row and its users' say.
    pub(super) async fn have_proxies(&self, members: &Members) -> Result<(), StepError> {
        let answering = members.values().filter(|member| self.answering(member).is_some());
        let told = answering.map(async |member| self.have_proxy(member, node_of(member)?.id).await);
        join_all(told).await.into_iter().collect()
    }

    /// Has a proxy before a node that answers, where it needs one, and tells one that is there whom to take.
    pub(super) async fn have_proxy(&self, cluster: &CacheCluster, id: CacheNodeId) -> Result<(), StepError> {
        let Some((node, policy)) = cluster.node(id).zip(self.policy(&self.store.read(), cluster)) else {
            return Ok(());
        };
        let node_id = cluster.node_id(id);
        if self.runtime.kind() == RuntimeKind::None {
            return Ok(());
        }
        let told = self.observations.policy_of(&node_id, node.generation);
        if told.as_ref() == Some(&policy) {
            return Ok(());
        }
        if !needs_proxy(&policy) && !self.is_behind(&node_id, node.generation).await? {
            self.observations.told_policy(&node_id, node.generation, policy);
            return Ok(());
        }
        let (spec, Some(target)) = (self.node_spec(cluster, node), self.target(cluster, id)) else {
            return Ok(());
        };
        // An earlier Simfra, or an earlier try, may have come no further than to tell the engine.
        let is_new_to_us = told.is_none() && self.observations.was_found(&node_id);
        let tls_changes = told.as_ref().is_some_and(|told| told.tls != policy.tls);
        let untouched = self.observations.links_of(&node_id, node.generation) == Links::AsTheyShallBe;
        if spec.name_in_cluster().is_some() && untouched && (is_new_to_us || tls_changes) {
            self.observations.has_links(&node_id, node.generation, Links::Unclear);
        }
        if spec.name_in_cluster().is_some() && tls_changes {
            // Its clients are told of it by another name from now on.
            self.names.publish_cluster(cluster).await;
        }
        let moved = async {
            fault_point::pass("before proxy");
            let behind = self.runtime.ensure_proxy(&spec, &policy).await?;
            self.observations.put_behind(&node_id, node.generation, true);
            fault_point::pass("before move behind proxy");
            // One that hangs is not to hold up its group.
            let mut session = self.within(cluster, self.session(cluster, node)).await?;
            let links = session.move_behind(&behind, policy.tls).await?;
            if links != Links::AsTheyShallBe {
                self.observations.has_links(&node_id, node.generation, links);
            }
            fault_point::pass("after move behind proxy");
            let answers = wait_ready(&*self.runtime, &target, ANSWERS_WITHIN).await;
            answers.map_err(|error| StepError::from(RuntimeError::StartFailed(error.to_string())))
        };
        tokio::time::timeout(MOVES_WITHIN, moved).await.unwrap_or_else(|_| {
            Err(StepError::Runtime(RuntimeError::Backend {
                verb: "put a proxy before",
                subject: node_id.to_string(),
                reason: "it does not answer".to_owned(),
            }))
        })?;
        self.observations.told_policy(&node_id, node.generation, policy);
        if self.observations.answers(&node_id) {
            // Its heartbeat's connection would go on beside the proxy.
            self.heartbeats.begin_anew(target);
        }
        Ok(())
    }

    /// Has members make their links to each other anew that came about before these were encrypted, or no longer were, once
    /// all know of it. Links that are there stay until then, so that nobody loses sight of anybody.
    pub(super) async fn renew_links(&self, members: &Members) -> Result<Replication, StepError> {
        let renewed =
            members.values().filter(|member| self.answering(member).is_some()).map(async |member| {
                let node = node_of(member)?;
                let id = member.node_id(node.id);
                let before = self.observations.links_of(&id, node.generation);
                if before == Links::AsTheyShallBe {
                    return Ok(Replication::InPlace);
                }
                let asked = async { Ok(self.session(member, node).await?.renew_links(before).await?) };
                let links = self.within(member, asked).await?;
                fault_point::pass("after renew links");
                self.observations.has_links(&id, node.generation, links);
                let done = links == Links::AsTheyShallBe;
                Ok(if done { Replication::InPlace } else { Replication::UnderWay })
            });
        let all: Result<Vec<_>, StepError> = join_all(renewed).await.into_iter().collect();
        let is_done = all?.into_iter().all(|renewed| renewed == Replication::InPlace);
        Ok(if is_done { Replication::InPlace } else { Replication::UnderWay })
    }

    /// Whether a node of the cluster starts behind a proxy.
    pub(super) fn needs_proxy(&self, cluster: &CacheCluster) -> bool {
        self.policy(&self.store.read(), cluster).as_ref().is_some_and(needs_proxy)
    }

    /// Has a proxy before a node that is yet to answer, where it needs one: its engine waits behind it, or the proxy that it
    /// had ended while Simfra was away. How long the node may take to answer, which without a proxy is `without`.
    pub(super) async fn begin_proxy(
        &self,
        cluster: &CacheCluster,
        id: CacheNodeId,
        without: Duration,
    ) -> Result<Duration, StepError> {
        let policy = self.policy(&self.store.read(), cluster);
        let Some((node, policy)) = cluster.node(id).zip(policy) else { return Ok(without) };
        if !needs_proxy(&policy) && !self.is_behind(&cluster.node_id(id), node.generation).await? {
            return Ok(without);
        }
        self.runtime.ensure_proxy(&self.node_spec(cluster, node), &policy).await?;
        Ok(without.max(ANSWERS_WITHIN))
    }

    /// Whether the node's engine is behind a proxy, whatever its group needs now.
    pub(super) async fn is_behind(&self, id: &NodeId, generation: Generation) -> Result<bool, RuntimeError> {
        if let Some(known) = self.observations.is_behind(id, generation) {
            return Ok(known);
        }
        let is_behind = self.runtime.is_behind_proxy(id).await?;
        self.observations.put_behind(id, generation, is_behind);
        Ok(is_behind)
    }

    /// The proxy before a node ended, and the engine lives: it gets another one, and what its clients ask meanwhile is
    /// refused. A node that does not answer then is found by its heartbeat.
    pub(super) fn proxy_ended(self: &Arc<Self>, id: NodeId) {
        let this = Arc::clone(self);
        self.supervisor.spawn("start a proxy anew", async move {
            let until = Instant::now() + MOVES_WITHIN;
            let _excuse = this.excused.excuse(id.clone(), Order::ComeBack { until });
            match tokio::time::timeout_at(until, this.restore_proxy(&id)).await {
                Ok(Ok(())) => {
                    tracing::info!(node = %id, "the proxy before a node ended, and was started anew")
                }
                Ok(Err(error)) => {
                    tracing::warn!(node = %id, %error, "the proxy before a node was not started anew")
                }
                Err(_) => tracing::warn!(node = %id, "the proxy before a node does not start anew"),
            }
        });
    }

    async fn restore_proxy(&self, id: &NodeId) -> Result<(), StepError> {
        let cluster = self.store.read().cluster(&ClusterKey::of_node(id)).cloned();
        let Some((cluster, key)) =
            cluster.and_then(|cluster| GroupKey::of_member(&cluster).map(|key| (cluster, key)))
        else {
            return Ok(());
        };
        // Who is told what by others is told under the turn.
        let _turn = self.turns.take(&key).await;
        let policy = self.policy(&self.store.read(), &cluster);
        let (Some((node, policy)), Some(target)) =
            (cluster.node(id.node).zip(policy), self.target(&cluster, id.node))
        else {
            return Ok(());
        };
        fault_point::pass("before restore proxy");
        self.runtime.ensure_proxy(&self.node_spec(&cluster, node), &policy).await?;
        let answers = wait_ready(&*self.runtime, &target, ANSWERS_WITHIN).await;
        answers.map_err(|error| RuntimeError::StartFailed(error.to_string()))?;
        self.heartbeats.begin_anew(target);
        Ok(())
    }

    /// Whether the member's proxy was told whom to take as the rows are now, or it needs none.
    pub(super) fn is_proxied(&self, world: &World, member: &CacheCluster) -> bool {
        let (Ok(node), Some(policy)) = (node_of(member), self.policy(world, member)) else { return true };
        self.observations.policy_of(&member.node_id(node.id), node.generation) == Some(policy)
    }

    /// Whom a proxy before the member takes; none: it never has one.
    fn policy(&self, world: &World, cluster: &CacheCluster) -> Option<Policy> {
        let group = world.replication_group(&GroupKey::of_member(cluster)?)?;
        let encryption = cluster.spec.transit_encryption;
        let users = world.engine_users(group).unwrap_or_default();
        let node = cluster.nodes.first()?;
        let secrets = self.key.node(&cluster.node_id(node.id), node.generation);
        let known = |name: &String| (name.clone(), secrets.password_of(name));
        let users: BTreeMap<_, _> =
            users.iter().filter(|user| user.by_iam).map(|user| known(&user.name)).collect();
        let iam = || {
            let home = &self.names.naming().home.account;
            let (keys, unknown_keys) = iam_tokens::keys(&self.auth, home, &group.scope, self.clock.now());
            Iam {
                cache: group.id.to_string(),
                account: group.scope.account.to_string(),
                region: group.scope.region.to_string(),
                default_account: home.to_string(),
                users: users.clone(),
                keys,
                unknown_keys,
            }
        };
        Some(Policy {
            plain: encryption != TransitEncryption::Required,
            tls: encryption.is_on(),
            iam: (!users.is_empty()).then(iam),
        })
    }
}

/// Whether an engine alone cannot do what the policy says.
const fn needs_proxy(policy: &Policy) -> bool {
    (policy.plain && policy.tls) || policy.iam.is_some()
}
