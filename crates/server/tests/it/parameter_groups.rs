//! Parameter groups: the default ones, and one's own from its creation to its deletion.

use aws_sdk_elasticache::types::{CacheParameterGroup, ParameterNameValue};

use crate::support::emu::TestEmu;
use crate::support::sdk::refusal;

#[tokio::test]
async fn every_family_has_its_default_groups() {
    let emu = TestEmu::start().await;
    let answer = emu.client().describe_cache_parameter_groups().send().await.unwrap();
    let groups = answer.cache_parameter_groups();
    let names: Vec<_> = groups.iter().filter_map(CacheParameterGroup::cache_parameter_group_name).collect();
    for name in [
        "default.memcached1.6",
        "default.redis7",
        "default.redis7.cluster.on",
        "default.valkey8",
        "default.valkey8.cluster.on",
    ] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
    assert!(names.is_sorted() && !names.contains(&"default.memcached1.6.cluster.on"), "{names:?}");
    assert!(groups.iter().all(|group| group.is_global() == Some(false)));
}

#[tokio::test]
async fn one_is_found_by_its_name_in_any_case() {
    let emu = TestEmu::start().await;
    let describe = emu.client().describe_cache_parameter_groups();
    let found = describe.clone().cache_parameter_group_name("Default.Redis7").send().await.unwrap();
    let [group] = found.cache_parameter_groups() else { panic!("{found:?}") };
    assert_eq!(group.cache_parameter_group_name(), Some("default.redis7"));
    assert_eq!(group.cache_parameter_group_family(), Some("redis7"));
    assert_eq!(group.description(), Some("Default parameter group for redis7"));
    assert_eq!(group.arn(), Some("arn:aws:elasticache:us-east-1:000000000000:parametergroup:default.redis7"));
    let missing = describe.cache_parameter_group_name("mine").send().await;
    assert_eq!(refusal(missing), "404 CacheParameterGroupNotFound: CacheParameterGroup mine not found.");
}

fn value(name: &str, value: &str) -> ParameterNameValue {
    ParameterNameValue::builder().parameter_name(name).parameter_value(value).build()
}

async fn own(emu: &TestEmu, name: &str, family: &str) {
    let create = emu.client().create_cache_parameter_group().cache_parameter_group_name(name);
    create.cache_parameter_group_family(family).description("mine").send().await.unwrap();
}

/// Value and source of a parameter, over all pages.
async fn parameter(emu: &TestEmu, group: &str, name: &str) -> (Option<String>, Option<String>, Option<bool>) {
    let describe = emu.client().describe_cache_parameters().cache_parameter_group_name(group);
    let pages = describe.into_paginator().page_size(20).send();
    let mut pages = pages;
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        assert!(page.parameters().len() <= 20);
        if let Some(found) = page.parameters().iter().find(|found| found.parameter_name() == Some(name)) {
            let text = |text: Option<&str>| text.map(str::to_owned);
            return (text(found.parameter_value()), text(found.source()), found.is_modifiable());
        }
    }
    panic!("{group} has no {name}");
}

fn said(value: &str, source: &str, modifiable: bool) -> (Option<String>, Option<String>, Option<bool>) {
    (Some(value.to_owned()), Some(source.to_owned()), Some(modifiable))
}

#[tokio::test]
async fn a_group_of_ones_own_is_made_changed_reset_and_deleted() {
    let emu = TestEmu::start().await;
    let client = emu.client();
    let created = client.create_cache_parameter_group().cache_parameter_group_name("My-Group");
    let created = created.cache_parameter_group_family("redis7").description("mine").send().await.unwrap();
    let group = created.cache_parameter_group().unwrap();
    assert_eq!(group.cache_parameter_group_name(), Some("my-group"));
    assert_eq!(group.arn(), Some("arn:aws:elasticache:us-east-1:000000000000:parametergroup:my-group"));
    assert_eq!(parameter(&emu, "my-group", "timeout").await, said("0", "user", true));
    assert_eq!(parameter(&emu, "my-group", "databases").await, said("16", "user", true));
    assert_eq!(parameter(&emu, "default.redis7", "databases").await, said("16", "system", false));
    let on = parameter(&emu, "default.redis7.cluster.on", "cluster-enabled").await;
    assert_eq!(on, said("yes", "system", false));

    let modify = client.modify_cache_parameter_group().cache_parameter_group_name("my-group");
    let modified = modify.parameter_name_values(value("timeout", "30")).send().await.unwrap();
    assert_eq!(modified.cache_parameter_group_name(), Some("my-group"));
    assert_eq!(parameter(&emu, "my-group", "timeout").await, said("30", "user", true));

    let reset = client.reset_cache_parameter_group().cache_parameter_group_name("my-group");
    reset.clone().parameter_name_values(value("timeout", "")).send().await.unwrap();
    assert_eq!(parameter(&emu, "my-group", "timeout").await, said("0", "user", true));
    assert!(refusal(reset.clone().send().await).starts_with("400 InvalidParameterCombination: Either"));
    reset.reset_all_parameters(true).send().await.unwrap();

    client.delete_cache_parameter_group().cache_parameter_group_name("my-group").send().await.unwrap();
    let gone = client.describe_cache_parameters().cache_parameter_group_name("my-group").send().await;
    assert_eq!(refusal(gone), "404 CacheParameterGroupNotFound: CacheParameterGroup not found: my-group");
}

