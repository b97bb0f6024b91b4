//! Listeners on the host that lead to nodes, and what stands before a node's server.
//!
//! A forward reaches a node only through [`Dial`]: it knows not whether that is a container or a process, and what its
//! clients say to it only where the target is a cluster whose nodes tell clients of each other ([`Topology`]).

use std::sync::Arc;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use crate::runtime::{BoxStream, RuntimeError};
use crate::tls::NodeTls;

pub mod engine;
pub mod forward;
pub mod memcached;
mod topology;

pub use forward::{Forward, ForwardError, ForwardPool};
pub use topology::Topology;

/// A connection to a target.
pub struct Dialled {
    /// To where the target is.
    pub stream: BoxStream,
    /// Cancelled when there is nothing at the other end any more: what was paused or cut off may never say goodbye.
    pub gone: CancellationToken,
}

/// Opens a connection to wherever a target is at this moment: the node that is the primary now, at its present address.
#[async_trait]
pub trait Dial: Send + Sync + 'static {
    /// Connects once, without trying again. The stream should have TCP_NODELAY set.
    ///
    /// # Errors
    /// When the target is not there or cannot be reached.
    async fn dial(&self) -> Result<Dialled, RuntimeError>;

    /// Present: the target speaks TLS alone, at this moment.
    fn tls(&self) -> Option<NodeTls> {
        None
    }

    /// Present: the target's nodes tell clients of each other, and clients are told of these places instead.
    fn topology(&self) -> Option<Arc<dyn Topology>> {
        None
    }
}
