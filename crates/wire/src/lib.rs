//! Protocol codecs (awsQuery in, XML out; others as services need them) and SigV4 verification.
//!
//! Knows bytes and shapes, never a particular AWS service, and does no IO.

pub mod fault;
pub mod shape;

pub use fault::{Code, Fault, FaultKind};
pub use shape::{Decode, DecodeError, Encode, Encoder, Handle, Node, Operation};
