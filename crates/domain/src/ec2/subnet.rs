//! Subnets.

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::filter::Described;
use super::vpc::range;
use super::{Draw, Ec2Rejection, Kind, RequestedTag, Tags, Vpc, Zone};
use crate::ids::{AvailabilityZone, Scope, SubnetId, VpcId};
use crate::vpc as default;

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subnet {
    /// Account and region.
    pub scope: Scope,
    /// `subnet-…`.
    pub id: SubnetId,
    /// Its VPC.
    pub vpc: VpcId,
    /// Where it lies.
    pub availability_zone: AvailabilityZone,
    /// `CidrBlock`.
    pub cidr: Ipv4Net,
    /// Whether it is its zone's in the default VPC.
    pub is_default: bool,
    /// `MapPublicIpOnLaunch`: it concerns instances.
    pub map_public_ip_on_launch: bool,
    /// `PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsARecord`: it concerns instances.
    #[serde(default)]
    pub resource_name_dns_a_record: bool,
    /// `PrivateDnsNameOptionsOnLaunch.HostnameType` is `resource-name`, not `ip-name`: it concerns instances.
    #[serde(default)]
    pub resource_names: bool,
    /// Its tags.
    pub tags: Tags,
}

/// CreateSubnet, as far as it is served.
#[derive(Debug, Clone, Default)]
pub struct CreateSubnet {
    /// `CidrBlock`.
    pub cidr_block: Option<String>,
    /// `AvailabilityZone`.
    pub availability_zone: Option<String>,
    /// `AvailabilityZoneId`.
    pub availability_zone_id: Option<String>,
    /// The tags of `TagSpecifications`.
    pub tags: Vec<RequestedTag>,
}

impl Subnet {
    /// The subnets of the default VPC.
    pub fn defaults_of(scope: &Scope) -> Vec<Self> {
        let vpc = default::Vpc::default_of(scope);
        let each = vpc.subnets.into_iter().map(|subnet| Self {
            scope: scope.clone(),
            id: subnet.id,
            vpc: vpc.key.vpc.clone(),
            availability_zone: subnet.availability_zone,
            cidr: subnet.cidr,
            is_default: true,
            map_public_ip_on_launch: true,
            resource_name_dns_a_record: false,
            resource_names: false,
            tags: Tags::default(),
        });
        each.collect()
    }

    /// What a CreateSubnet makes in `vpc` beside `others`, the subnets that are there.
    ///
    /// # Errors
    /// When the range is none, of a size that AWS does not allow, outside the VPC's, or taken; an unknown zone; tags that
    /// break their limits.
    pub fn create(
        vpc: &Vpc,
        others: &[Self],
        request: &CreateSubnet,
        draw: Draw,
    ) -> Result<Self, Ec2Rejection> {
        let asked = request.cidr_block.as_deref().ok_or(Ec2Rejection::Missing("cidrBlock"))?;
        let cidr = range(asked, "cidrBlock")?;
        let availability_zone = zone(vpc, request, draw)?;
        let tags = Tags::default().with(&request.tags)?;
        if !(16..=28).contains(&cidr.prefix_len()) || !vpc.cidr.contains(&cidr) {
            return Err(Ec2Rejection::BadRange { kind: Kind::Subnet, cidr: asked.to_owned() });
        }
        if others.iter().any(|other| other.cidr.contains(&cidr) || cidr.contains(&other.cidr)) {
            return Err(Ec2Rejection::SubnetConflict(asked.to_owned()));
        }
        Ok(Self {
            scope: vpc.scope.clone(),
            id: draw.id("subnet"),
            vpc: vpc.id.clone(),
            availability_zone,
            cidr,
            is_default: false,
            map_public_ip_on_launch: false,
            resource_name_dns_a_record: false,
            resource_names: false,
            tags,
        })
    }

    /// What caches need of it.
    pub fn place(&self) -> default::Subnet {
        default::Subnet {
            id: self.id.clone(),
            availability_zone: self.availability_zone.clone(),
            cidr: self.cidr,
        }
    }

    /// Its ARN.
    pub fn arn(&self) -> String {
        super::arn(&self.scope, "subnet", self.id.as_str())
    }

    /// `AvailabilityZoneId`.
    pub fn availability_zone_id(&self) -> String {
        Zone::of(&self.scope.region, &self.availability_zone).id()
    }

    /// How many addresses are left when `used` are taken: of each subnet five are AWS's own.
    pub fn available_addresses(&self, used: usize) -> i32 {
        let all = 1u64 << (32 - u32::from(self.cidr.prefix_len()));
        i32::try_from(all.saturating_sub(5).saturating_sub(used as u64)).unwrap_or(i32::MAX)
    }

