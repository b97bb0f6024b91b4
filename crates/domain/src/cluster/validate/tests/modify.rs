//! ModifyCacheCluster.

use std::collections::BTreeMap;

use super::*;
use crate::cluster::{Auth, AuthTokenStatus};
use crate::event::ClusterEvent;
use crate::plan::Step;

#[track_caller]
fn refused(request: ModifyCacheCluster, kind: RejectionKind, message: &str) {
    let refusal = modify(&request, &available(&guide()), &world().surroundings(), now())
        .expect_err("a request that AWS refuses");
    assert_eq!((refusal.kind(), refusal.to_string().as_str()), (kind, message));
}

#[track_caller]
fn changed(request: ModifyCacheCluster) -> (Vec<Changed>, Vec<ClusterEvent>, &'static str) {
    let mut cluster = available(&guide());
    let change =
        modify(&request, &cluster, &world().surroundings(), now()).expect("a request that AWS accepts");
    let changed = change.changed.iter().copied().collect();
    let events = cluster.modify(change, Vec::new()).expect("an available cluster");
    (changed, events, cluster.status())
}

fn none() -> ModifyCacheCluster {
    ModifyCacheCluster::default()
}

#[test]
fn what_is_already_so_changes_nothing() {
    for same in [
        none(),
        ModifyCacheCluster { num_cache_nodes: Some(1), apply_immediately: Some(true), ..none() },
        ModifyCacheCluster { engine: text("redis"), engine_version: text("7.1"), ..none() },
        ModifyCacheCluster { cache_node_type: text("cache.t3.micro"), ..none() },
        ModifyCacheCluster { cache_parameter_group_name: text("default.redis7"), ..none() },
        ModifyCacheCluster { snapshot_retention_limit: Some(0), ip_discovery: text("ipv4"), ..none() },
    ] {
        assert_eq!(changed(same), (vec![], vec![], "available"));
    }
}

#[test]
fn settings_are_changed_and_told() {
    let (what, events, status) = changed(ModifyCacheCluster {
        preferred_maintenance_window: text("tue:09:00-tue:10:00"),
        snapshot_window: text("11:00-12:00"),
        notification_topic_arn: text("arn:aws:sns:us-east-1:000000000000:t"),
        notification_topic_status: text("inactive"),
        auto_minor_version_upgrade: Some(false),
        ..none()
    });
    assert_eq!(
        what,
        [
            Changed::MaintenanceWindow,
            Changed::SnapshotWindow,
            Changed::Notification,
            Changed::AutoMinorVersionUpgrade
        ]
    );
    assert_eq!((events, status), (vec![ClusterEvent::Modified], "modifying"));
}

#[test]
fn security_groups_are_changed() {
    let mut world = world();
    let vpc = world.security_groups.values().next().unwrap().clone();
    world.security_groups.insert("sg-1".parse().unwrap(), vpc);
    let request = ModifyCacheCluster { security_group_ids: vec!["sg-1".into()], ..none() };
    let mut cluster = available(&guide());
    let change = modify(&request, &cluster, &world.surroundings(), now()).unwrap();
    assert_eq!(cluster.modify(change, Vec::new()).unwrap(), [ClusterEvent::SecurityGroupsModified]);
    assert_eq!(cluster.spec.security_group_ids[0].as_str(), "sg-1");
    let unknown = ModifyCacheCluster { security_group_ids: vec!["sg-2".into()], ..none() };
    refused(unknown, InvalidParameterValue, "Some security groups are invalid: [sg-2]");
}

