use super::validate::{Neighbours, Surroundings, create};
use super::*;
use crate::groups::DefaultGroups;
use crate::quota::Quotas;
use crate::serverless_cache_snapshot::ServerlessCacheSnapshot;

/// An account with nothing but a user group.
#[derive(Debug)]
pub(crate) struct Around;

impl Neighbours for Around {
    fn has_user_group(&self, id: &str) -> bool {
        id.eq_ignore_ascii_case("people")
    }

    fn snapshot(&self, _: &ServerlessCacheSnapshotName) -> Option<&ServerlessCacheSnapshot> {
        None
    }
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A cache that was asked for at noon, creating.
pub(crate) fn creating(request: &CreateServerlessCache) -> ServerlessCache {
    in_world(|world| create(request, world)).expect("a good request")
}

fn in_world<T>(look: impl FnOnce(&Surroundings<'_>) -> T) -> T {
    let scope = Scope::for_tests();
    look(&Surroundings {
        scope: &scope,
        groups: &DefaultGroups::of(&scope),
        neighbours: &Around,
        name_is_taken: false,
        caches: 0,
        quotas: Quotas::Aws,
        draw: 7,
        now: at("2026-03-01T12:00:00Z"),
    })
}

pub(crate) fn request() -> CreateServerlessCache {
    CreateServerlessCache {
        serverless_cache_name: Some("My-Cache".into()),
        engine: Some("valkey".into()),
        ..Default::default()
    }
}

#[test]
fn a_life_has_awss_statuses_and_events() {
    let now = at("2026-03-01T12:00:00Z");
    let mut cache = creating(&request());
    assert_eq!((cache.phase.status(), cache.progress(false, now)), ("creating", Some(Progress::Settle)));
    assert_eq!(cache.settle(), Some(ServerlessCacheEvent::Created));
    assert_eq!((cache.phase.status(), cache.progress(false, now)), ("available", None));
    assert_eq!(cache.settle(), None, "a step that comes twice is one");
    let spec = ServerlessCacheSpec { description: "new".into(), ..cache.spec.clone() };
    for (changed, event) in [
        (Changed::Silently, None),
        (Changed::Limits, Some(ServerlessCacheEvent::LimitsUpdated)),
        (Changed::SecurityGroups, Some(ServerlessCacheEvent::SecurityGroupsUpdated)),
    ] {
        cache.modify(validate::Modification { spec: spec.clone(), changed }, now);
        assert_eq!((cache.phase.status(), cache.progress(true, now)), ("modifying", Some(Progress::Settle)));
        assert_eq!(cache.settle(), event);
    }
    cache.delete();
    assert_eq!((cache.phase.status(), cache.progress(true, now)), ("deleting", None), "its snapshot first");
    assert_eq!(cache.progress(false, now), Some(Progress::Forget));
    assert_eq!(cache.settle(), None);
    assert_eq!(cache.phase, Phase::Deleting);
}

#[test]
fn a_restored_one_says_so() {
    let mut cache = creating(&request());
    cache.restored_from = Some("s".parse().unwrap());
    assert_eq!(cache.settle(), Some(ServerlessCacheEvent::Restored));
}

#[test]
fn a_user_group_is_kept_in_small_letters_and_removed_again() {
    let mut cache = creating(&CreateServerlessCache { user_group_id: Some("People".into()), ..request() });
    assert_eq!(cache.spec.user_group_id.as_deref(), Some("people"));
    cache.settle();
    let asked = |request| in_world(|world| validate::modify(&request, &cache, false, world)).unwrap();
    let same = ModifyServerlessCache { user_group_id: Some("PEOPLE".into()), ..Default::default() };
    assert_eq!(asked(same), None);
    let removed = ModifyServerlessCache { remove_user_group: Some(true), ..Default::default() };
    assert_eq!(asked(removed).unwrap().spec.user_group_id, None);
}

#[test]
fn security_groups_in_another_order_are_the_same() {
    let mut cache = creating(&request());
    cache.settle();
    let group = cache.spec.security_group_ids[0].to_string();
    let twice =
        ModifyServerlessCache { security_group_ids: Some(vec![group.clone(), group]), ..Default::default() };
    let change = in_world(|world| validate::modify(&twice, &cache, false, world));
    assert_eq!(change.unwrap(), None);
}

#[test]
fn an_automatic_snapshot_is_due_once_a_day() {
    let mut cache = creating(&CreateServerlessCache {
        snapshot_retention_limit: Some(2),
        daily_snapshot_time: Some("04:30".into()),
        ..request()
    });
    cache.settle();
    let due = at("2026-03-02T04:30:00Z");
    assert_eq!(cache.daily_due(), Some(due));
    assert_eq!(cache.progress(false, at("2026-03-02T04:29:59Z")), None);
    assert_eq!(cache.progress(true, due), None, "one is being made");
    // Simfra slept for a while.
    let now = at("2026-03-05T01:00:00Z");
    assert_eq!(cache.progress(false, now), Some(Progress::TakeSnapshot(due)));
    let snapshot = cache.take_daily_snapshot(due, now);
    assert_eq!(snapshot.name.as_str(), "automatic.my-cache-2026-03-02-04-30");
    assert_eq!(snapshot.expires_at, Some(at("2026-03-07T01:00:00Z")));
    assert_eq!(cache.daily_due(), Some(at("2026-03-05T04:30:00Z")));
    let spec = ServerlessCacheSpec { snapshot_retention_limit: 0, ..cache.spec.clone() };
    cache.modify(validate::Modification { spec, changed: Changed::Silently }, now);
    assert_eq!(cache.daily_due(), None);
}

#[test]
fn a_row_reads_back_as_it_was_written() {
    let cache = creating(&CreateServerlessCache {
        connection_type: Some("public".into()),
        major_engine_version: Some("9".into()),
        integrations: vec![Some("dynamodb".into())],
        ..request()
    });
    let text = serde_json::to_string(&cache).unwrap();
    assert_eq!(serde_json::from_str::<ServerlessCache>(&text).unwrap(), cache);
}
