//! What requests on migrations can break; no wording is known, all are uncertain.

use crate::ids::ReplicationGroupId;
use crate::rejection::RejectionKind;

/// Why a request on a migration is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MigrationRejection {
    /// None or several sources (uncertain).
    #[error("CustomerNodeEndpointList must contain exactly one endpoint.")]
    OneEndpoint,
    /// A group that data cannot be migrated into (uncertain).
    #[error("Migration is not supported for replication groups with {0}.")]
    With(&'static str),
    /// A migration is under way (uncertain).
    #[error("Replication group {0} is already under migration.")]
    UnderWay(ReplicationGroupId),
    /// None is (uncertain).
    #[error("Replication group {0} is not under migration.")]
    NotUnderWay(ReplicationGroupId),
    /// None into a serverless cache is (uncertain).
    #[error("Serverless cache {0} is not under migration.")]
    ServerlessNotUnderWay(String),
}

impl MigrationRejection {
    /// The exception that this is: one table, a row a code.
    pub const fn kind(&self) -> RejectionKind {
        use RejectionKind as K;
        match self {
            Self::OneEndpoint => K::InvalidParameterValue,
            Self::With(_) => K::InvalidParameterCombination,
            Self::UnderWay(_) => K::ReplicationGroupAlreadyUnderMigration,
            Self::NotUnderWay(_) => K::ReplicationGroupNotUnderMigration,
            Self::ServerlessNotUnderWay(_) => K::ServerlessCacheNotUnderMigration,
        }
    }
}
