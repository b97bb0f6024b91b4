use std::collections::BTreeSet;

use super::validate::{Reserved, purchase};
use super::*;
use crate::engine::Engine;
use crate::quota::Quotas;
use crate::rejection::{Rejection, RejectionKind};

const ON_RECORD: &str = "01ce0a19-a476-41cb-8aee-48eacbcdc8e5";

struct Bought(Vec<ReservedCacheNode>);

impl Reserved for Bought {
    fn has(&self, id: &ReservedCacheNodeId) -> bool {
        self.0.iter().any(|node| node.id == *id)
    }

    fn nodes(&self) -> u64 {
        self.0.iter().map(|node| u64::from(node.count)).sum()
    }
}

fn noon() -> Timestamp {
    "2026-03-01T12:00:00.007Z".parse().unwrap()
}

fn request() -> PurchaseOffering {
    PurchaseOffering {
        reserved_cache_nodes_offering_id: Some(ON_RECORD.into()),
        ..PurchaseOffering::default()
    }
}

fn bought(request: &PurchaseOffering, before: &Bought) -> Result<ReservedCacheNode, Rejection> {
    purchase(request, Scope::for_tests(), before, Quotas::Aws, noon())
}

#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T, Rejection>, kind: RejectionKind, text: &str) {
    let rejection = answer.expect_err("a broken rule");
    assert_eq!((rejection.kind(), rejection.to_string().as_str()), (kind, text));
}

#[test]
fn the_offering_on_record_is_offered_for_its_price() {
    let terms = &Offering::find(ON_RECORD).unwrap().terms;
    assert_eq!((terms.fixed_price, terms.recurring_charge), (97_000, 11));
    assert_eq!(
        (terms.cache_node_type.as_str(), terms.product_description),
        ("cache.t3.small", Engine::Memcached)
    );
}

#[test]
fn offerings_have_ids_of_their_own_and_add_up() {
    let all = Offering::all();
    let ids: BTreeSet<_> = all.iter().map(|offering| offering.id.as_str()).collect();
    assert_eq!(ids.len(), all.len());
    assert!(all.is_sorted_by(|a, b| a.id < b.id));
    assert!(ids.iter().all(|id| id.len() == 36 && id.split('-').map(str::len).eq([8, 4, 4, 4, 12])));
    for offering in all {
        let terms = &offering.terms;
        match terms.offering_type {
            OfferingType::NoUpfront => assert!(terms.fixed_price == 0 && terms.recurring_charge > 0),
            OfferingType::PartialUpfront => assert!(terms.fixed_price > 0 && terms.recurring_charge > 0),
            OfferingType::AllUpfront => assert!(terms.fixed_price > 0 && terms.recurring_charge == 0),
            other => panic!("{other:?} is not sold"),
        }
    }
    let of = |node_type: &str, engine| {
        all.iter()
            .filter(|o| o.terms.cache_node_type == node_type && o.terms.product_description == engine)
            .count()
    };
    assert_eq!(of("cache.m8g.large", Engine::Valkey), 6);
    assert_eq!(of("cache.m8g.large", Engine::Redis), 0, "it does not run there");
    assert_eq!(of("cache.r6gd.xlarge", Engine::Memcached), 0);
    assert_eq!(of("cache.m3.large", Engine::Redis), 0, "nobody can make one");
}

#[test]
fn a_purchase_has_a_term_and_an_id() {
    let node = bought(&request(), &Bought(Vec::new())).unwrap();
    assert_eq!((node.id.as_str(), node.count), ("ri-2026-03-01-12-00-00-007", 1));
    let arn = "arn:aws:elasticache:us-east-1:000000000000:reserved-instance:ri-2026-03-01-12-00-00-007";
    assert_eq!(node.arn().to_string(), arn);
    assert_eq!(node.state(noon()), "active");
    let end = noon().checked_add(SignedDuration::from_secs(31_536_000)).unwrap();
    assert_eq!((node.state(end), node.is_over(noon())), ("retired", false));
    let next = bought(&request(), &Bought(vec![node])).unwrap();
    assert_eq!(next.id.as_str(), "ri-2026-03-01-12-00-00-008");
}

#[test]
fn purchases_are_checked() {
    use RejectionKind as K;
    let none = Bought(Vec::new());
    let named = PurchaseOffering { reserved_cache_node_id: Some("Mine".into()), ..request() };
    let mine = bought(&named, &none).unwrap();
    assert_eq!(mine.id.as_str(), "mine");
    let one = Bought(vec![mine]);
    refused(
        bought(&named, &one),
        K::ReservedCacheNodeAlreadyExists,
        "Reserved cache node mine already exists.",
    );
    let bad = PurchaseOffering { reserved_cache_node_id: Some("1mine".into()), ..request() };
    assert_eq!(bought(&bad, &none).unwrap_err(), Rejection::BadIdentifier("ReservedCacheNodeId"));
    for count in [0, -1] {
        let none_at_all = PurchaseOffering { cache_node_count: Some(count), ..request() };
        assert_eq!(bought(&none_at_all, &none).unwrap_err(), ReservedNodeRejection::Count(count).into());
    }
    let other = PurchaseOffering { reserved_cache_nodes_offering_id: Some("other".into()), ..request() };
    refused(
        bought(&other, &none),
        K::ReservedCacheNodesOfferingNotFound,
        "Reserved cache nodes offering other not found.",
    );
    let many = PurchaseOffering { cache_node_count: Some(100), ..request() };
    assert!(bought(&many, &none).is_ok());
    refused(
        bought(&many, &one),
        K::ReservedCacheNodeQuotaExceeded,
        "You have already reached your quota of 100 reserved nodes in this region.",
    );
    let free = purchase(&many, Scope::for_tests(), &one, Quotas::Off, noon());
    assert!(free.is_ok());
}

#[test]
fn lists_are_filtered_by_all_that_a_request_says() {
    let ask = |request: DescribeOfferings| OfferingQuery::parse(request);
    let asked = DescribeOfferings {
        cache_node_type: Some("cache.t3.small".into()),
        duration: Some("1".into()),
        product_description: Some("Memcached".into()),
        offering_type: Some("Partial Upfront".into()),
        reserved_cache_nodes_offering_id: None,
    };
    let query = ask(asked.clone()).unwrap();
    let found: Vec<_> = Offering::all().iter().filter(|offering| query.matches(offering)).collect();
    assert_eq!(found.iter().map(|offering| offering.id.as_str()).collect::<Vec<_>>(), [ON_RECORD]);
    let reservation = bought(&request(), &Bought(Vec::new())).unwrap();
    let of = |id: Option<&str>, offering: DescribeOfferings| {
        let request = DescribeReservedNodes { reserved_cache_node_id: id.map(str::to_owned), offering };
        ReservedNodeQuery::parse(request).unwrap().matches(&reservation)
    };
    assert!(of(Some("RI-2026-03-01-12-00-00-007"), asked.clone()));
    assert!(!of(None, DescribeOfferings { duration: Some("94608000".into()), ..asked.clone() }));
    for bad in [
        DescribeOfferings { duration: Some("2".into()), ..DescribeOfferings::default() },
        DescribeOfferings { offering_type: Some("Later".into()), ..DescribeOfferings::default() },
        DescribeOfferings { cache_node_type: Some("cache.z9.huge".into()), ..DescribeOfferings::default() },
    ] {
        assert_eq!(ask(bad).unwrap_err().kind(), RejectionKind::InvalidParameterValue);
    }
}