#[test]
fn what_a_new_parameter_group_changes_is_told_or_waits_for_a_reboot() {
    let mut world = world();
    let mut own = world.parameter_groups["default.redis7"].clone();
    own.name = "own".parse().unwrap();
    for (name, value) in
        [("timeout", "30"), ("acl-pubsub-default", "resetchannels"), ("maxmemory-samples", "3")]
    {
        own.values.insert(name.to_owned(), value.to_owned());
    }
    world.parameter_groups.insert(own.name.clone(), own);
    let request = ModifyCacheCluster { cache_parameter_group_name: text("own"), ..none() };
    let mut cluster = available(&guide());
    let change = modify(&request, &cluster, &world.surroundings(), now()).unwrap();
    let events = cluster.modify(change, Vec::new()).unwrap();
    assert_eq!(events, [ClusterEvent::ParameterGroupModified("own".into())]);
    let node = cluster.nodes[0].id;
    assert_eq!(cluster.parameter_apply.status().as_str(), "applying");
    assert_eq!(Vec::from_iter(&cluster.parameter_apply.applying), ["timeout"], "not what is as before");
    cluster.settle(&Default::default(), now()).unwrap();
    assert_eq!(cluster.parameter_apply.status().as_str(), "pending-reboot");
    assert_eq!(cluster.parameter_apply.nodes_to_reboot, [node]);
    cluster.reboot(&[node]).unwrap();
    cluster.settle(&Default::default(), now()).unwrap();
    assert_eq!(cluster.parameter_apply, Default::default());

    cluster.take_parameters(&Default::default());
    assert_eq!(cluster.status(), "available", "a group that changes leaves its clusters available");
    assert_eq!(cluster.parameter_apply.status().as_str(), "applying");
    assert_eq!(cluster.parameter_apply.nodes_to_reboot, [node]);
}

#[test]
fn an_upgrade_needs_a_group_of_the_new_family() {
    let mut world = world();
    let mut own = world.parameter_groups["default.redis6.x"].clone();
    own.name = "own".parse().unwrap();
    world.parameter_groups.insert(own.name.clone(), own);
    let create = CreateCacheCluster {
        engine_version: text("6.2"),
        cache_parameter_group_name: text("own"),
        ..guide()
    };
    let mut cluster = available(&guide());
    cluster.spec = super::create(&create, &world.surroundings()).unwrap().1;
    let upgrade = ModifyCacheCluster { engine_version: text("7.1"), ..none() };
    let refusal = modify(&upgrade, &cluster, &world.surroundings(), now()).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "Expected a parameter group of family redis7 but found one of family redis6.x"
    );
}

#[test]
fn bad_values_are_refused_as_in_a_create() {
    refused(
        ModifyCacheCluster { snapshot_window: text("05:00-05:30"), ..none() },
        InvalidParameterValue,
        "Snapshot window must be at least 60 minutes.",
    );
    let kept = available(&guide()).spec.snapshot_window.unwrap().to_string();
    refused(
        ModifyCacheCluster {
            preferred_maintenance_window: Some(format!("mon:{}-mon:{}", &kept[..5], &kept[6..])),
            ..none()
        },
        InvalidParameterValue,
        "The snapshot window and maintenance window must not overlap.",
    );
    refused(
        ModifyCacheCluster { snapshot_retention_limit: Some(36), ..none() },
        InvalidParameterValue,
        "Invalid value 36 for SnapshotRetentionLimit. Must be between 0 and 35",
    );
    refused(
        ModifyCacheCluster { cache_parameter_group_name: text("nobodys"), ..none() },
        CacheParameterGroupNotFound,
        "CacheParameterGroup not found: nobodys",
    );
    refused(
        ModifyCacheCluster { cache_parameter_group_name: text("default.redis6.x"), ..none() },
        InvalidParameterCombination,
        "Expected a parameter group of family redis7 but found one of family redis6.x",
    );
    refused(
        ModifyCacheCluster { cache_security_group_names: vec!["classic".into()], ..none() },
        InvalidParameterValue,
        "Use of cache security groups is not permitted in this API version for your account.",
    );
    refused(
        ModifyCacheCluster { notification_topic_status: text("loud"), ..none() },
        InvalidParameterValue,
        "Invalid value 'loud' for NotificationTopicStatus. Valid values: active, inactive",
    );
    refused(
        ModifyCacheCluster { notification_topic_status: text("active"), ..none() },
        InvalidParameterCombination,
        "NotificationTopicStatus can only be specified together with NotificationTopicArn.",
    );
    refused(
        ModifyCacheCluster { ip_discovery: text("ipv6"), ..none() },
        InvalidParameterCombination,
        "IpDiscovery ipv6 is not supported with NetworkType ipv4.",
    );
}

