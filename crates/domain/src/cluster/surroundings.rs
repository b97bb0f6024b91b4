//! What validation needs to know of the world around a request.

use std::collections::BTreeMap;

use crate::ids::{
    CacheClusterId, CacheParameterGroupName, CacheSubnetGroupName, Scope, SecurityGroupId, VpcId,
};
use crate::parameter_group::CacheParameterGroup;
use crate::quota::Quotas;
use crate::subnet_group::CacheSubnetGroup;
use crate::vpc::Vpc;

/// The world around a request, of one account and region, at one moment.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Account and region.
    pub scope: Scope,
    /// Parameter groups, the default ones included.
    pub parameter_groups: BTreeMap<CacheParameterGroupName, CacheParameterGroup>,
    /// Subnet groups, the default one included.
    pub subnet_groups: BTreeMap<CacheSubnetGroupName, CacheSubnetGroup>,
    /// VPC security groups, and the VPC of each.
    pub security_groups: BTreeMap<SecurityGroupId, VpcId>,
    /// Per VPC the security group of a cluster that names none.
    pub default_security_groups: BTreeMap<VpcId, SecurityGroupId>,
    /// The clusters that exist, those being deleted included, and the nodes of each.
    pub clusters: BTreeMap<CacheClusterId, u16>,
    /// Whether account quotas hold.
    pub quotas: Quotas,
    /// What picks the defaults that AWS picks at random: windows, zones. Any number.
    pub draw: u64,
}

impl Surroundings {
    /// What every account and region has: the default VPC, its groups, no cluster.
    pub fn of_a_new_account(scope: Scope, quotas: Quotas, draw: u64) -> Self {
        let vpc = Vpc::default_of(&scope);
        let subnet_group = CacheSubnetGroup::default_of(&vpc);
        let groups = CacheParameterGroup::defaults().iter();
        Self {
            scope,
            parameter_groups: groups.map(|group| (group.name.clone(), group.clone())).collect(),
            subnet_groups: BTreeMap::from([(subnet_group.name.clone(), subnet_group)]),
            security_groups: BTreeMap::from([(vpc.default_security_group.clone(), vpc.key.vpc.clone())]),
            default_security_groups: BTreeMap::from([(vpc.key.vpc, vpc.default_security_group)]),
            clusters: BTreeMap::new(),
            quotas,
            draw,
        }
    }
}
