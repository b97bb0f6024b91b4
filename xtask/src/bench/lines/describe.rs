//! DescribeCacheClusters of 10 clusters, against a bare handler with the same bytes.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};

use super::super::bare::Bare;
use super::super::line::{Bar, Effort, Line, Outcome, Unit};
use super::super::load::{Requests, drive};
use super::super::process::processor_time;
use super::super::ratio::{Pairs, median};
use super::super::sign::{KNOWN, Key, UNKNOWN};
use super::super::simulator::{Engines, Simulator};

/// With signatures verified.
pub(super) const VERIFIED: Line = Line {
    name: "describe",
    what: "DescribeCacheClusters of 10, signatures verified, 16 connections, against a bare hyper handler with the same bytes",
    bar: Bar::AtLeast(0.5, Unit::Times),
    measure: |effort| measure(KNOWN, "strict", effort),
};

/// With a key that Simfra does not know, whose signature it cannot verify.
pub(super) const LENIENT: Line = Line {
    name: "describe-lenient",
    what: "the same in `lenient` with an unknown key",
    bar: Bar::AtLeast(0.6, Unit::Times),
    measure: |effort| measure(UNKNOWN, "lenient", effort),
};

const CONNECTIONS: usize = 16;
const CLUSTERS: usize = 10;
const OPERATION: &str = "DescribeCacheClusters";

/// What the second that a Modify writes is told by: one of these windows each time.
const WINDOWS: [&str; 2] = ["sun:05:00-sun:06:00", "mon:07:00-mon:08:00"];

/// A window that overlaps neither: the one that a cluster draws may.
const SNAPSHOTS: &str = "10:00-11:00";

fn measure(key: Key, mode: &str, effort: Effort) -> Result<Outcome> {
    let simfra = Simulator::start(Engines::None, &[("SIMFRA_AUTH", mode)])?;
    for number in 0..CLUSTERS {
        simfra.create(&format!("cache-{number}"), "redis")?;
    }
    for number in 0..CLUSTERS {
        simfra.wait_until_available(&format!("cache-{number}"))?;
    }
    let answer = simfra.call(OPERATION, &[])?;
    let bare = Bare::handler(&answer)?;
    let time = effort.of(Duration::from_secs(3), Duration::from_secs(1));
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let batch = || -> Vec<Vec<u8>> { (0..64).map(|age| simfra.signed(key, OPERATION, &[], age)).collect() };
    let pairs = Pairs::take(
        effort.of(7, 3),
        || {
            let before = processor_time(simfra.pid())?;
            let rate = while_changing(&simfra, || {
                drive(simfra.address, CONNECTIONS, Requests::Again(&batch(), time))
            })?;
            ours.push((processor_time(simfra.pid())? - before) / (rate * time.as_secs_f64()));
            Ok(rate)
        },
        || {
            let before = processor_time(bare.pid())?;
            let rate = drive(bare.address, CONNECTIONS, Requests::Again(&batch(), time))?;
            theirs.push((processor_time(bare.pid())? - before) / (rate * time.as_secs_f64()));
            Ok(rate)
        },
    )?;
    let detail = format!(
        "{:.0}/s against {:.0}/s ({}); processor time of the server per request {:.0} µs against {:.0} µs; {} bytes",
        pairs.measured(),
        pairs.baseline(),
        pairs.spread(),
        median(&ours) * 1e6,
        median(&theirs) * 1e6,
        answer.body.len()
    );
    Ok(Outcome::Measured { value: pairs.ratio(), detail })
}

/// Does `work` while a Modify changes a cluster each second, and sees that the answers follow.
fn while_changing<T>(simfra: &Simulator, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let (end, ended) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let changes = scope.spawn(move || -> Result<()> {
            let mut count = 0;
            while ended.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
                let window = WINDOWS[count % WINDOWS.len()];
                count += 1;
                simfra.call(
                    "ModifyCacheCluster",
                    &[
                        ("CacheClusterId", "cache-3"),
                        ("PreferredMaintenanceWindow", window),
                        ("SnapshotWindow", SNAPSHOTS),
                    ],
                )?;
                if !simfra.call(OPERATION, &[])?.text().contains(window) {
                    bail!("an answer after a Modify still has the old maintenance window");
                }
            }
            Ok(())
        });
        let outcome = work();
        drop(end);
        match changes.join() {
            Ok(changed) => changed.and(outcome),
            Err(_) => bail!("the changes stopped"),
        }
    })
}
