//! Snapshots of serverless caches: made, copied, restored, listed, deleted.

use aws_sdk_elasticache::types::{ServerlessCacheSnapshot, SourceType, Tag};

use crate::support::emu::TestEmu;
use crate::support::sdk::refusal;
use crate::support::serverless_cache::snapshot_arn;
use crate::support::until;

async fn snapshot(emu: &TestEmu, cache: &str, name: &str) -> ServerlessCacheSnapshot {
    let create = emu.client().create_serverless_cache_snapshot().serverless_cache_name(cache);
    let made = create.serverless_cache_snapshot_name(name).send().await.unwrap();
    emu.until_snapshot_available(name).await;
    made.serverless_cache_snapshot.unwrap()
}

#[tokio::test]
async fn one_is_made_copied_restored_and_deleted() {
    let emu = TestEmu::without_engines().await;
    let client = emu.client();
    emu.serverless("first", "redis").kms_key_id("my-key").send().await.unwrap();
    emu.until_serverless_available("first").await;
    let made = snapshot(&emu, "First", "Snap").await;
    assert_eq!(made.serverless_cache_snapshot_name(), Some("snap"));
    assert_eq!((made.status(), made.bytes_used_for_cache()), (Some("creating"), None));
    let found = emu.until_snapshot_available("SNAP").await;
    assert_eq!(found.arn(), Some(snapshot_arn("snap").as_str()));
    assert_eq!((found.snapshot_type(), found.kms_key_id()), (Some("manual"), Some("my-key")));
    assert_eq!((found.bytes_used_for_cache(), found.expiry_time()), (Some("0"), None));
    let of = found.serverless_cache_configuration().unwrap();
    let of = (of.serverless_cache_name(), of.engine(), of.major_engine_version());
    assert_eq!(of, (Some("first"), Some("redis"), Some("7")));
    let told =
        client.describe_events().source_type(SourceType::ServerlessCacheSnapshot).send().await.unwrap();
    assert_eq!(told.events()[0].message(), Some("Snapshot snap created for cache first."));
    assert_eq!(told.events()[0].source_identifier(), Some("snap"));

    let copy = client.copy_serverless_cache_snapshot().source_serverless_cache_snapshot_name("snap");
    let copy = copy.target_serverless_cache_snapshot_name("copy").kms_key_id("other-key");
    let copied = copy.tags(Tag::builder().key("k").value("v").build()).send().await.unwrap();
    assert_eq!(copied.serverless_cache_snapshot().unwrap().status(), Some("creating"));
    let copied = emu.until_snapshot_available("copy").await;
    assert_eq!(copied.kms_key_id(), Some("other-key"));
    let tags = client.list_tags_for_resource().resource_name(snapshot_arn("copy")).send().await.unwrap();
    assert_eq!(tags.tag_list().len(), 1);

    let restore = emu.serverless("second", "valkey").snapshot_arns_to_restore(snapshot_arn("copy"));
    restore.send().await.unwrap();
    emu.until_serverless_available("second").await;
    let told = emu.told_of_serverless("second").await;
    assert_eq!(
        told,
        ["Cache second is created and data was restored from snapshot. Your cache is ready to use."]
    );

    let delete = || client.delete_serverless_cache_snapshot().serverless_cache_snapshot_name("snap");
    let deleted = delete().send().await.unwrap().serverless_cache_snapshot.unwrap();
    assert_eq!(deleted.status(), Some("deleting"));
    until("the snapshot is gone", || async { (emu.snapshot_names().await == ["copy"]).then_some(()) }).await;
    assert_eq!(
        refusal(delete().send().await),
        "404 ServerlessCacheSnapshotNotFoundFault: Serverless cache snapshot snap not found."
    );
}

#[tokio::test]
async fn a_final_snapshot_is_made_before_its_cache_goes() {
    let emu = TestEmu::without_engines().await;
    emu.available_serverless("going", "memcached").await;
    snapshot(&emu, "going", "taken").await;
    let delete = || emu.client().delete_serverless_cache().serverless_cache_name("going");
    assert_eq!(
        refusal(delete().final_snapshot_name("taken").send().await),
        "400 ServerlessCacheSnapshotAlreadyExistsFault: Serverless cache snapshot taken already exists."
    );
    assert!(refusal(delete().final_snapshot_name("two--hyphens").send().await).starts_with(
        "400 InvalidParameterValue: The parameter FinalSnapshotName is not a valid identifier."
    ));
    delete().final_snapshot_name("last").send().await.unwrap();
    emu.until_serverless_gone("going").await;
    assert_eq!(emu.until_snapshot_available("last").await.snapshot_type(), Some("manual"));
    assert_eq!(emu.snapshot_names().await, ["last", "taken"], "both outlive it");
}

