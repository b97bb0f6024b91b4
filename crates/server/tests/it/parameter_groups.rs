//! DescribeCacheParameterGroups: the default groups.

use aws_sdk_elasticache::types::CacheParameterGroup;

use crate::support::emu::TestEmu;
use crate::support::sdk::refusal;

#[tokio::test]
async fn every_family_has_its_default_groups() {
    let emu = TestEmu::start().await;
    let answer = emu.client().describe_cache_parameter_groups().send().await.unwrap();
    let groups = answer.cache_parameter_groups();
    let names: Vec<_> = groups.iter().filter_map(CacheParameterGroup::cache_parameter_group_name).collect();
    for name in [
        "default.memcached1.6",
        "default.redis7",
        "default.redis7.cluster.on",
        "default.valkey8",
        "default.valkey8.cluster.on",
    ] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
    assert!(names.is_sorted() && !names.contains(&"default.memcached1.6.cluster.on"), "{names:?}");
    assert!(groups.iter().all(|group| group.is_global() == Some(false)));
}

#[tokio::test]
async fn one_is_found_by_its_name_in_any_case() {
    let emu = TestEmu::start().await;
    let describe = emu.client().describe_cache_parameter_groups();
    let found = describe.clone().cache_parameter_group_name("Default.Redis7").send().await.unwrap();
    let [group] = found.cache_parameter_groups() else { panic!("{found:?}") };
    assert_eq!(group.cache_parameter_group_name(), Some("default.redis7"));
    assert_eq!(group.cache_parameter_group_family(), Some("redis7"));
    assert_eq!(group.description(), Some("Default parameter group for redis7"));
    assert_eq!(group.arn(), Some("arn:aws:elasticache:us-east-1:000000000000:parametergroup:default.redis7"));
    let missing = describe.cache_parameter_group_name("mine").send().await;
    assert_eq!(refusal(missing), "404 CacheParameterGroupNotFound: CacheParameterGroup mine not found.");
}
