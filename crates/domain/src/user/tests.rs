use super::validate::{Present, create, delete, modify, tagging};
use super::*;
use crate::cluster::Secret;
use crate::quota::Quotas;
use crate::rejection::{Rejection, RejectionKind};

const ROOM: Present = Present { users: 0, id_is_taken: false, quotas: Quotas::Aws };

fn secret(text: &str) -> Secret {
    Secret(text.to_owned())
}

fn request() -> CreateUser {
    CreateUser {
        user_id: Some("app-1".into()),
        user_name: Some("app".into()),
        engine: Some("REDIS".into()),
        access_string: Some("on ~* +@all".into()),
        passwords: vec![secret("correct horse battery".replace(' ', "-").as_str())],
        ..CreateUser::default()
    }
}

fn made(request: &CreateUser) -> Result<User, Rejection> {
    create(request, Scope::for_tests(), ROOM)
}

fn user() -> User {
    made(&request()).unwrap()
}

#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T, Rejection>, kind: RejectionKind, text: &str) {
    let rejection = answer.expect_err("a broken rule");
    assert_eq!((rejection.kind(), rejection.to_string().as_str()), (kind, text));
}

fn mode(kind: Option<&str>, passwords: &[&str]) -> Option<AuthenticationMode> {
    let passwords = passwords.iter().map(|text| secret(text)).collect();
    Some(AuthenticationMode { kind: kind.map(str::to_owned), passwords })
}

const PASSWORD: &str = "abcdefghijklmnop";

#[test]
fn a_user_is_kept_without_its_password() {
    let user = user();
    assert_eq!(user.arn().to_string(), "arn:aws:elasticache:us-east-1:000000000000:user:app-1");
    assert_eq!((user.phase.status(), user.engine.as_str()), ("active", "redis"));
    assert_eq!(user.minimum_engine_version().as_str(), "6.0");
    let kept = serde_json::to_string(&user).unwrap();
    assert!(!kept.contains("correct") && !format!("{user:?}{:?}", request()).contains("correct"), "{kept}");
    let Authentication::Password(hashes) = &user.authentication else { panic!("{user:?}") };
    assert_eq!(hashes[0].as_str().len(), 64);
    let again: User = serde_json::from_str(&kept).unwrap();
    assert_eq!(again, user);
}

#[test]
fn the_default_user_is_open_and_stays() {
    let default = User::default_of(&Scope::for_tests());
    assert!(default.is_default() && default.is_named_default());
    assert_eq!(default.access_string.as_str(), "on ~* +@all");
    assert_eq!(default.authentication.kind(), "no-password");
    let stays = "The user default cannot be modified or deleted.";
    refused(modify(&ModifyUser::default(), &default), RejectionKind::InvalidParameterValue, stays);
    refused(delete(&default, Some("group")), RejectionKind::InvalidParameterValue, stays);
}

#[test]
fn ids_names_and_engines_are_checked() {
    use RejectionKind::InvalidParameterValue as BadValue;
    for id in ["1app", "app-", "a--b", &"a".repeat(41)] {
        let rejection = made(&CreateUser { user_id: Some(id.into()), ..request() }).unwrap_err();
        assert_eq!(rejection, Rejection::BadIdentifier("UserId"), "{id}");
    }
    assert_eq!(
        made(&CreateUser { user_id: Some("App-1".into()), ..request() }).unwrap().id.as_str(),
        "App-1"
    );
    let name = CreateUser { user_name: Some("two words".into()), ..request() };
    assert_eq!(made(&name).unwrap_err().kind(), BadValue);
    refused(
        made(&CreateUser { engine: Some("memcached".into()), ..request() }),
        BadValue,
        "Invalid value 'memcached' for Engine. Valid values: redis, valkey",
    );
    let taken = create(&request(), Scope::for_tests(), Present { id_is_taken: true, ..ROOM });
    refused(taken, RejectionKind::UserAlreadyExists, "User app-1 already exists.");
    let full = create(&request(), Scope::for_tests(), Present { users: 2000, ..ROOM });
    refused(
        full,
        RejectionKind::UserQuotaExceeded,
        "You have already reached your quota of 2000 users in this region.",
    );
    let off = Present { users: 2000, quotas: Quotas::Off, ..ROOM };
    assert!(create(&request(), Scope::for_tests(), off).is_ok());
}

