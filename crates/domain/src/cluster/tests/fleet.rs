//! Fleets: nodes that join and leave, and what waits for the maintenance window.

use super::*;
use crate::cluster::validate::Change;
use crate::rejection::Rejection;

fn fleet(nodes: i32) -> CacheCluster {
    let engine = Some("memcached".into());
    available(&CreateCacheCluster { engine, num_cache_nodes: Some(nodes), ..guide() })
}

fn request(nodes: i32) -> ModifyCacheCluster {
    ModifyCacheCluster { num_cache_nodes: Some(nodes), ..Default::default() }
}

fn without(nodes: i32, removed: &[&str]) -> ModifyCacheCluster {
    let removed = removed.iter().map(|id| (*id).to_owned()).collect();
    ModifyCacheCluster { cache_node_ids_to_remove: removed, ..request(nodes) }
}

fn at_once(request: ModifyCacheCluster) -> ModifyCacheCluster {
    ModifyCacheCluster { apply_immediately: Some(true), ..request }
}

fn put_in_force(cluster: &mut CacheCluster, change: Change) -> Result<String, Rejection> {
    let world = world();
    let taken = cluster.nodes.iter().map(|node| node.address).collect();
    let added = change.place(cluster, world.surroundings().ground(&change.spec, &taken))?;
    Ok(told(cluster.modify(change, added).expect("validation has asked the phase")))
}

fn ask(cluster: &mut CacheCluster, request: ModifyCacheCluster) -> Result<String, Rejection> {
    let change = validate::modify(&request, cluster, &world().surroundings(), now())?;
    put_in_force(cluster, change)
}

/// Status, count, pending count with the ids to remove, the list that clients are told, and the nodes.
fn shown(cluster: &CacheCluster) -> String {
    let pending = cluster.pending_nodes().map_or("-".to_owned(), |(count, removed)| {
        let removed: Vec<_> = removed.iter().map(ToString::to_string).collect();
        format!("{count}[{}]", removed.join(" "))
    });
    let nodes: Vec<_> =
        cluster.nodes.iter().map(|n| format!("{} {}", n.id.number(), n.state.status())).collect();
    let listed: Vec<_> = cluster.listed().map(|node| node.id.number().to_string()).collect();
    format!(
        "{} {} pending {pending} | list {}: {} | {}",
        cluster.status(),
        cluster.num_cache_nodes(),
        cluster.discovery_version,
        listed.join(" "),
        nodes.join(", ")
    )
}

fn settled(cluster: &mut CacheCluster) -> String {
    told(cluster.settle(&BTreeMap::new(), now()).expect("a phase with nodes"))
}

#[test]
fn a_fleet_grows_beside_what_serves() {
    let mut cluster = fleet(2);
    assert_eq!(ask(&mut cluster, at_once(request(4))).unwrap(), "Increasing number of requested nodes");
    assert_eq!(
        shown(&cluster),
        "modifying 2 pending 4[] | list 1: 1 2 | 1 available, 2 available, 3 creating, 4 creating"
    );
    assert_eq!(cluster.next_discovery_version(), 3, "what is told of them before they settle");
    let events = settled(&mut cluster);
    let zone = &cluster.nodes[0].availability_zone;
    assert_eq!(
        events,
        format!(
            "Added cache node 0003 in availability zone {zone}; Added cache node 0004 in availability zone {zone}; \
             Finished modifying number of nodes from 2 to 4"
        )
    );
    assert_eq!(
        shown(&cluster),
        "available 4 pending - | list 3: 1 2 3 4 | 1 available, 2 available, 3 available, 4 available"
    );
    assert_eq!(settled(&mut cluster), "");
}

