//! The front of AWS JSON 1.1: the operation stands in `X-Amz-Target`, request and answer are JSON objects.

use std::future::Future;

use async_trait::async_trait;
use bytes::Bytes;
use http::{StatusCode, request};
use wire::json::{self, Document};
use wire::{Encode, Fault, Node, codes, refuse};

use super::respond::refused;
use super::{AwsRequest, AwsResponse, AwsService, Cx};

/// A service of the JSON protocol: its model's constants and its dispatch.
pub trait JsonApi: Send + Sync + 'static {
    /// Its name in a signature's scope.
    const SIGNING_NAME: &'static str;
    /// What stands before the operation in `X-Amz-Target`.
    const TARGET: &'static str;
    /// The model's names of operations.
    type Operation: Copy + Send;

    /// The operation that a request calls `name`.
    fn operation(name: &str) -> Option<Self::Operation>;

    /// Serves one request.
    ///
    /// # Errors
    /// What the client is told when the request cannot be read, is not valid or is refused.
    fn dispatch(
        &self,
        cx: &Cx,
        operation: Self::Operation,
        input: &dyn Node,
    ) -> impl Future<Output = Result<Box<dyn Encode + Send>, Fault>> + Send;
}

/// A [`JsonApi`] as the gateway sees it.
#[derive(Debug)]
pub struct JsonService<A>(pub A);

#[async_trait]
impl<A: JsonApi> AwsService for JsonService<A> {
    fn signing_name(&self) -> &'static str {
        A::SIGNING_NAME
    }

    fn target(&self) -> Option<&'static str> {
        Some(A::TARGET)
    }

    async fn call(&self, cx: Cx, request: AwsRequest) -> AwsResponse {
        match serve(&self.0, &cx, &request).await {
            Ok(body) => document(StatusCode::OK, body),
            Err(fault) => document(refused(&fault), json::error(&fault)),
        }
    }
}

/// Serves one request, up to the answer's text.
async fn serve<A: JsonApi>(api: &A, cx: &Cx, request: &AwsRequest) -> Result<String, Fault> {
    let name = operation::<A>(&request.head)?;
    let operation = A::operation(name).ok_or_else(|| refuse::not_built(name))?;
    let document = Document::parse(&request.body)?;
    tracing::debug!(operation = name, scope = %cx.scope, "called");
    let output = api.dispatch(cx, operation, &document.root()).await?;
    Ok(json::answer(&*output))
}

/// The operation that the request names, if it names one of the service's protocol.
fn operation<A: JsonApi>(head: &request::Parts) -> Result<&str, Fault> {
    let target = head.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let name = target.and_then(|target| target.strip_prefix(A::TARGET)?.strip_prefix('.'));
    let is_name = |name: &&str| {
        let letters = name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        letters && (1..=MOST_LETTERS).contains(&name.len())
    };
    name.filter(is_name).ok_or_else(|| {
        let message =
            format!("The request names no operation: X-Amz-Target must be {}.<operation>", A::TARGET);
        Fault::new(codes::UNKNOWN_OPERATION_EXCEPTION, message)
    })
}

/// No operation of AWS's has a longer name.
const MOST_LETTERS: usize = 128;

fn document(status: StatusCode, body: String) -> AwsResponse {
    AwsResponse { status, content_type: json::CONTENT_TYPE, body: Bytes::from(body) }
}
