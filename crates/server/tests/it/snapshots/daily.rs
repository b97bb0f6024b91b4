//! Automatic snapshots: at their window, for so many days, and with what they are of no longer.

use std::time::Duration;

use domain::cluster::ClusterSpec;
use domain::replication_group::ReplicationGroup;
use jiff::Timestamp;
use server::clock::{Clock, ClockHand};

use crate::support::emu::{Stage, TestEmu};
use crate::support::snapshot::names;
use crate::support::until;

const DAY: Duration = Duration::from_hours(24);

/// A Simfra whose time the hand moves: it is noon, a Sunday.
async fn at_noon() -> (TestEmu, ClockHand) {
    let (clock, hand) = Clock::manual("2026-03-01T12:00:00Z".parse::<Timestamp>().unwrap());
    let mut stage = Stage::without_engines();
    stage.clock = clock;
    (TestEmu::on(stage).await, hand)
}

/// Waits until days count for every cluster and group that is to have automatic snapshots: only then time may pass.
async fn until_days_count(emu: &TestEmu) {
    until("days count", || async {
        let world = emu.store().read();
        let wants = |spec: &ClusterSpec| spec.snapshot_retention_limit > Some(0);
        let mut alone = world.all_clusters().filter(|cluster| cluster.membership.is_none());
        let mut groups = world.all::<ReplicationGroup>();
        let clusters_do = alone.all(|cluster| cluster.snapshots_since.is_some() || !wants(&cluster.spec));
        let groups_do = groups.all(|group| group.snapshots_since.is_some() || !wants(&group.spec.member));
        (clusters_do && groups_do).then_some(())
    })
    .await;
}

#[tokio::test]
async fn one_is_made_each_day_and_kept_as_long_as_asked_for() {
    let (emu, hand) = at_noon().await;
    let windows = |id: &str| {
        let create = emu.cluster(id, "valkey").preferred_maintenance_window("wed:10:00-wed:11:00");
        create.snapshot_window("04:30-05:30")
    };
    let created = windows("daily").snapshot_retention_limit(2).send().await.unwrap().cache_cluster.unwrap();
    assert_eq!(created.snapshot_retention_limit(), Some(2));
    windows("never").send().await.unwrap();
    for id in ["daily", "never"] {
        emu.until_status(id, "available").await;
    }
    assert_eq!(emu.snapshots().await, [""; 0]);

    until_days_count(&emu).await;
    hand.advance(DAY);
    let first = emu.until_taken("automatic.daily-2026-03-02-04-30").await;
    assert_eq!((first.snapshot_source(), first.snapshot_retention_limit()), (Some("automated"), Some(2)));
    emu.until_status("daily", "available").await;
    emu.until_told(
        "daily",
        "Snapshot succeeded for snapshot with ID 'automatic.daily-2026-03-02-04-30' of cache cluster with ID 'daily'",
    )
    .await;
    let system = emu.client().describe_snapshots().snapshot_source("system").send().await.unwrap();
    assert_eq!(names(system.snapshots()), ["automatic.daily-2026-03-02-04-30"]);
    until_days_count(&emu).await;
    hand.advance(DAY);
    emu.until_snapshots(&["automatic.daily-2026-03-02-04-30", "automatic.daily-2026-03-03-04-30"]).await;
    emu.until_taken("automatic.daily-2026-03-03-04-30").await;
    emu.until_status("daily", "available").await;
    until_days_count(&emu).await;
    hand.advance(DAY);
    let next = ["automatic.daily-2026-03-03-04-30", "automatic.daily-2026-03-04-04-30"];
    emu.until_snapshots(&next).await;
    emu.until_taken(next[1]).await;
    emu.until_status("daily", "available").await;

    // None is made any more, and those that are there go at their time.
    let modify = emu.client().modify_cache_cluster().cache_cluster_id("daily").snapshot_retention_limit(0);
    modify.send().await.unwrap();
    emu.until_status("daily", "available").await;
    until_days_count(&emu).await;
    hand.advance(DAY);
    emu.until_snapshots(&next[1..]).await;
    until_days_count(&emu).await;
    hand.advance(DAY);
    emu.until_snapshots(&[]).await;
}

#[tokio::test]
async fn turned_on_they_wait_for_their_window() {
    let (emu, hand) = at_noon().await;
    let create = emu.cluster("c", "redis").preferred_maintenance_window("wed:10:00-wed:11:00");
    create.snapshot_window("04:30-05:30").send().await.unwrap();
    emu.until_status("c", "available").await;
    until_days_count(&emu).await;
    hand.advance(DAY);
    let modify = || emu.client().modify_cache_cluster().cache_cluster_id("c");
    let modified = modify().snapshot_retention_limit(35).send().await.unwrap().cache_cluster.unwrap();
    assert_eq!(modified.snapshot_retention_limit(), Some(35));
    let found = emu.until_status("c", "available").await;
    assert_eq!(found.snapshot_retention_limit(), Some(35));
    until_days_count(&emu).await;
    hand.advance(Duration::from_hours(1));
    // Moved to an hour that is over for today, it is tomorrow's.
    modify().snapshot_window("12:30-13:30").send().await.unwrap();
    emu.until_status("c", "available").await;
    until_days_count(&emu).await;
    hand.advance(DAY);
    emu.until_snapshots(&["automatic.c-2026-03-03-12-30"]).await;
}

