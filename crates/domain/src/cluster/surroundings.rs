//! What validation needs to know of the world around a request.

use std::collections::BTreeMap;

use super::{ClusterSpec, Ground};
use crate::addresses::Addresses;
use crate::ids::{CacheParameterGroupName, CacheSubnetGroupName, Scope, SecurityGroupId, VpcId};
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
    /// Whether a cluster of the id asked for is there; one that is being deleted is.
    pub id_is_taken: bool,
    /// How many nodes there are in all clusters together.
    pub nodes: u32,
    /// Whether account quotas hold.
    pub quotas: Quotas,
    /// What picks the defaults that AWS picks at random: windows, zones. Any number.
    pub draw: u64,
}

impl Surroundings {
    /// Where nodes of a cluster of `spec` can go, with the addresses that are in use.
    ///
    /// # Panics
    /// When its subnet group is not there: a cluster keeps the group that it is in.
    pub fn ground<'g>(&'g self, spec: &ClusterSpec, taken: &'g Addresses) -> Ground<'g> {
        let group = &self.subnet_groups[&spec.cache_subnet_group_name];
        Ground { group, taken, draw: self.draw }
    }

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
            id_is_taken: false,
            nodes: 0,
            quotas,
            draw,
        }
    }
}
