//! What a client is told when a request is refused.

use std::borrow::Cow;

/// Whose fault an error is: it becomes `Sender` or `Receiver` in an error envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The request was wrong.
    Sender,
    /// The service was.
    Receiver,
}

/// An error code as a service model declares it: its name on the wire, its HTTP status, whose fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// The name on the wire, for example `CacheClusterNotFound`.
    pub wire: &'static str,
    /// The HTTP status of the answer.
    pub http: u16,
    /// Whose fault it is.
    pub kind: FaultKind,
}

impl Code {
    /// A code that blames the request.
    pub const fn sender(wire: &'static str, http: u16) -> Self {
        Self { wire, http, kind: FaultKind::Sender }
    }

    /// A code that blames the service.
    pub const fn receiver(wire: &'static str, http: u16) -> Self {
        Self { wire, http, kind: FaultKind::Receiver }
    }
}

/// The one error type that a client sees: a generated code and AWS's wording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The code.
    pub code: Code,
    /// The text, without secrets and without internals.
    pub message: Cow<'static, str>,
}

impl Fault {
    /// A fault of `code` with `message`.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into() }
    }
}
