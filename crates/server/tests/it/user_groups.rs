//! User groups, from creation to deletion, and what they ask of their users.

use aws_sdk_elasticache::Client;
use aws_sdk_elasticache::operation::modify_user_group::builders::ModifyUserGroupFluentBuilder;
use aws_sdk_elasticache::types::{AuthenticationMode, InputAuthenticationType, SourceType, Tag, UserGroup};
use domain::ids::Scope;
use domain::user_group::{PendingChanges, UserGroupPhase};
use server::store::StoreError;

use crate::support::emu::TestEmu;
use crate::support::sdk::refusal;

/// Users who authenticate by IAM, whose names are their ids.
async fn iam_users(client: &Client, ids: &[&str]) {
    let mode = AuthenticationMode::builder().r#type(InputAuthenticationType::Iam).build();
    for id in ids {
        let create =
            client.create_user().user_id(*id).user_name(*id).engine("redis").access_string("on ~* +@all");
        create.authentication_mode(mode.clone()).send().await.unwrap();
    }
}

/// A user by any name, with a password.
async fn named(client: &Client, id: &str, name: &str) {
    let create =
        client.create_user().user_id(id).user_name(name).engine("redis").access_string("on ~* +@all");
    create.passwords("abcdefghijklmnop").send().await.unwrap();
}

fn owned(ids: &[&str]) -> Option<Vec<String>> {
    Some(ids.iter().map(|id| (*id).to_owned()).collect()).filter(|ids: &Vec<String>| !ids.is_empty())
}

async fn group(client: &Client, id: &str) -> UserGroup {
    let found = client.describe_user_groups().user_group_id(id).send().await.unwrap();
    let [group] = found.user_groups() else { panic!("{found:?}") };
    group.clone()
}

#[tokio::test]
async fn a_group_is_made_changed_and_deleted() {
    let emu = TestEmu::start().await;
    let client = emu.client();
    iam_users(&client, &["one", "two"]).await;
    let create = client.create_user_group().user_group_id("apps").engine("REDIS").user_ids("default");
    let made = create.user_ids("one").send().await.unwrap();
    assert_eq!((made.status(), made.engine()), (Some("creating"), Some("redis")));
    assert_eq!(made.user_ids(), ["default", "one"]);
    assert!(made.pending_changes().is_none());
    assert_eq!(made.replication_groups.as_deref(), Some(&[][..]));
    assert_eq!(made.serverless_caches.as_deref(), Some(&[][..]));
    assert_eq!(made.arn(), Some("arn:aws:elasticache:us-east-1:000000000000:usergroup:apps"));
    let found = group(&client, "apps").await;
    assert_eq!((found.status(), found.minimum_engine_version()), (Some("active"), Some("7.0")));
    let user = client.describe_users().user_id("one").send().await.unwrap();
    assert_eq!(user.users()[0].user_group_ids(), ["apps"]);
    let default = client.describe_users().user_id("default").send().await.unwrap();
    assert_eq!(default.users()[0].user_group_ids(), ["apps"]);

    let modify = client.modify_user_group().user_group_id("apps").user_ids_to_add("two");
    let modified = modify.user_ids_to_remove("one").send().await.unwrap();
    assert_eq!(
        (modified.status(), modified.user_ids()),
        (Some("modifying"), &["default", "one"].map(String::from)[..])
    );
    let pending = modified.pending_changes().unwrap();
    assert_eq!(
        (pending.user_ids_to_add(), pending.user_ids_to_remove()),
        (&["two".to_owned()][..], &["one".to_owned()][..])
    );
    let found = group(&client, "apps").await;
    assert_eq!(
        (found.status(), found.user_ids()),
        (Some("active"), &["default", "two"].map(String::from)[..])
    );
    assert!(found.pending_changes().is_none());

    client.delete_user().user_id("two").send().await.unwrap();
    assert_eq!(group(&client, "apps").await.user_ids(), ["default"], "who is gone is in no group");
    let deleted = client.delete_user_group().user_group_id("apps").send().await.unwrap();
    assert_eq!(deleted.status(), Some("deleting"));
    let gone = "404 UserGroupNotFound: User group apps not found.";
    assert_eq!(refusal(client.describe_user_groups().user_group_id("apps").send().await), gone);
    assert_eq!(refusal(client.delete_user_group().user_group_id("apps").send().await), gone);
    let modify = client.modify_user_group().user_group_id("apps").user_ids_to_add("one");
    assert_eq!(refusal(modify.send().await), gone);
    assert!(client.describe_user_groups().send().await.unwrap().user_groups().is_empty());
    let events = client.describe_events().source_type(SourceType::UserGroup).send().await.unwrap();
    let told: Vec<_> = events.events().iter().filter_map(|event| event.message()).collect();
    assert_eq!(told, ["User group deleted", "User group modified", "User group created"]);
}

