//! The Resource Groups Tagging API: what it finds, in which pages, what it changes, and what it refuses.

mod refusals;

use serde_json::{Value, json};

use crate::support::emu::{Stage, TestEmu};
use crate::support::one_of_each::{ask, between, one_of_each};

fn of_elasticache(resource: &str) -> String {
    let region = if resource.starts_with("global") { "" } else { "us-east-1" };
    format!("arn:aws:elasticache:{region}:000000000000:{resource}")
}

fn of_ec2(resource: &str) -> String {
    format!("arn:aws:ec2:us-east-1:000000000000:{resource}")
}

/// Puts tags on resources, none of which refuses.
fn tag(emu: &TestEmu, arns: &[String], tags: &Value) {
    for arns in arns.chunks(20) {
        let done = emu.tagging("TagResources", &json!({ "ResourceARNList": arns, "Tags": tags }));
        assert_eq!(done, json!({ "FailedResourcesMap": {} }));
    }
}

fn untag(emu: &TestEmu, arns: &[String], keys: &Value) {
    let done = emu.tagging("UntagResources", &json!({ "ResourceARNList": arns, "TagKeys": keys }));
    assert_eq!(done, json!({ "FailedResourcesMap": {} }));
}

/// Makes parameter groups, which are cheap, called so.
fn parameter_groups(emu: &TestEmu, names: &[&str]) -> Vec<String> {
    let make = |name: &&str| {
        let family = "CacheParameterGroupFamily=redis7&Description=d";
        ask(emu, &format!("CreateCacheParameterGroup&CacheParameterGroupName={name}&{family}"));
        of_elasticache(&format!("parametergroup:{name}"))
    };
    names.iter().map(make).collect()
}

#[tokio::test]
async fn every_kind_of_resource_is_tagged_found_and_untagged() {
    let emu = TestEmu::without_engines().await;
    let drawn = one_of_each(&emu, "a").await;
    let subnet = between(&ask(&emu, "DescribeSubnets&Ec2"), "<subnetId>", "<");
    let vpc = between(&ask(&emu, "DescribeVpcs&Ec2"), "<vpcId>", "<");
    ask(
        &emu,
        &format!(
            "CreateCacheSubnetGroup&CacheSubnetGroupName=a&CacheSubnetGroupDescription=d&SubnetIds.member.1={subnet}"
        ),
    );
    let kinds = [
        "cluster:a",
        "globalreplicationgroup:ldgnf-a",
        "parametergroup:a",
        "replicationgroup:a-g",
        "reserved-instance:a",
        "serverlesscache:a",
        "serverlesscachesnapshot:a",
        "snapshot:a",
        "subnetgroup:a",
        "user:a",
        "usergroup:a",
    ];
    let (group, rule) =
        (format!("security-group/{}", drawn.group), format!("security-group-rule/{}", drawn.rule));
    let networks = [group, rule, format!("subnet/{subnet}"), format!("vpc/{vpc}")];
    let all: Vec<(String, String, &str)> = kinds
        .iter()
        .map(|resource| ("elasticache".to_owned(), of_elasticache(resource), *resource))
        .chain(networks.iter().map(|resource| ("ec2".to_owned(), of_ec2(resource), resource.as_str())))
        .collect();
    let arns: Vec<String> = all.iter().map(|(_, arn, _)| arn.clone()).collect();
    tag(&emu, &arns, &json!({ "of": "all", "empty": "" }));

    for (service, arn, resource) in &all {
        let kind = resource.split([':', '/']).next().unwrap();
        let types =
            json!({ "ResourceTypeFilters": [format!("{service}:{kind}")], "TagFilters": [{ "Key": "of" }] });
        let expected: &[&str] = match *resource {
            // A member has its group's tags.
            "cluster:a" => &["cluster:a", "cluster:a-g-001", "cluster:a-g-002"],
            one => &[one],
        };
        assert_eq!(emu.tagged(&types), expected);
        let by_arn = emu.tagging("GetResources", &json!({ "ResourceARNList": [arn] }));
        let [mapping] = &by_arn["ResourceTagMappingList"].as_array().unwrap()[..] else { panic!("{by_arn}") };
        assert_eq!(mapping["ResourceARN"], **arn);
        let tags = mapping["Tags"].as_array().unwrap();
        assert!(tags.contains(&json!({ "Key": "of", "Value": "all" })), "{mapping}");
        assert!(tags.contains(&json!({ "Key": "empty", "Value": "" })), "{mapping}");
    }
    let shown = ask(&emu, &format!("ListTagsForResource&ResourceName={}", of_elasticache("user:a")));
    assert_eq!(shown.matches("<Key>").count(), 2, "the service itself has them: {shown}");
    let shown = ask(&emu, &format!("DescribeTags&Filter.1.Name=resource-id&Filter.1.Value.1={vpc}&Ec2"));
    assert_eq!(shown.matches("<key>").count(), 2, "{shown}");

    untag(&emu, &arns, &json!(["of", "empty", "never"]));
    assert_eq!(emu.tagged(&json!({ "TagFilters": [{ "Key": "of" }] })), [""; 0]);
    let emptied = emu.tagging("GetResources", &json!({ "ResourceARNList": [of_elasticache("user:a")] }));
    let expected = json!([{ "ResourceARN": of_elasticache("user:a"), "Tags": [] }]);
    assert_eq!(emptied["ResourceTagMappingList"], expected, "what was tagged once is listed");
}

