use super::validate::{Surroundings, export, own_name};
use super::*;
use crate::quota::Quotas;
use crate::serverless_cache::CreateServerlessCache;
use crate::serverless_cache::tests::{Around, at, creating, request};

#[test]
fn a_snapshot_has_its_own_name_and_the_services_another() {
    assert_eq!(own_name(Some("Mine"), "N").unwrap().as_str(), "mine");
    assert!(own_name(Some("automatic.mine"), "N").is_err());
    assert!("automatic.mine-2026-03-01-04-30".parse::<ServerlessCacheSnapshotName>().is_ok());
    assert!("other.mine".parse::<ServerlessCacheSnapshotName>().is_err());
    assert!("x".repeat(256).parse::<ServerlessCacheSnapshotName>().is_err());
}

#[test]
fn one_goes_when_its_time_is_over_and_a_copy_does_not() {
    let now = at("2026-03-01T12:00:00Z");
    let mut cache = creating(&CreateServerlessCache { snapshot_retention_limit: Some(1), ..request() });
    let mut snapshot = cache.take_daily_snapshot(now, now);
    assert_eq!(snapshot.progress(now), Some(Progress::Settle));
    snapshot.phase = Phase::Available;
    assert_eq!(snapshot.progress(at("2026-03-02T11:59:59Z")), None);
    assert_eq!(snapshot.progress(at("2026-03-02T12:00:00Z")), Some(Progress::Forget));
    let mut copy = snapshot.copy("mine".parse().unwrap(), None, Tags::default(), now);
    assert_eq!((copy.phase.status(), copy.progress(now)), ("creating", Some(Progress::Settle)));
    copy.phase = Phase::Available;
    assert_eq!(copy.progress(at("2030-01-01T00:00:00Z")), None);
}

#[test]
fn the_quota_counts_the_manual_ones_of_a_day_and_can_be_off() {
    let now = at("2026-03-02T12:00:00Z");
    let mut cache = creating(&request());
    cache.settle();
    let snapshot = |made: &str, snapshot_type| ServerlessCacheSnapshot {
        snapshot_type,
        ..cache.snapshot("s".parse().unwrap(), None, Tags::default(), at(made))
    };
    let all = [
        snapshot("2026-03-01T12:00:00Z", SnapshotType::Manual),
        snapshot("2026-03-01T12:00:01Z", SnapshotType::Manual),
        snapshot("2026-03-02T01:00:00Z", SnapshotType::Automated),
    ];
    assert_eq!(validate::made_in_a_day(&all, &cache.name, now), 1);
    assert_eq!(validate::made_in_a_day(&all, &"other".parse().unwrap(), now), 0);
    let asked = CreateServerlessCacheSnapshot {
        serverless_cache_snapshot_name: Some("one-more".into()),
        ..Default::default()
    };
    for (quotas, made) in [(Quotas::Aws, false), (Quotas::Off, true)] {
        let world = Surroundings { neighbours: &Around, made_in_a_day: 24, quotas };
        assert_eq!(validate::create(&asked, &cache, false, &world, now).is_ok(), made);
    }
}

#[test]
fn a_snapshot_with_a_customers_key_is_not_exported() {
    let cache = creating(&CreateServerlessCache { kms_key_id: Some("mine".into()), ..request() });
    let snapshot = cache.snapshot("s".parse().unwrap(), None, Tags::default(), at("2026-03-01T12:00:00Z"));
    let asked =
        ExportServerlessCacheSnapshot { s3_bucket_name: Some("my.bucket-1".into()), ..Default::default() };
    assert_eq!(export(&asked, &snapshot), Err(ServerlessCacheSnapshotRejection::KeyOnExport.into()));
    for bad in ["ab", "-ab", "ab-", "a..b", "Abc", &"x".repeat(64)] {
        let asked = ExportServerlessCacheSnapshot { s3_bucket_name: Some(bad.into()), ..asked.clone() };
        let refused = ServerlessCacheSnapshotRejection::BadBucket(bad.into());
        assert_eq!(export(&asked, &snapshot), Err(refused.into()));
    }
}