#[test]
fn node_counts_are_refused() {
    refused(
        ModifyCacheCluster { num_cache_nodes: Some(2), ..none() },
        InvalidParameterValue,
        "NumCacheNodes should be 1 if engine is redis",
    );
    refused(
        ModifyCacheCluster { cache_node_ids_to_remove: vec!["0001".into()], ..none() },
        InvalidParameterCombination,
        "The number of CacheNodeIdsToRemove (1) must equal the number of nodes to remove (0).",
    );
    refused(
        ModifyCacheCluster { cache_node_ids_to_remove: vec!["0002".into()], ..none() },
        InvalidParameterValue,
        "Cache node 0002 is not found in cache cluster my-cache.",
    );
    refused(
        ModifyCacheCluster { az_mode: text("cross-az"), ..none() },
        InvalidParameterCombination,
        "AZMode cross-az requires more than one cache node.",
    );
    refused(
        ModifyCacheCluster { new_availability_zones: vec!["us-east-1a".into()], ..none() },
        InvalidParameterCombination,
        "NewAvailabilityZones can only be specified together with a larger NumCacheNodes.",
    );
    let on_memcached = |number| {
        let request = ModifyCacheCluster { num_cache_nodes: Some(number), ..none() };
        modify(&request, &available(&memcached()), &world().surroundings(), now()).unwrap_err()
    };
    assert_eq!(on_memcached(61).kind(), NodeQuotaForClusterExceeded);
}

#[test]
fn engines_move_upward_if_at_all() {
    let version = |version: &str| ModifyCacheCluster { engine_version: text(version), ..none() };
    refused(
        version("6.2"),
        InvalidParameterCombination,
        "Cannot downgrade from version 7.1.0 to version 6.2.6.",
    );
    refused(version("7.9"), InvalidParameterCombination, "Cannot find version 7.9 for redis");
    refused(
        ModifyCacheCluster { engine: text("valkey"), engine_version: text("8.0"), ..none() },
        InvalidParameterCombination,
        "Cannot modify the engine of cache cluster my-cache from redis to valkey.",
    );
    let old = CreateCacheCluster { engine_version: text("6.2"), ..guide() };
    let upgraded = ModifyCacheCluster { apply_immediately: Some(true), ..version("7.0") };
    let change = modify(&upgraded, &available(&old), &world().surroundings(), now()).unwrap();
    assert_eq!(change.spec.engine_version, "7.0.7");
    assert_eq!(
        change.spec.cache_parameter_group_name.as_str(),
        "default.redis7",
        "the family's default follows"
    );
    let waits = modify(&version("7.0"), &available(&old), &world().surroundings(), now()).unwrap();
    assert_eq!(waits.spec.engine_version, "6.2.6");
    assert_eq!(waits.pending.into_inner().engine_version.unwrap().full, "7.0.7");
}

#[test]
fn node_types_exist_and_fit() {
    let node_type = |name: &str| ModifyCacheCluster { cache_node_type: text(name), ..none() };
    refused(node_type("cache.big"), InvalidParameterValue, "Invalid cache node type: cache.big");
    refused(
        node_type("cache.m8g.large"),
        InvalidParameterCombination,
        "Cache node type cache.m8g.large is not supported for engine redis version 7.1.0.",
    );
    let larger = ModifyCacheCluster { apply_immediately: Some(true), ..node_type("cache.m7g.large") };
    let larger = modify(&larger, &available(&guide()), &world().surroundings(), now()).unwrap();
    assert_eq!(larger.spec.cache_node_type.as_str(), "cache.m7g.large");
    let memcached = CreateCacheCluster { engine: text("memcached"), ..guide() };
    assert_eq!(
        modify(&node_type("cache.m7g.large"), &available(&memcached), &world().surroundings(), now()),
        Err(Rejection::NotForMemcached("CacheNodeType"))
    );
}

#[test]
fn auth_is_not_changed_without_tls() {
    let auth = |token: Option<&str>, strategy: Option<&str>| ModifyCacheCluster {
        auth_token: token.and_then(secret),
        auth_token_update_strategy: strategy.map(str::to_owned),
        ..none()
    };
    let needs_tls = "AuthToken is only supported when encryption-in-transit is enabled.";
    refused(auth(Some("my-secret-token"), Some("SET")), InvalidParameterCombination, needs_tls);
    refused(auth(None, Some("DELETE")), InvalidParameterCombination, needs_tls);
    refused(auth(Some("short"), None), InvalidParameterValue, "Invalid AuthToken provided.");
    refused(
        auth(None, Some("ROTATE")),
        InvalidParameterCombination,
        "AuthTokenUpdateStrategy can only be specified together with AuthToken.",
    );
    refused(
        auth(None, Some("GUESS")),
        InvalidParameterValue,
        "Invalid value 'GUESS' for AuthTokenUpdateStrategy. Valid values: SET, ROTATE, DELETE",
    );
}

