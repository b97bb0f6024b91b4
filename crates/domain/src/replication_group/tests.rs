//! Groups and their members, as requests and observations change them.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::addresses::Addresses;
use crate::cluster;
use crate::event::{GroupEvent, Told};
use crate::groups::DefaultGroups;
use crate::ids::UserGroupId;
use crate::node::VpcKey;
use crate::quota::Quotas;
use crate::rejection::{Rejection, RejectionKind};
use crate::user::UserEngine;
use crate::user_group::{UserGroup, UserGroupPhase};

/// A world without clusters, whose addresses a test may take.
#[derive(Debug)]
struct World {
    scope: Scope,
    groups: DefaultGroups,
    taken: Addresses,
    user_groups: Vec<UserGroup>,
}

impl Neighbours for World {
    fn cluster(&self, _id: &CacheClusterId) -> Option<&CacheCluster> {
        None
    }

    fn addresses(&self, _vpc: &VpcKey) -> &Addresses {
        &self.taken
    }

    fn user_group(&self, id: &UserGroupId) -> Option<&UserGroup> {
        self.user_groups.iter().find(|group| group.id == *id)
    }
}

impl World {
    fn new() -> Self {
        let scope = Scope::for_tests();
        let groups = DefaultGroups::of(&scope);
        let group = |id: &str, phase, engine| UserGroup {
            scope: scope.clone(),
            id: id.parse().unwrap(),
            engine,
            user_ids: Vec::new(),
            phase,
            tags: Default::default(),
        };
        let user_groups = vec![
            group("team", UserGroupPhase::Active, UserEngine::Redis),
            group("young", UserGroupPhase::Creating, UserEngine::Redis),
            group("valkeys", UserGroupPhase::Active, UserEngine::Valkey),
        ];
        Self { scope, groups, taken: Addresses::default(), user_groups }
    }

    fn full() -> Self {
        let world = Self::new();
        let subnets = world.groups.subnet_group.subnets.iter();
        let taken = subnets.flat_map(|subnet| subnet.cidr.hosts()).collect();
        Self { taken, ..world }
    }

    fn surroundings(&self, draw: u64) -> Surroundings<'_> {
        Surroundings {
            of_clusters: cluster::Surroundings::without_clusters(
                &self.scope,
                &self.groups,
                Quotas::Aws,
                draw,
            ),
            neighbours: self,
            id_is_taken: false,
            test_failovers: 0,
        }
    }

    fn make(
        &self,
        request: &CreateReplicationGroup,
        draw: u64,
    ) -> Result<(ReplicationGroup, Members), Rejection> {
        let world = self.surroundings(draw);
        validate::create(request, &world)?.place(&self.scope, &world, now())
    }
}

mod changes;

fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn asked() -> CreateReplicationGroup {
    CreateReplicationGroup {
        replication_group_id: Some("g".into()),
        replication_group_description: Some("a test's".into()),
        cache_node_type: Some("cache.t3.micro".into()),
        ..Default::default()
    }
}

fn settle(members: &mut Members) {
    members.retain(|_, cluster| cluster.phase != cluster::Phase::Deleting);
    for cluster in members.values_mut() {
        cluster.settle(&BTreeMap::new(), now()).expect("a member settles");
    }
}

/// A group that serves.
fn available(request: &CreateReplicationGroup) -> (ReplicationGroup, Members) {
    let (mut group, mut members) = World::new().make(request, 7).expect("a good request");
    settle(&mut members);
    assert_eq!(group.progress(&members, Replication::InPlace, now()), Some(Progress::Settle));
    group.settle().expect("a new group settles");
    (group, members)
}

#[test]
fn members_need_addresses() {
    let refusal = World::full().make(&asked(), 0).unwrap_err();
    assert_eq!(refusal.kind(), RejectionKind::InvalidVpcNetworkState);
    let (mut group, mut members) = available(&asked());
    let full = World::full();
    let increase = IncreaseReplicaCount {
        new_replica_count: Some(1),
        apply_immediately: Some(true),
        ..Default::default()
    };
    let places = validate::increase(&increase, &group, &full.surroundings(0)).unwrap();
    let refusal = group.add_replicas(&places, &mut members, &full.surroundings(0)).unwrap_err();
    assert_eq!(refusal.kind(), RejectionKind::InvalidVpcNetworkState);
}

