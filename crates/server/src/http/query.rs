//! The front of the protocols that take a form and answer XML: awsQuery, and EC2's own beside it.

use std::future::Future;

use async_trait::async_trait;
use bytes::Bytes;
use http::StatusCode;
use wire::query::Form;
use wire::xml::{self, Envelope, ec2};
use wire::{Encode, Fault, Node};

use super::respond::refused;
use super::route::{missing_action, parameters, unknown_action};
use super::{AwsRequest, AwsResponse, AwsService, Cx};

/// A service of the Query protocol: its model's constants and its dispatch.
pub trait QueryApi: Send + Sync + 'static {
    /// Its name in a signature's scope.
    const SIGNING_NAME: &'static str;
    /// The version of its API.
    const VERSION: &'static str;
    /// The XML namespace of its answers.
    const NAMESPACE: &'static str;
    /// What surrounds its answers.
    const WRAPPING: Wrapping = Wrapping::Query;
    /// The model's names of operations.
    type Operation: Copy + Send;

    /// The operation that a request calls `name`.
    fn operation(name: &str) -> Option<Self::Operation>;

    /// What a client is told that asks for an operation that [`QueryApi::operation`] does not know.
    fn unknown(name: &str, version: Option<&str>) -> Fault {
        unknown_action(name, version)
    }

    /// The element that wraps the operation's answer; none when it has no output.
    fn result_wrapper(operation: Self::Operation) -> Option<&'static str>;

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

/// What surrounds a service's answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrapping {
    /// awsQuery's envelope, with a result and the response's metadata.
    Query,
    /// The ec2 protocol's, with neither.
    Ec2,
}

/// A [`QueryApi`] as the gateway sees it.
#[derive(Debug)]
pub struct QueryService<A>(pub A);

#[async_trait]
impl<A: QueryApi> AwsService for QueryService<A> {
    fn signing_name(&self) -> &'static str {
        A::SIGNING_NAME
    }

    fn query_version(&self) -> Option<&'static str> {
        Some(A::VERSION)
    }

    async fn call(&self, cx: Cx, request: AwsRequest) -> AwsResponse {
        let request_id = cx.request_id.to_string();
        match self.0.serve(&cx, &request_id, &request).await {
            Ok(body) => document(StatusCode::OK, body),
            Err(fault) => {
                let status = refused(&fault);
                let body = match A::WRAPPING {
                    Wrapping::Query => {
                        Envelope { namespace: A::NAMESPACE, request_id: &request_id }.error(&fault)
                    }
                    Wrapping::Ec2 => ec2::error(&fault, &request_id),
                };
                document(status, body)
            }
        }
    }
}

/// The steps of one request.
trait Serve: QueryApi {
    /// Serves one request, up to the answer's text.
    fn serve(
        &self,
        cx: &Cx,
        request_id: &str,
        request: &AwsRequest,
    ) -> impl Future<Output = Result<String, Fault>> + Send {
        async move {
            let form = Form::parse(parameters(&request.head, &request.body))?;
            let name = form.get("Action").ok_or_else(missing_action)?;
            let version = form.get("Version");
            let known = Self::operation(name).filter(|_| version == Some(Self::VERSION));
            let operation = known.ok_or_else(|| Self::unknown(name, version))?;
            tracing::debug!(operation = name, scope = %cx.scope, "called");
            let output = self.dispatch(cx, operation, &form.root()).await?;
            let namespace = Self::NAMESPACE;
            Ok(match Self::WRAPPING {
                Wrapping::Query => {
                    Envelope { namespace, request_id }.answer(name, Self::result_wrapper(operation), &*output)
                }
                Wrapping::Ec2 => ec2::Envelope { namespace, request_id }.answer(name, &*output),
            })
        }
    }
}

impl<A: QueryApi> Serve for A {}

fn document(status: StatusCode, body: String) -> AwsResponse {
    AwsResponse { status, content_type: xml::CONTENT_TYPE, body: Bytes::from(body) }
}
