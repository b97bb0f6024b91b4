//! Global datastores' identifiers, statuses, and what happens to members that cannot be made.

use super::*;
use crate::global_replication_group::validate::NewGlobal;
use crate::rejection::RejectionKind;

fn world() -> GlobalReplicationGroup {
    let member = |group: &str, region: &str, role| GlobalMember {
        group: group.parse().unwrap(),
        region: region.parse().unwrap(),
        role,
        state: Association::Associated,
    };
    GlobalReplicationGroup {
        scope: Scope::for_tests(),
        id: "ldgnf-world".parse().unwrap(),
        description: " ".to_owned(),
        phase: Phase::Available,
        members: vec![
            member("second", "eu-west-1", GlobalRole::Secondary),
            member("first", "us-east-1", GlobalRole::Primary),
        ],
        tags: Tags::default(),
    }
}

#[test]
fn an_id_is_a_regions_prefix_and_a_name() {
    let id: GlobalReplicationGroupId = "LDGNF-My-Store".parse().unwrap();
    assert_eq!((id.as_str(), id.region().as_str()), ("ldgnf-my-store", "us-east-1"));
    for bad in
        ["", "ldgnf", "ldgnf-", "ldgnf--a", "ldgnf-1", "xxxxx-a", "-a", &format!("ldgnf-{}", "a".repeat(41))]
    {
        assert!(bad.parse::<GlobalReplicationGroupId>().is_err(), "{bad}");
    }
}

#[test]
fn one_without_secondaries_is_primary_only() {
    let mut global = world();
    assert_eq!(global.status(), "available");
    global.dismiss(&"eu-west-1".parse().unwrap());
    assert_eq!(global.status(), "modifying");
    assert_eq!(global.progress(&[]), Some(Progress::Settle));
    global.members.remove(0);
    global.phase = Phase::Available;
    assert_eq!(global.status(), "primary-only");
    assert_eq!(global.progress(&[]), None);
    global.phase = Phase::Deleting;
    assert_eq!(global.progress(&[]), Some(Progress::Forget));
}

#[test]
fn members_that_are_not_there_leave() {
    let mut global = world();
    global.phase = Phase::Modifying;
    global.settle(&mut []);
    assert!(global.members.is_empty());
}

#[test]
fn a_group_is_asked_for_by_an_id_that_it_can_have() {
    let request = CreateGlobalReplicationGroup {
        global_replication_group_id_suffix: Some("world".into()),
        primary_replication_group_id: Some("-".into()),
        ..CreateGlobalReplicationGroup::default()
    };
    let refusal = NewGlobal::parse(&request, &Scope::for_tests()).unwrap_err();
    assert_eq!(refusal.kind(), RejectionKind::ReplicationGroupNotFound);
}
