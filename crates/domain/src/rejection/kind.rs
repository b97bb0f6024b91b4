//! Which AWS exception each [`Rejection`] is.

use super::Rejection;
use crate::arn::ResourceType;

/// An exception of the service model, by the code it has on the wire. The server maps it to the generated one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RejectionKind {
    /// `APICallRateForCustomerExceeded`, 400.
    ApiCallRateForCustomerExceeded,
    /// `AuthorizationAlreadyExists`, 400.
    AuthorizationAlreadyExists,
    /// `AuthorizationNotFound`, 404.
    AuthorizationNotFound,
    /// `CacheClusterAlreadyExists`, 400.
    CacheClusterAlreadyExists,
    /// `CacheClusterNotFound`, 404.
    CacheClusterNotFound,
    /// `CacheParameterGroupAlreadyExists`, 400.
    CacheParameterGroupAlreadyExists,
    /// `CacheParameterGroupNotFound`, 404.
    CacheParameterGroupNotFound,
    /// `CacheParameterGroupQuotaExceeded`, 400.
    CacheParameterGroupQuotaExceeded,
    /// `CacheSecurityGroupAlreadyExists`, 400.
    CacheSecurityGroupAlreadyExists,
    /// `CacheSecurityGroupNotFound`, 404.
    CacheSecurityGroupNotFound,
    /// `QuotaExceeded.CacheSecurityGroup`, 400.
    CacheSecurityGroupQuotaExceeded,
    /// `CacheSubnetGroupAlreadyExists`, 400.
    CacheSubnetGroupAlreadyExists,
    /// `CacheSubnetGroupInUse`, 400.
    CacheSubnetGroupInUse,
    /// `CacheSubnetGroupNotFoundFault`, 400.
    CacheSubnetGroupNotFound,
    /// `CacheSubnetGroupQuotaExceeded`, 400.
    CacheSubnetGroupQuotaExceeded,
    /// `CacheSubnetQuotaExceededFault`, 400.
    CacheSubnetQuotaExceeded,
    /// `ClusterQuotaForCustomerExceeded`, 400.
    ClusterQuotaForCustomerExceeded,
    /// `DefaultUserAssociatedToUserGroup`, 400.
    DefaultUserAssociatedToUserGroup,
    /// `DefaultUserRequired`, 400.
    DefaultUserRequired,
    /// `DuplicateUserName`, 400.
    DuplicateUserName,
    /// `GlobalReplicationGroupAlreadyExistsFault`, 400.
    GlobalReplicationGroupAlreadyExists,
    /// `GlobalReplicationGroupNotFoundFault`, 404.
    GlobalReplicationGroupNotFound,
    /// `InsufficientCacheClusterCapacity`, 400.
    InsufficientCacheClusterCapacity,
    /// `InvalidARN`, 400.
    InvalidArn,
    /// `InvalidCacheClusterState`, 400.
    InvalidCacheClusterState,
    /// `InvalidCacheParameterGroupState`, 400.
    InvalidCacheParameterGroupState,
    /// `InvalidCacheSecurityGroupState`, 400.
    InvalidCacheSecurityGroupState,
    /// `InvalidCredentialsException`, 408.
    InvalidCredentials,
    /// `InvalidGlobalReplicationGroupState`, 400.
    InvalidGlobalReplicationGroupState,
    /// `InvalidKMSKeyFault`, 400.
    InvalidKmsKey,
    /// `InvalidParameterCombination`, 400.
    InvalidParameterCombination,
    /// `InvalidParameterValue`, 400.
    InvalidParameterValue,
    /// `InvalidReplicationGroupState`, 400 (what tagging says of clusters too).
    InvalidReplicationGroupState,
    /// `InvalidServerlessCacheSnapshotStateFault`, 400.
    InvalidServerlessCacheSnapshotState,
    /// `InvalidServerlessCacheStateFault`, 400.
    InvalidServerlessCacheState,
    /// `InvalidSnapshotState`, 400.
    InvalidSnapshotState,
    /// `InvalidSubnet`, 400.
    InvalidSubnet,
    /// `InvalidUserGroupState`, 400.
    InvalidUserGroupState,
    /// `InvalidUserState`, 400.
    InvalidUserState,
    /// `InvalidVPCNetworkStateFault`, 400.
    InvalidVpcNetworkState,
    /// `MigrationHealthFault`, 400.
    MigrationHealth,
    /// `NoOperationFault`, 400.
    NoOperation,
    /// `NodeGroupNotFoundFault`, 404.
    NodeGroupNotFound,
    /// `NodeGroupsPerReplicationGroupQuotaExceeded`, 400.
    NodeGroupsPerReplicationGroupQuotaExceeded,
    /// `NodeQuotaForClusterExceeded`, 400.
    NodeQuotaForClusterExceeded,
    /// `NodeQuotaForCustomerExceeded`, 400.
    NodeQuotaForCustomerExceeded,
    /// `ReplicationGroupAlreadyExists`, 400.
    ReplicationGroupAlreadyExists,
    /// `ReplicationGroupAlreadyUnderMigrationFault`, 400.
    ReplicationGroupAlreadyUnderMigration,
    /// `ReplicationGroupNotFoundFault`, 404.
    ReplicationGroupNotFound,
    /// `ReplicationGroupNotUnderMigrationFault`, 400.
    ReplicationGroupNotUnderMigration,
    /// `ReservedCacheNodeAlreadyExists`, 404.
    ReservedCacheNodeAlreadyExists,
    /// `ReservedCacheNodeNotFound`, 404.
    ReservedCacheNodeNotFound,
    /// `ReservedCacheNodeQuotaExceeded`, 400.
    ReservedCacheNodeQuotaExceeded,
    /// `ReservedCacheNodesOfferingNotFound`, 404.
    ReservedCacheNodesOfferingNotFound,
    /// `ServerlessCacheAlreadyExistsFault`, 400.
    ServerlessCacheAlreadyExists,
    /// `ServerlessCacheAlreadyUnderMigrationFault`, 400.
    ServerlessCacheAlreadyUnderMigration,
    /// `ServerlessCacheNotFoundFault`, 404.
    ServerlessCacheNotFound,
    /// `ServerlessCacheNotUnderMigrationFault`, 400.
    ServerlessCacheNotUnderMigration,
    /// `ServerlessCacheQuotaForCustomerExceededFault`, 400.
    ServerlessCacheQuotaForCustomerExceeded,
    /// `ServerlessCacheSnapshotAlreadyExistsFault`, 400.
    ServerlessCacheSnapshotAlreadyExists,
    /// `ServerlessCacheSnapshotNotFoundFault`, 404.
    ServerlessCacheSnapshotNotFound,
    /// `ServerlessCacheSnapshotQuotaExceededFault`, 400.
    ServerlessCacheSnapshotQuotaExceeded,
    /// `ServiceLinkedRoleNotFoundFault`, 400.
    ServiceLinkedRoleNotFound,
    /// `ServiceUpdateNotFoundFault`, 404.
    ServiceUpdateNotFound,
    /// `SnapshotAlreadyExistsFault`, 400.
    SnapshotAlreadyExists,
    /// `SnapshotFeatureNotSupportedFault`, 400.
    SnapshotFeatureNotSupported,
    /// `SnapshotNotFoundFault`, 404.
    SnapshotNotFound,
    /// `SnapshotQuotaExceededFault`, 400.
    SnapshotQuotaExceeded,
    /// `SubnetInUse`, 400.
    SubnetInUse,
    /// `SubnetNotAllowedFault`, 400.
    SubnetNotAllowed,
    /// `TagNotFound`, 404.
    TagNotFound,
    /// `TagQuotaPerResourceExceeded`, 400.
    TagQuotaPerResourceExceeded,
    /// `TestFailoverNotAvailableFault`, 400.
    TestFailoverNotAvailable,
    /// `UserAlreadyExists`, 400.
    UserAlreadyExists,
    /// `UserGroupAlreadyExists`, 400.
    UserGroupAlreadyExists,
    /// `UserGroupNotFound`, 404.
    UserGroupNotFound,
    /// `UserGroupQuotaExceeded`, 400.
    UserGroupQuotaExceeded,
    /// `UserNotFound`, 404.
    UserNotFound,
    /// `UserQuotaExceeded`, 400.
    UserQuotaExceeded,
    /// No exception of AWS's: the feature is not built.
    NotYet,
}

