use std::collections::BTreeMap;

use super::validate::{Present, Users, create, delete, keeps, modify, tagging};
use super::*;
use crate::quota::Quotas;
use crate::rejection::{Rejection, RejectionKind};
use crate::user::{AccessString, Authentication, UserPhase};

const ROOM: Present = Present { groups: 0, id_is_taken: false, quotas: Quotas::Aws };

struct Known(BTreeMap<UserId, User>);

impl Users for Known {
    fn user(&self, id: &UserId) -> Option<User> {
        self.0.get(id).cloned()
    }
}

fn user(id: &str, name: &str, engine: UserEngine, authentication: Authentication) -> User {
    User {
        scope: Scope::for_tests(),
        id: id.parse().unwrap(),
        name: name.to_owned(),
        engine,
        access_string: AccessString::everything(),
        authentication,
        phase: UserPhase::Active,
        tags: Tags::default(),
    }
}

/// `default` and `open`, who have no password; `shut`, named default too, `one`, `twin` of its name, and `valkey`.
fn known() -> Known {
    use Authentication::{Iam, NoPassword};
    use UserEngine::{Redis, Valkey};
    let users = [
        User::default_of(&Scope::for_tests()),
        user("shut", "default", Redis, Iam),
        user("open", "open", Redis, NoPassword),
        user("one", "one", Redis, Iam),
        user("twin", "one", Redis, Iam),
        user("valkey", "valkey", Valkey, Iam),
    ];
    Known(users.into_iter().map(|user| (user.id.clone(), user)).collect())
}

fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

fn made(engine: &str, users: &[&str]) -> Result<UserGroup, Rejection> {
    let request = CreateUserGroup {
        user_group_id: Some("apps".into()),
        engine: Some(engine.into()),
        user_ids: ids(users),
        ..CreateUserGroup::default()
    };
    create(&request, Scope::for_tests(), &known(), ROOM)
}

fn changed(
    group: &UserGroup,
    add: &[&str],
    remove: &[&str],
    engine: Option<&str>,
) -> Result<UserGroup, Rejection> {
    let request = ModifyUserGroup {
        user_ids_to_add: ids(add),
        user_ids_to_remove: ids(remove),
        engine: engine.map(str::to_owned),
    };
    modify(&request, group, &known(), Quotas::Aws)
}

#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T, Rejection>, kind: RejectionKind, text: &str) {
    let rejection = answer.expect_err("a broken rule");
    assert_eq!((rejection.kind(), rejection.to_string().as_str()), (kind, text));
}

fn members(group: &UserGroup) -> Vec<&str> {
    group.user_ids.iter().map(UserId::as_str).collect()
}

#[test]
fn a_group_is_creating_then_active() {
    let group = made("Redis", &["one", "default"]).unwrap();
    assert_eq!((group.phase.status(), members(&group)), ("creating", vec!["one", "default"]));
    assert_eq!(group.arn().to_string(), "arn:aws:elasticache:us-east-1:000000000000:usergroup:apps");
    assert_eq!(tagging(&group).unwrap_err().kind(), RejectionKind::UserGroupNotFound);
    let group = group.settled();
    assert_eq!(group.phase.status(), "active");
    assert!(tagging(&group).is_ok());
    let least = |group: &UserGroup| {
        let users = known();
        group.minimum_engine_version(group.user_ids.iter().filter_map(|id| users.0.get(id))).as_str()
    };
    assert_eq!(least(&group), "7.0", "an IAM user asks for it");
    assert_eq!(least(&made("redis", &["default", "open"]).unwrap()), "6.0");
    assert_eq!(least(&made("valkey", &[]).unwrap()), "7.2");
}

#[test]
fn who_can_be_together_depends_on_the_engine() {
    use RejectionKind as K;
    let required = "User group needs to contain a user with the user name default.";
    refused(made("redis", &[]), K::DefaultUserRequired, required);
    refused(made("redis", &["one"]), K::DefaultUserRequired, required);
    assert!(made("redis", &["shut", "valkey"]).is_ok(), "anybody named default will do");
    assert!(made("valkey", &["one", "valkey"]).is_ok());
    refused(
        made("valkey", &["default"]),
        K::InvalidParameterValue,
        "User default cannot be in a user group of engine valkey: its authentication type is no-password.",
    );
    refused(
        made("redis", &["default", "one", "twin"]),
        K::DuplicateUserName,
        "User group cannot contain more than one user with the user name one.",
    );
    refused(made("redis", &["default", "nobody"]), K::UserNotFound, "User nobody not found.");
    refused(
        made("redis", &["default", "default"]),
        K::InvalidParameterValue,
        "User default is specified more than once.",
    );
    refused(
        made("memcached", &["default"]),
        K::InvalidParameterValue,
        "Invalid value 'memcached' for Engine. Valid values: redis, valkey",
    );
}