#[test]
fn a_member_that_is_not_available_holds_changes_up() {
    let request = CreateReplicationGroup {
        num_cache_clusters: Some(2),
        automatic_failover_enabled: Some(true),
        ..asked()
    };
    let (group, mut members) = available(&request);
    for cluster in members.values_mut() {
        cluster.reboot(&[crate::ids::CacheNodeId::new(1)]).unwrap();
    }
    let world = World::new();
    let windows = ModifyReplicationGroup {
        preferred_maintenance_window: Some("mon:01:00-mon:02:00".into()),
        snapshot_window: Some("05:00-06:00".into()),
        ..Default::default()
    };
    let change = validate::modify(&windows, &group, &members, &world.surroundings(0), now()).unwrap();
    let refusal = group.clone().modify(change, &mut members.clone()).unwrap_err();
    assert_eq!(refusal.kind(), RejectionKind::InvalidCacheClusterState);
    for cluster in members.values_mut() {
        cluster.discard();
    }
    let refusal = group.clone().test_failover(NodeGroupId::FIRST, &members, now()).unwrap_err();
    assert_eq!(refusal.kind(), RejectionKind::InvalidCacheClusterState);
}

#[test]
fn a_group_waits_for_its_primary_and_for_no_other_member() {
    let (mut group, members) = available(&CreateReplicationGroup { num_cache_clusters: Some(2), ..asked() });
    assert!(!group.await_return(&"g-002".parse().unwrap()));
    assert_eq!(group.status(), "available");
    assert!(group.await_return(&"g-001".parse().unwrap()));
    assert_eq!(group.status(), "modifying");
    assert_eq!(group.progress(&members, Replication::UnderWay, now()), None);
    assert_eq!(group.progress(&members, Replication::InPlace, now()), Some(Progress::Settle));
    assert_eq!(group.settle(), Ok(Vec::new()), "nothing is told of it");
}

#[test]
fn user_groups_hold_encryption_where_it_is() {
    let request = CreateReplicationGroup {
        transit_encryption_enabled: Some(true),
        user_group_ids: vec!["team".into()],
        ..asked()
    };
    for (other, said) in [
        ("young", "User group young is not in active state."),
        ("valkeys", "User group valkeys is of engine valkey and can only be used with engine valkey."),
    ] {
        let request = CreateReplicationGroup { user_group_ids: vec![other.into()], ..request.clone() };
        assert_eq!(World::new().make(&request, 0).unwrap_err().to_string(), said);
    }
    let (group, members) = available(&request);
    assert_eq!(group.spec.user_group_ids, ["team"]);
    let world = World::new();
    let modify = |request: ModifyReplicationGroup| {
        validate::modify(&request, &group, &members, &world.surroundings(0), now())
    };
    let unchanged = ModifyReplicationGroup { transit_encryption_enabled: Some(true), ..Default::default() };
    assert_eq!(
        modify(unchanged).unwrap_err().to_string(),
        "Modification of transit encryption is not supported for access control enabled clusters."
    );
    let removed = ModifyReplicationGroup { remove_user_groups: Some(true), ..Default::default() };
    assert!(modify(removed).unwrap().spec.user_group_ids.is_empty());
}

#[test]
fn members_that_cannot_join_leave_again() {
    let (mut group, mut members) = available(&CreateReplicationGroup {
        cache_parameter_group_name: Some("default.redis7.cluster.on".into()),
        ..asked()
    });
    let before = group.node_groups[0].slots.clone();
    let more = ModifyShardConfiguration {
        node_group_count: Some(2),
        apply_immediately: Some(true),
        ..Default::default()
    };
    let world = World::new();
    let change = validate::reshard(&more, &group, &world.surroundings(0)).unwrap();
    group.reshard(&change, &mut members, &world.surroundings(0)).unwrap();
    let new = members.get_mut("g-0002-001").unwrap();
    new.fail("no such image").unwrap();
    let Some(Progress::GiveUp { cause }) = group.progress(&members, Replication::InPlace, now()) else {
        panic!("{group:?}")
    };
    let told = group.give_up_joining(&cause, &mut members);
    assert_eq!(told.len(), 1);
    members.retain(|_, cluster| cluster.phase != cluster::Phase::Deleting);
    assert_eq!(group.progress(&members, Replication::InPlace, now()), Some(Progress::Settle));
    group.settle().unwrap();
    assert_eq!((group.node_groups.len(), &group.node_groups[0].slots), (1, &before));
}

