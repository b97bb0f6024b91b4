//! More and fewer replicas: IncreaseReplicaCount, DecreaseReplicaCount, and clusters that are created into a group or
//! deleted from it.

use std::collections::BTreeMap;

use super::changeable;
use super::create::within_group;
use super::layout::replicas;
use crate::cluster::validate::{id_to_name, replica_parameters, values, zones};
use crate::cluster::{CacheCluster, CreateCacheCluster};
use crate::ids::CacheClusterId;
use crate::rejection::{Rejection, Unbuilt};
use crate::replication_group::{
    ClusterMode, ConfigureShard, DecreaseReplicaCount, GroupRejection, IncreaseReplicaCount, MOST_REPLICAS,
    Member, NodeGroup, NodeGroupId, Place, ReplicationGroup, Role, Surroundings,
};
use crate::tag::Tags;

/// How many replicas a shard shall have, and in which zones its members shall be, if those were named.
struct Wish<'r> {
    node_group: NodeGroupId,
    count: u16,
    zones: &'r [String],
}

/// Checks IncreaseReplicaCount: where each shard's new replicas go.
///
/// # Errors
/// The first rule that the request breaks.
pub fn increase(
    request: &IncreaseReplicaCount,
    group: &ReplicationGroup,
    world: &Surroundings<'_>,
) -> Result<BTreeMap<NodeGroupId, Vec<Place>>, Rejection> {
    immediately(request.apply_immediately)?;
    let wishes = wishes(request.new_replica_count, &request.replica_configuration, group)?
        .ok_or(Rejection::Missing("NewReplicaCount"))?;
    changeable(group)?;
    let mut places = BTreeMap::new();
    for wish in &wishes {
        let Some(node_group) = group.node_group(wish.node_group) else { continue };
        let now = node_group.replica_count();
        if wish.count < now {
            return Err(GroupRejection::NotMoreReplicas(wish.node_group).into());
        }
        let added = usize::from(wish.count - now);
        if added > 0 {
            places.insert(wish.node_group, new_places(wish, node_group, added, group, world)?);
        }
    }
    if places.is_empty() {
        return Err(GroupRejection::NothingToDo.into());
    }
    outposts(&request.replica_configuration)?;
    let more = places.values().map(Vec::len).sum::<usize>();
    if group.spec.cluster_mode.is_on() {
        within_group(group.node_groups.len(), group.members().count() + more, world)?;
    }
    values::nodes_fit(u16::try_from(more).unwrap_or(u16::MAX), &world.of_clusters)?;
    Ok(places)
}

/// Checks DecreaseReplicaCount: the replicas that go. Those that are named do; else the last ones that share their zone
/// with another member, then the last ones ("keeps Multi-AZ spread first", user guide).
///
/// # Errors
/// The first rule that the request breaks.
pub fn decrease(
    request: &DecreaseReplicaCount,
    group: &ReplicationGroup,
) -> Result<Vec<CacheClusterId>, Rejection> {
    immediately(request.apply_immediately)?;
    let wishes = wishes(request.new_replica_count, &request.replica_configuration, group)?;
    let named = named(&request.replicas_to_remove, group)?;
    if wishes.is_none() && named.is_empty() {
        return Err(Rejection::Missing("NewReplicaCount"));
    }
    changeable(group)?;
    outposts(&request.replica_configuration)?;
    let mut leaving = Vec::new();
    for node_group in &group.node_groups {
        let named = node_group.replicas().filter(|member| named.contains(&member.cluster));
        let named: Vec<&Member> = named.collect();
        let now = usize::from(node_group.replica_count());
        let wish = wishes.iter().flatten().find(|wish| wish.node_group == node_group.id);
        let then = wish.map_or(now - named.len(), |wish| usize::from(wish.count));
        if then > now {
            return Err(GroupRejection::NotFewerReplicas(node_group.id).into());
        }
        if !named.is_empty() && named.len() != now - then {
            let (given, expected) = (named.len(), now - then);
            let (what, than) = ("ReplicasToRemove", "the number of replicas to remove");
            return Err(GroupRejection::Counts { what, given, than, expected }.into());
        }
        let alone = group.spec.cluster_mode == ClusterMode::Disabled;
        if alone && group.spec.automatic_failover.is_on() && then == 0 && then < now {
            return Err(GroupRejection::LastReplica.into());
        }
        if named.is_empty() {
            leaving.extend(picked(node_group, now - then));
        } else {
            leaving.extend(named.into_iter().map(|member| member.cluster.clone()));
        }
    }
    if leaving.is_empty() {
        return Err(GroupRejection::NothingToDo.into());
    }
    Ok(leaving)
}

