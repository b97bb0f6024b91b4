//! Nodes that no resource owns: left by a crash between a deletion's steps, or by a lost store.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use domain::node::NodeId;

use super::{PAUSE, PERIOD, Reconciler};
use crate::store::ClusterKey;

impl Reconciler {
    /// Looks for them once the backend, which could not be asked, can.
    pub(super) async fn look_for_orphans_later(self: Arc<Self>) {
        let mut pause = PAUSE;
        loop {
            tokio::time::sleep(pause).await;
            match self.runtime.list().await {
                Ok(listed) => {
                    return self.remove_unowned(listed.into_iter().map(|node| node.id).collect()).await;
                }
                Err(error) => tracing::debug!(%error, "the nodes that run still cannot be listed"),
            }
            pause = (pause * 2).min(PERIOD);
        }
    }

    /// Removes data that lies aside for a move which no cluster makes.
    pub(super) async fn remove_orphaned_seeds(&self) {
        let moving: HashSet<PathBuf> = {
            let world = self.store.read();
            let moving = world.all_clusters().filter(|cluster| cluster.engine_move.is_some());
            let nodes = moving.flat_map(|cluster| cluster.nodes.iter().map(|node| cluster.node_id(node.id)));
            nodes.map(|node| self.seeds.of(&node)).collect()
        };
        self.seeds.retain(|path| moving.contains(path)).await;
    }

    /// Removes what runs in this instance's name and stands in no cluster's row.
    pub(super) async fn remove_orphans(self: &Arc<Self>) {
        self.remove_unowned(self.observations.ids()).await;
    }

    async fn remove_unowned(self: &Arc<Self>, nodes: Vec<NodeId>) {
        for id in nodes {
            let owned = {
                let world = self.store.read();
                let cluster = world.cluster(&ClusterKey::of_node(&id));
                cluster.is_some_and(|cluster| cluster.nodes.iter().any(|node| node.id == id.node))
            };
            if owned {
                continue;
            }
            match self.remove_to_the_end(id.clone()).await {
                Ok(()) => {
                    self.observations.removed(&id);
                    tracing::info!(node = %id, "removed a node that no cluster owns");
                }
                Err(error) => {
                    tracing::warn!(node = %id, %error, "a node that no cluster owns could not be removed")
                }
            }
        }
    }
}
