//! Members that come and go.

use super::{Association, GlobalMember, GlobalMembership, GlobalReplicationGroup, GlobalRole, Phase};
use crate::ids::{CacheParameterGroupName, Region, ReplicationGroupId};
use crate::parameter_group::CacheParameterGroup;
use crate::replication_group::ReplicationGroup;

/// The most secondaries that a global datastore has (user guide).
pub const MOST_SECONDARIES: u16 = 2;

impl GlobalReplicationGroup {
    /// Takes a new group in, as a secondary.
    pub fn admit(&mut self, group: &mut ReplicationGroup, primary: &ReplicationGroup) {
        // Shards to come have the same numbers in all members.
        group.next_node_group = primary.next_node_group;
        self.members.push(GlobalMember {
            group: group.id.clone(),
            region: group.scope.region.clone(),
            role: GlobalRole::Secondary,
            state: Association::Associating,
        });
        self.members.sort_by(|a, b| a.region.cmp(&b.region));
        group.global = Some(GlobalMembership { id: self.id.clone(), role: GlobalRole::Secondary });
        self.phase = Phase::Modifying;
    }

    /// Lets a member go.
    pub fn dismiss(&mut self, region: &Region) {
        for member in self.members.iter_mut().filter(|member| member.region == *region) {
            member.state = Association::Disassociating;
        }
        self.phase = Phase::Modifying;
    }
}

/// What stands in for a primary's own parameter group where a secondary lies, whose region does not have it: one of the
/// same values, named as AWS names its own (seen in recordings; what AWS puts behind the name is uncertain).
pub fn parameter_group_for(
    secondary: &ReplicationGroupId,
    of_primary: &CacheParameterGroup,
    is_taken: impl Fn(&CacheParameterGroupName) -> bool,
) -> CacheParameterGroup {
    let numbered = (2..u32::MAX).map(|n| format!("global-datastore-{secondary}-{n}"));
    let mut names = std::iter::once(format!("global-datastore-{secondary}"))
        .chain(numbered)
        .map(|name| name.parse().expect("words and a group's id are a name"));
    CacheParameterGroup {
        name: names.find(|name| !is_taken(name)).expect("there are fewer groups than names"),
        family: of_primary.family.clone(),
        description: format!("Parameter group of the global datastore's member {secondary}"),
        values: of_primary.values.clone(),
    }
}