#[tokio::test]
async fn what_a_group_cannot_be_is_refused_and_changes_nothing() {
    let emu = TestEmu::start().await;
    let client = emu.client();
    own(&emu, "mine", "redis7").await;
    let create = |name: &str, family: &str| {
        let create = client.create_cache_parameter_group().cache_parameter_group_name(name);
        create.cache_parameter_group_family(family).description("x").send()
    };
    assert_eq!(
        refusal(create("Mine", "redis7").await),
        "400 CacheParameterGroupAlreadyExists: Parameter group mine already exists"
    );
    assert_eq!(
        refusal(create("other", "redis99").await),
        "400 InvalidParameterValue: CacheParameterGroupFamily redis99 is not a valid parameter group family."
    );
    for bad in ["default.redis7", "1mine", "mine-", "my--mine", "my_group"] {
        let refused = refusal(create(bad, "redis7").await);
        assert!(
            refused.starts_with("400 InvalidParameterValue: The parameter CacheParameterGroupName is not"),
            "{bad}: {refused}"
        );
    }

    let modify = |values: Vec<ParameterNameValue>| {
        let modify = client.modify_cache_parameter_group().cache_parameter_group_name("mine");
        modify.set_parameter_name_values(Some(values)).send()
    };
    let good = || value("timeout", "30");
    for (values, expected) in [
        (vec![good(), value("nonsense", "1")], "400 InvalidParameterValue: Parameter nonsense doesn't exist"),
        (
            vec![good(), value("timeout", "40")],
            "400 InvalidParameterValue: Parameter timeout is specified more than once",
        ),
        (
            vec![value("timeout", "7")],
            "400 InvalidParameterValue: The value 7 is not valid for the parameter timeout. Allowed values: 0,20-",
        ),
        (
            vec![good(), value("appendonly", "yes")],
            "400 InvalidParameterValue: The parameter appendonly cannot be modified.",
        ),
        (
            vec![good(); 21],
            "400 InvalidParameterCombination: Cannot modify more than 20 parameters in a single request",
        ),
    ] {
        assert_eq!(refusal(modify(values).await), expected);
    }
    let unbuilt = refusal(modify(vec![value("rename-commands", "GET")]).await);
    assert_eq!(
        unbuilt,
        "501 NotImplemented: Simfra does not serve values of the parameter rename-commands other than its default yet."
    );
    assert_eq!(parameter(&emu, "mine", "timeout").await, said("0", "user", true), "nothing half-applied");
}

#[tokio::test]
async fn the_users_are_those_that_were_told() {
    let emu = TestEmu::start().await;
    let client = emu.client();
    own(&emu, "mine", "redis7").await;
    let listed = || async {
        let of_user = client.describe_cache_parameters().cache_parameter_group_name("mine").source("user");
        let parameters = of_user.send().await.unwrap().parameters.unwrap();
        parameters.into_iter().filter_map(|parameter| parameter.parameter_name).collect::<Vec<_>>()
    };
    assert_eq!(listed().await, [""; 0]);
    let modify = client.modify_cache_parameter_group().cache_parameter_group_name("mine");
    // The first is its default.
    let told = modify.parameter_name_values(value("timeout", "0"));
    told.parameter_name_values(value("maxmemory-policy", "noeviction")).send().await.unwrap();
    assert_eq!(listed().await, ["maxmemory-policy", "timeout"]);
    let reset = client.reset_cache_parameter_group().cache_parameter_group_name("mine");
    reset.parameter_name_values(value("timeout", "0")).send().await.unwrap();
    assert_eq!(listed().await, ["maxmemory-policy"]);
}

#[tokio::test]
async fn default_groups_stay_and_used_ones_too() {
    let emu = TestEmu::start().await;
    let client = emu.client();
    own(&emu, "mine", "redis7").await;
    let default = client.modify_cache_parameter_group().cache_parameter_group_name("default.redis7");
    let default = default.parameter_name_values(value("timeout", "30")).send().await;
    assert_eq!(
        refusal(default),
        "400 InvalidParameterValue: The default parameter group default.redis7 cannot be modified."
    );
    let nobodys = client.modify_cache_parameter_group().cache_parameter_group_name("nobodys");
    let nobodys = nobodys.parameter_name_values(value("timeout", "30")).send().await;
    assert_eq!(refusal(nobodys), "404 CacheParameterGroupNotFound: CacheParameterGroup not found: nobodys");
    let delete = |name: &str| client.delete_cache_parameter_group().cache_parameter_group_name(name).send();
    assert_eq!(
        refusal(delete("nobodys").await),
        "404 CacheParameterGroupNotFound: CacheParameterGroupnot found: nobodys"
    );
    assert!(
        refusal(delete("default.redis7").await)
            .starts_with("400 InvalidParameterValue: The parameter CacheParameterGroupName is not")
    );

    emu.cluster("member", "redis").cache_parameter_group_name("mine").send().await.unwrap();
    assert_eq!(
        refusal(delete("mine").await),
        "400 InvalidCacheParameterGroupState: One or more cache clusters are still members of this parameter group \
         mine, so the group cannot be deleted."
    );
    let modify = client.modify_cache_parameter_group().cache_parameter_group_name("mine");
    let locked = refusal(modify.parameter_name_values(value("databases", "4")).send().await);
    assert!(
        locked.starts_with("400 InvalidCacheParameterGroupState: The parameter databases cannot"),
        "{locked}"
    );
    let system = client.describe_cache_parameters().cache_parameter_group_name("mine").source("system");
    assert!(system.send().await.unwrap().parameters().is_empty());
}

