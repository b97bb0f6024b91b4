//! CreateServerlessCache and DescribeServerlessCaches.

use aws_sdk_elasticache::types::{
    CacheUsageLimits, ConnectionType, DataStorage, DataStorageUnit, EcpuPerSecond, NetworkType,
    StorageEncryptionType, Tag,
};

use crate::support::emu::{Stage, TestEmu};
use crate::support::raw::post;
use crate::support::sdk::refusal;
use crate::support::serverless_cache::arn;

#[tokio::test]
async fn one_with_nothing_but_a_name_and_an_engine_has_awss_defaults() {
    let emu = TestEmu::without_engines().await;
    let created = emu.serverless("My-Cache", "redis").send().await.unwrap().serverless_cache.unwrap();
    assert_eq!(created.serverless_cache_name(), Some("my-cache"));
    assert_eq!(created.status(), Some("creating"));
    assert!(created.endpoint().is_none() && created.reader_endpoint().is_none());
    assert!(created.create_time().is_some());

    let cache = emu.until_serverless_available("MY-cache").await;
    let (endpoint, reader) = (cache.endpoint().unwrap(), cache.reader_endpoint().unwrap());
    let host = "my-cache-abcdef.serverless.use1.cache.simfra.dev";
    assert_eq!((endpoint.address(), endpoint.port()), (Some(host), Some(6379)));
    assert_eq!((reader.address(), reader.port()), (Some(host), Some(6380)));
    assert_eq!((cache.major_engine_version(), cache.full_engine_version()), (Some("7"), Some("7.1")));
    assert_eq!(cache.arn(), Some(arn("my-cache").as_str()));
    assert_eq!(cache.description(), Some(""));
    assert!(cache.cache_usage_limits().is_none() && cache.kms_key_id().is_none());
    assert_eq!(cache.storage_encryption_type(), Some(&StorageEncryptionType::SseElasticache));
    assert_eq!((cache.subnet_ids().len(), cache.security_group_ids().len()), (3, 1));
    assert_eq!(cache.snapshot_retention_limit(), Some(0));
    assert_eq!(cache.daily_snapshot_time().map(str::len), Some(5));
    assert_eq!(cache.network_type(), Some(&NetworkType::Ipv4));
    assert_eq!(cache.connection_type(), Some(&ConnectionType::Vpc));
    assert!(cache.user_group_id().is_none() && cache.migration().is_none());
    assert_eq!(emu.told_of_serverless("my-cache").await, ["Cache my-cache is created and ready to use."]);
}

#[tokio::test]
async fn each_engine_has_its_versions_and_ports() {
    let emu = TestEmu::without_engines().await;
    for (name, engine, asked, major, full, ports) in [
        ("r", "redis", None, "7", "7.1", (6379, 6380)),
        ("v", "Valkey", None, "8", "8.0", (6379, 6380)),
        ("v7", "valkey", Some("7"), "7", "7.2", (6379, 6380)),
        ("v9", "valkey", Some("9"), "9", "9.1", (6379, 6380)),
        ("m", "memcached", None, "1.6", "1.6.22", (11211, 11212)),
    ] {
        let create = emu.serverless(name, engine).set_major_engine_version(asked.map(str::to_owned));
        create.send().await.unwrap();
        let cache = emu.until_serverless_available(name).await;
        assert_eq!(cache.engine(), Some(engine.to_ascii_lowercase().as_str()));
        assert_eq!((cache.major_engine_version(), cache.full_engine_version()), (Some(major), Some(full)));
        let found = (cache.endpoint().unwrap().port(), cache.reader_endpoint().unwrap().port());
        assert_eq!(found, (Some(ports.0), Some(ports.1)));
    }
    // Two subnets are the default in us-west-1.
    let west = emu.client_of("000000000000", "us-west-1");
    let created = west.create_serverless_cache().serverless_cache_name("w").engine("valkey").send().await;
    let created = created.unwrap().serverless_cache.unwrap();
    assert_eq!(created.subnet_ids().len(), 2);
}

#[tokio::test]
async fn everything_that_is_asked_for_is_shown() {
    let emu = TestEmu::without_engines().await;
    let groups = emu.client().describe_cache_subnet_groups().send().await.unwrap();
    let subnets = groups.cache_subnet_groups()[0].subnets();
    let subnets: Vec<String> =
        subnets[3..5].iter().map(|subnet| subnet.subnet_identifier().unwrap().to_owned()).collect();
    let default = emu.available_serverless("default", "valkey").await.security_group_ids()[0].clone();
    let storage = DataStorage::builder().minimum(1).maximum(10).unit(DataStorageUnit::Gb).build();
    let limits = CacheUsageLimits::builder().data_storage(storage.clone());
    let limits = limits.ecpu_per_second(EcpuPerSecond::builder().maximum(5_000).build()).build();
    let create = emu.serverless("full", "valkey").major_engine_version("9").description("for people");
    let create = create.cache_usage_limits(limits.clone()).kms_key_id("alias/mine");
    let create = create.set_subnet_ids(Some(subnets.clone())).security_group_ids(default.clone());
    let create = create.snapshot_retention_limit(3).daily_snapshot_time("04:30");
    let create = create.network_type(NetworkType::Ipv4).connection_type(ConnectionType::Public);
    let create = create.tags(Tag::builder().key("team").value("blue").build());
    create.send().await.unwrap();

    let cache = emu.until_serverless_available("full").await;
    assert_eq!(cache.description(), Some("for people"));
    assert_eq!(cache.cache_usage_limits(), Some(&limits));
    assert_eq!(cache.kms_key_id(), Some("alias/mine"));
    assert_eq!(cache.storage_encryption_type(), Some(&StorageEncryptionType::SseKms));
    assert_eq!((cache.subnet_ids(), cache.security_group_ids()), (&subnets[..], &[default][..]));
    assert_eq!(cache.snapshot_retention_limit(), Some(3));
    assert_eq!(cache.daily_snapshot_time(), Some("04:30"));
    assert_eq!(cache.connection_type(), Some(&ConnectionType::Public));
    let tags = emu.client().list_tags_for_resource().resource_name(arn("full")).send().await.unwrap();
    assert_eq!(tags.tag_list(), [Tag::builder().key("team").value("blue").build()]);
}

