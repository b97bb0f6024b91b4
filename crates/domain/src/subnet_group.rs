//! Cache subnet groups: the default one of each account and region, over the default VPC, and an account's own.

use serde::{Deserialize, Serialize};

use crate::arn::{Arn, ResourceType};
use crate::ids::{CacheSubnetGroupName, Scope, VpcId};
use crate::tag::Tags;
use crate::vpc::{Subnet, Vpc};

mod rejection;
pub mod validate;

pub use rejection::SubnetGroupRejection;

/// A cache subnet group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheSubnetGroup {
    /// `default`.
    pub name: CacheSubnetGroupName,
    /// For people.
    pub description: String,
    /// The VPC of all its subnets.
    pub vpc_id: VpcId,
    /// Its subnets.
    pub subnets: Vec<Subnet>,
}

/// A group as it is stored: somebody's own, or a default one that was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnSubnetGroup {
    /// Account and region.
    pub scope: Scope,
    /// The group.
    pub group: CacheSubnetGroup,
    /// Its tags.
    pub tags: Tags,
}

impl CacheSubnetGroup {
    /// What a cluster gets that names no group: every subnet of the default VPC.
    pub fn default_of(vpc: &Vpc) -> Self {
        Self {
            name: Self::default_name(),
            description: "Default CacheSubnetGroup".to_owned(),
            vpc_id: vpc.key.vpc.clone(),
            subnets: vpc.subnets.clone(),
        }
    }

    /// `default`.
    pub fn default_name() -> CacheSubnetGroupName {
        "default".parse().expect("a word is a name")
    }

    /// Its ARN in `scope`.
    pub fn arn(&self, scope: &Scope) -> Arn {
        Arn::new(scope, ResourceType::SubnetGroup, self.name.as_str())
    }
}

#[cfg(test)]
mod tests;
