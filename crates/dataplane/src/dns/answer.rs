//! What a zone says to a question: pure, so that every rule of it is tested without a socket.

use std::net::Ipv4Addr;

use hickory_proto::op::Query;
use hickory_proto::rr::{DNSClass, Name, RecordType};

use super::Zone;

/// What is known of a name, before anyone's turn in the rotation is decided.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer<'z> {
    /// The name has these addresses (at least one) and an address was asked for.
    Addresses {
        /// The zone's own spelling of the name.
        name: &'z str,
        /// Of which one is given, in rotation.
        addresses: &'z [Ipv4Addr],
    },
    /// The start of authority of the suffix was asked for.
    Authority,
    /// The name exists, and has nothing of this type: NOERROR without records.
    NoRecords,
    /// Under the suffix, and not there: NXDOMAIN.
    NoName,
    /// A zone transfer, or a class other than IN: REFUSED.
    Refused,
    /// Not ours: to be asked of the system's resolvers.
    Elsewhere,
}

/// Answers `query` from `zone`. Case does not matter (RFC 4343).
///
/// A name that only stands above others (`cache.simfra.dev`) exists without records: NXDOMAIN would deny everything
/// below it (RFC 8020).
#[must_use]
pub fn answer<'z>(zone: &'z Zone, query: &Query) -> Answer<'z> {
    let key = key(&query.name);
    let own = key.as_ref().and_then(|key| zone.names.get_key_value(key));
    let position = position(&query.name, &zone.suffix);
    if own.is_none() && position == Position::Outside {
        return Answer::Elsewhere;
    }
    if query.query_class != DNSClass::IN || matches!(query.query_type, RecordType::AXFR | RecordType::IXFR) {
        return Answer::Refused;
    }
    match own {
        Some((name, addresses)) if is_address(query.query_type) && !addresses.is_empty() => {
            Answer::Addresses { name, addresses }
        }
        _ if position == Position::Apex && query.query_type == RecordType::SOA => Answer::Authority,
        Some(_) => Answer::NoRecords,
        None if position == Position::Apex => Answer::NoRecords,
        None if key.is_some_and(|key| stands_above_others(zone, &key)) => Answer::NoRecords,
        None => Answer::NoName,
    }
}

/// ANY is answered with the address too: RFC 8482 lets a server pick the records it gives.
fn is_address(kind: RecordType) -> bool {
    matches!(kind, RecordType::A | RecordType::ANY)
}

fn stands_above_others(zone: &Zone, key: &str) -> bool {
    zone.names.keys().any(|name| name.strip_suffix(key).is_some_and(|front| front.ends_with('.')))
}

/// The name as the zone spells it. None where no zone name can be meant: bytes that are not UTF-8, a dot in a label.
fn key(name: &Name) -> Option<String> {
    let mut key = String::with_capacity(name.len());
    for label in name.iter() {
        if label.contains(&b'.') {
            return None;
        }
        if !key.is_empty() {
            key.push('.');
        }
        key.push_str(&str::from_utf8(label).ok()?.to_ascii_lowercase());
    }
    Some(key)
}

/// Where a name is, seen from the suffix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    Apex,
    Below,
    Outside,
}

/// Label by label, not by text: `x\.simfra.dev` has a label that ends in `simfra` and is not below `simfra.dev`.
fn position(name: &Name, suffix: &str) -> Position {
    if suffix.is_empty() {
        return Position::Outside;
    }
    let mut labels = name.iter().rev();
    for wanted in suffix.rsplit('.') {
        match labels.next() {
            Some(label) if label.eq_ignore_ascii_case(wanted.as_bytes()) => {}
            _ => return Position::Outside,
        }
    }
    if labels.next().is_none() { Position::Apex } else { Position::Below }
}
