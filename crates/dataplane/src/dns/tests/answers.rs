//! [`super::super::answer`] alone: the rules, and what holds for every zone and every name.

use std::collections::BTreeMap;

use hickory_proto::rr::DNSClass;
use proptest::prelude::*;

use super::super::{Answer, answer};
use super::*;

fn query(name: &str, kind: RecordType) -> Query {
    Query::query(Name::from_ascii(format!("{name}.")).unwrap(), kind)
}

fn check(name: &str, kind: RecordType, expected: &Answer<'_>) {
    assert_eq!(&answer(&zone(), &query(name, kind)), expected, "{name} {kind}");
}

#[test]
fn a_name_has_its_address_in_any_case() {
    let expected = Answer::Addresses { name: NODE, addresses: &[node_address()] };
    check(NODE, RecordType::A, &expected);
    check(&NODE.to_uppercase(), RecordType::A, &expected);
    check(NODE, RecordType::ANY, &expected);
}

#[test]
fn a_name_has_nothing_but_addresses() {
    for kind in [RecordType::AAAA, RecordType::TXT, RecordType::SRV, RecordType::HTTPS, RecordType::SOA] {
        check(NODE, kind, &Answer::NoRecords);
    }
    check(EMPTY, RecordType::A, &Answer::NoRecords);
    check("simfra.local", RecordType::AAAA, &Answer::NoRecords);
}

#[test]
fn what_is_under_the_suffix_and_not_there_is_denied() {
    check("gone.simfra.dev", RecordType::A, &Answer::NoName);
    check(&format!("below.{NODE}"), RecordType::AAAA, &Answer::NoName);
}

#[test]
fn the_suffix_and_what_stands_above_a_name_exist() {
    check("simfra.dev", RecordType::A, &Answer::NoRecords);
    check("simfra.dev", RecordType::SOA, &Answer::Authority);
    check("cache.simfra.dev", RecordType::A, &Answer::NoRecords);
    check("e.simfra.dev", RecordType::A, &Answer::NoName);
}

#[test]
fn other_names_are_elsewhere() {
    for name in
        ["example.com", "notsimfra.dev", "dev", "simfra.dev.example.com", "other.local", r"x\.simfra.dev"]
    {
        check(name, RecordType::A, &Answer::Elsewhere);
    }
}

#[test]
fn transfers_and_other_classes_are_refused_for_our_names_only() {
    check("simfra.dev", RecordType::AXFR, &Answer::Refused);
    let mut chaos = query(NODE, RecordType::A);
    chaos.set_query_class(DNSClass::CH);
    assert_eq!(answer(&zone(), &chaos), Answer::Refused);
    check("example.com", RecordType::AXFR, &Answer::Elsewhere);
}

#[test]
fn an_empty_suffix_claims_nothing() {
    assert_eq!(answer(&Zone::default(), &query("example.com", RecordType::A)), Answer::Elsewhere);
}

fn label() -> impl Strategy<Value = String> {
    "[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?"
}

fn zones() -> impl Strategy<Value = Zone> {
    let names = prop::collection::btree_map(
        prop::collection::vec(label(), 1..4),
        prop::collection::vec(any::<Ipv4Addr>(), 0..4),
        0..8,
    );
    (label(), label(), names).prop_map(|(one, two, names)| {
        let suffix = format!("{one}.{two}");
        let names: BTreeMap<_, _> =
            names.into_iter().map(|(labels, to)| (format!("{}.{suffix}", labels.join(".")), to)).collect();
        Zone { suffix, names }
    })
}

/// A name as wire bytes can carry it: any octets in any label.
fn wire_names() -> impl Strategy<Value = Name> {
    prop::collection::vec(prop::collection::vec(any::<u8>(), 1..20), 0..6)
        .prop_map(|labels| Name::from_labels(labels).unwrap())
}

fn swap_case(name: &str, pattern: &[bool]) -> String {
    let flip = |(byte, upper): (char, &bool)| if *upper { byte.to_ascii_uppercase() } else { byte };
    name.chars().zip(pattern.iter().cycle()).map(flip).collect()
}

proptest! {
    #[test]
    fn every_name_of_every_zone_is_found(zone in zones(), pattern in prop::collection::vec(any::<bool>(), 1..20)) {
        for (name, to) in &zone.names {
            let found = answer(&zone, &query(&swap_case(name, &pattern), RecordType::A));
            if to.is_empty() {
                prop_assert_eq!(found, Answer::NoRecords);
            } else {
                prop_assert_eq!(found, Answer::Addresses { name, addresses: to });
            }
            prop_assert_eq!(answer(&zone, &query(name, RecordType::AAAA)), Answer::NoRecords);
        }
    }

    #[test]
    fn nothing_below_the_suffix_is_elsewhere(zone in zones(), front in wire_names()) {
        let below = front.append_domain(&Name::from_ascii(&zone.suffix).unwrap()).unwrap();
        prop_assert_ne!(answer(&zone, &Query::query(below, RecordType::A)), Answer::Elsewhere);
    }

    #[test]
    fn a_name_is_elsewhere_exactly_when_it_is_not_below_the_suffix(zone in zones(), name in wire_names()) {
        let apex = Name::from_ascii(format!("{}.", zone.suffix)).unwrap();
        let is_elsewhere = answer(&zone, &Query::query(name.clone(), RecordType::A)) == Answer::Elsewhere;
        prop_assert_eq!(is_elsewhere, !apex.zone_of(&name));
    }
}
