//! What a handler knows of a request beside its members.

use domain::ids::Scope;
use jiff::Timestamp;

use super::Patience;
use crate::ids::RequestId;

/// A request's context.
#[derive(Debug, Clone)]
pub struct Cx {
    /// The account and region that it is for.
    pub scope: Scope,
    /// Who sent it.
    pub caller: Caller,
    /// When it arrived.
    pub now: Timestamp,
    /// What the answer and the log call it.
    pub request_id: RequestId,
    /// How long it may be held until what it asks about has settled; none: it is answered at once.
    pub patience: Option<Patience>,
}

/// Who sent a request. Credentials that Simfra does not know are not kept: they may be somebody's real ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// The default account's root, proved by its signature.
    Root,
    /// Somebody with credentials that were not checked.
    Unverified,
    /// Somebody without credentials.
    Anonymous,
}
