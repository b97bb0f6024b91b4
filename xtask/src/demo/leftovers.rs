//! What a demo may have left behind: containers, networks, volumes and processes.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::command::output;
use crate::docker::{self, docker};

/// How long a killed process may take to be gone.
const LIMIT: Duration = Duration::from_secs(5);

/// Makes this process the parent of every process that Simfra leaves behind, so that none escapes the check.
///
/// # Errors
/// The system refuses.
#[cfg(target_os = "linux")]
pub(super) fn adopt_orphans() -> Result<()> {
    nix::sys::prctl::set_child_subreaper(true).context("cannot become the parent of orphans")
}

/// Only Linux gives orphans to another parent than the first process: elsewhere only containers are checked.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
pub(super) fn adopt_orphans() -> Result<()> {
    Ok(())
}

/// Fails if something is left over of a Simfra that has ended.
///
/// # Errors
/// Something is, and what.
pub(super) fn check(instance: &str) -> Result<()> {
    no_process_is_left()?;
    if !docker::is_used()? {
        return Ok(());
    }
    let label = format!("label=dev.simfra.instance={instance}");
    for kind in [&["container", "ls", "--all"][..], &["network", "ls"], &["volume", "ls"]] {
        let list = output(docker(kind).args(["--filter", &label]))?;
        // The first line is the table's head.
        if list.lines().count() > 1 {
            bail!("left over:\n{list}");
        }
    }
    Ok(())
}

fn no_process_is_left() -> Result<()> {
    let begun = Instant::now();
    loop {
        match waitpid(None::<Pid>, Some(WaitPidFlag::WNOHANG)) {
            Err(Errno::ECHILD) => return Ok(()),
            // They run: an engine that was just told to stop may still be at it.
            Ok(WaitStatus::StillAlive) if begun.elapsed() < LIMIT => thread::sleep(Duration::from_millis(20)),
            Ok(WaitStatus::StillAlive) => bail!("left over, by process id: {}", children()),
            Ok(_) => {}
            Err(cause) => return Err(cause).context("cannot look for processes left over"),
        }
    }
}

/// The processes that this one is the parent of, as far as the system tells.
fn children() -> String {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok()).collect()
}
