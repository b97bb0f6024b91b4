//! What ElastiCache's rules refuse, as the client sees it: the one place where a rule becomes an AWS error code.

use domain::rejection::{Rejection, RejectionKind};
use models::elasticache::errors;
use wire::{Code, Fault, codes};

use super::refusal::{self, Rejects};

/// An ElastiCache handler's way out.
pub(super) type Refusal = refusal::Refusal<Rejection>;

impl Rejects for Rejection {
    const NOT_STORED: Code = codes::INTERNAL_FAILURE;

    fn fault(&self) -> Fault {
        Fault::new(code(self.kind()), self.to_string())
    }
}

#[expect(clippy::too_many_lines, reason = "a table, a row a code")]
const fn code(kind: RejectionKind) -> Code {
    use RejectionKind as K;
    match kind {
        K::ApiCallRateForCustomerExceeded => errors::API_CALL_RATE_FOR_CUSTOMER_EXCEEDED_FAULT,
        K::AuthorizationAlreadyExists => errors::AUTHORIZATION_ALREADY_EXISTS_FAULT,
        K::AuthorizationNotFound => errors::AUTHORIZATION_NOT_FOUND_FAULT,
        K::CacheClusterAlreadyExists => errors::CACHE_CLUSTER_ALREADY_EXISTS_FAULT,
        K::CacheClusterNotFound => errors::CACHE_CLUSTER_NOT_FOUND_FAULT,
        K::CacheParameterGroupAlreadyExists => errors::CACHE_PARAMETER_GROUP_ALREADY_EXISTS_FAULT,
        K::CacheParameterGroupNotFound => errors::CACHE_PARAMETER_GROUP_NOT_FOUND_FAULT,
        K::CacheParameterGroupQuotaExceeded => errors::CACHE_PARAMETER_GROUP_QUOTA_EXCEEDED_FAULT,
        K::CacheSecurityGroupAlreadyExists => errors::CACHE_SECURITY_GROUP_ALREADY_EXISTS_FAULT,
        K::CacheSecurityGroupNotFound => errors::CACHE_SECURITY_GROUP_NOT_FOUND_FAULT,
        K::CacheSecurityGroupQuotaExceeded => errors::CACHE_SECURITY_GROUP_QUOTA_EXCEEDED_FAULT,
        K::CacheSubnetGroupAlreadyExists => errors::CACHE_SUBNET_GROUP_ALREADY_EXISTS_FAULT,
        K::CacheSubnetGroupInUse => errors::CACHE_SUBNET_GROUP_IN_USE,
        K::CacheSubnetGroupNotFound => errors::CACHE_SUBNET_GROUP_NOT_FOUND_FAULT,
        K::CacheSubnetGroupQuotaExceeded => errors::CACHE_SUBNET_GROUP_QUOTA_EXCEEDED_FAULT,
        K::CacheSubnetQuotaExceeded => errors::CACHE_SUBNET_QUOTA_EXCEEDED_FAULT,
        K::ClusterQuotaForCustomerExceeded => errors::CLUSTER_QUOTA_FOR_CUSTOMER_EXCEEDED_FAULT,
        K::DefaultUserAssociatedToUserGroup => errors::DEFAULT_USER_ASSOCIATED_TO_USER_GROUP_FAULT,
        K::DefaultUserRequired => errors::DEFAULT_USER_REQUIRED,
        K::DuplicateUserName => errors::DUPLICATE_USER_NAME_FAULT,
        K::GlobalReplicationGroupAlreadyExists => errors::GLOBAL_REPLICATION_GROUP_ALREADY_EXISTS_FAULT,
        K::GlobalReplicationGroupNotFound => errors::GLOBAL_REPLICATION_GROUP_NOT_FOUND_FAULT,
        K::InsufficientCacheClusterCapacity => errors::INSUFFICIENT_CACHE_CLUSTER_CAPACITY_FAULT,
        K::InvalidArn => errors::INVALID_ARN_FAULT,
        K::InvalidCacheClusterState => errors::INVALID_CACHE_CLUSTER_STATE_FAULT,
        K::InvalidCacheParameterGroupState => errors::INVALID_CACHE_PARAMETER_GROUP_STATE_FAULT,
        K::InvalidCacheSecurityGroupState => errors::INVALID_CACHE_SECURITY_GROUP_STATE_FAULT,
        K::InvalidCredentials => errors::INVALID_CREDENTIALS_EXCEPTION,
        K::InvalidGlobalReplicationGroupState => errors::INVALID_GLOBAL_REPLICATION_GROUP_STATE_FAULT,
        K::InvalidKmsKey => errors::INVALID_KMS_KEY_FAULT,
        K::InvalidParameterCombination => errors::INVALID_PARAMETER_COMBINATION_EXCEPTION,
        K::InvalidParameterValue => errors::INVALID_PARAMETER_VALUE_EXCEPTION,
        K::InvalidReplicationGroupState => errors::INVALID_REPLICATION_GROUP_STATE_FAULT,
        K::InvalidServerlessCacheSnapshotState => errors::INVALID_SERVERLESS_CACHE_SNAPSHOT_STATE_FAULT,
        K::InvalidServerlessCacheState => errors::INVALID_SERVERLESS_CACHE_STATE_FAULT,
        K::InvalidSnapshotState => errors::INVALID_SNAPSHOT_STATE_FAULT,
        K::InvalidSubnet => errors::INVALID_SUBNET,
        K::InvalidUserGroupState => errors::INVALID_USER_GROUP_STATE_FAULT,
        K::InvalidUserState => errors::INVALID_USER_STATE_FAULT,
        K::InvalidVpcNetworkState => errors::INVALID_VPC_NETWORK_STATE_FAULT,
        K::MigrationHealth => errors::MIGRATION_HEALTH_FAULT,
        K::NoOperation => errors::NO_OPERATION_FAULT,
        K::NodeGroupNotFound => errors::NODE_GROUP_NOT_FOUND_FAULT,
        K::NodeGroupsPerReplicationGroupQuotaExceeded => {
            errors::NODE_GROUPS_PER_REPLICATION_GROUP_QUOTA_EXCEEDED_FAULT
        }
        K::NodeQuotaForClusterExceeded => errors::NODE_QUOTA_FOR_CLUSTER_EXCEEDED_FAULT,
        K::NodeQuotaForCustomerExceeded => errors::NODE_QUOTA_FOR_CUSTOMER_EXCEEDED_FAULT,
        K::ReplicationGroupAlreadyExists => errors::REPLICATION_GROUP_ALREADY_EXISTS_FAULT,
        K::ReplicationGroupAlreadyUnderMigration => errors::REPLICATION_GROUP_ALREADY_UNDER_MIGRATION_FAULT,
        K::ReplicationGroupNotFound => errors::REPLICATION_GROUP_NOT_FOUND_FAULT,
        K::ReplicationGroupNotUnderMigration => errors::REPLICATION_GROUP_NOT_UNDER_MIGRATION_FAULT,
        K::ReservedCacheNodeAlreadyExists => errors::RESERVED_CACHE_NODE_ALREADY_EXISTS_FAULT,
        K::ReservedCacheNodeNotFound => errors::RESERVED_CACHE_NODE_NOT_FOUND_FAULT,
        K::ReservedCacheNodeQuotaExceeded => errors::RESERVED_CACHE_NODE_QUOTA_EXCEEDED_FAULT,
        K::ReservedCacheNodesOfferingNotFound => errors::RESERVED_CACHE_NODES_OFFERING_NOT_FOUND_FAULT,
        K::ServerlessCacheAlreadyExists => errors::SERVERLESS_CACHE_ALREADY_EXISTS_FAULT,
        K::ServerlessCacheAlreadyUnderMigration => errors::SERVERLESS_CACHE_ALREADY_UNDER_MIGRATION_FAULT,
        K::ServerlessCacheNotFound => errors::SERVERLESS_CACHE_NOT_FOUND_FAULT,
        K::ServerlessCacheNotUnderMigration => errors::SERVERLESS_CACHE_NOT_UNDER_MIGRATION_FAULT,
        K::ServerlessCacheQuotaForCustomerExceeded => {
            errors::SERVERLESS_CACHE_QUOTA_FOR_CUSTOMER_EXCEEDED_FAULT
        }
        K::ServerlessCacheSnapshotAlreadyExists => errors::SERVERLESS_CACHE_SNAPSHOT_ALREADY_EXISTS_FAULT,
        K::ServerlessCacheSnapshotNotFound => errors::SERVERLESS_CACHE_SNAPSHOT_NOT_FOUND_FAULT,
        K::ServerlessCacheSnapshotQuotaExceeded => errors::SERVERLESS_CACHE_SNAPSHOT_QUOTA_EXCEEDED_FAULT,
        K::ServiceLinkedRoleNotFound => errors::SERVICE_LINKED_ROLE_NOT_FOUND_FAULT,
        K::ServiceUpdateNotFound => errors::SERVICE_UPDATE_NOT_FOUND_FAULT,
        K::SnapshotAlreadyExists => errors::SNAPSHOT_ALREADY_EXISTS_FAULT,
        K::SnapshotFeatureNotSupported => errors::SNAPSHOT_FEATURE_NOT_SUPPORTED_FAULT,
        K::SnapshotNotFound => errors::SNAPSHOT_NOT_FOUND_FAULT,
        K::SnapshotQuotaExceeded => errors::SNAPSHOT_QUOTA_EXCEEDED_FAULT,
        K::SubnetInUse => errors::SUBNET_IN_USE,
        K::SubnetNotAllowed => errors::SUBNET_NOT_ALLOWED_FAULT,
        K::TagNotFound => errors::TAG_NOT_FOUND_FAULT,
        K::TagQuotaPerResourceExceeded => errors::TAG_QUOTA_PER_RESOURCE_EXCEEDED,
        K::TestFailoverNotAvailable => errors::TEST_FAILOVER_NOT_AVAILABLE_FAULT,
        K::UserAlreadyExists => errors::USER_ALREADY_EXISTS_FAULT,
        K::UserGroupAlreadyExists => errors::USER_GROUP_ALREADY_EXISTS_FAULT,
        K::UserGroupNotFound => errors::USER_GROUP_NOT_FOUND_FAULT,
        K::UserGroupQuotaExceeded => errors::USER_GROUP_QUOTA_EXCEEDED_FAULT,
        K::UserNotFound => errors::USER_NOT_FOUND_FAULT,
        K::UserQuotaExceeded => errors::USER_QUOTA_EXCEEDED_FAULT,
        K::NotYet => codes::NOT_IMPLEMENTED,
    }
}