#[test]
fn a_fleet_shrinks_by_the_nodes_named_and_their_numbers_are_given_again() {
    let mut cluster = fleet(4);
    let events = ask(&mut cluster, at_once(without(2, &["0001", "0003"]))).unwrap();
    assert_eq!(events, "Decreasing number of requested nodes");
    assert_eq!(
        shown(&cluster),
        "modifying 4 pending 2[0001 0003] | list 3: 2 4 | 1 deleting, 2 available, 3 deleting, 4 available"
    );
    assert_eq!(
        settled(&mut cluster),
        "Removed cache node 0001; Removed cache node 0003; Finished modifying number of nodes from 4 to 2"
    );
    ask(&mut cluster, at_once(request(5))).unwrap();
    assert_eq!(
        shown(&cluster),
        "modifying 2 pending 5[] | list 3: 2 4 | 1 creating, 2 available, 3 creating, 4 available, 5 creating"
    );
}

#[test]
fn nodes_that_do_not_come_up_leave_again() {
    let mut cluster = fleet(1);
    assert_eq!(cluster.give_up_joining("no image"), None);
    ask(&mut cluster, at_once(request(3))).unwrap();
    let event = cluster.give_up_joining("no image").unwrap();
    assert_eq!(event.to_string(), "Failed to add cache nodes 0002, 0003: no image");
    assert_eq!(settled(&mut cluster), "Removed cache node 0002; Removed cache node 0003");
    assert_eq!(shown(&cluster), "available 1 pending - | list 1: 1 | 1 available");
}

#[test]
fn a_resizing_waits_and_the_newest_request_counts() {
    let mut cluster = fleet(3);
    let mut after = |request| {
        assert_eq!(ask(&mut cluster, request).unwrap(), "", "nothing is done yet");
        shown(&cluster).split(" |").next().unwrap().to_owned()
    };
    assert_eq!(after(request(5)), "available 3 pending 5[]");
    assert_eq!(after(request(6)), "available 3 pending 6[]", "a create is added to a pending create");
    assert_eq!(after(request(4)), "available 3 pending 4[]");
    assert_eq!(
        after(without(2, &["0002"])),
        "available 3 pending 2[0002]",
        "a delete replaces a pending create"
    );
    assert_eq!(after(without(1, &["0002", "0003"])), "available 3 pending 1[0002 0003]");
    assert_eq!(after(request(4)), "available 3 pending 4[]", "a create replaces a pending delete");
    assert_eq!(after(ModifyCacheCluster::default()), "available 3 pending 4[]", "nothing asked");
    assert_eq!(after(request(3)), "available 3 pending -", "the number that is there cancels");
    assert_eq!(after(request(5)), "available 3 pending 5[]");
    let nothing = at_once(ModifyCacheCluster::default());
    assert_eq!(ask(&mut cluster, nothing).unwrap(), "Increasing number of requested nodes", "what waited");
    assert!(cluster.pending.is_empty());
}

#[test]
fn zones_of_new_nodes_are_asked_for_and_waited_with() {
    let mut cluster = fleet(1);
    let zones = |nodes, zones: &[&str]| ModifyCacheCluster {
        new_availability_zones: zones.iter().map(|zone| (*zone).to_owned()).collect(),
        ..request(nodes)
    };
    let first = cluster.nodes[0].availability_zone.to_string();
    ask(&mut cluster, zones(2, &["us-east-1c"])).unwrap();
    assert_eq!(
        ask(&mut cluster, zones(3, &["us-east-1d", "us-east-1e"])).unwrap_err().to_string(),
        "The number of availability zones (2) must equal the number of cache nodes (1)."
    );
    assert!(matches!(ask(&mut cluster, zones(2, &["us-east-1d"])), Err(Rejection::Needs(..))));
    assert!(matches!(ask(&mut cluster, zones(3, &["us-east-1z"])), Err(Rejection::UnknownZone(_))));
    let single = ModifyCacheCluster { az_mode: Some("single-az".into()), ..zones(3, &["us-east-1d"]) };
    assert_eq!(ask(&mut cluster, single), Err(Rejection::SingleZoneBroken));
    ask(&mut cluster, at_once(zones(3, &["us-east-1d"]))).unwrap();
    let there: Vec<_> = cluster.nodes.iter().map(|node| node.availability_zone.as_str()).collect();
    assert_eq!(there, [first.as_str(), "us-east-1c", "us-east-1d"]);
    assert_eq!(cluster.preferred_availability_zone(), Some("Multiple"));
    settled(&mut cluster);
    ask(&mut cluster, at_once(request(6))).unwrap();
    let zones: std::collections::BTreeSet<_> =
        cluster.nodes.iter().map(|node| node.availability_zone.as_str()).collect();
    assert_eq!(zones.len(), 6, "cross-az fills the zones that have the fewest: {zones:?}");
}

