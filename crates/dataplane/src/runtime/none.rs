//! No engines: the control plane alone.
//!
//! Nodes exist as far as the API is concerned and complete at once; nothing can be reached.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::engine::Engine;
use domain::node::{Generation, NodeId, VpcKey};
use tokio::sync::mpsc;

use super::{
    BoxStream, Network, NetworkSpec, NodeHandle, NodeSpec, ObservedNode, ObservedState, Runtime,
    RuntimeError, RuntimeEvent, RuntimeKind,
};
use crate::dns::ZoneUpdate;
use crate::proxy::memcached::NodeList;

/// The runtime `none`. What it "runs" is forgotten with it.
#[derive(Debug, Default)]
pub struct NoneRuntime {
    nodes: Mutex<HashMap<NodeId, Started>>,
}

/// What is remembered of a node.
#[derive(Debug, Clone, Copy)]
struct Started {
    generation: Generation,
    address: Ipv4Addr,
    port: u16,
}

impl NoneRuntime {
    /// A runtime without nodes.
    pub fn new() -> Self {
        Self::default()
    }

    fn nodes(&self) -> MutexGuard<'_, HashMap<NodeId, Started>> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the user is told of each node: its cluster looks as if it could be connected to.
const NO_ENGINE: &str =
    "No engine: Simfra runs with runtime none, so nothing answers at this cache's endpoint";

#[async_trait]
impl Runtime for NoneRuntime {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::None
    }

    async fn ensure_network(&self, spec: &NetworkSpec) -> Result<Network, RuntimeError> {
        Ok(Network { name: String::new(), pool: spec.cidr, resolver: None, simfra: None })
    }

    async fn remove_network(&self, _vpc: &VpcKey) -> Result<(), RuntimeError> {
        Ok(())
    }

    async fn list(&self) -> Result<Vec<ObservedNode>, RuntimeError> {
        let nodes = self.nodes();
        let observed = nodes.iter().map(|(id, node)| ObservedNode {
            id: id.clone(),
            generation: node.generation,
            state: ObservedState::Running { address: node.address.into(), port: node.port },
        });
        Ok(observed.collect())
    }

    async fn ensure(&self, spec: &NodeSpec) -> Result<NodeHandle, RuntimeError> {
        let address = spec.address.into();
        let node = Started { generation: spec.generation, address: spec.address, port: spec.port };
        let before = self.nodes().insert(spec.id.clone(), node);
        let adopted = before.is_some_and(|before| before.generation == spec.generation);
        let notice = (!adopted).then(|| NO_ENGINE.to_owned());
        Ok(NodeHandle { address, port: spec.port, adopted, notice })
    }

    async fn ensure_engine(&self, _engine: Engine, _version: Option<&str>) -> Result<(), RuntimeError> {
        Ok(())
    }

    async fn remove(&self, id: &NodeId) -> Result<(), RuntimeError> {
        self.nodes().remove(id);
        Ok(())
    }

    async fn stop(&self, id: &NodeId) -> Result<(), RuntimeError> {
        self.nodes().remove(id);
        Ok(())
    }

    async fn dial(&self, id: &NodeId, _port: u16) -> Result<BoxStream, RuntimeError> {
        Err(RuntimeError::Backend {
            verb: "reach",
            subject: format!("node {id}"),
            reason: "no engine runs (runtime none): set SIMFRA_RUNTIME to docker or process".to_owned(),
        })
    }

    fn put_zone(&self, _vpc: &VpcKey, _update: ZoneUpdate) -> bool {
        true
    }

    async fn has_zone(&self, _vpc: &VpcKey) -> Result<(), RuntimeError> {
        Ok(())
    }

    async fn publish_nodes(&self, _id: &NodeId, _list: &NodeList) -> Result<(), RuntimeError> {
        Ok(())
    }

    fn events(&self) -> mpsc::UnboundedReceiver<RuntimeEvent> {
        // Nothing ever happens: the sender is gone at once, and the receiver ends.
        mpsc::unbounded_channel().1
    }

    fn host_address(&self, _id: &NodeId, _port: u16) -> Option<SocketAddr> {
        None
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::{CacheNodeId, Scope};
    use domain::node::Generation;

    use super::*;
    use crate::runtime::Storage;

    fn spec(generation: Generation) -> NodeSpec {
        let scope = Scope { account: "000000000000".parse().unwrap(), region: "us-east-1".parse().unwrap() };
        let vpc = VpcKey { scope: scope.clone(), vpc: "vpc-0a".parse().unwrap() };
        NodeSpec {
            id: NodeId { scope, cluster: "c".parse().unwrap(), node: CacheNodeId::new(1) },
            generation,
            arn: "arn:aws:elasticache:us-east-1:000000000000:cluster:c".to_owned(),
            engine: Engine::Redis,
            version: None,
            port: 6379,
            network: NetworkSpec { vpc, cidr: "172.31.0.0/16".parse().unwrap() },
            address: "172.31.0.10".parse().unwrap(),
            storage: Storage::Ephemeral,
            memory: None,
            seed: None,
            tls: None,
            replication: crate::runtime::Replication::Alone,
            is_proxied: false,
            configuration: crate::runtime::Configuration::default(),
        }
    }

    #[tokio::test]
    async fn a_node_is_there_at_once_and_cannot_be_reached() {
        let runtime = NoneRuntime::new();
        let spec = spec(Generation::FIRST);
        let handle = runtime.ensure(&spec).await.unwrap();
        assert_eq!((handle.address, handle.port, handle.adopted), (spec.address.into(), 6379, false));
        assert!(runtime.ensure(&spec).await.unwrap().adopted);
        let Err(error) = runtime.dial(&spec.id, 6379).await else { panic!("there is no engine to reach") };
        assert!(error.to_string().contains("no engine runs"), "{error}");
        runtime.remove(&spec.id).await.unwrap();
        assert_eq!(runtime.list().await.unwrap(), []);
    }
}
