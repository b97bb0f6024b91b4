//! The seam between the gateway and an AWS service.

use async_trait::async_trait;
use bytes::Bytes;
use http::{StatusCode, request};

use super::Cx;

/// An AWS service.
#[async_trait]
pub trait AwsService: Send + Sync + 'static {
    /// Its name in a signature's scope, `elasticache`.
    fn signing_name(&self) -> &'static str;

    /// The `Version` of its Query requests, where it speaks that protocol: unsigned requests are told apart by it.
    fn query_version(&self) -> Option<&'static str> {
        None
    }

    /// What stands before the operation in `X-Amz-Target` or `/service/…/operation/…`, where it speaks JSON or CBOR.
    fn target(&self) -> Option<&'static str> {
        None
    }

    /// Answers a request whose sender is who `cx` says. Refusals are answers, too.
    async fn call(&self, cx: Cx, request: AwsRequest) -> AwsResponse;
}

/// A request, whole.
#[derive(Debug)]
pub struct AwsRequest {
    /// Method, URI and headers as they came.
    pub head: request::Parts,
    /// The body, inflated, at most [`super::Limits::body_bytes`].
    pub body: Bytes,
}

/// An answer, whole; the gateway adds the request id's header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsResponse {
    /// The HTTP status.
    pub status: StatusCode,
    /// What the body is.
    pub content_type: &'static str,
    /// The body.
    pub body: Bytes,
}