#[tokio::test]
async fn who_may_be_in_a_group_is_checked_and_a_refusal_changes_nothing() {
    let emu = TestEmu::start().await;
    let client = emu.client();
    iam_users(&client, &["one"]).await;
    named(&client, "twin", "one").await;
    named(&client, "shut", "default").await;
    let create = |engine: &str, users: &[&str]| {
        let create = client.create_user_group().user_group_id("apps").engine(engine);
        create.set_user_ids(owned(users)).send()
    };
    let required = "400 DefaultUserRequired: User group needs to contain a user with the user name default.";
    for (engine, users, expected) in [
        ("redis", &[][..], required),
        ("redis", &["one"], required),
        ("redis", &["default", "nobody"], "404 UserNotFound: User nobody not found."),
        (
            "redis",
            &["default", "one", "twin"],
            "400 DuplicateUserName: User group cannot contain more than one user with the user name one.",
        ),
        (
            "redis",
            &["default", "shut"],
            "400 DuplicateUserName: User group cannot contain more than one user with the user name default.",
        ),
        (
            "redis",
            &["default", "default"],
            "400 InvalidParameterValue: User default is specified more than once.",
        ),
        (
            "valkey",
            &["one", "default"],
            "400 InvalidParameterValue: User default cannot be in a user group of engine valkey: its authentication \
             type is no-password.",
        ),
        (
            "memcached",
            &["default"],
            "400 InvalidParameterValue: Invalid value 'memcached' for Engine. Valid values: redis, valkey",
        ),
    ] {
        assert_eq!(refusal(create(engine, users).await), expected);
    }
    assert!(client.describe_user_groups().send().await.unwrap().user_groups().is_empty());

    create("redis", &["shut"]).await.unwrap();
    assert_eq!(
        refusal(create("redis", &["shut"]).await),
        "400 UserGroupAlreadyExists: User group apps already exists."
    );
}

/// `apps`, a group of Redis with the users `shut`, named default, and `one`; beside it `twin`, named as `one` is.
async fn apps(client: &Client) {
    iam_users(client, &["one"]).await;
    named(client, "twin", "one").await;
    named(client, "shut", "default").await;
    let create = client.create_user_group().user_group_id("apps").engine("redis");
    create.user_ids("shut").user_ids("one").send().await.unwrap();
}

fn modify(client: &Client, add: &[&str], remove: &[&str]) -> ModifyUserGroupFluentBuilder {
    let modify = client.modify_user_group().user_group_id("apps").set_user_ids_to_add(owned(add));
    modify.set_user_ids_to_remove(owned(remove))
}

#[tokio::test]
async fn a_change_that_breaks_a_rule_is_refused_and_changes_nothing() {
    let emu = TestEmu::start().await;
    let client = emu.client();
    apps(&client).await;
    let required = "400 DefaultUserRequired: User group needs to contain a user with the user name default.";
    for (add, remove, expected) in [
        (&[][..], &["shut"][..], required),
        (&["nobody"], &[], "404 UserNotFound: User nobody not found."),
        (
            &["twin"],
            &[],
            "400 DuplicateUserName: User group cannot contain more than one user with the user name one.",
        ),
        (&[], &["twin"], "400 InvalidParameterValue: User twin is not a member of user group apps."),
        (&["one"], &[], "400 InvalidParameterValue: User one is already a member of user group apps."),
        (&["one"], &["one"], "400 InvalidParameterValue: User one is specified more than once."),
        (
            &[],
            &[],
            "400 InvalidParameterCombination: At least one of UserIdsToAdd, UserIdsToRemove and Engine must be \
             specified.",
        ),
    ] {
        assert_eq!(refusal(modify(&client, add, remove).send().await), expected);
    }
    assert_eq!(group(&client, "apps").await.user_ids(), ["shut", "one"]);
    assert_eq!(
        refusal(client.delete_user().user_id("shut").send().await),
        "400 DefaultUserAssociatedToUserGroup: User is associated to user group apps as a default user and cannot be \
         deleted."
    );
}

#[tokio::test]
async fn a_group_goes_from_redis_to_valkey_with_users_who_authenticate() {
    let emu = TestEmu::start().await;
    let client = emu.client();
    apps(&client).await;
    modify(&client, &["default"], &["shut"]).send().await.unwrap();
    let engine = modify(&client, &[], &[]).engine("valkey").send().await;
    assert!(
        refusal(engine).starts_with("400 InvalidParameterValue: User default cannot be in a user group of")
    );
    modify(&client, &["shut"], &["default"]).engine("valkey").send().await.unwrap();
    assert_eq!(group(&client, "apps").await.engine(), Some("valkey"));
    let back = modify(&client, &[], &[]).engine("redis").send().await;
    assert_eq!(
        refusal(back),
        "400 InvalidParameterCombination: The engine cannot be modified from valkey to redis."
    );
    let open = client.modify_user().user_id("one").no_password_required(true).send().await;
    assert!(refusal(open).starts_with("400 InvalidParameterValue: User one cannot be in a user group of"));
    client.delete_user().user_id("shut").send().await.unwrap();
    assert_eq!(group(&client, "apps").await.user_ids(), ["one"], "Valkey's groups need no default");
}

