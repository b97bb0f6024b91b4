//! The lines, in the order of the table.

use anyhow::{Result, bail};

use super::line::Line;

mod available;
mod create;
mod describe;
mod forward;
mod groups;
mod many;
mod moto;
mod proxy;
mod reshard;
mod start;
mod waiter;

static LINES: [Line; 24] = [
    available::DOCKER,
    available::PROCESS,
    groups::OF_TWO,
    groups::OF_THREE,
    groups::OF_SHARDS,
    groups::FAILOVER,
    groups::FAILOVER_ON_DOCKER,
    reshard::KEYS,
    waiter::WAITER,
    describe::VERIFIED,
    describe::LENIENT,
    create::IN_MEMORY,
    create::DURABLE,
    start::FIRST_ANSWER,
    start::IDLE_MEMORY,
    start::CLUSTER_MEMORY,
    start::BINARY,
    many::ONE,
    many::PAGE,
    many::MEMORY,
    forward::THROUGHPUT,
    forward::LATENCY,
    proxy::MEMCACHED,
    moto::MOTO,
];

/// The lines of these names, or all.
///
/// # Errors
/// No line has such a name.
pub(super) fn chosen(names: &[String]) -> Result<Vec<&'static Line>> {
    if let Some(unknown) = names.iter().find(|name| LINES.iter().all(|line| line.name != **name)) {
        bail!("there is no line {unknown}: `cargo xtask bench --list` names them");
    }
    Ok(LINES.iter().filter(|line| names.is_empty() || names.iter().any(|name| name == line.name)).collect())
}