#[tokio::test]
async fn lists_are_filtered_and_come_in_pages() {
    let emu = TestEmu::without_engines().await;
    emu.available_serverless("a", "valkey").await;
    emu.available_serverless("b", "valkey").await;
    for (cache, name) in [("a", "s1"), ("a", "s2"), ("a", "s3"), ("b", "s4")] {
        snapshot(&emu, cache, name).await;
    }
    let describe = || emu.client().describe_serverless_cache_snapshots();
    let names = |found: Vec<ServerlessCacheSnapshot>| {
        let names = found.into_iter().map(|snapshot| snapshot.serverless_cache_snapshot_name.unwrap());
        names.collect::<Vec<_>>().join(" ")
    };
    let list = async |request: aws_sdk_elasticache::operation::describe_serverless_cache_snapshots::builders::DescribeServerlessCacheSnapshotsFluentBuilder| {
        names(request.send().await.unwrap().serverless_cache_snapshots.unwrap_or_default())
    };
    assert_eq!(list(describe().serverless_cache_name("A")).await, "s1 s2 s3");
    assert_eq!(list(describe().snapshot_type("manual")).await, "s1 s2 s3 s4");
    assert_eq!(list(describe().snapshot_type("automated")).await, "");
    assert_eq!(list(describe().serverless_cache_name("b").serverless_cache_snapshot_name("s4")).await, "s4");
    let mut pages = describe().serverless_cache_name("a").into_paginator().page_size(2).send();
    let mut sizes = Vec::new();
    while let Some(page) = pages.next().await {
        sizes.push(page.unwrap().serverless_cache_snapshots().len());
    }
    assert_eq!(sizes, [2, 1]);
    for (refused, said) in [
        (
            describe().serverless_cache_name("b").serverless_cache_snapshot_name("s1").send().await,
            "404 ServerlessCacheSnapshotNotFoundFault: Serverless cache snapshot s1 not found.",
        ),
        (
            describe().serverless_cache_name("Nobodys").send().await,
            "404 ServerlessCacheNotFoundFault: Serverless cache Nobodys not found.",
        ),
        (
            describe().snapshot_type("weekly").send().await,
            "400 InvalidParameterValue: Invalid value 'weekly' for SnapshotType. Valid values: automated, manual, \
             system, user",
        ),
        (
            describe().max_results(51).send().await,
            "400 InvalidParameterValue: Invalid value 51 for MaxResults. Must be between 1 and 50",
        ),
        (
            describe().next_token("%%").send().await,
            "400 InvalidParameterValue: The parameter NextToken is not a valid token.",
        ),
    ] {
        assert_eq!(refusal(refused), said);
    }
    emu.client().delete_serverless_cache().serverless_cache_name("b").send().await.unwrap();
    emu.until_serverless_gone("b").await;
    assert_eq!(list(describe().serverless_cache_name("b")).await, "s4", "a cache that is gone has left one");
}

#[tokio::test]
async fn a_cache_has_twenty_four_manual_ones_a_day() {
    let emu = TestEmu::without_engines().await;
    emu.available_serverless("often", "valkey").await;
    for n in 0..24 {
        snapshot(&emu, "often", &format!("s{n}")).await;
    }
    let said = "400 ServerlessCacheSnapshotQuotaExceededFault: The maximum number of manual snapshots for this \
                serverless cache taken within 24 hours has been reached its quota of 24";
    let create = emu.client().create_serverless_cache_snapshot().serverless_cache_name("often");
    assert_eq!(refusal(create.serverless_cache_snapshot_name("one-more").send().await), said);
    let copy = emu.client().copy_serverless_cache_snapshot().source_serverless_cache_snapshot_name("s0");
    assert_eq!(refusal(copy.target_serverless_cache_snapshot_name("one-more").send().await), said);
    assert_eq!(emu.snapshot_names().await.len(), 24);
}

/// A Simfra with a cache of Valkey and one of Memcached, and a snapshot of each.
async fn with_two() -> TestEmu {
    let emu = TestEmu::without_engines().await;
    for (cache, engine) in [("v", "valkey"), ("m", "memcached")] {
        emu.available_serverless(cache, engine).await;
        snapshot(&emu, cache, &format!("of-{cache}")).await;
    }
    emu
}

fn is(answer: String, said: &str) {
    assert_eq!(answer, said);
}

