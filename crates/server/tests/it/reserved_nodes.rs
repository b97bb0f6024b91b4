//! Reserved nodes: what is offered, bought, listed, and how it ends.

use std::time::Duration;

use aws_sdk_elasticache::types::{ReservedCacheNode, Tag};
use server::clock::Clock;

use crate::support::emu::{Stage, TestEmu};
use crate::support::sdk::refusal;

/// The offering that is on record: a year of `cache.t3.small` for Memcached, half of it paid ahead.
const OFFERING: &str = "01ce0a19-a476-41cb-8aee-48eacbcdc8e5";

#[tokio::test]
async fn offerings_are_filtered_and_paged() {
    let emu = TestEmu::start().await;
    let client = emu.client();
    let describe = client.describe_reserved_cache_nodes_offerings();
    let asked =
        describe.clone().cache_node_type("cache.t3.small").duration("1").product_description("memcached");
    let found = asked.clone().offering_type("Partial Upfront").send().await.unwrap();
    let [offering] = found.reserved_cache_nodes_offerings() else { panic!("{found:?}") };
    assert_eq!(offering.reserved_cache_nodes_offering_id(), Some(OFFERING));
    assert_eq!((offering.duration(), offering.fixed_price()), (Some(31_536_000), Some(97.0)));
    assert_eq!(offering.usage_price(), Some(0.0));
    let [charge] = offering.recurring_charges() else { panic!("{offering:?}") };
    assert_eq!(charge.recurring_charge_amount(), Some(0.011));
    assert_eq!(charge.recurring_charge_frequency(), Some("Hourly"));
    assert_eq!(asked.send().await.unwrap().reserved_cache_nodes_offerings().len(), 3);
    let by_id = describe.clone().reserved_cache_nodes_offering_id(OFFERING).send().await.unwrap();
    assert_eq!(by_id.reserved_cache_nodes_offerings(), std::slice::from_ref(offering));

    let mut pages = describe.duration("94608000").into_paginator().page_size(100).send();
    let mut seen = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        assert!(page.reserved_cache_nodes_offerings().len() <= 100);
        for offering in page.reserved_cache_nodes_offerings() {
            assert_eq!(offering.duration(), Some(94_608_000));
            seen.push(offering.reserved_cache_nodes_offering_id().unwrap().to_owned());
        }
    }
    assert!(seen.len() > 500 && seen.is_sorted_by(|a, b| a < b), "{}", seen.len());
}

