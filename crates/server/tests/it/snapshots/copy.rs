//! Copies of snapshots.

use aws_sdk_elasticache::types::Tag;

use crate::support::emu::TestEmu;
use crate::support::sdk::refusal;
use crate::support::snapshot::arn;

#[tokio::test]
async fn a_copy_has_the_data_and_another_name() {
    let emu = TestEmu::without_engines().await;
    emu.available("c", "redis").await;
    emu.snapshot_of("c", "first").kms_key_id("my-key").send().await.unwrap();
    let first = emu.until_taken("first").await;
    let copy = || emu.client().copy_snapshot().source_snapshot_name("First").target_snapshot_name("Second");
    let made =
        copy().tags(Tag::builder().key("k").value("v").build()).send().await.unwrap().snapshot.unwrap();
    assert_eq!((made.snapshot_name(), made.snapshot_status()), (Some("second"), Some("creating")));
    assert_eq!((made.snapshot_source(), made.cache_cluster_id()), (Some("manual"), Some("c")));
    assert_eq!(made.node_snapshots(), first.node_snapshots(), "with its data, from the first");
    let second = emu.until_taken("second").await;
    assert_eq!((second.kms_key_id(), second.arn()), (Some("my-key"), Some(arn("second").as_str())));
    let tags = emu.client().list_tags_for_resource().resource_name(arn("second")).send().await.unwrap();
    assert_eq!(tags.tag_list().len(), 1);
    emu.until_taken("first").await;
    let told = emu.told("c").await;
    assert_eq!(told.iter().filter(|told| told.starts_with("Snapshot succeeded")).count(), 1, "{told:?}");

    let other = emu.client().copy_snapshot().source_snapshot_name("second").target_snapshot_name("third");
    other.kms_key_id("other-key").send().await.unwrap();
    assert_eq!(emu.until_taken("third").await.kms_key_id(), Some("other-key"));
    emu.client().delete_snapshot().snapshot_name("second").send().await.unwrap();
    emu.until_snapshots(&["first", "third"]).await;
}

#[tokio::test]
async fn what_cannot_be_copied_is_refused() {
    let emu = TestEmu::without_engines().await;
    emu.available("c", "redis").await;
    emu.taken("c", "there").await;
    let copy = |from: &str, to: &str| {
        emu.client().copy_snapshot().source_snapshot_name(from).target_snapshot_name(to)
    };
    let tags: Vec<_> = (0..51).map(|n| Tag::builder().key(format!("k{n}")).value("").build()).collect();
    for (request, said) in [
        (
            copy("there", "-new"),
            "400 InvalidParameterValue: The parameter TargetSnapshotName is not a valid identifier. Identifiers must \
             begin with a letter; must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or \
             contain two consecutive hyphens.",
        ),
        (
            copy("there", "new").set_tags(Some(tags)),
            "400 TagQuotaPerResourceExceeded: The tag quota for the resource is exceeded. A resource can have at most 50 \
             tags.",
        ),
        (copy("Nobodys", "new"), "404 SnapshotNotFoundFault: Snapshot Nobodys not found."),
        (copy("there", "THERE"), "400 SnapshotAlreadyExistsFault: Snapshot there already exists."),
        (
            copy("there", "new").target_bucket("No"),
            "400 InvalidParameterValue: The parameter TargetBucket is not a valid bucket name: No",
        ),
        (
            copy("there", "new").target_bucket("bucket").kms_key_id("key"),
            "400 InvalidParameterCombination: Cannot specify both TargetBucket and KmsKeyId.",
        ),
        (
            copy("there", "new").target_bucket("bucket"),
            "501 NotImplemented: Simfra does not serve exports to S3 (CopySnapshot with TargetBucket) yet.",
        ),
    ] {
        assert_eq!(refusal(request.send().await), said);
    }
    emu.until_status("c", "available").await;
    emu.snapshot_of("c", "keyed").kms_key_id("key").send().await.unwrap();
    emu.until_taken("keyed").await;
    assert_eq!(
        refusal(copy("keyed", "new").target_bucket("bucket").send().await),
        "400 InvalidParameterCombination: A snapshot that is encrypted with a customer managed key cannot be exported."
    );
    for n in 0..18 {
        copy("there", &format!("s{n}")).send().await.unwrap();
        emu.until_taken(&format!("s{n}")).await;
    }
    assert_eq!(
        refusal(copy("there", "new").send().await),
        "400 SnapshotQuotaExceededFault: The maximum number of manual snapshots for this node taken within 24 hours has \
         been reached its quota of 20"
    );
}
