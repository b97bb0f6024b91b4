//! How many shards and members a new group has, where they go, and which slots they have.

use std::collections::BTreeSet;

use crate::cluster::ClusterSpec;
use crate::cluster::validate::zones;
use crate::ids::AvailabilityZone;
use crate::rejection::Rejection;
use crate::replication_group::GroupRejection;
use crate::replication_group::slots::{SLOTS, Slots};
use crate::replication_group::{
    ClusterMode, CreateReplicationGroup, MOST_REPLICAS, NewShard, NodeGroupConfiguration, NodeGroupId, Place,
    Surroundings,
};

/// A new group's shards.
pub(super) struct Layout {
    pub(super) shards: Vec<NewShard>,
}

impl Layout {
    pub(super) fn parse(
        request: &CreateReplicationGroup,
        mode: ClusterMode,
        member: &ClusterSpec,
        world: &Surroundings<'_>,
    ) -> Result<Self, Rejection> {
        let replicas = request.replicas_per_node_group.map(replicas).transpose()?;
        let shards = match request.num_node_groups {
            Some(asked) => Some(shard_count(asked)?),
            None => None,
        };
        let members = request.num_cache_clusters.map(replicas_of).transpose()?;
        exclusive(request)?;
        let configured = &request.node_group_configuration;
        if let Some(shards) = shards.filter(|_| !configured.is_empty()) {
            counts("NodeGroupConfiguration items", configured.len(), "NumNodeGroups", shards)?;
        }
        let replicas = replicas.or(members);
        let shards = if configured.is_empty() {
            let zones = zones::known(&request.preferred_cache_cluster_azs, &world.of_clusters.scope.region)?;
            even(shards.unwrap_or(1), replicas.unwrap_or(0), zones)?
        } else {
            configure(configured, replicas, mode, world)?
        };
        let asked = shards.iter().flat_map(|shard| &shard.places);
        let asked = asked.filter_map(|place| place.availability_zone.as_ref());
        zones::lie_in(asked, world.of_clusters.group_of(member))?;
        Ok(Self { shards })
    }
}

/// A number of replicas: 0 to 5.
pub(super) fn replicas(asked: i32) -> Result<u16, Rejection> {
    let count = u16::try_from(asked).ok().filter(|count| *count <= MOST_REPLICAS);
    count.ok_or_else(|| GroupRejection::ReplicaCount.into())
}

/// `NumCacheClusters`: a primary and its replicas.
fn replicas_of(members: i32) -> Result<u16, Rejection> {
    replicas(members.saturating_sub(1))
}

/// `NumNodeGroups`: up to 500, the most that AWS raises its quota to.
fn shard_count(asked: i32) -> Result<u16, Rejection> {
    let count = u16::try_from(asked).ok().filter(|count| (1..=500).contains(count));
    count.ok_or(Rejection::out_of_range("NumNodeGroups", asked, 1, 500))
}

/// Parameters that say the same thing twice.
fn exclusive(request: &CreateReplicationGroup) -> Result<(), Rejection> {
    let several = request.num_node_groups.is_some_and(|count| count > 1);
    let (clusters, zones) =
        (request.num_cache_clusters.is_some(), !request.preferred_cache_cluster_azs.is_empty());
    let configured = !request.node_group_configuration.is_empty();
    let both = [
        (clusters && request.replicas_per_node_group.is_some(), "NumCacheClusters", "ReplicasPerNodeGroup"),
        (clusters && several, "NumCacheClusters", "NumNodeGroups"),
        (clusters && configured, "NumCacheClusters", "NodeGroupConfiguration"),
        (zones && several, "PreferredCacheClusterAZs", "NumNodeGroups"),
        (zones && configured, "PreferredCacheClusterAZs", "NodeGroupConfiguration"),
    ];
    match both.into_iter().find(|(both, ..)| *both) {
        Some((_, one, other)) => Err(Rejection::Exclusive(one, other)),
        None => Ok(()),
    }
}

fn counts(what: &'static str, given: usize, than: &'static str, expected: u16) -> Result<(), Rejection> {
    let expected = usize::from(expected);
    if given == expected {
        return Ok(());
    }
    Err(GroupRejection::Counts { what, given, than, expected }.into())
}

