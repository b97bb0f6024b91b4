//! Places at which a test has Simfra killed, as `kill -9` would, to see what the next start makes of the rest.
//!
//! Each step of a create and of a delete passes one before and after its effect. Nothing happens unless [`arm`] was
//! called, which only the `SIMFRA_TEST_KILL_AT` variable does.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Places yet to pass; 0 means not armed.
static REMAINING: AtomicU64 = AtomicU64::new(0);

/// Lets the `nth` place that is passed from now on, counted from 1, be the end of this process.
pub fn arm(nth: u64) {
    REMAINING.store(nth, Relaxed);
}

/// Passes a place.
pub fn pass(place: &'static str) {
    if REMAINING.load(Relaxed) != 0 && REMAINING.fetch_sub(1, Relaxed) == 1 {
        tracing::warn!(place, "killed at a fault point");
        // SIGKILL to oneself leaves no destructor, no flush and no signal handler a chance.
        let _ = nix::sys::signal::kill(nix::unistd::Pid::this(), nix::sys::signal::Signal::SIGKILL);
    }
}
