//! Protocol codecs (awsQuery in, XML out; AWS JSON both ways) and SigV4 verification.
//!
//! Knows bytes and shapes, never a particular AWS service, and does no IO.
//!
//! A request's way, as the gateway walks it with a generated service (here one of a single operation by hand):
//!
//! ```
//! use wire::constraint::{Bounds, MemberRule, Presence, Rule};
//! use wire::query::{self, Form};
//! use wire::shape::{optional, serve};
//! use wire::xml::Envelope;
//! use wire::{Decode, DecodeError, DispatchError, Encode, Encoder, Fault, Field, Handle, Node, Operation, codes};
//!
//! // What `models` generates: shapes that read and write themselves, an operation, its rules.
//! struct Cluster {
//!     id: Option<String>,
//! }
//! impl Decode for Cluster {
//!     fn decode(n: &dyn Node) -> Result<Self, DecodeError> {
//!         Ok(Self { id: optional(n, "Id")? })
//!     }
//! }
//! impl Encode for Cluster {
//!     fn encode(&self, e: &mut dyn Encoder) {
//!         e.structure(&[Field::one("Id", self.id.as_ref())]);
//!     }
//! }
//! struct CreateCluster;
//! impl Operation for CreateCluster {
//!     const NAME: &'static str = "CreateCluster";
//!     const RESULT_WRAPPER: Option<&'static str> = Some("CreateClusterResult");
//!     type Input = Cluster;
//!     type Output = Cluster;
//!     fn rules() -> &'static [MemberRule] {
//!         static RULES: &[MemberRule] = &[MemberRule {
//!             name: "Id",
//!             presence: Presence::Required,
//!             rule: Rule::Text(Bounds { min: Some(1), max: Some(50) }, None),
//!         }];
//!         RULES
//!     }
//! }
//!
//! // What the server writes: the handler.
//! struct Service;
//! struct Cx;
//! impl Handle<CreateCluster, Cx> for Service {
//!     async fn handle(&self, _: &Cx, input: Cluster) -> Result<Cluster, Fault> {
//!         Ok(input)
//!     }
//! }
//!
//! // What the gateway does: form, handler (through the generated `dispatch`), XML.
//! async fn answer(body: &[u8]) -> Result<String, Fault> {
//!     let form = Form::parse(body)?;
//!     let served = serve::<CreateCluster, _, _>(&Service, &Cx, &form.root()).await;
//!     let output = served.map_err(|error| match error {
//!         DispatchError::Malformed(error) => query::malformed(error),
//!         DispatchError::Invalid(violation) => Fault::new(codes::VALIDATION_ERROR, violation.to_string()),
//!         DispatchError::Refused(fault) => fault,
//!     })?;
//!     let envelope = Envelope { namespace: "http://example.com/doc/", request_id: "7a62c49f" };
//!     Ok(envelope.answer(CreateCluster::NAME, CreateCluster::RESULT_WRAPPER, &*output))
//! }
//!
//! # fn ready(body: &[u8]) -> Result<String, Fault> {
//! #     let mut context = std::task::Context::from_waker(std::task::Waker::noop());
//! #     match std::pin::pin!(answer(body)).poll(&mut context) {
//! #         std::task::Poll::Ready(answer) => answer,
//! #         std::task::Poll::Pending => unreachable!("the handler does not wait"),
//! #     }
//! # }
//! assert!(ready(b"Action=CreateCluster&Id=a").is_ok_and(|xml| xml.contains("<Id>a</Id>")));
//! assert!(ready(b"Action=CreateCluster").is_err_and(|fault| fault.message == "Id is missing"));
//! ```

pub mod codes;
pub mod constraint;
pub mod fault;
pub mod json;
pub mod list;
pub mod query;
pub mod refuse;
pub mod scalar;
pub mod shape;
pub mod sigv4;
pub mod timestamp;
pub mod xml;

pub use fault::{Code, Fault, FaultKind};
pub use jiff::Timestamp;
pub use list::{List, Written};
pub use scalar::Secret;
pub use shape::{Decode, DecodeError, DispatchError, Encode, Encoder, Field, Handle, Node, Operation};
