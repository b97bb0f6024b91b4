use domain::cluster::{CreateCacheCluster, Surroundings, validate};
use domain::ec2::{NetworkInterface, SecurityGroup};
use domain::ids::AccountId;
use domain::quota::Quotas;

use super::*;
use crate::store::Change;

fn scope() -> Scope {
    let account: AccountId = "000000000000".parse().unwrap();
    Scope { account, region: "us-east-1".parse().unwrap() }
}

fn cluster(world: &World, id: &str) -> CacheCluster {
    let request = CreateCacheCluster {
        cache_cluster_id: Some(id.to_owned()),
        engine: Some("redis".into()),
        cache_node_type: Some("cache.t3.micro".into()),
        ..Default::default()
    };
    let scope = scope();
    let groups = world.groups(&scope);
    let around = Surroundings::without_clusters(&scope, &groups, Quotas::Aws, 7);
    let (id, spec) = validate::create(&request, &around).unwrap();
    let nodes = spec.place(around.ground(&spec, world.addresses(&spec.vpc))).unwrap();
    CacheCluster::new(scope.clone(), id, spec, nodes)
}

/// What is counted beside the rows is what a look at all of them finds.
fn check(world: &World) {
    let mut anew = World::default();
    for cluster in world.all_clusters() {
        anew.apply(CacheCluster::change(cluster.key(), Some(Arc::clone(cluster))));
    }
    assert_eq!(world.uses(&scope()), anew.uses(&scope()));
}

fn ids<'c>(clusters: impl Iterator<Item = &'c Arc<CacheCluster>>) -> Vec<&'c str> {
    clusters.map(|cluster| cluster.id.as_str()).collect()
}

#[test]
fn what_is_used_follows_every_change_and_its_taking_back() {
    let mut world = World::default();
    let put = |world: &mut World, row: CacheCluster| {
        let undo = world.apply(CacheCluster::change(row.key(), Some(Arc::new(row))));
        check(world);
        undo
    };
    for id in ["a", "b"] {
        let row = cluster(&world, id);
        put(&mut world, row);
    }
    let default: CacheSubnetGroupName = "default".parse().unwrap();
    let (own, subnets): (CacheParameterGroupName, CacheSubnetGroupName) =
        ("own".parse().unwrap(), "mine".parse().unwrap());
    assert_eq!(ids(world.in_subnet_group(&scope(), &default)), ["a", "b"]);
    let before = cluster(&World::default(), "a");
    let group = before.spec.security_group_ids[0].clone();
    let mut moved = before.clone();
    moved.spec.cache_parameter_group_name = own.clone();
    moved.spec.cache_subnet_group_name = subnets.clone();
    moved.spec.security_group_ids = vec!["sg-0a".parse().unwrap()];
    let undo = put(&mut world, moved);
    assert_eq!(ids(world.in_parameter_group(&scope(), &own)), ["a"]);
    assert_eq!(ids(world.in_subnet_group(&scope(), &subnets)), ["a"]);
    assert_eq!(ids(world.in_subnet_group(&scope(), &default)), ["b"]);
    assert!(world.uses_security_group(&scope(), &"sg-0a".parse().unwrap()));
    world.apply(undo);
    check(&world);
    assert!(ids(world.in_parameter_group(&scope(), &own)).is_empty());
    assert!(!world.uses_security_group(&scope(), &"sg-0a".parse().unwrap()));
    assert!(world.uses_security_group(&scope(), &group));
    let gone: Vec<_> = world.all_clusters().map(|row| row.key()).collect();
    let undo: Vec<Change> =
        gone.into_iter().map(|key| world.apply(CacheCluster::change(key, None))).collect();
    assert_eq!(*world.uses(&scope()), Uses::default(), "nobody is left, and nothing of theirs");
    for change in undo.into_iter().rev() {
        world.apply(change);
        check(&world);
    }
    assert_eq!(world.node_count(&scope()), 2);
}

#[test]
fn what_ec2_is_found_by_follows_every_change_and_its_taking_back() {
    let mut world = World::default();
    let (scope, group) = (scope(), SecurityGroup::default_of(&scope()));
    let (vpc, rule) = (group.vpc.clone(), group.rules[0].id.clone());
    let found = |world: &World| {
        let by_name = world.security_group_named(&scope, &vpc, "default").map(|found| found.id.clone());
        let by_rule = world.security_group_of_rule(&scope, &rule).map(|found| found.id.clone());
        (by_name, by_rule, world.security_group_count(&scope), world.security_groups_of(&scope, &vpc).len())
    };
    let id = || Some(group.id.clone());
    assert_eq!(found(&world), (id(), id(), 1, 1), "the default one has no row");
    let mut closed = group.clone();
    closed.rules.clear();
    let undo = world.apply(SecurityGroup::change(closed.key(), Some(Arc::new(closed))));
    assert_eq!(found(&world), (id(), None, 1, 1), "its rule is gone, and not the derived one's again");
    world.apply(undo);
    assert_eq!(found(&world), (id(), id(), 1, 1));
    assert_eq!(*world.uses(&scope), Uses::default());
}

#[test]
fn network_interfaces_are_found_before_and_after_the_first_question() {
    let mut world = World::default();
    let scope = scope();
    let with = |world: &World, by: InterfacesBy| -> Vec<String> {
        let found = world.clusters_with_interfaces(&scope, &by);
        found.iter().map(|cluster| cluster.id.to_string()).collect()
    };
    let put = |world: &mut World, id: &str| {
        let row = cluster(world, id);
        world.apply(CacheCluster::change(row.key(), Some(Arc::new(row.clone()))));
        row
    };
    let a = put(&mut world, "a");
    assert_eq!(with(&world, InterfacesBy::Address(a.nodes[0].address)), ["a"]);
    let b = put(&mut world, "b");
    assert_eq!(with(&world, InterfacesBy::Address(b.nodes[0].address)), ["b"]);
    assert_eq!(with(&world, InterfacesBy::SecurityGroup(a.spec.security_group_ids[0].clone())), ["a", "b"]);
    let id = |row: &CacheCluster| InterfacesBy::Id(NetworkInterface::of(row).next().unwrap().id);
    assert_eq!((with(&world, id(&a)), with(&world, id(&b))), (vec!["a".to_owned()], vec!["b".to_owned()]));
    world.apply(CacheCluster::change(a.key(), None));
    assert!(with(&world, id(&a)).is_empty());
    assert_eq!(with(&world, InterfacesBy::Subnet(b.nodes[0].subnet.clone())), ["b"]);
}
