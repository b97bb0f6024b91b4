//! CreateCacheCluster, and what DescribeCacheClusters shows of a cluster on its way.

use aws_sdk_elasticache::types::{CacheCluster, NetworkType};
use dataplane::runtime::fake::Failure;

use crate::support::cluster::{arn, only_node};
use crate::support::emu::TestEmu;
use crate::support::sdk::refusal;
use crate::support::until;

/// What AWS fills in once a cluster is placed.
fn has_no_place_yet(cluster: &CacheCluster) {
    assert_eq!(cluster.cache_cluster_create_time(), None);
    assert!(cluster.cache_nodes.is_none() && cluster.security_groups.is_none(), "{cluster:?}");
    assert!(cluster.configuration_endpoint().is_none());
}

#[tokio::test]
async fn a_cluster_is_creating_until_its_engine_answers() {
    let emu = TestEmu::start().await;
    emu.fake().hold_ensure();
    let created = emu.cluster("my-cache", "redis").send().await.unwrap().cache_cluster.unwrap();
    for seen in [created, emu.find("MY-Cache").await.unwrap()] {
        assert_eq!(seen.cache_cluster_id(), Some("my-cache"));
        assert_eq!(seen.cache_cluster_status(), Some("creating"));
        assert_eq!(seen.arn(), Some(arn("my-cache").as_str()));
        assert_eq!(seen.preferred_availability_zone(), None);
        has_no_place_yet(&seen);
    }
    assert_eq!(emu.resolve("my-cache.abcdef.0001.use1.cache.simfra.dev"), Err(NXDOMAIN));

    emu.fake().release_ensure();
    let cluster = emu.until_status("my-cache", "available").await;
    let node = only_node(&cluster);
    let endpoint = node.endpoint().unwrap();
    assert_eq!(endpoint.address(), Some("my-cache.abcdef.0001.use1.cache.simfra.dev"));
    assert_eq!(endpoint.port(), Some(6379));
    let told = emu.told("my-cache").await;
    let zone = cluster.preferred_availability_zone().unwrap();
    assert_eq!(
        told,
        [format!("Added cache node 0001 in availability zone {zone}"), "Cache cluster created".to_owned()]
    );
    assert_eq!(
        emu.resolve(endpoint.address().unwrap()).unwrap().len(),
        1,
        "it has its name when it is available"
    );
}

/// DNS's code for a name that does not exist.
const NXDOMAIN: u8 = 3;

#[tokio::test]
async fn an_available_redis_cluster_has_every_field_of_awss() {
    let emu = TestEmu::start().await;
    let cluster = emu.available("full", "redis").await;
    assert_eq!(
        cluster.client_download_landing_page(),
        Some("https://console.aws.amazon.com/elasticache/home#client-download:")
    );
    assert_eq!((cluster.cache_node_type(), cluster.engine()), (Some("cache.t3.micro"), Some("redis")));
    assert_eq!(cluster.engine_version(), Some("7.1.0"));
    assert_eq!(cluster.num_cache_nodes(), Some(1));
    let zone = cluster.preferred_availability_zone().unwrap();
    assert!(zone.starts_with("us-east-1"), "{zone}");
    let window = cluster.preferred_maintenance_window().unwrap();
    assert_eq!(window.len(), "sun:05:00-sun:06:00".len(), "{window}");
    assert!(cluster.pending_modified_values().unwrap().num_cache_nodes().is_none());
    assert!(cluster.notification_configuration().is_none());
    assert!(cluster.cache_security_groups().is_empty());
    let parameters = cluster.cache_parameter_group().unwrap();
    assert_eq!(parameters.cache_parameter_group_name(), Some("default.redis7"));
    assert_eq!(parameters.parameter_apply_status(), Some("in-sync"));
    assert!(parameters.cache_node_ids_to_reboot().is_empty());
    assert_eq!(cluster.cache_subnet_group_name(), Some("default"));
    assert_eq!(cluster.auto_minor_version_upgrade(), Some(true));
    let [group] = cluster.security_groups() else { panic!("{cluster:?}") };
    assert!(group.security_group_id().unwrap().starts_with("sg-"));
    assert_eq!(group.status(), Some("active"));
    assert_eq!(cluster.replication_group_id(), None);
    assert_eq!(cluster.snapshot_retention_limit(), Some(0));
    assert_eq!(cluster.snapshot_window().unwrap().len(), "05:00-06:00".len());
    assert_eq!(cluster.auth_token_enabled(), Some(false));
    assert_eq!(cluster.transit_encryption_enabled(), Some(false));
    assert_eq!(cluster.transit_encryption_mode(), None);
    assert_eq!(cluster.at_rest_encryption_enabled(), Some(false));
    assert_eq!(cluster.replication_group_log_delivery_enabled(), Some(false));
    assert!(cluster.log_delivery_configurations.as_ref().is_some_and(Vec::is_empty));
    assert_eq!(cluster.network_type(), Some(&NetworkType::Ipv4));
    assert_eq!(cluster.ip_discovery().unwrap().as_str(), "ipv4");
    assert!(cluster.configuration_endpoint().is_none());

    let node = only_node(&cluster);
    assert_eq!((node.cache_node_id(), node.cache_node_status()), (Some("0001"), Some("available")));
    assert_eq!(node.parameter_group_status(), Some("in-sync"));
    assert_eq!(node.customer_availability_zone(), Some(zone));
    assert_eq!(node.cache_node_create_time(), cluster.cache_cluster_create_time());
    assert!(cluster.cache_cluster_create_time().is_some());
}

