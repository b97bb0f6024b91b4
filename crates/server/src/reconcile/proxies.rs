//! Proxies before the engines of replication groups: where clients come with TLS and without, or with tokens of IAM's.
//!
//! An engine that needs one starts behind it; one that runs leaves its port to it when its group's encryption or users
//! change. A proxy that is there stays for as long as its engine, whatever it is told to take: the next start needs none
//! then.

use std::collections::BTreeMap;
use std::time::Duration;

use dataplane::engine::wait_ready;
use dataplane::fault_point;
use dataplane::proxy::engine::{Iam, Policy};
use dataplane::runtime::{RuntimeError, RuntimeKind};
use domain::cluster::CacheCluster;
use domain::ids::CacheNodeId;
use domain::network::TransitEncryption;
use domain::replication_group::Members;
use futures_util::future::join_all;

use super::Reconciler;
use super::replication::node_of;
use super::steps::StepError;
use crate::iam_tokens;
use crate::store::{GroupKey, World};

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
        // One that was found may have come to a proxy before.
        let has_proxy = told.is_some()
            || (self.observations.was_found(&node_id) && self.runtime.has_proxy(&node_id).await?);
        if !has_proxy && !needs_proxy(&policy) {
            self.observations.told_policy(&node_id, node.generation, policy);
            return Ok(());
        }
        let (spec, Some(target)) = (self.node_spec(cluster, node), self.target(cluster, id)) else {
            return Ok(());
        };
        let moved = async {
            fault_point::pass("before proxy");
            let behind = self.runtime.ensure_proxy(&spec, &policy).await?;
            fault_point::pass("before move behind proxy");
            // One that hangs is not to hold up its group.
            let mut session = self.within(cluster, self.session(cluster, node)).await?;
            session.move_behind(&behind, policy.tls).await?;
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
        let policy = self.policy(&self.store.read(), cluster).filter(needs_proxy);
        let Some((node, policy)) = cluster.node(id).zip(policy) else { return Ok(without) };
        self.runtime.ensure_proxy(&self.node_spec(cluster, node), &policy).await?;
        Ok(without.max(ANSWERS_WITHIN))
    }

    /// Whether the member's proxy was told whom to take as the rows are now, or it needs none.
    pub(super) fn is_proxied(&self, world: &World, member: &CacheCluster) -> bool {
        let (Ok(node), Some(policy)) = (node_of(member), self.policy(world, member)) else { return true };
        self.observations.policy_of(&member.node_id(node.id), node.generation) == Some(policy)
    }

    /// Whom a proxy before the member takes; none: it never has one.
    fn policy(&self, world: &World, cluster: &CacheCluster) -> Option<Policy> {
        let group = world.replication_group(&GroupKey::of_member(cluster)?)?;
        if group.spec.cluster_mode.is_on() {
            return None;
        }
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
