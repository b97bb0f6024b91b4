//! Replication groups: create → `available` on Docker, and a primary's death → the next write.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::super::bare_cluster;
use super::super::bare_docker::BareDocker;
use super::super::cache::Cache;
use super::super::line::{Bar, Effort, Line, Outcome, Unit};
use super::super::ratio::{Pairs, median};
use super::super::sign::KNOWN;
use super::super::simulator::{Engines, Simulator};
use super::available::{image, with_first};
use crate::command::{output, run};
use crate::docker;

/// A primary and a replica.
pub(super) const OF_TWO: Line = Line {
    name: "group-of-2",
    what: "a replication group of a primary and a replica on Docker, create → `available`, in turns with 2 bare containers at once",
    bar: Bar::AtMost(1.3, Unit::Times),
    measure: |effort| on_docker(effort, Layout::Members(2)),
};

/// A primary and two replicas.
pub(super) const OF_THREE: Line = Line {
    name: "group-of-3",
    what: "the same of a primary and two replicas, with 3 bare containers at once",
    bar: Bar::AtMost(1.3, Unit::Times),
    measure: |effort| on_docker(effort, Layout::Members(3)),
};

/// Three shards, each of a primary and a replica.
pub(super) const OF_SHARDS: Line = Line {
    name: "group-of-3x2",
    what: "the same of three shards of a primary and a replica each, with 6 bare containers at once",
    bar: Bar::AtMost(1.3, Unit::Times),
    measure: |effort| on_docker(effort, Layout::Shards),
};

/// A primary dies, in a container.
pub(super) const FAILOVER_ON_DOCKER: Line = Line {
    name: "failover-docker",
    what: "`docker kill` of a group's primary → the first write that is acknowledged, by a forward to the group",
    bar: Bar::AtMost(1500.0, Unit::Milliseconds),
    measure: failover_on_docker,
};

/// A primary dies.
pub(super) const FAILOVER: Line = Line {
    name: "failover",
    what: "`kill -9` of a group's primary on processes → the first write that is acknowledged, by a forward to the group",
    bar: Bar::AtMost(1500.0, Unit::Milliseconds),
    measure: failover_on_processes,
};

const LIMIT: Duration = Duration::from_secs(60);

/// What a group is made of.
#[derive(Debug, Clone, Copy)]
enum Layout {
    /// A primary and its replicas: so many in all.
    Members(u8),
    /// Cluster mode: three primaries with a replica each.
    Shards,
}

impl Layout {
    const fn nodes(self) -> u8 {
        match self {
            Self::Members(members) => members,
            Self::Shards => 2 * bare_cluster::SHARDS,
        }
    }
}

fn on_docker(effort: Effort, layout: Layout) -> Result<Outcome> {
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
            create(&simfra, &id, layout)?;
            let taken = wait_until_available(&simfra, &id)?.duration_since(begun);
            simfra.call("DeleteReplicationGroup", &[("ReplicationGroupId", &id)])?;
            wait_until_gone(&simfra, &id)?;
            Ok(taken.as_secs_f64() * 1e3)
        },
        || {
            let begun = Instant::now();
            bare.start_all(&image, layout.nodes(), &[])?;
            let taken = begun.elapsed().as_secs_f64() * 1e3;
            (0..layout.nodes()).try_for_each(|number| bare.remove(number))?;
            Ok(taken)
        },
    )?;
    let mut detail =
        format!("{:.0} ms against {:.0} ms ({})", pairs.measured(), pairs.baseline(), pairs.spread());
    if matches!(layout, Layout::Shards) {
        // An engine with cluster mode takes two seconds until it says that the cluster is there.
        let made: Result<Vec<f64>> =
            (0..effort.of(5, 2)).map(|_| bare_cluster::make(&bare, &image)).collect();
        let made = median(&made?);
        let times = pairs.measured() / made;
        let _ = write!(
            detail,
            "; the same containers made a cluster: {made:.0} ms, of which this is {times:.2} ×"
        );
    }
    Ok(Outcome::Measured { value: pairs.ratio(), detail })
}

fn failover_on_processes(effort: Effort) -> Result<Outcome> {
    failover(effort, Engines::Process, |_, address| {
        let primary = Cache::connect(address)?.info("process_id")?.parse().context("no process id")?;
        kill(Pid::from_raw(primary), Signal::SIGKILL).context("cannot kill the primary")
    })
}

fn failover_on_docker(effort: Effort) -> Result<Outcome> {
    if !docker::is_used()? {
        return Ok(Outcome::Skipped("no Docker".to_owned()));
    }
    failover(effort, Engines::Docker, |simfra, _| {
        let described = simfra.call("DescribeReplicationGroups", &[("ReplicationGroupId", "group")])?.text();
        let mut members = described.split("<NodeGroupMember>");
        let primary = members.find(|member| member.contains("<CurrentRole>primary<"));
        let primary = primary.and_then(|member| member.split_once("<CacheClusterId>")?.1.split_once('<'));
        let (primary, _) = primary.context("the group has no primary")?;
        let instance = format!("label=dev.simfra.instance={}", simfra.instance());
        let name = format!("name=-{primary}-0001");
        let find = ["ps", "--quiet", "--filter", &instance, "--filter", &name];
        let container = output(&mut docker::docker(&find)).context("no container of the primary")?;
        run(&mut docker::docker(&["kill", container.trim()])).context("cannot kill the primary")
    })
}

fn failover(
    effort: Effort,
    engines: Engines,
    kill: impl Fn(&Simulator, SocketAddr) -> Result<()>,
) -> Result<Outcome> {
    let simfra = Simulator::start(engines, &[])?;
    create(&simfra, "group", Layout::Members(2))?;
    wait_until_available(&simfra, "group")?;
    let arn = "arn:aws:elasticache:us-east-1:000000000000:replicationgroup:group";
    let wanted = serde_json::json!({ "targetArn": arn }).to_string();
    let forward = simfra.admin("POST", "/_simfra/port-forwards", &wanted)?;
    let port = forward["localPort"].as_u64().and_then(|port| port.try_into().ok());
    let port: u16 = port.context("a forward without its port")?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut taken = Vec::new();
    for _ in 0..effort.of(9, 3) {
        let begun = Instant::now();
        kill(&simfra, address)?;
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

fn create(simfra: &Simulator, id: &str, layout: Layout) -> Result<()> {
    let (members, shards) = (layout.nodes().to_string(), bare_cluster::SHARDS.to_string());
    let mut asked = vec![
        ("ReplicationGroupId", id),
        ("ReplicationGroupDescription", "measured"),
        ("Engine", "redis"),
        ("CacheNodeType", "cache.t3.micro"),
        ("AutomaticFailoverEnabled", "true"),
    ];
    match layout {
        Layout::Members(_) => asked.push(("NumCacheClusters", &members)),
        Layout::Shards => asked.extend([
            ("NumNodeGroups", shards.as_str()),
            ("ReplicasPerNodeGroup", "1"),
            ("CacheParameterGroupName", "default.redis7.cluster.on"),
        ]),
    }
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
