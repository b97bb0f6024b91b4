use async_trait::async_trait;
use http::Request;

use super::*;
use crate::http::{AwsRequest, AwsResponse, Cx};

struct Named(&'static str, Option<&'static str>, Option<&'static str>);

#[async_trait]
impl AwsService for Named {
    fn signing_name(&self) -> &'static str {
        self.0
    }

    fn query_version(&self) -> Option<&'static str> {
        self.1
    }

    fn target(&self) -> Option<&'static str> {
        self.2
    }

    async fn call(&self, _cx: Cx, _request: AwsRequest) -> AwsResponse {
        unreachable!("nothing is called here")
    }
}

/// The service found, or the refusal's code and message.
fn find(
    signed_for: Option<&str>,
    method: &str,
    uri: &str,
    headers: &[(&str, &str)],
    body: &'static str,
) -> String {
    let services = Services::new(vec![
        Arc::new(Named("elasticache", Some("2015-02-02"), None)),
        Arc::new(Named("monitoring", Some("2010-08-01"), Some("GraniteServiceVersion20100801"))),
    ]);
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (head, ()) = request.body(()).unwrap().into_parts();
    match services.find(signed_for, &head, &Bytes::from_static(body.as_bytes())) {
        Ok(service) => service.signing_name().to_owned(),
        Err(fault) => format!("{} {}: {}", fault.code.http, fault.code.wire, fault.message),
    }
}

#[test]
fn each_way_of_naming_a_service_leads_to_it() {
    let query = "Action=DescribeCacheClusters&Version=2015-02-02";
    assert_eq!(find(Some("elasticache"), "POST", "/", &[], "Version=2010-08-01"), "elasticache");
    let target = [("x-amz-target", "GraniteServiceVersion20100801.PutMetricData")];
    assert_eq!(find(None, "POST", "/", &target, query), "monitoring");
    let rpc = "/service/GraniteServiceVersion20100801/operation/PutMetricData";
    assert_eq!(find(None, "POST", rpc, &[], ""), "monitoring");
    let host = [("host", "monitoring.us-east-1.amazonaws.com")];
    assert_eq!(find(None, "POST", "/", &host, query), "monitoring");
    assert_eq!(find(None, "POST", "/", &[("host", "localhost:4599")], query), "elasticache");
    assert_eq!(find(None, "GET", "/?Version=2010-08-01&Action=X", &[], ""), "monitoring");
    assert_eq!(find(None, "POST", "/?Version=2010-08-01&Action=X", &[], ""), "monitoring");
}

#[test]
fn a_request_for_nothing_that_is_here_is_told_what_is_missing() {
    expect_test::expect![[r"
        501 NotImplemented: Simfra does not have the service 's3' (yet)
        501 NotImplemented: Simfra does not have the service 'DynamoDB_20120810' (yet)
        501 NotImplemented: Simfra does not have the service 'Logs' (yet)
        400 InvalidAction: Could not find operation RunInstances for version 2016-11-15
        400 InvalidAction: Could not find operation RunInstances for version NO_VERSION_SPECIFIED
        400 MissingAction: The request is missing an action or a required parameter.
        404 UnknownOperation: The request names no AWS service: it is not signed and has no Action and Version"]]
    .assert_eq(
        &[
            find(Some("s3"), "GET", "/bucket/key", &[], ""),
            find(None, "POST", "/", &[("x-amz-target", "DynamoDB_20120810.ListTables")], "{}"),
            find(None, "POST", "/service/Logs/operation/X", &[], ""),
            find(None, "POST", "/", &[], "Action=RunInstances&Version=2016-11-15"),
            find(None, "POST", "/", &[], "Action=RunInstances"),
            find(None, "POST", "/", &[], ""),
            find(None, "GET", "/favicon.ico", &[], ""),
        ]
        .join("\n"),
    );
}