/// A group of so many shards, without replicas.
fn sharded(shards: i32) -> (ReplicationGroup, Members) {
    available(&CreateReplicationGroup {
        num_node_groups: Some(shards),
        replicas_per_node_group: Some(0),
        cache_parameter_group_name: Some("default.redis7.cluster.on".into()),
        ..asked()
    })
}

fn reshard(group: &mut ReplicationGroup, members: &mut Members, request: ModifyShardConfiguration) {
    let world = World::new();
    let request = ModifyShardConfiguration { apply_immediately: Some(true), ..request };
    let change = validate::reshard(&request, group, &world.surroundings(0)).unwrap();
    group.reshard(&change, members, &world.surroundings(0)).unwrap();
    settle(members);
}

/// Gives the resharding up when these of its first move's slots are half over.
fn give_up(group: &mut ReplicationGroup, half: &str) {
    let mut first = group.slot_moves().remove(0);
    first.slots = Slots::try_from(half.to_owned()).unwrap();
    let told = group.give_up_resharding(&first, "it is full");
    assert_eq!(told, [Told::Group(GroupEvent::NotResharded("it is full".into()))]);
}

/// Its shards with their slots, once all its steps are taken; no event tells of an end.
fn after_giving_up(group: &mut ReplicationGroup, members: &mut Members) -> Vec<String> {
    while let Some(progress) = group.progress(members, Replication::InPlace, now()) {
        match progress {
            Progress::MoveSlots => group.slots_arrived(&group.slot_moves().remove(0)),
            Progress::EndResharding => assert_eq!(group.end_resharding(members), []),
            Progress::Settle => drop(group.settle().unwrap()),
            other => panic!("{other:?}"),
        }
        settle(members);
    }
    assert!(group.is_available() && !group.resharding_given_up);
    assert_eq!(members.len(), group.node_groups.len());
    group.node_groups.iter().map(|shard| format!("{} {}", shard.id, shard.slots)).collect()
}

#[test]
fn new_shards_that_got_nothing_leave_again() {
    let (mut group, mut members) = sharded(2);
    let four = || ModifyShardConfiguration { node_group_count: Some(4), ..Default::default() };
    reshard(&mut group, &mut members, four());
    give_up(&mut group, "");
    assert_eq!(after_giving_up(&mut group, &mut members), ["0001 0-8191", "0002 8192-16383"]);
    reshard(&mut group, &mut members, four());
    let mut some = group.slot_moves().remove(0);
    some.slots = some.slots.first(10);
    group.slots_arrived(&some);
    give_up(&mut group, "10-12");
    let left = ["0001 13-8191", "0002 8192-16383", "0005 0-12"];
    assert_eq!(after_giving_up(&mut group, &mut members), left, "what was half over went, with its shard");
}

#[test]
fn a_shard_that_was_to_leave_and_keeps_slots_stays() {
    let (mut group, mut members) = sharded(3);
    let remove = vec!["0001".to_owned(), "0002".to_owned()];
    let one = ModifyShardConfiguration {
        node_group_count: Some(1),
        node_groups_to_remove: remove,
        ..Default::default()
    };
    reshard(&mut group, &mut members, one);
    let first = group.slot_moves().remove(0);
    assert_eq!(first.from, NodeGroupId::FIRST);
    group.slots_arrived(&first);
    let mut half = group.slot_moves().remove(0);
    half.slots = Slots::default();
    group.give_up_resharding(&half, "it is full");
    let left = ["0002 5462-10922", "0003 0-5461,10923-16383"];
    assert_eq!(after_giving_up(&mut group, &mut members), left);
}

#[test]
fn what_is_stored_comes_back() {
    let (group, _) = available(&CreateReplicationGroup {
        auth_token: Some(cluster::Secret("0123456789abcdef".into())),
        transit_encryption_enabled: Some(true),
        ..asked()
    });
    let text = serde_json::to_string(&group).unwrap();
    assert!(!text.contains("0123456789abcdef"), "{text}");
    assert_eq!(serde_json::from_str::<ReplicationGroup>(&text).unwrap(), group);
}

