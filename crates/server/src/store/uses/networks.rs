//! What of EC2 belongs to a VPC, and where: names, rules and network interfaces lead to their rows.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, OnceLock};

use domain::cluster::CacheCluster;
use domain::ec2::{NetworkInterface, SecurityGroup, Subnet};
use domain::ids::{CacheClusterId, Scope, SecurityGroupId, SubnetId, VpcId};

use super::{Count, Relation, Uses, UsesOthers};
use crate::store::{Key, World};

/// What the rows of EC2 are found by, in one account and region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Networks {
    security_groups: BTreeMap<VpcId, BTreeMap<String, SecurityGroupId>>,
    subnets: Relation<VpcId, SubnetId>,
    /// By the rules' ids.
    rules: BTreeMap<String, SecurityGroupId>,
    /// Made at the first question, which nearly nobody asks.
    interfaces: OnceLock<Interfaces>,
}

/// The clusters whose nodes have network interfaces, by what these are asked for by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Interfaces {
    ids: BTreeMap<String, CacheClusterId>,
    addresses: Relation<Ipv4Addr, CacheClusterId>,
    subnets: Relation<SubnetId, CacheClusterId>,
    security_groups: Relation<SecurityGroupId, CacheClusterId>,
}

impl Interfaces {
    fn count(&mut self, cluster: &CacheCluster, count: Count) {
        for interface in NetworkInterface::of(cluster) {
            self.addresses.count(&interface.address, &cluster.id, count);
            self.subnets.count(&interface.subnet, &cluster.id, count);
            for group in &interface.groups {
                self.security_groups.count(group, &cluster.id, count);
            }
            match count {
                Count::In => drop(self.ids.insert(interface.id, cluster.id.clone())),
                Count::Out => drop(self.ids.remove(&interface.id)),
            }
        }
    }
}

/// What network interfaces are asked for by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InterfacesBy {
    /// Their ids.
    Id(String),
    /// The cluster whose they are.
    Cluster(CacheClusterId),
    /// Their addresses.
    Address(Ipv4Addr),
    /// Their subnets.
    Subnet(SubnetId),
    /// Their security groups.
    SecurityGroup(SecurityGroupId),
}

impl Networks {
    pub(super) fn count_interfaces(&mut self, cluster: &CacheCluster, count: Count) {
        if let Some(interfaces) = self.interfaces.get_mut() {
            interfaces.count(cluster, count);
        }
    }
}

impl World {
    /// The clusters that have such a network interface.
    pub fn clusters_with_interfaces(&self, scope: &Scope, by: &InterfacesBy) -> Vec<Arc<CacheCluster>> {
        let interfaces = self.uses(scope).networks.interfaces.get_or_init(|| {
            let mut all = Interfaces::default();
            self.clusters(scope).for_each(|cluster| all.count(cluster, Count::In));
            all
        });
        let ids: Vec<&CacheClusterId> = match by {
            InterfacesBy::Id(id) => interfaces.ids.get(id).into_iter().collect(),
            InterfacesBy::Cluster(id) => vec![id],
            InterfacesBy::Address(address) => interfaces.addresses.of(address).collect(),
            InterfacesBy::Subnet(subnet) => interfaces.subnets.of(subnet).collect(),
            InterfacesBy::SecurityGroup(group) => interfaces.security_groups.of(group).collect(),
        };
        self.rows(scope, ids.into_iter()).cloned().collect()
    }

    /// The row of the security group that has a name in a VPC.
    pub(in crate::store) fn security_group_row(
        &self,
        scope: &Scope,
        vpc: &VpcId,
        name: &str,
    ) -> Option<&Arc<SecurityGroup>> {
        let id = self.uses(scope).networks.security_groups.get(vpc)?.get(name)?;
        self.get(&Key::new(scope.clone(), id.clone()))
    }

    /// The rows of a VPC's security groups.
    pub(in crate::store) fn security_group_rows<'w>(
        &'w self,
        scope: &'w Scope,
        vpc: &VpcId,
    ) -> impl Iterator<Item = &'w Arc<SecurityGroup>> {
        let ids = self.uses(scope).networks.security_groups.get(vpc).into_iter().flat_map(BTreeMap::values);
        self.rows(scope, ids)
    }

    /// The rows of a VPC's subnets.
    pub(in crate::store) fn subnet_rows<'w>(
        &'w self,
        scope: &'w Scope,
        vpc: &VpcId,
    ) -> impl Iterator<Item = &'w Arc<Subnet>> {
        self.rows(scope, self.uses(scope).networks.subnets.of(vpc))
    }

    /// The row of the security group that a rule is of.
    pub(in crate::store) fn security_group_row_of(
        &self,
        scope: &Scope,
        rule: &str,
    ) -> Option<&Arc<SecurityGroup>> {
        let id = self.uses(scope).networks.rules.get(rule)?;
        self.get(&Key::new(scope.clone(), id.clone()))
    }
}

impl UsesOthers for SecurityGroup {
    fn count(&self, uses: &mut Uses, count: Count) {
        for named in self.references() {
            uses.security_groups.count(named, count);
        }
        let networks = &mut uses.networks;
        let names = networks.security_groups.entry(self.vpc.clone()).or_default();
        match count {
            Count::In => drop(names.insert(self.name.clone(), self.id.clone())),
            Count::Out => drop(names.remove(&self.name)),
        }
        if names.is_empty() {
            networks.security_groups.remove(&self.vpc);
        }
        for rule in &self.rules {
            match count {
                Count::In => drop(networks.rules.insert(rule.id.clone(), self.id.clone())),
                Count::Out => drop(networks.rules.remove(&rule.id)),
            }
        }
    }

    fn uses_as(&self, other: &Self) -> bool {
        (&self.vpc, &self.name) == (&other.vpc, &other.name)
            && self.references().eq(other.references())
            && self.rules.iter().map(|rule| &rule.id).eq(other.rules.iter().map(|rule| &rule.id))
    }
}

impl UsesOthers for Subnet {
    fn count(&self, uses: &mut Uses, count: Count) {
        uses.networks.subnets.count(&self.vpc, &self.id, count);
    }

    fn uses_as(&self, other: &Self) -> bool {
        self.vpc == other.vpc
    }
}