#[tokio::test]
async fn a_group_that_is_changing_is_not_changed_deleted_or_tagged() {
    let emu = TestEmu::start().await;
    let client = emu.client();
    client
        .create_user_group()
        .user_group_id("busy")
        .engine("redis")
        .user_ids("default")
        .send()
        .await
        .unwrap();
    let engines_are_told = emu.store().transact(|tx| {
        let scope = Scope { account: "000000000000".parse().unwrap(), region: "us-east-1".parse().unwrap() };
        let group = tx.of::<domain::user_group::UserGroup>(&scope).next().unwrap();
        let mut group = domain::user_group::UserGroup::clone(group);
        group.phase = UserGroupPhase::Modifying(PendingChanges::default());
        tx.set(group);
        Ok::<_, StoreError>(())
    });
    engines_are_told.await.unwrap();
    let modify = client.modify_user_group().user_group_id("busy").engine("redis").send().await;
    assert_eq!(
        refusal(modify),
        "400 InvalidUserGroupState: User group busy has status modifying which is not valid for modification."
    );
    assert_eq!(
        refusal(client.delete_user_group().user_group_id("busy").send().await),
        "400 InvalidUserGroupState: User group busy has status modifying which is not valid for deletion."
    );
    let arn = "arn:aws:elasticache:us-east-1:000000000000:usergroup:busy";
    let said = format!("404 UserGroupNotFound: {arn} is not available for tagging");
    assert_eq!(refusal(client.list_tags_for_resource().resource_name(arn).send().await), said);
}

#[tokio::test]
async fn groups_are_paged_tagged_and_limited() {
    let emu = TestEmu::start().await;
    let client = emu.client();
    let create = |n: usize| {
        let create = client.create_user_group().user_group_id(format!("g{n:03}")).engine("redis");
        create.user_ids("default").tags(Tag::builder().key("n").value(n.to_string()).build())
    };
    for n in 0..200 {
        create(n).send().await.unwrap();
    }
    assert_eq!(
        refusal(create(200).send().await),
        "400 UserGroupQuotaExceeded: You have already reached your quota of 200 user groups in this region."
    );
    let mut pages = client.describe_user_groups().into_paginator().page_size(90).send();
    let mut sizes = Vec::new();
    while let Some(page) = pages.next().await {
        sizes.push(page.unwrap().user_groups().len());
    }
    assert_eq!(sizes, [90, 90, 20]);
    let arn = "arn:aws:elasticache:us-east-1:000000000000:usergroup:g007";
    let listed = client.list_tags_for_resource().resource_name(arn).send().await.unwrap();
    assert_eq!(listed.tag_list(), [Tag::builder().key("n").value("7").build()]);
    let nobody = "arn:aws:elasticache:us-east-1:000000000000:usergroup:nobody";
    let nobody = client.list_tags_for_resource().resource_name(nobody).send().await;
    assert_eq!(refusal(nobody), "404 UserGroupNotFound: nobody is not present");
    let tags = (0..51).map(|n| Tag::builder().key(format!("k{n}")).build()).collect();
    let tagged =
        client.create_user_group().user_group_id("x").engine("valkey").set_tags(Some(tags)).send().await;
    assert!(refusal(tagged).starts_with("400 TagQuotaPerResourceExceeded: "));
    let bad = client.create_user_group().user_group_id("1x").engine("valkey").send().await;
    assert!(refusal(bad).starts_with("400 InvalidParameterValue: The parameter UserGroupId is not a valid"));
}

#[tokio::test]
async fn a_group_that_a_serverless_cache_uses_stays() {
    let emu = TestEmu::without_engines().await;
    let client = emu.client();
    iam_users(&client, &["one"]).await;
    client.create_user_group().user_group_id("People").engine("valkey").user_ids("one").send().await.unwrap();
    emu.serverless("shop", "valkey").user_group_id("people").send().await.unwrap();
    emu.until_serverless_available("shop").await;
    assert_eq!(group(&client, "PEOPLE").await.serverless_caches(), ["shop"]);
    assert_eq!(
        refusal(client.delete_user_group().user_group_id("people").send().await),
        "400 InvalidUserGroupState: User group people cannot be deleted because it is associated with shop."
    );
    assert_eq!(group(&client, "people").await.user_ids(), ["one"]);
    let modify = client.modify_serverless_cache().serverless_cache_name("shop").remove_user_group(true);
    modify.send().await.unwrap();
    client.delete_user_group().user_group_id("people").send().await.unwrap();
}
