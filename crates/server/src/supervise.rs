//! The server's background tasks: each has a name, is told to stop, and is waited for.
//!
//! The one place that starts tasks. A task that panics is logged by its name and takes nothing else with it; what it
//! kept is found again by the reconcilers' next period.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use dataplane::Tasks;
use futures_util::FutureExt;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// A group of tasks that stop together. Groups are drained one after the other: first the gateway, so that requests
/// under way still find everything they need, then what works in the background.
#[derive(Debug, Clone)]
pub struct Supervisor {
    group: &'static str,
    tasks: Tasks,
    /// Ends, at the drain's deadline, those that do not.
    cut: CancellationToken,
    roll: Arc<Roll>,
}

/// Who is at work.
#[derive(Debug, Default)]
struct Roll {
    next: AtomicU64,
    names: Mutex<BTreeMap<u64, &'static str>>,
}

impl Supervisor {
    /// A group without tasks, called `group` in the log.
    pub fn new(group: &'static str) -> Self {
        Self { group, tasks: Tasks::default(), cut: CancellationToken::new(), roll: Arc::default() }
    }

    /// Runs `task` until it ends or the group stops, which drops it at its next await.
    pub fn spawn<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let stop = self.stopping();
        self.spawn_draining(name, async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = task => {}
            }
        });
    }

    /// Runs `task`, which watches [`Supervisor::stopping`] itself and ends in its own time; the drain's deadline drops
    /// it all the same.
    pub fn spawn_draining<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let presence = Presence::of(name, &self.roll);
        let (group, cut) = (self.group, self.cut.clone());
        self.tasks.tracker.spawn(async move {
            let _presence = presence;
            tokio::select! {
                () = cut.cancelled() => {}
                end = AssertUnwindSafe(task).catch_unwind() => if end.is_err() {
                    tracing::error!(group, task = name, "a task panicked; please report this, with the lines before");
                }
            }
        });
    }

    /// [`Supervisor::spawn`] for a task that often has nothing to wait for: what it does before its first await is done
    /// here and now.
    pub fn begin<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        if self.tasks.stop.is_cancelled() {
            return;
        }
        let group = self.group;
        let panicked = move |_| {
            tracing::error!(group, task = name, "a task panicked; please report this, with the lines before");
        };
        let mut task = Box::pin(AssertUnwindSafe(task).catch_unwind());
        // Nobody is woken by what this poll waits for: the task's own first poll comes after it.
        match task.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(end) => end.unwrap_or_else(panicked),
            Poll::Pending => self.spawn(name, async move { task.await.unwrap_or_else(panicked) }),
        }
    }

    /// Runs `task` to its end, whatever becomes of the caller; none when it panicked. As long as nothing is waited for
    /// the caller does it itself: what is left at the first await goes on in a task of its own.
    pub async fn see_through<F>(&self, name: &'static str, task: F) -> Option<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let group = self.group;
        let panicked = move |_| {
            tracing::error!(group, task = name, "a task panicked; please report this, with the lines before");
        };
        let mut task = Box::pin(AssertUnwindSafe(task).catch_unwind());
        let begun = std::future::poll_fn(|cx| Poll::Ready(task.as_mut().poll(cx))).await;
        if let Poll::Ready(end) = begun {
            return end.map_err(panicked).ok();
        }
        let (end, ended) = oneshot::channel();
        let rest = async move {
            // The caller may be gone: then nobody wants it.
            let _ = end.send(task.await.map_err(panicked).ok());
        };
        self.spawn_draining(name, rest.in_current_span());
        ended.await.unwrap_or_default()
    }

    /// Cancelled when the group is to stop.
    pub fn stopping(&self) -> CancellationToken {
        self.tasks.stop.clone()
    }

    /// The same group, for `dataplane`.
    pub fn tasks(&self) -> Tasks {
        self.tasks.clone()
    }

    /// How many tasks are at work.
    pub fn running(&self) -> usize {
        self.tasks.tracker.len()
    }

    /// Tells every task to stop and waits for them, at most until `deadline` has passed; then drops those that are
    /// late, with their names in the log and in the answer.
    pub async fn drain(&self, deadline: Duration) -> Vec<&'static str> {
        self.tasks.stop.cancel();
        self.tasks.tracker.close();
        if tokio::time::timeout(deadline, self.tasks.tracker.wait()).await.is_ok() {
            return Vec::new();
        }
        let late = self.roll.names();
        let unnamed = self.running().saturating_sub(late.len());
        tracing::warn!(
            group = self.group,
            ?late,
            unnamed,
            ?deadline,
            "tasks are late to stop and are dropped"
        );
        self.cut.cancel();
        // A dropped task is gone at its next await; one that never comes to an await must not hold the exit up.
        let _ = tokio::time::timeout(deadline, self.tasks.tracker.wait()).await;
        late
    }
}

