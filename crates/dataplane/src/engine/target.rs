//! A node's engine as Simfra itself reaches it: the one place where its own connections begin.

use domain::engine::Engine;
use domain::node::{Generation, NodeId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::runtime::{BoxStream, NodeSpec, Runtime, RuntimeError};
use crate::tls::NodeTls;

/// The longest answer to a ping.
const LONGEST_ANSWER: usize = 1024;

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
    /// Present: it speaks TLS. One that takes clients without is spoken to without: it may be that it has no TLS yet.
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
            Some(tls) if tls.is_preferred() => match plain(stream).await {
                Some(stream) => Ok(stream),
                // It takes clients with TLS alone, as yet.
                None => {
                    let stream = runtime.dial(&self.id, self.port).await?;
                    tls.connect(stream).await.map_err(|error| self.no_tls(&error))
                }
            },
            Some(tls) => match (tls.connect(stream).await, tls.before()) {
                (Ok(stream), _) => Ok(stream),
                (Err(error), None) => Err(self.no_tls(&error)),
                (Err(error), Some(before)) => {
                    let stream = runtime.dial(&self.id, self.port).await?;
                    before.connect(stream).await.map_err(|_| self.no_tls(&error))
                }
            },
        }
    }

    /// Whether a node that speaks TLS has a certificate with the name that it has now.
    ///
    /// # Errors
    /// What [`Runtime::dial`] fails with.
    pub async fn shows_its_name(&self, runtime: &dyn Runtime) -> Result<bool, RuntimeError> {
        let Some(tls) = &self.tls else { return Ok(true) };
        let stream = runtime.dial(&self.id, self.port).await?;
        Ok(tls.connect(stream).await.is_ok())
    }

    fn no_tls(&self, error: &std::io::Error) -> RuntimeError {
        let (verb, subject) = ("speak TLS with", self.id.to_string());
        RuntimeError::Backend { verb, subject, reason: error.to_string() }
    }
}

/// The stream, if what is at its other end answers without TLS: one that speaks TLS alone closes it.
async fn plain(mut stream: BoxStream) -> Option<BoxStream> {
    stream.write_all(b"PING\r\n").await.ok()?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n") {
        answer.push(stream.read_u8().await.ok()?);
        if !matches!(answer[0], b'+' | b'-') || answer.len() > LONGEST_ANSWER {
            return None;
        }
    }
    Some(stream)
}
