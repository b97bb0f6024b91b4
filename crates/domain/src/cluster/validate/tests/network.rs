//! What of a create concerns its surroundings: groups, subnets, zones.

use super::*;

#[test]
fn parameter_groups_exist_and_fit() {
    let group = |name: &str| CreateCacheCluster { cache_parameter_group_name: text(name), ..guide() };
    refused(group("nobodys"), CacheParameterGroupNotFound, "CacheParameterGroup not found: nobodys");
    refused(
        group("no_name"),
        InvalidParameterValue,
        "The parameter CacheParameterGroupName is not a valid identifier. Identifiers must begin with a letter; must \
         contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive \
         hyphens.",
    );
    refused(
        group("default.redis6.x"),
        InvalidParameterCombination,
        "Expected a parameter group of family redis7 but found one of family redis6.x",
    );
    refused(
        group("default.redis7.cluster.on"),
        InvalidParameterCombination,
        "Cluster mode should be disabled in parameter group, but found it is enabled.",
    );
    assert_eq!(accepted(group("Default.Redis7")).cache_parameter_group_name.as_str(), "default.redis7");
}

#[test]
fn subnet_groups_exist() {
    let group = |name: &str| CreateCacheCluster { cache_subnet_group_name: text(name), ..guide() };
    refused(group("nobodys"), CacheSubnetGroupNotFound, "Cache subnet group nobodys not found.");
    refused(
        group("no.name"),
        InvalidParameterValue,
        "The parameter CacheSubnetGroupName is not a valid identifier. Identifiers must begin with a letter; must \
         contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive \
         hyphens.",
    );
    assert_eq!(accepted(group("DEFAULT")).cache_subnet_group_name.as_str(), "default");
}

#[test]
fn security_groups_are_the_vpcs() {
    let world = world();
    let default = world.security_groups.keys().next().unwrap().clone();
    let groups = |ids: &[&str]| CreateCacheCluster {
        security_group_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
        ..guide()
    };
    assert_eq!(accepted(guide()).security_group_ids, std::slice::from_ref(&default));
    let twice = groups(&[default.as_str(), default.as_str()]);
    assert_eq!(accepted(twice).security_group_ids, std::slice::from_ref(&default));
    refused(
        groups(&[default.as_str(), "sg-0", "mine"]),
        InvalidParameterValue,
        "Some security groups are invalid: [sg-0, mine]",
    );
    let mut foreign = world;
    foreign.security_groups.insert("sg-1".parse().unwrap(), "vpc-1".parse().unwrap());
    refused_in(
        &foreign,
        &groups(&["sg-1"]),
        InvalidParameterValue,
        "Some security groups are invalid: [sg-1]",
    );
    let bare = Around { default_security_group: None, ..foreign };
    refused_in(&bare, &guide(), InvalidParameterValue, "At least one security group must be provided.");
    refused(
        CreateCacheCluster { cache_security_group_names: vec!["classic".into()], ..guide() },
        InvalidParameterValue,
        "Use of cache security groups is not permitted in this API version for your account.",
    );
}

#[test]
fn zones_exist_and_fit() {
    let zone = |name: &str| CreateCacheCluster { preferred_availability_zone: text(name), ..guide() };
    refused(zone("us-east-1z"), InvalidParameterValue, "us-east-1z is not a valid availability zone.");
    refused(zone("eu-west-1a"), InvalidParameterValue, "eu-west-1a is not a valid availability zone.");
    let mut narrow = world();
    narrow.subnet_group.subnets.truncate(2);
    refused_in(
        &narrow,
        &zone("us-east-1c"),
        InvalidVpcNetworkState,
        "No subnet is present in the cache subnet group for availability zone us-east-1c",
    );
    let zones = |nodes, names: &[&str], mode: Option<&str>| CreateCacheCluster {
        num_cache_nodes: Some(nodes),
        preferred_availability_zones: names.iter().map(|name| (*name).to_owned()).collect(),
        az_mode: mode.map(str::to_owned),
        ..memcached()
    };
    refused(
        zones(1, &["us-east-1a", "us-east-1b"], None),
        InvalidParameterCombination,
        "The number of availability zones (2) must equal the number of cache nodes (1).",
    );
    refused(
        zones(2, &["us-east-1a", "us-east-1b"], Some("single-az")),
        InvalidParameterCombination,
        "AZMode single-az requires all cache nodes in the same availability zone.",
    );
    refused(
        zones(1, &[], Some("cross-az")),
        InvalidParameterCombination,
        "AZMode cross-az requires more than one cache node.",
    );
    refused(
        zones(1, &[], Some("all")),
        InvalidParameterValue,
        "Invalid value 'all' for AZMode. Valid values: single-az, cross-az",
    );
    refused(
        CreateCacheCluster {
            preferred_availability_zone: text("us-east-1a"),
            ..zones(1, &["us-east-1a"], None)
        },
        InvalidParameterCombination,
        "Cannot specify both PreferredAvailabilityZone and PreferredAvailabilityZones.",
    );
    let spec = accepted(zones(1, &["us-east-1b"], None));
    let placed = spec.place(Ground { group: &world().subnet_group, taken: &Addresses::default(), draw: 0 });
    assert_eq!(placed.unwrap()[0].availability_zone.as_str(), "us-east-1b");
}

#[test]
fn full_subnets_are_told() {
    let spec = accepted(guide());
    let mut world = world();
    let group = &mut world.subnet_group;
    group.subnets.truncate(1);
    group.subnets[0].cidr = "172.31.0.0/29".parse().unwrap();
    let id = group.subnets[0].id.clone();
    let taken =
        [4, 5, 6].map(|host| std::net::Ipv4Addr::new(172, 31, 0, host)).into_iter().collect::<Addresses>();
    let refusal = spec.place(Ground { group, taken: &taken, draw: 0 }).unwrap_err();
    assert_eq!(refusal.kind(), InvalidVpcNetworkState);
    assert_eq!(refusal.to_string(), format!("No free IP addresses are left in subnet {id}."));
}

#[test]
fn networks_are_listed_and_agree() {
    let network = |network: Option<&str>, discovery: Option<&str>| CreateCacheCluster {
        network_type: network.map(str::to_owned),
        ip_discovery: discovery.map(str::to_owned),
        ..guide()
    };
    refused(
        network(Some("ipx"), None),
        InvalidParameterValue,
        "Invalid value 'ipx' for NetworkType. Valid values: ipv4, ipv6, dual_stack",
    );
    refused(
        network(None, Some("ipv6")),
        InvalidParameterCombination,
        "IpDiscovery ipv6 is not supported with NetworkType ipv4.",
    );
    not_yet(network(Some("ipv6"), None), Unbuilt::Ipv6);
    not_yet(network(Some("dual_stack"), Some("ipv4")), Unbuilt::Ipv6);
    accepted(network(Some("ipv4"), Some("ipv4")));
}
