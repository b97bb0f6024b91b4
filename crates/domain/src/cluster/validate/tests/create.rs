//! What of a create concerns the cluster itself.

use super::*;
use crate::network::TransitEncryption;

#[test]
fn ids_break_awss_rule_or_keep_it() {
    let with_id = |id: &str| CreateCacheCluster { cache_cluster_id: text(id), ..guide() };
    refused(
        CreateCacheCluster { cache_cluster_id: None, ..guide() },
        InvalidParameterValue,
        "The parameter CacheClusterIdentifier must be provided and must not be null.",
    );
    let long = "a".repeat(51);
    for bad in ["1abc", "a--b", "abc-", "a_b", "a.b", "é", &long] {
        refused(
            with_id(bad),
            InvalidParameterValue,
            "The parameter CacheClusterIdentifier is not a valid identifier. Identifiers must begin with a letter; \
             must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two \
             consecutive hyphens.",
        );
    }
    for good in ["a", "My-Cache", &long[1..]] {
        let (id, _) = create(&with_id(good), &world().surroundings()).unwrap();
        assert_eq!(id.as_str(), good.to_ascii_lowercase());
    }
}

#[test]
fn node_type_and_engine_must_be_there() {
    refused(
        CreateCacheCluster { cache_node_type: None, ..guide() },
        InvalidParameterValue,
        "The parameter CacheNodeType must be provided and must not be null.",
    );
    refused(
        CreateCacheCluster { engine: None, ..guide() },
        InvalidParameterValue,
        "The parameter Engine must be provided and must not be null.",
    );
    refused(
        CreateCacheCluster { engine: text("mongodb"), ..guide() },
        InvalidParameterValue,
        "Invalid value 'mongodb' for Engine. Valid values: redis, valkey, memcached",
    );
    assert_eq!(accepted(CreateCacheCluster { engine: text("Valkey"), ..guide() }).engine, Engine::Valkey);
}

#[test]
fn versions_are_found_or_refused() {
    let version = |engine: &str, version: &str| CreateCacheCluster {
        engine: text(engine),
        engine_version: text(version),
        ..guide()
    };
    refused(version("redis", "4.0.13"), InvalidParameterCombination, "Cannot find version 4.0.13 for redis");
    refused(
        version("redis", "6.2.6"),
        InvalidParameterValue,
        "Specific version selection is not allowed for '6.2.6', please use '6.2'",
    );
    let spec = accepted(version("redis", "6.x"));
    assert_eq!((spec.engine_version.as_str(), spec.requested_version.as_deref()), ("6.2.6", Some("6.x")));
    assert_eq!(spec.cache_parameter_group_name.as_str(), "default.redis6.x");
    let spec = accepted(version("redis", ""));
    assert_eq!(
        (spec.engine_version.as_str(), spec.requested_version),
        ("7.1.0", None),
        "Ansible sends it so"
    );
}

#[test]
fn node_types_run_what_they_run() {
    let node_type = |name: &str| CreateCacheCluster { cache_node_type: text(name), ..guide() };
    refused(node_type("cache.t9.nano"), InvalidParameterValue, "Invalid cache node type: cache.t9.nano");
    refused(
        node_type("cache.t2.micro"),
        InvalidParameterValue,
        "Cache node type cache.t2.micro is no longer available for new clusters.",
    );
    refused(
        node_type("cache.m8g.large"),
        InvalidParameterCombination,
        "Cache node type cache.m8g.large is not supported for engine redis version 7.1.0.",
    );
    refused(
        node_type("cache.r6gd.xlarge"),
        InvalidParameterCombination,
        "Cache node type cache.r6gd.xlarge is only supported in replication groups with data tiering enabled.",
    );
}

#[test]
fn redis_has_one_node() {
    for engine in ["redis", "valkey"] {
        for number in [0, 2, -1] {
            refused(
                CreateCacheCluster { engine: text(engine), num_cache_nodes: Some(number), ..guide() },
                InvalidParameterValue,
                &format!("NumCacheNodes should be 1 if engine is {engine}"),
            );
        }
    }
    assert_eq!(accepted(CreateCacheCluster { num_cache_nodes: None, ..guide() }).num_cache_nodes, 1);
}

#[test]
fn memcached_nodes_keep_to_the_cluster_quota() {
    let nodes = |number| CreateCacheCluster { num_cache_nodes: Some(number), ..memcached() };
    refused(nodes(0), InvalidParameterValue, "Invalid value 0 for NumCacheNodes. Must be between 1 and 60");
    refused(
        nodes(61),
        NodeQuotaForClusterExceeded,
        "Cluster node quota exceeded. Each cluster can have at most 60 nodes in this region.",
    );
    assert_eq!(accepted(nodes(60)).num_cache_nodes, 60);
    let lifted = Around { quotas: Quotas::Off, ..world() };
    assert_eq!(create(&nodes(61), &lifted.surroundings()).unwrap().1.num_cache_nodes, 61);
}

