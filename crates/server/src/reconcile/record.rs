//! What the reconciler records: the ends of transitions, new generations, failures. Each is one transaction that
//! looks at the row as it is then: a request may have changed it while a step was done.

use std::collections::BTreeMap;

use dataplane::fault_point;
use domain::cluster::{CacheCluster, MoveStage, NodeData, NodeState, Phase, WrongPhase};
use domain::event::{ClusterEvent, HISTORY};
use domain::ids::CacheNodeId;
use domain::node::Generation;
use domain::snapshot::Subject;

use super::Reconciler;
use super::steps::StepError;
use crate::store::{Change, ClusterKey, GroupKey, StoreError, Tx};

impl Reconciler {
    /// Every node answers: the transition is over, unless another was asked for meanwhile.
    pub(super) async fn record_settled(
        &self,
        key: &ClusterKey,
        planned: &CacheCluster,
    ) -> Result<(), StoreError> {
        // Whoever sees `available` may connect at once: the names come first.
        self.names.publish_cluster(planned).await;
        fault_point::pass("before settle");
        let ports: BTreeMap<CacheNodeId, u16> = planned
            .nodes
            .iter()
            .filter_map(|node| Some((node.id, self.observations.address_of(&planned.node_id(node.id))?.1)))
            .collect();
        let published = self.published.sockets(planned);
        let (generations, auth) = (generations(planned), planned.spec.auth.clone());
        let parameters = planned.spec.parameters.clone();
        let now = self.clock.now();
        self.change(key, move |cluster| {
            // A node that got a new generation meanwhile is another one than the one that answered.
            // One that was told of other tokens or parameters is not yet as it shall be.
            let told = cluster.spec.auth == auth && cluster.spec.parameters == parameters;
            if told && self::generations(cluster) == generations {
                let events = cluster.settle(&ports, now)?;
                cluster.publish(&published);
                Ok(events)
            } else {
                Ok(Vec::new())
            }
        })
        .await?;
        fault_point::pass("after settle");
        if planned.starts_from_seed() {
            self.remove_seeds(planned).await;
        }
        Ok(())
    }

    /// Where the nodes are published, if the row does not say so: it did not before a start with other settings.
    pub(super) async fn record_published(
        &self,
        key: &ClusterKey,
        settled: &CacheCluster,
    ) -> Result<(), StoreError> {
        let published = self.published.sockets(settled);
        let told = |cluster: &CacheCluster| {
            let mut nodes = cluster.nodes.iter().filter(|node| node.port.is_some());
            nodes.all(|node| node.published.as_ref() == published.get(&node.id))
        };
        if told(settled) {
            return Ok(());
        }
        let generations = generations(settled);
        self.change(key, move |cluster| {
            if self::generations(cluster) == generations {
                cluster.publish(&published);
            }
            Ok(Vec::new())
        })
        .await
    }

    /// A node is lost: it gets a new generation, without data.
    pub(super) async fn record_lost(
        &self,
        key: &ClusterKey,
        node: CacheNodeId,
        generation: Generation,
        cause: &str,
    ) -> Result<(), StoreError> {
        tracing::warn!(cluster = %key, %node, cause, "an engine is lost and is being replaced");
        self.change(key, move |cluster| {
            let current = cluster.node(node).is_some_and(|node| node.generation == generation);
            if current { cluster.lose(node, NodeData::Gone) } else { Ok(Vec::new()) }
        })
        .await
    }

    /// A node went down with Simfra or the backend: it starts again with its data, and until it answers the cluster
    /// is not available.
    pub(super) async fn record_down(
        &self,
        key: &ClusterKey,
        node: CacheNodeId,
        generation: Generation,
    ) -> Result<(), StoreError> {
        tracing::info!(cluster = %key, %node, "an engine was stopped and is started again");
        self.change(key, move |cluster| {
            let current = cluster.node(node).is_some_and(|node| node.generation == generation);
            if current { cluster.lose(node, NodeData::Kept) } else { Ok(Vec::new()) }
        })
        .await
    }

    /// A node's start failed for good. True when that ends the cluster's creation or its move, or the joining of the nodes that
    /// were to join it; else the node was there before, and goes on being tried.
    pub(super) async fn record_failure(
        &self,
        key: &ClusterKey,
        node: Option<CacheNodeId>,
        cause: &str,
    ) -> Result<bool, StoreError> {
        let Some(cluster) = self.store.read().cluster(key).cloned() else { return Ok(false) };
        // A replica's move is not given up: its group sees to what it is to be.
        let arrives_with_data = cluster
            .engine_move
            .as_ref()
            .is_some_and(|under_way| under_way.stage == MoveStage::Arriving && under_way.data_lies_aside);
        if arrives_with_data {
            let cause = self.arrival_failure(&cluster, cause).await;
            self.record_abandoned(key, &cause).await?;
            return Ok(true);
        }
        let node = node.and_then(|node| cluster.node(node));
        if cluster.phase != Phase::Creating {
            let joins = node.is_some_and(|node| node.state == NodeState::Creating);
            if joins {
                tracing::error!(cluster = %key, cause, "nodes could not be added");
                let cause = cause.to_owned();
                self.change(key, move |cluster| Ok(cluster.give_up_joining(&cause).into_iter().collect()))
                    .await?;
            }
            return Ok(joins);
        }
        tracing::error!(cluster = %key, cause, "the cluster could not be created");
        let cause = cause.to_owned();
        self.change(key, move |cluster| cluster.fail(&cause)).await?;
        Ok(true)
    }

