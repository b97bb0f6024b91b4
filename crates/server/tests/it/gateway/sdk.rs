//! AWS's own SDK as the client.

use aws_sdk_elasticache::Client;
use aws_sdk_elasticache::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_elasticache::operation::RequestId;

use crate::support::gateway::TestGateway;
use crate::support::sdk;
use crate::support::signer::ROOT;

fn client(gateway: &TestGateway, key: (&str, &str)) -> Client {
    sdk::client(&gateway.url(), key, "us-east-1")
}

#[tokio::test]
async fn a_refused_operation_is_named_with_its_code() {
    for flags in [&[][..], &["--auth", "strict"]] {
        let gateway = TestGateway::with_flags(flags);
        let client = client(&gateway, ROOT);
        let error = client.describe_serverless_caches().send().await.unwrap_err();
        assert_eq!(error.code(), Some("NotImplemented"));
        assert_eq!(
            error.message(),
            Some("Simfra does not implement the operation DescribeServerlessCaches yet.")
        );
        let SdkError::ServiceError(answer) = &error else { panic!("{error:?}") };
        assert_eq!(answer.raw().status().as_u16(), 501);
        assert_eq!(answer.err().meta().request_id(), answer.raw().headers().get("x-amzn-requestid"));
    }
}

#[tokio::test]
async fn what_is_asked_arrives_and_what_is_answered_too() {
    let gateway = TestGateway::start();
    let create = client(&gateway, ROOT).create_cache_cluster().cache_cluster_id("a&<b>").num_cache_nodes(3);
    let cluster = create.send().await.unwrap().cache_cluster.unwrap();
    assert_eq!((cluster.cache_cluster_id(), cluster.num_cache_nodes()), (Some("a&<b>"), Some(3)));
}

#[tokio::test]
async fn a_wrong_secret_is_refused() {
    let gateway = TestGateway::start();
    let error = client(&gateway, (ROOT.0, "wrong")).describe_users().send().await.unwrap_err();
    assert_eq!(error.code(), Some("SignatureDoesNotMatch"));
    let error = client(&gateway, ("whoever", "whatever")).describe_users().send().await.unwrap_err();
    assert_eq!(error.code(), Some("NotImplemented"));
}

#[tokio::test]
async fn a_required_member_that_is_missing_is_named() {
    let gateway = TestGateway::start();
    let error = client(&gateway, ROOT).create_cache_cluster().send().await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidParameterValue"));
    assert_eq!(error.message(), Some("The parameter CacheClusterId must be provided and must not be null."));
}
