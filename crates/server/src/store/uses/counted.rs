//! Which resources use others, and what they use.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use domain::addresses::Addresses;
use domain::cluster::CacheCluster;
use domain::ids::{CacheParameterGroupName, CacheSubnetGroupName, SubnetId};
use domain::replication_group::ReplicationGroup;
use domain::snapshot::{Snapshot, Subject};
use domain::subnet_group::OwnSubnetGroup;

use super::{Count, Uses, UsesOthers};

/// Default groups are never deleted, and nearly everything is in one: who is, is not kept.
fn is_default(group: &CacheParameterGroupName) -> bool {
    group.as_str().starts_with("default.")
}

/// As [`is_default`], of subnet groups.
pub(super) fn is_default_subnet_group(group: &CacheSubnetGroupName) -> bool {
    group.as_str() == "default"
}

fn places(cluster: &CacheCluster) -> impl Iterator<Item = (Ipv4Addr, &SubnetId)> {
    cluster.nodes.iter().map(|node| (node.address, &node.subnet))
}

impl UsesOthers for CacheCluster {
    fn count(&self, uses: &mut Uses, count: Count) {
        let addresses = uses.addresses.entry(self.spec.vpc.vpc.clone()).or_default();
        for node in &self.nodes {
            match count {
                Count::In => {
                    uses.nodes += 1;
                    addresses.insert(node.address);
                }
                Count::Out => {
                    uses.nodes -= 1;
                    addresses.remove(node.address);
                }
            }
            uses.subnet_nodes.count(&node.subnet, count);
        }
        if *addresses == Addresses::default() {
            uses.addresses.remove(&self.spec.vpc.vpc);
        }
        uses.networks.count_interfaces(self, count);
        for group in &self.spec.security_group_ids {
            uses.security_groups.count(group, count);
        }
        let to = self.moving_to().map(|to| &to.cache_parameter_group_name);
        for group in to.into_iter().chain([&self.spec.cache_parameter_group_name]) {
            if !is_default(group) {
                uses.parameter_groups.count(group, &self.id, count);
            }
        }
        if !is_default_subnet_group(&self.spec.cache_subnet_group_name) {
            uses.subnet_groups.count(&self.spec.cache_subnet_group_name, &self.id, count);
        }
    }

    fn uses_as(&self, other: &Self) -> bool {
        let (one, two) = (&self.spec, &other.spec);
        one.cache_parameter_group_name == two.cache_parameter_group_name
            && self.engine_move.is_none()
            && other.engine_move.is_none()
            && one.cache_subnet_group_name == two.cache_subnet_group_name
            && one.vpc == two.vpc
            && one.security_group_ids == two.security_group_ids
            && places(self).eq(places(other))
    }
}

impl UsesOthers for ReplicationGroup {
    fn count(&self, uses: &mut Uses, count: Count) {
        for member in self.members() {
            match count {
                Count::In => drop(uses.group_of_member.insert(member.cluster.clone(), self.id.clone())),
                // Another group's it may be by now.
                Count::Out if uses.group_of_member.get(&member.cluster) == Some(&self.id) => {
                    uses.group_of_member.remove(&member.cluster);
                }
                Count::Out => {}
            }
        }
        match count {
            Count::In if !self.test_failovers.is_empty() => drop(uses.tested.insert(self.id.clone())),
            Count::In => {}
            Count::Out => drop(uses.tested.remove(&self.id)),
        }
        for group in &self.spec.user_group_ids {
            uses.replication_groups.count(group, &self.id, count);
        }
    }

    fn uses_as(&self, other: &Self) -> bool {
        self.spec.user_group_ids == other.spec.user_group_ids
            && self.test_failovers.is_empty() == other.test_failovers.is_empty()
            && self.members().map(|member| &member.cluster).eq(other.members().map(|member| &member.cluster))
    }
}

impl UsesOthers for Snapshot {
    /// A snapshot of a member is its group's, too.
    fn count(&self, uses: &mut Uses, count: Count) {
        let group = self.subject.group().map(|group| group.as_str());
        let ids: BTreeSet<&str> = group.into_iter().chain([self.subject.id()]).collect();
        for id in ids {
            uses.taken.count(&id.to_owned(), &self.name, count);
        }
    }

    fn uses_as(&self, other: &Self) -> bool {
        let ids = |subject: &Subject| (subject.id().to_owned(), subject.group().cloned());
        ids(&self.subject) == ids(&other.subject)
    }
}

impl UsesOthers for OwnSubnetGroup {
    fn count(&self, uses: &mut Uses, count: Count) {
        for subnet in &self.group.subnets {
            uses.subnets.count(&subnet.id, count);
        }
    }

    fn uses_as(&self, other: &Self) -> bool {
        self.group.subnets == other.group.subnets
    }
}
