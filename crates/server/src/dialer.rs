//! Connections to nodes, for what leads clients of the host to them.

use std::sync::Arc;

use async_trait::async_trait;
use dataplane::proxy::Dial;
use dataplane::runtime::{BoxStream, Runtime, RuntimeError};
use dataplane::tls::NodeTls;

use crate::certificates::Certificates;
use crate::destination::Destination;
use crate::observations::Observations;
use crate::store::{ClusterKey, Store};

/// Dials destinations, each wherever it is at the moment.
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
    /// The way to a destination, as it is found at each connection.
    pub fn to(&self, destination: Destination) -> Arc<dyn Dial> {
        Arc::new(DestinationDial { dialer: self.clone(), destination })
    }
}

struct DestinationDial {
    dialer: Dialer,
    destination: Destination,
}

#[async_trait]
impl Dial for DestinationDial {
    async fn dial(&self) -> Result<BoxStream, RuntimeError> {
        let node = self.destination.node(&self.dialer.store.read());
        let node = node.ok_or_else(|| RuntimeError::Backend {
            verb: "reach",
            subject: self.destination.resource_id().to_owned(),
            reason: "it has no primary".to_owned(),
        })?;
        let seen = self.dialer.observations.address_of(&node);
        let (_, port) = seen.ok_or_else(|| RuntimeError::Absent(node.clone()))?;
        self.dialer.runtime.dial(&node, port).await
    }

    fn tls(&self) -> Option<NodeTls> {
        let world = self.dialer.store.read();
        let node = self.destination.node(&world)?;
        let cluster = world.cluster(&ClusterKey::of_node(&node))?;
        self.dialer.certificates.of(cluster, node.node)
    }
}
