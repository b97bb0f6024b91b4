//! Reads from /proc what runs: which process is which, and which carry a label.

use std::fs;
use std::os::unix::fs::MetadataExt;

use rustix::process::{Pid, getpgid};
use serde::{Deserialize, Serialize};

use super::label::{Label, VARIABLE};

/// A process, told from a later one with its number by when it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    /// Its number.
    pub(super) pid: i32,
    /// When it started, in clock ticks since the machine did (`/proc/<pid>/stat`, field 22).
    pub(super) started: u64,
}

/// A process that carries a label.
#[derive(Debug, Clone)]
pub(super) struct Labelled {
    pub(super) identity: Identity,
    pub(super) label: Label,
    /// Its process group: the engine's own number, also for what the engine forks (to rewrite its append-only file).
    pub(super) group: i32,
}

impl Labelled {
    /// True for the engine itself.
    pub(super) fn leads(&self) -> bool {
        self.identity.pid == self.group
    }
}

/// The process of this number, unless it ended.
pub(super) fn identity(pid: i32) -> Option<Identity> {
    parse_stat(pid, &fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Every labelled process of this user.
pub(super) fn labelled() -> Vec<Labelled> {
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let user = rustix::process::geteuid().as_raw();
    processes
        .flatten()
        .filter(|entry| entry.metadata().is_ok_and(|metadata| metadata.uid() == user))
        .filter_map(|entry| read(entry.file_name().to_str()?.parse().ok()?))
        .collect()
}

fn read(pid: i32) -> Option<Labelled> {
    let label = parse_environment(&fs::read(format!("/proc/{pid}/environ")).ok()?)?;
    let identity = identity(pid)?;
    let group = getpgid(Pid::from_raw(pid)).ok()?.as_raw_nonzero().get();
    Some(Labelled { identity, label, group })
}

fn parse_environment(environment: &[u8]) -> Option<Label> {
    let prefix = format!("{VARIABLE}=");
    let mut variables = environment.split(|byte| *byte == 0);
    let value = variables.find_map(|variable| variable.strip_prefix(prefix.as_bytes()))?;
    serde_json::from_slice(value).ok()
}

/// None for a process that ended and is not waited for yet. The name, in parentheses, may hold anything.
fn parse_stat(pid: i32, stat: &str) -> Option<Identity> {
    let mut fields = stat[stat.rfind(')')? + 1..].split_ascii_whitespace();
    let state = fields.next()?;
    let started = fields.nth(18)?.parse().ok()?;
    (!matches!(state, "Z" | "X")).then_some(Identity { pid, started })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_time_is_found_behind_any_name() {
        let stat = "7 (a) b (c)) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 1000 10";
        assert_eq!(parse_stat(7, stat), Some(Identity { pid: 7, started: 4711 }));
        assert_eq!(parse_stat(7, &stat.replace(" S 1", " Z 1")), None);
        assert_eq!(parse_stat(7, "7 (cut"), None);
    }

    #[test]
    fn this_process_is_itself_and_carries_no_label() {
        let pid = i32::try_from(std::process::id()).unwrap();
        assert_eq!(identity(pid).map(|identity| identity.pid), Some(pid));
        assert!(labelled().iter().all(|found| found.identity.pid != pid));
    }
}
