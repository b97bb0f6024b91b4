//! Nodes that no resource owns: left by a crash between a deletion's steps, or by a lost store.

use std::sync::Arc;

use super::Reconciler;
use crate::store::ClusterKey;

impl Reconciler {
    /// Removes what runs in this instance's name and stands in no cluster's row.
    pub(super) async fn remove_orphans(self: &Arc<Self>) {
        for id in self.observations.ids() {
            let owned = {
                let world = self.store.read();
                let cluster = world.cluster(&ClusterKey::of_node(&id));
                cluster.is_some_and(|cluster| cluster.nodes.iter().any(|node| node.id == id.node))
            };
            if owned {
                continue;
            }
            match self.runtime.remove(&id).await {
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