    /// The nodes are gone: so is the cluster, with its forwards.
    pub(super) async fn record_gone(
        &self,
        key: &ClusterKey,
        planned: &CacheCluster,
    ) -> Result<(), StoreError> {
        fault_point::pass("before forget");
        let (key_, now) = (key.clone(), self.clock.now());
        self.store
            .transact(move |tx| {
                let Some(cluster) = tx.cluster(&key_).cloned() else { return Ok(()) };
                if cluster.phase != Phase::Deleting {
                    return Ok(());
                }
                close_forwards(tx, &key_, |_| true);
                tx.tell(&cluster.scope, ClusterEvent::Deleted.of(&cluster.id, now));
                let of_it = |subject: &Subject| subject.is_cluster(&cluster.id);
                tx.forget_automatic_snapshots(&cluster.scope, cluster.id.as_str(), of_it);
                tx.remove::<CacheCluster>(key_);
                Ok::<_, StoreError>(())
            })
            .await?;
        fault_point::pass("after forget");
        self.remove_seeds(planned).await;
        self.names.publish_cluster(planned).await;
        Ok(())
    }

    /// Removes the data that lies aside for the cluster's nodes.
    async fn remove_seeds(&self, cluster: &CacheCluster) {
        for node in &cluster.nodes {
            self.seeds.remove(&cluster.node_id(node.id)).await;
        }
    }

    /// Tells the user what nodes' starts had to say, where no other record has told it.
    pub(super) async fn record_notices(&self, key: &ClusterKey) -> Result<(), StoreError> {
        if self.notices.are_for(key) { self.change(key, |_| Ok(Vec::new())).await } else { Ok(()) }
    }

    /// A step fails again and again: the user is told so once.
    pub(super) async fn tell_what_fails(&self, key: &ClusterKey, error: &StepError) {
        let text = still_tried(error);
        let told = self.change(key, move |_| Ok(vec![ClusterEvent::Notice(text)])).await;
        if let Err(error) = told {
            tracing::warn!(cluster = %key, %error, "what fails is told by the log alone");
        }
    }

    /// Forgets what happened more than two weeks ago.
    pub(super) async fn forget_old_events(&self) {
        let Ok(before) = self.clock.now().checked_sub(HISTORY) else { return };
        let old = self.store.read().events_before(before);
        if old.is_empty() {
            return;
        }
        let forgotten: Result<(), StoreError> = self
            .store
            .transact(move |tx| {
                for key in old {
                    tx.put(Change::Event(key, None));
                }
                Ok(())
            })
            .await;
        if let Err(error) = forgotten {
            tracing::warn!(%error, "events older than two weeks stay for now");
        }
    }

    /// Changes the cluster's row as it is when the transaction runs, and tells the events of it. What the row's
    /// phase no longer allows is not done: the next plan sees the row as it is.
    pub(super) async fn change<F>(&self, key: &ClusterKey, change: F) -> Result<(), StoreError>
    where
        F: FnOnce(&mut CacheCluster) -> Result<Vec<ClusterEvent>, WrongPhase> + Send + 'static,
    {
        let (key, now, notices) = (key.clone(), self.clock.now(), self.notices.take(key));
        self.store
            .transact(move |tx| {
                let Some(before) = tx.cluster(&key).cloned() else { return Ok(()) };
                for notice in notices {
                    tx.tell(&key.scope, ClusterEvent::Notice(notice).of(&key.id, now));
                }
                let mut cluster = CacheCluster::clone(&before);
                let Ok(events) = change(&mut cluster) else { return Ok(()) };
                for event in events {
                    tx.tell(&cluster.scope, event.of(&cluster.id, now));
                }
                if cluster.nodes.len() < before.nodes.len() {
                    close_forwards(tx, &key, |node| cluster.node(node).is_none());
                }
                if cluster != *before {
                    tx.put_changed(&before, cluster);
                }
                Ok(())
            })
            .await
    }
}

/// What is told of a step that fails again and again.
pub(super) fn still_tried(error: &StepError) -> String {
    format!("A step fails, and is tried until it succeeds: {error}")
}

/// Closes the forwards to a group that is gone.
pub(super) fn close_forwards_to_group(tx: &mut Tx<'_>, key: &GroupKey) {
    let closed = tx.forwards().filter(|forward| forward.destination.is_of_group(key));
    close(tx, closed.map(|forward| forward.id.clone()).collect());
}

fn close(tx: &mut Tx<'_>, forwards: Vec<String>) {
    for id in forwards {
        tx.put(Change::Forward(id, None));
    }
}

/// Closes the forwards to nodes of the cluster that are gone.
fn close_forwards(tx: &mut Tx<'_>, key: &ClusterKey, gone: impl Fn(CacheNodeId) -> bool) {
    let closed = tx.forwards().filter(|forward| forward.destination.is_node_of(key, &gone));
    close(tx, closed.map(|forward| forward.id.clone()).collect());
}

fn generations(cluster: &CacheCluster) -> Vec<(CacheNodeId, Generation)> {
    cluster.nodes.iter().map(|node| (node.id, node.generation)).collect()
}
