//! The one writer: queued transactions share a commit, and each is answered after it.

use std::sync::{Arc, RwLock};

use dataplane::fault_point;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;

use super::journal::Journal;
use super::watch::Watches;
use super::{Change, StoreError, Tx, World};

/// How many transactions share one commit at most: beyond it the answer of the first waits for too long.
const BATCH: usize = 256;

/// A transaction's outcome before its commit.
pub(super) struct Settled {
    /// False: the closure refused, and what it did is to be undone.
    pub(super) changed: bool,
    /// Gives the caller its answer.
    pub(super) settle: Box<dyn FnOnce(Result<(), StoreError>) + Send>,
}

/// A queued transaction.
pub(super) type Job = Box<dyn FnOnce(&mut Tx<'_>) -> Settled + Send>;

/// What a store asks of its writer.
pub(super) enum Message {
    /// Run a transaction.
    Run(Job),
    /// End, after what was asked before, and tell when the journal is closed.
    Close(oneshot::Sender<()>),
}

/// Where others see what was committed.
pub(super) struct Published {
    /// The state that readers see.
    pub(super) world: Arc<RwLock<World>>,
    /// Those who wait for one resource.
    pub(super) watches: Arc<Watches>,
    /// The one who hears of everything.
    pub(super) feed: UnboundedSender<Arc<[Change]>>,
}

impl Published {
    /// Tells of changes that readers see.
    pub(super) fn tell(&self, changes: impl Into<Arc<[Change]>>) {
        let changes = changes.into();
        if changes.is_empty() {
            return;
        }
        self.watches.committed(&changes);
        // Nobody listens any more only while Simfra stops.
        let _ = self.feed.send(changes);
    }
}

/// Starts the writer's thread; it ends when it is closed, or the last [`super::Store`] is dropped.
pub(super) fn start(
    journal: Journal,
    latest: World,
    published: Published,
    queue: UnboundedReceiver<Message>,
) {
    let writer = Writer { journal, latest, published };
    std::thread::Builder::new()
        .name("store".to_owned())
        .spawn(move || writer.run(queue))
        .expect("the system refuses a thread only when it is out of memory");
}

struct Writer {
    journal: Journal,
    latest: World,
    published: Published,
}

impl Writer {
    fn run(mut self, mut queue: UnboundedReceiver<Message>) {
        let mut batch = Vec::with_capacity(BATCH);
        while queue.blocking_recv_many(&mut batch, BATCH) > 0 {
            let mut closing = None;
            let mut jobs = Vec::with_capacity(batch.len());
            for message in batch.drain(..) {
                match message {
                    // Dropped unanswered, what comes after a close is refused.
                    Message::Run(_) if closing.is_some() => {}
                    Message::Run(job) => jobs.push(job),
                    Message::Close(done) => closing = Some(done),
                }
            }
            if !jobs.is_empty() {
                self.commit(jobs.into_iter());
            }
            if let Some(done) = closing {
                drop((queue, self));
                // Whoever asked may have gone away.
                let _ = done.send(());
                return;
            }
        }
    }

    fn commit(&mut self, jobs: impl Iterator<Item = Job>) {
        let mut changes = Vec::new();
        let mut inverses = Vec::new();
        let mut waiting = Vec::new();
        for job in jobs {
            let mut tx = Tx::new(&mut self.latest);
            let settled = job(&mut tx);
            let (done, undo) = tx.into_parts();
            if settled.changed {
                changes.extend(done);
                inverses.extend(undo);
            } else {
                self.undo(undo);
            }
            waiting.push(settled.settle);
        }
        fault_point::pass("before commit");
        let durable = self.journal.commit(&changes);
        // Durable, and nobody knows yet: the caller's answer comes after it.
        fault_point::pass("after commit");
        match &durable {
            Ok(()) => self.publish(changes),
            Err(error) => {
                tracing::error!(%error, "a commit failed; its transactions are undone");
                self.undo(inverses);
            }
        }
        for settle in waiting {
            settle(durable.clone());
        }
    }

    fn publish(&self, changes: Vec<Change>) {
        if changes.is_empty() {
            return;
        }
        let changes: Arc<[Change]> = changes.into();
        {
            let mut world = self.published.world.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            for change in changes.iter() {
                world.apply(change.clone());
            }
        }
        self.published.tell(changes);
    }

    fn undo(&mut self, inverses: Vec<Change>) {
        for inverse in inverses.into_iter().rev() {
            self.latest.apply(inverse);
        }
    }
}
