//! One verb at a time for a node; different nodes do not wait for each other.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use domain::node::NodeId;
use tokio::sync::OwnedMutexGuard;

type Turn = tokio::sync::Mutex<()>;

/// The turns that somebody holds or waits for.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<BTreeMap<NodeId, Weak<Turn>>>);

impl Turns {
    /// Waits for the node's turn, which ends with the guard.
    pub(super) async fn take(&self, id: &NodeId) -> OwnedMutexGuard<()> {
        self.of(id).lock_owned().await
    }

    fn of(&self, id: &NodeId) -> Arc<Turn> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(id).and_then(Weak::upgrade) {
            return turn;
        }
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::new(Turn::default());
        turns.insert(id.clone(), Arc::downgrade(&turn));
        turn
    }
}
