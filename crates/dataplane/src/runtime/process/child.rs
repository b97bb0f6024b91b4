//! A hold on one engine's process, our child or adopted: a pidfd, which no later process with its number can take.

use std::fmt;
use std::io;
use std::net::SocketAddrV4;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, WaitOptions, kill_process_group, pidfd_open,
    pidfd_send_signal, waitid, waitpid,
};
use tokio::io::unix::AsyncFd;
use tokio::time::timeout;

use super::scan::{self, Identity};
use super::{listener, system};

/// How long a killed process is waited for where nothing else can be done meanwhile.
const GONE_WITHIN: Timespec = Timespec { tv_sec: 5, tv_nsec: 0 };

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Code(i32),
    Signal(i32),
    /// Not our child: its parent was told.
    Untold,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exited with code {code}"),
            Self::Signal(signal) => {
                let name = nix::sys::signal::Signal::try_from(*signal)
                    .map(|signal| format!(" ({signal})"))
                    .unwrap_or_default();
                write!(f, "killed by signal {signal}{name}")
            }
            Self::Untold => f.write_str("ended"),
        }
    }
}

impl Ending {
    /// Whether the process had no chance to say why.
    pub(super) fn is_sudden(self) -> bool {
        self == Self::Signal(Signal::KILL.as_raw())
    }
}

/// The hold.
#[derive(Debug)]
pub(super) struct Child {
    pid: Pid,
    pidfd: AsyncFd<OwnedFd>,
    ending: OnceLock<Ending>,
    /// Set before we end it ourselves: its end is then no event.
    expected: AtomicBool,
    /// Where it was seen to listen.
    listens_at: OnceLock<SocketAddrV4>,
}

impl Child {
    /// Takes hold of a process that we just started and have not waited for. It is killed where that fails: nobody
    /// could end it later.
    pub(super) fn started(pid: i32) -> io::Result<Self> {
        Self::hold(pid).inspect_err(|_| {
            if let Some(pid) = Pid::from_raw(pid) {
                let _ = kill_process_group(pid, Signal::KILL);
                let _ = waitpid(Some(pid), WaitOptions::empty());
            }
        })
    }

    fn hold(pid: i32) -> io::Result<Self> {
        let pid = Pid::from_raw(pid).ok_or(io::ErrorKind::InvalidInput)?;
        let pidfd = pidfd_open(pid, PidfdFlags::empty())?;
        let pidfd = system::readable(pidfd)?;
        Ok(Self {
            pid,
            pidfd,
            ending: OnceLock::new(),
            expected: AtomicBool::new(false),
            listens_at: OnceLock::new(),
        })
    }

    /// Takes hold of a process that was found; none when it is gone.
    pub(super) fn found(identity: Identity) -> Option<Self> {
        let child = Self::hold(identity.pid).ok()?;
        // The pidfd is of whoever has the number now: that must still be the one that was meant.
        (scan::identity(identity.pid) == Some(identity)).then_some(child)
    }

    pub(super) fn identity(&self) -> Option<Identity> {
        scan::identity(self.pid.as_raw_nonzero().get())
    }

    pub(super) fn is_alive(&self) -> bool {
        let mut waited = [PollFd::new(&self.pidfd, PollFlags::IN)];
        matches!(poll(&mut waited, Some(&Timespec::default())), Ok(0))
    }

    /// Whether it is this process that somebody reached who connected to `socket`. The system is asked until it says so
    /// once: a process that lives keeps what it listens on. Where the system does not tell, it is believed.
    pub(super) async fn was_reached_at(&self, socket: SocketAddrV4) -> bool {
        if self.listens_at.get() != Some(&socket) {
            let pid = self.pid;
            let asked = tokio::task::spawn_blocking(move || listener::is_own(socket, pid)).await;
            match asked.unwrap_or_else(|error| Err(io::Error::other(error))) {
                Ok(true) => {}
                Ok(false) => return false,
                Err(error) => tracing::debug!(%error, %socket, "whose listener it is cannot be told"),
            }
            let _ = self.listens_at.set(socket);
        }
        // One that has ended meanwhile may have left its place to another.
        self.is_alive()
    }

    /// Waits until it ended.
    pub(super) async fn ended(&self) -> Ending {
        // Fails only when the async runtime shuts down: nothing is to be waited for then.
        let _ = self.pidfd.readable().await;
        self.ending()
    }

    /// True when its end is our doing.
    pub(super) fn is_expected_to_end(&self) -> bool {
        self.expected.load(Ordering::Acquire)
    }

    /// Kills it, stopped or not, and waits until it is gone.
    pub(super) async fn kill(&self) -> Ending {
        self.expected.store(true, Ordering::Release);
        self.signal(Signal::KILL);
        self.ended().await
    }

    /// Asks it to end, and kills it after `grace`.
    pub(super) async fn stop(&self, grace: Duration) -> Ending {
        self.ask_to_end();
        match timeout(grace, self.ended()).await {
            Ok(ending) => ending,
            Err(_) => self.kill().await,
        }
    }

    /// Asks it to end, and does not wait.
    pub(super) fn ask_to_end(&self) {
        self.expected.store(true, Ordering::Release);
        self.signal(Signal::TERM);
        self.resume();
    }

    /// Lets it go on where somebody stopped it.
    pub(super) fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// Kills it without an async runtime, and waits: what it listened on is free then. Not by `waitid` alone, which waits
    /// for children only.
    pub(super) fn kill_now(&self) {
        self.expected.store(true, Ordering::Release);
        self.signal(Signal::KILL);
        let mut waited = [PollFd::new(&self.pidfd, PollFlags::IN)];
        // One that the kernel itself holds is left to end when it may.
        let _ = poll(&mut waited, Some(&GONE_WITHIN));
        let ended = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
        let _ = waitid(WaitId::PidFd(self.pidfd.get_ref().as_fd()), ended);
    }

    /// To the process and what it forked. One that is gone needs no signal.
    fn signal(&self, signal: Signal) {
        if self.is_alive() {
            let _ = kill_process_group(self.pid, signal);
            let _ = pidfd_send_signal(&self.pidfd, signal);
        }
    }

    fn ending(&self) -> Ending {
        *self.ending.get_or_init(|| {
            let pidfd = WaitId::PidFd(self.pidfd.get_ref().as_fd());
            let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
            let Ok(Some(status)) = waitid(pidfd.clone(), look) else { return Ending::Untold };
            // Until it is waited for its number is its own, and so is its group: what it forked ends with it.
            let _ = kill_process_group(self.pid, Signal::KILL);
            let _ = waitid(pidfd, WaitIdOptions::EXITED | WaitIdOptions::NOHANG);
            match (status.exit_status(), status.terminating_signal()) {
                (Some(code), _) => Ending::Code(code),
                (None, Some(signal)) => Ending::Signal(signal),
                (None, None) => Ending::Untold,
            }
        })
    }
}
