//! An instance of its own for each test, which leaves no process behind.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dataplane::Tasks;
use dataplane::runtime::process::{ProcessConfig, ProcessRuntime};
use dataplane::runtime::{EngineFallback, NodeHandle, NodeSpec, RuntimeEvent};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{sleep, timeout};

/// What a condition may take to come true on a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// No processes.
pub(crate) const NONE: [i32; 0] = [];

/// Folders and a name. Dropped, it fails the test if a process still works in its folders, and ends that process.
pub(crate) struct Instance {
    pub(crate) home: TempDir,
    pub(crate) config: ProcessConfig,
}

impl Instance {
    pub(crate) fn in_memory() -> Self {
        Self::new(false)
    }

    pub(crate) fn durable() -> Self {
        Self::new(true)
    }

    fn new(durable: bool) -> Self {
        let home = tempfile::tempdir().unwrap();
        let config = config(home.path(), durable);
        Self { home, config }
    }

    pub(crate) fn runtime(&self) -> ProcessRuntime {
        ProcessRuntime::new(self.config.clone(), Tasks::default()).unwrap()
    }

    /// The processes that work in this instance's folders.
    pub(crate) fn processes(&self) -> Vec<i32> {
        let works_here = |pid: &i32| {
            fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|folder| folder.starts_with(self.home.path()))
        };
        let entries = fs::read_dir("/proc").unwrap().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        pids.filter(works_here).collect()
    }

    /// The one process there is.
    pub(crate) fn process(&self) -> i32 {
        let processes = self.processes();
        let [pid] = processes[..] else { panic!("one process, not {processes:?}") };
        pid
    }

    /// An engine of this test's own making, which is found before the machine's.
    pub(crate) fn put_engine(&self, name: &str, script: &str) {
        fs::create_dir_all(&self.config.engine_path).unwrap();
        let path = self.config.engine_path.join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let left = self.processes();
        left.iter().for_each(|pid| signal(*pid, Signal::KILL));
        assert!(left.is_empty() || std::thread::panicking(), "left behind: {left:?}");
    }
}

/// An instance below `home`.
pub(crate) fn config(home: &Path, durable: bool) -> ProcessConfig {
    let name = home.file_name().and_then(OsStr::to_str).unwrap();
    ProcessConfig {
        instance: format!("simfra-test{name}"),
        lock_path: home.join("instance.lock"),
        run_dir: home.join("run"),
        data_dir: durable.then(|| home.join("data")),
        engine_path: home.join("engines"),
        search_path: search_path(),
        fallback: EngineFallback::Fail,
        // One for all tests: at their engines' own port they would get in each other's way.
        state_dir: PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("simfra"),
        executable: PathBuf::from(env!("CARGO_BIN_EXE_dataplane-test-resolver")),
        durable,
    }
}

#[expect(clippy::disallowed_methods, reason = "the tests' engines are the machine's, which PATH finds")]
fn search_path() -> Vec<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH").unwrap()).collect()
}

/// Where `cargo xtask engines` puts what the machine's packages lack.
#[expect(clippy::disallowed_methods, reason = "the user's cache folder is where the environment says")]
pub(crate) fn machine_engines() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    cache.expect("a user has a home").join("simfra/engines")
}

pub(crate) fn signal(pid: i32, signal: Signal) {
    // It may be gone already.
    let _ = kill_process(Pid::from_raw(pid).unwrap(), signal);
}

/// Waits until `condition` holds.
pub(crate) async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let poll = async {
        while !condition() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(timeout(DEADLINE, poll).await.is_ok(), "never: {what}");
}

/// The detail of the node's exit, which is the next event and comes within a second.
pub(crate) async fn exit(events: &mut UnboundedReceiver<RuntimeEvent>, spec: &NodeSpec) -> String {
    let event =
        timeout(Duration::from_secs(1), events.recv()).await.expect("an exit is told within a second");
    match event {
        Some(RuntimeEvent::Exited { id, detail }) if id == spec.id => detail,
        other => panic!("{other:?} is not the exit of {}", spec.id),
    }
}

pub(crate) fn is_on_loopback(handle: &NodeHandle) -> bool {
    handle.address.to_string().starts_with("127.83.")
}
