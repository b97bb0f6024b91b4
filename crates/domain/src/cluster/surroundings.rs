//! What validation needs to know of the world around a request.

use super::{ClusterSpec, Ground};
use crate::addresses::Addresses;
use crate::groups::Groups;
use crate::ids::Scope;
use crate::quota::Quotas;
use crate::subnet_group::CacheSubnetGroup;

/// The world around a request, of one account and region, at one moment. It borrows: a request costs the same however
/// much there is around it.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'w> {
    /// Account and region.
    pub scope: &'w Scope,
    /// The groups that it may name.
    pub groups: &'w dyn Groups,
    /// Whether a cluster of the id asked for is there; one that is being deleted is.
    pub id_is_taken: bool,
    /// How many nodes there are in all clusters together.
    pub nodes: u32,
    /// Whether account quotas hold.
    pub quotas: Quotas,
    /// What picks the defaults that AWS picks at random: windows, zones. Any number.
    pub draw: u64,
}

impl<'w> Surroundings<'w> {
    /// The surroundings in an account and region without clusters.
    pub fn without_clusters(scope: &'w Scope, groups: &'w dyn Groups, quotas: Quotas, draw: u64) -> Self {
        Self { scope, groups, id_is_taken: false, nodes: 0, quotas, draw }
    }

    /// Where nodes of a cluster of `spec` can go, with the addresses that are in use.
    ///
    /// # Panics
    /// When its subnet group is not there: a cluster keeps the group that it is in.
    pub fn ground<'g>(&self, spec: &ClusterSpec, taken: &'g Addresses) -> Ground<'g>
    where
        'w: 'g,
    {
        Ground { group: self.group_of(spec), taken, draw: self.draw }
    }

    /// The subnet group that a cluster of `spec` is in.
    ///
    /// # Panics
    /// When it is not there.
    pub fn group_of(&self, spec: &ClusterSpec) -> &'w CacheSubnetGroup {
        let group = self.groups.subnet_group(&spec.cache_subnet_group_name);
        group.expect("a subnet group is not deleted while a cluster is in it")
    }
}