    /// Whether nothing of its owner's needs it.
    ///
    /// # Errors
    /// [`Ec2Rejection::Dependency`] when something does; and the deletion of default subnets is not built.
    pub fn deletable(&self, needed: bool) -> Result<(), Ec2Rejection> {
        if self.is_default {
            return Err(Ec2Rejection::NotBuilt("the deletion of a default subnet"));
        }
        if needed {
            let message = format!("The subnet '{}' has dependencies and cannot be deleted.", self.id);
            return Err(Ec2Rejection::Dependency(message));
        }
        Ok(())
    }
}

/// The zone that was asked for, by name or id; else one that the draw picks.
fn zone(vpc: &Vpc, request: &CreateSubnet, draw: Draw) -> Result<AvailabilityZone, Ec2Rejection> {
    let zones = Zone::all_of(&vpc.scope.region);
    let (asked, parameter) = match (&request.availability_zone, &request.availability_zone_id) {
        (Some(_), Some(_)) => return Err(Ec2Rejection::Exclusive("availabilityZone", "availabilityZoneId")),
        (Some(name), None) => (name, "availabilityZone"),
        (None, Some(id)) => (id, "availabilityZoneId"),
        (None, None) => {
            let at = usize::try_from(draw.0 % zones.len() as u64).expect("less than the number of zones");
            return Ok(zones[at].name.clone());
        }
    };
    let found = zones.iter().find(|zone| zone.name.as_str() == asked || zone.id() == *asked);
    found.map(|zone| zone.name.clone()).ok_or_else(|| {
        let names: Vec<_> = zones.iter().map(|zone| zone.name.as_str()).collect();
        let why = format!(
            "Subnets can currently only be created in the following availability zones: {}.",
            names.join(", ")
        );
        Ec2Rejection::BadValue { parameter, value: asked.clone(), why }
    })
}

impl Described for Subnet {
    const FILTERS: &'static [&'static str] = &[
        "availability-zone",
        "availability-zone-id",
        "availabilityZone",
        "availabilityZoneId",
        "cidr",
        "cidr-block",
        "cidrBlock",
        "default-for-az",
        "defaultForAz",
        "map-public-ip-on-launch",
        "owner-id",
        "state",
        "subnet-arn",
        "subnet-id",
        "vpc-id",
    ];

    fn attribute(&self, filter: &str) -> Vec<String> {
        let one = match filter {
            "availability-zone" | "availabilityZone" => self.availability_zone.to_string(),
            "availability-zone-id" | "availabilityZoneId" => self.availability_zone_id(),
            "cidr" | "cidr-block" | "cidrBlock" => self.cidr.to_string(),
            "default-for-az" | "defaultForAz" => self.is_default.to_string(),
            "map-public-ip-on-launch" => self.map_public_ip_on_launch.to_string(),
            "owner-id" => self.scope.account.to_string(),
            "state" => "available".to_owned(),
            "subnet-arn" => self.arn(),
            "subnet-id" => self.id.to_string(),
            _ => self.vpc.to_string(),
        };
        vec![one]
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn create(others: &[Subnet], cidr: &str, zone: Option<&str>) -> Result<Subnet, String> {
        let mut vpc = Vpc::default_of(&Scope::for_tests());
        vpc.cidr = "10.0.0.0/16".parse().unwrap();
        let request = CreateSubnet {
            cidr_block: Some(cidr.to_owned()),
            availability_zone: zone.map(Into::into),
            ..CreateSubnet::default()
        };
        Subnet::create(&vpc, others, &request, Draw(7)).map_err(|e| format!("{}: {e}", e.code().0))
    }

    #[test]
    fn subnets_lie_in_their_vpc_and_apart() {
        let first = create(&[], "10.0.1.0/24", Some("us-east-1b")).unwrap();
        assert_eq!(first.availability_zone_id(), "use1-az2");
        assert_eq!(first.available_addresses(3), 248);
        let others = [first];
        for (cidr, refusal) in [
            ("10.1.0.0/24", "InvalidSubnet.Range: The CIDR '10.1.0.0/24' is invalid."),
            ("10.0.0.0/29", "InvalidSubnet.Range: The CIDR '10.0.0.0/29' is invalid."),
            (
                "10.0.1.128/25",
                "InvalidSubnet.Conflict: The CIDR '10.0.1.128/25' conflicts with another subnet",
            ),
            ("10.0.0.0/20", "InvalidSubnet.Conflict: The CIDR '10.0.0.0/20' conflicts with another subnet"),
        ] {
            assert_eq!(create(&others, cidr, None).unwrap_err(), refusal);
        }
        assert!(create(&others, "10.0.2.0/24", None).is_ok());
        assert_eq!(
            create(&others, "10.0.2.0/24", Some("us-east-1z")).unwrap_err(),
            "InvalidParameterValue: Value (us-east-1z) for parameter availabilityZone is invalid. Subnets can currently \
             only be created in the following availability zones: us-east-1a, us-east-1b, us-east-1c, us-east-1d, \
             us-east-1e, us-east-1f."
        );
    }
}
