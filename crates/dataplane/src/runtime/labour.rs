//! What a process of this machine does at this moment, as /proc tells.

use std::fs;

use super::Activity;

/// What the process of this number does.
pub(super) fn activity(pid: i32) -> Activity {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    match state(&stat) {
        Some("R" | "D") => Activity::AtWork,
        Some("S") => Activity::Waiting,
        _ => Activity::None,
    }
}

/// Whether the process of this number is of that container: a daemon on another machine counts its processes by itself.
pub(super) fn is_of_container(pid: i32, container: &str) -> bool {
    fs::read_to_string(format!("/proc/{pid}/cgroup")).is_ok_and(|groups| groups.contains(container))
}

/// The field after the name, which is in parentheses and may hold anything.
fn state(stat: &str) -> Option<&str> {
    stat[stat.rfind(')')? + 1..].split_ascii_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_is_found_behind_any_name() {
        assert_eq!(state("7 (a) R (c)) D 1 7 7 0 -1"), Some("D"));
        assert_eq!(state("7 (cut"), None);
    }

    #[test]
    fn this_process_reads_and_so_is_at_work_and_in_no_container_of_that_name() {
        let own = i32::try_from(std::process::id()).unwrap();
        // The first thread of the process may wait for this one: what is looked at is the thread that looks.
        let stat = fs::read_to_string("/proc/thread-self/stat").unwrap();
        assert_eq!(state(&stat), Some("R"));
        assert!(!is_of_container(own, "no-such-container"));
        assert_ne!(activity(own), Activity::None);
        assert_eq!(activity(i32::MAX), Activity::None);
    }
}
