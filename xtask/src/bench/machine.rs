//! The machine that was measured on.

use std::fs;
use std::thread;

use crate::command::output;
use crate::docker::docker;

/// Cores, memory, kernel and Docker, in a line. What the system does not tell is left out.
pub(super) fn described() -> String {
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut words = vec![format!("{cores} cores")];
    words.extend(processor());
    words.extend(memory());
    words.extend(kernel());
    words.push(match output(&mut docker(&["version", "--format", "{{.Server.Version}}"])) {
        Ok(version) => format!("Docker {}", version.trim()),
        Err(_) => "no Docker".to_owned(),
    });
    words.join(", ")
}

fn processor() -> Option<String> {
    let told = fs::read_to_string("/proc/cpuinfo").ok()?;
    let name = told.lines().find_map(|line| line.strip_prefix("model name"))?.split_once(':')?.1;
    Some(name.trim().to_owned())
}

fn memory() -> Option<String> {
    let told = fs::read_to_string("/proc/meminfo").ok()?;
    let kibibytes: u64 = told
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .ok()?;
    Some(format!("{} GiB of memory", kibibytes.div_ceil(1 << 20)))
}

fn kernel() -> Option<String> {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").ok()?;
    Some(format!("Linux {}", release.trim()))
}