/// Checks CreateCacheCluster with `ReplicationGroupId`: the replica's place and its tags.
///
/// # Errors
/// The first rule that the request breaks.
pub fn replica(
    request: &CreateCacheCluster,
    group: &ReplicationGroup,
    world: &Surroundings<'_>,
) -> Result<(Place, Tags), Rejection> {
    let name = id_to_name(request.cache_cluster_id.as_deref())?;
    replica_parameters(request, group.id.as_str())?;
    let region = &world.of_clusters.scope.region;
    let zone = zones::known(request.preferred_availability_zone.as_slice(), region)?.pop();
    let tags = group.spec.member.tags.with(&request.tags)?;
    if group.spec.cluster_mode != ClusterMode::Disabled {
        return Err(GroupRejection::OnlyWithoutClusterMode("CreateCacheCluster").into());
    }
    if world.is_cluster(&name) {
        return Err(Rejection::CacheClusterExists(name));
    }
    zones::lie_in(&zone, world.of_clusters.group_of(&group.spec.member))?;
    changeable(group)?;
    let count = group.node_groups.first().map_or(0, NodeGroup::replica_count);
    if count >= MOST_REPLICAS {
        return Err(Rejection::NodeQuotaForCluster(u32::from(MOST_REPLICAS) + 1));
    }
    values::nodes_fit(1, &world.of_clusters)?;
    Ok((Place { availability_zone: zone, name: Some(name) }, tags))
}

/// Checks DeleteCacheCluster on a member: only a replica can be deleted, and not the last one that automatic failover
/// needs.
///
/// # Errors
/// The first rule that the request breaks.
pub fn delete_member(cluster: &CacheCluster, group: &ReplicationGroup) -> Result<(), Rejection> {
    if group.spec.cluster_mode != ClusterMode::Disabled {
        return Err(not_for_members("DeleteCacheCluster", cluster, group));
    }
    if group.members().count() == 1 {
        return Err(GroupRejection::OnlyMember.into());
    }
    let primary = group.members().any(|member| member.cluster == cluster.id && member.role == Role::Primary);
    if primary {
        let (cluster, group) = (cluster.id.clone(), group.id.clone());
        return Err(GroupRejection::ServesAsPrimary { cluster, group }.into());
    }
    let last = group.node_group_of(&cluster.id).is_some_and(|node_group| node_group.replica_count() < 2);
    if last && group.spec.automatic_failover.is_on() {
        return Err(GroupRejection::OnlyReplica(group.id.clone()).into());
    }
    changeable(group)
}

/// An operation on clusters that members do not take.
pub fn not_for_members(
    operation: &'static str,
    cluster: &CacheCluster,
    group: &ReplicationGroup,
) -> Rejection {
    let (cluster, group) = (cluster.id.clone(), group.id.clone());
    GroupRejection::NotForMembers { operation, cluster, group }.into()
}

/// `ApplyImmediately`, which must be true.
pub(super) fn immediately(asked: Option<bool>) -> Result<(), Rejection> {
    if asked == Some(true) { Ok(()) } else { Err(GroupRejection::OnlyImmediately.into()) }
}

