//! TestFailover.

use super::changeable;
use crate::quota::Quota;
use crate::rejection::Rejection;
use crate::replication_group::{GroupRejection, NodeGroupId, ReplicationGroup, Surroundings, TestFailover};

/// Checks TestFailover: the shard that fails over.
///
/// # Errors
/// For a shard that is not there or has no replica, a group that is not available or does not fail over, and the 16th
/// call of a day.
pub fn test_failover(
    request: &TestFailover,
    group: &ReplicationGroup,
    world: &Surroundings<'_>,
) -> Result<NodeGroupId, Rejection> {
    let id = request.node_group_id.as_deref().ok_or(Rejection::Missing("NodeGroupId"))?;
    let id: NodeGroupId = id.parse()?;
    let node_group = group.node_group(id).ok_or(GroupRejection::NodeGroupNotFound(id))?;
    changeable(group)?;
    if !group.spec.automatic_failover.is_on() {
        return Err(GroupRejection::FailoverIsOff(group.id.clone()).into());
    }
    if node_group.replica_count() == 0 {
        return Err(GroupRejection::NoReplica(id).into());
    }
    match world.of_clusters.quotas.limit(Quota::TestFailoversPerDay) {
        Some(limit) if world.test_failovers >= limit => Err(GroupRejection::TestFailoverRate(limit).into()),
        _ => Ok(id),
    }
}
