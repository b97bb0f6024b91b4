//! What nodes' starts had to say to the user: kept until the cluster's next record tells it, so that it costs none of its
//! own.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::store::ClusterKey;

/// Notices that are yet to be told, by cluster.
#[derive(Debug, Default)]
pub(super) struct Notices {
    waiting: Mutex<HashMap<ClusterKey, Vec<String>>>,
    /// The last one that was logged.
    logged: Mutex<String>,
}

impl Notices {
    fn waiting(&self) -> MutexGuard<'_, HashMap<ClusterKey, Vec<String>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more, which the log has at once; where many nodes start with the same one, it has the first.
    pub(super) fn add(&self, key: &ClusterKey, notice: String) {
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        if *logged == notice {
            tracing::debug!(cluster = %key, notice);
        } else {
            tracing::warn!(cluster = %key, notice);
            logged.clone_from(&notice);
        }
        drop(logged);
        self.waiting().entry(key.clone()).or_default().push(notice);
    }

    /// Whether there are any for the cluster.
    pub(super) fn are_for(&self, key: &ClusterKey) -> bool {
        self.waiting().contains_key(key)
    }

    /// Those for the cluster, to be told now.
    pub(super) fn take(&self, key: &ClusterKey) -> Vec<String> {
        self.waiting().remove(key).unwrap_or_default()
    }
}
