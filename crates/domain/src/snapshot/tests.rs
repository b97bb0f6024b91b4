use super::validate::{Asked, Surroundings, of_cluster, own_name};
use super::*;
use crate::cluster::CreateCacheCluster;
use crate::cluster::tests::available;
use crate::quota::Quotas;
use crate::rejection::Rejection;
use crate::replication_group::ClusterMode;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn new(name: &str, now: Timestamp) -> NewSnapshot {
    let request = CreateSnapshot {
        snapshot_name: Some(name.into()),
        cache_cluster_id: Some("my-cache".into()),
        ..Default::default()
    };
    let (new, asked) = validate::create(request, now).unwrap();
    assert_eq!(asked, Asked::Cluster("my-cache".parse().unwrap()));
    new
}

fn world(new: &Snapshot, others: &[Snapshot]) -> Surroundings {
    Surroundings::of(new, false, others, Quotas::Aws)
}

fn cluster(engine: &str) -> crate::cluster::CacheCluster {
    available(&CreateCacheCluster {
        cache_cluster_id: Some("my-cache".into()),
        engine: Some(engine.into()),
        cache_node_type: Some("cache.t3.micro".into()),
        ..Default::default()
    })
}

#[test]
fn a_snapshot_has_its_own_name_and_the_services_another() {
    assert_eq!(own_name(Some("Mine"), "N").unwrap().as_str(), "mine");
    assert!(own_name(Some("automatic.mine"), "N").is_err());
    assert!("automatic.mine-2026-03-01-04-30".parse::<SnapshotName>().is_ok());
    assert!("other.mine".parse::<SnapshotName>().is_err());
    assert!("x".repeat(256).parse::<SnapshotName>().is_err());
}

#[test]
fn a_cluster_or_a_group_is_named() {
    let ask = |cluster: Option<&str>, group: Option<&str>| {
        let request = CreateSnapshot {
            snapshot_name: Some("s".into()),
            cache_cluster_id: cluster.map(str::to_owned),
            replication_group_id: group.map(str::to_owned),
            ..Default::default()
        };
        validate::create(request, Timestamp::UNIX_EPOCH).map(|(_, asked)| asked)
    };
    assert_eq!(ask(None, Some("G")), Ok(Asked::Group("g".parse().unwrap())));
    for group in [None, Some(""), Some("g")] {
        assert_eq!(ask(Some("c"), group), Ok(Asked::Cluster("c".parse().unwrap())));
    }
    for cluster in [None, Some("")] {
        assert_eq!(ask(cluster, None), Err(SnapshotRejection::NoSubject.into()));
    }
}

#[test]
fn memcached_and_t1_nodes_have_none() {
    let now = at("2026-03-01T12:00:00Z");
    let mut old = cluster("redis");
    old.spec.cache_node_type = "cache.t1.micro".parse().unwrap();
    for cluster in [cluster("memcached"), old] {
        let snapshot = new("s", now).of_cluster(&cluster, None);
        let refused = of_cluster(&snapshot, &cluster, None, &world(&snapshot, &[]));
        assert_eq!(refused, Err(Rejection::SnapshotFeature));
    }
}

#[test]
fn the_quota_counts_the_manual_ones_of_a_day() {
    let (cluster, now) = (cluster("valkey"), at("2026-03-02T12:00:00Z"));
    let of = |made| new("s", at(made)).of_cluster(&cluster, None);
    let mut others = vec![of("2026-03-01T12:00:00Z"), of("2026-03-01T12:00:01Z")];
    let automated = Snapshot { snapshot_type: SnapshotType::Automated, ..of("2026-03-02T01:00:00Z") };
    let mut of_another = of("2026-03-02T01:00:00Z");
    of_another.subject = Subject::Group {
        id: "g".parse().unwrap(),
        description: String::new(),
        automatic_failover: Switch::Enabled,
    };
    others.extend([automated, of_another]);
    let snapshot = new("one-more", now).of_cluster(&cluster, None);
    assert_eq!(world(&snapshot, &others).made_in_a_day, 1);
    let world = Surroundings { name_is_taken: false, made_in_a_day: 20, quotas: Quotas::Aws };
    let refused = of_cluster(&snapshot, &cluster, None, &world);
    assert_eq!(refused, Err(SnapshotRejection::NodeQuota(20).into()));
    let off = Surroundings { quotas: Quotas::Off, ..world };
    assert_eq!(of_cluster(&snapshot, &cluster, None, &off), Ok(()));
}

