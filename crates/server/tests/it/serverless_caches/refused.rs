//! What a serverless cache cannot be.

use aws_sdk_elasticache::types::{
    CacheUsageLimits, ConnectionType, DataStorage, DataStorageUnit, EcpuPerSecond, NetworkType, Tag,
};

use crate::support::emu::TestEmu;
use crate::support::sdk::refusal;

#[tokio::test]
async fn names_engines_and_values_are_checked() {
    let emu = TestEmu::without_engines().await;
    emu.available_serverless("there", "valkey").await;
    let valkey = |name: &str| emu.serverless(name, "valkey");
    let storage = |maximum| {
        let bounds = DataStorage::builder().maximum(maximum).unit(DataStorageUnit::Gb).build();
        CacheUsageLimits::builder().data_storage(bounds).build()
    };
    let ecpu = CacheUsageLimits::builder().ecpu_per_second(EcpuPerSecond::builder().minimum(1).build());
    let tags: Vec<_> = (0..51).map(|n| Tag::builder().key(format!("k{n}")).value("").build()).collect();
    let identifier = "400 InvalidParameterValue: The parameter ServerlessCacheName is not a valid identifier. \
                      Identifiers must begin with a letter; must contain only ASCII letters, digits, and hyphens; and \
                      must not end with a hyphen or contain two consecutive hyphens.";
    for (refused, said) in [
        (valkey("1st").send().await, identifier),
        (valkey(&"x".repeat(41)).send().await, identifier),
        (
            valkey("There").send().await,
            "400 ServerlessCacheAlreadyExistsFault: Serverless cache there already exists.",
        ),
        (
            emu.serverless("new", "mongodb").send().await,
            "400 InvalidParameterValue: Invalid value 'mongodb' for Engine. Valid values: redis, valkey, memcached",
        ),
        (
            emu.serverless("new", "redis").major_engine_version("6").send().await,
            "400 InvalidParameterCombination: Cannot find version 6 for redis",
        ),
        (
            valkey("new").description("x".repeat(256)).send().await,
            "400 InvalidParameterValue: Description must be at most 255 characters.",
        ),
        (
            valkey("new").cache_usage_limits(storage(5_001)).send().await,
            "400 InvalidParameterValue: Invalid value 5001 for CacheUsageLimits.DataStorage.Maximum. Must be between 1 \
             and 5000",
        ),
        (
            valkey("new").cache_usage_limits(ecpu.build()).send().await,
            "400 InvalidParameterValue: Invalid value 1 for CacheUsageLimits.ECPUPerSecond.Minimum. Must be between 1000 \
             and 15000000",
        ),
        (
            valkey("new").snapshot_retention_limit(36).send().await,
            "400 InvalidParameterValue: Invalid value 36 for SnapshotRetentionLimit. Must be between 0 and 35",
        ),
        (
            valkey("new").daily_snapshot_time("4:30").send().await,
            "400 InvalidParameterValue: Invalid daily snapshot time: 4:30. Must be in the format hh24:mi (24H Clock UTC).",
        ),
        (
            valkey("new").connection_type(ConnectionType::Public).send().await,
            "400 InvalidParameterCombination: ConnectionType public is only supported for engine valkey version 9 and \
             later.",
        ),
        (
            valkey("new").set_tags(Some(tags)).send().await,
            "400 TagQuotaPerResourceExceeded: The tag quota for the resource is exceeded. A resource can have at most 50 \
             tags.",
        ),
        (
            valkey("new").network_type(NetworkType::Ipv6).send().await,
            "501 NotImplemented: Simfra does not serve IPv6 (NetworkType ipv6 and dual_stack, IpDiscovery ipv6) yet.",
        ),
        (
            valkey("new").user_group_id("nobodys").send().await,
            "404 UserGroupNotFound: User group nobodys not found.",
        ),
        (
            emu.serverless("new", "memcached").user_group_id("nobodys").send().await,
            "400 InvalidParameterCombination: UserGroupId is not supported for engine memcached.",
        ),
        (
            valkey("new").security_group_ids("sg-0").security_group_ids("mine").send().await,
            "400 InvalidParameterValue: Some security groups are invalid: [sg-0, mine]",
        ),
    ] {
        assert_eq!(refusal(refused), said);
    }
    assert_eq!(emu.client().describe_serverless_caches().send().await.unwrap().serverless_caches().len(), 1);
}

#[tokio::test]
async fn subnets_are_there_and_in_two_or_three_zones() {
    let emu = TestEmu::without_engines().await;
    let groups = emu.client().describe_cache_subnet_groups().send().await.unwrap();
    let subnets = groups.cache_subnet_groups()[0].subnets();
    let subnets: Vec<_> =
        subnets.iter().map(|subnet| subnet.subnet_identifier().unwrap().to_owned()).collect();
    let create =
        |subnets: &[String]| emu.serverless("new", "valkey").set_subnet_ids(Some(subnets.to_vec())).send();
    assert_eq!(
        refusal(create(&[subnets[0].clone(), "subnet-0".into(), "mine".into()]).await),
        "400 InvalidParameterValue: Some input subnets in :[subnet-0, mine] are invalid."
    );
    for several in [&subnets[..1], &subnets[..4]] {
        assert_eq!(
            refusal(create(several).await),
            "400 InvalidParameterValue: SubnetIds must be in 2 or 3 different availability zones."
        );
    }
    create(&subnets[..2]).await.unwrap();
}

#[tokio::test]
async fn pages_are_checked() {
    let emu = TestEmu::without_engines().await;
    let describe = || emu.client().describe_serverless_caches();
    for (refused, said) in [
        (
            describe().max_results(0).send().await,
            "400 InvalidParameterValue: Invalid value 0 for MaxResults. Must be between 1 and 100",
        ),
        (
            describe().next_token("/w==").send().await,
            "400 InvalidParameterValue: The parameter NextToken is not a valid token.",
        ),
        (
            describe().serverless_cache_name("Nobodys").send().await,
            "404 ServerlessCacheNotFoundFault: Serverless cache Nobodys not found.",
        ),
    ] {
        assert_eq!(refusal(refused), said);
    }
}
