//! AWS's own SDK as the client.

use aws_credential_types::Credentials;
use aws_sdk_elasticache::config::http::HttpResponse;
use aws_sdk_elasticache::config::retry::RetryConfig;
use aws_sdk_elasticache::config::{BehaviorVersion, Region};
use aws_sdk_elasticache::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_elasticache::{Client, Config};

/// A client of the Simfra at `url` that does not try again.
pub(crate) fn client(url: &str, (id, secret): (&str, &str), region: &'static str) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(url)
        .region(Region::new(region))
        .credentials_provider(Credentials::new(id, secret, None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

/// Status, code and message of the refusal that a call got.
pub(crate) fn refusal<T: std::fmt::Debug, E>(answer: Result<T, SdkError<E, HttpResponse>>) -> String
where
    E: ProvideErrorMetadata + std::fmt::Debug,
{
    match answer {
        Err(SdkError::ServiceError(refused)) => format!(
            "{} {}: {}",
            refused.raw().status(),
            refused.err().code().unwrap_or_default(),
            refused.err().message().unwrap_or_default()
        ),
        other => panic!("no refusal: {other:?}"),
    }
}
