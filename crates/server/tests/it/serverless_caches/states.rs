//! What a state forbids. With engines no serverless cache gets on: what is put there stays where it is.

use aws_sdk_elasticache::types::Tag;
use domain::serverless_cache::{Changed, Phase, ServerlessCache};
use domain::serverless_cache_snapshot::{Phase as SnapshotPhase, ServerlessCacheSnapshot};
use server::store::StoreError;

use crate::support::emu::TestEmu;
use crate::support::sdk::refusal;
use crate::support::serverless_cache::{arn, snapshot_arn};

/// Of the caches `creating`, `changing` and `leaving`, `taken` of which `half` is being made, and `ready` with `whole`.
async fn held() -> TestEmu {
    let (mut caches, mut snapshots) = (Vec::new(), Vec::new());
    {
        let emu = TestEmu::without_engines().await;
        for name in ["creating", "changing", "leaving", "taken", "ready"] {
            emu.available_serverless(name, "valkey").await;
        }
        for (cache, name) in [("taken", "half"), ("ready", "whole")] {
            let create = emu.client().create_serverless_cache_snapshot().serverless_cache_name(cache);
            create.serverless_cache_snapshot_name(name).send().await.unwrap();
            emu.until_snapshot_available(name).await;
        }
        let world = emu.store().read();
        caches.extend(world.all::<ServerlessCache>().map(|cache| ServerlessCache::clone(cache)));
        snapshots
            .extend(world.all::<ServerlessCacheSnapshot>().map(|row| ServerlessCacheSnapshot::clone(row)));
    }
    let emu = TestEmu::start().await;
    let put = emu.store().transact(move |tx| {
        for mut cache in caches {
            cache.phase = match cache.name.as_str() {
                "creating" => Phase::Creating,
                "changing" => Phase::Modifying(Changed::Limits),
                "leaving" => Phase::Deleting,
                _ => Phase::Available,
            };
            tx.set(cache);
        }
        for mut snapshot in snapshots {
            if snapshot.name.as_str() == "half" {
                snapshot.phase = SnapshotPhase::Creating;
            }
            tx.set(snapshot);
        }
        Ok::<_, StoreError>(())
    });
    put.await.unwrap();
    emu
}

#[tokio::test]
async fn what_is_under_way_is_waited_for() {
    let emu = held().await;
    let client = emu.client();
    let said = "400 InvalidServerlessCacheStateFault: Serverless cache is not in an available state to perform the \
                requested action.";
    for name in ["creating", "changing", "leaving", "taken"] {
        let modify = client.modify_serverless_cache().serverless_cache_name(name).description("new");
        assert_eq!(refusal(modify.send().await), said, "{name}");
        let delete = client.delete_serverless_cache().serverless_cache_name(name);
        assert_eq!(refusal(delete.send().await), said, "{name}");
        let snapshot = client.create_serverless_cache_snapshot().serverless_cache_name(name);
        assert_eq!(refusal(snapshot.serverless_cache_snapshot_name("new").send().await), said, "{name}");
    }
    let statuses = client.describe_serverless_caches().send().await.unwrap().serverless_caches.unwrap();
    let statuses: Vec<_> = statuses.into_iter().map(|cache| cache.status.unwrap()).collect();
    assert_eq!(statuses, ["modifying", "creating", "deleting", "available", "available"]);
    let tag = Tag::builder().key("k").value("v").build();
    for (name, allowed) in [("creating", false), ("leaving", false), ("changing", true), ("taken", true)] {
        let add = client.add_tags_to_resource().resource_name(arn(name)).tags(tag.clone()).send().await;
        let list = client.list_tags_for_resource().resource_name(arn(name)).send().await;
        let remove = client.remove_tags_from_resource().resource_name(arn(name)).tag_keys("k").send().await;
        if allowed {
            assert_eq!(list.unwrap().tag_list().len(), 1);
            assert!(add.is_ok() && remove.is_ok());
        } else {
            assert_eq!([refusal(add), refusal(list), refusal(remove)], [said; 3], "{name}");
        }
    }
}

#[tokio::test]
async fn half_a_snapshot_is_none() {
    let emu = held().await;
    let client = emu.client();
    let said = "400 InvalidServerlessCacheSnapshotStateFault: Serverless cache snapshot is not in an available state to \
                perform the requested action.";
    let copy = client.copy_serverless_cache_snapshot().source_serverless_cache_snapshot_name("half");
    assert_eq!(refusal(copy.target_serverless_cache_snapshot_name("new").send().await), said);
    let delete = client.delete_serverless_cache_snapshot().serverless_cache_snapshot_name("half");
    assert_eq!(refusal(delete.send().await), said);
    let export = client.export_serverless_cache_snapshot().serverless_cache_snapshot_name("half");
    assert_eq!(refusal(export.s3_bucket_name("bucket").send().await), said);
    let arn = snapshot_arn("half");
    let tag = Tag::builder().key("k").value("v").build();
    assert_eq!(refusal(client.add_tags_to_resource().resource_name(&arn).tags(tag).send().await), said);
    assert_eq!(refusal(client.list_tags_for_resource().resource_name(&arn).send().await), said);
    assert_eq!(
        refusal(client.remove_tags_from_resource().resource_name(&arn).tag_keys("k").send().await),
        said
    );
    let restore = emu.serverless("new", "valkey").snapshot_arns_to_restore(arn).send().await;
    assert!(refusal(restore).ends_with(" in SnapshotArnsToRestore is not found or is not available."));
}

#[tokio::test]
async fn with_engines_every_change_is_refused_by_name() {
    let emu = held().await;
    let client = emu.client();
    let said = "501 NotImplemented: Simfra does not serve serverless caches with engines (they are there with \
                SIMFRA_RUNTIME=none) yet.";
    assert_eq!(refusal(emu.serverless("new", "valkey").send().await), said);
    let modify = client.modify_serverless_cache().serverless_cache_name("ready").description("new");
    assert_eq!(refusal(modify.send().await), said);
    let delete = client.delete_serverless_cache().serverless_cache_name("ready");
    assert_eq!(refusal(delete.send().await), said);
    let create = client.create_serverless_cache_snapshot().serverless_cache_name("ready");
    assert_eq!(refusal(create.serverless_cache_snapshot_name("new").send().await), said);
    let copy = client.copy_serverless_cache_snapshot().source_serverless_cache_snapshot_name("whole");
    assert_eq!(refusal(copy.target_serverless_cache_snapshot_name("new").send().await), said);
    let delete = client.delete_serverless_cache_snapshot().serverless_cache_snapshot_name("whole");
    assert_eq!(refusal(delete.send().await), said);
    assert_eq!(emu.snapshot_names().await, ["half", "whole"]);
    assert!(emu.find_serverless("new").await.is_none());
}