#[tokio::test]
async fn a_memcached_cluster_has_a_configuration_endpoint_and_no_snapshots() {
    let emu = TestEmu::start().await;
    let cluster = emu.available("mem", "memcached").await;
    let endpoint = cluster.configuration_endpoint().unwrap();
    assert_eq!(endpoint.address(), Some("mem.abcdef.cfg.use1.cache.simfra.dev"));
    assert_eq!(endpoint.port(), Some(11211));
    assert_eq!((cluster.snapshot_retention_limit(), cluster.snapshot_window()), (None, None));
    let node = only_node(&cluster).endpoint().unwrap();
    assert_eq!(emu.resolve(endpoint.address().unwrap()), emu.resolve(node.address().unwrap()));
}

#[tokio::test]
async fn what_is_asked_for_is_what_there_is() {
    let emu = TestEmu::start().await;
    let topic = "arn:aws:sns:us-east-1:000000000000:alerts";
    let create = emu.cluster("Asked-For", "valkey").engine_version("8.0").port(7000);
    let create = create.preferred_availability_zone("us-east-1b").auto_minor_version_upgrade(false);
    let create = create.preferred_maintenance_window("mon:01:00-mon:02:00").snapshot_window("03:00-04:00");
    let created = create.notification_topic_arn(topic).send().await.unwrap().cache_cluster.unwrap();
    assert_eq!(created.preferred_availability_zone(), Some("us-east-1b"), "it was asked for");
    let cluster = emu.until_status("asked-for", "available").await;
    assert_eq!(cluster.cache_cluster_id(), Some("asked-for"));
    assert!(cluster.engine_version().unwrap().starts_with("8.0"), "{cluster:?}");
    assert_eq!(cluster.auto_minor_version_upgrade(), Some(false));
    assert_eq!(cluster.preferred_maintenance_window(), Some("mon:01:00-mon:02:00"));
    assert_eq!(cluster.snapshot_window(), Some("03:00-04:00"));
    let told = cluster.notification_configuration().unwrap();
    assert_eq!((told.topic_arn(), told.topic_status()), (Some(topic), Some("active")));
    let node = only_node(&cluster);
    assert_eq!(node.customer_availability_zone(), Some("us-east-1b"));
    assert_eq!(node.endpoint().unwrap().port(), Some(7000));
}

#[tokio::test]
async fn an_id_is_taken_once_in_an_account_and_region() {
    let emu = TestEmu::start().await;
    emu.available("taken", "redis").await;
    for id in ["taken", "TAKEN"] {
        let again = emu.cluster(id, "memcached").send().await;
        assert_eq!(refusal(again), "400 CacheClusterAlreadyExists: Cache cluster taken already exists.");
    }
    for (account, region) in [("000000000000", "eu-west-1"), ("111122223333", "us-east-1")] {
        let client = emu.client_of(account, region);
        let create = client.create_cache_cluster().cache_cluster_id("taken").engine("redis");
        create.cache_node_type("cache.t3.micro").num_cache_nodes(1).send().await.unwrap();
        let arn = until("the other one is available", || async {
            let describe = client.describe_cache_clusters().show_cache_node_info(true).send().await.unwrap();
            let [cluster] = describe.cache_clusters() else { panic!("{describe:?}") };
            let available = cluster.cache_cluster_status() == Some("available");
            available.then(|| cluster.arn().unwrap().to_owned())
        })
        .await;
        assert_eq!(arn, format!("arn:aws:elasticache:{region}:{account}:cluster:taken"));
    }
}

#[tokio::test]
async fn an_engine_that_cannot_start_leaves_its_cause_and_a_cluster_to_delete() {
    let emu = TestEmu::start().await;
    let failures = [
        (
            "no-image",
            Failure::EngineUnavailable("there is no image redis:7".to_owned()),
            "there is no image redis:7",
        ),
        (
            "exits",
            Failure::StartFailed("exit code 1: bad directive".to_owned()),
            "exit code 1: bad directive",
        ),
        ("full", Failure::Exhausted("no address is left".to_owned()), "no address is left"),
    ];
    for (id, failure, cause) in failures {
        emu.fake().fail_ensure(&emu.node(id), failure);
        emu.cluster(id, "redis").send().await.unwrap();
        let cluster = emu.until_status(id, "incompatible-network").await;
        has_no_place_yet(&cluster);
        assert_eq!(emu.told(id).await, [format!("Failed to create the cache cluster: {cause}")]);
        let modified =
            emu.client().modify_cache_cluster().cache_cluster_id(id).auto_minor_version_upgrade(false);
        assert!(refusal(modified.send().await).starts_with("400 InvalidCacheClusterState: "));
        emu.delete(id).await;
        assert_eq!(emu.told(id).await.last().unwrap(), "Cache cluster deleted");
    }
}

#[tokio::test]
async fn a_backend_in_trouble_is_tried_again() {
    let emu = TestEmu::start().await;
    let node = emu.node("patient");
    emu.fake().fail_ensure(&node, Failure::Backend("the daemon is busy".to_owned()));
    emu.cluster("patient", "redis").send().await.unwrap();
    until("it was tried twice", || async { (emu.fake().ensured(&node) > 1).then_some(()) }).await;
    assert_eq!(emu.find("patient").await.unwrap().cache_cluster_status(), Some("creating"));
    emu.fake().heal(&node);
    emu.until_status("patient", "available").await;
}