#[test]
fn the_window_puts_in_force_what_waits() {
    let mut cluster = fleet(2);
    cluster.spec.preferred_maintenance_window = "mon:05:00-mon:06:00".parse().unwrap();
    ask(&mut cluster, request(3)).unwrap();
    let due = |cluster: &CacheCluster| cluster.pending.due(&cluster.spec.preferred_maintenance_window);
    // The request came on a Sunday.
    assert_eq!(due(&cluster), Some("2026-03-02T05:00:00Z".parse().unwrap()));
    let change = Change::of_pending(&cluster);
    assert_eq!(put_in_force(&mut cluster, change).unwrap(), "Increasing number of requested nodes");
    assert_eq!(due(&cluster), None);
    assert_eq!(
        shown(&cluster),
        "modifying 2 pending 3[] | list 1: 1 2 | 1 available, 2 available, 3 creating"
    );
}

#[test]
fn new_nodes_keep_to_the_regions_quota_and_subnets() {
    let mut cluster = fleet(2);
    let full = Around { nodes: 299, ..world() };
    let one_more = validate::modify(&request(3), &cluster, &full.surroundings(), now());
    assert!(one_more.is_ok());
    let two_more = validate::modify(&request(4), &cluster, &full.surroundings(), now());
    assert_eq!(two_more, Err(Rejection::NodeQuotaForCustomer(300)));
    let change = one_more.unwrap();
    let mut narrow = world();
    let group = &mut narrow.subnet_group;
    group.subnets.retain(|subnet| subnet.availability_zone == cluster.nodes[0].availability_zone);
    group.subnets[0].cidr = "172.31.0.0/29".parse().unwrap();
    let taken = [4, 5, 6].map(|host| std::net::Ipv4Addr::new(172, 31, 0, host)).into_iter().collect();
    cluster.pending = change.pending;
    let opening = Change::of_pending(&cluster);
    let placed = opening.place(&cluster, narrow.surroundings().ground(&opening.spec, &taken));
    assert!(matches!(placed, Err(Rejection::SubnetFull(_))), "{placed:?}");
}

#[test]
fn a_pending_node_type_blocks_an_upgrade_at_once_and_the_other_way_round() {
    let mut cluster = available(&guide());
    cluster.pending.cache_node_type = Some("cache.m7g.large".parse().unwrap());
    let upgrade = ModifyCacheCluster { engine_version: Some("7.1".into()), ..Default::default() };
    let refusal = ask(&mut cluster, at_once(upgrade.clone())).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "EngineVersion cannot be changed immediately while a change of CacheNodeType is pending."
    );
    assert!(ask(&mut cluster, upgrade).is_ok(), "it can wait as well");
    let (full, requested) = ("7.1.0".into(), "7.1".into());
    let version = Some(PendingVersion { full, requested });
    cluster.pending = PendingModifiedValues { engine_version: version, ..Default::default() }.into();
    let other = ModifyCacheCluster { cache_node_type: Some("cache.t3.micro".into()), ..Default::default() };
    assert!(matches!(ask(&mut cluster, at_once(other)), Err(Rejection::BlockedByPending { .. })));
}
