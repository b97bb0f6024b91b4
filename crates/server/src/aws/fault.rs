//! What the domain and the store refuse, as the client sees it: the one place where a rule becomes an AWS error code.

use domain::rejection::{Rejection, RejectionKind};
use models::elasticache::errors;
use wire::{Code, Fault, codes};

use crate::store::StoreError;

/// An ElastiCache handler's way out: a domain rejection or a failure of the store, on its way to a [`Fault`].
#[derive(Debug)]
pub(super) enum Refusal {
    /// A rule was broken.
    Rejected(Rejection),
    /// The store failed.
    Store(StoreError),
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Rejected(rejection) => Self::new(code(rejection.kind()), rejection.to_string()),
            Refusal::Store(error) => {
                // The client learns that nothing was done; the log says why.
                tracing::error!(%error, "a request was not served");
                Self::new(codes::INTERNAL_FAILURE, "The request could not be stored; nothing was changed.")
            }
        }
    }
}

const fn code(kind: RejectionKind) -> Code {
    use RejectionKind as K;
    match kind {
        K::InvalidParameterValue => errors::INVALID_PARAMETER_VALUE_EXCEPTION,
        K::InvalidParameterCombination => errors::INVALID_PARAMETER_COMBINATION_EXCEPTION,
        K::InvalidArn => errors::INVALID_ARN_FAULT,
        K::CacheClusterAlreadyExists => errors::CACHE_CLUSTER_ALREADY_EXISTS_FAULT,
        K::CacheClusterNotFound => errors::CACHE_CLUSTER_NOT_FOUND_FAULT,
        K::InvalidCacheClusterState => errors::INVALID_CACHE_CLUSTER_STATE_FAULT,
        K::CacheParameterGroupNotFound => errors::CACHE_PARAMETER_GROUP_NOT_FOUND_FAULT,
        K::CacheSecurityGroupNotFound => errors::CACHE_SECURITY_GROUP_NOT_FOUND_FAULT,
        K::CacheSubnetGroupNotFound => errors::CACHE_SUBNET_GROUP_NOT_FOUND_FAULT,
        K::ReplicationGroupNotFound => errors::REPLICATION_GROUP_NOT_FOUND_FAULT,
        K::GlobalReplicationGroupNotFound => errors::GLOBAL_REPLICATION_GROUP_NOT_FOUND_FAULT,
        K::ReservedCacheNodeNotFound => errors::RESERVED_CACHE_NODE_NOT_FOUND_FAULT,
        K::ServerlessCacheNotFound => errors::SERVERLESS_CACHE_NOT_FOUND_FAULT,
        K::ServerlessCacheSnapshotNotFound => errors::SERVERLESS_CACHE_SNAPSHOT_NOT_FOUND_FAULT,
        K::SnapshotNotFound => errors::SNAPSHOT_NOT_FOUND_FAULT,
        K::SnapshotFeatureNotSupported => errors::SNAPSHOT_FEATURE_NOT_SUPPORTED_FAULT,
        K::UserNotFound => errors::USER_NOT_FOUND_FAULT,
        K::UserGroupNotFound => errors::USER_GROUP_NOT_FOUND_FAULT,
        K::InvalidReplicationGroupState => errors::INVALID_REPLICATION_GROUP_STATE_FAULT,
        K::InvalidVpcNetworkState => errors::INVALID_VPC_NETWORK_STATE_FAULT,
        K::NodeQuotaForClusterExceeded => errors::NODE_QUOTA_FOR_CLUSTER_EXCEEDED_FAULT,
        K::NodeQuotaForCustomerExceeded => errors::NODE_QUOTA_FOR_CUSTOMER_EXCEEDED_FAULT,
        K::TagQuotaPerResourceExceeded => errors::TAG_QUOTA_PER_RESOURCE_EXCEEDED,
        K::TagNotFound => errors::TAG_NOT_FOUND_FAULT,
        K::NotYet => codes::NOT_IMPLEMENTED,
    }
}