#[test]
fn passwords_keep_their_rule() {
    let with = |passwords: &[&str]| {
        made(&CreateUser { passwords: passwords.iter().map(|text| secret(text)).collect(), ..request() })
    };
    let said = |passwords: &[&str]| with(passwords).unwrap_err().to_string();
    assert!(with(&[PASSWORD, &"x".repeat(128)]).is_ok());
    assert_eq!(said(&["abcdefghijklmno"]), "Passwords length must be between 16-128 characters.");
    assert_eq!(said(&[&"x".repeat(129)]), "Passwords length must be between 16-128 characters.");
    for bad in ["comma,", "quote\"", "slash/", "at@", "two words", "é"] {
        let text = format!("{PASSWORD}{bad}");
        let said = said(&[&text]);
        assert!(said.starts_with("Passwords must contain") && !said.contains(&text), "{said}");
    }
    assert_eq!(
        said(&[PASSWORD, "qrstuvwxyz012345", "0123456789abcdef"]),
        "A user can have at most 2 passwords."
    );
    assert_eq!(said(&[PASSWORD, PASSWORD]), "Passwords must be different from each other.");
}

#[test]
fn each_way_of_authentication_has_its_rules() {
    use RejectionKind::{InvalidParameterCombination as BadPair, InvalidParameterValue as BadValue};
    let with = |authentication_mode, no_password_required, passwords: &[&str]| {
        made(&CreateUser {
            authentication_mode,
            no_password_required,
            passwords: passwords.iter().map(|text| secret(text)).collect(),
            user_name: Some("app-1".into()),
            ..request()
        })
    };
    let kind = |answer: Result<User, Rejection>| answer.unwrap().authentication.kind();
    assert_eq!(kind(with(mode(Some("password"), &[PASSWORD]), Some(false), &[])), "password");
    assert_eq!(kind(with(mode(Some("no-password-required"), &[]), Some(true), &[])), "no-password");
    assert_eq!(kind(with(None, Some(true), &[])), "no-password");
    assert_eq!(kind(with(mode(Some("iam"), &[]), Some(false), &[])), "iam");
    assert_eq!(with(mode(Some("iam"), &[]), None, &[]).unwrap().minimum_engine_version().as_str(), "7.0");
    let none = "No password was provided. If you want to create/update the user without password, please use the \
                NoPasswordRequired flag.";
    refused(with(None, None, &[]), BadValue, none);
    refused(with(None, Some(false), &[]), BadValue, none);
    refused(with(mode(Some("password"), &[]), None, &[]), BadValue, none);
    refused(
        with(mode(None, &[]), None, &[]),
        BadValue,
        "Input Authentication type: null is not in the allowed list: [password,no-password-required,iam]",
    );
    refused(
        with(mode(Some("iam"), &[PASSWORD]), None, &[]),
        BadPair,
        "Password field is not allowed with authentication type: iam",
    );
    refused(
        made(&CreateUser { authentication_mode: mode(Some("iam"), &[]), passwords: vec![], ..request() }),
        BadPair,
        "User Id and User name must be same for authentication type: iam",
    );
    refused(
        with(mode(Some("iam"), &[]), Some(true), &[]),
        BadPair,
        "Cannot specify both AuthenticationMode and NoPasswordRequired.",
    );
    refused(
        with(mode(Some("iam"), &[]), None, &[PASSWORD]),
        BadPair,
        "Cannot specify both AuthenticationMode and Passwords.",
    );
    refused(
        with(None, Some(true), &[PASSWORD]),
        BadPair,
        "Cannot specify both NoPasswordRequired and Passwords.",
    );
    let valkey = CreateUser {
        engine: Some("valkey".into()),
        passwords: vec![],
        no_password_required: Some(true),
        ..request()
    };
    refused(
        made(&valkey),
        BadPair,
        "Users of engine valkey must have the authentication type password or iam.",
    );
}

