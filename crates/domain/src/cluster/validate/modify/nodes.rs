//! How many nodes: `NumCacheNodes` with the parameters that go with it.

use std::collections::BTreeSet;

use crate::cluster::validate::{nodes_of, values, zones};
use crate::cluster::{CacheCluster, ModifyCacheCluster, Resize, Surroundings};
use crate::ids::AvailabilityZone;
use crate::network::AzMode;
use crate::rejection::Rejection;

/// What a request says of the number of nodes.
pub(super) struct Nodes {
    pub(super) wish: Wish,
    /// Whether later nodes share a zone.
    pub(super) mode: AzMode,
}

/// The number of nodes that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wish {
    /// Nothing is said of it.
    None,
    /// The number that is there: what waits is taken back.
    AsItIs,
    /// Another number.
    Resize(Resize),
}

/// Reads `NumCacheNodes`, `CacheNodeIdsToRemove`, `NewAvailabilityZones` and `AZMode`.
///
/// Nodes that wait to be added count as there: a larger number adds to them, a smaller one takes the last of them back
/// (uncertain). A number below that of the nodes that run removes some of these and adds none.
pub(super) fn asked(
    request: &ModifyCacheCluster,
    cluster: &CacheCluster,
    world: &Surroundings<'_>,
) -> Result<Nodes, Rejection> {
    let now = cluster.spec.num_cache_nodes;
    let waiting = match &cluster.pending.nodes {
        Some(Resize::Add { zones, .. }) => zones.as_slice(),
        _ => &[],
    };
    let count = request.num_cache_nodes.or(Some(i32::from(now)));
    let count = values::num_cache_nodes(count, cluster.spec.engine, world.quotas)?;
    let mode = request.az_mode.as_deref().map(str::parse::<AzMode>).transpose()?;
    if mode == Some(AzMode::CrossAz) && count < 2 {
        return Err(Rejection::CrossZoneNeedsNodes);
    }
    let new_zones = zones::known(&request.new_availability_zones, &world.scope.region)?;
    let total = now.saturating_add(u16::try_from(waiting.len()).unwrap_or(u16::MAX));
    if !new_zones.is_empty() && count <= total {
        return Err(Rejection::Needs("NewAvailabilityZones", "a larger NumCacheNodes"));
    }
    let removed = nodes_of(cluster, &request.cache_node_ids_to_remove)?;
    let expected = usize::from(now.saturating_sub(count));
    if removed.len() != expected {
        return Err(Rejection::NodesToRemove { given: removed.len(), expected });
    }
    let mode = zone_mode(mode, cluster, waiting, &new_zones)?;
    zones::lie_in(&new_zones, world.group_of(&cluster.spec))?;
    let wish = match count {
        _ if request.num_cache_nodes.is_none() => Wish::None,
        _ if count < now => Wish::Resize(Resize::Remove(removed)),
        _ if count == now => Wish::AsItIs,
        _ => Wish::Resize(Resize::Add {
            zones: added_zones(waiting, new_zones, count - now, total, count)?,
            mode,
        }),
    };
    Ok(Nodes { wish, mode })
}

/// The zone of each of the `added` nodes, where one was asked for: of those that wait already, and of the new ones,
/// each or none.
fn added_zones(
    waiting: &[Option<AvailabilityZone>],
    new: Vec<AvailabilityZone>,
    added: u16,
    total: u16,
    count: u16,
) -> Result<Vec<Option<AvailabilityZone>>, Rejection> {
    let wanted = count.saturating_sub(total);
    if !new.is_empty() && new.len() != usize::from(wanted) {
        return Err(Rejection::ZonesPerNode { zones: new.len(), nodes: wanted });
    }
    let mut zones: Vec<_> = waiting.iter().cloned().chain(new.into_iter().map(Some)).collect();
    zones.resize(usize::from(added), None);
    Ok(zones)
}

/// `AZMode`: nodes that are there stay where they are. Several zones make it `cross-az` where nothing is said, as in
/// a create (uncertain).
fn zone_mode(
    asked: Option<AzMode>,
    cluster: &CacheCluster,
    waiting: &[Option<AvailabilityZone>],
    new: &[AvailabilityZone],
) -> Result<AzMode, Rejection> {
    let there = cluster.nodes.iter().map(|node| &node.availability_zone);
    let zones: BTreeSet<_> = there.chain(waiting.iter().flatten()).chain(new).collect();
    match asked {
        Some(AzMode::SingleAz) if zones.len() > 1 => Err(Rejection::SingleZoneBroken),
        Some(mode) => Ok(mode),
        None if zones.len() > 1 => Ok(AzMode::CrossAz),
        None => match &cluster.pending.nodes {
            Some(Resize::Add { mode, .. }) => Ok(*mode),
            _ => Ok(cluster.spec.az_mode),
        },
    }
}

/// The region's quota of nodes.
pub(super) fn quota(wish: &Wish, world: &Surroundings<'_>) -> Result<(), Rejection> {
    match wish {
        Wish::Resize(resize @ Resize::Add { .. }) => values::nodes_fit(resize.outcome(0), world),
        _ => Ok(()),
    }
}