#[test]
fn the_data_is_taken_once() {
    let (cluster, now) = (cluster("redis"), at("2026-03-02T12:00:00Z"));
    let mut snapshot = new("s", now).of_cluster(&cluster, None);
    assert_eq!((snapshot.status(), snapshot.progress(now)), ("creating", Some(Progress::Settle)));
    snapshot.settle(now);
    snapshot.settle(at("2026-03-03T12:00:00Z"));
    assert_eq!((snapshot.status(), snapshot.progress(now)), ("available", None));
    assert_eq!(snapshot.node_snapshots[0].taken, Some(Taken { at: now, bytes: 0 }));
}

#[test]
fn a_snapshot_survives_its_store() {
    let snapshot = new("s", at("2026-03-02T12:00:00Z")).of_cluster(&cluster("redis"), None);
    let text = serde_json::to_string(&snapshot).unwrap();
    assert_eq!(serde_json::from_str::<Snapshot>(&text).unwrap(), snapshot);
}

fn restored(snapshot: &Snapshot, engine: Engine, version: &str, mode: ClusterMode) -> Result<(), String> {
    let mut spec = cluster("redis").spec;
    (spec.engine, spec.engine_version) = (engine, version.into());
    restore::fits(snapshot, &spec, mode, DataTiering::Off).map_err(|refused| refused.to_string())
}

#[test]
fn an_engine_reads_its_own_and_earlier_data() {
    let mut snapshot = new("s", Timestamp::UNIX_EPOCH).of_cluster(&cluster("redis"), None);
    let mut reads = |from: (Engine, &str), to: (Engine, &str)| {
        (snapshot.configuration.engine, snapshot.configuration.engine_version) = (from.0, from.1.into());
        restored(&snapshot, to.0, to.1, ClusterMode::Disabled).is_ok()
    };
    let (redis, valkey) = (Engine::Redis, Engine::Valkey);
    assert!(reads((redis, "6.2.6"), (redis, "6.2.6")));
    assert!(reads((redis, "6.2.6"), (redis, "7.1.0")));
    assert!(!reads((redis, "7.1.0"), (redis, "6.2.6")));
    assert!(reads((redis, "7.1.0"), (valkey, "7.2.6")));
    assert!(reads((valkey, "7.2.6"), (redis, "7.1.0")), "the one way back");
    assert!(!reads((valkey, "7.2.6"), (redis, "7.0.7")));
    assert!(!reads((valkey, "8.0.1"), (redis, "7.1.0")));
    assert!(!reads((valkey, "8.1.0"), (valkey, "8.0.1")));
}

#[test]
fn data_on_disks_stays_on_disks() {
    let mut snapshot = new("s", Timestamp::UNIX_EPOCH).of_cluster(&cluster("redis"), None);
    snapshot.configuration.data_tiering = DataTiering::On;
    assert_eq!(
        restored(&snapshot, Engine::Redis, "7.1.0", ClusterMode::Enabled),
        Err("The snapshot s of a cluster with data tiering can only be restored with data tiering.".into())
    );
    let spec = cluster("redis").spec;
    assert_eq!(restore::fits(&snapshot, &spec, ClusterMode::Disabled, DataTiering::On), Ok(()));
    snapshot.phase = Phase::Available;
    let request = CopySnapshot {
        target_snapshot_name: Some("t".into()),
        target_bucket: Some("my.bucket-1".into()),
        ..Default::default()
    };
    let export = NewCopy::parse(request, Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(export.export(&snapshot), Err(SnapshotRejection::DataTieringOnExport.into()));
}

#[test]
fn what_is_used_stays_until_it_no_longer_is() {
    let now = at("2026-03-02T12:00:00Z");
    let mut snapshot = new("s", now).of_cluster(&cluster("redis"), None);
    snapshot.settle(now);
    snapshot.expires_at = Some(now);
    snapshot.uses = vec![Use::Cluster("c".parse().unwrap())];
    assert_eq!((snapshot.status(), snapshot.progress(now)), ("restoring", None));
    snapshot.uses.push(Use::Copy("t".parse().unwrap()));
    assert_eq!(snapshot.status(), "copying");
    assert!(validate::delete(&snapshot).is_err());
    snapshot.uses.clear();
    assert_eq!((snapshot.status(), snapshot.progress(now)), ("available", Some(Progress::Forget)));
    assert_eq!(validate::delete(&snapshot), Ok(()));
}
