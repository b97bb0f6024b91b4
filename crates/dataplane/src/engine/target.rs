//! A node's engine as Simfra itself reaches it: the one place where its own connections begin.

use domain::engine::Engine;
use domain::node::{Generation, NodeId};

use crate::runtime::{BoxStream, NodeSpec, Runtime, RuntimeError};
use crate::tls::NodeTls;

/// The engine of one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Which node's.
    pub id: NodeId,
    /// Of which generation: reported back, so that a late report does not hit its successor.
    pub generation: Generation,
    /// What to speak.
    pub engine: Engine,
    /// Where, as [`Runtime::dial`] takes it.
    pub port: u16,
    /// Present: it speaks TLS.
    pub tls: Option<NodeTls>,
}

impl Target {
    /// The engine of a node that is what `spec` asks for.
    pub fn of(spec: &NodeSpec) -> Self {
        Self {
            id: spec.id.clone(),
            generation: spec.generation,
            engine: spec.engine,
            port: spec.port,
            tls: spec.tls.clone(),
        }
    }

    /// Dials it; a TLS node's stream is encrypted, and it is that node's. Sets no deadline.
    ///
    /// # Errors
    /// What [`Runtime::dial`] fails with, and [`RuntimeError::Backend`] when TLS does not come about.
    pub async fn connect(&self, runtime: &dyn Runtime) -> Result<BoxStream, RuntimeError> {
        let stream = runtime.dial(&self.id, self.port).await?;
        match &self.tls {
            None => Ok(stream),
            Some(tls) => tls.connect(stream).await.map_err(|error| RuntimeError::Backend {
                verb: "speak TLS with",
                subject: self.id.to_string(),
                reason: error.to_string(),
            }),
        }
    }
}