/// Shards that are alike; the zones of the only one, each member's or none.
fn even(shards: u16, replicas: u16, zones: Vec<AvailabilityZone>) -> Result<Vec<NewShard>, Rejection> {
    if !zones.is_empty() {
        counts("PreferredCacheClusterAZs", zones.len(), "NumCacheClusters", replicas + 1)?;
    }
    let mut places: Vec<Place> = zones.into_iter().map(|zone| Place::in_zone(Some(zone))).collect();
    places.resize(usize::from(replicas) + 1, Place::default());
    let each = (1..).zip(Slots::divided(shards));
    let shard = |(n, slots)| NewShard { id: NodeGroupId::new(n), slots, places: places.clone() };
    Ok(each.map(shard).collect())
}

/// Shards as `NodeGroupConfiguration` has them.
fn configure(
    configured: &[NodeGroupConfiguration],
    replicas: Option<u16>,
    mode: ClusterMode,
    world: &Surroundings<'_>,
) -> Result<Vec<NewShard>, Rejection> {
    let ids = ids(configured, mode)?;
    let slots = slots(configured)?;
    let shard = |((config, id), slots): ((&NodeGroupConfiguration, NodeGroupId), Slots)| {
        Ok(NewShard { id, slots, places: places(config, replicas, world)? })
    };
    configured.iter().zip(ids).zip(slots).map(shard).collect()
}

/// The numbers asked for; who asks for none gets the next that is free.
fn ids(configured: &[NodeGroupConfiguration], mode: ClusterMode) -> Result<Vec<NodeGroupId>, Rejection> {
    let mut taken = BTreeSet::new();
    let mut asked = Vec::new();
    for config in configured {
        let id = config.node_group_id.as_deref().map(str::parse::<NodeGroupId>).transpose()?;
        if let Some(id) = id {
            if mode == ClusterMode::Disabled && id != NodeGroupId::FIRST {
                return Err(GroupRejection::BadNodeGroupId(id.to_string()).into());
            }
            if !taken.insert(id) {
                return Err(GroupRejection::NodeGroupTwice(id).into());
            }
        }
        asked.push(id);
    }
    let mut free = (1..).map(NodeGroupId::new).filter(|id| !taken.contains(id));
    Ok(asked.into_iter().map(|id| id.or_else(|| free.next()).unwrap_or(NodeGroupId::FIRST)).collect())
}

/// The slots asked for, all of them and none twice; or an even division where none were.
fn slots(configured: &[NodeGroupConfiguration]) -> Result<Vec<Slots>, Rejection> {
    let asked: Vec<&str> = configured.iter().filter_map(|config| config.slots.as_deref()).collect();
    if asked.is_empty() {
        return Ok(Slots::divided(u16::try_from(configured.len()).unwrap_or(u16::MAX)));
    }
    let slots: Vec<Slots> = asked.iter().map(|text| text.parse()).collect::<Result<_, GroupRejection>>()?;
    let overlap = |(n, one): (usize, &Slots)| slots[n + 1..].iter().any(|other| one.overlaps(other));
    let all = slots.iter().map(|slots| u32::from(slots.count())).sum::<u32>();
    let covered = all == u32::from(SLOTS) && slots.len() == configured.len();
    if !covered || slots.iter().enumerate().any(overlap) {
        return Err(GroupRejection::SlotsDoNotCover.into());
    }
    Ok(slots)
}

/// Where a shard's members go, the primary first.
fn places(
    config: &NodeGroupConfiguration,
    all: Option<u16>,
    world: &Surroundings<'_>,
) -> Result<Vec<Place>, Rejection> {
    let region = &world.of_clusters.scope.region;
    let primary = zones::known(config.primary_availability_zone.as_slice(), region)?.pop();
    let others = zones::known(&config.replica_availability_zones, region)?;
    let given = u16::try_from(others.len()).ok().filter(|count| *count > 0);
    let count = config.replica_count.map(replicas).transpose()?.or(all).or(given).unwrap_or(0);
    if !others.is_empty() {
        counts("ReplicaAvailabilityZones", others.len(), "ReplicaCount", count)?;
    }
    let mut places: Vec<Place> =
        std::iter::once(primary).chain(others.into_iter().map(Some)).map(Place::in_zone).collect();
    places.resize(usize::from(count) + 1, Place::default());
    Ok(places)
}
