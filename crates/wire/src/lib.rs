//! Protocol codecs (awsQuery in, XML out; others as services need them) and SigV4 verification.
//!
//! Knows bytes and shapes, never a particular AWS service, and does no IO.

pub mod codes;
pub mod constraint;
pub mod fault;
pub mod query;
pub mod refuse;
pub mod scalar;
pub mod shape;
pub mod sigv4;
pub mod timestamp;
pub mod xml;

pub use fault::{Code, Fault, FaultKind};
pub use jiff::Timestamp;
pub use scalar::Secret;
pub use shape::{Decode, DecodeError, DispatchError, Encode, Encoder, Field, Handle, Node, Operation};