#[test]
fn a_token_is_rotated_then_set_and_told_while_under_way() {
    let mut cluster = available(&guide());
    let token = |text: &str, strategy: Option<&str>| ModifyCacheCluster {
        auth_token: secret(text),
        auth_token_update_strategy: strategy.map(str::to_owned),
        ..none()
    };
    cluster.spec.transit_encryption = crate::network::TransitEncryption::Required;
    cluster.spec.auth = secret("my-secret-token").as_ref().map(Auth::new).map(Box::new);
    let refusal = |cluster: &_, request| {
        modify(&request, cluster, &world().surroundings(), now()).unwrap_err().to_string()
    };
    assert_eq!(
        refusal(&cluster, token("a-second-secret-token", Some("SET"))),
        "AuthTokenUpdateStrategy SET is only supported after ROTATE."
    );
    let delete = ModifyCacheCluster { auth_token_update_strategy: text("DELETE"), ..none() };
    assert_eq!(refusal(&cluster, delete), "Auth token update strategy delete is not supported currently");
    for (strategy, status, tokens) in
        [(None, AuthTokenStatus::Rotating, 2), (Some("SET"), AuthTokenStatus::Setting, 1)]
    {
        let change =
            modify(&token("a-second-secret-token", strategy), &cluster, &world().surroundings(), now())
                .unwrap();
        cluster.modify(change, Vec::new()).unwrap();
        assert_eq!((cluster.status(), cluster.auth_under_way), ("modifying", Some(status)));
        let steps = crate::plan::plan(&cluster, |_, _| crate::plan::Observed::Answering);
        assert_eq!(steps, [Step::Admit(cluster.nodes[0].id), Step::Settle]);
        let steps = crate::plan::plan(&cluster, |_, _| crate::plan::Observed::Starting);
        assert_eq!(
            steps,
            [Step::AwaitAnswer(cluster.nodes[0].id), Step::Settle],
            "it is told when it answers"
        );
        cluster.settle(&BTreeMap::new(), now()).unwrap();
        let auth = cluster.spec.auth.clone().unwrap();
        assert_eq!(
            (auth.tokens.len(), cluster.auth_under_way, auth.modified_at),
            (tokens, None, Some(now()))
        );
    }
}

#[test]
fn what_is_not_built_is_refused_by_name() {
    let log = LogDeliveryConfigurationRequest::default();
    for (request, what) in [
        (ModifyCacheCluster { log_delivery_configurations: vec![log], ..none() }, Unbuilt::LogDelivery),
        (ModifyCacheCluster { scale_config: Some(ScaleConfig::default()), ..none() }, Unbuilt::ScaleConfig),
    ] {
        assert_eq!(
            modify(&request, &available(&guide()), &world().surroundings(), now()),
            Err(Rejection::NotYet(what))
        );
    }
}

#[test]
fn only_available_clusters_are_modified() {
    let refusal = modify(&none(), &creating(&guide()), &world().surroundings(), now()).unwrap_err();
    assert_eq!(refusal.kind(), InvalidCacheClusterState);
    assert_eq!(
        refusal.to_string(),
        "Cache cluster my-cache has status creating which is not valid for modification."
    );
}

#[test]
fn memcached_is_modified_by_its_own_rules() {
    let on_memcached = |request| modify(&request, &available(&memcached()), &world().surroundings(), now());
    for (request, parameter) in [
        (ModifyCacheCluster { snapshot_window: text("05:00-06:00"), ..none() }, "SnapshotWindow"),
        (ModifyCacheCluster { snapshot_retention_limit: Some(1), ..none() }, "SnapshotRetentionLimit"),
    ] {
        assert_eq!(on_memcached(request), Err(Rejection::NotForMemcached(parameter)));
    }
    let window = ModifyCacheCluster { preferred_maintenance_window: text("tue:09:00-tue:10:00"), ..none() };
    assert!(on_memcached(window).is_ok());
}
