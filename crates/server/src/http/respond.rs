//! Answers as HTTP: a service's own, and the gateway's refusals in the shape that their reader understands.

use axum::body::Body;
use http::header::{ALLOW, AUTHORIZATION, CONNECTION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Response, StatusCode, request};
use wire::Fault;
use wire::xml::Envelope;

use super::{ADMIN, Afterwards, AwsResponse, Refusal};
use crate::ids::RequestId;

/// The header that carries the request's id, as in the body.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// The namespace of errors that no service speaks, as AWS's front ends have it.
const FAULT_NAMESPACE: &str = "http://webservices.amazon.com/AWSFault/2005-15-09";

/// The status of a service's refusal, which the log has, too.
pub(super) fn refused(fault: &Fault) -> StatusCode {
    tracing::debug!(code = fault.code.wire, message = %fault.message, "refused");
    StatusCode::from_u16(fault.code.http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// How a request's sender reads an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `{"error": …}`: the admin API.
    Admin,
    /// An `ErrorResponse` document: AWS's Query protocol, and whatever tells nothing else.
    Xml,
    /// A `Response` document with a list of errors: EC2's protocol.
    Ec2,
    /// `{"__type": …}`: AWS's JSON protocols.
    Json,
}

impl Dialect {
    pub(super) fn of(head: &request::Parts) -> Self {
        let path = head.uri.path();
        if path.strip_prefix(ADMIN).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
            return Self::Admin;
        }
        let content_type = head.headers.get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
        if content_type.starts_with(b"application/x-amz-json") {
            return Self::Json;
        }
        // Whatever else is wrong with a signature, this part of it tells what its sender can read.
        let signed = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        if signed.is_some_and(|signed| signed.contains("/ec2/aws4_request")) { Self::Ec2 } else { Self::Xml }
    }
}

/// A service's answer.
pub(super) fn answer(answer: AwsResponse) -> Response<Body> {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = answer.status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    response
}

/// The gateway's own refusal.
pub(super) fn refusal(refusal: &Refusal, id: RequestId, dialect: Dialect) -> Response<Body> {
    let fault = &refusal.fault;
    let (content_type, body) = match dialect {
        Dialect::Admin => ("application/json", serde_json::json!({ "error": fault.message }).to_string()),
        Dialect::Json => (wire::json::CONTENT_TYPE, wire::json::error(fault)),
        Dialect::Ec2 => (wire::xml::CONTENT_TYPE, wire::xml::ec2::error(fault, &id.to_string())),
        Dialect::Xml => {
            let id = id.to_string();
            let envelope = Envelope { namespace: FAULT_NAMESPACE, request_id: &id };
            (wire::xml::CONTENT_TYPE, envelope.error(fault))
        }
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() =
        StatusCode::from_u16(fault.code.http).expect("the codes are written with HTTP statuses that exist");
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, POST"));
    }
    if refusal.connection == Afterwards::Close {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// `response` with the request's id.
pub(super) fn identified(mut response: Response<Body>, id: RequestId) -> Response<Body> {
    let value = HeaderValue::try_from(id.to_string()).expect("a UUID is ASCII");
    response.headers_mut().insert(REQUEST_ID, value);
    response
}
