//! boto3's waiter: how much later than `available` it returns.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use super::super::line::{Bar, Effort, Line, Outcome, Unit};
use super::super::ratio::median;
use super::super::sign::KNOWN;
use super::super::simulator::{Engines, Simulator};
use crate::docker;
use crate::environment;

/// The line.
pub(super) const WAITER: Line = Line {
    name: "waiter",
    what: "boto3's waiter `cache_cluster_available`: how much later than `available` it returns",
    bar: Bar::AtMost(0.2, Unit::Seconds),
    measure,
};

const SCRIPT: &str = include_str!("waiter.py");

fn measure(effort: Effort) -> Result<Outcome> {
    let python = environment::cache()?.join("clients/bin/python");
    if !python.is_file() {
        return Ok(Outcome::Skipped("no boto3: `cargo xtask setup` installs it".to_owned()));
    }
    let engines = if docker::is_used()? { Engines::Docker } else { Engines::Process };
    let simfra = Simulator::start(engines, &[])?;
    // The network and its resolver are there.
    simfra.create("first", "redis")?;
    simfra.wait_until_available("first")?;
    let runs = effort.of(7, 3);
    let mut boto = Boto::start(&python, &simfra, runs)?;
    let mut late = Vec::new();
    let mut total = Vec::new();
    for number in 0..runs {
        let begun = Instant::now();
        boto.go()?;
        boto.expect("created")?;
        let id = format!("waited-{number}");
        let (available, returned) = thread::scope(|scope| {
            let seen = scope.spawn(|| simfra.wait_until_available(&id));
            let returned = boto.expect("returned").map(|()| Instant::now());
            match seen.join() {
                Ok(seen) => Ok((seen?, returned?)),
                Err(_) => bail!("the look at the cluster stopped"),
            }
        })?;
        late.push(returned.saturating_duration_since(available).as_secs_f64());
        total.push(returned.duration_since(begun).as_secs_f64());
    }
    let detail = format!("create → returned {:.2} s, {runs} runs", median(&total));
    Ok(Outcome::Measured { value: median(&late), detail })
}

/// A running script; it ends with this.
struct Boto {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Boto {
    fn start(python: &std::path::Path, simfra: &Simulator, runs: usize) -> Result<Self> {
        let mut child = Command::new(python)
            .args([
                "-c",
                SCRIPT,
                &format!("http://{}", simfra.host()),
                KNOWN.id,
                KNOWN.secret,
                &runs.to_string(),
            ])
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("Python does not start")?;
        let input = child.stdin.take().context("Python without input")?;
        let output = BufReader::new(child.stdout.take().context("Python without output")?);
        let mut boto = Self { child, input, output };
        boto.expect("ready")?;
        Ok(boto)
    }

    fn go(&mut self) -> Result<()> {
        self.input.write_all(b"\n").and_then(|()| self.input.flush()).context("Python is gone")
    }

    fn expect(&mut self, word: &str) -> Result<()> {
        let mut told = String::new();
        self.output.read_line(&mut told)?;
        if told.trim() != word {
            bail!("boto3 says {told:?} instead of {word}");
        }
        Ok(())
    }
}

impl Drop for Boto {
    fn drop(&mut self) {
        // It ends by itself after its last run; else whatever led here is told.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
