//! A port forward, against a bare loop that copies bytes, and against no forward at all.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::{JoinSet, LocalSet};

use super::super::bare::Bare;
use super::super::cache::Cache;
use super::super::line::{Bar, Effort, Line, Outcome, Unit};
use super::super::ratio::{Pairs, median};
use super::super::simulator::{Engines, Simulator};
use super::available::{address, open_forward};
use crate::docker;

/// Bulk.
pub(super) const THROUGHPUT: Line = Line {
    name: "forward",
    what: "bulk GET of 16 KiB values through a port forward, 4 connections, 16 under way on each, against a bare tokio copy loop",
    bar: Bar::AtLeast(0.9, Unit::Times),
    measure: throughput,
};

/// One round trip.
pub(super) const LATENCY: Line = Line {
    name: "forward-latency",
    what: "what a port forward adds to a PING",
    bar: Bar::AtMost(80.0, Unit::Microseconds),
    measure: latency,
};

const KEY: &str = "bulk";
const VALUE: usize = 16 * 1024;
const CONNECTIONS: usize = 4;
const UNDER_WAY: usize = 16;
/// `$16384`, its line end, the value and its line end.
const ANSWER: usize = 6 + 2 + VALUE + 2;

/// A cache with a forward to it.
struct Forwarded {
    /// Its Simfra, which is to live as long.
    _simfra: Simulator,
    forward: SocketAddr,
    engine: SocketAddr,
}

fn forwarded() -> Result<Forwarded> {
    let engines = if docker::is_used()? { Engines::Docker } else { Engines::Process };
    let simfra = Simulator::start(engines, &[])?;
    simfra.create("cache", "redis")?;
    simfra.wait_until_available("cache")?;
    let engine = address(&simfra, "cache")?;
    let forward = open_forward(&simfra, "cache", 6379)?;
    let port = forward["localPort"].as_u64().and_then(|port| u16::try_from(port).ok());
    let port = port.context("a forward without a port")?;
    Cache::answering(engine)?.set(KEY, &vec![b'x'; VALUE])?;
    Ok(Forwarded { _simfra: simfra, forward: (Ipv4Addr::LOCALHOST, port).into(), engine })
}

fn throughput(effort: Effort) -> Result<Outcome> {
    let forwarded = forwarded()?;
    let copy = Bare::copy_loop(forwarded.engine)?;
    let time = effort.of(Duration::from_secs(3), Duration::from_secs(1));
    let pairs = Pairs::take(effort.of(7, 3), || bulk(forwarded.forward, time), || bulk(copy.address, time))?;
    let detail =
        format!("{:.0} MB/s against {:.0} MB/s ({})", pairs.measured(), pairs.baseline(), pairs.spread());
    Ok(Outcome::Measured { value: pairs.ratio(), detail })
}

fn latency(effort: Effort) -> Result<Outcome> {
    let forwarded = forwarded()?;
    let copy = Bare::copy_loop(forwarded.engine)?;
    let (mut through, mut direct) =
        (Cache::answering(forwarded.forward)?, Cache::answering(forwarded.engine)?);
    let mut copied = Cache::answering(copy.address)?;
    let count = effort.of(2000, 500);
    let mut copies = Vec::new();
    let pairs = Pairs::take(
        effort.of(11, 5),
        || {
            copies.push(round_trip(&mut copied, count)?);
            round_trip(&mut through, count)
        },
        || round_trip(&mut direct, count),
    )?;
    let detail = format!(
        "{:.0} µs against {:.0} µs without; through a bare copy loop {:.0} µs",
        pairs.measured(),
        pairs.baseline(),
        median(&copies)
    );
    Ok(Outcome::Measured { value: pairs.difference(), detail })
}

/// The median round trip, in microseconds.
fn round_trip(cache: &mut Cache, count: usize) -> Result<f64> {
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let begun = Instant::now();
        cache.ping()?;
        times.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    Ok(median(&times))
}

/// How many megabytes of values come a second.
fn bulk(address: SocketAddr, time: Duration) -> Result<f64> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let asked = format!("*2\r\n$3\r\nGET\r\n${}\r\n{KEY}\r\n", KEY.len());
    runtime.block_on(LocalSet::new().run_until(async {
        let mut connections = JoinSet::new();
        let begun = Instant::now();
        for _ in 0..CONNECTIONS {
            let asked = asked.clone();
            connections.spawn_local(async move {
                let mut stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                let mut buffer = vec![0; 256 * 1024];
                stream.write_all(asked.repeat(UNDER_WAY).as_bytes()).await?;
                let (mut got, mut answered) = (0_usize, 0_usize);
                while begun.elapsed() < time {
                    let count = stream.read(&mut buffer).await?;
                    if count == 0 {
                        bail!("the connection was closed");
                    }
                    got += count;
                    // As many are asked anew as were answered.
                    let whole = got / ANSWER - answered;
                    if whole > 0 {
                        answered += whole;
                        stream.write_all(asked.repeat(whole).as_bytes()).await?;
                    }
                }
                Ok(answered)
            });
        }
        let mut values = 0_usize;
        while let Some(end) = connections.join_next().await {
            values += end.context("a connection's task ended")??;
        }
        let bytes = f64::from(u32::try_from(values)?) * f64::from(u32::try_from(VALUE)?);
        Ok(bytes / 1e6 / begun.elapsed().as_secs_f64())
    }))
}