#[test]
fn the_region_has_a_node_quota() {
    let full = Around { nodes: 300, ..world() };
    refused_in(
        &full,
        &guide(),
        NodeQuotaForCustomerExceeded,
        "You have already reached your quota of 300 nodes in this region.",
    );
    assert!(create(&guide(), &Around { quotas: Quotas::Off, ..full }.surroundings()).is_ok());
}

#[test]
fn an_id_is_taken_once() {
    let mut taken = world();
    taken.id_is_taken = true;
    let again = CreateCacheCluster { cache_cluster_id: text("MY-cache"), ..guide() };
    refused_in(&taken, &again, CacheClusterAlreadyExists, "Cache cluster my-cache already exists.");
}

#[test]
fn ports_are_in_range() {
    for port in [0, 80, 65536, -1] {
        refused(
            CreateCacheCluster { port: Some(port), ..guide() },
            InvalidParameterValue,
            &format!("Invalid value {port} for Port. Must be between 1150 and 65535"),
        );
    }
    assert_eq!(accepted(CreateCacheCluster { port: Some(7000), ..guide() }).port, 7000);
    assert_eq!(accepted(memcached()).port, 11211);
}

#[test]
fn windows_are_wide_and_apart() {
    let windows = |maintenance: Option<&str>, snapshot: Option<&str>| CreateCacheCluster {
        preferred_maintenance_window: maintenance.map(str::to_owned),
        snapshot_window: snapshot.map(str::to_owned),
        ..guide()
    };
    refused(
        windows(None, Some("05:00-05:30")),
        InvalidParameterValue,
        "Snapshot window must be at least 60 minutes.",
    );
    refused(
        windows(Some("mon:05:00-mon:05:30"), None),
        InvalidParameterValue,
        "Maintenance window must be at least 60 minutes.",
    );
    refused(
        windows(Some("mon:05:00-mon:06:00"), Some("05:30-06:30")),
        InvalidParameterValue,
        "The snapshot window and maintenance window must not overlap.",
    );
    let spec = accepted(windows(Some("Mon:05:00-Mon:06:00"), Some("06:00-07:00")));
    assert_eq!(spec.preferred_maintenance_window.to_string(), "mon:05:00-mon:06:00");
    assert_eq!(spec.snapshot_window.unwrap().to_string(), "06:00-07:00");
    let plain = accepted(memcached());
    assert_eq!((plain.snapshot_window, plain.snapshot_retention_limit), (None, None));
}

#[test]
fn snapshots_are_bounded_and_not_memcacheds() {
    for days in [-1, 36] {
        refused(
            CreateCacheCluster { snapshot_retention_limit: Some(days), ..guide() },
            InvalidParameterValue,
            &format!("Invalid value {days} for SnapshotRetentionLimit. Must be between 0 and 35"),
        );
    }
    let kept = accepted(CreateCacheCluster { snapshot_retention_limit: Some(35), ..guide() });
    assert_eq!(kept.snapshot_retention_limit, Some(35));
    accepted(CreateCacheCluster { snapshot_retention_limit: Some(0), ..memcached() });
    let arns = vec!["arn:aws:s3:::b/o.rdb".to_owned()];
    for (request, parameter) in [
        (CreateCacheCluster { snapshot_retention_limit: Some(1), ..memcached() }, "SnapshotRetentionLimit"),
        (CreateCacheCluster { snapshot_window: text("05:00-06:00"), ..memcached() }, "SnapshotWindow"),
        (CreateCacheCluster { snapshot_name: text("s"), ..memcached() }, "SnapshotName"),
        (CreateCacheCluster { snapshot_arns: arns.clone(), ..memcached() }, "SnapshotArns"),
    ] {
        let message = format!("{parameter} is not supported for engine memcached.");
        refused(request, InvalidParameterCombination, &message);
    }
    refused(
        CreateCacheCluster { snapshot_name: text("s"), snapshot_arns: arns.clone(), ..guide() },
        InvalidParameterCombination,
        "Cannot specify both SnapshotName and SnapshotArns.",
    );
    not_yet(CreateCacheCluster { snapshot_arns: arns, ..guide() }, Unbuilt::SnapshotArns);
}

#[test]
fn a_replica_takes_no_node_parameters() {
    let group = text("my-group");
    let refusal = replica_parameters(&guide(), "my-group").unwrap_err();
    assert_eq!(refusal.kind(), InvalidParameterCombination);
    assert_eq!(
        refusal.to_string(),
        "Cannot specify additional cache cluster parameters when creating a replica cluster"
    );
    let bare =
        CreateCacheCluster { cache_cluster_id: text("r"), replication_group_id: group, ..Default::default() };
    assert_eq!(replica_parameters(&bare, "my-group"), Ok(()));
}

