//! ModifyServerlessCache, DeleteServerlessCache and tags.

use aws_sdk_elasticache::types::{CacheUsageLimits, DataStorage, DataStorageUnit, EcpuPerSecond, Tag};

use crate::support::emu::TestEmu;
use crate::support::sdk::refusal;
use crate::support::serverless_cache::arn;

#[tokio::test]
async fn one_field_changes_at_a_time() {
    let emu = TestEmu::without_engines().await;
    emu.available_serverless("mod", "redis").await;
    let modify = || emu.client().modify_serverless_cache().serverless_cache_name("Mod");
    let answer = modify().description("new").send().await.unwrap().serverless_cache.unwrap();
    assert_eq!((answer.status(), answer.description()), (Some("modifying"), Some("new")));
    let cache = emu.until_serverless_available("mod").await;
    assert_eq!(cache.description(), Some("new"));
    assert!(cache.endpoint().is_some());

    let same = modify().description("new").snapshot_retention_limit(0);
    let same = same.set_security_group_ids(cache.security_group_ids);
    let same = same.engine("redis").major_engine_version("7").send().await.unwrap();
    assert_eq!(same.serverless_cache().unwrap().status(), Some("available"), "a change of nothing");

    let two = modify().description("newer").snapshot_retention_limit(5).send().await;
    assert_eq!(
        refusal(two),
        "400 InvalidParameterCombination: Serverless Cache modifications only support modifying one field per request"
    );
    let cache = emu.find_serverless("mod").await.unwrap();
    assert_eq!((cache.description(), cache.snapshot_retention_limit()), (Some("new"), Some(0)));

    modify().description("new").snapshot_retention_limit(5).send().await.unwrap();
    let cache = emu.until_serverless_available("mod").await;
    assert_eq!(cache.snapshot_retention_limit(), Some(5), "what is sent and the same does not count");
    modify().daily_snapshot_time("23:45").send().await.unwrap();
    assert_eq!(emu.until_serverless_available("mod").await.daily_snapshot_time(), Some("23:45"));
}

#[tokio::test]
async fn limits_are_set_changed_and_taken_away() {
    let emu = TestEmu::without_engines().await;
    emu.available_serverless("mod", "valkey").await;
    let modify = || emu.client().modify_serverless_cache().serverless_cache_name("mod");
    let storage = |minimum, maximum| {
        let bounds = DataStorage::builder().minimum(minimum).maximum(maximum).unit(DataStorageUnit::Gb);
        CacheUsageLimits::builder().data_storage(bounds.build()).build()
    };
    let ecpu = EcpuPerSecond::builder().minimum(1_000).maximum(2_000).build();
    modify().cache_usage_limits(storage(2, 20)).send().await.unwrap();
    emu.until_serverless_available("mod").await;
    let ecpu = CacheUsageLimits::builder().ecpu_per_second(ecpu).build();
    modify().cache_usage_limits(ecpu.clone()).send().await.unwrap();
    let limits = emu.until_serverless_available("mod").await.cache_usage_limits.unwrap();
    assert_eq!(limits.data_storage(), storage(2, 20).data_storage(), "what is not named stays");
    assert_eq!(limits.ecpu_per_second(), ecpu.ecpu_per_second());
    modify().cache_usage_limits(storage(0, 0)).send().await.unwrap();
    let limits = emu.until_serverless_available("mod").await.cache_usage_limits.unwrap();
    assert!(limits.data_storage().is_none() && limits.ecpu_per_second().is_some());
    let told = emu.told_of_serverless("mod").await;
    assert_eq!(told[1..], ["Limits updated for the cache mod."; 3]);
}