#[test]
fn a_change_shows_the_new_and_settles() {
    let user = user();
    let change = ModifyUser {
        append_access_string: Some("-flushall".into()),
        engine: Some("valkey".into()),
        passwords: vec![secret(PASSWORD)],
        ..ModifyUser::default()
    };
    let changed = modify(&change, &user).unwrap();
    assert_eq!(changed.phase.status(), "modifying");
    assert_eq!(changed.access_string.as_str(), "on ~* +@all -flushall");
    assert_eq!(changed.minimum_engine_version().as_str(), "7.2");
    assert_ne!(changed.authentication, user.authentication);
    refused(
        modify(&ModifyUser::default(), &changed),
        RejectionKind::InvalidUserState,
        "User app-1 has status modifying which is not valid for modification.",
    );
    assert_eq!(delete(&changed, None).unwrap_err().kind(), RejectionKind::InvalidUserState);
    assert_eq!(tagging(&changed).unwrap_err().kind(), RejectionKind::UserNotFound);
    let settled = changed.settled();
    assert_eq!(settled.phase, UserPhase::Active);
    let back = ModifyUser { engine: Some("redis".into()), ..ModifyUser::default() };
    assert_eq!(modify(&back, &settled).unwrap_err(), UserRejection::EngineBack.into());
    let open = ModifyUser { no_password_required: Some(true), ..ModifyUser::default() };
    assert_eq!(modify(&open, &settled).unwrap_err(), UserRejection::ValkeyNeedsAuthentication.into());
    let both = ModifyUser {
        access_string: Some("on".into()),
        append_access_string: Some("off".into()),
        ..ModifyUser::default()
    };
    assert_eq!(modify(&both, &user).unwrap_err(), Rejection::Exclusive("AccessString", "AppendAccessString"));
    let nothing = modify(&ModifyUser::default(), &user).unwrap().settled();
    assert_eq!(nothing, user);
}

#[test]
fn a_user_without_a_password_gets_one_before_it_needs_one() {
    let open = modify(&ModifyUser { no_password_required: Some(true), ..ModifyUser::default() }, &user());
    let open = open.unwrap().settled();
    let needs = ModifyUser { no_password_required: Some(false), ..ModifyUser::default() };
    assert_eq!(modify(&needs, &open).unwrap_err(), UserRejection::NoPassword.into());
    let given = ModifyUser { passwords: vec![secret(PASSWORD)], ..needs };
    assert_eq!(modify(&given, &open).unwrap().authentication.kind(), "password");
    let iam = ModifyUser { authentication_mode: mode(Some("iam"), &[]), ..ModifyUser::default() };
    assert_eq!(modify(&iam, &open).unwrap_err(), UserRejection::IamName.into());
}

#[test]
fn the_default_of_a_group_cannot_go() {
    assert_eq!(delete(&user(), None).unwrap().phase.status(), "deleting");
    refused(
        delete(&user(), Some("apps")),
        RejectionKind::DefaultUserAssociatedToUserGroup,
        "User is associated to user group apps as a default user and cannot be deleted.",
    );
}

#[test]
fn a_query_asks_by_engine_id_and_filters() {
    let query = |request: DescribeUsers| UserQuery::parse(request);
    let filter = |name: &str, values: &[&str]| Filter {
        name: name.to_owned(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    };
    let by = |filters: Vec<Filter>| query(DescribeUsers { filters, ..DescribeUsers::default() }).unwrap();
    let user = user();
    assert!(by(vec![filter("UserId", &["other", "app-1"]), filter("Engine", &["REDIS"])]).matches(&user));
    assert!(by(vec![filter("UserName", &["app"]), filter("Status", &["active"])]).matches(&user));
    assert!(!by(vec![filter("UserId", &["app-1"]), filter("UserName", &["other"])]).matches(&user));
    let valkey = query(DescribeUsers { engine: Some("VALKEY".into()), ..DescribeUsers::default() }).unwrap();
    assert!(!valkey.matches(&user));
    refused(
        query(DescribeUsers { filters: vec![filter("Colour", &["red"])], ..DescribeUsers::default() }),
        RejectionKind::InvalidParameterValue,
        "Invalid value 'Colour' for Filters.Name. Valid values: UserId, UserName, Engine, Status",
    );
}
