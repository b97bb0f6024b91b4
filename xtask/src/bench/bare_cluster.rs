//! Bare containers made a cluster, as `redis-cli --cluster create` makes one: what an engine alone needs for it.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::bare_docker::BareDocker;
use super::cache::Cache;

/// How many shards, each of a primary and a replica.
pub(super) const SHARDS: u8 = 3;
const SLOTS: u16 = 16_384;
const LIMIT: Duration = Duration::from_secs(60);

/// Starts the containers at once, makes them a cluster, and removes them; answers the milliseconds until every one said
/// that the cluster is there and every replica had its primary's data.
///
/// # Errors
/// Docker or an engine refuses, or they do not come that far.
pub(super) fn make(bare: &BareDocker, image: &str) -> Result<f64> {
    let begun = Instant::now();
    bare.start_all(image, 2 * SHARDS, &["--cluster-enabled", "yes"])?;
    let connect = |number| Cache::connect(bare.address(number));
    let mut nodes = (0..2 * SHARDS).map(connect).collect::<Result<Vec<_>>>()?;
    for (shard, primary) in (0..SHARDS).zip(&mut nodes) {
        let from = |shard: u8| SLOTS / u16::from(SHARDS) * u16::from(shard);
        let last = if shard + 1 == SHARDS { SLOTS - 1 } else { from(shard + 1) - 1 };
        primary.call(&["CLUSTER", "ADDSLOTSRANGE", &from(shard).to_string(), &last.to_string()])?;
        primary.call(&["CLUSTER", "SET-CONFIG-EPOCH", &(shard + 1).to_string()])?;
    }
    for number in 1..2 * SHARDS {
        let address = bare.address(number);
        nodes[0].call(&["CLUSTER", "MEET", &address.ip().to_string(), &address.port().to_string()])?;
    }
    for replica in usize::from(SHARDS)..nodes.len() {
        let primary = nodes[replica - usize::from(SHARDS)].call(&["CLUSTER", "MYID"])?;
        until(begun, || Ok(nodes[replica].call(&["CLUSTER", "NODES"])?.contains(&primary)))?;
        nodes[replica].call(&["CLUSTER", "REPLICATE", &primary])?;
    }
    for (number, node) in nodes.iter_mut().enumerate() {
        until(begun, || Ok(node.call(&["CLUSTER", "INFO"])?.contains("cluster_state:ok")))?;
        if number >= usize::from(SHARDS) {
            until(begun, || Ok(node.call(&["INFO", "replication"])?.contains("master_link_status:up")))?;
        }
    }
    let taken = begun.elapsed().as_secs_f64() * 1e3;
    (0..2 * SHARDS).try_for_each(|number| bare.remove(number))?;
    Ok(taken)
}

fn until(begun: Instant, mut holds: impl FnMut() -> Result<bool>) -> Result<()> {
    while !holds()? {
        if begun.elapsed() > LIMIT {
            bail!("the bare containers are no cluster after {} s", LIMIT.as_secs());
        }
        thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}
