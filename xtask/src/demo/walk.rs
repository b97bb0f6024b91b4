//! The guide's cluster part: create, wait, forward, SET, GET, delete, for each engine.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::shell::{Shell, expect, text};
use crate::terminal::line;

/// How long an engine may take to answer a command.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// A cache of the walk.
struct Cache {
    id: &'static str,
    engine: &'static str,
    port: u16,
}

const CACHES: [Cache; 3] = [
    Cache { id: "my-cache", engine: "redis", port: 6379 },
    Cache { id: "my-valkey", engine: "valkey", port: 6379 },
    Cache { id: "my-memcached", engine: "memcached", port: 11211 },
];

/// Walks through every engine.
///
/// # Errors
/// A command fails, or its answer is not the guide's.
pub(super) fn all(shell: &Shell) -> Result<()> {
    CACHES.iter().try_for_each(|cache| {
        line(format_args!("\n── {} ──", cache.engine));
        walk(shell, cache).with_context(|| format!("{} is not as the guide says", cache.engine))
    })
}

fn walk(shell: &Shell, cache: &Cache) -> Result<()> {
    create(shell, cache)?;
    let forward = open_forward(shell, cache)?;
    let local = forward["localPort"].as_u64().context("the forward has no localPort")?;
    let local = u16::try_from(local).context("the forward's localPort is no port")?;
    if cache.engine == "memcached" {
        store_in_memcached(local)?;
    } else {
        store_in_redis(shell, local)?;
    }
    close_forward(shell, text(&forward, "/id")?, local)?;
    delete(shell, cache)
}

fn create(shell: &Shell, cache: &Cache) -> Result<()> {
    let by_id = ["--cache-cluster-id", cache.id];
    let words = ["--engine", cache.engine, "--cache-node-type", "cache.t3.micro", "--num-cache-nodes", "1"];
    let answer = shell.elasticache(&[&["create-cache-cluster"], &by_id[..], &words].concat())?;
    expect(&answer, "/CacheCluster/CacheClusterStatus", "creating")?;
    expect(&answer, "/CacheCluster/Engine", cache.engine)?;

    shell.elasticache(&[&["wait", "cache-cluster-available"], &by_id[..]].concat())?;

    let answer =
        shell.elasticache(&[&["describe-cache-clusters", "--show-cache-node-info"], &by_id[..]].concat())?;
    expect(&answer, "/CacheClusters/0/CacheClusterStatus", "available")?;
    let name = format!("{}.abcdef.0001.use1.cache.simfra.dev", cache.id);
    expect(&answer, "/CacheClusters/0/CacheNodes/0/Endpoint/Address", name)
}

fn open_forward(shell: &Shell, cache: &Cache) -> Result<Value> {
    let arn = format!("arn:aws:elasticache:us-east-1:000000000000:cluster:{}", cache.id);
    let body = json!({"targetArn": arn, "targetPort": cache.port});
    let forward = shell.admin("POST", "port-forwards", Some(&body.to_string()))?;
    expect(&forward, "/targetPort", cache.port)?;
    if !text(&forward, "/id")?.starts_with("pf-") {
        bail!("the forward's id does not begin with pf-");
    }
    Ok(forward)
}

fn store_in_redis(shell: &Shell, port: u16) -> Result<()> {
    let port = port.to_string();
    let redis_cli =
        |words: &[&str]| shell.type_in(&[&["redis-cli", "-h", "localhost", "-p", &port], words].concat());
    let answers = [redis_cli(&["SET", "key", "value"])?, redis_cli(&["GET", "key"])?];
    match answers.each_ref().map(|answer| answer.trim()) {
        ["OK", "value"] => Ok(()),
        _ => bail!("SET and GET answered {answers:?}"),
    }
}

/// As `telnet` would be typed at: Memcached has no client of its own.
fn store_in_memcached(port: u16) -> Result<()> {
    line(format_args!("\n$ telnet localhost {port}"));
    let mut stream = TcpStream::connect(("localhost", port)).context("the forward does not answer")?;
    stream.set_read_timeout(Some(ANSWER_LIMIT)).context("a socket has no time limit")?;
    let mut answers = BufReader::new(stream.try_clone().context("a socket cannot be shared")?).lines();
    for (typed, wanted) in
        [("set key 0 0 5\r\nvalue\r\n", &["STORED"][..]), ("get key\r\n", &["VALUE key 0 5", "value", "END"])]
    {
        line(typed.trim_end().replace('\r', ""));
        stream.write_all(typed.as_bytes()).context("Memcached does not listen")?;
        for wanted in wanted {
            let answer = answers
                .next()
                .context("Memcached closed the connection")?
                .context("Memcached does not answer")?;
            line(&answer);
            if answer != **wanted {
                bail!("Memcached answered {answer}, not {wanted}");
            }
        }
    }
    Ok(())
}

fn close_forward(shell: &Shell, id: &str, port: u16) -> Result<()> {
    shell.admin("DELETE", &format!("port-forwards/{id}"), None)?;
    if TcpStream::connect(("localhost", port)).is_ok() {
        bail!("port {port} still answers after its forward was deleted");
    }
    Ok(())
}

fn delete(shell: &Shell, cache: &Cache) -> Result<()> {
    let by_id = ["--cache-cluster-id", cache.id];
    let answer = shell.elasticache(&[&["delete-cache-cluster"], &by_id[..]].concat())?;
    expect(&answer, "/CacheCluster/CacheClusterStatus", "deleting")?;
    shell.elasticache(&[&["wait", "cache-cluster-deleted"], &by_id[..]].concat())?;
    let answer = shell.elasticache(&["describe-cache-clusters"])?;
    expect(&answer, "/CacheClusters", Value::Array(Vec::new()))
}
