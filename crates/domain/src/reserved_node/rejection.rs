//! What operations on reserved nodes refuse, in AWS's words.

use crate::rejection::RejectionKind;

/// Why a request on reserved nodes is refused. None of the wordings is on record (uncertain).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReservedNodeRejection {
    /// No such offering.
    #[error("Reserved cache nodes offering {0} not found.")]
    OfferingNotFound(String),
    /// No such reservation.
    #[error("Reserved cache node {0} not found.")]
    NotFound(String),
    /// A reservation of the id is there.
    #[error("Reserved cache node {0} already exists.")]
    Exists(String),
    /// No node at all.
    #[error("Invalid value {0} for CacheNodeCount. Must be at least 1")]
    Count(i32),
    /// Too many nodes.
    #[error("You have already reached your quota of {0} reserved nodes in this region.")]
    Quota(u32),
}

impl ReservedNodeRejection {
    /// The exception that this is.
    pub const fn kind(&self) -> RejectionKind {
        use RejectionKind as K;
        match self {
            Self::OfferingNotFound(_) => K::ReservedCacheNodesOfferingNotFound,
            Self::NotFound(_) => K::ReservedCacheNodeNotFound,
            Self::Exists(_) => K::ReservedCacheNodeAlreadyExists,
            Self::Count(_) => K::InvalidParameterValue,
            Self::Quota(_) => K::ReservedCacheNodeQuotaExceeded,
        }
    }
}
