//! Cache subnet groups. So far the default one of each account and region, over the default VPC.

use serde::{Deserialize, Serialize};

use crate::arn::{Arn, ResourceType};
use crate::ids::{CacheSubnetGroupName, Scope, VpcId};
use crate::vpc::{Subnet, Vpc};

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
