//! create → `available` → PING, against the bare engine, on Docker and on processes.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::super::bare_docker::BareDocker;
use super::super::cache::Cache;
use super::super::line::{Bar, Effort, Line, Outcome, Unit};
use super::super::ratio::Pairs;
use super::super::simulator::{Engines, Simulator};
use crate::docker;
use crate::environment;

/// On Docker.
pub(super) const DOCKER: Line = Line {
    name: "available-docker",
    what: "create → `available` → PING on Docker, VPC and resolver up, in turns with a bare create + start + PING of the same image through the Docker API",
    bar: Bar::AtMost(1.15, Unit::Times),
    measure: on_docker,
};

/// On processes.
pub(super) const PROCESS: Line = Line {
    name: "available-process",
    what: "the same on processes: how much longer than fork + PING of the same program",
    bar: Bar::AtMost(30.0, Unit::Milliseconds),
    measure: on_processes,
};

const IMAGE: &str = "redis:7";
const LIMIT: Duration = Duration::from_secs(60);

fn on_docker(effort: Effort) -> Result<Outcome> {
    if !docker::is_used()? {
        return Ok(Outcome::Skipped("no Docker".to_owned()));
    }
    let image = image();
    let simfra = Simulator::start(Engines::Docker, &[])?;
    with_first(&simfra)?;
    let bare = BareDocker::new()?;
    let mut number = 0;
    let pairs = Pairs::take(
        effort.of(20, 4),
        || {
            number += 1;
            until_ping(&simfra, &format!("cache-{number}"))
        },
        || {
            let begun = Instant::now();
            bare.start_and_ping(&image, 0)?;
            let taken = begun.elapsed().as_secs_f64() * 1e3;
            bare.remove(0)?;
            Ok(taken)
        },
    )?;
    let detail =
        format!("{:.0} ms against {:.0} ms ({})", pairs.measured(), pairs.baseline(), pairs.spread());
    Ok(Outcome::Measured { value: pairs.ratio(), detail })
}

fn on_processes(effort: Effort) -> Result<Outcome> {
    let simfra = Simulator::start(Engines::Process, &[])?;
    let first = with_first(&simfra)?;
    let program = Cache::connect(first)?.info("executable")?;
    let mut number = 0;
    let pairs = Pairs::take(
        effort.of(20, 4),
        || {
            number += 1;
            until_ping(&simfra, &format!("cache-{number}"))
        },
        || bare_process(&program, &simfra),
    )?;
    let detail = format!("{:.1} ms against {:.1} ms", pairs.measured(), pairs.baseline());
    Ok(Outcome::Measured { value: pairs.difference(), detail })
}

/// The image of the nodes.
pub(super) fn image() -> String {
    environment::variable("SIMFRA_ELASTICACHE_IMAGE_REDIS").unwrap_or_else(|| IMAGE.to_owned())
}

/// A cluster before all others: it brings what they share, the network and its resolver.
pub(super) fn with_first(simfra: &Simulator) -> Result<SocketAddr> {
    simfra.create("first", "redis")?;
    simfra.wait_until_available("first")?;
    address(simfra, "first")
}

/// From the request to the first PONG, in milliseconds. The cluster is gone again when this answers.
fn until_ping(simfra: &Simulator, id: &str) -> Result<f64> {
    let begun = Instant::now();
    simfra.create(id, "redis")?;
    let available = simfra.wait_until_available(id)?.duration_since(begun);
    // Where it answers is asked outside the time: a client would have it from DNS.
    let address = address(simfra, id)?;
    let begun = Instant::now();
    Cache::answering(address)?;
    let taken = available + begun.elapsed();
    simfra.call("DeleteCacheCluster", &[("CacheClusterId", id)])?;
    wait_until_gone(simfra, id)?;
    Ok(taken.as_secs_f64() * 1e3)
}

/// Where a cluster's only node answers, as a forward to it tells.
pub(super) fn address(simfra: &Simulator, id: &str) -> Result<SocketAddr> {
    let forward = open_forward(simfra, id, 6379)?;
    let ip: Ipv4Addr = forward["targetIp"]
        .as_str()
        .context("a forward without its target")?
        .parse()
        .context("no address")?;
    let text =
        simfra.call("DescribeCacheClusters", &[("CacheClusterId", id), ("ShowCacheNodeInfo", "true")])?;
    let text = text.text();
    let port = text.split("<Port>").nth(1).and_then(|rest| rest.split('<').next());
    let port: u16 = port.context("an endpoint without its port")?.parse()?;
    let forward = forward["id"].as_str().context("a forward without its id")?;
    simfra.client()?.expect(&super::super::client::admin(
        &simfra.host(),
        "DELETE",
        &format!("/_simfra/port-forwards/{forward}"),
        "",
    ))?;
    Ok((ip, port).into())
}

/// Opens a forward to a cluster's port.
pub(super) fn open_forward(simfra: &Simulator, id: &str, port: u16) -> Result<serde_json::Value> {
    let arn = format!("arn:aws:elasticache:us-east-1:000000000000:cluster:{id}");
    let wanted = serde_json::json!({ "targetArn": arn, "targetPort": port }).to_string();
    simfra.admin("POST", "/_simfra/port-forwards", &wanted)
}

fn wait_until_gone(simfra: &Simulator, id: &str) -> Result<()> {
    let begun = Instant::now();
    let request =
        simfra.signed(super::super::sign::KNOWN, "DescribeCacheClusters", &[("CacheClusterId", id)], 0);
    let mut client = simfra.client()?;
    while client.call(&request)?.status == 200 {
        if begun.elapsed() > LIMIT {
            bail!("{id} is not deleted after {} s", LIMIT.as_secs());
        }
        thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// Fork, and PING until there is an answer, in milliseconds.
fn bare_process(program: &str, simfra: &Simulator) -> Result<f64> {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let begun = Instant::now();
    let child = Command::new(program)
        .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no"])
        .current_dir(simfra.folder())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("{program} does not start"))?;
    let _child = Ends(child);
    Cache::answering((Ipv4Addr::LOCALHOST, port).into())?;
    Ok(begun.elapsed().as_secs_f64() * 1e3)
}

/// A child that ends with its scope.
struct Ends(Child);

impl Drop for Ends {
    fn drop(&mut self) {
        // It may have ended by itself; then nothing answered, and that was told.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
