//! Users: the one that every account has, and one's own from creation to deletion.

use aws_sdk_elasticache::Client;
use aws_sdk_elasticache::operation::create_user::builders::CreateUserFluentBuilder;
use aws_sdk_elasticache::types::{
    AuthenticationMode, AuthenticationType, Filter, InputAuthenticationType, SourceType, Tag, User,
};
use domain::user::UserPhase;
use server::store::StoreError;

use crate::support::emu::{Stage, TestEmu};
use crate::support::raw::post;
use crate::support::sdk::refusal;

const PASSWORD: &str = "abcdefghijklmnop";

fn create(client: &Client, id: &str) -> CreateUserFluentBuilder {
    let create = client.create_user().user_id(id).user_name(id).engine("redis");
    create.access_string("on ~* +@all")
}

fn mode(kind: &str) -> AuthenticationMode {
    AuthenticationMode::builder().r#type(InputAuthenticationType::from(kind)).build()
}

async fn ids(client: &Client) -> Vec<String> {
    let users = client.describe_users().send().await.unwrap();
    users.users().iter().map(|user| user.user_id().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_account_has_a_default_user_that_stays() {
    let emu = TestEmu::start().await;
    let client = emu.client();
    let users = client.describe_users().send().await.unwrap();
    let [default] = users.users() else { panic!("{users:?}") };
    assert_eq!((default.user_id(), default.user_name()), (Some("default"), Some("default")));
    assert_eq!((default.status(), default.engine()), (Some("active"), Some("redis")));
    assert_eq!(default.access_string(), Some("on ~* +@all"));
    assert_eq!(default.minimum_engine_version(), Some("6.0"));
    let authentication = default.authentication().unwrap();
    assert_eq!(authentication.r#type(), Some(&AuthenticationType::NoPassword));
    assert_eq!(authentication.password_count(), None);
    let arn = "arn:aws:elasticache:us-east-1:000000000000:user:default";
    assert_eq!(default.arn(), Some(arn));
    let stays = "400 InvalidParameterValue: The user default cannot be modified or deleted.";
    let modify = client.modify_user().user_id("default").access_string("off");
    assert_eq!(refusal(modify.send().await), stays);
    assert_eq!(refusal(client.delete_user().user_id("default").send().await), stays);
    let again = create(&client, "default").passwords(PASSWORD).send().await;
    assert_eq!(refusal(again), "400 UserAlreadyExists: User default already exists.");
    let tags = client.list_tags_for_resource().resource_name(arn).send().await.unwrap();
    assert!(tags.tag_list().is_empty());
    let tagged = client.add_tags_to_resource().resource_name(arn).tags(Tag::builder().key("a").build());
    assert!(refusal(tagged.send().await).starts_with("400 InvalidParameterValue: Tagging is not supported"));
}

#[tokio::test]
async fn a_user_is_made_changed_and_deleted() {
    let emu = TestEmu::start().await;
    let client = emu.client();
    let made =
        create(&client, "app-1").passwords(PASSWORD).passwords("qrstuvwxyz012345").send().await.unwrap();
    assert_eq!((made.status(), made.user_name()), (Some("active"), Some("app-1")));
    assert_eq!(made.authentication().and_then(|shown| shown.password_count()), Some(2));
    assert_eq!(made.user_group_ids.as_deref(), Some(&[][..]));
    assert_eq!(ids(&client).await, ["app-1", "default"]);

    let modify = client.modify_user().user_id("app-1");
    let modified = modify.clone().append_access_string("-flushall").engine("VALKEY").send().await.unwrap();
    assert_eq!((modified.status(), modified.engine()), (Some("modifying"), Some("valkey")));
    assert_eq!(modified.access_string(), Some("on ~* +@all -flushall"));
    let found = client.describe_users().user_id("app-1").send().await.unwrap();
    let [user] = found.users() else { panic!("{found:?}") };
    assert_eq!((user.status(), user.minimum_engine_version()), (Some("active"), Some("7.2")));
    assert_eq!(user.access_string(), Some("on ~* +@all -flushall"));
    let one = modify.clone().passwords(PASSWORD).send().await.unwrap();
    assert_eq!(one.authentication().and_then(|shown| shown.password_count()), Some(1));
    let iam = modify.authentication_mode(mode("iam")).send().await.unwrap();
    assert_eq!(iam.authentication().unwrap().r#type(), Some(&AuthenticationType::Iam));

    let deleted = client.delete_user().user_id("app-1").send().await.unwrap();
    assert_eq!((deleted.status(), deleted.user_id()), (Some("deleting"), Some("app-1")));
    let gone = "404 UserNotFound: User app-1 not found.";
    assert_eq!(refusal(client.describe_users().user_id("app-1").send().await), gone);
    assert_eq!(refusal(client.delete_user().user_id("app-1").send().await), gone);
    assert_eq!(refusal(client.modify_user().user_id("app-1").send().await), gone);
    let events = client.describe_events().source_type(SourceType::User).send().await.unwrap();
    let told: Vec<_> = events.events().iter().filter_map(|event| event.message()).collect();
    assert_eq!(told, ["User deleted", "User modified", "User modified", "User modified", "User created"]);
}

#[tokio::test]
async fn what_a_user_cannot_be_is_refused_and_changes_nothing() {
    let emu = TestEmu::start().await;
    let client = emu.client();
    let new = || create(&client, "new").passwords(PASSWORD);
    let iam = |id: &str| create(&client, id).authentication_mode(mode("iam"));
    let with_password = AuthenticationMode::builder().r#type("iam".into()).passwords(PASSWORD).build();
    let untyped = AuthenticationMode::builder().passwords(PASSWORD).build();
    let no_password = "400 InvalidParameterValue: No password was provided. If you want to create/update the user \
                       without password, please use the NoPasswordRequired flag.";
    let rows = [
        (
            new().engine("memcached"),
            "400 InvalidParameterValue: Invalid value 'memcached' for Engine. Valid values: \
          redis, valkey",
        ),
        (
            new().access_string("on ~* +config"),
            "400 InvalidParameterValue: Invalid access string: the command config \
          is not allowed.",
        ),
        (
            new().access_string("on >secret"),
            "400 InvalidParameterValue: Invalid access string: passwords cannot be \
          specified in the access string.",
        ),
        (
            new().access_string("reset"),
            "400 InvalidParameterValue: Invalid access string: reset cannot be specified \
          in the access string.",
        ),
        (
            create(&client, "new").passwords("short"),
            "400 InvalidParameterValue: Passwords length must be between \
          16-128 characters.",
        ),
        (create(&client, "new"), no_password),
        (create(&client, "new").no_password_required(false), no_password),
        (
            iam("new").user_name("other"),
            "400 InvalidParameterCombination: User Id and User name must be same for \
          authentication type: iam",
        ),
        (
            create(&client, "new").authentication_mode(with_password),
            "400 InvalidParameterCombination: Password field \
          is not allowed with authentication type: iam",
        ),
        (
            create(&client, "new").authentication_mode(untyped),
            "400 InvalidParameterValue: Input Authentication type: \
          null is not in the allowed list: [password,no-password-required,iam]",
        ),
        (
            new().no_password_required(true),
            "400 InvalidParameterCombination: Cannot specify both NoPasswordRequired \
          and Passwords.",
        ),
        (
            create(&client, "new").engine("valkey").no_password_required(true),
            "400 InvalidParameterCombination: Users \
          of engine valkey must have the authentication type password or iam.",
        ),
    ];
    for (request, expected) in rows {
        assert_eq!(refusal(request.send().await), expected);
    }
    let bad_id = refusal(create(&client, "new-").passwords(PASSWORD).send().await);
    assert!(bad_id.starts_with("400 InvalidParameterValue: The parameter UserId is not a valid"), "{bad_id}");
    let blank = refusal(new().access_string(" ").send().await);
    assert!(blank.starts_with("400 ValidationError: 1 validation error detected: Value"), "{blank}");
    let tags = (0..51).map(|n| Tag::builder().key(format!("k{n}")).build()).collect();
    let tagged = refusal(new().set_tags(Some(tags)).send().await);
    assert!(tagged.starts_with("400 TagQuotaPerResourceExceeded: "), "{tagged}");
    assert_eq!(ids(&client).await, ["default"]);
}

#[tokio::test]
async fn what_a_user_cannot_become_is_refused_and_changes_nothing() {
    let emu = TestEmu::start().await;
    let client = emu.client();
    let iam = |id: &str| create(&client, id).authentication_mode(mode("iam"));
    iam("kept").send().await.unwrap();
    assert_eq!(refusal(iam("kept").send().await), "400 UserAlreadyExists: User kept already exists.");
    let modify = || client.modify_user().user_id("kept");
    let both = modify().access_string("on").append_access_string("off").send().await;
    assert_eq!(
        refusal(both),
        "400 InvalidParameterCombination: Cannot specify both AccessString and AppendAccessString."
    );
    let bad = modify().access_string("off ~* +@all").passwords("short").send().await;
    assert_eq!(
        refusal(bad),
        "400 InvalidParameterValue: Passwords length must be between 16-128 characters."
    );
    let kept = client.describe_users().user_id("kept").send().await.unwrap();
    assert_eq!(kept.users()[0].access_string(), Some("on ~* +@all"), "nothing half-done");
}

#[tokio::test]
async fn a_user_that_is_changing_is_not_changed_deleted_or_tagged() {
    let emu = TestEmu::start().await;
    let client = emu.client();
    create(&client, "busy").passwords(PASSWORD).send().await.unwrap();
    let engines_are_told = emu.store().transact(|tx| {
        let scope = domain::ids::Scope {
            account: "000000000000".parse().unwrap(),
            region: "us-east-1".parse().unwrap(),
        };
        let mut user = domain::user::User::clone(tx.of::<domain::user::User>(&scope).next().unwrap());
        user.phase = UserPhase::Modifying;
        tx.set(user);
        Ok::<_, StoreError>(())
    });
    engines_are_told.await.unwrap();
    let modify = client.modify_user().user_id("busy").access_string("off").send().await;
    assert_eq!(
        refusal(modify),
        "400 InvalidUserState: User busy has status modifying which is not valid for modification."
    );
    assert_eq!(
        refusal(client.delete_user().user_id("busy").send().await),
        "400 InvalidUserState: User busy has status modifying which is not valid for deletion."
    );
    let arn = "arn:aws:elasticache:us-east-1:000000000000:user:busy";
    let said = format!("404 UserNotFound: {arn} is not available for tagging");
    assert_eq!(refusal(client.list_tags_for_resource().resource_name(arn).send().await), said);
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let emu = TestEmu::start().await;
    let client = emu.client();
    for n in 0..45 {
        let engine = if n < 5 { "valkey" } else { "redis" };
        let user = create(&client, &format!("u{n:02}")).engine(engine).user_name(format!("name{}", n % 3));
        user.passwords(PASSWORD).send().await.unwrap();
    }
    let mut pages = client.describe_users().into_paginator().page_size(20).send();
    let (mut seen, mut sizes) = (Vec::new(), Vec::new());
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        sizes.push(page.users().len());
        seen.extend(page.users().iter().filter_map(User::user_id).map(str::to_owned));
    }
    assert_eq!(sizes, [20, 20, 6]);
    assert!(seen.is_sorted() && seen.contains(&"default".to_owned()), "{seen:?}");
    let valkey = client.describe_users().engine("VALKEY").send().await.unwrap();
    assert_eq!(valkey.users().len(), 5);
    let filter = |name: &str, value: &str| Filter::builder().name(name).values(value).build();
    let describe = client.describe_users().filters(filter("UserName", "name1"));
    assert_eq!(describe.clone().send().await.unwrap().users().len(), 15);
    let both = describe.clone().filters(filter("UserId", "u01")).send().await.unwrap();
    assert_eq!(both.users().len(), 1);
    let none = describe.user_id("u00").send().await.unwrap();
    assert_eq!(none.users().len(), 0, "it is there, and is not asked for");
    let wrong = client.describe_users().filters(filter("Colour", "red")).send().await;
    assert!(
        refusal(wrong).starts_with("400 InvalidParameterValue: Invalid value 'Colour' for Filters.Name.")
    );
    let wrong = client.describe_users().engine("memcached").send().await;
    assert!(refusal(wrong).starts_with("400 InvalidParameterValue: Invalid value 'memcached' for Engine."));
}

#[tokio::test]
async fn users_carry_tags_and_are_their_accounts() {
    let emu = TestEmu::start().await;
    let client = emu.client();
    let tag = Tag::builder().key("team").value("blue").build();
    create(&client, "Tagged").passwords(PASSWORD).tags(tag.clone()).send().await.unwrap();
    let arn = "arn:aws:elasticache:us-east-1:000000000000:user:Tagged";
    let listed = client.list_tags_for_resource().resource_name(arn).send().await.unwrap();
    assert_eq!(listed.tag_list(), [tag]);
    let nobody = "arn:aws:elasticache:us-east-1:000000000000:user:nobody";
    let nobody = client.list_tags_for_resource().resource_name(nobody).send().await;
    assert_eq!(refusal(nobody), "404 UserNotFound: nobody is not present");
    assert_eq!(ids(&emu.client_of("111111111111", "us-east-1")).await, ["default"]);
    assert_eq!(ids(&emu.client_of("000000000000", "eu-west-1")).await, ["default"]);
}

#[tokio::test]
async fn two_thousand_users_are_the_most() {
    let emu = TestEmu::start().await;
    let client = emu.client();
    for n in 0..2000 {
        create(&client, &format!("u{n}")).passwords(PASSWORD).send().await.unwrap();
    }
    assert_eq!(
        refusal(create(&client, "over").passwords(PASSWORD).send().await),
        "400 UserQuotaExceeded: You have already reached your quota of 2000 users in this region."
    );
}

#[tokio::test]
async fn a_user_outlives_a_crash_and_its_password_is_nowhere() {
    let emu = TestEmu::on(Stage::durable()).await;
    let secret = "never-on-any-disk-7391";
    let query = format!(
        "Action=CreateUser&Version=2015-02-02&UserId=app&UserName=app&Engine=redis&AccessString=on%20~*%20%2B@all\
         &Passwords.member.1={secret}"
    );
    let reply = emu.ask(&post(&query));
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert!(!reply.body.contains(secret) && reply.body.contains("<PasswordCount>1</PasswordCount>"));
    let stage = emu.crash();
    let emu = TestEmu::on(stage).await;
    let found = emu.client().describe_users().user_id("app").send().await.unwrap();
    assert_eq!(found.users()[0].authentication().and_then(|shown| shown.password_count()), Some(1));
    let kept = format!("{:?}", emu.store().read().all::<domain::user::User>().collect::<Vec<_>>());
    assert!(!kept.contains(secret), "{kept}");
}
