//! DescribeEvents: its window, its filters, its pages, and when events are forgotten.

use std::time::Duration;

use aws_sdk_elasticache::primitives::DateTime;
use aws_sdk_elasticache::types::{Event, SourceType};
use jiff::Timestamp;
use server::clock::{Clock, ClockHand};

use crate::support::emu::{Stage, TestEmu};
use crate::support::sdk::refusal;
use crate::support::until;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn noon() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

/// At noon, and durable: the hand moves the clock, over restarts too.
fn at_noon() -> (Stage, ClockHand) {
    let (clock, hand) = Clock::manual(noon());
    let mut stage = Stage::durable();
    stage.clock = clock;
    (stage, hand)
}

fn sources(events: &[Event]) -> Vec<&str> {
    events.iter().filter_map(Event::source_identifier).collect()
}

#[tokio::test]
async fn an_event_tells_what_when_and_of_which_source() {
    let (stage, hand) = at_noon();
    let emu = TestEmu::on(stage).await;
    emu.available("c", "redis").await;
    hand.advance(MINUTE);
    emu.delete("c").await;
    let events = emu.client().describe_events().send().await.unwrap();
    let [deleted, created, added] = events.events() else { panic!("{events:?}") };
    assert_eq!(deleted.message(), Some("Cache cluster deleted"), "newest first");
    assert_eq!(created.message(), Some("Cache cluster created"));
    assert!(added.message().unwrap().starts_with("Added cache node 0001 in availability zone us-east-1"));
    for event in events.events() {
        assert_eq!(event.source_identifier(), Some("c"));
        assert_eq!(event.source_type(), Some(&SourceType::CacheCluster));
    }
    assert_eq!(created.date(), Some(&DateTime::from_secs(noon().as_second())));
    assert_eq!(deleted.date(), Some(&DateTime::from_secs(noon().as_second() + 60)));
    assert_eq!(events.marker(), None);
}

#[tokio::test]
async fn a_window_is_an_hour_unless_it_is_asked_for() {
    let (stage, hand) = at_noon();
    let emu = TestEmu::on(stage).await;
    emu.available("early", "redis").await;
    hand.advance(61 * MINUTE);
    emu.available("late", "redis").await;
    let describe = emu.client().describe_events();
    assert_eq!(sources(describe.clone().send().await.unwrap().events()), ["late"; 2]);
    let longer = describe.clone().duration(61).send().await.unwrap();
    assert_eq!(sources(longer.events()), ["late", "late", "early", "early"]);
    let start = DateTime::from_secs(noon().as_second());
    let since = describe.clone().start_time(start).send().await.unwrap();
    assert_eq!(sources(since.events()), ["late", "late", "early", "early"]);
    let until_then = describe.clone().start_time(start).end_time(DateTime::from_secs(start.secs() + 60));
    assert_eq!(sources(until_then.send().await.unwrap().events()), ["early"; 2]);
    let reversed =
        describe.clone().start_time(start).end_time(DateTime::from_secs(start.secs() - 1)).send().await;
    assert_eq!(refusal(reversed), "400 InvalidParameterCombination: StartTime must be before EndTime.");
    let ancient = describe.start_time(DateTime::from_secs(start.secs() - 14 * 24 * 60 * 60)).send().await;
    assert!(refusal(ancient).starts_with("400 InvalidParameterValue: Events are kept for 14 days. "));
}

#[tokio::test]
async fn events_are_those_of_the_source_that_is_named() {
    let emu = TestEmu::start().await;
    emu.available("one", "redis").await;
    emu.available("two", "redis").await;
    let describe = emu.client().describe_events();
    let of_one = describe.clone().source_identifier("ONE").source_type(SourceType::CacheCluster);
    assert_eq!(sources(of_one.send().await.unwrap().events()), ["one"; 2]);
    let groups = describe.clone().source_type(SourceType::ReplicationGroup).send().await.unwrap();
    assert_eq!(sources(groups.events()), [""; 0]);
    let elsewhere = emu.client_of("111122223333", "us-east-1").describe_events().send().await.unwrap();
    assert_eq!(sources(elsewhere.events()), [""; 0], "another account's");
    let unknown = refusal(describe.source_type("cache-nodes".into()).send().await);
    assert!(unknown.starts_with("400 InvalidParameterValue: "), "{unknown}");
}

#[tokio::test]
async fn pages_go_on_where_the_marker_says() {
    let emu = TestEmu::start().await;
    for n in 0..15 {
        emu.available(&format!("c{n:02}"), "redis").await;
    }
    let mut seen = Vec::new();
    let mut pages = emu.client().describe_events().into_paginator().page_size(20).send();
    let mut sizes = Vec::new();
    while let Some(page) = pages.next().await {
        let events = page.unwrap().events.unwrap();
        sizes.push(events.len());
        seen.extend(events.into_iter().map(|event| event.source_identifier.unwrap()));
    }
    assert_eq!(sizes, [20, 10]);
    let newest_first: Vec<_> = (0..15).rev().flat_map(|n| [format!("c{n:02}"), format!("c{n:02}")]).collect();
    assert_eq!(seen, newest_first);
}

#[tokio::test]
async fn events_are_forgotten_after_two_weeks() {
    let (stage, hand) = at_noon();
    let emu = TestEmu::on(stage).await;
    emu.available("old", "redis").await;
    let stage = emu.stop();
    hand.advance(13 * DAY);
    let emu = TestEmu::on(stage).await;
    let fortnight = 14 * 24 * 60;
    let kept = emu.client().describe_events().duration(fortnight).source_identifier("old");
    assert!(kept.send().await.unwrap().events().len() >= 2, "thirteen days are no fortnight");
    let stage = emu.stop();
    hand.advance(DAY + MINUTE);
    let emu = TestEmu::on(stage).await;
    // The first round of the reconciler's period comes at once.
    let before = noon() + jiff::SignedDuration::from_mins(1);
    until("they are gone from the store", async || {
        emu.store().read().events_before(before).is_empty().then_some(())
    })
    .await;
}
