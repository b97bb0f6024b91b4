//! Every rule that a request can break, in AWS's words.
//!
//! The server maps [`Rejection::kind`] to the generated error code and sends the `Display` text. Wordings that no
//! primary source confirms are marked `(uncertain)`; they follow the phrasing of those that are.

use jiff::Timestamp;

use crate::engine::Engine;
use crate::ids::{CacheClusterId, CacheNodeId};
use crate::parameter_group::ParameterGroupRejection;
use crate::reserved_node::ReservedNodeRejection;
use crate::serverless_cache::ServerlessCacheRejection;
use crate::serverless_cache_snapshot::ServerlessCacheSnapshotRejection;
use crate::service_update::ServiceUpdateRejection;
use crate::snapshot::SnapshotRejection;
use crate::subnet_group::SubnetGroupRejection;
use crate::user::UserRejection;
use crate::user_group::UserGroupRejection;

mod kind;
mod unbuilt;

pub use kind::RejectionKind;
pub use unbuilt::Unbuilt;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// A parameter that must be there is not.
    #[error("The parameter {0} must be provided and must not be null.")]
    Missing(&'static str),
    /// An identifier breaks the rule for identifiers. The parameter is named as AWS names it, `CacheClusterIdentifier`.
    #[error(
        "The parameter {0} is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII \
         letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens."
    )]
    BadIdentifier(&'static str),
    /// A value that is none of those listed (uncertain).
    #[error("Invalid value '{value}' for {parameter}. Valid values: {allowed}")]
    NotListed {
        /// The parameter.
        parameter: &'static str,
        /// What came.
        value: String,
        /// What may come, comma-joined.
        allowed: String,
    },
    /// A number outside its range (uncertain).
    #[error("Invalid value {value} for {parameter}. Must be between {min} and {max}")]
    OutOfRange {
        /// The parameter.
        parameter: &'static str,
        /// What came.
        value: i64,
        /// Least.
        min: i64,
        /// Most.
        max: i64,
    },
    /// A paging marker that no answer gave out (uncertain).
    #[error("The parameter Marker is not a valid marker.")]
    BadMarker,

    /// No such node type (uncertain).
    #[error("Invalid cache node type: {0}")]
    UnknownNodeType(String),
    /// A generation of nodes that can no longer be created (uncertain).
    #[error("Cache node type {0} is no longer available for new clusters.")]
    RetiredNodeType(String),
    /// The node type does not run this engine or version (uncertain).
    #[error("Cache node type {node_type} is not supported for engine {engine} version {version}.")]
    NodeTypeNotForVersion {
        /// The node type.
        node_type: String,
        /// The engine.
        engine: Engine,
        /// The engine version.
        version: String,
    },
    /// A data-tiering node type outside a replication group (uncertain).
    #[error("Cache node type {0} is only supported in replication groups with data tiering enabled.")]
    DataTieringNeedsReplicationGroup(String),
    /// Redis and Valkey clusters have one node.
    #[error("NumCacheNodes should be 1 if engine is {0}")]
    NumCacheNodesNotOne(Engine),
    /// A patch version, where only `major.minor` is accepted.
    #[error("Specific version selection is not allowed for '{asked}', please use '{offered}'")]
    SpecificVersion {
        /// What came.
        asked: String,
        /// What to send.
        offered: String,
    },
    /// The engine has no such version.
    #[error("Cannot find version {version} for {engine}")]
    NoSuchVersion {
        /// What came.
        version: String,
        /// The engine.
        engine: Engine,
    },
    /// An upgrade that is none (uncertain).
    #[error("Cannot downgrade from version {from} to version {to}.")]
    Downgrade {
        /// The cluster's version.
        from: String,
        /// What came.
        to: String,
    },
    /// A standalone cluster's engine cannot be changed (uncertain).
    #[error("Cannot modify the engine of cache cluster {cluster} from {from} to {to}.")]
    EngineChange {
        /// The cluster.
        cluster: CacheClusterId,
        /// Its engine.
        from: Engine,
        /// What came.
        to: Engine,
    },

    /// Not of the form `ddd:HH:MM-ddd:HH:MM` (uncertain).
    #[error(
        "Invalid maintenance window: {0}. Must be in the format ddd:hh24:mi-ddd:hh24:mi (24H Clock UTC)."
    )]
    BadMaintenanceWindow(String),
    /// A maintenance window under an hour (uncertain).
    #[error("Maintenance window must be at least 60 minutes.")]
    MaintenanceWindowTooShort,
    /// A maintenance window over a day (uncertain).
    #[error("Maintenance window must be at most 24 hours.")]
    MaintenanceWindowTooLong,
    /// Not of the form `HH:MM-HH:MM` (uncertain).
    #[error("Invalid snapshot window: {0}. Must be in the format hh24:mi-hh24:mi (24H Clock UTC).")]
    BadSnapshotWindow(String),
    /// A snapshot window under an hour.
    #[error("Snapshot window must be at least 60 minutes.")]
    SnapshotWindowTooShort,
    /// Both windows at once.
    #[error("The snapshot window and maintenance window must not overlap.")]
    WindowsOverlap,
    /// Snapshots on Memcached (uncertain).
    #[error("{0} is not supported for engine memcached.")]
    NotForMemcached(&'static str),
    /// A snapshot of what has none: Memcached, T1 nodes (uncertain).
    #[error("Snapshots are not supported for this cache cluster.")]
    SnapshotFeature,
    /// A parameter of Memcached alone on another engine (uncertain).
    #[error("{parameter} is not supported for engine {engine}.")]
    OnlyForMemcached {
        /// The parameter.
        parameter: &'static str,
        /// The engine.
        engine: Engine,
    },

    /// A classic security group.
    #[error("Use of cache security groups is not permitted in this API version for your account.")]
    CacheSecurityGroups,
    /// No such classic security group (uncertain).
    #[error("CacheSecurityGroup not found: {0}")]
    CacheSecurityGroupNotFound(String),
    /// Security groups that do not exist, or not in the cluster's VPC (uncertain).
    #[error("Some security groups are invalid: [{0}]")]
    BadSecurityGroups(String),
    /// An empty list of security groups in a VPC (uncertain).
    #[error("At least one security group must be provided.")]
    NoSecurityGroup,
    /// No subnet of the subnet group lies in the zone.
    #[error("No subnet is present in the cache subnet group for availability zone {0}")]
    ZoneWithoutSubnet(String),
    /// No zone of the region has this name (uncertain).
    #[error("{0} is not a valid availability zone.")]
    UnknownZone(String),
    /// Zones do not fit the number of nodes (uncertain).
    #[error("The number of availability zones ({zones}) must equal the number of cache nodes ({nodes}).")]
    ZonesPerNode {
        /// Zones that came.
        zones: usize,
        /// Nodes that came.
        nodes: u16,
    },
    /// `PreferredAvailabilityZone` beside `PreferredAvailabilityZones` (uncertain).
    #[error("Cannot specify both PreferredAvailabilityZone and PreferredAvailabilityZones.")]
    BothZoneParameters,
    /// Several zones for one node, or one for `cross-az` (uncertain).
    #[error("AZMode cross-az requires more than one cache node.")]
    CrossZoneNeedsNodes,
    /// Several zones where `single-az` was said (uncertain).
    #[error("AZMode single-az requires all cache nodes in the same availability zone.")]
    SingleZoneBroken,
    /// No topic ARN (uncertain).
    #[error("The parameter NotificationTopicArn is not a valid ARN: {0}")]
    BadTopicArn(String),

    /// `ReplicationGroupId` together with what the group decides.
    #[error("Cannot specify additional cache cluster parameters when creating a replica cluster")]
    ReplicaParameters,
    /// The parameter group is of another family.
    #[error("Expected a parameter group of family {expected} but found one of family {given}")]
    WrongFamily {
        /// The engine version's family.
        expected: String,
        /// The group's.
        given: String,
    },
    /// A parameter group with `cluster-enabled` on, for a standalone cluster.
    #[error("Cluster mode should be disabled in parameter group, but found it is enabled.")]
    ClusterModeParameterGroup,
    /// A malformed AUTH token.
    #[error("Invalid AuthToken provided.")]
    BadAuthToken,
    /// An AUTH token without TLS (uncertain).
    #[error("AuthToken is only supported when encryption-in-transit is enabled.")]
    AuthTokenNeedsTransitEncryption,
    /// SET where no ROTATE came before (uncertain).
    #[error("AuthTokenUpdateStrategy SET is only supported after ROTATE.")]
    AuthTokenSetBeforeRotate,
    /// DELETE without the user group that is to take the token's place.
    #[error("Auth token update strategy delete is not supported currently")]
    AuthTokenDelete,
    /// TLS on a version without it (uncertain).
    #[error("Encryption in-transit is not supported for engine {engine} version {version}.")]
    NoTransitEncryption {
        /// The engine.
        engine: Engine,
        /// The version.
        version: String,
    },
    /// IPv6 with ipv4 discovery and the like (uncertain).
    #[error("IpDiscovery {discovery} is not supported with NetworkType {network}.")]
    DiscoveryNotForNetwork {
        /// What came as `IpDiscovery`.
        discovery: String,
        /// The network type.
        network: String,
    },
    /// Two parameters that exclude each other (uncertain).
    #[error("Cannot specify both {0} and {1}.")]
    Exclusive(&'static str, &'static str),
    /// A parameter without the one it depends on (uncertain).
    #[error("{0} can only be specified together with {1}.")]
    Needs(&'static str, &'static str),
    /// Node ids to remove that do not make up the difference (uncertain).
    #[error(
        "The number of CacheNodeIdsToRemove ({given}) must equal the number of nodes to remove ({expected})."
    )]
    NodesToRemove {
        /// Ids that came.
        given: usize,
        /// Nodes too many.
        expected: usize,
    },
    /// A change that waits for the window forbids another at once (uncertain).
    #[error("{asked} cannot be changed immediately while a change of {pending} is pending.")]
    BlockedByPending {
        /// What came.
        asked: &'static str,
        /// What waits.
        pending: &'static str,
    },
    /// No such node in the cluster (uncertain).
    #[error("Cache node {node} is not found in cache cluster {cluster}.")]
    UnknownNode {
        /// The cluster.
        cluster: CacheClusterId,
        /// What came.
        node: String,
    },
    /// A node id listed twice (uncertain).
    #[error("Cache node {0} is specified more than once.")]
    NodeTwice(CacheNodeId),

    /// A cluster of the id is there (uncertain).
    #[error("Cache cluster {0} already exists.")]
    CacheClusterExists(CacheClusterId),
    /// No such cluster; in the letters in which it was asked for.
    #[error("CacheCluster not found: {0}")]
    CacheClusterNotFound(String),
    /// No such parameter group, as DescribeCacheParameterGroups says it.
    #[error("CacheParameterGroup {0} not found.")]
    ParameterGroupNotFound(String),
    /// No such parameter group, as the operations that use one say it.
    #[error("CacheParameterGroup not found: {0}")]
    ParameterGroupToUseNotFound(String),
    /// No such subnet group.
    #[error("Cache subnet group {0} not found.")]
    SubnetGroupNotFound(String),
    /// No such replication group (uncertain).
    #[error("Replication group {0} not found.")]
    ReplicationGroupNotFound(String),
    /// A tag operation's ARN names nothing that is there. The kind follows the ARN's resource type.
    #[error("{id} is not present")]
    TaggedNotFound {
        /// What kind of resource the ARN names.
        resource: crate::arn::ResourceType,
        /// Its id in the ARN.
        id: String,
    },

    /// The cluster's state forbids the operation: RebootCacheCluster, ModifyCacheCluster. (The wording follows
    /// DeleteReplicationGroup's recorded one; uncertain.)
    #[error("Cache cluster {cluster} has status {status} which is not valid for {purpose}.")]
    ClusterState {
        /// The cluster.
        cluster: CacheClusterId,
        /// Its status.
        status: &'static str,
        /// `deletion`, `modification`, `reboot`.
        purpose: &'static str,
    },
    /// Tags of a resource that is not available.
    #[error("Cluster not in available state to perform tagging operations.")]
    TaggingState,

    /// An ARN with another number of parts.
    #[error("Input ARN string does not have 7 components.")]
    ArnComponents,
    /// Another partition.
    #[error("partition field is wrong. Expected value is {0}")]
    ArnPartition(&'static str),
    /// Another service.
    #[error("service field is wrong. Expected value is elasticache")]
    ArnService,
    /// A resource type that ElastiCache does not have (uncertain).
    #[error("resource type field is wrong.")]
    ArnResourceType,
    /// Another region or a malformed account.
    #[error("Unauthorized call. Please check the region or customer id")]
    ArnRegion,
    /// Another account.
    #[error("The resource ARN does not belong to the caller's account.")]
    ArnAccount,

    /// More tags than a resource may carry (uncertain).
    #[error("The tag quota for the resource is exceeded. A resource can have at most {0} tags.")]
    TooManyTags(u32),
    /// A key of another length than 1 to 128 (uncertain).
    #[error("Tag key must be between 1 and 128 characters.")]
    TagKeyLength,
    /// A value longer than 256 (uncertain).
    #[error("Tag value must be at most 256 characters.")]
    TagValueLength,
    /// The reserved prefix (uncertain).
    #[error("Tag keys starting with aws: are reserved for system use: {0}")]
    TagReserved(String),
    /// Characters outside AWS's set for tags (uncertain).
    #[error("Tag contains invalid characters: {0}")]
    TagCharacters(String),
    /// A key twice in one request (uncertain).
    #[error("Duplicate tag key: {0}")]
    TagTwice(String),
    /// A key to remove that the resource does not carry (uncertain).
    #[error("Tag {0} not found.")]
    TagNotFound(String),
    /// Default groups carry no tags (uncertain).
    #[error("Tagging is not supported for the default resource {0}.")]
    TagOnDefault(String),

    /// `StartTime` after `EndTime` (uncertain).
    #[error("StartTime must be before EndTime.")]
    EventWindowReversed,
    /// Events of more than 14 days ago (uncertain).
    #[error("Events are kept for 14 days. StartTime {0} is too long ago.")]
    EventsTooOld(Timestamp),

    /// Too many nodes in one cluster.
    #[error("Cluster node quota exceeded. Each cluster can have at most {0} nodes in this region.")]
    NodeQuotaForCluster(u32),
    /// Too many nodes in the region.
    #[error("You have already reached your quota of {0} nodes in this region.")]
    NodeQuotaForCustomer(u32),
    /// No address is left in the subnets of the group (uncertain).
    #[error("No free IP addresses are left in subnet {0}.")]
    SubnetFull(String),

    /// What operations on parameter groups refuse.
    #[error(transparent)]
    ParameterGroup(#[from] ParameterGroupRejection),
    /// What operations on users refuse.
    #[error(transparent)]
    User(#[from] UserRejection),
    /// What operations on user groups refuse.
    #[error(transparent)]
    UserGroup(#[from] UserGroupRejection),
    /// What operations on cache subnet groups refuse.
    #[error(transparent)]
    SubnetGroup(#[from] SubnetGroupRejection),
    /// What operations on serverless caches refuse.
    #[error(transparent)]
    ServerlessCache(#[from] ServerlessCacheRejection),
    /// What operations on their snapshots refuse.
    #[error(transparent)]
    ServerlessCacheSnapshot(#[from] ServerlessCacheSnapshotRejection),
    /// What operations on snapshots of clusters and replication groups refuse.
    #[error(transparent)]
    Snapshot(#[from] SnapshotRejection),
    /// A rule of replication groups.
    #[error(transparent)]
    ReplicationGroup(#[from] crate::replication_group::GroupRejection),
    /// A rule of global datastores.
    #[error(transparent)]
    GlobalReplicationGroup(#[from] crate::global_replication_group::GlobalRejection),
    /// A rule of migrations.
    #[error(transparent)]
    Migration(#[from] crate::migration::MigrationRejection),
    /// What operations on reserved nodes refuse.
    #[error(transparent)]
    ReservedNode(#[from] ReservedNodeRejection),
    /// What operations on service updates refuse.
    #[error(transparent)]
    ServiceUpdate(#[from] ServiceUpdateRejection),

    /// AWS serves it and Simfra does not yet.
    #[error("Simfra does not serve {0} yet.")]
    NotYet(Unbuilt),
}

impl Rejection {
    /// A number outside its range.
    pub fn out_of_range(parameter: &'static str, value: impl Into<i64>, min: i64, max: i64) -> Self {
        Self::OutOfRange { parameter, value: value.into(), min, max }
    }
}

#[cfg(test)]
mod tests;
