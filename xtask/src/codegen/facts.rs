//! A service model reduced to facts: what generated code and tests need, without a word of the model's prose.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Model {
    /// Where the facts come from: `botocore 1.44.5`.
    pub source: String,
    pub service: Service,
    pub operations: Vec<Operation>,
    /// Every shape that an operation reaches, by name.
    pub shapes: BTreeMap<String, Shape>,
    pub paginators: BTreeMap<String, Paginator>,
    pub waiters: BTreeMap<String, Waiter>,
}

/// What the service is called in its protocols.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Service {
    pub api_version: String,
    /// The service in an endpoint's host name.
    pub endpoint_prefix: String,
    /// The service in a signature's scope.
    pub signing_name: String,
    pub protocol: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub xml_namespace: Option<String>,
    /// What stands before the operation in `X-Amz-Target`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_prefix: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Operation {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_wrapper: Option<String>,
    pub errors: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(crate) enum Shape {
    Structure(Structure),
    List(List),
    Map(Map),
    String(Text),
    Integer(Bounds),
    Long(Bounds),
    Boolean,
    Double,
    Float,
    Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Structure {
    /// In model order, which is the order on the wire.
    pub members: Vec<Member>,
    /// Present when the structure is an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorFacts>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Member {
    /// The name on the wire; in answers, where requests have another.
    pub name: String,
    /// The name in requests, where it is another: the ec2 protocol's begin with a capital.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_name: Option<String>,
    /// The model's own name, where the wire has another: that of the field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_name: Option<String>,
    pub shape: String,
    #[serde(default, skip_serializing_if = "is_false")]
    pub required: bool,
    /// The value is a credential.
    #[serde(default, skip_serializing_if = "is_false")]
    pub sensitive: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub deprecated: bool,
}

impl Member {
    /// The name in requests.
    pub(crate) fn in_requests(&self) -> &str {
        self.request_name.as_ref().unwrap_or(&self.name)
    }

    /// The name by which SDKs, and the generated code, call the member.
    pub(crate) fn in_model(&self) -> &str {
        self.model_name.as_ref().unwrap_or(&self.name)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ErrorFacts {
    /// The name on the wire.
    pub code: String,
    pub http: u16,
    pub fault: Blame,
}

/// Whose fault an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Blame {
    Sender,
    Receiver,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct List {
    /// The name of each element on the wire.
    pub element: String,
    pub of: String,
    /// The name that botocore reads in answers instead of that of the member which holds the list. Readers made of
    /// Smithy models, as the SDKs for Go and Rust, keep the member's name: one element does not satisfy both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location_name: Option<String>,
    #[serde(flatten)]
    pub length: Bounds,
}

/// From strings to values of one shape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Map {
    pub key: String,
    pub value: String,
    #[serde(flatten)]
    pub length: Bounds,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Text {
    /// The known values; empty for a free string.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    #[serde(flatten)]
    pub length: Bounds,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bounds {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
}

/// How an operation's answer comes in pages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Paginator {
    pub input_token: String,
    pub output_token: String,
    #[serde(alias = "limit_key", default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
    #[serde(alias = "result_key")]
    pub result: String,
}

/// What a client polls for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Waiter {
    pub operation: String,
    /// Seconds between two polls.
    #[serde(alias = "delay")]
    pub delay_seconds: u32,
    #[serde(alias = "maxAttempts")]
    pub max_attempts: u32,
    pub acceptors: Vec<Acceptor>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Acceptor {
    pub matcher: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub argument: Option<String>,
    pub expected: serde_json::Value,
    pub state: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_false(value: &bool) -> bool {
    !*value
}
