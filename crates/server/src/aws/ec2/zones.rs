//! What an account is given and does not make: availability zones, regions, attributes of the account.

use domain::ec2::{Described, Ec2Rejection, Filters, RegionOffer, Vpc, Zone};
use models::ec2::{ops, shapes};
use wire::{Fault, Handle};

use super::refusal::Refusal;
use super::{Ec2, describe, view};
use crate::http::Cx;

impl Handle<ops::DescribeAvailabilityZones, Cx> for Ec2 {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DescribeAvailabilityZonesRequest,
    ) -> Result<shapes::DescribeAvailabilityZonesResult, Fault> {
        let mut zones = Zone::all_of(&cx.scope.region);
        zones = named(zones, input.zone_names, "zone", |zone| zone.name.to_string())?;
        zones = named(zones, input.zone_ids, "zone-id", Zone::id)?;
        let zones = passing(zones, input.filters, input.dry_run)?;
        Ok(shapes::DescribeAvailabilityZonesResult {
            availability_zones: Some(zones.iter().map(view::zone).collect()),
        })
    }
}

impl Handle<ops::DescribeRegions, Cx> for Ec2 {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DescribeRegionsRequest,
    ) -> Result<shapes::DescribeRegionsResult, Fault> {
        let all = RegionOffer::all_beside(&cx.scope.region);
        let regions = named(all, input.region_names, "region", |offer| offer.region.to_string())?;
        let regions = passing(regions, input.filters, input.dry_run)?;
        Ok(shapes::DescribeRegionsResult { regions: Some(regions.iter().map(view::region).collect()) })
    }
}

impl Handle<ops::DescribeAccountAttributes, Cx> for Ec2 {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DescribeAccountAttributesRequest,
    ) -> Result<shapes::DescribeAccountAttributesResult, Fault> {
        let attributes = [
            ("supported-platforms", "VPC".to_owned()),
            ("default-vpc", Vpc::default_of(&cx.scope).id.to_string()),
            ("max-instances", "20".to_owned()),
            ("vpc-max-security-groups-per-interface", "5".to_owned()),
            ("max-elastic-ips", "5".to_owned()),
            ("vpc-max-elastic-ips", "5".to_owned()),
        ];
        let names = input.attribute_names.unwrap_or_default();
        for name in &names {
            if !attributes.iter().any(|(known, _)| *known == name.as_str()) {
                let (value, why) = (name.to_string(), "There is no such attribute.".to_owned());
                let bad = Ec2Rejection::BadValue { parameter: "attributeName", value, why };
                return Err(Refusal::from(bad).into());
            }
        }
        if input.dry_run == Some(true) {
            return Err(Refusal::from(Ec2Rejection::DryRun).into());
        }
        let asked = |name: &str| names.is_empty() || names.iter().any(|asked| asked.as_str() == name);
        let asked = attributes.into_iter().filter(|(name, _)| asked(name));
        Ok(shapes::DescribeAccountAttributesResult {
            account_attributes: Some(
                asked.map(|(name, value)| view::account_attribute(name, value)).collect(),
            ),
        })
    }
}

/// Those of `all` that are called by their names; all where none is.
fn named<T>(
    all: Vec<T>,
    names: Option<Vec<String>>,
    parameter: &'static str,
    name: impl Fn(&T) -> String,
) -> Result<Vec<T>, Refusal> {
    let names = names.unwrap_or_default();
    if let Some(unknown) = names.iter().find(|asked| !all.iter().any(|one| name(one) == **asked)) {
        let why = format!("There is no such {parameter}.");
        return Err(Ec2Rejection::BadValue { parameter, value: unknown.clone(), why }.into());
    }
    Ok(all.into_iter().filter(|one| names.is_empty() || names.contains(&name(one))).collect())
}

fn passing<T: Described>(
    all: Vec<T>,
    filters: Option<Vec<shapes::Filter>>,
    dry_run: Option<bool>,
) -> Result<Vec<T>, Refusal> {
    let filters = Filters::parse::<T>(describe::filters(filters))?;
    if dry_run == Some(true) {
        return Err(Ec2Rejection::DryRun.into());
    }
    Ok(all.into_iter().filter(|one| filters.pass(one)).collect())
}