#[tokio::test]
async fn what_cannot_be_made_is_refused() {
    let emu = with_two().await;
    let client = emu.client();
    let create = |name: &str, cache: &str| {
        let create = client.create_serverless_cache_snapshot().serverless_cache_snapshot_name(name);
        create.serverless_cache_name(cache)
    };
    let copy = |from: &str, to: &str| {
        let copy = client.copy_serverless_cache_snapshot().source_serverless_cache_snapshot_name(from);
        copy.target_serverless_cache_snapshot_name(to)
    };
    let tags: Vec<_> = (0..51).map(|n| Tag::builder().key(format!("k{n}")).value("").build()).collect();
    let many = "400 TagQuotaPerResourceExceeded: The tag quota for the resource is exceeded. A resource can have at \
                most 50 tags.";
    let identifier = "is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII \
                      letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens.";
    is(
        refusal(create("of-v", "v").send().await),
        "400 ServerlessCacheSnapshotAlreadyExistsFault: Serverless cache snapshot of-v already exists.",
    );
    is(
        refusal(create("s", "nobodys").send().await),
        "404 ServerlessCacheNotFoundFault: Serverless cache nobodys not found.",
    );
    is(
        refusal(create("automatic.s", "v").send().await),
        &format!("400 InvalidParameterValue: The parameter ServerlessCacheSnapshotName {identifier}"),
    );
    is(refusal(create("s", "v").set_tags(Some(tags.clone())).send().await), many);
    is(
        refusal(copy("of-v", "of-m").send().await),
        "400 ServerlessCacheSnapshotAlreadyExistsFault: Serverless cache snapshot of-m already exists.",
    );
    is(
        refusal(copy("nobodys", "s").send().await),
        "404 ServerlessCacheSnapshotNotFoundFault: Serverless cache snapshot nobodys not found.",
    );
    is(
        refusal(copy("of-v", "s-").send().await),
        &format!("400 InvalidParameterValue: The parameter TargetServerlessCacheSnapshotName {identifier}"),
    );
    is(refusal(copy("of-v", "s").set_tags(Some(tags)).send().await), many);
    assert_eq!(emu.snapshot_names().await, ["of-m", "of-v"]);
}

#[tokio::test]
async fn what_cannot_be_exported_is_refused() {
    let emu = with_two().await;
    let export = |name: &str, bucket: &str| {
        let export = emu.client().export_serverless_cache_snapshot().serverless_cache_snapshot_name(name);
        export.s3_bucket_name(bucket)
    };
    is(
        refusal(export("nobodys", "bucket").send().await),
        "404 ServerlessCacheSnapshotNotFoundFault: Serverless cache snapshot nobodys not found.",
    );
    is(
        refusal(export("of-v", "No").send().await),
        "400 InvalidParameterValue: The parameter S3BucketName is not a valid bucket name: No",
    );
    is(
        refusal(export("of-m", "bucket").send().await),
        "400 InvalidParameterCombination: ExportServerlessCacheSnapshot is not supported for engine memcached.",
    );
    is(
        refusal(export("of-v", "bucket").send().await),
        "501 NotImplemented: Simfra does not serve exports to S3 (ExportServerlessCacheSnapshot) yet.",
    );
}

#[tokio::test]
async fn what_cannot_be_restored_is_refused() {
    let emu = with_two().await;
    let restore = |engine: &str, arn: String| emu.serverless("new", engine).snapshot_arns_to_restore(arn);
    is(
        refusal(restore("redis", snapshot_arn("of-v")).send().await),
        "400 InvalidParameterCombination: A snapshot of valkey version 8 cannot be restored to redis version 7.",
    );
    is(
        refusal(restore("valkey", snapshot_arn("nobodys")).send().await),
        "400 InvalidParameterValue: The snapshot \
         arn:aws:elasticache:us-east-1:000000000000:serverlesscachesnapshot:nobodys in SnapshotArnsToRestore is not found \
         or is not available.",
    );
    is(
        refusal(
            restore("valkey", snapshot_arn("of-v"))
                .snapshot_arns_to_restore(snapshot_arn("of-v"))
                .send()
                .await,
        ),
        "400 InvalidParameterCombination: Only one serverless cache snapshot can be restored.",
    );
    is(
        refusal(restore("valkey", "arn:aws:s3:::bucket/dump.rdb".to_owned()).send().await),
        "501 NotImplemented: Simfra does not serve restores of serverless caches from S3 or from snapshots of clusters \
         (SnapshotArnsToRestore) yet.",
    );
    assert!(emu.find_serverless("new").await.is_none());
}
