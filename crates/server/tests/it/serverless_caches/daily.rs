//! Automatic snapshots: at their time, for so many days, and with their cache no longer.

use std::time::Duration;

use jiff::Timestamp;
use server::clock::{Clock, ClockHand};

use crate::support::emu::{Stage, TestEmu};
use crate::support::until;

/// A Simfra whose time the hand moves.
async fn at_noon() -> (TestEmu, ClockHand) {
    let (clock, hand) = Clock::manual("2026-03-01T12:00:00Z".parse::<Timestamp>().unwrap());
    let mut stage = Stage::without_engines();
    stage.clock = clock;
    (TestEmu::on(stage).await, hand)
}

async fn until_snapshots(emu: &TestEmu, names: &[&str]) {
    until(&format!("the snapshots are {names:?}"), || async {
        (emu.snapshot_names().await == names).then_some(())
    })
    .await;
}

#[tokio::test]
async fn one_is_made_each_day_and_kept_as_long_as_asked_for() {
    let (emu, hand) = at_noon().await;
    let create = emu.serverless("daily", "valkey").snapshot_retention_limit(2).daily_snapshot_time("04:30");
    create.send().await.unwrap();
    emu.serverless("never", "valkey").daily_snapshot_time("04:30").send().await.unwrap();
    emu.until_serverless_available("daily").await;
    assert_eq!(emu.snapshot_names().await, [""; 0]);

    let day = Duration::from_hours(24);
    hand.advance(day);
    let first = emu.until_snapshot_available("automatic.daily-2026-03-02-04-30").await;
    assert_eq!(first.snapshot_type(), Some("automated"));
    let kept = first.expiry_time().unwrap().secs() - first.create_time().unwrap().secs();
    assert_eq!(kept, 2 * 24 * 60 * 60);
    hand.advance(day);
    let both = ["automatic.daily-2026-03-02-04-30", "automatic.daily-2026-03-03-04-30"];
    until_snapshots(&emu, &both).await;
    hand.advance(day);
    let next = ["automatic.daily-2026-03-03-04-30", "automatic.daily-2026-03-04-04-30"];
    until_snapshots(&emu, &next).await;

    // None is made any more, and those that are there go at their time.
    let modify = emu.client().modify_serverless_cache().serverless_cache_name("daily");
    modify.snapshot_retention_limit(0).send().await.unwrap();
    emu.until_serverless_available("daily").await;
    hand.advance(day);
    until_snapshots(&emu, &next[1..]).await;
    hand.advance(day);
    until_snapshots(&emu, &[]).await;
}

#[tokio::test]
async fn they_go_with_their_cache_and_copies_of_them_stay() {
    let (emu, hand) = at_noon().await;
    let create = emu.serverless("daily", "valkey").snapshot_retention_limit(35).daily_snapshot_time("13:00");
    create.send().await.unwrap();
    emu.until_serverless_available("daily").await;
    hand.advance(Duration::from_hours(2));
    let name = "automatic.daily-2026-03-01-13-00";
    emu.until_snapshot_available(name).await;
    let copy = emu.client().copy_serverless_cache_snapshot().source_serverless_cache_snapshot_name(name);
    copy.target_serverless_cache_snapshot_name("mine").send().await.unwrap();
    let copied = emu.until_snapshot_available("mine").await;
    assert_eq!((copied.snapshot_type(), copied.expiry_time()), (Some("manual"), None));
    emu.client().delete_serverless_cache().serverless_cache_name("daily").send().await.unwrap();
    emu.until_serverless_gone("daily").await;
    until_snapshots(&emu, &["mine"]).await;
}
