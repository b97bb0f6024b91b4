//! CreateCacheCluster without engines: what one write costs.

use std::net::SocketAddr;

use anyhow::Result;

use super::super::bare::Bare;
use super::super::line::{Bar, Effort, Line, Outcome, Unit};
use super::super::load::{Requests, drive};
use super::super::process::processor_time;
use super::super::ratio::{Pairs, median};
use super::super::sign::KNOWN;
use super::super::simulator::{Engines, Simulator, new_cluster};

/// In memory, against a bare handler.
pub(super) const IN_MEMORY: Line = Line {
    name: "create",
    what: "CreateCacheCluster, runtime `none`, signatures verified, 16 connections, in memory, against a bare hyper handler with the same bytes",
    bar: Bar::AtLeast(0.4, Unit::Times),
    measure: in_memory,
};

/// Durable when it is answered.
pub(super) const DURABLE: Line = Line {
    name: "create-durable",
    what: "the same with a data directory: each is on the disk when it is answered",
    bar: Bar::AtLeast(5000.0, Unit::PerSecond),
    measure: durable,
};

const CONNECTIONS: usize = 16;

/// How many a round creates, each in a Simfra of its own: a little more than the default quota of an account.
const CREATES: usize = 4000;

fn in_memory(effort: Effort) -> Result<Outcome> {
    let first = Simulator::start(Engines::None, &[])?;
    let answer = first.call("CreateCacheCluster", &new_cluster("cache-0", "redis"))?;
    drop(first);
    let bare = Bare::handler(&answer)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let pairs = Pairs::take(
        effort.of(7, 3),
        || create(&[], &mut ours),
        || timed(bare.pid(), bare.address, &mut theirs),
    )?;
    let detail = format!(
        "{:.0}/s against {:.0}/s ({}); processor time of the server per create, what it does afterwards included, {:.0} µs against {:.0} µs",
        pairs.measured(),
        pairs.baseline(),
        pairs.spread(),
        median(&ours) * 1e6,
        median(&theirs) * 1e6,
    );
    Ok(Outcome::Measured { value: pairs.ratio(), detail })
}

fn durable(effort: Effort) -> Result<Outcome> {
    let (mut rates, mut costs) = (Vec::new(), Vec::new());
    for _ in 0..effort.of(7, 3) {
        let folder = std::env::temp_dir().join(format!("simfra-bench-{}-data", std::process::id()));
        let outcome = create(&[("SIMFRA_DATA_DIR", &folder.to_string_lossy())], &mut costs);
        // The rate is what counts; what cannot be removed is the system's to tell.
        let _ = std::fs::remove_dir_all(&folder);
        rates.push(outcome?);
    }
    Ok(Outcome::Measured {
        value: median(&rates),
        detail: format!(
            "{} runs of {CREATES}; processor time of the server per create {:.0} µs",
            rates.len(),
            median(&costs) * 1e6
        ),
    })
}

/// Creates in a new Simfra; answers how many a second.
fn create(settings: &[(&str, &str)], costs: &mut Vec<f64>) -> Result<f64> {
    let simfra = Simulator::start(Engines::None, &[&[("SIMFRA_AUTH", "strict")], settings].concat())?;
    timed(simfra.pid(), simfra.address, costs)
}

/// Creates at a server; adds the processor time that each took there to `costs`.
fn timed(pid: u32, address: SocketAddr, costs: &mut Vec<f64>) -> Result<f64> {
    let requests = requests(&address.to_string());
    let before = processor_time(pid)?;
    let rate = drive(address, CONNECTIONS, Requests::Once(&requests))?;
    costs.push((processor_time(pid)? - before) / f64::from(u32::try_from(CREATES)?));
    Ok(rate)
}

fn requests(host: &str) -> Vec<Vec<u8>> {
    let each = (0..CREATES).map(|number| {
        let id = format!("cache-{number}");
        super::super::sign::request(KNOWN, host, "CreateCacheCluster", &new_cluster(&id, "redis"), 0)
    });
    each.collect()
}
