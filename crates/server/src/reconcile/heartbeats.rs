//! One heartbeat a node that answers; what they miss wakes the reconciler.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dataplane::Tasks;
use dataplane::engine::{Heartbeat, Missed, Target};
use dataplane::runtime::Runtime;
use domain::node::{Generation, NodeId};
use tokio::sync::mpsc;

/// The heartbeats that are kept.
pub(super) struct Heartbeats {
    runtime: Arc<dyn Runtime>,
    tasks: Tasks,
    kept: Mutex<HashMap<NodeId, (Generation, Heartbeat)>>,
    missed: mpsc::UnboundedSender<Missed>,
    misses: Mutex<Option<mpsc::UnboundedReceiver<Missed>>>,
}

impl Heartbeats {
    pub(super) fn new(runtime: Arc<dyn Runtime>, tasks: Tasks) -> Self {
        let (missed, misses) = mpsc::unbounded_channel();
        Self { runtime, tasks, kept: Mutex::default(), missed, misses: Mutex::new(Some(misses)) }
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<NodeId, (Generation, Heartbeat)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where misses arrive; for the one loop that handles them.
    ///
    /// # Panics
    /// When it is asked for twice.
    pub(super) fn misses(&self) -> mpsc::UnboundedReceiver<Missed> {
        let mut misses = self.misses.lock().unwrap_or_else(PoisonError::into_inner);
        misses.take().expect("one loop handles the misses")
    }

    /// Has the node watched; one that is watched at this generation already stays as it is.
    pub(super) fn keep(&self, target: Target) {
        let mut kept = self.kept();
        if kept.get(&target.id).is_some_and(|(of, _)| *of == target.generation) {
            return;
        }
        kept.insert(target.id.clone(), self.start(target));
    }

    /// Has a node that fell silent and answers again watched as if it had never been silent, if it is watched at all.
    pub(super) fn begin_anew(&self, target: Target) {
        let mut kept = self.kept();
        if kept.get(&target.id).is_some_and(|(of, _)| *of == target.generation) {
            kept.insert(target.id.clone(), self.start(target));
        }
    }

    fn start(&self, target: Target) -> (Generation, Heartbeat) {
        let generation = target.generation;
        let heartbeat = Heartbeat::start(Arc::clone(&self.runtime), target, self.missed.clone(), &self.tasks);
        (generation, heartbeat)
    }

    /// Stops watching the node.
    pub(super) fn stop(&self, id: &NodeId) {
        self.kept().remove(id);
    }
}
