//! With 10,000 clusters: what one by its id costs, what a page of 100 does, and the memory.

use std::time::Duration;

use anyhow::{Context, Result};

use super::super::bare::Bare;
use super::super::line::{Bar, Effort, Line, Outcome, Unit};
use super::super::load::{Requests, drive};
use super::super::process::resident;
use super::super::ratio::Pairs;
use super::super::sign::KNOWN;
use super::super::simulator::{Engines, Simulator, new_cluster};

/// One by its id among many, against one by its id among few.
pub(super) const ONE: Line = Line {
    name: "one-of-many",
    what: "one cluster asked for, by DescribeCacheClusters, DescribeEvents, ListTagsForResource or DescribeCacheSubnetGroups: with 10,000 clusters, against with 10; the dearest of them",
    // A rate: 1.2 times the cost.
    bar: Bar::AtLeast(1.0 / 1.2, Unit::Times),
    measure: one,
};

/// A page out of the middle.
pub(super) const PAGE: Line = Line {
    name: "page-of-100",
    what: "DescribeCacheClusters, a page of 100 in the middle of 10,000, against a bare hyper handler with the same bytes",
    bar: Bar::AtLeast(0.3, Unit::Times),
    measure: page,
};

/// All of it.
pub(super) const MEMORY: Line = Line {
    name: "many-memory",
    what: "resident memory with 10,000 available clusters, runtime `none`",
    bar: Bar::AtMost(40.0, Unit::Megabytes),
    measure: memory,
};

const MANY: usize = 10_000;
const FEW: usize = 10;
const CONNECTIONS: usize = 16;
const OPERATION: &str = "DescribeCacheClusters";

/// A Simfra with so many available clusters, `cache-00000` and on.
fn with_clusters(count: usize) -> Result<Simulator> {
    let simfra = Simulator::start(Engines::None, &[("SIMFRA_AUTH", "strict")])?;
    let creates: Vec<_> = (0..count)
        .map(|number| {
            let id = name(number);
            simfra.signed(KNOWN, "CreateCacheCluster", &new_cluster(&id, "redis"), 0)
        })
        .collect();
    drive(simfra.address, CONNECTIONS, Requests::Once(&creates))?;
    for number in 0..count {
        simfra.wait_until_available(&name(number))?;
    }
    Ok(simfra)
}

fn name(number: usize) -> String {
    format!("cache-{number:05}")
}

/// The members of a request about the resource of this name.
type About = fn(&str) -> Vec<(&'static str, String)>;

/// What is asked of one cluster, or of what it uses: none of it looks at the others.
const ABOUT_ONE: [(&str, About); 4] = [
    (OPERATION, |id| vec![("CacheClusterId", id.to_owned())]),
    ("DescribeEvents", |id| vec![("SourceIdentifier", id.to_owned())]),
    ("ListTagsForResource", |id| {
        vec![("ResourceName", format!("arn:aws:elasticache:us-east-1:000000000000:cluster:{id}"))]
    }),
    ("DescribeCacheSubnetGroups", |_| vec![("CacheSubnetGroupName", "default".to_owned())]),
];

fn batch(simfra: &Simulator, operation: &str, form: &[(&str, String)]) -> Vec<Vec<u8>> {
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    (0..64).map(|age| simfra.signed(KNOWN, operation, &form, age)).collect()
}

fn one(effort: Effort) -> Result<Outcome> {
    let (many, few) = (with_clusters(MANY)?, with_clusters(FEW)?);
    let time = effort.of(Duration::from_millis(1500), Duration::from_millis(500));
    let (mut dearest, mut details) = (f64::INFINITY, Vec::new());
    for (operation, form) in ABOUT_ONE {
        let deep = batch(&many, operation, &form(&name(MANY / 2)));
        let only = batch(&few, operation, &form(&name(FEW / 2)));
        let pairs = Pairs::take(
            effort.of(7, 3),
            || drive(many.address, CONNECTIONS, Requests::Again(&deep, time)),
            || drive(few.address, CONNECTIONS, Requests::Again(&only, time)),
        )?;
        dearest = dearest.min(pairs.ratio());
        details.push(format!(
            "{operation} {:.0}/s against {:.0}/s ({})",
            pairs.measured(),
            pairs.baseline(),
            pairs.spread()
        ));
    }
    Ok(Outcome::Measured { value: dearest, detail: details.join("; ") })
}

fn page(effort: Effort) -> Result<Outcome> {
    let simfra = with_clusters(MANY)?;
    let mut marker = None;
    for _ in 0..MANY / 200 {
        let form: Vec<_> = marker.iter().map(|marker: &String| ("Marker", marker.as_str())).collect();
        let answer = simfra.call(OPERATION, &form)?;
        let text = answer.text();
        let (_, rest) = text.split_once("<Marker>").context("a page without a marker")?;
        marker = rest.split_once('<').map(|(marker, _)| marker.to_owned());
    }
    let marker = marker.unwrap_or_default();
    let answer = simfra.call(OPERATION, &[("Marker", &marker)])?;
    let bare = Bare::handler(&answer)?;
    let requests = batch(&simfra, OPERATION, &[("Marker", marker)]);
    let time = effort.of(Duration::from_secs(3), Duration::from_secs(1));
    let pairs = Pairs::take(
        effort.of(7, 3),
        || drive(simfra.address, CONNECTIONS, Requests::Again(&requests, time)),
        || drive(bare.address, CONNECTIONS, Requests::Again(&requests, time)),
    )?;
    let detail = format!(
        "{:.0}/s against {:.0}/s ({}); {} bytes",
        pairs.measured(),
        pairs.baseline(),
        pairs.spread(),
        answer.body.len()
    );
    Ok(Outcome::Measured { value: pairs.ratio(), detail })
}

fn memory(_: Effort) -> Result<Outcome> {
    let simfra = with_clusters(MANY)?;
    Ok(Outcome::Measured { value: resident(simfra.pid())?, detail: format!("{MANY} clusters") })
}
