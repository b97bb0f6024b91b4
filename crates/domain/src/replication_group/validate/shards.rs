//! ModifyReplicationGroupShardConfiguration.

use std::collections::BTreeSet;

use super::changeable;
use super::create::within_group;
use super::replicas::immediately;
use crate::cluster::validate::{values, zones};
use crate::rejection::Rejection;
use crate::replication_group::slots::{self, Slots};
use crate::replication_group::{
    ClusterMode, GroupRejection, ModifyShardConfiguration, NewShard, NodeGroup, NodeGroupId, Place,
    ReplicationGroup, ShardChange, Surroundings,
};

/// Checks ModifyReplicationGroupShardConfiguration: shards to add, shards to remove, or slots to even out.
///
/// # Errors
/// The first rule that the request breaks.
pub fn reshard(
    request: &ModifyShardConfiguration,
    group: &ReplicationGroup,
    world: &Surroundings<'_>,
) -> Result<ShardChange, Rejection> {
    immediately(request.apply_immediately)?;
    let asked = request.node_group_count.ok_or(Rejection::Missing("NodeGroupCount"))?;
    let count = usize::try_from(asked).ok().filter(|count| (1..=500).contains(count));
    let count = count.ok_or(Rejection::out_of_range("NodeGroupCount", asked, 1, 500))?;
    if group.spec.cluster_mode != ClusterMode::Enabled {
        return Err(GroupRejection::OnlyWithClusterMode.into());
    }
    let now = group.node_groups.len();
    let fewer = !request.node_groups_to_remove.is_empty() || !request.node_groups_to_retain.is_empty();
    if fewer && count >= now {
        return Err(Rejection::Needs(
            "NodeGroupsToRemove and NodeGroupsToRetain",
            "a smaller NodeGroupCount",
        ));
    }
    if !request.resharding_configuration.is_empty() && count <= now {
        return Err(Rejection::Needs("ReshardingConfiguration", "a larger NodeGroupCount"));
    }
    if count < now {
        let leaving = leaving(request, group, now - count)?;
        changeable(group)?;
        return Ok(ShardChange::Remove(leaving));
    }
    if count > now {
        let new = new(request, group, count - now, world)?;
        changeable(group)?;
        let members = new.iter().map(|shard| shard.places.len()).sum::<usize>();
        within_group(count, group.members().count() + members, world)?;
        values::nodes_fit(u16::try_from(members).unwrap_or(u16::MAX), &world.of_clusters)?;
        return Ok(ShardChange::Add(new));
    }
    changeable(group)?;
    if slots::is_uniform(group.node_groups.iter().map(|node_group| &node_group.slots)) {
        return Err(GroupRejection::Uniform.into());
    }
    Ok(ShardChange::Rebalance)
}

/// `NodeGroupsToRemove`, or all but `NodeGroupsToRetain`.
fn leaving(
    request: &ModifyShardConfiguration,
    group: &ReplicationGroup,
    count: usize,
) -> Result<BTreeSet<NodeGroupId>, Rejection> {
    let (remove, retain) = (&request.node_groups_to_remove, &request.node_groups_to_retain);
    if !remove.is_empty() && !retain.is_empty() {
        return Err(Rejection::Exclusive("NodeGroupsToRemove", "NodeGroupsToRetain"));
    }
    if remove.is_empty() && retain.is_empty() {
        return Err(Rejection::Missing("NodeGroupsToRemove"));
    }
    let mut named = BTreeSet::new();
    for text in remove.iter().chain(retain) {
        let id: NodeGroupId = text.parse()?;
        if group.node_group(id).is_none() {
            return Err(GroupRejection::UnknownNodeGroup(id).into());
        }
        if !named.insert(id) {
            return Err(GroupRejection::NodeGroupTwice(id).into());
        }
    }
    let (what, than, expected) = match retain.is_empty() {
        true => ("NodeGroupsToRemove", "the number of node groups to remove", count),
        false => ("NodeGroupsToRetain", "NodeGroupCount", group.node_groups.len() - count),
    };
    let given = named.len();
    if given != expected {
        return Err(GroupRejection::Counts { what, given, than, expected }.into());
    }
    if retain.is_empty() {
        return Ok(named);
    }
    Ok(group.node_groups.iter().map(|node_group| node_group.id).filter(|id| !named.contains(id)).collect())
}

/// The new shards: as many replicas as the first one has, in the zones that `ReshardingConfiguration` names. What that
/// says of shards that are there moves none of their members.
fn new(
    request: &ModifyShardConfiguration,
    group: &ReplicationGroup,
    count: usize,
    world: &Surroundings<'_>,
) -> Result<Vec<NewShard>, Rejection> {
    let replicas = group.node_groups.first().map_or(0, NodeGroup::replica_count);
    let mut asked = Vec::new();
    for config in &request.resharding_configuration {
        let id = config.node_group_id.as_deref().map(str::parse::<NodeGroupId>).transpose()?;
        let zones = zones::known(&config.preferred_availability_zones, &world.of_clusters.scope.region)?;
        zones::lie_in(&zones, world.of_clusters.group_of(&group.spec.member))?;
        let (given, expected) = (zones.len(), usize::from(replicas) + 1);
        if !zones.is_empty() && given != expected {
            let (what, than) = ("PreferredAvailabilityZones", "the number of nodes of a node group");
            return Err(GroupRejection::Counts { what, given, than, expected }.into());
        }
        if id.is_none_or(|id| group.node_group(id).is_none()) {
            asked.push(zones);
        }
    }
    if asked.len() > count {
        let (what, than) = ("ReshardingConfiguration items", "the number of new node groups");
        return Err(GroupRejection::Counts { what, given: asked.len(), than, expected: count }.into());
    }
    asked.resize(count, Vec::new());
    let shard = |(n, zones): (u16, Vec<_>)| {
        let mut places: Vec<Place> = zones.into_iter().map(|zone| Place::in_zone(Some(zone))).collect();
        places.resize(usize::from(replicas) + 1, Place::default());
        NewShard { id: NodeGroupId::new(n), slots: Slots::default(), places }
    };
    Ok((group.next_node_group..).zip(asked).map(shard).collect())
}
