//! Running other programs: quiet while they succeed, with their last words when they fail.

use std::ffi::OsStr;
use std::io::Read;
use std::process::{Command, ExitStatus, Output, Stdio};
use std::thread::{self, JoinHandle};
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
    if nix::unistd::geteuid().is_root() {
        return Ok(Command::new(program));
    }
    if environment::program("sudo").is_none() {
        bail!("this needs root, and there is no sudo: run it once as root");
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

/// Runs a command whose progress is worth seeing: its output goes where ours goes.
///
/// # Errors
/// It does not start or does not succeed.
pub(crate) fn show(command: &mut Command) -> Result<()> {
    let status =
        command.stdin(Stdio::null()).status().with_context(|| format!("cannot start {}", shown(command)))?;
    check(command, status, "")
}

/// Whether a command starts and succeeds.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    output(command).is_ok()
}

/// As [`output`], with a time limit after which the command is killed.
///
/// # Errors
/// As [`output`], or the time is up.
pub(crate) fn output_within(command: &mut Command, limit: Duration) -> Result<String> {
    let begun = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    let stdout = gather(child.stdout.take().expect("standard output was asked for as a pipe"));
    let stderr = gather(child.stderr.take().expect("standard error was asked for as a pipe"));
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if begun.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            bail!("{} took longer than {} s", shown(command), limit.as_secs());
        }
        thread::sleep(Duration::from_millis(20));
    };
    let stdout = stdout.join().unwrap_or_default();
    check(command, status, &format!("{stdout}\n{}", stderr.join().unwrap_or_default()))?;
    Ok(stdout)
}

/// Reads a stream to its end while the program that writes it goes on.
fn gather(mut stream: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // A broken pipe only shortens what is repeated.
        let _ = stream.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
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
    let colon = if last.is_empty() { "" } else { ":\n" };
    bail!("{} failed ({status}){colon}{last}", shown(command))
}

/// A command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| quoted(&word.to_string_lossy())).collect::<Vec<_>>().join(" ")
}

/// A word as a shell needs it.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_./:=,@%+".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::Duration;

    use super::{output_within, shown};

    #[test]
    fn a_shown_command_can_be_typed() {
        let mut command = Command::new("curl");
        command.args(["-X", "POST", "http://localhost:4599/_simfra", "-d", r#"{"it's":1}"#, ""]);
        assert_eq!(shown(&command), r#"curl -X POST http://localhost:4599/_simfra -d '{"it'\''s":1}' ''"#);
    }

    #[test]
    fn a_failure_repeats_the_last_words_and_a_hang_ends() {
        let failure =
            output_within(Command::new("sh").args(["-c", "echo why >&2; exit 3"]), Duration::from_secs(60));
        assert!(failure.unwrap_err().to_string().contains("why"));
        let hang = output_within(Command::new("sleep").arg("600"), Duration::ZERO);
        assert!(hang.unwrap_err().to_string().contains("longer than 0 s"));
    }
}