proptest! {
    #[test]
    fn members_are_placed_apart_and_named_once(shards in 1i32..12, replicas in 0i32..=5, draw: u64) {
        let request = CreateReplicationGroup {
            num_node_groups: Some(shards),
            replicas_per_node_group: Some(replicas),
            cache_parameter_group_name: Some("default.redis7.cluster.on".into()),
            ..asked()
        };
        let (group, members) = World::new().make(&request, draw).unwrap();
        let count = usize::try_from(shards * (replicas + 1)).unwrap();
        prop_assert_eq!(members.len(), count, "names are each one's own");
        let addresses: BTreeSet<_> = members.values().map(|cluster| cluster.nodes[0].address).collect();
        prop_assert_eq!(addresses.len(), count);
        for node_group in &group.node_groups {
            let roles = node_group.members.iter().filter(|member| member.role == Role::Primary);
            prop_assert_eq!(roles.count(), 1);
            // us-east-1 has six zones: no two members of a shard share one.
            let zones: BTreeSet<_> = node_group.members.iter().map(|member| &member.availability_zone).collect();
            prop_assert_eq!(zones.len(), node_group.members.len());
            for member in &node_group.members {
                prop_assert_eq!(&members[&member.cluster].nodes[0].availability_zone, &member.availability_zone);
            }
        }
    }

    #[test]
    fn shards_and_replicas_come_and_go_and_slots_stay_whole(steps in proptest::collection::vec((1i32..6, 0i32..=5), 1..6)) {
        let (mut group, mut members) = available(&CreateReplicationGroup {
            cache_parameter_group_name: Some("default.redis7.cluster.on".into()),
            ..asked()
        });
        let world = World::new();
        for (shards, replicas) in steps {
            let world = world.surroundings(3);
            let now_there = i32::try_from(group.node_groups.len()).unwrap();
            let ids: Vec<_> = group.node_groups.iter().map(|shard| shard.id.to_string()).collect();
            let retain = if shards < now_there { ids[..usize::try_from(shards).unwrap()].to_vec() } else { Vec::new() };
            let reshard = ModifyShardConfiguration {
                node_group_count: Some(shards),
                apply_immediately: Some(true),
                node_groups_to_retain: retain,
                ..Default::default()
            };
            if let Ok(change) = validate::reshard(&reshard, &group, &world) {
                group.reshard(&change, &mut members, &world).unwrap();
            }
            run(&mut group, &mut members);
            let (new_replica_count, apply_immediately) = (Some(replicas), Some(true));
            let more = IncreaseReplicaCount { new_replica_count, apply_immediately, ..Default::default() };
            let fewer = DecreaseReplicaCount { new_replica_count, apply_immediately, ..Default::default() };
            if let Ok(places) = validate::increase(&more, &group, &world) {
                group.add_replicas(&places, &mut members, &world).unwrap();
            } else if let Ok(leaving) = validate::decrease(&fewer, &group) {
                group.remove_replicas(&leaving, &mut members).unwrap();
            }
            run(&mut group, &mut members);
            prop_assert_eq!(group.node_groups.len(), usize::try_from(shards).unwrap());
            let slots = group.node_groups.iter().map(|shard| u32::from(shard.slots.count())).sum::<u32>();
            prop_assert_eq!(slots, 16_384);
            prop_assert!(slots::is_uniform(group.node_groups.iter().map(|shard| &shard.slots)));
            let named: BTreeSet<_> = group.members().map(|member| member.cluster.clone()).collect();
            prop_assert_eq!(named, members.keys().cloned().collect());
        }
    }
}

/// Takes the group's steps as the reconciler does, with members that do at once what they shall.
fn run(group: &mut ReplicationGroup, members: &mut Members) {
    loop {
        settle(members);
        match group.progress(members, Replication::InPlace, now()) {
            None => return,
            Some(Progress::MoveSlots) => {
                // A part of the first move, as engines do it.
                let mut some = group.slot_moves().remove(0);
                some.slots = some.slots.first(1000);
                let before = group.resharding().unwrap();
                group.slots_arrived(&some);
                group.slots_arrived(&some);
                assert!((before..=100).contains(&group.resharding().unwrap()));
            }
            Some(Progress::EndResharding) => {
                assert_eq!(group.resharding(), Some(100));
                assert_eq!(group.end_resharding(members), [Told::Group(GroupEvent::Resharded)]);
            }
            Some(Progress::Settle) => drop(group.settle().unwrap()),
            Some(other) => panic!("{other:?}"),
        }
    }
}
