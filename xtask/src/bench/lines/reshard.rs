//! Resharding: how long keys take from shard to shard.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Instant;

use anyhow::{Context, Result};

use super::super::cache::Cache;
use super::super::line::{Bar, Effort, Line, Outcome, Unit};
use super::super::ratio::median;
use super::super::simulator::{Engines, Simulator};
use super::groups::{wait_until_available, wait_until_gone};

/// One slot full of keys moves.
pub(super) const KEYS: Line = Line {
    name: "reshard",
    what: "a rebalance on processes that moves one slot with 20,000 keys of 100 bytes, per 1,000 keys: request → `available`",
    bar: Bar::Reported(Unit::Milliseconds),
    measure: keys,
};

const MANY: u32 = 20_000;

fn keys(effort: Effort) -> Result<Outcome> {
    let simfra = Simulator::start(Engines::Process, &[])?;
    let mut taken = Vec::new();
    for number in 0..effort.of(3, 1) {
        let id = format!("group-{number}");
        create(&simfra, &id)?;
        wait_until_available(&simfra, &id)?;
        fill(&simfra, &id)?;
        let asked = [("ReplicationGroupId", &*id), ("NodeGroupCount", "2"), ("ApplyImmediately", "true")];
        let begun = Instant::now();
        simfra.call("ModifyReplicationGroupShardConfiguration", &asked)?;
        let end = wait_until_available(&simfra, &id)?;
        taken.push(end.duration_since(begun).as_secs_f64() * 1e3 / f64::from(MANY / 1000));
        simfra.call("DeleteReplicationGroup", &[("ReplicationGroupId", &id)])?;
        wait_until_gone(&simfra, &id)?;
    }
    let detail = format!("median of {}", taken.len());
    Ok(Outcome::Measured { value: median(&taken), detail })
}

/// Two shards, of which one has two slots more than the other: slot 0 moves.
fn create(simfra: &Simulator, id: &str) -> Result<()> {
    let asked = [
        ("ReplicationGroupId", id),
        ("ReplicationGroupDescription", "measured"),
        ("Engine", "redis"),
        ("CacheNodeType", "cache.t3.micro"),
        ("CacheParameterGroupName", "default.redis7.cluster.on"),
        ("AutomaticFailoverEnabled", "true"),
        ("NodeGroupConfiguration.NodeGroupConfiguration.1.Slots", "0-8192"),
        ("NodeGroupConfiguration.NodeGroupConfiguration.1.ReplicaCount", "0"),
        ("NodeGroupConfiguration.NodeGroupConfiguration.2.Slots", "8193-16383"),
        ("NodeGroupConfiguration.NodeGroupConfiguration.2.ReplicaCount", "0"),
    ];
    simfra.call("CreateReplicationGroup", &asked).map(drop)
}

fn fill(simfra: &Simulator, id: &str) -> Result<()> {
    let arn = format!("arn:aws:elasticache:us-east-1:000000000000:cluster:{id}-0001-001");
    let wanted = serde_json::json!({ "targetArn": arn }).to_string();
    let forward = simfra.admin("POST", "/_simfra/port-forwards", &wanted)?;
    let port = forward["localPort"].as_u64().and_then(|port| port.try_into().ok());
    let port: u16 = port.context("a forward without its port")?;
    let mut cache = Cache::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    for number in 0..MANY {
        // What stands in braces puts the key into slot 0.
        cache.set(&format!("{{3560}}:{number}"), &[b'v'; 100])?;
    }
    Ok(())
}
