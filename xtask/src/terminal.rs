//! What the tasks say: the one place that prints.

use std::fmt::Display;
use std::time::Instant;

use anyhow::Result;

/// Prints one line.
#[expect(clippy::print_stdout, reason = "a task's answer is its output")]
pub(crate) fn line(text: impl Display) {
    println!("{text}");
}

/// Tells why a task failed, in the words of each layer and without a backtrace.
#[expect(clippy::print_stderr, reason = "a failure is not the task's answer")]
pub(crate) fn failure(failure: &anyhow::Error) {
    eprintln!("error: {failure:#}");
}

/// Runs a piece of long work between a line that announces it and a line that tells how long it took.
///
/// # Errors
/// What the work fails with.
pub(crate) fn step<T>(what: impl Display, work: impl FnOnce() -> Result<T>) -> Result<T> {
    line(format_args!("· {what} …"));
    let begun = Instant::now();
    let outcome = work()?;
    line(format_args!("  done in {:.1} s", begun.elapsed().as_secs_f32()));
    Ok(outcome)
}
