//! Whatever combination of settings a group takes, and whatever becomes of its members meanwhile: it is available again, its
//! members are what it says, and where they are not, it says so.

use super::*;
use crate::cluster::{Departure, MoveStage, NodeData, Served};
use crate::engine_version::EngineVersion;
use crate::ids::CacheNodeId;
use crate::parameter_group::ClusterMode as ParameterMode;

const NODE: CacheNodeId = CacheNodeId::new(1);

/// Late enough for any window to have opened.
fn later() -> Timestamp {
    "2026-03-20T12:00:00Z".parse().unwrap()
}

/// What a request says of each setting, by a number each; 0: nothing.
type Settings = (usize, usize, usize, usize, usize, usize, bool);

fn request(
    (version, node_type, primary, mode, failover, multi_az, at_once): Settings,
) -> ModifyReplicationGroup {
    let text =
        |words: &[&str], n: usize| n.checked_sub(1).and_then(|n| words.get(n)).map(|it| (*it).to_owned());
    let (engine, engine_version) = match version {
        1 => (None, Some("7.1")),
        2 => (Some("valkey"), Some("8.0")),
        3 => (Some("valkey"), Some("7.2")),
        _ => (None, None),
    };
    ModifyReplicationGroup {
        engine: engine.map(str::to_owned),
        engine_version: engine_version.map(str::to_owned),
        cache_node_type: text(&["cache.t3.small", "cache.t3.micro", "cache.t3.medium"], node_type),
        primary_cluster_id: text(&["g-001", "g-002"], primary),
        cluster_mode: text(&["compatible", "enabled", "disabled"], mode),
        automatic_failover_enabled: failover.checked_sub(1).map(|on| on == 1),
        multi_az_enabled: multi_az.checked_sub(1).map(|on| on == 1),
        apply_immediately: Some(at_once),
        ..Default::default()
    }
}

/// What is drawn for the members, until nothing is left: then all goes well.
struct Luck<'l>(std::slice::Iter<'l, u8>);

impl Luck<'_> {
    fn draw(&mut self) -> u8 {
        self.0.next().copied().unwrap_or(u8::MAX)
    }
}

/// One step of a member's.
fn get_on(cluster: &mut CacheCluster, is_replica: bool, luck: u8) {
    let stage = cluster.engine_move.as_ref().map(|under_way| (under_way.stage, under_way.data_lies_aside));
    let generation = cluster.nodes[0].generation;
    match (stage, cluster.departure(), luck) {
        (Some((MoveStage::Leaving, _)), _, 0..40) => drop(cluster.abandon_move("it holds too much").unwrap()),
        (_, Some(Departure::Resize), _) => drop(cluster.resized()),
        (_, Some(Departure::HandOver), _) => {
            let data = if is_replica { NodeData::Gone } else { NodeData::Kept };
            drop(cluster.handed_over(NODE, generation, data));
        }
        (Some((MoveStage::Arriving, true)), _, 0..80) => {
            drop(cluster.abandon_move("it cannot read it").unwrap())
        }
        (_, _, 80..120) => drop(cluster.lose(NODE, NodeData::Gone).unwrap()),
        _ => drop(cluster.settle(&BTreeMap::new(), now()).unwrap()),
    }
}

/// One step of the group's; whether there was one.
fn group_gets_on(group: &mut ReplicationGroup, members: &mut Members) -> bool {
    match group.progress(members, Replication::InPlace, later()) {
        None => return false,
        Some(Progress::Settle) => drop(group.settle().unwrap()),
        Some(Progress::Align) => drop(group.align(members)),
        Some(Progress::KeepMode) => assert_ne!(group.keep_mode(members).unwrap(), []),
        Some(Progress::Open) => drop(group.open(members)),
        Some(Progress::FailOver(id)) => {
            let to = match group.node_group(id).unwrap().failover.clone().unwrap() {
                Failover::To(to) | Failover::Back(to) => to,
                Failover::Test => unreachable!("none is tested"),
            };
            drop(group.failed_over(id, &to, members).unwrap());
        }
        Some(other) => panic!("{other:?}"),
    }
    true
}

fn lead(group: &ReplicationGroup, id: &CacheClusterId) -> bool {
    group.members().any(|member| member.cluster == *id && member.role == Role::Primary)
}

