//! What operations on snapshots of serverless caches refuse.

use crate::ids::ServerlessCacheSnapshotName;
use crate::rejection::RejectionKind;

/// Why a request on a snapshot of a serverless cache is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerlessCacheSnapshotRejection {
    /// A snapshot of the name is there (uncertain).
    #[error("Serverless cache snapshot {0} already exists.")]
    Exists(ServerlessCacheSnapshotName),
    /// None is; in the letters in which it was asked for (uncertain).
    #[error("Serverless cache snapshot {0} not found.")]
    NotFound(String),
    /// The snapshot's state forbids the operation (uncertain).
    #[error("Serverless cache snapshot is not in an available state to perform the requested action.")]
    State,
    /// Too many snapshots of a cache in a day (as CreateSnapshot says it).
    #[error(
        "The maximum number of manual snapshots for this serverless cache taken within 24 hours has been reached \
         its quota of {0}"
    )]
    Quota(u32),
    /// A snapshot type that there is not is [`crate::rejection::Rejection::NotListed`]; this is no bucket's name
    /// (uncertain).
    #[error("The parameter S3BucketName is not a valid bucket name: {0}")]
    BadBucket(String),
    /// A snapshot with a customer's key does not leave (user guide, exports).
    #[error("A serverless cache snapshot that is encrypted with a customer managed key cannot be exported.")]
    KeyOnExport,
}

impl ServerlessCacheSnapshotRejection {
    /// The exception that this is.
    pub const fn kind(&self) -> RejectionKind {
        use RejectionKind as K;
        match self {
            Self::Exists(_) => K::ServerlessCacheSnapshotAlreadyExists,
            Self::NotFound(_) => K::ServerlessCacheSnapshotNotFound,
            Self::State => K::InvalidServerlessCacheSnapshotState,
            Self::Quota(_) => K::ServerlessCacheSnapshotQuotaExceeded,
            Self::BadBucket(_) | Self::KeyOnExport => K::InvalidParameterValue,
        }
    }
}