#[tokio::test]
async fn they_go_with_their_cluster_and_manual_ones_stay() {
    let (emu, hand) = at_noon().await;
    for id in ["c", "c-2"] {
        let create = emu.cluster(id, "redis").preferred_maintenance_window("wed:10:00-wed:11:00");
        create.snapshot_window("13:00-14:00").snapshot_retention_limit(7).send().await.unwrap();
        emu.until_status(id, "available").await;
    }
    emu.taken("c", "mine").await;
    emu.until_status("c", "available").await;
    until_days_count(&emu).await;
    hand.advance(Duration::from_hours(2));
    let both = ["automatic.c-2-2026-03-01-13-00", "automatic.c-2026-03-01-13-00"];
    for name in both {
        emu.until_taken(name).await;
    }
    emu.delete("c").await;
    emu.until_snapshots(&[both[0], "mine"]).await;
    // One's own hand may take one away earlier.
    emu.client().delete_snapshot().snapshot_name(both[0]).send().await.unwrap();
    emu.until_snapshots(&["mine"]).await;
}

#[tokio::test]
async fn a_group_has_them_of_the_member_that_it_names() {
    let (emu, hand) = at_noon().await;
    let create = emu.group("duo").num_cache_clusters(2).preferred_maintenance_window("wed:10:00-wed:11:00");
    create.snapshot_window("13:00-14:00").snapshot_retention_limit(1).send().await.unwrap();
    let group = emu.until_group("duo", "available").await;
    assert_eq!(group.snapshotting_cluster_id(), Some("duo-002"));
    until_days_count(&emu).await;
    hand.advance(Duration::from_hours(2));
    let taken = emu.until_taken("automatic.duo-002-2026-03-01-13-00").await;
    assert_eq!((taken.cache_cluster_id(), taken.snapshot_source()), (Some("duo-002"), Some("automated")));
    emu.until_group("duo", "available").await;

    let modify = emu.client().modify_replication_group().replication_group_id("duo");
    modify.snapshotting_cluster_id("duo-001").snapshot_retention_limit(3).send().await.unwrap();
    emu.until_group("duo", "available").await;
    until_days_count(&emu).await;
    hand.advance(DAY);
    let taken = emu.until_taken("automatic.duo-001-2026-03-02-13-00").await;
    assert_eq!(taken.snapshot_retention_limit(), Some(3));
    emu.until_snapshots(&["automatic.duo-001-2026-03-02-13-00"]).await;
    emu.until_group("duo", "available").await;
    emu.client().delete_replication_group().replication_group_id("duo").send().await.unwrap();
    emu.until_group_gone("duo").await;
    emu.until_snapshots(&[]).await;
}

#[tokio::test]
async fn a_group_with_cluster_mode_has_them_of_all_its_shards() {
    let (emu, hand) = at_noon().await;
    emu.group_of_shards("shards", 2, 1).await;
    let modify = emu.client().modify_replication_group().replication_group_id("shards");
    let modify = modify.snapshot_window("13:00-14:00").preferred_maintenance_window("wed:10:00-wed:11:00");
    modify.snapshot_retention_limit(2).send().await.unwrap();
    let group = emu.until_group("shards", "available").await;
    assert_eq!((group.snapshot_retention_limit(), group.snapshotting_cluster_id()), (Some(2), None));
    until_days_count(&emu).await;
    hand.advance(Duration::from_hours(2));
    let taken = emu.until_taken("automatic.shards-2026-03-01-13-00").await;
    assert_eq!((taken.replication_group_id(), taken.num_node_groups()), (Some("shards"), Some(2)));
    emu.until_group("shards", "available").await;
    emu.client().delete_replication_group().replication_group_id("shards").send().await.unwrap();
    emu.until_group_gone("shards").await;
    emu.until_snapshots(&[]).await;
}

#[tokio::test]
async fn a_day_that_was_slept_through_counts_once() {
    let (emu, hand) = at_noon().await;
    let stage = emu.stop();
    let emu = TestEmu::on(stage.kept()).await;
    let create = emu.cluster("c", "redis").preferred_maintenance_window("wed:10:00-wed:11:00");
    create.snapshot_window("13:00-14:00").snapshot_retention_limit(7).send().await.unwrap();
    emu.until_status("c", "available").await;
    let stage = emu.stop();
    hand.advance(3 * DAY);
    let emu = TestEmu::on(stage).await;
    emu.until_taken("automatic.c-2026-03-01-13-00").await;
    emu.until_status("c", "available").await;
    until_days_count(&emu).await;
    hand.advance(Duration::from_hours(2));
    emu.until_snapshots(&["automatic.c-2026-03-01-13-00", "automatic.c-2026-03-04-13-00"]).await;
}
