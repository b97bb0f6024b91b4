//! VPCs.

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::draw::derived;
use super::filter::Described;
use super::{Draw, Ec2Rejection, Kind, RequestedTag, Subnet, Tags};
use crate::ids::{Scope, VpcId};
use crate::node::VpcKey;
use crate::vpc as default;

/// A VPC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vpc {
    /// Account and region.
    pub scope: Scope,
    /// `vpc-…`.
    pub id: VpcId,
    /// `CidrBlock`.
    pub cidr: Ipv4Net,
    /// Whether it is the one that every account has.
    pub is_default: bool,
    /// `InstanceTenancy`.
    pub tenancy: Tenancy,
    /// `EnableDnsSupport`.
    pub dns_support: bool,
    /// `EnableDnsHostnames`.
    pub dns_hostnames: bool,
    /// `EnableNetworkAddressUsageMetrics`.
    pub network_address_usage_metrics: bool,
    /// Its tags.
    pub tags: Tags,
}

/// `InstanceTenancy`: it concerns instances, of which Simfra has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tenancy {
    /// Shared machines.
    Default,
    /// Machines of one's own.
    Dedicated,
}

impl Tenancy {
    /// The word in requests and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Dedicated => "dedicated",
        }
    }
}

/// CreateVpc, as far as it is served.
#[derive(Debug, Clone, Default)]
pub struct CreateVpc {
    /// `CidrBlock`.
    pub cidr_block: Option<String>,
    /// `InstanceTenancy`.
    pub instance_tenancy: Option<String>,
    /// The tags of `TagSpecifications`.
    pub tags: Vec<RequestedTag>,
}

impl Vpc {
    /// Its ARN.
    pub fn arn(&self) -> String {
        super::arn(&self.scope, "vpc", self.id.as_str())
    }

    /// The VPC that every account has in every region.
    pub fn default_of(scope: &Scope) -> Self {
        let default::Vpc { key, cidr, .. } = default::Vpc::default_of(scope);
        Self {
            is_default: true,
            dns_hostnames: true,
            ..Self::new(scope.clone(), key.vpc, cidr, Tenancy::Default, Tags::default())
        }
    }

    fn new(scope: Scope, id: VpcId, cidr: Ipv4Net, tenancy: Tenancy, tags: Tags) -> Self {
        Self {
            scope,
            id,
            cidr,
            is_default: false,
            tenancy,
            dns_support: true,
            dns_hostnames: false,
            network_address_usage_metrics: false,
            tags,
        }
    }

    /// What a CreateVpc makes.
    ///
    /// # Errors
    /// When the range is none, or of a size that AWS does not allow; tags that break their limits.
    pub fn create(scope: &Scope, request: &CreateVpc, draw: Draw) -> Result<Self, Ec2Rejection> {
        let asked = request.cidr_block.as_deref().ok_or(Ec2Rejection::Missing("cidrBlock"))?;
        let cidr = range(asked, "cidrBlock")?;
        if !(16..=28).contains(&cidr.prefix_len()) {
            return Err(Ec2Rejection::BadRange { kind: Kind::Vpc, cidr: asked.to_owned() });
        }
        let tenancy = match request.instance_tenancy.as_deref() {
            None | Some("default") => Tenancy::Default,
            Some("dedicated") => Tenancy::Dedicated,
            Some(other) => {
                let (value, why) = (other.to_owned(), "Valid values: default, dedicated.".to_owned());
                return Err(Ec2Rejection::BadValue { parameter: "instanceTenancy", value, why });
            }
        };
        let tags = Tags::default().with(&request.tags)?;
        Ok(Self::new(scope.clone(), draw.id("vpc"), cidr, tenancy, tags))
    }

    /// Its identity in networks.
    pub fn vpc_key(&self) -> VpcKey {
        VpcKey { scope: self.scope.clone(), vpc: self.id.clone() }
    }

    /// `DhcpOptionsId`: one set an account and region, AWS's own.
    pub fn dhcp_options_id(&self) -> String {
        derived("dopt", &self.scope.to_string())
    }

    /// The id of the association with its range.
    pub fn cidr_association_id(&self) -> String {
        derived("vpc-cidr-assoc", self.id.as_str())
    }

    /// Whether nothing is left in it that its owner made.
    ///
    /// # Errors
    /// [`Ec2Rejection::Dependency`] when something is; and the default VPC's deletion is not built.
    pub fn deletable(&self, subnets: &[Subnet], other_groups: bool) -> Result<(), Ec2Rejection> {
        if self.is_default {
            return Err(Ec2Rejection::NotBuilt("the deletion of a default VPC"));
        }
        if !subnets.is_empty() || other_groups {
            let message = format!("The vpc '{}' has dependencies and cannot be deleted.", self.id);
            return Err(Ec2Rejection::Dependency(message));
        }
        Ok(())
    }
}

/// `text` as a range, its host bits cleared, as AWS does.
pub(super) fn range(text: &str, parameter: &'static str) -> Result<Ipv4Net, Ec2Rejection> {
    let bad = |_| Ec2Rejection::BadValue {
        parameter,
        value: text.to_owned(),
        why: "This is not a valid CIDR block.".to_owned(),
    };
    text.parse::<Ipv4Net>().map(|range| range.trunc()).map_err(bad)
}

impl Described for Vpc {
    const FILTERS: &'static [&'static str] = &[
        "cidr",
        "cidr-block",
        "cidr-block-association.association-id",
        "cidr-block-association.cidr-block",
        "cidr-block-association.state",
        "cidrBlock",
        "dhcp-options-id",
        "dhcpOptionsId",
        "instance-tenancy",
        "is-default",
        "isDefault",
        "owner-id",
        "state",
        "vpc-id",
    ];

    fn attribute(&self, filter: &str) -> Vec<String> {
        let one = match filter {
            "cidr" | "cidr-block" | "cidrBlock" | "cidr-block-association.cidr-block" => {
                self.cidr.to_string()
            }
            "cidr-block-association.association-id" => self.cidr_association_id(),
            "cidr-block-association.state" => "associated".to_owned(),
            "dhcp-options-id" | "dhcpOptionsId" => self.dhcp_options_id(),
            "instance-tenancy" => self.tenancy.as_str().to_owned(),
            "is-default" | "isDefault" => self.is_default.to_string(),
            "owner-id" => self.scope.account.to_string(),
            "state" => "available".to_owned(),
            _ => self.id.to_string(),
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

    fn create(cidr: &str) -> Result<Vpc, Ec2Rejection> {
        let request = CreateVpc { cidr_block: Some(cidr.to_owned()), ..CreateVpc::default() };
        Vpc::create(&Scope::for_tests(), &request, Draw(7))
    }

    #[test]
    fn ranges_are_of_awss_sizes_and_lose_their_host_bits() {
        assert_eq!(create("100.68.0.18/18").unwrap().cidr.to_string(), "100.68.0.0/18");
        for (cidr, refusal) in [
            ("10.0.0.0/15", "InvalidVpc.Range: The CIDR '10.0.0.0/15' is invalid."),
            ("10.0.0.0/29", "InvalidVpc.Range: The CIDR '10.0.0.0/29' is invalid."),
            (
                "10.0.0.0",
                "InvalidParameterValue: Value (10.0.0.0) for parameter cidrBlock is invalid. This is not a valid \
                 CIDR block.",
            ),
        ] {
            let error = create(cidr).unwrap_err();
            assert_eq!(format!("{}: {error}", error.code().0), refusal);
        }
    }
}