/// The SDK has no words for it yet.
#[tokio::test]
async fn integrations_are_enabled_with_the_cache() {
    let emu = TestEmu::without_engines().await;
    let create = |engine: &str, kind: &str| {
        let body = format!(
            "Action=CreateServerlessCache&Version=2015-02-02&ServerlessCacheName=both&Engine={engine}\
             &MajorEngineVersion={}&Integrations.IntegrationRequest.1.IntegrationType={kind}",
            if engine == "valkey" { 9 } else { 7 }
        );
        emu.ask(&post(&body))
    };
    assert_eq!(
        create("redis", "dynamodb").error(),
        "400 InvalidParameterCombination: Integrations is only supported for engine valkey version 9 and later."
    );
    assert_eq!(
        create("valkey", "s3").error(),
        "400 InvalidParameterValue: Invalid value 's3' for IntegrationType. Valid values: dynamodb"
    );
    let element = |status: &str| {
        format!(
            "<IntegrationType>dynamodb</IntegrationType><Status>{status}</Status></Integration></Integrations>"
        )
    };
    let created = create("valkey", "dynamodb");
    assert!(created.status == 200 && created.body.contains(&element("enabling")), "{}", created.body);
    emu.until_serverless_available("both").await;
    let found = emu.ask(&post("Action=DescribeServerlessCaches&Version=2015-02-02"));
    assert!(found.body.contains(&element("enabled")), "{}", found.body);
}

#[tokio::test]
async fn lists_come_in_pages() {
    let emu = TestEmu::without_engines().await;
    for n in 0..5 {
        emu.serverless(&format!("c{n}"), "memcached").send().await.unwrap();
    }
    let mut pages = emu.client().describe_serverless_caches().into_paginator().page_size(2).send();
    let (mut sizes, mut names) = (Vec::new(), Vec::new());
    while let Some(page) = pages.next().await {
        let caches = page.unwrap().serverless_caches.unwrap_or_default();
        sizes.push(caches.len());
        names.extend(caches.into_iter().map(|cache| cache.serverless_cache_name.unwrap()));
    }
    assert_eq!((sizes, names.join(" ").as_str()), (vec![2, 2, 1], "c0 c1 c2 c3 c4"));
    let other = emu.client_of("111122223333", "us-east-1").describe_serverless_caches().send().await.unwrap();
    assert!(other.serverless_caches().is_empty());
}

#[tokio::test]
async fn an_account_has_forty_a_region() {
    let emu = TestEmu::without_engines().await;
    for n in 0..40 {
        emu.serverless(&format!("c{n}"), "valkey").send().await.unwrap();
    }
    assert_eq!(
        refusal(emu.serverless("one-more", "valkey").send().await),
        "400 ServerlessCacheQuotaForCustomerExceededFault: You have already reached your quota of 40 serverless \
         caches in this region."
    );
    assert!(emu.find_serverless("one-more").await.is_none());
}

#[tokio::test]
async fn what_was_asked_for_outlives_a_crash() {
    let mut stage = Stage::without_engines();
    stage.durable = true;
    let emu = TestEmu::on(stage).await;
    emu.serverless("kept", "valkey").send().await.unwrap();
    let snapshot = emu.client().create_serverless_cache_snapshot().serverless_cache_name("kept");
    emu.until_serverless_available("kept").await;
    snapshot.serverless_cache_snapshot_name("s").send().await.unwrap();
    emu.serverless("young", "valkey").send().await.unwrap();

    let emu = TestEmu::on(emu.crash()).await;
    emu.until_serverless_available("kept").await;
    emu.until_serverless_available("young").await;
    emu.until_snapshot_available("s").await;
    emu.client().delete_serverless_cache().serverless_cache_name("kept").send().await.unwrap();

    let emu = TestEmu::on(emu.crash()).await;
    emu.until_serverless_gone("kept").await;
    assert_eq!(emu.snapshot_names().await, ["s"]);
}

#[tokio::test]
async fn a_reset_takes_them_along() {
    let emu = TestEmu::without_engines().await;
    emu.available_serverless("gone", "valkey").await;
    let snapshot = emu.client().create_serverless_cache_snapshot().serverless_cache_name("gone");
    snapshot.serverless_cache_snapshot_name("s").send().await.unwrap();
    let others = emu.client_of("111122223333", "us-east-1");
    others.create_serverless_cache().serverless_cache_name("stays").engine("valkey").send().await.unwrap();
    assert_eq!(emu.admin("POST", "/accounts/000000000000/reset", "").0, 204);
    assert!(emu.find_serverless("gone").await.is_none());
    assert_eq!(emu.snapshot_names().await, [""; 0]);
    assert_eq!(emu.told_of_serverless("gone").await, [""; 0]);
    let left = others.describe_serverless_caches().send().await.unwrap();
    assert_eq!(left.serverless_caches().len(), 1);
}
