//! What the tests share: servers of their own, and clients that say exactly what a test wants to say.

pub(crate) mod cluster;
pub(crate) mod dns;
pub(crate) mod emu;
pub(crate) mod gateway;
pub(crate) mod global_replication_group;
pub(crate) mod one_of_each;
pub(crate) mod raw;
pub(crate) mod replication_group;
pub(crate) mod sdk;
pub(crate) mod serverless_cache;
pub(crate) mod services;
pub(crate) mod signer;
pub(crate) mod snapshot;
pub(crate) mod tagging;

use std::time::Duration;

/// Polls `attempt` until it has something, and fails with `what` when that takes too long.
pub(crate) async fn until<T>(what: &str, attempt: impl AsyncFn() -> Option<T>) -> T {
    let poll = async {
        loop {
            if let Some(found) = attempt().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    match tokio::time::timeout(gateway::DEADLINE, poll).await {
        Ok(found) => found,
        Err(_) => panic!("waited in vain: {what}"),
    }
}