#[test]
fn auth_tokens_have_a_form_and_need_tls() {
    let token = |token: &str, tls| CreateCacheCluster {
        auth_token: secret(token),
        transit_encryption_enabled: tls,
        ..guide()
    };
    let long = "a".repeat(129);
    for bad in ["short12", &long, "no/slash-here-please", "sixteen @ letters", "ünïcödé-ünïcödé"] {
        refused(token(bad, Some(true)), InvalidParameterValue, "Invalid AuthToken provided.");
    }
    refused(
        token("my-secret-token", None),
        InvalidParameterCombination,
        "AuthToken is only supported when encryption-in-transit is enabled.",
    );
    assert!(accepted(token("my-secret-token", Some(true))).auth.is_some());
    let on_memcached = CreateCacheCluster { auth_token: secret("my-secret-token"), ..memcached() };
    refused(on_memcached, InvalidParameterCombination, "AuthToken is not supported for engine memcached.");
    assert_eq!(format!("{:?}", secret("hush")), "Some(Secret(…))");
}

#[test]
fn tls_needs_a_version_that_has_it() {
    let tls = |engine: &str, version: &str, node_type: &str| CreateCacheCluster {
        engine: text(engine),
        engine_version: text(version),
        cache_node_type: text(node_type),
        transit_encryption_enabled: Some(true),
        ..guide()
    };
    refused(
        tls("memcached", "1.6.6", "cache.t3.micro"),
        InvalidParameterCombination,
        "Encryption in-transit is not supported for engine memcached version 1.6.6.",
    );
    let having =
        [("redis", "6.2"), ("redis", "7.1"), ("valkey", "7.2"), ("valkey", "8.0"), ("memcached", "1.6.12")];
    for (engine, version) in having {
        let spec = accepted(tls(engine, version, "cache.t3.micro"));
        assert_eq!(spec.transit_encryption.mode(), Some("required"), "{engine} {version}");
    }
    for version in ["4.0.10", "5.0.6"] {
        not_yet(tls("redis", version, "cache.t3.micro"), Unbuilt::TransitEncryptionBefore6);
    }
    let without = accepted(CreateCacheCluster { transit_encryption_enabled: Some(false), ..guide() });
    assert_eq!(without.transit_encryption, TransitEncryption::Off);
    let old = serde_json::to_value(&without).unwrap();
    let old: serde_json::Map<_, _> = old
        .as_object()
        .unwrap()
        .clone()
        .into_iter()
        .filter(|(name, _)| name != "transit_encryption")
        .collect();
    assert_eq!(serde_json::from_value::<ClusterSpec>(old.into()).unwrap(), without, "a row from before it");
}

#[test]
fn topics_are_the_callers_own() {
    let topic = |arn: &str| CreateCacheCluster { notification_topic_arn: text(arn), ..guide() };
    for bad in ["topic", "arn:aws:sqs:us-east-1:000000000000:t", "arn:aws:sns:us-east-1:111111111111:t"] {
        refused(
            topic(bad),
            InvalidParameterValue,
            &format!("The parameter NotificationTopicArn is not a valid ARN: {bad}"),
        );
    }
    let told = accepted(topic("arn:aws:sns:us-east-1:000000000000:t")).notification.unwrap();
    assert_eq!(told.topic_status.as_str(), "active");
}

#[test]
fn tags_come_with_the_cluster() {
    let tag = |key: &str| RequestedTag { key: text(key), value: None };
    let tagged = accepted(CreateCacheCluster { tags: vec![tag("team")], ..guide() });
    assert_eq!(tagged.tags.iter().collect::<Vec<_>>(), [("team", "")]);
    refused(
        CreateCacheCluster { tags: (0..51).map(|n| tag(&format!("k{n}"))).collect(), ..guide() },
        TagQuotaPerResourceExceeded,
        "The tag quota for the resource is exceeded. A resource can have at most 50 tags.",
    );
}

#[test]
fn what_is_not_built_is_refused_by_name() {
    let log = LogDeliveryConfigurationRequest { log_type: text("slow-log"), ..Default::default() };
    let logs = |log, base| CreateCacheCluster { log_delivery_configurations: vec![log], ..base };
    not_yet(logs(log.clone(), guide()), Unbuilt::LogDelivery);
    refused(
        logs(log, memcached()),
        InvalidParameterCombination,
        "LogDeliveryConfigurations is not supported for engine memcached.",
    );
    let bad = LogDeliveryConfigurationRequest { log_format: text("xml"), ..Default::default() };
    refused(
        logs(bad, guide()),
        InvalidParameterValue,
        "Invalid value 'xml' for LogFormat. Valid values: text, json",
    );
    not_yet(CreateCacheCluster { outpost_mode: text("single-outpost"), ..guide() }, Unbuilt::Outposts);
    not_yet(CreateCacheCluster { preferred_outpost_arn: text("arn"), ..guide() }, Unbuilt::Outposts);
    refused(
        CreateCacheCluster { outpost_mode: text("moon"), ..guide() },
        InvalidParameterValue,
        "Invalid value 'moon' for OutpostMode. Valid values: single-outpost, cross-outpost",
    );
}
