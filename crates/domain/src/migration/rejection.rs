//! What requests on migrations can break; no wording is known, all are uncertain.

use crate::engine::Engine;
use crate::ids::{ReplicationGroupId, ServerlessCacheName};
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
    ServerlessNotUnderWay(ServerlessCacheName),
    /// One into a serverless cache is (uncertain).
    #[error("Serverless cache {0} is already under migration.")]
    ServerlessUnderWay(ServerlessCacheName),
    /// An engine that data cannot be migrated into (uncertain).
    #[error("Migration is not supported for serverless caches with engine {0}.")]
    Engine(Engine),
    /// Another source than was prepared (uncertain).
    #[error("CustomerNodeEndpointList must be the endpoint that PrepareMigration was given: {0}.")]
    OtherEndpoint(String),
    /// A migration that was stopped begins anew (botocore's model; wording uncertain).
    #[error("ClearTargetCacheData must be true to restart a migration that was stopped.")]
    ClearFirst,
    /// The cache does not follow the source (uncertain).
    #[error(
        "The migration of serverless cache {0} is not healthy: no data sync is under way. Set Force to true to bypass this check."
    )]
    Unhealthy(ServerlessCacheName),
    /// No ARN of a secret (uncertain).
    #[error("SecretArn must be the ARN of a secret in Secrets Manager.")]
    NoSecret,
    /// No certificate (uncertain).
    #[error("SourceTlsCertificate must be a certificate in PEM.")]
    NoCertificate,
}

impl MigrationRejection {
    /// The exception that this is: one table, a row a code.
    pub const fn kind(&self) -> RejectionKind {
        use RejectionKind as K;
        match self {
            Self::OneEndpoint | Self::Engine(_) | Self::NoSecret | Self::NoCertificate => {
                K::InvalidParameterValue
            }
            Self::With(_) | Self::OtherEndpoint(_) | Self::ClearFirst => K::InvalidParameterCombination,
            Self::UnderWay(_) => K::ReplicationGroupAlreadyUnderMigration,
            Self::NotUnderWay(_) => K::ReplicationGroupNotUnderMigration,
            Self::ServerlessNotUnderWay(_) => K::ServerlessCacheNotUnderMigration,
            Self::ServerlessUnderWay(_) => K::ServerlessCacheAlreadyUnderMigration,
            Self::Unhealthy(_) => K::MigrationHealth,
        }
    }
}
