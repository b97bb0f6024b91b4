//! What cannot be made a snapshot of.

use aws_sdk_elasticache::types::{ClusterMode, Tag};
use domain::snapshot::{Phase, Snapshot};
use server::store::StoreError;

use crate::support::emu::TestEmu;
use crate::support::sdk::refusal;

fn is(answer: String, said: &str) {
    assert_eq!(answer, said);
}

#[tokio::test]
async fn what_cannot_have_one_is_refused() {
    let emu = TestEmu::without_engines().await;
    emu.available("there", "valkey").await;
    emu.available("memo", "memcached").await;
    emu.group_of_two("duo").await;
    emu.group_of_shards("shards", 2, 0).await;
    emu.taken("there", "s").await;
    emu.until_status("there", "available").await;
    let tags: Vec<_> = (0..51).map(|n| Tag::builder().key(format!("k{n}")).value("").build()).collect();
    is(
        refusal(emu.client().create_snapshot().snapshot_name("new").send().await),
        "400 InvalidParameterCombination: Either CacheClusterId or ReplicationGroupId must be specified.",
    );
    is(
        refusal(emu.snapshot_of("there", "automatic.new").send().await),
        "400 InvalidParameterValue: The parameter SnapshotName is not a valid identifier. Identifiers must begin with a \
         letter; must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two \
         consecutive hyphens.",
    );
    is(
        refusal(emu.snapshot_of("there", "new").set_tags(Some(tags)).send().await),
        "400 TagQuotaPerResourceExceeded: The tag quota for the resource is exceeded. A resource can have at most 50 \
         tags.",
    );
    is(
        refusal(emu.snapshot_of("Nobodys", "new").send().await),
        "404 CacheClusterNotFound: CacheCluster not found: Nobodys",
    );
    is(
        refusal(emu.snapshot_of_group("Nobodys", "new").send().await),
        "404 ReplicationGroupNotFoundFault: Replication group Nobodys not found.",
    );
    is(
        refusal(emu.snapshot_of("there", "S").send().await),
        "400 SnapshotAlreadyExistsFault: Snapshot s already exists.",
    );
    is(
        refusal(emu.snapshot_of("memo", "new").send().await),
        "400 SnapshotFeatureNotSupportedFault: Snapshots are not supported for this cache cluster.",
    );
    is(
        refusal(emu.snapshot_of("shards-0001-001", "new").send().await),
        "400 InvalidParameterCombination: Cache cluster shards-0001-001 is part of the cluster mode enabled replication \
         group shards. Specify ReplicationGroupId to create a snapshot of all its node groups.",
    );
    is(
        refusal(emu.snapshot_of_group("duo", "new").send().await),
        "400 InvalidParameterCombination: Replication group duo is cluster mode disabled. Specify CacheClusterId to \
         create a snapshot of one of its nodes.",
    );
    assert_eq!(emu.snapshots().await, ["s"]);
}

#[tokio::test]
async fn a_node_has_twenty_manual_ones_a_day() {
    let emu = TestEmu::without_engines().await;
    emu.available("often", "valkey").await;
    emu.group_of_shards("shards", 1, 0).await;
    for n in 0..20 {
        emu.taken("often", &format!("s{n}")).await;
        emu.until_status("often", "available").await;
        emu.snapshot_of_group("shards", &format!("g{n}")).send().await.unwrap();
        emu.until_taken(&format!("g{n}")).await;
        emu.until_group("shards", "available").await;
    }
    let of_node = "400 SnapshotQuotaExceededFault: The maximum number of manual snapshots for this node taken within 24 \
                   hours has been reached its quota of 20";
    let of_group = "400 SnapshotQuotaExceededFault: The maximum number of manual snapshots for this cluster taken within \
                    24 hours has been reached";
    is(refusal(emu.snapshot_of("often", "new").send().await), of_node);
    is(refusal(emu.snapshot_of_group("shards", "new").send().await), of_group);
    let delete = emu.client().delete_cache_cluster().cache_cluster_id("often");
    is(refusal(delete.final_snapshot_identifier("new").send().await), of_node);
    let delete = emu.client().delete_replication_group().replication_group_id("shards");
    is(refusal(delete.final_snapshot_identifier("new").send().await), of_group);
}

#[tokio::test]
async fn what_is_being_made_is_waited_for() {
    let emu = TestEmu::without_engines().await;
    emu.fake().stall_after(0);
    emu.cluster("young", "valkey").send().await.unwrap();
    emu.group("shards").num_node_groups(1).cluster_mode(ClusterMode::Enabled).send().await.unwrap();
    is(
        refusal(emu.snapshot_of("young", "new").send().await),
        "400 InvalidCacheClusterState: Cache cluster young has status creating which is not valid for taking a snapshot.",
    );
    is(
        refusal(emu.snapshot_of_group("shards", "new").send().await),
        "400 InvalidReplicationGroupState: Replication group shards has status creating which is not valid for taking a \
         snapshot.",
    );
    emu.fake().resume();
}

/// Of one that is half made and one that is whole, both without their cluster.
async fn left() -> Vec<Snapshot> {
    let emu = TestEmu::without_engines().await;
    for (cluster, name) in [("a", "half"), ("b", "whole")] {
        emu.available(cluster, "valkey").await;
        emu.taken(cluster, name).await;
    }
    let world = emu.store().read();
    let mut snapshots: Vec<_> = world.all::<Snapshot>().map(|snapshot| Snapshot::clone(snapshot)).collect();
    snapshots[0].phase = Phase::Creating;
    snapshots
}

#[tokio::test]
async fn with_engines_they_are_refused_by_name_after_awss_own_refusals() {
    let snapshots = left().await;
    let emu = TestEmu::start().await;
    let put = emu.store().transact(move |tx| {
        for snapshot in snapshots {
            tx.set(snapshot);
        }
        Ok::<_, StoreError>(())
    });
    put.await.unwrap();
    emu.available("there", "valkey").await;
    let delete = |name: &str| emu.client().delete_snapshot().snapshot_name(name);
    let not_yet = "501 NotImplemented: Simfra does not serve snapshots with engines (they are there with \
                   SIMFRA_RUNTIME=none) yet.";
    is(
        refusal(delete("half").send().await),
        "400 InvalidSnapshotState: Snapshot half has status creating which is not valid for deletion.",
    );
    is(refusal(delete("whole").send().await), not_yet);
    is(
        refusal(emu.snapshot_of("there", "half").send().await),
        "400 SnapshotAlreadyExistsFault: Snapshot half already exists.",
    );
    is(refusal(emu.snapshot_of("there", "new").send().await), not_yet);
    let copy = emu.client().copy_snapshot().source_snapshot_name("whole").target_snapshot_name("new");
    is(refusal(copy.send().await), not_yet);
    let copy = emu.client().copy_snapshot().source_snapshot_name("half").target_snapshot_name("new");
    is(
        refusal(copy.send().await),
        "400 InvalidSnapshotState: Snapshot half has status creating which is not valid for copying.",
    );
    is(
        refusal(emu.cluster("new", "valkey").snapshot_name("whole").send().await),
        "501 NotImplemented: Simfra does not serve restores from a snapshot (SnapshotName) yet.",
    );
    assert_eq!(emu.snapshots().await, ["half", "whole"]);
    emu.until_status("there", "available").await;
}
