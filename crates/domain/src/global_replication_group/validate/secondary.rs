//! CreateReplicationGroup with `GlobalReplicationGroupId`: a secondary.

use super::idle;
use crate::engine_version::EngineVersion;
use crate::global_replication_group::{GlobalRejection, GlobalReplicationGroup, MOST_SECONDARIES};
use crate::ids::{CacheParameterGroupName, Region};
use crate::node_type::DataTiering;
use crate::rejection::Rejection;
use crate::replication_group::{
    ClusterMode, CreateReplicationGroup, NodeGroup, NodeGroupConfiguration, ReplicationGroup,
};

/// The request as one for a group of its own that is as `primary` is; `parameter_group` is that one's, or what stands in
/// for it in the region.
///
/// # Errors
/// For what a secondary does not say itself, a state that forbids it, and a region that cannot have it.
pub fn secondary(
    request: &CreateReplicationGroup,
    region: &Region,
    global: &GlobalReplicationGroup,
    primary: &ReplicationGroup,
    parameter_group: &CacheParameterGroupName,
) -> Result<CreateReplicationGroup, Rejection> {
    follows(request)?;
    if region.facts().is_none_or(|facts| facts.global_datastore_prefix.is_none()) {
        return Err(GlobalRejection::Region(region.clone()).into());
    }
    if global.member_in(region).is_some() {
        return Err(GlobalRejection::RegionTaken { id: global.id.clone(), region: region.clone() }.into());
    }
    if global.members.len() > usize::from(MOST_SECONDARIES) {
        return Err(GlobalRejection::TooManySecondaries(MOST_SECONDARIES).into());
    }
    idle(global, "adding a replication group")?;
    Ok(like(request, primary, parameter_group))
}

/// Whether the request leaves to the global datastore what is the same in all of its members (what Terraform's provider
/// does not send, the rest of what follows from it, and what a group would begin with; uncertain).
fn follows(request: &CreateReplicationGroup) -> Result<(), Rejection> {
    let says_itself = request.primary_cluster_id.is_some()
        || request.num_node_groups.is_some()
        || !request.node_group_configuration.is_empty()
        || request.cache_node_type.is_some()
        || request.engine.is_some()
        || request.engine_version.is_some()
        || request.cache_parameter_group_name.is_some()
        || !request.cache_security_group_names.is_empty()
        || !request.snapshot_arns.is_empty()
        || request.snapshot_name.is_some()
        || request.serverless_cache_snapshot_name.is_some()
        || request.auth_token.is_some()
        || request.transit_encryption_enabled.is_some()
        || request.transit_encryption_mode.is_some()
        || request.at_rest_encryption_enabled.is_some()
        || request.data_tiering_enabled.is_some()
        || request.cluster_mode.is_some()
        || request.durability.is_some();
    if says_itself { Err(GlobalRejection::SecondarySaysItself.into()) } else { Ok(()) }
}

fn like(
    request: &CreateReplicationGroup,
    primary: &ReplicationGroup,
    parameter_group: &CacheParameterGroupName,
) -> CreateReplicationGroup {
    let member = &primary.spec.member;
    let version = EngineVersion::reported(member.engine, &member.engine_version);
    let version = version.map_or_else(|| member.engine_version.clone(), |row| row.version.to_owned());
    let sharded = primary.spec.cluster_mode != ClusterMode::Disabled;
    let replicas = request.replicas_per_node_group.or(request.num_cache_clusters.map(|members| members - 1));
    let shard = |node_group: &NodeGroup| NodeGroupConfiguration {
        node_group_id: Some(node_group.id.to_string()),
        slots: Some(node_group.slots.to_string()),
        replica_count: replicas,
        ..NodeGroupConfiguration::default()
    };
    let mut request = CreateReplicationGroup {
        cache_node_type: Some(member.cache_node_type.to_string()),
        engine: Some(member.engine.to_string()),
        engine_version: Some(version),
        cache_parameter_group_name: Some(parameter_group.to_string()),
        transit_encryption_enabled: Some(member.transit_encryption.is_on()),
        transit_encryption_mode: member.transit_encryption.mode().map(str::to_owned),
        at_rest_encryption_enabled: Some(member.at_rest_encryption.is_on()),
        data_tiering_enabled: Some(primary.spec.data_tiering == DataTiering::On),
        cluster_mode: Some(primary.spec.cluster_mode.as_str().to_owned()),
        ..request.clone()
    };
    if sharded {
        request.node_group_configuration = primary.node_groups.iter().map(shard).collect();
        (request.replicas_per_node_group, request.num_cache_clusters) = (None, None);
    }
    request
}
