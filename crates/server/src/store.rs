//! The store: the one place where intent and recorded life-cycle positions live.
//!
//! Owns the [`World`] in memory and, with a data directory, the journal behind it (one redb file). Every change goes
//! through [`Store::transact`]: a closure that sees the latest state, and is answered after its changes are durable
//! and visible. Closures that wait together share one commit. It knows nothing of runtimes or HTTP.

mod events;
mod groups;
mod journal;
mod looks;
mod resource;
mod snapshots;
mod turns;
mod tx;
mod users;
mod uses;
mod vpc;
mod watch;
mod world;
mod writer;

use std::path::Path;
use std::sync::{Arc, RwLock, RwLockReadGuard};

use tokio::sync::{mpsc, oneshot};

pub use events::{EventKey, EventPlace};
pub use groups::WorldGroups;
pub use resource::{ClusterKey, GlobalKey, GroupKey, Key, Resource, ResourceChange, Watched};
pub use tx::Tx;
pub use uses::{InterfacesBy, TagMap};
pub use world::{Change, World};

use journal::Journal;
use turns::Turns;
use watch::Watches;
use writer::{Job, Message, Published, Settled};

/// Why a transaction did not become durable. Nothing of it is visible then.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The journal could not be opened.
    #[error("cannot open the store {path}: {reason}; is another Simfra using this data directory?")]
    Open {
        /// The file.
        path: String,
        /// What the database said.
        reason: String,
    },
    /// A row that an earlier Simfra wrote is not readable.
    #[error("the store's {table} row '{key}' is not readable: {reason}")]
    Row {
        /// Which table.
        table: &'static str,
        /// Which row.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The journal refused a commit (a full disk).
    #[error("cannot write to the store: {0}")]
    Commit(String),
    /// Simfra is stopping.
    #[error("the store is closed")]
    Closed,
}

/// A handle on the store; clones share it.
#[derive(Clone)]
pub struct Store {
    world: Arc<RwLock<World>>,
    watches: Arc<Watches>,
    writer: Writer,
}

/// Where transactions run.
#[derive(Clone)]
enum Writer {
    /// In memory: at the caller's.
    Turns(Arc<Turns>),
    /// With a file: on a thread of their own, which makes those that wait durable together.
    Thread(mpsc::UnboundedSender<Message>),
}

/// What was committed, in order: what the reconcilers and the names are woken by.
pub type Feed = mpsc::UnboundedReceiver<Arc<[Change]>>;

impl Store {
    /// A store whose contents end with the process.
    ///
    /// # Errors
    /// None in practice: the signature is that of [`Store::open`].
    pub fn in_memory() -> Result<(Self, Feed), StoreError> {
        let (store, published, feed) = Self::over(World::default());
        Ok((store(Writer::Turns(Arc::new(Turns::new(published)))), feed))
    }

    /// Opens or creates the store in `folder`, with what an earlier run committed there.
    ///
    /// # Errors
    /// When the file cannot be opened, is held by another process, or holds rows that cannot be read.
    pub fn open(folder: &Path) -> Result<(Self, Feed), StoreError> {
        let journal = Journal::open(&folder.join("simfra.redb"))?;
        let mut world = World::default();
        journal.load(&mut world)?;
        let (jobs, queue) = mpsc::unbounded_channel();
        let (store, published, feed) = Self::over(world.clone());
        writer::start(journal, world, published, queue);
        Ok((store(Writer::Thread(jobs)), feed))
    }

    fn over(world: World) -> (impl FnOnce(Writer) -> Self, Published, Feed) {
        let (world, watches) = (Arc::new(RwLock::new(world)), Arc::new(Watches::default()));
        let (committed, feed) = mpsc::unbounded_channel();
        let published =
            Published { world: Arc::clone(&world), watches: Arc::clone(&watches), feed: committed };
        (|writer| Self { world, watches, writer }, published, feed)
    }

    /// The committed state. Hold it briefly, and never across an `.await`.
    ///
    /// # Panics
    /// Never: the writer does not panic while it holds the lock.
    pub fn read(&self) -> RwLockReadGuard<'_, World> {
        self.world.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Waits until the committed state is as `look` wants it. It is asked at once, and again after each commit that
    /// changes `resource`: it must depend on nothing else.
    pub async fn until(&self, resource: Watched, look: impl Fn(&World) -> bool) {
        let watch = self.watches.watch(resource);
        loop {
            let next = watch.changed.notified();
            tokio::pin!(next);
            // Registered before the look, so that a commit between the two is not missed.
            next.as_mut().enable();
            if look(&self.read()) {
                return;
            }
            next.await;
        }
    }

    /// Whether somebody waits for `resource`.
    pub fn is_awaited(&self, resource: &Watched) -> bool {
        self.watches.has(resource)
    }

    /// Runs `work` on the latest state, alone. Its changes become visible together, after they are durable; when it
    /// answers an error they are undone.
    ///
    /// # Errors
    /// What `work` answers, or the store's own failure.
    pub async fn transact<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let jobs = match &self.writer {
            Writer::Turns(turns) => return turns.run(work),
            Writer::Thread(jobs) => jobs,
        };
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |tx| {
            let result = work(tx);
            let changed = result.is_ok();
            let settle = Box::new(move |durable: Result<(), StoreError>| {
                // The caller may have gone away (a closed connection): the change stands all the same.
                let _ = answer.send(durable.map_err(E::from).and(result));
            });
            Settled { changed, settle }
        });
        jobs.send(Message::Run(job)).map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }

    /// Commits what waits and closes the file: when this answers, another Simfra can open it. Later transactions are
    /// refused; reads go on.
    pub async fn close(&self) {
        let jobs = match &self.writer {
            Writer::Turns(turns) => return turns.close(),
            Writer::Thread(jobs) => jobs,
        };
        let (done, closed) = oneshot::channel();
        // A writer that is gone already has closed it.
        if jobs.send(Message::Close(done)).is_ok() {
            let _ = closed.await;
        }
    }
}

#[cfg(test)]
mod tests;
