//! What operations on serverless caches refuse, in AWS's words.

use crate::engine::Engine;
use crate::ids::ServerlessCacheName;
use crate::rejection::RejectionKind;

/// Why a request on a serverless cache is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerlessCacheRejection {
    /// A cache of the name is there (uncertain).
    #[error("Serverless cache {0} already exists.")]
    Exists(ServerlessCacheName),
    /// None is; in the letters in which it was asked for (uncertain).
    #[error("Serverless cache {0} not found.")]
    NotFound(String),
    /// Too many caches (uncertain).
    #[error("You have already reached your quota of {0} serverless caches in this region.")]
    Quota(u32),
    /// The cache's state forbids the operation.
    #[error("Serverless cache is not in an available state to perform the requested action.")]
    State,
    /// More than one field of a cache would change.
    #[error("Serverless Cache modifications only support modifying one field per request")]
    OneField,
    /// A description that is too long (uncertain).
    #[error("Description must be at most {0} characters.")]
    DescriptionLength(usize),
    /// Not of the form `HH:MM` (uncertain).
    #[error("Invalid daily snapshot time: {0}. Must be in the format hh24:mi (24H Clock UTC).")]
    BadDailySnapshotTime(String),
    /// A least above the most (uncertain).
    #[error("{least} must not be greater than {most}.")]
    MinimumAboveMaximum {
        /// The least's name.
        least: &'static str,
        /// The most's name.
        most: &'static str,
    },
    /// Subnets that there are not (as CreateCacheSubnetGroup says it).
    #[error("Some input subnets in :[{0}] are invalid.")]
    BadSubnets(String),
    /// Subnets of two VPCs (as CreateCacheSubnetGroup says it).
    #[error("Subnets {0} and {1} are not in the same VPC.")]
    SubnetsOfTwoVpcs(String, String),
    /// Subnets in too few or too many zones (uncertain).
    #[error("SubnetIds must be in 2 or 3 different availability zones.")]
    SubnetZones,
    /// What Valkey from 9 on alone has (uncertain).
    #[error("{0} is only supported for engine valkey version 9 and later.")]
    NeedsValkey9(&'static str),
    /// No such user group (uncertain).
    #[error("User group {0} not found.")]
    UserGroupNotFound(String),
    /// A change of engine that there is not (uncertain).
    #[error("Cannot modify the engine of serverless cache {cache} from {from} to {to}.")]
    EngineChange {
        /// The cache.
        cache: ServerlessCacheName,
        /// Its engine.
        from: Engine,
        /// What came.
        to: Engine,
    },
    /// A snapshot ARN that names nothing to restore from (uncertain).
    #[error("The snapshot {0} in SnapshotArnsToRestore is not found or is not available.")]
    BadSnapshotArn(String),
    /// Several snapshots of serverless caches at once (uncertain).
    #[error("Only one serverless cache snapshot can be restored.")]
    SeveralSnapshots,
    /// A snapshot of an engine or version whose data the cache cannot read (uncertain).
    #[error("A snapshot of {from} version {from_version} cannot be restored to {to} version {to_version}.")]
    SnapshotNotForEngine {
        /// The snapshot's engine.
        from: Engine,
        /// The snapshot's major version.
        from_version: String,
        /// The cache's engine.
        to: Engine,
        /// The cache's major version.
        to_version: String,
    },
    /// A page token that no answer gave out (uncertain).
    #[error("The parameter NextToken is not a valid token.")]
    BadNextToken,
}

impl ServerlessCacheRejection {
    /// The exception that this is.
    pub const fn kind(&self) -> RejectionKind {
        use RejectionKind as K;
        match self {
            Self::Exists(_) => K::ServerlessCacheAlreadyExists,
            Self::NotFound(_) => K::ServerlessCacheNotFound,
            Self::Quota(_) => K::ServerlessCacheQuotaForCustomerExceeded,
            Self::State => K::InvalidServerlessCacheState,
            Self::UserGroupNotFound(_) => K::UserGroupNotFound,
            Self::OneField
            | Self::MinimumAboveMaximum { .. }
            | Self::NeedsValkey9(_)
            | Self::EngineChange { .. }
            | Self::SeveralSnapshots
            | Self::SnapshotNotForEngine { .. } => K::InvalidParameterCombination,
            Self::DescriptionLength(_)
            | Self::BadDailySnapshotTime(_)
            | Self::BadSubnets(_)
            | Self::SubnetsOfTwoVpcs(..)
            | Self::SubnetZones
            | Self::BadSnapshotArn(_)
            | Self::BadNextToken => K::InvalidParameterValue,
        }
    }
}
