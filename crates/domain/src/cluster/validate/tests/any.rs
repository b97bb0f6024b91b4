//! Whatever is sent is accepted or refused; nothing makes validation panic, and what it accepts keeps the rules.

use proptest::option;
use proptest::prelude::*;

use super::*;

/// A parameter's text: what it may be, or anything.
fn word(listed: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    option::of(prop_oneof![
        4 => proptest::sample::select(listed).prop_map(str::to_owned),
        1 => ".{0,12}",
    ])
}

fn number() -> impl Strategy<Value = Option<i32>> {
    option::of(prop_oneof![-1..70, 1149..1152, 65534..65537, any::<i32>()])
}

prop_compose! {
    fn server()(
        cache_cluster_id in word(&["my-cache", "a", "a--b"]),
        engine in word(&["redis", "valkey", "memcached"]),
        engine_version in word(&["7.1", "6.x", "6.2.6", "8.0", "1.6.22", "5.0.6"]),
        cache_node_type in word(&["cache.t3.micro", "cache.m8g.large", "cache.t2.micro", "cache.r6gd.xlarge"]),
        num_cache_nodes in number(),
        port in number(),
        cache_parameter_group_name in word(&["default.redis7", "default.valkey8.cluster.on"]),
        cache_subnet_group_name in word(&["default", "other"]),
    ) -> CreateCacheCluster {
        CreateCacheCluster {
            cache_cluster_id, engine, engine_version, cache_node_type, num_cache_nodes, port,
            cache_parameter_group_name, cache_subnet_group_name, ..Default::default()
        }
    }
}

prop_compose! {
    fn any_create()(
        server in server(),
        preferred_maintenance_window in word(&["mon:05:00-mon:06:00", "sun:23:30-mon:00:30"]),
        snapshot_window in word(&["05:30-06:30", "23:00-00:00"]),
        snapshot_retention_limit in number(),
        preferred_availability_zone in word(&["us-east-1a", "us-east-1z"]),
        az_mode in word(&["single-az", "cross-az"]),
        auth_token in word(&["my-secret-token"]),
        transit_encryption_enabled: Option<bool>,
        network_type in word(&["ipv4", "ipv6", "dual_stack"]),
        ip_discovery in word(&["ipv4", "ipv6"]),
        notification_topic_arn in word(&["arn:aws:sns:us-east-1:000000000000:t"]),
    ) -> CreateCacheCluster {
        CreateCacheCluster {
            preferred_maintenance_window, snapshot_window, snapshot_retention_limit, preferred_availability_zone,
            az_mode, auth_token: auth_token.map(Secret), transit_encryption_enabled, network_type, ip_discovery,
            notification_topic_arn, ..server
        }
    }
}

prop_compose! {
    fn any_modify()(
        num_cache_nodes in number(),
        removed in word(&["0001", "0002"]),
        preferred_maintenance_window in word(&["mon:05:00-mon:06:00"]),
        snapshot_window in word(&["05:30-06:30"]),
        engine in word(&["redis", "valkey"]),
        engine_version in word(&["7.1", "7.0", "8.0"]),
        cache_node_type in word(&["cache.t3.micro", "cache.m7g.large"]),
        notification_topic_status in word(&["active", "inactive"]),
        cache_parameter_group_name in word(&["default.redis7"]),
        auth_token_update_strategy in word(&["SET", "DELETE"]),
        snapshot_retention_limit in number(),
    ) -> ModifyCacheCluster {
        ModifyCacheCluster {
            num_cache_nodes, cache_node_ids_to_remove: removed.into_iter().collect(), preferred_maintenance_window,
            snapshot_window, engine, engine_version, cache_node_type, notification_topic_status,
            cache_parameter_group_name, auth_token_update_strategy, snapshot_retention_limit, ..Default::default()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_create_is_accepted_or_refused(request in any_create(), draw: u64) {
        let world = Around { draw, ..world() };
        match create(&request, &world.surroundings()) {
            Ok((id, spec)) => {
                prop_assert_eq!(id.as_str(), id.as_str().to_ascii_lowercase());
                let apart = |snapshot| !spec.preferred_maintenance_window.overlaps(&snapshot);
                prop_assert!(spec.snapshot_window.is_none_or(apart));
                let group = &world.subnet_group;
                let nodes = spec.place(Ground { group, taken: &Addresses::default(), draw }).expect("an empty subnet");
                prop_assert_eq!(nodes.len(), usize::from(spec.num_cache_nodes));
            }
            Err(refusal) => prop_assert!(!refusal.to_string().is_empty()),
        }
    }

    #[test]
    fn a_modify_is_accepted_or_refused(request in any_modify()) {
        let mut cluster = available(&guide());
        let before = cluster.spec.clone();
        match modify(&request, &cluster, &world().surroundings(), now()) {
            Ok(change) => {
                let nothing = change.changed.is_empty();
                cluster.modify(change, Vec::new()).expect("an available cluster");
                prop_assert_eq!(nothing, cluster.spec == before);
            }
            Err(refusal) => prop_assert!(!refusal.to_string().is_empty()),
        }
    }

    #[test]
    fn any_text_is_an_arn_or_not(text in "(arn|aws|elasticache|cluster|us-east-1|000000000000|[:a-z]){0,12}") {
        let scope = crate::ids::Scope::for_tests();
        if let Ok(arn) = crate::arn::Arn::parse(&text, &scope) {
            prop_assert_eq!(arn.to_string(), text);
        }
    }
}