#[tokio::test]
async fn what_was_never_tagged_or_is_gone_is_not_there() {
    let emu = TestEmu::without_engines().await;
    let arns = parameter_groups(&emu, &["tagged", "plain"]);
    let both = json!({ "ResourceARNList": [arns[0], arns[1], of_elasticache("cluster:none")] });
    assert_eq!(
        emu.tagging("GetResources", &both),
        json!({ "PaginationToken": "", "ResourceTagMappingList": [] })
    );
    tag(&emu, &arns[..1], &json!({ "a": "b" }));
    assert_eq!(emu.tagged(&both), ["parametergroup:tagged"]);
    assert_eq!(emu.tagged(&json!({})), ["parametergroup:tagged"]);
    ask(&emu, "DeleteCacheParameterGroup&CacheParameterGroupName=tagged");
    assert_eq!(emu.tagged(&both), [""; 0]);
    assert_eq!(emu.tagging("GetTagKeys", &json!({})), json!({ "PaginationToken": "", "TagKeys": [] }));
}

#[tokio::test]
async fn filters_are_all_to_be_passed_each_by_any_value() {
    let emu = TestEmu::without_engines().await;
    let arns = parameter_groups(&emu, &["one", "three", "two"]);
    tag(&emu, &arns, &json!({ "stage": "test" }));
    tag(&emu, &arns[..1], &json!({ "team": "blue" }));
    tag(&emu, &arns[1..2], &json!({ "team": "red" }));
    let found = |filters: Value| {
        let found = emu.tagged(&json!({ "TagFilters": filters }));
        found.iter().map(|arn| arn.split(':').nth(1).unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found(json!([{ "Key": "stage" }])), ["one", "three", "two"]);
    assert_eq!(found(json!([{ "Key": "team" }])), ["one", "three"]);
    assert_eq!(found(json!([{ "Key": "team", "Values": ["red", "green"] }])), ["three"]);
    assert_eq!(found(json!([{ "Key": "team", "Values": ["red", "blue"] }])), ["one", "three"]);
    assert_eq!(
        found(json!([{ "Key": "stage", "Values": ["test"] }, { "Key": "team", "Values": ["blue"] }])),
        ["one"]
    );
    assert_eq!(found(json!([{ "Key": "Team" }])), [""; 0], "keys are case-sensitive");
    assert_eq!(found(json!([])), ["one", "three", "two"]);
    assert_eq!(emu.tagged(&json!({ "ResourceTypeFilters": ["ec2", "elasticache:cluster"] })), [""; 0]);
    assert_eq!(emu.tagged(&json!({ "ResourceTypeFilters": ["elasticache"] })).len(), 3);
    let keys = emu.tagging("GetTagKeys", &json!({}));
    assert_eq!(keys["TagKeys"], json!(["stage", "team"]));
    assert_eq!(emu.tagging("GetTagValues", &json!({ "Key": "team" }))["TagValues"], json!(["blue", "red"]));
    assert_eq!(emu.tagging("GetTagValues", &json!({ "Key": "none" }))["TagValues"], json!([]));
    let complying =
        json!({ "IncludeComplianceDetails": true, "TagFilters": [{ "Key": "team", "Values": ["red"] }] });
    let answer = emu.tagging("GetResources", &complying);
    let details = json!({ "ComplianceStatus": true });
    assert_eq!(
        answer["ResourceTagMappingList"][0]["ComplianceDetails"], details,
        "there are no tag policies"
    );
    let breaking = json!({ "IncludeComplianceDetails": true, "ExcludeCompliantResources": true });
    assert_eq!(emu.tagged(&breaking), [""; 0]);
}

#[tokio::test]
async fn pages_follow_each_other_whatever_is_changed_between_them() {
    let emu = TestEmu::without_engines().await;
    let names: Vec<String> = (10..33).map(|n| format!("p{n}")).collect();
    let arns = parameter_groups(&emu, &names.iter().map(String::as_str).collect::<Vec<_>>());
    tag(&emu, &arns, &json!({ "a": "b" }));
    let page = |token: &str| {
        let input =
            json!({ "ResourcesPerPage": 10, "PaginationToken": token, "TagFilters": [{ "Key": "a" }] });
        let answer = emu.tagging("GetResources", &input);
        let arns = answer["ResourceTagMappingList"].as_array().unwrap().iter();
        let arns = arns.map(|one| one["ResourceARN"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        (arns, answer["PaginationToken"].as_str().unwrap().to_owned())
    };
    let (first, token) = page("");
    assert_eq!(first, arns[..10]);
    // The one that the token was made of.
    ask(&emu, "DeleteCacheParameterGroup&CacheParameterGroupName=p19");
    untag(&emu, &arns[12..13], &json!(["a"]));
    let (second, token) = page(&token);
    assert_eq!(second, [&arns[10..12], &arns[13..21]].concat());
    assert_eq!(page(&token), (arns[21..].to_vec(), String::new()));
    let many: Value =
        (0..30).map(|n| (format!("key{n}"), json!(format!("{n}")))).collect::<serde_json::Map<_, _>>().into();
    tag(&emu, &arns[..4], &many);
    let by_tags = emu.tagging("GetResources", &json!({ "TagsPerPage": 100 }));
    assert_eq!(by_tags["ResourceTagMappingList"].as_array().unwrap().len(), 3, "of 31 tags each");
    assert_ne!(by_tags["PaginationToken"], "");
}

#[tokio::test]
async fn one_that_refuses_does_not_hold_up_the_others() {
    let emu = TestEmu::without_engines().await;
    emu.fake().hold_ensure();
    emu.cluster("young", "redis").send().await.unwrap();
    let good = parameter_groups(&emu, &["good"]).remove(0);
    let (young, none) = (of_elasticache("cluster:young"), of_elasticache("cluster:none"));
    let (default, foreign) = (of_elasticache("subnetgroup:default"), none.replace(":0000", ":1111"));
    let (bucket, instance) = ("arn:aws:s3:::bucket".to_owned(), of_ec2("instance/i-0123"));
    let (vpc, bad) = (of_ec2("vpc/vpc-0123"), of_ec2("subnet/vpc-0123"));
    let (acl, kind) = (of_ec2("network-acl/acl-0123"), of_elasticache("thing:x"));
    let others = json!([young, none, default, foreign, bucket, instance, vpc, bad, acl, kind, good]);
    let input = json!({ "ResourceARNList": others, "Tags": { "a": "b" } });
    let failed = emu.tagging("TagResources", &input)["FailedResourcesMap"].clone();
    let told = |arn: &str| {
        let told = &failed[arn];
        format!(
            "{} {}: {}",
            told["StatusCode"],
            told["ErrorCode"].as_str().unwrap_or_default(),
            told["ErrorMessage"].as_str().unwrap_or_default()
        )
    };
    expect_test::expect![[r#"
        400 InvalidReplicationGroupState: Cluster not in available state to perform tagging operations.
        404 CacheClusterNotFound: none is not present
        400 InvalidParameterValue: Tagging is not supported for the default resource arn:aws:elasticache:us-east-1:000000000000:subnetgroup:default.
        400 InvalidParameterValue: The resource ARN does not belong to the caller's account.
        501 NotImplemented: Simfra does not have the service 's3' (yet)
        400 InvalidParameterException: 'instance' is not a recognized EC2ResourceType id 
        400 InvalidVpcID.NotFound: The vpc ID 'vpc-0123' does not exist
        400 InvalidSubnetID.Malformed: Invalid id: "vpc-0123" (expecting "subnet-...")
        501 NotImplemented: Simfra does not serve tags of network ACLs, route tables and network interfaces.
        400 InvalidARN: resource type field is wrong."#]]
    .assert_eq(
        &[&young, &none, &default, &foreign, &bucket, &instance, &vpc, &bad, &acl, &kind]
            .map(|arn| told(arn))
            .join("\n"),
    );
    assert_eq!(failed.as_object().unwrap().len(), 10);
    assert_eq!(emu.tagged(&json!({})), ["parametergroup:good"]);
    let reserved = json!({ "ResourceARNList": [good], "Tags": { "aws:x": "b", "c": "d" } });
    let failed = emu.tagging("TagResources", &reserved)["FailedResourcesMap"].clone();
    assert_eq!(failed[&good]["StatusCode"], 400, "{failed}");
    let tags = emu.tagging("GetTagKeys", &json!({}))["TagKeys"].clone();
    assert_eq!(tags, json!(["a"]), "of one resource all tags or none");
    emu.fake().release_ensure();
}

#[tokio::test]
async fn accounts_and_regions_know_nothing_of_each_other() {
    let emu = TestEmu::without_engines().await;
    tag(&emu, &parameter_groups(&emu, &["mine"]), &json!({ "a": "b" }));
    for (account, region) in [("111111111111", "us-east-1"), ("000000000000", "eu-west-1")] {
        let scope = format!("Credential={account}/20261123/{region}/tagging/aws4_request");
        let reply = emu.ask(&format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.1\r\n\
             X-Amz-Date: 20261123T000000Z\r\nX-Amz-Target: ResourceGroupsTaggingAPI_20170126.GetResources\r\n\
             Authorization: AWS4-HMAC-SHA256 {scope}, SignedHeaders=host;x-amz-date, Signature={}\r\n\
             Content-Length: 2\r\n\r\n{{}}",
            "0".repeat(64)
        ));
        assert_eq!(reply.body, r#"{"PaginationToken":"","ResourceTagMappingList":[]}"#, "{account} {region}");
    }
}

#[tokio::test]
async fn what_was_tagged_once_is_known_after_a_restart() {
    let emu = TestEmu::on(Stage::without_engines().kept()).await;
    let arns = parameter_groups(&emu, &["once", "still"]);
    tag(&emu, &arns, &json!({ "a": "b" }));
    let vpc = of_ec2(&format!("vpc/{}", between(&ask(&emu, "DescribeVpcs&Ec2"), "<vpcId>", "<")));
    tag(&emu, std::slice::from_ref(&vpc), &json!({ "a": "b" }));
    untag(&emu, &[arns[0].clone(), vpc], &json!(["a"]));
    let before = emu.tagging("GetResources", &json!({}));
    assert_eq!(before["ResourceTagMappingList"].as_array().unwrap().len(), 3);
    let emu = TestEmu::on(emu.crash()).await;
    assert_eq!(emu.tagging("GetResources", &json!({})), before);
}