/// Until the group rests.
fn run(group: &mut ReplicationGroup, members: &mut Members, luck: &mut Luck<'_>) {
    for _ in 0..300 {
        let moving: Vec<_> = members
            .values()
            .filter(|member| !member.is_available())
            .map(|member| member.id.clone())
            .collect();
        let drawn = luck.draw();
        if !moving.is_empty() {
            let id = &moving[usize::from(drawn) % moving.len()];
            let is_replica = !lead(group, id);
            get_on(members.get_mut(id).unwrap(), is_replica, luck.draw());
        } else if !group_gets_on(group, members) {
            return;
        }
        if drawn.is_multiple_of(3) {
            group_gets_on(group, members);
        }
        if (160..170).contains(&drawn) {
            // A primary is lost, and a replica that is well has its data.
            let heir = group.members().find(|member| {
                member.role == Role::Replica
                    && members.get(&member.cluster).is_some_and(CacheCluster::is_available)
            });
            if let Some(heir) = heir.map(|heir| heir.cluster.clone()) {
                let shard = group.node_group_of(&heir).unwrap().id;
                drop(group.lose_primary(shard, &heir, members));
            }
        }
    }
    panic!("it does not come to rest: {group:#?} {members:#?}");
}

fn check(group: &ReplicationGroup, members: &Members) {
    assert_eq!(group.status(), "available", "{group:#?} {members:#?}");
    let mut some_differ = false;
    for shard in &group.node_groups {
        let served: Vec<_> = shard.members.iter().map(|it| Served::of(&members[&it.cluster].spec)).collect();
        assert!(served.iter().all(|it| !it.differs(&served[0])), "a shard is of one kind: {served:#?}");
        some_differ |= served[0].differs(&Served::of(&group.spec.member));
    }
    assert_eq!(some_differ, group.left_behind(members).is_some());
    assert!(!some_differ || group.node_groups.len() > 1);
    for cluster in members.values() {
        assert_eq!((cluster.is_available(), &cluster.engine_move), (true, &None));
        let spec = &cluster.spec;
        let version = EngineVersion::reported(spec.engine, &spec.engine_version).unwrap();
        let suits = spec.cache_parameter_group_name.as_str().trim_end_matches(".cluster.on");
        assert_eq!(suits, format!("default.{}", version.family));
        let mode = ParameterMode::of(&spec.parameters) == ParameterMode::On;
        assert_eq!(mode, group.spec.cluster_mode.is_on());
    }
}

/// Redis 7.0, whose upgrades there are.
fn begun(shards: i32) -> (ReplicationGroup, Members) {
    let old = CreateReplicationGroup { engine_version: Some("7.0".into()), ..asked() };
    available(&if shards == 0 {
        CreateReplicationGroup { num_cache_clusters: Some(3), automatic_failover_enabled: Some(true), ..old }
    } else {
        CreateReplicationGroup {
            num_node_groups: Some(shards),
            replicas_per_node_group: Some(1),
            cache_parameter_group_name: Some("default.redis7.cluster.on".into()),
            ..old
        }
    })
}

fn change(group: &mut ReplicationGroup, members: &mut Members, request: &ModifyReplicationGroup) -> bool {
    let world = World::new();
    let Ok(change) = validate::modify(request, group, members, &world.surroundings(0), now()) else {
        return false;
    };
    let told = group.modify(change, members);
    assert!(told.is_ok(), "what is accepted is done: {told:?}");
    true
}

proptest! {
    #[test]
    fn every_combination_of_settings_comes_to_an_end(
        shards in 0i32..4,
        requests in proptest::collection::vec((0usize..4, 0usize..4, 0usize..3, 0usize..4, 0usize..3, 0usize..3, any::<bool>()), 1..5),
        luck: Vec<u8>,
    ) {
        let (mut group, mut members) = begun(shards);
        let mut luck = Luck(luck.iter());
        for settings in requests {
            if change(&mut group, &mut members, &request(settings)) && settings.6 {
                run(&mut group, &mut members, &mut luck);
                check(&group, &members);
            }
        }
        // What waits together is put in force together.
        run(&mut group, &mut members, &mut luck);
        check(&group, &members);
        prop_assert!(group.pending.is_empty());
    }
}

/// A group of Redis 7.0 whose members were just told to become 7.1.
fn upgraded(shards: i32) -> (ReplicationGroup, Members) {
    let (mut group, mut members) = begun(shards);
    assert!(change(&mut group, &mut members, &request((1, 0, 0, 0, 0, 0, true))));
    (group, members)
}

fn hand_over(members: &mut Members, id: &str, data: NodeData) {
    let cluster = members.get_mut(id).unwrap();
    let generation = cluster.nodes[0].generation;
    assert_ne!(cluster.handed_over(NODE, generation, data), []);
}

fn versions(members: &Members) -> Vec<&str> {
    members.values().map(|member| member.spec.engine_version.as_str()).collect()
}

