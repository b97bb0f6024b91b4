//! Connections to nodes, for what leads clients of the host to them.

use std::sync::Arc;

use async_trait::async_trait;
use dataplane::proxy::{Dial, Topology};
use dataplane::runtime::{BoxStream, Runtime, RuntimeError};
use dataplane::tls::NodeTls;
use domain::node::NodeId;

use crate::certificates::Certificates;
use crate::destination::Destination;
use crate::forwards::MemberPorts;
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
        Arc::new(DestinationDial { dialer: self.clone(), destination, members: None })
    }

    /// The way to a group, or to a member of it; with cluster mode its clients are told where the members' ports are.
    pub(crate) fn to_member(&self, destination: Destination, members: &Arc<MemberPorts>) -> Arc<dyn Dial> {
        let members = Some(Arc::clone(members));
        Arc::new(DestinationDial { dialer: self.clone(), destination, members })
    }

    /// The node that a destination means now: of several, the first that answers.
    fn node(&self, destination: &Destination) -> Option<NodeId> {
        let nodes = destination.nodes(&self.store.read());
        let answers = nodes.iter().find(|node| self.observations.answers(node));
        answers.or(nodes.first()).cloned()
    }
}

struct DestinationDial {
    dialer: Dialer,
    destination: Destination,
    members: Option<Arc<MemberPorts>>,
}

#[async_trait]
impl Dial for DestinationDial {
    async fn dial(&self) -> Result<BoxStream, RuntimeError> {
        let node = self.dialer.node(&self.destination);
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
        let node = self.dialer.node(&self.destination)?;
        let world = self.dialer.store.read();
        let cluster = world.cluster(&ClusterKey::of_node(&node))?;
        // One that takes both is the client's choice.
        self.dialer.certificates.of(cluster, node.node).filter(|tls| !tls.is_preferred())
    }

    fn topology(&self) -> Option<Arc<dyn Topology>> {
        let members = self.members.as_ref().filter(|members| members.are_told())?;
        Some(Arc::clone(members) as Arc<dyn Topology>)
    }
}
