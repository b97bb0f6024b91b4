//! The protocol-neutral traits between generated shapes and hand-written codecs.

use std::future::Future;

use crate::Fault;

/// A shape that can be written by any protocol.
pub trait Encode {
    /// Tells `e` this shape's members, in model order.
    fn encode(&self, e: &mut dyn Encoder);
}

/// A shape that can be read from any protocol.
pub trait Decode: Sized {
    /// Reads the shape at `n`; an error carries the member's path.
    fn decode(n: &dyn Node) -> Result<Self, DecodeError>;
}

/// One operation of a service model.
pub trait Operation {
    /// The operation's name, as in `Action=`.
    const NAME: &'static str;
    /// The request's shape.
    type Input: Decode + Send;
    /// The answer's shape.
    type Output: Encode + Send;
}

/// What serves an operation. Missing for one operation, the service's `dispatch` does not compile.
pub trait Handle<O: Operation, Cx: Sync>: Sync {
    /// Serves one request.
    fn handle(&self, cx: &Cx, input: O::Input) -> impl Future<Output = Result<O::Output, Fault>> + Send;
}

// `Encoder`, `Node` and `DecodeError` are the codecs' side: see the query and xml modules.

/// A protocol's writing side.
pub trait Encoder {}
/// A protocol's reading side: one node of a decoded request.
pub trait Node {}
/// Why a request's members could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct DecodeError {
    /// The member's path as the client wrote it, `Tags.Tag.1.Key`.
    pub path: String,
    /// What is wrong with it.
    pub reason: String,
}
