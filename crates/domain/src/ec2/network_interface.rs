//! Network interfaces: the one of each cache node, which ElastiCache holds in its owner's VPC.

use std::net::Ipv4Addr;

use super::draw::derived;
use super::filter::Described;
use crate::cluster::{CacheCluster, CacheNode};
use crate::ids::{AvailabilityZone, CacheClusterId, Scope, SecurityGroupId, SubnetId, VpcId};

/// What descriptions begin with, before the cluster's id (uncertain).
const DESCRIPTION: &str = "ElastiCache ";

/// A cache node's network interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkInterface {
    /// Account and region.
    pub scope: Scope,
    /// `eni-…`.
    pub id: String,
    /// `ElastiCache my-cache` (uncertain).
    pub description: String,
    /// Its VPC.
    pub vpc: VpcId,
    /// Its subnet.
    pub subnet: SubnetId,
    /// Its zone.
    pub availability_zone: AvailabilityZone,
    /// Its address.
    pub address: Ipv4Addr,
    /// The cluster's security groups.
    pub groups: Vec<SecurityGroupId>,
}

impl NetworkInterface {
    /// Those of a cluster's nodes.
    pub fn of(cluster: &CacheCluster) -> impl Iterator<Item = Self> {
        cluster.nodes.iter().map(|node| Self::of_node(cluster, node))
    }

    fn of_node(cluster: &CacheCluster, node: &CacheNode) -> Self {
        Self {
            scope: cluster.scope.clone(),
            id: derived("eni", &cluster.node_id(node.id).to_string()),
            description: format!("{DESCRIPTION}{}", cluster.id),
            vpc: cluster.spec.vpc.vpc.clone(),
            subnet: node.subnet.clone(),
            availability_zone: node.availability_zone.clone(),
            address: node.address,
            groups: cluster.spec.security_group_ids.clone(),
        }
    }

    /// The cluster whose interfaces have this description.
    pub fn cluster_in(description: &str) -> Option<CacheClusterId> {
        let id = description.strip_prefix(DESCRIPTION)?.parse::<CacheClusterId>().ok()?;
        description.ends_with(id.as_str()).then_some(id)
    }

    /// `PrivateDnsName`.
    pub fn private_dns_name(&self) -> String {
        let [a, b, c, d] = self.address.octets();
        let domain = match self.scope.region.as_str() {
            "us-east-1" => "ec2.internal".to_owned(),
            region => format!("{region}.compute.internal"),
        };
        format!("ip-{a}-{b}-{c}-{d}.{domain}")
    }

    /// `MacAddress`: a local one, out of the address.
    pub fn mac_address(&self) -> String {
        let [a, b, c, d] = self.address.octets();
        format!("0e:00:{a:02x}:{b:02x}:{c:02x}:{d:02x}")
    }
}

impl Described for NetworkInterface {
    const FILTERS: &'static [&'static str] = &[
        "addresses.private-ip-address",
        "attachment.instance-id",
        "attachment.instance-owner-id",
        "attachment.status",
        "availability-zone",
        "description",
        "group-id",
        "interface-type",
        "mac-address",
        "network-interface-id",
        "owner-id",
        "private-dns-name",
        "private-ip-address",
        "requester-id",
        "requester-managed",
        "status",
        "subnet-id",
        "vpc-id",
    ];

    fn attribute(&self, filter: &str) -> Vec<String> {
        let one = match filter {
            "addresses.private-ip-address" | "private-ip-address" => self.address.to_string(),
            "attachment.status" => "attached".to_owned(),
            "attachment.instance-owner-id" | "requester-id" => "amazon-elasticache".to_owned(),
            "availability-zone" => self.availability_zone.to_string(),
            "description" => self.description.clone(),
            "group-id" => return self.groups.iter().map(ToString::to_string).collect(),
            "interface-type" => "interface".to_owned(),
            "mac-address" => self.mac_address(),
            "network-interface-id" => self.id.clone(),
            "owner-id" => self.scope.account.to_string(),
            "private-dns-name" => self.private_dns_name(),
            "requester-managed" => "true".to_owned(),
            "status" => "in-use".to_owned(),
            "subnet-id" => self.subnet.to_string(),
            "vpc-id" => self.vpc.to_string(),
            _ => return Vec::new(),
        };
        vec![one]
    }
}