#[test]
fn what_an_account_may_have_is_limited() {
    let request = CreateUserGroup {
        user_group_id: Some("apps".into()),
        engine: Some("valkey".into()),
        ..CreateUserGroup::default()
    };
    let with = |present| create(&request, Scope::for_tests(), &known(), present);
    refused(
        with(Present { id_is_taken: true, ..ROOM }),
        RejectionKind::UserGroupAlreadyExists,
        "User group apps already exists.",
    );
    refused(
        with(Present { groups: 200, ..ROOM }),
        RejectionKind::UserGroupQuotaExceeded,
        "You have already reached your quota of 200 user groups in this region.",
    );
    let names: Vec<String> = (0..101).map(|n| format!("u{n}")).collect();
    let crowd = names.iter().map(|name| user(name, name, UserEngine::Valkey, Authentication::Iam));
    let crowd = Known(crowd.map(|user| (user.id.clone(), user)).collect());
    let full = CreateUserGroup { user_ids: names, ..request.clone() };
    refused(
        create(&full, Scope::for_tests(), &crowd, ROOM),
        RejectionKind::UserQuotaExceeded,
        "User group quota exceeded. Each user group can have at most 100 users.",
    );
    let bad = CreateUserGroup { user_group_id: Some("1apps".into()), ..request };
    assert_eq!(
        create(&bad, Scope::for_tests(), &known(), ROOM).unwrap_err(),
        Rejection::BadIdentifier("UserGroupId")
    );
}

#[test]
fn a_change_is_pending_and_then_in_force() {
    let group = made("redis", &["default"]).unwrap().settled();
    let changing = changed(&group, &["shut", "one"], &["default"], None).unwrap();
    assert_eq!((changing.phase.status(), members(&changing)), ("modifying", vec!["default"]));
    let UserGroupPhase::Modifying(pending) = &changing.phase else { panic!("{changing:?}") };
    assert_eq!((pending.add.len(), pending.remove.len()), (2, 1));
    refused(
        changed(&changing, &["open"], &[], None),
        RejectionKind::InvalidUserGroupState,
        "User group apps has status modifying which is not valid for modification.",
    );
    assert_eq!(delete(&changing, &[]).unwrap_err().kind(), RejectionKind::InvalidUserGroupState);
    let settled = changing.settled();
    assert_eq!((settled.phase.status(), members(&settled)), ("active", vec!["shut", "one"]));
    let valkey = changed(&settled, &[], &[], Some("valkey")).unwrap().settled();
    assert_eq!(valkey.engine, UserEngine::Valkey);
    assert_eq!(changed(&valkey, &[], &[], Some("redis")).unwrap_err(), UserGroupRejection::EngineBack.into());
    assert_eq!(members(&changed(&valkey, &[], &["shut"], None).unwrap().settled()), ["one"]);
}

#[test]
fn a_change_keeps_the_rules() {
    use RejectionKind as K;
    let group = made("redis", &["default", "one"]).unwrap().settled();
    refused(
        changed(&group, &[], &["default"], None),
        K::DefaultUserRequired,
        "User group needs to contain a user with the user name default.",
    );
    refused(
        changed(&group, &["twin"], &[], None),
        K::DuplicateUserName,
        "User group cannot contain more than one user with the user name one.",
    );
    refused(
        changed(&group, &[], &["open"], None),
        K::InvalidParameterValue,
        "User open is not a member of user group apps.",
    );
    refused(
        changed(&group, &["one"], &[], None),
        K::InvalidParameterValue,
        "User one is already a member of user group apps.",
    );
    refused(
        changed(&group, &["one"], &["one"], None),
        K::InvalidParameterValue,
        "User one is specified more than once.",
    );
    refused(changed(&group, &["nobody"], &[], None), K::UserNotFound, "User nobody not found.");
    refused(
        changed(&group, &[], &[], None),
        K::InvalidParameterCombination,
        "At least one of UserIdsToAdd, UserIdsToRemove and Engine must be specified.",
    );
    assert_eq!(
        changed(&group, &[], &[], Some("valkey")).unwrap_err(),
        UserGroupRejection::NoPasswordInValkey("default".into()).into()
    );
    let users = known();
    let open = &users.0[&"open".parse::<UserId>().unwrap()];
    assert!(keeps(&group, open).is_ok());
    assert!(keeps(&made("valkey", &["one"]).unwrap(), open).is_err());
}

#[test]
fn a_group_that_is_used_stays_and_a_user_that_is_gone_leaves_it() {
    let group = made("redis", &["default", "one"]).unwrap().settled();
    refused(
        delete(&group, &["orders".into(), "carts".into()]),
        RejectionKind::InvalidUserGroupState,
        "User group apps cannot be deleted because it is associated with orders, carts.",
    );
    assert_eq!(delete(&group, &[]).unwrap().phase.status(), "deleting");
    assert_eq!(members(&group.without(&"one".parse().unwrap())), ["default"]);
}
