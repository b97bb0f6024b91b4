//! What runs and reaches cache nodes: runtimes, engine clients, DNS, forwards.
//!
//! Knows nodes, networks and names; never the AWS API, its statuses or its errors.

pub mod dns;
pub mod engine;
pub mod fault_point;
mod listen;
pub mod loopback;
pub mod proxy;
pub mod relay;
pub mod runtime;
pub mod tls;
pub mod turns;

use std::future::Future;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Where this crate's background tasks live: tracked, and told to stop.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    /// Counts them, for the drain.
    pub tracker: TaskTracker,
    /// Cancelled when Simfra stops.
    pub stop: CancellationToken,
}

impl Tasks {
    /// Runs `task` until it ends or Simfra stops.
    pub fn spawn<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let stop = self.stop.clone();
        self.tracker.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = task => {}
            }
        });
    }
}
