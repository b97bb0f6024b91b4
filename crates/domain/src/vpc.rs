//! The default VPC of an account and region: its range, subnets, security group; and addresses in subnets.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use crate::addresses::Addresses;
use crate::ids::{AvailabilityZone, Scope, SecurityGroupId, SubnetId};
use crate::node::VpcKey;
use crate::stable_hash::StableHash;

/// A VPC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vpc {
    /// Account, region and id.
    pub key: VpcKey,
    /// The range that the API reports.
    pub cidr: Ipv4Net,
    /// Its subnets, one a zone in a default VPC.
    pub subnets: Vec<Subnet>,
    /// What a cluster gets that names no security group.
    pub default_security_group: SecurityGroupId,
}

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subnet {
    /// `subnet-…`.
    pub id: SubnetId,
    /// Where it lies.
    pub availability_zone: AvailabilityZone,
    /// Its range.
    pub cidr: Ipv4Net,
}

impl Vpc {
    /// The range of every default VPC.
    pub fn default_cidr() -> Ipv4Net {
        Ipv4Net::new(Ipv4Addr::new(172, 31, 0, 0), 16).expect("16 is a prefix length")
    }

    /// The default VPC: 172.31.0.0/16, a /20 subnet a zone from its start, as AWS makes it. Its ids are derived from
    /// the scope: the same on every start and machine.
    pub fn default_of(scope: &Scope) -> Self {
        let hex = |kind: &str, name: &str| {
            let hash = StableHash::new(kind).with(scope.account.as_str()).with(scope.region.as_str());
            format!("{kind}-{}", hash.with(name).hex17())
        };
        let cidr = Self::default_cidr();
        let ranges = cidr.subnets(20).expect("a /16 has /20 subnets");
        let subnets = scope.region.zones().into_iter().zip(ranges).map(|(availability_zone, cidr)| Subnet {
            id: hex("subnet", availability_zone.as_str()).parse().expect("a prefix and hexadecimal digits"),
            availability_zone,
            cidr,
        });
        Self {
            key: VpcKey {
                scope: scope.clone(),
                vpc: hex("vpc", "default").parse().expect("a prefix and hexadecimal digits"),
            },
            cidr,
            subnets: subnets.collect(),
            default_security_group: hex("sg", "default").parse().expect("a prefix and hexadecimal digits"),
        }
    }
}

impl Subnet {
    /// The lowest address that is neither `taken` nor among `others` nor AWS's own: of each subnet the first four
    /// (network, router, DNS, reserved) and the last. None when the subnet is full.
    pub fn allocate(&self, taken: &Addresses, others: &[Ipv4Addr]) -> Option<Ipv4Addr> {
        let (network, broadcast) = (u32::from(self.cidr.network()), u32::from(self.cidr.broadcast()));
        let last = Ipv4Addr::from(broadcast - 1);
        let mut address = taken.free_in(Ipv4Addr::from(network + 4), last)?;
        while others.contains(&address) {
            address = taken.free_in(Ipv4Addr::from(u32::from(address) + 1), last)?;
        }
        Some(address)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_default_vpc_is_awss_and_stable() {
        let vpc = Vpc::default_of(&Scope::for_tests());
        assert_eq!(vpc, Vpc::default_of(&Scope::for_tests()));
        let subnets: Vec<_> =
            vpc.subnets.iter().map(|s| format!("{} {}", s.availability_zone, s.cidr)).collect();
        assert_eq!(subnets.first().unwrap(), "us-east-1a 172.31.0.0/20");
        assert_eq!(subnets.last().unwrap(), "us-east-1f 172.31.80.0/20");
        assert_eq!(vpc.key.vpc.as_str().len(), "vpc-0123456789abcdef0".len());
        let ids: BTreeSet<_> = vpc.subnets.iter().map(|s| s.id.clone()).collect();
        assert_eq!(ids.len(), 6);
    }

    #[test]
    fn addresses_skip_awss_own_and_run_out() {
        let subnet = Subnet {
            id: "subnet-1".parse().unwrap(),
            availability_zone: "us-east-1a".parse().unwrap(),
            cidr: "10.0.0.16/28".parse().unwrap(),
        };
        let mut taken = Addresses::default();
        let mut all = Vec::new();
        while let Some(address) = subnet.allocate(&taken, &[]) {
            assert!(taken.insert(address));
            all.push(address);
        }
        assert_eq!(all.first().unwrap().to_string(), "10.0.0.20");
        assert_eq!(all.last().unwrap().to_string(), "10.0.0.30");
        assert_eq!(all.len(), 11);
        taken.remove(all[2]);
        assert_eq!(subnet.allocate(&taken, &[]), Some(all[2]));
        assert_eq!(subnet.allocate(&taken, &[all[2]]), None, "others are passed over");
    }
}
