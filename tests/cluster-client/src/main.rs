//! redis-rs as a cluster's user has it: `cluster-client URL COUNT` writes that many keys to all shards by the node at URL,
//! and reads them back.

use anyhow::{Context as _, Result, ensure};
use redis::Commands as _;
use redis::cluster::ClusterClient;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().context("the URL of a node is missing")?;
    let count: usize = arguments.next().context("the number of keys is missing")?.parse()?;
    let mut cluster = ClusterClient::new([url])?.get_connection()?;
    let key = |number| format!("rust:{number}");
    for number in 0..count {
        let () = cluster.set(key(number), number)?;
    }
    for number in 0..count {
        let found: usize = cluster.get(key(number))?;
        ensure!(found == number, "{} is {found}", key(number));
    }
    Ok(())
}