/// `NewReplicaCount` for every shard, or `ReplicaConfiguration` for those that it names; none: nothing is said.
fn wishes<'r>(
    all: Option<i32>,
    configured: &'r [ConfigureShard],
    group: &ReplicationGroup,
) -> Result<Option<Vec<Wish<'r>>>, Rejection> {
    if all.is_some() && !configured.is_empty() {
        return Err(Rejection::Exclusive("NewReplicaCount", "ReplicaConfiguration"));
    }
    if let Some(count) = all {
        let count = replicas(count)?;
        let each = group.node_groups.iter();
        return Ok(Some(each.map(|shard| Wish { node_group: shard.id, count, zones: &[] }).collect()));
    }
    let mut wishes: Vec<Wish<'_>> = Vec::new();
    for config in configured {
        let id = config.node_group_id.as_deref().ok_or(Rejection::Missing("NodeGroupId"))?;
        let node_group: NodeGroupId = id.parse()?;
        if group.node_group(node_group).is_none() {
            return Err(GroupRejection::UnknownNodeGroup(node_group).into());
        }
        if wishes.iter().any(|wish| wish.node_group == node_group) {
            return Err(GroupRejection::NodeGroupTwice(node_group).into());
        }
        let count = config.new_replica_count.ok_or(Rejection::Missing("NewReplicaCount"))?;
        wishes.push(Wish {
            node_group,
            count: replicas(count)?,
            zones: &config.preferred_availability_zones,
        });
    }
    Ok((!wishes.is_empty()).then_some(wishes))
}

/// The places of a shard's new replicas: of the zones named for all its members, those that no member has.
fn new_places(
    wish: &Wish<'_>,
    node_group: &NodeGroup,
    added: usize,
    group: &ReplicationGroup,
    world: &Surroundings<'_>,
) -> Result<Vec<Place>, Rejection> {
    if wish.zones.is_empty() {
        return Ok(vec![Place::default(); added]);
    }
    let (given, expected) = (wish.zones.len(), usize::from(wish.count) + 1);
    if given != expected {
        let (what, than) = ("PreferredAvailabilityZones", "NewReplicaCount plus 1");
        return Err(GroupRejection::Counts { what, given, than, expected }.into());
    }
    let mut zones = zones::known(wish.zones, &world.of_clusters.scope.region)?;
    zones::lie_in(&zones, world.of_clusters.group_of(&group.spec.member))?;
    for member in node_group.staying() {
        if let Some(at) = zones.iter().position(|zone| *zone == member.availability_zone) {
            zones.remove(at);
        }
    }
    zones.truncate(added);
    Ok(zones.into_iter().map(|zone| Place::in_zone(Some(zone))).collect())
}

/// `ReplicasToRemove`: replicas of the group, none twice.
fn named(asked: &[String], group: &ReplicationGroup) -> Result<Vec<CacheClusterId>, Rejection> {
    let mut named = Vec::new();
    for text in asked {
        let member = group.members().find(|member| member.cluster.as_str().eq_ignore_ascii_case(text));
        let not_a_member = || GroupRejection::NotAMember { cluster: text.clone(), group: group.id.clone() };
        let member = member.ok_or_else(not_a_member)?;
        if member.role == Role::Primary {
            return Err(GroupRejection::PrimaryIsNoReplica(member.cluster.clone()).into());
        }
        if !named.contains(&member.cluster) {
            named.push(member.cluster.clone());
        }
    }
    Ok(named)
}

/// The replicas that go where none is named.
fn picked(node_group: &NodeGroup, count: usize) -> Vec<CacheClusterId> {
    let mut stay: Vec<&Member> = node_group.staying().collect();
    let mut picked = Vec::new();
    for _ in 0..count {
        let shares = |at: &usize| {
            let zone = &stay[*at].availability_zone;
            stay.iter().filter(|member| member.availability_zone == *zone).count() > 1
        };
        let replicas = || (0..stay.len()).rev().filter(|at| stay[*at].role == Role::Replica);
        let Some(at) = replicas().find(shares).or_else(|| replicas().next()) else { break };
        picked.push(stay.remove(at).cluster.clone());
    }
    picked
}

fn outposts(configured: &[ConfigureShard]) -> Result<(), Rejection> {
    match configured.iter().any(|config| !config.preferred_outpost_arns.is_empty()) {
        true => Err(Rejection::NotYet(Unbuilt::Outposts)),
        false => Ok(()),
    }
}
