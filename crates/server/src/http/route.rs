//! Which service a request is for.

use std::sync::Arc;

use bytes::Bytes;
use http::header::HOST;
use http::{Method, request};
use wire::query::Form;
use wire::{Code, Fault, codes};

use super::AwsService;

const UNKNOWN_OPERATION: Code = Code::sender("UnknownOperation", 404);

/// What stands for the `Version` of a request without one in AWS's own answers.
pub(super) const NO_VERSION: &str = "NO_VERSION_SPECIFIED";

/// The services that there are.
pub(super) struct Services(Vec<Arc<dyn AwsService>>);

impl Services {
    pub(super) fn new(services: Vec<Arc<dyn AwsService>>) -> Self {
        Self(services)
    }

    /// The service that a request names: in its signature's scope (`signed_for`), else in `X-Amz-Target`, in the path
    /// of the Smithy RPC protocol, in its Host, by its `Action` and `Version`.
    pub(super) fn find(
        &self,
        signed_for: Option<&str>,
        head: &request::Parts,
        body: &Bytes,
    ) -> Result<&dyn AwsService, Fault> {
        if let Some(name) = signed_for {
            return self.by(|service| service.signing_name() == name).ok_or_else(|| unknown_service(name));
        }
        if let Some(target) = head.headers.get("x-amz-target") {
            let target = target.to_str().unwrap_or_default();
            let prefix = target.split_once('.').map_or(target, |(prefix, _)| prefix);
            return self
                .by(|service| service.target() == Some(prefix))
                .ok_or_else(|| unknown_service(prefix));
        }
        if let Some(name) = rpc_service(head.uri.path()) {
            return self.by(|service| service.target() == Some(name)).ok_or_else(|| unknown_service(name));
        }
        if let Some(service) =
            host_label(head).and_then(|name| self.by(|service| service.signing_name() == name))
        {
            return Ok(service);
        }
        self.by_version(head, body)
    }

    fn by_version(&self, head: &request::Parts, body: &Bytes) -> Result<&dyn AwsService, Fault> {
        let form = Form::parse(parameters(head, body))?;
        let Some(action) = form.get("Action") else {
            return Err(if head.uri.path() == "/" { missing_action() } else { unknown_path() });
        };
        let version = form.get("Version");
        let named = version.and_then(|version| self.by(|service| service.query_version() == Some(version)));
        named.ok_or_else(|| unknown_action(action, version))
    }

    fn by(&self, matches: impl Fn(&dyn AwsService) -> bool) -> Option<&dyn AwsService> {
        self.0.iter().map(AsRef::as_ref).find(|service| matches(*service))
    }
}

/// A Query request's parameters: the body's, or the URI's for a GET and for a POST without a body.
pub(super) fn parameters<'a>(head: &'a request::Parts, body: &'a Bytes) -> &'a [u8] {
    if head.method == Method::GET || body.is_empty() {
        head.uri.query().unwrap_or_default().as_bytes()
    } else {
        body
    }
}

/// AWS's answer to an operation that a version of a service does not have.
pub(super) fn unknown_action(action: &str, version: Option<&str>) -> Fault {
    let (action, version) = (shorten(action), version.map_or(NO_VERSION, shorten));
    Fault::new(codes::INVALID_ACTION, format!("Could not find operation {action} for version {version}"))
}

/// AWS's answer to a request without an operation.
pub(super) fn missing_action() -> Fault {
    Fault::new(codes::MISSING_ACTION, "The request is missing an action or a required parameter.")
}

fn unknown_path() -> Fault {
    Fault::new(
        UNKNOWN_OPERATION,
        "The request names no AWS service: it is not signed and has no Action and Version",
    )
}

fn unknown_service(name: &str) -> Fault {
    let name = shorten(name);
    Fault::new(codes::NOT_IMPLEMENTED, format!("Simfra does not have the service '{name}' (yet)"))
}

/// As much of a client's text as an answer repeats.
fn shorten(text: &str) -> &str {
    const MOST: usize = 128;
    let end = text.char_indices().nth(MOST).map_or(text.len(), |(at, _)| at);
    &text[..end]
}

/// The service in `/service/<service>/operation/<operation>`.
fn rpc_service(path: &str) -> Option<&str> {
    let (service, rest) = path.strip_prefix("/service/")?.split_once('/')?;
    rest.strip_prefix("operation/").map(|_| service)
}

/// The first label of a Host such as `elasticache.us-east-1.amazonaws.com`.
fn host_label(head: &request::Parts) -> Option<&str> {
    let (label, rest) = head.headers.get(HOST)?.to_str().ok()?.split_once('.')?;
    rest.contains('.').then_some(label)
}

#[cfg(test)]
mod tests;
