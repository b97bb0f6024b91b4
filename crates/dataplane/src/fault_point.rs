//! Places at which a test has Simfra killed, as `kill -9` would, to see what the next start makes of the rest.
//!
//! Each step of a plan passes one before and after its effect. Nothing happens unless [`arm`] was called, which only the
//! `SIMFRA_TEST_KILL_AT` variable does.

use std::convert::Infallible;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Places yet to pass; 0 means not armed.
static REMAINING: AtomicU64 = AtomicU64::new(0);
/// The place that is the end by its name.
static NAMED: OnceLock<String> = OnceLock::new();
/// The file with the places that were the end once, a line each.
static RECORD: OnceLock<Mutex<PathBuf>> = OnceLock::new();

/// The place that is to be the end of this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The nth that is passed, counted from 1.
    Nth(u64),
    /// The one of this name, when it is passed first.
    At(String),
    /// Each that is not in this file, where it is put before: the next process passes it. While there is no such file, none.
    Each(PathBuf),
}

impl FromStr for End {
    type Err = Infallible;

    /// A number, an absolute path, or a name.
    fn from_str(s: &str) -> Result<Self, Infallible> {
        let named = || if Path::new(s).is_absolute() { Self::Each(s.into()) } else { Self::At(s.to_owned()) };
        Ok(s.parse().map_or_else(|_| named(), Self::Nth))
    }
}

/// Lets the place that is passed from now on be the end of this process.
pub fn arm(end: End) {
    match end {
        End::Nth(nth) => REMAINING.store(nth, Relaxed),
        // Armed once, at the start.
        End::At(place) => drop(NAMED.set(place)),
        End::Each(record) => drop(RECORD.set(Mutex::new(record))),
    }
}

/// Passes a place.
pub fn pass(place: &'static str) {
    let counted = REMAINING.load(Relaxed) != 0 && REMAINING.fetch_sub(1, Relaxed) == 1;
    let named = NAMED.get().is_some_and(|named| named == place);
    if counted || named || RECORD.get().is_some_and(|record| is_new(record, place)) {
        tracing::warn!(place, "killed at a fault point");
        // SIGKILL to oneself leaves no destructor, no flush and no signal handler a chance.
        let _ = nix::sys::signal::kill(nix::unistd::Pid::this(), nix::sys::signal::Signal::SIGKILL);
    }
}

/// Whether the place was not in the record yet, where it is from now on.
fn is_new(record: &Mutex<PathBuf>, place: &str) -> bool {
    let record = record.lock().unwrap_or_else(PoisonError::into_inner);
    let Ok(passed) = fs::read_to_string(&*record) else { return false };
    !passed.lines().any(|known| known == place) && append(&record, place).is_ok()
}

fn append(record: &Path, place: &str) -> io::Result<()> {
    // It is the test's to make and to take away.
    let mut file = fs::OpenOptions::new().append(true).open(record)?;
    file.write_all(format!("{place}\n").as_bytes())
}
