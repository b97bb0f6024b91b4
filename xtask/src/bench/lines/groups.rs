//! Replication groups: create → `available` on Docker, and a primary's death → the next write.

use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::super::bare_docker::BareDocker;
use super::super::cache::Cache;
use super::super::line::{Bar, Effort, Line, Outcome, Unit};
use super::super::ratio::{Pairs, median};
use super::super::sign::KNOWN;
use super::super::simulator::{Engines, Simulator};
use super::available::{image, with_first};
use crate::docker;

/// A primary and a replica.
pub(super) const OF_TWO: Line = Line {
    name: "group-of-2",
    what: "a replication group of a primary and a replica on Docker, create → `available`, in turns with 2 bare containers at once",
    bar: Bar::AtMost(1.3, Unit::Times),
    measure: |effort| on_docker(effort, 2),
};

/// A primary and two replicas.
pub(super) const OF_THREE: Line = Line {
    name: "group-of-3",
    what: "the same of a primary and two replicas, with 3 bare containers at once",
    bar: Bar::AtMost(1.3, Unit::Times),
    measure: |effort| on_docker(effort, 3),
};

/// A primary dies.
pub(super) const FAILOVER: Line = Line {
    name: "failover",
    what: "`kill -9` of a group's primary on processes → the first write that is acknowledged, by a forward to the group",
    bar: Bar::AtMost(1500.0, Unit::Milliseconds),
    measure: failover,
};

const LIMIT: Duration = Duration::from_secs(60);

fn on_docker(effort: Effort, members: u8) -> Result<Outcome> {
    if !docker::is_used()? {
        return Ok(Outcome::Skipped("no Docker".to_owned()));
    }
    let image = image();
    let simfra = Simulator::start(Engines::Docker, &[])?;
    with_first(&simfra)?;
    let bare = BareDocker::new()?;
    let mut number = 0;
    let pairs = Pairs::take(
        effort.of(12, 4),
        || {
            number += 1;
            let id = format!("group-{number}");
            let begun = Instant::now();
            create(&simfra, &id, members)?;
            let taken = wait_until_available(&simfra, &id)?.duration_since(begun);
            simfra.call("DeleteReplicationGroup", &[("ReplicationGroupId", &id)])?;
            wait_until_gone(&simfra, &id)?;
            Ok(taken.as_secs_f64() * 1e3)
        },
        || {
            let begun = Instant::now();
            thread::scope(|scope| {
                let start = |number| {
                    let (bare, image) = (&bare, &image);
                    scope.spawn(move || bare.start_and_ping(image, number))
                };
                let starts: Vec<_> = (0..members).map(start).collect();
                starts.into_iter().try_for_each(|start| start.join().expect("a start does not panic"))
            })?;
            let taken = begun.elapsed().as_secs_f64() * 1e3;
            (0..members).try_for_each(|number| bare.remove(number))?;
            Ok(taken)
        },
    )?;
    let detail =
        format!("{:.0} ms against {:.0} ms ({})", pairs.measured(), pairs.baseline(), pairs.spread());
    Ok(Outcome::Measured { value: pairs.ratio(), detail })
}

fn failover(effort: Effort) -> Result<Outcome> {
    let simfra = Simulator::start(Engines::Process, &[])?;
    create(&simfra, "group", 2)?;
    wait_until_available(&simfra, "group")?;
    let arn = "arn:aws:elasticache:us-east-1:000000000000:replicationgroup:group";
    let wanted = serde_json::json!({ "targetArn": arn }).to_string();
    let forward = simfra.admin("POST", "/_simfra/port-forwards", &wanted)?;
    let port = forward["localPort"].as_u64().and_then(|port| port.try_into().ok());
    let port: u16 = port.context("a forward without its port")?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut taken = Vec::new();
    for _ in 0..effort.of(9, 3) {
        let primary = Cache::connect(address)?.info("process_id")?.parse().context("no process id")?;
        let begun = Instant::now();
        kill(Pid::from_raw(primary), Signal::SIGKILL).context("cannot kill the primary")?;
        while Cache::connect(address).and_then(|mut cache| cache.set("key", b"value")).is_err() {
            if begun.elapsed() > LIMIT {
                bail!("no write is acknowledged {} s after the primary's death", LIMIT.as_secs());
            }
            thread::sleep(Duration::from_millis(1));
        }
        taken.push(begun.elapsed().as_secs_f64() * 1e3);
        wait_until_available(&simfra, "group")?;
    }
    let detail = format!("median of {}", taken.len());
    Ok(Outcome::Measured { value: median(&taken), detail })
}

fn create(simfra: &Simulator, id: &str, members: u8) -> Result<()> {
    let members = members.to_string();
    let asked = [
        ("ReplicationGroupId", id),
        ("ReplicationGroupDescription", "measured"),
        ("Engine", "redis"),
        ("CacheNodeType", "cache.t3.micro"),
        ("NumCacheClusters", &members),
        ("AutomaticFailoverEnabled", "true"),
    ];
    simfra.call("CreateReplicationGroup", &asked).map(drop)
}

pub(super) fn wait_until_available(simfra: &Simulator, id: &str) -> Result<Instant> {
    poll(simfra, id, |status, text| status == 200 && text.contains("<Status>available</Status><Pending"))
}

pub(super) fn wait_until_gone(simfra: &Simulator, id: &str) -> Result<()> {
    poll(simfra, id, |status, _| status == 404).map(drop)
}

fn poll(simfra: &Simulator, id: &str, is_there: impl Fn(u16, &str) -> bool) -> Result<Instant> {
    let begun = Instant::now();
    let request = simfra.signed(KNOWN, "DescribeReplicationGroups", &[("ReplicationGroupId", id)], 0);
    let mut client = simfra.client()?;
    loop {
        let answer = client.call(&request)?;
        let text = answer.text();
        if is_there(answer.status, &text) {
            return Ok(Instant::now());
        }
        if begun.elapsed() > LIMIT {
            bail!("{id} has not come that far after {} s: {text}", LIMIT.as_secs());
        }
        thread::sleep(Duration::from_millis(2));
    }
}