#[tokio::test]
async fn versions_only_rise_and_redis_becomes_valkey() {
    let emu = TestEmu::without_engines().await;
    emu.available_serverless("mod", "redis").await;
    emu.available_serverless("memo", "memcached").await;
    let modify = |name: &str| emu.client().modify_serverless_cache().serverless_cache_name(name);
    for (refused, said) in [
        (
            modify("memo").engine("valkey").major_engine_version("8").send().await,
            "400 InvalidParameterCombination: Cannot modify the engine of serverless cache memo from memcached to valkey.",
        ),
        (
            modify("mod").engine("valkey").send().await,
            "400 InvalidParameterCombination: Engine can only be specified together with MajorEngineVersion.",
        ),
        (
            modify("mod").major_engine_version("8").send().await,
            "400 InvalidParameterCombination: Cannot find version 8 for redis",
        ),
        (
            modify("mod").engine("mongodb").send().await,
            "400 InvalidParameterValue: Invalid value 'mongodb' for Engine. Valid values: redis, valkey, memcached",
        ),
    ] {
        assert_eq!(refusal(refused), said);
    }
    modify("mod").engine("valkey").major_engine_version("8").send().await.unwrap();
    let cache = emu.until_serverless_available("mod").await;
    assert_eq!((cache.engine(), cache.full_engine_version()), (Some("valkey"), Some("8.0")));
    assert_eq!(
        refusal(modify("mod").major_engine_version("7").send().await),
        "400 InvalidParameterCombination: Cannot downgrade from version 8 to version 7."
    );
    assert_eq!(
        refusal(modify("mod").engine("redis").major_engine_version("7").send().await),
        "400 InvalidParameterCombination: Cannot modify the engine of serverless cache mod from valkey to redis."
    );
    modify("mod").major_engine_version("9").send().await.unwrap();
    assert_eq!(emu.until_serverless_available("mod").await.full_engine_version(), Some("9.1"));
}

#[tokio::test]
async fn groups_and_values_are_checked_as_in_a_create() {
    let emu = TestEmu::without_engines().await;
    emu.available_serverless("mod", "valkey").await;
    let modify = || emu.client().modify_serverless_cache().serverless_cache_name("mod");
    for (refused, said) in [
        (
            modify().security_group_ids("sg-0").send().await,
            "400 InvalidParameterValue: Some security groups are invalid: [sg-0]",
        ),
        (
            modify().set_security_group_ids(Some(Vec::new())).send().await,
            "400 InvalidParameterValue: At least one security group must be provided.",
        ),
        (
            modify().user_group_id("nobodys").send().await,
            "404 UserGroupNotFound: User group nobodys not found.",
        ),
        (
            modify().user_group_id("nobodys").remove_user_group(true).send().await,
            "400 InvalidParameterCombination: Cannot specify both RemoveUserGroup and UserGroupId.",
        ),
        (
            modify().snapshot_retention_limit(36).send().await,
            "400 InvalidParameterValue: Invalid value 36 for SnapshotRetentionLimit. Must be between 0 and 35",
        ),
        (
            modify().daily_snapshot_time("24:00").send().await,
            "400 InvalidParameterValue: Invalid daily snapshot time: 24:00. Must be in the format hh24:mi (24H Clock \
             UTC).",
        ),
        (
            modify().description("x".repeat(256)).send().await,
            "400 InvalidParameterValue: Description must be at most 255 characters.",
        ),
        (
            modify().serverless_cache_name("nobodys").send().await,
            "404 ServerlessCacheNotFoundFault: Serverless cache nobodys not found.",
        ),
    ] {
        assert_eq!(refusal(refused), said);
    }
    let same = modify().remove_user_group(true).send().await.unwrap();
    assert_eq!(same.serverless_cache().unwrap().status(), Some("available"), "it has none to remove");
}

#[tokio::test]
async fn one_that_is_deleted_is_gone_and_its_name_free() {
    let emu = TestEmu::without_engines().await;
    let first = emu.available_serverless("twice", "valkey").await;
    let delete = || emu.client().delete_serverless_cache().serverless_cache_name("Twice");
    let answer = delete().send().await.unwrap().serverless_cache.unwrap();
    assert_eq!(answer.status(), Some("deleting"));
    assert_eq!(answer.endpoint(), first.endpoint());
    emu.until_serverless_gone("twice").await;
    let told = emu.told_of_serverless("twice").await;
    assert_eq!(told.last().unwrap(), "Cache twice was deleted.");
    assert_eq!(
        refusal(delete().send().await),
        "404 ServerlessCacheNotFoundFault: Serverless cache Twice not found."
    );
    emu.available_serverless("twice", "redis").await;
}

#[tokio::test]
async fn tags_are_added_listed_and_removed() {
    let emu = TestEmu::without_engines().await;
    emu.available_serverless("tagged", "valkey").await;
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    let client = emu.client();
    let add = client.add_tags_to_resource().resource_name(arn("tagged"));
    add.tags(tag("a", "1")).tags(tag("b", "2")).send().await.unwrap();
    let remove = client.remove_tags_from_resource().resource_name(arn("tagged"));
    remove.tag_keys("a").send().await.unwrap();
    let left = client.list_tags_for_resource().resource_name(arn("tagged")).send().await.unwrap();
    assert_eq!(left.tag_list(), [tag("b", "2")]);
    let told = emu.told_of_serverless("tagged").await;
    assert_eq!(told[1..], ["Tags updated for the cache tagged."; 2]);
}
