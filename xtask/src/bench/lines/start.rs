//! What a start takes, and how large Simfra is.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::super::client::Client;
use super::super::line::{Bar, Effort, Line, Outcome, Unit};
use super::super::load::{Requests, drive};
use super::super::process::resident;
use super::super::ratio::median;
use super::super::sign::KNOWN;
use super::super::simulator::{Engines, Simulator, new_cluster};
use crate::test::simfra;

/// From the start of the process.
pub(super) const FIRST_ANSWER: Line = Line {
    name: "start",
    what: "start of the process → first answer of a signed DescribeCacheClusters",
    bar: Bar::AtMost(15.0, Unit::Milliseconds),
    measure: first_answer,
};

/// Without any resource.
pub(super) const IDLE_MEMORY: Line = Line {
    name: "idle-memory",
    what: "resident memory, healthy and idle, with whatever runtime an unconfigured Simfra finds",
    bar: Bar::AtMost(15.0, Unit::Megabytes),
    measure: idle_memory,
};

/// What each cluster adds.
pub(super) const CLUSTER_MEMORY: Line = Line {
    name: "cluster-memory",
    what: "resident memory that 1,000 available clusters add, runtime `none`",
    bar: Bar::AtMost(2.0, Unit::Megabytes),
    measure: cluster_memory,
};

/// The stripped executable.
pub(super) const BINARY: Line = Line {
    name: "binary",
    what: "the stripped, static executable",
    bar: Bar::AtMost(30.0, Unit::Megabytes),
    measure: |_| {
        let size = std::fs::metadata(simfra()?)?.len();
        Ok(Outcome::Measured { value: megabytes(size), detail: format!("{size} bytes") })
    },
};

const LIMIT: Duration = Duration::from_secs(10);
/// How many clusters the memory of one is taken from.
const CLUSTERS: usize = 5000;

fn first_answer(effort: Effort) -> Result<Outcome> {
    let mut times = Vec::new();
    for _ in 0..effort.of(21, 7) {
        let begun = Instant::now();
        let simfra = Simulator::spawn(Engines::Found, &[("SIMFRA_AUTH", "strict")])?;
        let request = simfra.signed(KNOWN, "DescribeCacheClusters", &[], 0);
        let mut client = loop {
            match Client::connect(simfra.address) {
                Ok(client) => break client,
                Err(cause) if begun.elapsed() > LIMIT => return Err(cause),
                Err(_) => thread::sleep(Duration::from_micros(100)),
            }
        };
        client.expect(&request).context("the first answer")?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    let detail = format!("{} starts", times.len());
    Ok(Outcome::Measured { value: median(&times), detail })
}

fn idle_memory(effort: Effort) -> Result<Outcome> {
    let simfra = Simulator::start(Engines::Found, &[])?;
    thread::sleep(effort.of(Duration::from_secs(5), Duration::from_secs(1)));
    let value = resident(simfra.pid())?;
    let health = simfra.admin("GET", "/_simfra/health", "")?;
    Ok(Outcome::Measured { value, detail: format!("runtime {}", health["runtime"].as_str().unwrap_or("?")) })
}

fn cluster_memory(_: Effort) -> Result<Outcome> {
    let simfra = Simulator::start(Engines::None, &[])?;
    // What the first requests make once is not the clusters'.
    simfra.create("first", "redis")?;
    simfra.wait_until_available("first")?;
    let before = resident(simfra.pid())?;
    let requests: Vec<_> = (0..CLUSTERS)
        .map(|number| {
            let id = format!("cache-{number}");
            simfra.signed(KNOWN, "CreateCacheCluster", &new_cluster(&id, "redis"), 0)
        })
        .collect();
    drive(simfra.address, 4, Requests::Once(&requests))?;
    for number in 0..CLUSTERS {
        simfra.wait_until_available(&format!("cache-{number}"))?;
    }
    let after = resident(simfra.pid())?;
    if after < before {
        bail!("the memory shrank from {before:.1} MB to {after:.1} MB");
    }
    let thousands = f64::from(u32::try_from(CLUSTERS)?) / 1e3;
    let detail = format!("{before:.1} MB before, {after:.1} MB with {CLUSTERS} and their events");
    Ok(Outcome::Measured { value: (after - before) / thousands, detail })
}

#[expect(clippy::cast_precision_loss, reason = "a size of megabytes")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