#[test]
fn a_replica_that_gives_its_upgrade_up_follows_its_primary_all_the_same() {
    let (mut group, mut members) = upgraded(0);
    let stays = members.get_mut("g-002").unwrap();
    stays.abandon_move("no such image").unwrap();
    let generation = stays.nodes[0].generation;
    hand_over(&mut members, "g-001", NodeData::Kept);
    hand_over(&mut members, "g-003", NodeData::Gone);
    settle(&mut members);
    assert_eq!(versions(&members), ["7.1.0", "7.0.7", "7.1.0"]);
    assert_eq!(group.progress(&members, Replication::UnderWay, now()), Some(Progress::Align));
    let told = group.align(&mut members);
    let [Told::Member(_, said), Told::Member(_, recovers)] = told.as_slice() else { panic!("{told:?}") };
    let said = (said.to_string(), recovers.to_string());
    let expected =
        "It starts anew as what its primary is, redis 7.1.0 on cache.t3.micro, with that one's data";
    assert_eq!(said, (expected.to_owned(), "Recovering cache nodes 0001".to_owned()));
    assert_eq!(members["g-002"].nodes[0].generation, generation.next());
    run(&mut group, &mut members, &mut Luck([].iter()));
    assert_eq!(versions(&members), ["7.1.0"; 3]);
}

#[test]
fn replicas_return_to_what_their_primary_stays() {
    let (mut group, mut members) = upgraded(0);
    hand_over(&mut members, "g-001", NodeData::Kept);
    hand_over(&mut members, "g-002", NodeData::Gone);
    members.get_mut("g-001").unwrap().abandon_move("it cannot read it").unwrap();
    settle(&mut members);
    run(&mut group, &mut members, &mut Luck([].iter()));
    assert_eq!(versions(&members), ["7.0.7"; 3]);
    assert_eq!(group.spec.member.engine_version, "7.0.7", "it can be asked for again");
    assert!(change(&mut group, &mut members, &request((1, 0, 0, 0, 0, 0, true))));
    run(&mut group, &mut members, &mut Luck([].iter()));
    assert_eq!(versions(&members), ["7.1.0"; 3]);
}

#[test]
fn a_shard_that_stays_behind_is_told_and_follows_when_it_is_asked_for_again() {
    let (mut group, mut members) = upgraded(2);
    members.get_mut("g-0002-001").unwrap().abandon_move("it holds too much").unwrap();
    run(&mut group, &mut members, &mut Luck([].iter()));
    assert_eq!(versions(&members), ["7.1.0", "7.1.0", "7.0.7", "7.0.7"]);
    let Some(Told::Group(said)) = group.left_behind(&members) else { panic!("it is told") };
    assert_eq!(
        said.to_string(),
        "Node groups 0002 could not become redis 7.1.0 on cache.t3.micro, and stay what they were: see their members' \
         events, and ask again"
    );
    assert!(change(&mut group, &mut members, &request((1, 0, 0, 0, 0, 0, true))));
    run(&mut group, &mut members, &mut Luck([].iter()));
    assert_eq!(versions(&members), ["7.1.0"; 4]);
    assert_eq!(group.left_behind(&members), None);
}

#[test]
fn a_version_and_a_mode_that_wait_have_one_parameter_group() {
    for [first, second] in [[(2, 0), (0, 1)], [(0, 1), (2, 0)]] {
        let (mut group, mut members) = begun(0);
        for (version, mode) in [first, second] {
            assert!(change(&mut group, &mut members, &request((version, 0, 0, mode, 0, 0, false))));
        }
        let (version, mode) =
            (group.pending.version.as_ref().unwrap(), group.pending.cluster_mode.as_ref().unwrap());
        for name in [&version.cache_parameter_group_name, &mode.cache_parameter_group_name] {
            assert_eq!(name.as_str(), "default.valkey8.cluster.on");
        }
        // The version is taken back.
        let back = ModifyReplicationGroup { engine_version: Some("7.0".into()), ..Default::default() };
        let mut other = (group.clone(), members.clone());
        assert!(change(&mut other.0, &mut other.1, &back));
        assert_eq!(other.0.pending.version, None);
        let mode = other.0.pending.cluster_mode.unwrap();
        assert_eq!(mode.cache_parameter_group_name.as_str(), "default.redis7.cluster.on");
        run(&mut group, &mut members, &mut Luck([].iter()));
        check(&group, &members);
        assert_eq!(group.spec.member.cache_parameter_group_name.as_str(), "default.valkey8.cluster.on");
    }
}

#[test]
fn a_change_of_primary_that_came_about_by_itself_is_not_made_again() {
    let second: CacheClusterId = "g-002".parse().unwrap();
    for asked in [Failover::To(second.clone()), Failover::Test] {
        let (mut group, mut members) = begun(0);
        group.phase = Phase::Modifying;
        group.node_groups[0].failover = Some(asked);
        group.lose_primary(NodeGroupId::FIRST, &second, &mut members).unwrap();
        assert_eq!(group.node_groups[0].failover, None);
        run(&mut group, &mut members, &mut Luck([].iter()));
        assert_eq!(group.node_groups[0].primary().unwrap().cluster, second);
    }
}
