//! CreateCacheCluster without engines: what one write costs.

use anyhow::Result;

use super::super::bare::Bare;
use super::super::line::{Bar, Effort, Line, Outcome, Unit};
use super::super::load::{Requests, drive};
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
    let pairs = Pairs::take(
        effort.of(7, 3),
        || create(&[]),
        || {
            let requests = requests(&bare.address.to_string());
            drive(bare.address, CONNECTIONS, Requests::Once(&requests))
        },
    )?;
    let detail = format!("{:.0}/s against {:.0}/s ({})", pairs.measured(), pairs.baseline(), pairs.spread());
    Ok(Outcome::Measured { value: pairs.ratio(), detail })
}

fn durable(effort: Effort) -> Result<Outcome> {
    let mut rates = Vec::new();
    for _ in 0..effort.of(7, 3) {
        let folder = std::env::temp_dir().join(format!("simfra-bench-{}-data", std::process::id()));
        let outcome = create(&[("SIMFRA_DATA_DIR", &folder.to_string_lossy())]);
        // The rate is what counts; what cannot be removed is the system's to tell.
        let _ = std::fs::remove_dir_all(&folder);
        rates.push(outcome?);
    }
    Ok(Outcome::Measured { value: median(&rates), detail: format!("{} runs of {CREATES}", rates.len()) })
}

/// Creates in a new Simfra; answers how many a second.
fn create(settings: &[(&str, &str)]) -> Result<f64> {
    let simfra = Simulator::start(Engines::None, &[&[("SIMFRA_AUTH", "strict")], settings].concat())?;
    drive(simfra.address, CONNECTIONS, Requests::Once(&requests(&simfra.host())))
}

fn requests(host: &str) -> Vec<Vec<u8>> {
    let each = (0..CREATES).map(|number| {
        let id = format!("cache-{number}");
        super::super::sign::request(KNOWN, host, "CreateCacheCluster", &new_cluster(&id, "redis"), 0)
    });
    each.collect()
}
