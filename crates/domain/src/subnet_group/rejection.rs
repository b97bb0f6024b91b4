//! What operations on cache subnet groups refuse, in AWS's words.

use crate::ids::{CacheSubnetGroupName, SubnetId};
use crate::rejection::RejectionKind;

/// Why a request on a cache subnet group is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubnetGroupRejection {
    /// A group of the name is there.
    #[error("Cache subnet group {0} already exists.")]
    Exists(CacheSubnetGroupName),
    /// Clusters are in it (uncertain).
    #[error("Cache subnet group {0} is currently in use by a cache cluster.")]
    InUse(CacheSubnetGroupName),
    /// Subnets that are not there.
    #[error("Some input subnets in :[{0}] are invalid.")]
    UnknownSubnets(String),
    /// An empty list of subnets.
    #[error("The parameter SubnetIds must be provided.")]
    NoSubnets,
    /// Subnets of more than one VPC, or of another than the group's.
    #[error("Subnets {0} and {1} are not in the same VPC.")]
    SeveralVpcs(SubnetId, SubnetId),
    /// No such group, as its deletion says it.
    #[error("Cache Subnet Group {0} does not exist.")]
    NotFoundToDelete(String),
    /// A subnet to be left out in which nodes lie (uncertain).
    #[error("The subnet {subnet} is in use by cache cluster {cluster}.")]
    SubnetInUse {
        /// The subnet.
        subnet: String,
        /// A cluster in it.
        cluster: String,
    },
    /// Too many groups (uncertain).
    #[error("You have already reached your quota of {0} cache subnet groups in this region.")]
    Quota(u32),
    /// Too many subnets in a group (uncertain).
    #[error("A cache subnet group can have at most {0} subnets.")]
    SubnetQuota(u32),
}

impl SubnetGroupRejection {
    /// The exception that this is.
    pub const fn kind(&self) -> RejectionKind {
        use RejectionKind as K;
        match self {
            Self::Exists(_) => K::CacheSubnetGroupAlreadyExists,
            Self::InUse(_) => K::CacheSubnetGroupInUse,
            Self::UnknownSubnets(_) | Self::NoSubnets => K::InvalidParameterValue,
            Self::SeveralVpcs(..) => K::InvalidSubnet,
            Self::NotFoundToDelete(_) => K::CacheSubnetGroupNotFound,
            Self::SubnetInUse { .. } => K::SubnetInUse,
            Self::Quota(_) => K::CacheSubnetGroupQuotaExceeded,
            Self::SubnetQuota(_) => K::CacheSubnetQuotaExceeded,
        }
    }
}