#[tokio::test]
async fn a_familys_defaults_come_with_what_the_node_type_decides() {
    let emu = TestEmu::start().await;
    let describe = emu.client().describe_engine_default_parameters();
    let redis = describe.clone().cache_parameter_group_family("redis7").send().await.unwrap();
    let redis = redis.engine_defaults().unwrap();
    let policy = redis.parameters().iter().find(|p| p.parameter_name() == Some("maxmemory-policy")).unwrap();
    assert_eq!(policy.parameter_value(), Some("volatile-lru"));
    assert_eq!(policy.minimum_engine_version(), Some("7.0.0"));
    let by_type = redis.cache_node_type_specific_parameters();
    let names: Vec<_> = by_type.iter().filter_map(|p| p.parameter_name()).collect();
    assert_eq!(
        names,
        [
            "client-output-buffer-limit-replica-hard-limit",
            "client-output-buffer-limit-replica-soft-limit",
            "maxmemory"
        ]
    );
    let values = by_type[2].cache_node_type_specific_values();
    let micro = values.iter().find(|v| v.cache_node_type() == Some("cache.t3.micro")).unwrap();
    assert_eq!(micro.value(), Some("536870912"));
    let parameters = emu.client().describe_cache_parameters().cache_parameter_group_name("default.redis7");
    let nowhere = refusal(parameters.source("nowhere").send().await);
    assert!(
        nowhere.starts_with("400 InvalidParameterValue: Invalid value 'nowhere' for Source."),
        "{nowhere}"
    );
    let nothing = describe.cache_parameter_group_family("redis99").send().await;
    assert!(refusal(nothing).starts_with("400 InvalidParameterValue: CacheParameterGroupFamily redis99"));
}

#[tokio::test]
async fn groups_carry_tags() {
    let emu = TestEmu::start().await;
    own(&emu, "mine", "valkey8").await;
    let arn = "arn:aws:elasticache:us-east-1:000000000000:parametergroup:mine";
    let tag = aws_sdk_elasticache::types::Tag::builder().key("team").value("blue").build();
    emu.client().add_tags_to_resource().resource_name(arn).tags(tag.clone()).send().await.unwrap();
    let listed = emu.client().list_tags_for_resource().resource_name(arn).send().await.unwrap();
    assert_eq!(listed.tag_list(), [tag]);
}

#[tokio::test]
async fn what_an_account_may_have_is_limited() {
    let emu = TestEmu::start().await;
    let create = |n: usize| {
        let create = emu.client().create_cache_parameter_group().cache_parameter_group_name(format!("g{n}"));
        create.cache_parameter_group_family("redis7").description("x")
    };
    let tags = (0..51).map(|n| aws_sdk_elasticache::types::Tag::builder().key(format!("k{n}")).build());
    let tagged = create(0).set_tags(Some(tags.collect())).send().await;
    assert!(refusal(tagged).starts_with("400 TagQuotaPerResourceExceeded: "));
    for n in 0..300 {
        create(n).send().await.unwrap();
    }
    assert_eq!(
        refusal(create(300).send().await),
        "400 CacheParameterGroupQuotaExceeded: You have already reached your quota of 300 cache parameter groups in \
         this region."
    );
}

#[tokio::test]
async fn a_reset_is_refused_as_a_change_is() {
    let emu = TestEmu::start().await;
    own(&emu, "mine", "redis7").await;
    let modify = emu.client().modify_cache_parameter_group().cache_parameter_group_name("mine");
    modify.parameter_name_values(value("databases", "4")).send().await.unwrap();
    emu.cluster("member", "redis").cache_parameter_group_name("mine").send().await.unwrap();
    let reset = |name: &str| emu.client().reset_cache_parameter_group().cache_parameter_group_name(name);
    let locked = refusal(reset("mine").reset_all_parameters(true).send().await);
    assert!(
        locked.starts_with("400 InvalidCacheParameterGroupState: The parameter databases cannot"),
        "{locked}"
    );
    let unknown = reset("mine").parameter_name_values(value("nonsense", "")).send().await;
    assert_eq!(refusal(unknown), "400 InvalidParameterValue: Parameter nonsense doesn't exist");
    let nobodys = reset("nobodys").reset_all_parameters(true).send().await;
    assert_eq!(refusal(nobodys), "404 CacheParameterGroupNotFound: CacheParameterGroup not found: nobodys");
    assert_eq!(parameter(&emu, "mine", "databases").await, said("4", "user", true));
}
