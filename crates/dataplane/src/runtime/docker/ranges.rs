//! Which addresses a VPC's network takes: the VPC's own range where nothing else uses it, else one of the pool.
//!
//! Docker checks new networks only against its own; what the host routes or asks for names is checked here.

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

use ipnet::Ipv4Net;

/// A range that is in use, and by what, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) range: Ipv4Net,
    pub(super) by: String,
}

/// The first candidate that overlaps nothing, and what stood in the way of the VPC's own range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) pool: Ipv4Net,
    /// Why it is not the VPC's own range.
    pub(super) instead_of: Option<String>,
}

/// Picks the range for a VPC: its own, else the first free /16 of the pool.
pub(super) fn choose(cidr: Ipv4Net, pool: &RangeInclusive<Ipv4Addr>, taken: &[Taken]) -> Option<Choice> {
    let in_the_way = |range: &Ipv4Net| taken.iter().find(|t| overlap(&t.range, range));
    let Some(obstacle) = in_the_way(&cidr) else {
        return Some(Choice { pool: cidr, instead_of: None });
    };
    let reason = format!("{} is taken by {}", obstacle.range, obstacle.by);
    sixteens(pool)
        .find(|range| in_the_way(range).is_none())
        .map(|pool| Choice { pool, instead_of: Some(reason.clone()) })
}

/// Every /16 from the one that the first address is in to the one that the last is in.
fn sixteens(pool: &RangeInclusive<Ipv4Addr>) -> impl Iterator<Item = Ipv4Net> {
    let (first, last) = (u32::from(*pool.start()) >> 16, u32::from(*pool.end()) >> 16);
    (first..=last).map(|high| Ipv4Net::new(Ipv4Addr::from(high << 16), 16).expect("16 is a prefix length"))
}

pub(super) fn overlap(a: &Ipv4Net, b: &Ipv4Net) -> bool {
    a.contains(&b.network()) || b.contains(&a.network())
}

/// The address in `pool` at the offset that `address` has in `cidr`; none when it is not in both.
pub(super) fn translate(address: Ipv4Addr, cidr: Ipv4Net, pool: Ipv4Net) -> Option<Ipv4Addr> {
    if !cidr.contains(&address) {
        return None;
    }
    let offset = u32::from(address) - u32::from(cidr.network());
    let translated = Ipv4Addr::from(u32::from(pool.network()).checked_add(offset)?);
    pool.contains(&translated).then_some(translated)
}

/// The addresses that Docker may hand out itself: a slice at the top, beyond the subnets, so that neither the
/// resolver's address nor a node's is ever given to a container that asked for none.
pub(super) fn dynamic_slice(pool: Ipv4Net) -> Ipv4Net {
    let prefix = (pool.prefix_len() + 4).min(30).max(pool.prefix_len());
    let size = 1_u32 << (32 - u32::from(prefix));
    let base = u32::from(pool.broadcast()) - (size - 1);
    Ipv4Net::new(Ipv4Addr::from(base), prefix).expect("at most 30 is a prefix length")
}

/// The address at `offset` from the range's base: 1 is the gateway, 2 the resolver.
pub(super) fn nth(range: Ipv4Net, offset: u32) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(range.network()) + offset)
}

/// The ranges in the text of `/proc/net/route`. Default routes, whole or in two halves as VPN clients write them,
/// take no range from anybody.
pub(super) fn routes(text: &str) -> Vec<Taken> {
    text.lines().skip(1).filter_map(route).collect()
}

fn route(line: &str) -> Option<Taken> {
    let mut fields = line.split_ascii_whitespace();
    let interface = fields.next()?;
    let destination = fields.next()?;
    let mask = fields.nth(5)?;
    // The kernel prints both in the machine's byte order.
    let address = |hex: &str| u32::from_str_radix(hex, 16).map(|v| Ipv4Addr::from(v.to_ne_bytes())).ok();
    let range = Ipv4Net::with_netmask(address(destination)?, address(mask)?).ok()?;
    (range.prefix_len() > 1)
        .then(|| Taken { range: range.trunc(), by: format!("a route of the host by {interface}") })
}

/// Whether one of the host's `routes` leads to a network that `address` is in. No VPC is larger than a /16: a shorter
/// prefix is somebody's way to other networks.
pub(super) fn leads_to(routes: &[Taken], address: Ipv4Addr) -> bool {
    routes.iter().any(|route| route.range.prefix_len() >= 16 && route.range.contains(&address))
}

/// The name servers in the text of `/etc/resolv.conf`, except those on loopback.
pub(super) fn name_servers(text: &str) -> Vec<Taken> {
    text.lines()
        .filter_map(|line| line.trim().strip_prefix("nameserver"))
        .filter_map(|rest| rest.trim().parse::<Ipv4Addr>().ok())
        .filter(|address| !address.is_loopback())
        .map(|address| Taken { range: Ipv4Net::from(address), by: "a name server of the host".to_owned() })
        .collect()
}

#[cfg(test)]
mod tests;
