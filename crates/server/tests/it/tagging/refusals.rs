//! What a request is refused for as a whole.

use serde_json::{Value, json};

use crate::support::emu::TestEmu;
use crate::support::tagging::json_error;

const CLUSTER: &str = "arn:aws:elasticache:us-east-1:000000000000:cluster:c";

#[tokio::test]
async fn an_operation_that_is_not_there_is_named() {
    let emu = TestEmu::without_engines().await;
    let refused = |target: &str| json_error(&emu.json(target, "{}"));
    let unknown = "400 UnknownOperationException: The request names no operation: X-Amz-Target must be \
                   ResourceGroupsTaggingAPI_20170126.<operation>";
    for operation in
        ["GetComplianceSummary", "StartReportCreation", "DescribeReportCreation", "ListRequiredTags"]
    {
        assert_eq!(
            refused(&format!("ResourceGroupsTaggingAPI_20170126.{operation}")),
            format!("501 NotImplemented: Simfra does not implement the operation {operation} yet.")
        );
    }
    for target in ["", ".", ".Get Resources", ".<b>"] {
        assert_eq!(refused(&format!("ResourceGroupsTaggingAPI_20170126{target}")), unknown, "{target}");
    }
    let long = format!("ResourceGroupsTaggingAPI_20170126.{}", "a".repeat(5000));
    assert_eq!(refused(&long), unknown);
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused() {
    let emu = TestEmu::without_engines().await;
    let refused = |body: &str| json_error(&emu.json("ResourceGroupsTaggingAPI_20170126.TagResources", body));
    let serialization = "400 SerializationException: ";
    for (body, why) in [
        ("[]", "The body is not a JSON object"),
        ("{", "The body is not valid JSON: EOF while parsing an object at line 1 column 1"),
        (r#"{"ResourceARNList":"a"}"#, "Expected list or null"),
        (r#"{"ResourceARNList":[1]}"#, "NUMBER_VALUE cannot be converted to String"),
        (r#"{"ResourceARNList":["a"],"Tags":[]}"#, "Start of list found where not expected"),
        (
            r#"{"ResourceARNList":["a"],"Tags":{"a":{}}}"#,
            "Start of structure or map found where not expected",
        ),
    ] {
        assert_eq!(refused(body), format!("{serialization}{why}"), "{body}");
    }
}

/// Each request with its refusal, an `InvalidParameterException`.
fn table(emu: &TestEmu, operation: &str, rows: &[(Value, String)]) {
    for (input, expected) in rows {
        let refused = emu.tagging_refusal(operation, input);
        assert_eq!(refused, format!("400 InvalidParameterException: {expected}"), "{operation} {input}");
    }
}

#[tokio::test]
async fn what_the_model_demands_is_checked() {
    let emu = TestEmu::without_engines().await;
    let one = |what: &str| format!("1 validation error detected: {what}");
    let null = |member: &str| {
        one(&format!("Value null at '{member}' failed to satisfy constraint: Member must not be null"))
    };
    let arns = |count: usize| json!(vec![CLUSTER; count]);
    let long =
        |most| format!("failed to satisfy constraint: Member must have length less than or equal to {most}");
    let tags: serde_json::Map<String, Value> = (0..51).map(|n| (n.to_string(), json!(""))).collect();
    let key = "k".repeat(129);
    let rows = [
        (json!({}), null("resourceARNList")),
        (json!({ "ResourceARNList": arns(1) }), null("tags")),
        (
            json!({ "ResourceARNList": arns(21), "Tags": { "a": "" } }),
            one(&format!("Value at 'resourceARNList' {}", long(20))),
        ),
        (json!({ "ResourceARNList": arns(1), "Tags": tags }), one(&format!("Value at 'tags' {}", long(50)))),
        (
            json!({ "ResourceARNList": arns(1), "Tags": { &key: "" } }),
            one("Value at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: \
                 [Member must have length less than or equal to 128]"),
        ),
    ];
    table(&emu, "TagResources", &rows);
    table(&emu, "UntagResources", &[(json!({ "ResourceARNList": arns(1) }), null("tagKeys"))]);
    table(&emu, "GetTagValues", &[(json!({}), null("key"))]);
    let filters: Vec<Value> = (0..51).map(|n| json!({ "Key": n.to_string() })).collect();
    let rows = [
        (json!({ "ResourceARNList": arns(101) }), one(&format!("Value at 'resourceARNList' {}", long(100)))),
        (json!({ "TagFilters": filters }), one(&format!("Value at 'tagFilters' {}", long(50)))),
        (
            json!({ "TagFilters": [{ "Key": &key }] }),
            one(&format!("Value '{key}' at 'tagFilters.1.member.key' {}", long(128))),
        ),
        (
            json!({ "TagFilters": [{ "Key": "a", "Values": vec![""; 21] }] }),
            one(&format!("Value at 'tagFilters.1.member.values' {}", long(20))),
        ),
    ];
    table(&emu, "GetResources", &rows);
}

#[tokio::test]
async fn what_the_service_demands_is_checked_and_nothing_is_half_done() {
    let emu = TestEmu::without_engines().await;
    let (arns, elsewhere) = (json!([CLUSTER]), CLUSTER.replace("us-east-1", "eu-west-1"));
    let beside = |name: &str| format!("{name} cannot be specified together with ResourceARNList");
    let region = |operation: &str| {
        format!(
            "Region in the ARN {elsewhere} does not match with the region in which {operation} API is invoked"
        )
    };
    let rows = [
        (json!({ "ResourceARNList": arns, "TagFilters": [{ "Key": "a" }] }), beside("TagFilters")),
        (json!({ "ResourceARNList": arns, "ResourceTypeFilters": ["ec2"] }), beside("ResourceTypeFilters")),
        (json!({ "ResourceARNList": arns, "ResourcesPerPage": 1 }), beside("ResourcesPerPage")),
        (json!({ "ResourceARNList": [elsewhere] }), region("GetResources")),
        (json!({ "ResourceARNList": ["c"] }), "c not a valid AmazonResourceName (ARN)".to_owned()),
        (json!({ "ResourcesPerPage": 0 }), "ResourcesPerPage must be between 1 and 100".to_owned()),
        (
            json!({ "PaginationToken": "%" }),
            "The PaginationToken is not valid: use one that an answer to the same request gave out"
                .to_owned(),
        ),
    ];
    table(&emu, "GetResources", &rows);
    emu.cluster("c", "redis").send().await.unwrap();
    emu.until_status("c", "available").await;
    let both = json!([CLUSTER, elsewhere]);
    table(
        &emu,
        "TagResources",
        &[(json!({ "ResourceARNList": both, "Tags": { "a": "" } }), region("TagResources"))],
    );
    table(
        &emu,
        "UntagResources",
        &[(json!({ "ResourceARNList": both, "TagKeys": ["a"] }), region("UntagResources"))],
    );
    assert_eq!(emu.tagged(&json!({})), [""; 0], "one ARN of another region has nothing tagged");
}
