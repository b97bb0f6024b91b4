//! Starts engines, all from one thread: the kernel ends a child with the *thread* that started it, when asked to end
//! it with its parent, and the threads of an async runtime come and go.
//!
//! Between fork and exec a child carries no label. It holds every open file of Simfra, the instance's lock (a `flock`)
//! among them, so no next start looks for labels in that time.

use std::io;
use std::process::Command;
use std::sync::mpsc;
use std::thread;

use tokio::sync::oneshot;

use super::system::detach;

/// What becomes of the children when this process is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bond {
    /// They are killed with it, however it ends.
    DiesWithUs,
    /// They go on.
    Outlives,
}

/// The thread's door. Dropped, it ends the thread, and so the children that are bound to it.
#[derive(Debug)]
pub(super) struct Spawner {
    jobs: mpsc::Sender<Job>,
}

#[derive(Debug)]
struct Job {
    command: Command,
    started: oneshot::Sender<io::Result<i32>>,
}

impl Spawner {
    pub(super) fn new(bond: Bond) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let serve = move || {
            for mut job in queue {
                detach(&mut job.command, bond);
                let pid = job.command.spawn().map(|child| child.id().cast_signed());
                // Whoever asked runs to its end (`to_the_end`), so somebody takes the answer.
                let _ = job.started.send(pid);
            }
        };
        thread::Builder::new().name("engine-spawner".to_owned()).spawn(serve)?;
        Ok(Self { jobs })
    }

    /// Starts the command, detached; its pid. The child is to be waited for by the caller.
    pub(super) async fn spawn(&self, command: Command) -> io::Result<i32> {
        let (started, answer) = oneshot::channel();
        let gone = || io::Error::other("the thread that starts engines is gone");
        self.jobs.send(Job { command, started }).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}
