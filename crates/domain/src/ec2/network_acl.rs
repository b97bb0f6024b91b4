//! Network ACLs: the default one of each VPC, which lets everything pass.

use super::draw::derived;
use super::filter::Described;
use super::{Subnet, Vpc};

/// A VPC's default network ACL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkAcl {
    /// Its VPC.
    pub vpc: Vpc,
    /// `acl-…`.
    pub id: String,
    /// The VPC's subnets, all of which it guards, each with the association's id.
    pub associations: Vec<(String, Subnet)>,
}

impl NetworkAcl {
    /// The default network ACL of `vpc`, whose subnets are `subnets`.
    pub fn default_of(vpc: &Vpc, subnets: impl IntoIterator<Item = Subnet>) -> Self {
        let associate = |subnet: Subnet| (derived("aclassoc", subnet.id.as_str()), subnet);
        Self {
            vpc: vpc.clone(),
            id: derived("acl", vpc.id.as_str()),
            associations: subnets.into_iter().map(associate).collect(),
        }
    }
}

impl Described for NetworkAcl {
    const FILTERS: &'static [&'static str] = &[
        "association.association-id",
        "association.network-acl-id",
        "association.subnet-id",
        "default",
        "network-acl-id",
        "owner-id",
        "vpc-id",
    ];

    fn attribute(&self, filter: &str) -> Vec<String> {
        let one = match filter {
            "association.association-id" => {
                return self.associations.iter().map(|(id, _)| id.clone()).collect();
            }
            "association.subnet-id" => {
                return self.associations.iter().map(|(_, subnet)| subnet.id.to_string()).collect();
            }
            "association.network-acl-id" | "network-acl-id" => self.id.clone(),
            "default" => "true".to_owned(),
            "owner-id" => self.vpc.scope.account.to_string(),
            _ => self.vpc.id.to_string(),
        };
        vec![one]
    }
}
