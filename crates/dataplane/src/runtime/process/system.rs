//! The three calls of this crate that the compiler cannot check, and the argument for each. Nothing else is here.

#![expect(
    unsafe_code,
    reason = "what a child does before exec, and waiting on a pidfd, can be said in no other way"
)]

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, getpid, getppid, set_parent_process_death_signal, setsid};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::spawner::Bond;

/// Has the command's process begin a session of its own, so that the terminal's Ctrl-C is not for it, and end as its
/// bond says.
pub(super) fn detach(command: &mut Command, bond: Bond) {
    let parent = getpid();
    // SAFETY: runs in the forked child of a threaded process, where only async-signal-safe calls are allowed: these
    // are three plain system calls, and nothing allocates or locks.
    unsafe { command.pre_exec(move || leave_parent(parent, bond)) };
}

/// Has the command's process end with the thread that starts it, in the session and the group of that.
pub(crate) fn bind(command: &mut Command) {
    let parent = getpid();
    // SAFETY: as in [`detach`]: two plain system calls.
    unsafe {
        command.pre_exec(move || {
            set_parent_process_death_signal(Some(Signal::KILL))?;
            if getppid() == Some(parent) { Ok(()) } else { Err(Errno::SRCH.into()) }
        })
    };
}

fn leave_parent(parent: Pid, bond: Bond) -> io::Result<()> {
    setsid()?;
    if bond == Bond::DiesWithUs {
        set_parent_process_death_signal(Some(Signal::KILL))?;
    }
    // The parent may be dead already: then nobody would ever own this child.
    if getppid() == Some(parent) { Ok(()) } else { Err(Errno::SRCH.into()) }
}

/// A file descriptor whose readability can be waited for.
pub(super) fn readable(fd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an `OwnedFd` is open and stays the same descriptor as long as it exists, and the `AsyncFd` owns it.
    unsafe { AsyncFd::register_with_interest(fd, Interest::READABLE) }.map_err(Into::into)
}
