//! Connections to nodes, for what leads clients of the host to them.

use std::sync::Arc;

use async_trait::async_trait;
use dataplane::proxy::Dial;
use dataplane::runtime::{BoxStream, Runtime, RuntimeError};
use dataplane::tls::NodeTls;
use domain::node::NodeId;

use crate::certificates::Certificates;
use crate::observations::Observations;
use crate::store::{ClusterKey, Store};

/// Dials nodes, each wherever it runs at the moment.
#[derive(Clone)]
pub struct Dialer {
    /// What nodes run on.
    pub runtime: Arc<dyn Runtime>,
    /// Where they were seen.
    pub observations: Arc<Observations>,
    /// Their clusters.
    pub store: Store,
    /// What those with encryption in transit are known by.
    pub certificates: Certificates,
}

impl Dialer {
    /// The way to one node.
    pub fn to(&self, node: NodeId) -> Arc<dyn Dial> {
        Arc::new(NodeDial { dialer: self.clone(), node })
    }
}

struct NodeDial {
    dialer: Dialer,
    node: NodeId,
}

#[async_trait]
impl Dial for NodeDial {
    async fn dial(&self) -> Result<BoxStream, RuntimeError> {
        let seen = self.dialer.observations.address_of(&self.node);
        let (_, port) = seen.ok_or_else(|| RuntimeError::Absent(self.node.clone()))?;
        self.dialer.runtime.dial(&self.node, port).await
    }

    fn tls(&self) -> Option<NodeTls> {
        let world = self.dialer.store.read();
        let cluster = world.cluster(&ClusterKey::of_node(&self.node));
        cluster.and_then(|cluster| self.dialer.certificates.of(cluster, self.node.node))
    }
}