impl Rejection {
    /// The exception that this is: one table, a row a code.
    #[rustfmt::skip]
    pub const fn kind(&self) -> RejectionKind {
        use RejectionKind as K;
        match self {
            Self::Missing(_) | Self::BadIdentifier(_) | Self::NotListed { .. } | Self::OutOfRange { .. }
            | Self::BadMarker | Self::UnknownNodeType(_) | Self::RetiredNodeType(_)
            | Self::NumCacheNodesNotOne(_) | Self::SpecificVersion { .. }
            | Self::BadMaintenanceWindow(_) | Self::MaintenanceWindowTooShort | Self::MaintenanceWindowTooLong
            | Self::BadSnapshotWindow(_) | Self::SnapshotWindowTooShort | Self::WindowsOverlap
            | Self::CacheSecurityGroups | Self::BadSecurityGroups(_) | Self::NoSecurityGroup
            | Self::UnknownZone(_) | Self::BadTopicArn(_) | Self::BadAuthToken | Self::AuthTokenDelete
            | Self::UnknownNode { .. } | Self::NodeTwice(_) | Self::ArnRegion | Self::ArnAccount
            | Self::TagKeyLength | Self::TagValueLength | Self::TagReserved(_) | Self::TagCharacters(_)
            | Self::TagTwice(_) | Self::TagOnDefault(_) | Self::EventsTooOld(_) => K::InvalidParameterValue,

            Self::NodeTypeNotForVersion { .. } | Self::DataTieringNeedsReplicationGroup(_)
            | Self::NoSuchVersion { .. } | Self::Downgrade { .. } | Self::EngineChange { .. }
            | Self::NotForMemcached(_) | Self::OnlyForMemcached { .. }
            | Self::ZonesPerNode { .. } | Self::BothZoneParameters | Self::CrossZoneNeedsNodes
            | Self::SingleZoneBroken | Self::ReplicaParameters | Self::WrongFamily { .. }
            | Self::ClusterModeParameterGroup | Self::AuthTokenNeedsTransitEncryption
            | Self::AuthTokenSetBeforeRotate
            | Self::NoTransitEncryption { .. } | Self::DiscoveryNotForNetwork { .. }
            | Self::Exclusive(..) | Self::Needs(..) | Self::NodesToRemove { .. } | Self::BlockedByPending { .. }
            | Self::EventWindowReversed => K::InvalidParameterCombination,

            Self::ArnComponents | Self::ArnPartition(_) | Self::ArnService | Self::ArnResourceType => K::InvalidArn,
            Self::CacheClusterExists(_) => K::CacheClusterAlreadyExists,
            Self::CacheClusterNotFound(_) => K::CacheClusterNotFound,
            Self::ParameterGroupNotFound(_) | Self::ParameterGroupToUseNotFound(_) => K::CacheParameterGroupNotFound,
            Self::CacheSecurityGroupNotFound(_) => K::CacheSecurityGroupNotFound,
            Self::SubnetGroupNotFound(_) => K::CacheSubnetGroupNotFound,
            Self::ReplicationGroupNotFound(_) => K::ReplicationGroupNotFound,
            Self::TaggedNotFound { resource, .. } => not_found(*resource),
            Self::ClusterState { .. } => K::InvalidCacheClusterState,
            Self::TaggingState => K::InvalidReplicationGroupState,
            Self::SnapshotFeature => K::SnapshotFeatureNotSupported,
            Self::ZoneWithoutSubnet(_) | Self::SubnetFull(_) => K::InvalidVpcNetworkState,
            Self::TooManyTags(_) => K::TagQuotaPerResourceExceeded,
            Self::TagNotFound(_) => K::TagNotFound,
            Self::NodeQuotaForCluster(_) => K::NodeQuotaForClusterExceeded,
            Self::NodeQuotaForCustomer(_) => K::NodeQuotaForCustomerExceeded,
            Self::ParameterGroup(rejection) => rejection.kind(),
            Self::User(rejection) => rejection.kind(),
            Self::UserGroup(rejection) => rejection.kind(),
            Self::SubnetGroup(rejection) => rejection.kind(),
            Self::ServerlessCache(rejection) => rejection.kind(),
            Self::ServerlessCacheSnapshot(rejection) => rejection.kind(),
            Self::Snapshot(rejection) => rejection.kind(),
            Self::ReplicationGroup(rejection) => rejection.kind(),
            Self::GlobalReplicationGroup(rejection) => rejection.kind(),
            Self::Migration(rejection) => rejection.kind(),
            Self::ReservedNode(rejection) => rejection.kind(),
            Self::ServiceUpdate(rejection) => rejection.kind(),
            Self::NotYet(_) => K::NotYet,
        }
    }
}

/// The code for an ARN that names nothing.
const fn not_found(resource: ResourceType) -> RejectionKind {
    match resource {
        ResourceType::Cluster => RejectionKind::CacheClusterNotFound,
        ResourceType::ReplicationGroup => RejectionKind::ReplicationGroupNotFound,
        ResourceType::GlobalReplicationGroup => RejectionKind::GlobalReplicationGroupNotFound,
        ResourceType::Snapshot => RejectionKind::SnapshotNotFound,
        ResourceType::ServerlessCache => RejectionKind::ServerlessCacheNotFound,
        ResourceType::ServerlessCacheSnapshot => RejectionKind::ServerlessCacheSnapshotNotFound,
        ResourceType::User => RejectionKind::UserNotFound,
        ResourceType::UserGroup => RejectionKind::UserGroupNotFound,
        ResourceType::ParameterGroup => RejectionKind::CacheParameterGroupNotFound,
        ResourceType::SubnetGroup => RejectionKind::CacheSubnetGroupNotFound,
        ResourceType::SecurityGroup => RejectionKind::CacheSecurityGroupNotFound,
        ResourceType::ReservedNode => RejectionKind::ReservedCacheNodeNotFound,
    }
}
