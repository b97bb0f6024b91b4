//! What the system tells of a process: its memory and the time it has had.

use std::fs;

use anyhow::{Context, Result};

/// The memory of a process that is resident now, in megabytes of 10^6 bytes.
///
/// # Errors
/// The system does not tell (no `/proc`, no such process).
pub(super) fn resident(pid: u32) -> Result<f64> {
    let path = format!("/proc/{pid}/status");
    let status = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse().context("VmRSS is no number")?;
    Ok(kibibytes * 1024.0 / 1e6)
}

/// The processor time that a process has had, in seconds.
///
/// # Errors
/// As [`resident`].
pub(super) fn processor_time(pid: u32) -> Result<f64> {
    let path = format!("/proc/{pid}/stat");
    let stat = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    // The name before the parenthesis may hold anything.
    let (_, rest) = stat.rsplit_once(')').context("no name in stat")?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = |at: usize| -> Result<f64> { Ok(fields.get(at).context("a short stat")?.parse::<f64>()?) };
    // Linux tells these in hundredths of a second to every program.
    Ok((ticks(11)? + ticks(12)?) / 100.0)
}
