//! DescribeCacheEngineVersions.

use aws_sdk_elasticache::types::CacheEngineVersion;

use crate::support::emu::TestEmu;

fn versions(found: &[CacheEngineVersion]) -> Vec<&str> {
    found.iter().filter_map(CacheEngineVersion::engine_version).collect()
}

#[tokio::test]
async fn a_version_is_told_with_its_family_and_descriptions() {
    let emu = TestEmu::start().await;
    let describe = emu.client().describe_cache_engine_versions().engine("redis").engine_version("7.1");
    let answer = describe.send().await.unwrap();
    let [version] = answer.cache_engine_versions() else { panic!("{answer:?}") };
    assert_eq!((version.engine(), version.engine_version()), (Some("redis"), Some("7.1")));
    assert_eq!(version.cache_parameter_group_family(), Some("redis7"));
    assert_eq!(version.cache_engine_description(), Some("Redis"));
    assert_eq!(version.cache_engine_version_description(), Some("redis version 7.1.0"));
}

#[tokio::test]
async fn versions_are_found_by_engine_and_family() {
    let emu = TestEmu::start().await;
    let describe = emu.client().describe_cache_engine_versions();
    let family = describe.clone().cache_parameter_group_family("valkey8").send().await.unwrap();
    assert_eq!(versions(family.cache_engine_versions()), ["8.0", "8.1", "8.2"]);
    let memcached = describe.clone().engine("memcached").send().await.unwrap();
    assert!(memcached.cache_engine_versions().iter().all(|version| version.engine() == Some("memcached")));
    assert!(versions(memcached.cache_engine_versions()).contains(&"1.6.22"));
    for nothing in [describe.clone().engine("oracle"), describe.clone().engine("redis").engine_version("8.0")]
    {
        let found = nothing.send().await.unwrap();
        assert!(found.cache_engine_versions.as_ref().is_some_and(Vec::is_empty), "{found:?}");
    }
}

#[tokio::test]
async fn a_default_is_what_a_create_without_a_version_gets() {
    let emu = TestEmu::start().await;
    for engine in ["redis", "valkey", "memcached"] {
        let describe = emu.client().describe_cache_engine_versions().engine(engine).default_only(true);
        let answer = describe.send().await.unwrap();
        let [default] = answer.cache_engine_versions() else { panic!("{answer:?}") };
        let cluster = emu.available(engine, engine).await;
        let version = cluster.engine_version().unwrap();
        assert!(version.starts_with(default.engine_version().unwrap()), "{version}: {default:?}");
        let group = cluster.cache_parameter_group().unwrap().cache_parameter_group_name().unwrap();
        assert_eq!(group, format!("default.{}", default.cache_parameter_group_family().unwrap()));
    }
}

#[tokio::test]
async fn pages_hold_every_version_once() {
    let emu = TestEmu::start().await;
    let all =
        emu.client().describe_cache_engine_versions().send().await.unwrap().cache_engine_versions.unwrap();
    let pages = emu.client().describe_cache_engine_versions().into_paginator().page_size(20);
    let mut paged = Vec::new();
    let mut items = pages.items().send();
    while let Some(version) = items.next().await {
        paged.push(version.unwrap());
    }
    assert!(paged.len() > 20);
    assert_eq!(paged, all);
}
