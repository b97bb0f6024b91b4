//! Running other programs: quiet while they succeed, with their last words when they fail.

use std::ffi::OsStr;
use std::io::Read as _;
use std::process::{Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::environment;

/// How much of a failed program's output is worth repeating.
const LAST_LINES: usize = 20;

/// A command that runs as root: directly, or through `sudo`.
///
/// # Errors
/// This user is not root and there is no `sudo`.
pub(crate) fn as_root(program: impl AsRef<OsStr>) -> Result<Command> {
    let program = program.as_ref();
    if nix::unistd::geteuid().is_root() {
        return Ok(Command::new(program));
    }
    if environment::program("sudo").is_none() {
        bail!("`{}` must run as root, and there is no sudo: run this once as root", program.display());
    }
    let mut command = Command::new("sudo");
    command.arg(program);
    Ok(command)
}

/// Runs a command and returns its standard output.
///
/// # Errors
/// It does not start or does not succeed; the message has its last words.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let Output { status, stdout, stderr } =
        command.stdin(Stdio::null()).output().with_context(|| format!("cannot start {}", shown(command)))?;
    let stdout = String::from_utf8_lossy(&stdout).into_owned();
    check(command, status, &format!("{stdout}\n{}", String::from_utf8_lossy(&stderr)))?;
    Ok(stdout)
}

/// Runs a command for its effect.
///
/// # Errors
/// As [`output`].
pub(crate) fn run(command: &mut Command) -> Result<()> {
    output(command).map(drop)
}

/// Whether a command starts and succeeds.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    output(command).is_ok()
}

/// Runs a command that has a time limit, after which it is killed.
///
/// # Errors
/// As [`output`], or the time is up.
pub(crate) fn run_within(command: &mut Command, limit: Duration) -> Result<()> {
    let begun = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    let mut stderr = child.stderr.take().expect("standard error was asked for as a pipe");
    let words = thread::spawn(move || {
        let mut text = String::new();
        // A broken pipe only shortens what is repeated.
        let _ = stderr.read_to_string(&mut text);
        text
    });
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if begun.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            bail!("{} took longer than {} s", shown(command), limit.as_secs());
        }
        thread::sleep(Duration::from_millis(50));
    };
    check(command, status, &words.join().unwrap_or_default())
}

/// Fails with a program's last words unless it succeeded.
///
/// # Errors
/// The status is not success.
pub(crate) fn check(command: &Command, status: ExitStatus, words: &str) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    let lines: Vec<&str> = words.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n");
    bail!("{} failed ({status}):\n{last}", shown(command))
}

/// A command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
