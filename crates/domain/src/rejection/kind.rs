//! Which AWS exception each [`Rejection`] is.

use super::Rejection;
use crate::arn::ResourceType;

/// An exception of the service model, by the code it has on the wire. The server maps it to the generated one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RejectionKind {
    /// `InvalidParameterValue`, 400.
    InvalidParameterValue,
    /// `InvalidParameterCombination`, 400.
    InvalidParameterCombination,
    /// `InvalidARN`, 400.
    InvalidArn,
    /// `CacheClusterAlreadyExists`, 400.
    CacheClusterAlreadyExists,
    /// `CacheClusterNotFound`, 404.
    CacheClusterNotFound,
    /// `InvalidCacheClusterState`, 400.
    InvalidCacheClusterState,
    /// `CacheParameterGroupNotFound`, 404.
    CacheParameterGroupNotFound,
    /// `CacheSecurityGroupNotFound`, 404.
    CacheSecurityGroupNotFound,
    /// `CacheSubnetGroupNotFoundFault`, 400.
    CacheSubnetGroupNotFound,
    /// `ReplicationGroupNotFoundFault`, 404.
    ReplicationGroupNotFound,
    /// `GlobalReplicationGroupNotFoundFault`, 404.
    GlobalReplicationGroupNotFound,
    /// `ReservedCacheNodeNotFound`, 404.
    ReservedCacheNodeNotFound,
    /// `ServerlessCacheNotFoundFault`, 404.
    ServerlessCacheNotFound,
    /// `ServerlessCacheSnapshotNotFoundFault`, 404.
    ServerlessCacheSnapshotNotFound,
    /// `SnapshotNotFoundFault`, 404.
    SnapshotNotFound,
    /// `SnapshotFeatureNotSupportedFault`, 400.
    SnapshotFeatureNotSupported,
    /// `UserNotFound`, 404.
    UserNotFound,
    /// `UserGroupNotFound`, 404.
    UserGroupNotFound,
    /// `InvalidReplicationGroupState`, 400 (what tagging says of clusters too).
    InvalidReplicationGroupState,
    /// `InvalidVPCNetworkStateFault`, 400.
    InvalidVpcNetworkState,
    /// `NodeQuotaForClusterExceeded`, 400.
    NodeQuotaForClusterExceeded,
    /// `NodeQuotaForCustomerExceeded`, 400.
    NodeQuotaForCustomerExceeded,
    /// `TagQuotaPerResourceExceeded`, 400.
    TagQuotaPerResourceExceeded,
    /// `TagNotFound`, 404.
    TagNotFound,
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
