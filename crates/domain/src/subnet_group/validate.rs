//! Requests on cache subnet groups, checked.

use super::{CacheSubnetGroup, OwnSubnetGroup, SubnetGroupRejection};
use crate::ec2;
use crate::ids::{CacheSubnetGroupName, Scope};
use crate::quota::{Quota, Quotas};
use crate::rejection::Rejection;
use crate::tag::{RequestedTag, Tags};
use crate::vpc::Subnet;

/// The parameter in AWS's complaints.
const NAME: &str = "CacheSubnetGroupName";

/// CreateCacheSubnetGroup and ModifyCacheSubnetGroup.
#[derive(Debug, Clone, Default)]
pub struct SubnetGroupRequest {
    /// `CacheSubnetGroupName`.
    pub name: Option<String>,
    /// `CacheSubnetGroupDescription`.
    pub description: Option<String>,
    /// `SubnetIds`; none in a modification: they stay.
    pub subnet_ids: Option<Vec<String>>,
    /// `Tags`, of a create.
    pub tags: Vec<RequestedTag>,
}

/// The groups that are there.
#[derive(Debug, Clone, Copy)]
pub struct Present {
    /// How many are of the account's own in the region.
    pub groups: usize,
    /// Whether there is one of the name.
    pub name_is_taken: bool,
    /// Whether account quotas hold.
    pub quotas: Quotas,
}

/// The name of a group to create, modify or delete.
///
/// # Errors
/// When it is missing, or of another form.
pub fn name(text: Option<&str>) -> Result<CacheSubnetGroupName, Rejection> {
    let text = text.filter(|text| !text.is_empty()).ok_or(Rejection::Missing(NAME))?;
    text.parse().map_err(|_| Rejection::BadIdentifier(NAME))
}

/// The group that a create makes. `subnets` are those of the request that are there, in its order.
///
/// # Errors
/// When the name is taken, subnets are not there or of several VPCs, tags break limits, or there would be too many.
pub fn create<'s>(
    request: &SubnetGroupRequest,
    scope: Scope,
    present: Present,
    find: impl Fn(&str) -> Option<&'s ec2::Subnet>,
) -> Result<OwnSubnetGroup, Rejection> {
    let name = name(request.name.as_deref())?;
    let description =
        request.description.as_deref().ok_or(Rejection::Missing("CacheSubnetGroupDescription"))?;
    let asked = request.subnet_ids.as_deref().unwrap_or_default();
    let tags = Tags::default().with(&request.tags)?;
    if present.name_is_taken {
        return Err(SubnetGroupRejection::Exists(name).into());
    }
    let (vpc_id, subnets) = subnets(asked, present.quotas, find)?;
    match present.quotas.limit(Quota::SubnetGroupsPerRegion) {
        Some(limit) if present.groups >= usize::try_from(limit).unwrap_or(usize::MAX) => {
            return Err(SubnetGroupRejection::Quota(limit).into());
        }
        _ => {}
    }
    let group = CacheSubnetGroup { name, description: spelt(description), vpc_id, subnets };
    Ok(OwnSubnetGroup { scope, group, tags })
}

/// The group as a modification leaves it. `used` tells which cluster lies in a subnet.
///
/// # Errors
/// When subnets are not there, of another VPC, or those that are left out are used.
pub fn modify<'s>(
    request: &SubnetGroupRequest,
    group: &CacheSubnetGroup,
    quotas: Quotas,
    find: impl Fn(&str) -> Option<&'s ec2::Subnet>,
    used: impl Fn(&Subnet) -> Option<String>,
) -> Result<CacheSubnetGroup, Rejection> {
    let mut modified = group.clone();
    if let Some(asked) = request.subnet_ids.as_deref().filter(|asked| !asked.is_empty()) {
        let (vpc, subnets) = subnets(asked, quotas, find)?;
        if vpc != group.vpc_id {
            let (old, new) = (&group.subnets[0].id, &subnets[0].id);
            return Err(SubnetGroupRejection::SeveralVpcs(old.clone(), new.clone()).into());
        }
        let left_out = group.subnets.iter().filter(|old| !subnets.iter().any(|new| new.id == old.id));
        for subnet in left_out {
            if let Some(cluster) = used(subnet) {
                return Err(
                    SubnetGroupRejection::SubnetInUse { subnet: subnet.id.to_string(), cluster }.into()
                );
            }
        }
        modified.subnets = subnets;
    }
    if let Some(description) = &request.description {
        modified.description = spelt(description);
    }
    Ok(modified)
}

/// Whether a group may go.
///
/// # Errors
/// The default one's name is none that may be named here; and what is used stays.
pub fn delete(group: &CacheSubnetGroup, used: bool) -> Result<(), Rejection> {
    if group.name == CacheSubnetGroup::default_name() {
        return Err(Rejection::BadIdentifier(NAME));
    }
    if used { Err(SubnetGroupRejection::InUse(group.name.clone()).into()) } else { Ok(()) }
}

/// The subnets asked for, once each, and the VPC of them all.
fn subnets<'s>(
    asked: &[String],
    quotas: Quotas,
    find: impl Fn(&str) -> Option<&'s ec2::Subnet>,
) -> Result<(crate::ids::VpcId, Vec<Subnet>), Rejection> {
    let mut found: Vec<&ec2::Subnet> = Vec::new();
    for id in asked {
        let subnet = find(id).ok_or_else(|| SubnetGroupRejection::UnknownSubnets(asked.join(", ")))?;
        if !found.iter().any(|other| other.id == subnet.id) {
            found.push(subnet);
        }
    }
    let [first, others @ ..] = &found[..] else { return Err(SubnetGroupRejection::NoSubnets.into()) };
    if let Some(other) = others.iter().find(|other| other.vpc != first.vpc) {
        return Err(SubnetGroupRejection::SeveralVpcs(first.id.clone(), other.id.clone()).into());
    }
    let vpc = &first.vpc;
    match quotas.limit(Quota::SubnetsPerSubnetGroup) {
        Some(limit) if found.len() > usize::try_from(limit).unwrap_or(usize::MAX) => {
            Err(SubnetGroupRejection::SubnetQuota(limit).into())
        }
        _ => Ok((vpc.clone(), found.into_iter().map(ec2::Subnet::place).collect())),
    }
}

/// A description as AWS keeps it: a blank one is a space, as recorded.
fn spelt(description: &str) -> String {
    if description.is_empty() { " ".to_owned() } else { description.to_owned() }
}