#[tokio::test]
async fn a_reservation_is_bought_listed_and_tagged() {
    let (clock, hand) = Clock::manual("2026-03-01T12:00:00.007Z".parse().unwrap());
    let mut stage = Stage::durable();
    stage.clock = clock;
    let emu = TestEmu::on(stage).await;
    let client = emu.client();
    let purchase = client.purchase_reserved_cache_nodes_offering().reserved_cache_nodes_offering_id(OFFERING);
    let tag = Tag::builder().key("team").value("blue").build();
    let bought = purchase.clone().cache_node_count(3).tags(tag.clone()).send().await.unwrap();
    let node = bought.reserved_cache_node().unwrap();
    let id = "ri-2026-03-01-12-00-00-007";
    assert_eq!((node.reserved_cache_node_id(), node.state()), (Some(id), Some("payment-pending")));
    assert_eq!((node.cache_node_count(), node.product_description()), (Some(3), Some("memcached")));
    let arn = node.reservation_arn().unwrap();
    assert_eq!(
        arn,
        "arn:aws:elasticache:us-east-1:000000000000:reserved-instance:ri-2026-03-01-12-00-00-007"
    );
    let listed = client.list_tags_for_resource().resource_name(arn).send().await.unwrap();
    assert_eq!(listed.tag_list(), [tag]);
    purchase.reserved_cache_node_id("Mine").send().await.unwrap();

    let emu = TestEmu::on(emu.crash()).await;
    let describe = emu.client().describe_reserved_cache_nodes();
    let ids = |nodes: &[ReservedCacheNode]| {
        nodes.iter().map(|node| node.reserved_cache_node_id().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let all = describe.clone().send().await.unwrap();
    assert_eq!(ids(all.reserved_cache_nodes()), ["mine", id]);
    assert!(all.reserved_cache_nodes().iter().all(|node| node.state() == Some("active")));
    let one = describe.clone().reserved_cache_node_id("MINE").send().await.unwrap();
    assert_eq!(ids(one.reserved_cache_nodes()), ["mine"]);
    let others = describe.clone().product_description("redis").send().await.unwrap();
    assert_eq!(others.reserved_cache_nodes(), []);
    let fitting =
        describe.clone().cache_node_type("cache.t3.small").duration("1").offering_type("Partial Upfront");
    let fitting = fitting.reserved_cache_nodes_offering_id(OFFERING).send().await.unwrap();
    assert_eq!(fitting.reserved_cache_nodes().len(), 2);
    hand.advance(Duration::from_secs(31_536_000));
    let over = describe.send().await.unwrap();
    assert!(over.reserved_cache_nodes().iter().all(|node| node.state() == Some("retired")));
}

#[tokio::test]
async fn what_cannot_be_bought_or_found_is_refused() {
    let emu = TestEmu::start().await;
    let client = emu.client();
    let purchase = |offering: &str| {
        client.purchase_reserved_cache_nodes_offering().reserved_cache_nodes_offering_id(offering)
    };
    let gone = "404 ReservedCacheNodesOfferingNotFound: Reserved cache nodes offering other not found.";
    assert_eq!(refusal(purchase("other").send().await), gone);
    let offerings = client.describe_reserved_cache_nodes_offerings();
    assert_eq!(refusal(offerings.clone().reserved_cache_nodes_offering_id("other").send().await), gone);
    let none = purchase(OFFERING).cache_node_count(0).send().await;
    assert_eq!(
        refusal(none),
        "400 InvalidParameterValue: Invalid value 0 for CacheNodeCount. Must be at least 1"
    );
    let bad = refusal(purchase(OFFERING).reserved_cache_node_id("1mine").send().await);
    assert!(
        bad.starts_with("400 InvalidParameterValue: The parameter ReservedCacheNodeId is not a"),
        "{bad}"
    );
    let tags = (0..51).map(|n| Tag::builder().key(format!("k{n}")).build()).collect();
    let tagged = refusal(purchase(OFFERING).set_tags(Some(tags)).send().await);
    assert!(tagged.starts_with("400 TagQuotaPerResourceExceeded: "), "{tagged}");
    let nodes = client.describe_reserved_cache_nodes();
    assert_eq!(nodes.clone().send().await.unwrap().reserved_cache_nodes(), []);

    purchase(OFFERING).reserved_cache_node_id("mine").send().await.unwrap();
    assert_eq!(
        refusal(purchase(OFFERING).reserved_cache_node_id("Mine").send().await),
        "404 ReservedCacheNodeAlreadyExists: Reserved cache node mine already exists."
    );
    assert_eq!(
        refusal(nodes.clone().reserved_cache_node_id("other").send().await),
        "404 ReservedCacheNodeNotFound: Reserved cache node other not found."
    );
    let years =
        "400 InvalidParameterValue: Invalid value '2' for Duration. Valid values: 1, 3, 31536000, 94608000";
    assert_eq!(refusal(nodes.duration("2").send().await), years);
    assert_eq!(refusal(offerings.clone().duration("2").send().await), years);
    let kind = refusal(offerings.clone().offering_type("Later").send().await);
    assert!(kind.starts_with("400 InvalidParameterValue: Invalid value 'Later' for OfferingType."), "{kind}");
    let node_type = refusal(offerings.cache_node_type("cache.z9.huge").send().await);
    assert!(node_type.starts_with("400 InvalidParameterValue: Invalid cache node type"), "{node_type}");
    let nobody = "arn:aws:elasticache:us-east-1:000000000000:reserved-instance:nobody";
    let nobody = client.list_tags_for_resource().resource_name(nobody).send().await;
    assert_eq!(refusal(nobody), "404 ReservedCacheNodeNotFound: nobody is not present");
}

#[tokio::test]
async fn a_hundred_reservations_are_the_most() {
    let emu = TestEmu::start().await;
    let purchase =
        emu.client().purchase_reserved_cache_nodes_offering().reserved_cache_nodes_offering_id(OFFERING);
    for _ in 0..30 {
        purchase.clone().send().await.unwrap();
    }
    purchase.clone().cache_node_count(70).send().await.unwrap();
    assert_eq!(
        refusal(purchase.send().await),
        "400 ReservedCacheNodeQuotaExceeded: You have already reached your quota of 100 reserved nodes in this region."
    );
    let mut pages = emu.client().describe_reserved_cache_nodes().into_paginator().page_size(20).send();
    let mut sizes = Vec::new();
    while let Some(page) = pages.next().await {
        sizes.push(page.unwrap().reserved_cache_nodes().len());
    }
    assert_eq!(sizes, [20, 11]);
}