impl Roll {
    fn names(&self) -> Vec<&'static str> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).values().copied().collect()
    }
}

/// A task's line in the roll, taken out however it ends.
struct Presence {
    number: u64,
    roll: Arc<Roll>,
}

impl Presence {
    fn of(name: &'static str, roll: &Arc<Roll>) -> Self {
        let number = roll.next.fetch_add(1, Relaxed);
        roll.names.lock().unwrap_or_else(PoisonError::into_inner).insert(number, name);
        Self { number, roll: roll.clone() }
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.roll.names.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.number);
    }
}

impl fmt::Debug for Presence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Presence({})", self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_drain_names_who_is_late_and_leaves_nobody() {
        let supervisor = Supervisor::new("test");
        supervisor.spawn("obedient", std::future::pending());
        supervisor.spawn_draining("deaf", std::future::pending());
        assert_eq!(supervisor.running(), 2);
        assert_eq!(supervisor.drain(Duration::from_millis(50)).await, ["deaf"]);
        assert_eq!(supervisor.running(), 0);
    }

    #[tokio::test]
    async fn a_begun_task_does_at_once_what_it_can() {
        let supervisor = Supervisor::new("test");
        supervisor.begin("panics", async { panic!("on purpose") });
        let (told, mut first) = tokio::sync::oneshot::channel();
        let (go, wait) = tokio::sync::oneshot::channel::<()>();
        let (end, ended) = tokio::sync::oneshot::channel();
        supervisor.begin("waits", async {
            told.send(1).unwrap();
            wait.await.unwrap();
            end.send(2).unwrap();
        });
        assert_eq!(first.try_recv(), Ok(1));
        go.send(()).unwrap();
        assert_eq!(ended.await, Ok(2));
        assert!(supervisor.drain(Duration::from_secs(5)).await.is_empty());
        supervisor.begin("too late", async { unreachable!("the group has stopped") });
    }

    #[tokio::test]
    async fn what_was_begun_is_seen_through() {
        let supervisor = Supervisor::new("test");
        assert_eq!(supervisor.see_through("at once", async { 1 }).await, Some(1));
        assert_eq!(supervisor.see_through("panics", async { panic!("on purpose") }).await, None::<()>);
        let (go, wait) = tokio::sync::oneshot::channel::<()>();
        let (told, done) = tokio::sync::oneshot::channel();
        let task = supervisor.see_through("later", async {
            wait.await.unwrap();
            told.send(2).unwrap();
        });
        assert!(task.now_or_never().is_none(), "it waits, and its caller is gone");
        go.send(()).unwrap();
        assert_eq!(done.await, Ok(2));
    }

    #[tokio::test]
    async fn a_panic_ends_its_task_alone() {
        let supervisor = Supervisor::new("test");
        supervisor.spawn("panics", async { panic!("on purpose") });
        let (told, finished) = tokio::sync::oneshot::channel();
        let stop = supervisor.stopping();
        supervisor.spawn_draining("finishes", async move {
            stop.cancelled().await;
            let _ = told.send(());
        });
        assert!(supervisor.drain(Duration::from_secs(5)).await.is_empty());
        finished.await.unwrap();
    }
}
