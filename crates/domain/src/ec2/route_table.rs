//! Route tables: the main one of each VPC, with the one route that every table has.

use super::draw::derived;
use super::filter::Described;
use super::{Tags, Vpc};

/// A VPC's main route table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteTable {
    /// Its VPC.
    pub vpc: Vpc,
    /// `rtb-…`.
    pub id: String,
    /// `rtbassoc-…`: with the VPC itself.
    pub association_id: String,
}

impl RouteTable {
    /// The main route table of `vpc`.
    pub fn main_of(vpc: &Vpc) -> Self {
        let id = derived("rtb", vpc.id.as_str());
        Self { vpc: vpc.clone(), association_id: derived("rtbassoc", vpc.id.as_str()), id }
    }
}

impl Described for RouteTable {
    const FILTERS: &'static [&'static str] = &[
        "association.main",
        "association.route-table-association-id",
        "association.route-table-id",
        "association.subnet-id",
        "owner-id",
        "route-table-id",
        "route.destination-cidr-block",
        "route.gateway-id",
        "route.origin",
        "route.state",
        "vpc-id",
    ];

    fn attribute(&self, filter: &str) -> Vec<String> {
        let one = match filter {
            "association.main" => "true".to_owned(),
            "association.route-table-association-id" => self.association_id.clone(),
            "association.route-table-id" | "route-table-id" => self.id.clone(),
            // Subnets without a table of their own use this one; AWS lists no association for that.
            "association.subnet-id" => return Vec::new(),
            "owner-id" => self.vpc.scope.account.to_string(),
            "route.destination-cidr-block" => self.vpc.cidr.to_string(),
            "route.gateway-id" => "local".to_owned(),
            "route.origin" => "CreateRouteTable".to_owned(),
            "route.state" => "active".to_owned(),
            _ => self.vpc.id.to_string(),
        };
        vec![one]
    }

    fn tags(&self) -> Option<&Tags> {
        None
    }
}
