//! How many nodes: `NumCacheNodes` with the parameters that go with it.

use crate::cluster::validate::{nodes_of, values};
use crate::cluster::{CacheCluster, ModifyCacheCluster, Surroundings};
use crate::network::AzMode;
use crate::rejection::Rejection;

/// `NumCacheNodes` with the parameters that go with it.
pub(super) fn asked(
    request: &ModifyCacheCluster,
    cluster: &CacheCluster,
    world: &Surroundings,
) -> Result<u16, Rejection> {
    let now = cluster.spec.num_cache_nodes;
    let asked = request.num_cache_nodes.or(Some(i32::from(now)));
    let nodes = values::num_cache_nodes(asked, cluster.spec.engine, world.quotas)?;
    let mode = request.az_mode.as_deref().map(str::parse::<AzMode>).transpose()?;
    if mode == Some(AzMode::CrossAz) && nodes < 2 {
        return Err(Rejection::CrossZoneNeedsNodes);
    }
    if !request.new_availability_zones.is_empty() && nodes <= now {
        return Err(Rejection::Needs("NewAvailabilityZones", "a larger NumCacheNodes"));
    }
    let removed = nodes_of(cluster, &request.cache_node_ids_to_remove)?;
    let expected = usize::from(now.saturating_sub(nodes));
    if removed.len() != expected {
        return Err(Rejection::NodesToRemove { given: removed.len(), expected });
    }
    Ok(nodes)
}
