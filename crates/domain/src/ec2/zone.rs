//! Availability zones and regions, as EC2 lists them.

use super::filter::Described;
use crate::catalogue::Catalogue;
use crate::ids::{AvailabilityZone, Region};

/// An availability zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Its region.
    pub region: Region,
    /// `us-east-1a`.
    pub name: AvailabilityZone,
}

impl Zone {
    /// The zone `name` of a region.
    pub fn of(region: &Region, name: &AvailabilityZone) -> Self {
        Self { region: region.clone(), name: name.clone() }
    }

    /// The zones of a region.
    pub fn all_of(region: &Region) -> Vec<Self> {
        region.zones().iter().map(|name| Self::of(region, name)).collect()
    }

    /// `use1-az1`. (AWS gives each account its own mapping from names; here they go in step.)
    pub fn id(&self) -> String {
        let letter = self.name.as_str().bytes().next_back().unwrap_or(b'a');
        format!("{}-az{}", self.region.short_code(), u32::from(letter.saturating_sub(b'a')) + 1)
    }

    /// `GroupName`: the zones of a region are one group.
    pub fn group(&self) -> String {
        format!("{}-zg-1", self.region)
    }
}

impl Described for Zone {
    const FILTERS: &'static [&'static str] = &[
        "group-long-name",
        "group-name",
        "message",
        "opt-in-status",
        "parent-zone-id",
        "parent-zone-name",
        "region-name",
        "state",
        "zone-id",
        "zone-name",
        "zone-type",
    ];

    fn attribute(&self, filter: &str) -> Vec<String> {
        let one = match filter {
            "group-name" => self.group(),
            "opt-in-status" => "opt-in-not-required".to_owned(),
            "region-name" => self.region.to_string(),
            "state" => "available".to_owned(),
            "zone-id" => self.id(),
            "zone-name" => self.name.to_string(),
            "zone-type" => "availability-zone".to_owned(),
            _ => return Vec::new(),
        };
        vec![one]
    }
}

/// A region that an account may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionOffer {
    /// The region.
    pub region: Region,
}

impl RegionOffer {
    /// The regions of the partition that `here` is in, which has its own region in any case.
    pub fn all_beside(here: &Region) -> Vec<Self> {
        let known = Catalogue::get().regions.iter().filter_map(|facts| facts.region.parse().ok());
        let mut regions: Vec<Region> =
            known.filter(|region: &Region| region.partition() == here.partition()).collect();
        if !regions.contains(here) {
            regions.push(here.clone());
        }
        regions.sort();
        regions.into_iter().map(|region| Self { region }).collect()
    }

    /// `RegionEndpoint`.
    pub fn endpoint(&self) -> String {
        let suffix =
            if self.region.partition().as_str() == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
        format!("ec2.{}.{suffix}", self.region)
    }
}

impl Described for RegionOffer {
    const FILTERS: &'static [&'static str] = &["endpoint", "opt-in-status", "region-name"];

    fn attribute(&self, filter: &str) -> Vec<String> {
        let one = match filter {
            "endpoint" => self.endpoint(),
            "opt-in-status" => "opt-in-not-required".to_owned(),
            _ => self.region.to_string(),
        };
        vec![one]
    }
}
