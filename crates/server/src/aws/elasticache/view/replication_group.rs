//! Replication groups as AWS shows them.

use domain::endpoint::EndpointNames;
use domain::ids::CacheNodeId;
use domain::node_type::DataTiering;
use domain::replication_group::{
    ClusterMode, Member, MemberState, NodeGroup, NodeGroupState, Phase, ReplicationGroup, Switch,
};
use models::elasticache::shapes;

use super::endpoint;

/// A group. While it is created it has no node groups, and while it is deleted neither those nor its members (both
/// recorded).
pub(in crate::aws::elasticache) fn replication_group(
    group: &ReplicationGroup,
    names: &EndpointNames,
) -> shapes::ReplicationGroup {
    let (spec, member) = (&group.spec, &group.spec.member);
    let deleted = group.phase == Phase::Deleting;
    let shown = group.served && !deleted;
    let members = group.members().map(|member| member.cluster.to_string());
    let node_groups = group.node_groups.iter().map(|each| node_group(group, each, names));
    shapes::ReplicationGroup {
        replication_group_id: Some(group.id.to_string()),
        description: Some(spec.description.clone()),
        global_replication_group_info: Some(global(group)),
        status: Some(group.status().to_owned()),
        pending_modified_values: Some(pending(group)),
        member_clusters: (!deleted).then(|| members.collect()),
        node_groups: shown.then(|| node_groups.collect()),
        snapshotting_cluster_id: spec.snapshotting_cluster.as_ref().map(ToString::to_string),
        automatic_failover: Some(group.automatic_failover().into()),
        multi_az: Some(spec.multi_az.as_str().into()),
        configuration_endpoint: group.configuration_endpoint(names).filter(|_| !deleted).map(endpoint),
        snapshot_retention_limit: member.snapshot_retention_limit.map(i32::from),
        snapshot_window: member.snapshot_window.as_ref().map(ToString::to_string),
        cluster_enabled: (!deleted).then(|| spec.cluster_mode.is_on()),
        cache_node_type: (!deleted).then(|| member.cache_node_type.to_string()),
        auth_token_enabled: Some(member.auth.is_some()),
        auth_token_last_modified_date: member.auth.as_ref().and_then(|auth| auth.modified_at),
        transit_encryption_enabled: Some(member.transit_encryption.is_on()),
        transit_encryption_mode: member.transit_encryption.mode().map(Into::into),
        at_rest_encryption_enabled: Some(member.at_rest_encryption.is_on()),
        kms_key_id: member.at_rest_encryption.key().map(str::to_owned),
        storage_encryption_type: Some(member.at_rest_encryption.kind().into()),
        arn: Some(group.arn().to_string()),
        user_group_ids: (!spec.user_group_ids.is_empty()).then(|| spec.user_group_ids.clone()),
        log_delivery_configurations: Some(Vec::new()),
        replication_group_create_time: Some(group.created_at),
        data_tiering: Some(Switch::of(spec.data_tiering == DataTiering::On).as_str().into()),
        auto_minor_version_upgrade: Some(member.auto_minor_version_upgrade),
        network_type: Some(member.network_type.as_str().into()),
        ip_discovery: Some(member.ip_discovery.as_str().into()),
        cluster_mode: Some(spec.cluster_mode.as_str().into()),
        engine: Some(member.engine.to_string()),
        durability: Some(spec.durability.as_str().into()),
        effective_durability: Some(spec.durability.effective().into()),
        ..shapes::ReplicationGroup::default()
    }
}

fn global(group: &ReplicationGroup) -> shapes::GlobalReplicationGroupInfo {
    let membership = group.global.as_ref();
    shapes::GlobalReplicationGroupInfo {
        global_replication_group_id: membership.map(|membership| membership.id.to_string()),
        global_replication_group_member_role: membership
            .map(|membership| membership.role.as_str().to_owned()),
    }
}

fn node_group(group: &ReplicationGroup, shown: &NodeGroup, names: &EndpointNames) -> shapes::NodeGroup {
    let serves = shown.state != NodeGroupState::Creating;
    let slots = (group.spec.cluster_mode.is_on() && !shown.slots.is_empty()).then(|| shown.slots.to_string());
    let there = shown.members.iter().filter(|member| member.state != MemberState::Joining);
    shapes::NodeGroup {
        node_group_id: Some(shown.id.to_string()),
        status: Some(shown.state.status().to_owned()),
        primary_endpoint: group.primary_endpoint(names).filter(|_| serves).map(endpoint),
        reader_endpoint: group.reader_endpoint(names).filter(|_| serves).map(endpoint),
        slots,
        node_group_members: Some(there.map(|member| self::member(group, member, names)).collect()),
    }
}

/// A member. With cluster mode clients learn addresses and roles from the engine, and neither is shown (recorded).
fn member(group: &ReplicationGroup, member: &Member, names: &EndpointNames) -> shapes::NodeGroupMember {
    let alone = group.spec.cluster_mode == ClusterMode::Disabled;
    let spec = &group.spec.member;
    let node = CacheNodeId::new(1);
    let address = || {
        if spec.transit_encryption.is_on() {
            names.encrypted_member(&member.cluster, &group.id)
        } else {
            names.node(&member.cluster, node)
        }
    };
    shapes::NodeGroupMember {
        cache_cluster_id: Some(member.cluster.to_string()),
        cache_node_id: Some(node.to_string()),
        read_endpoint: alone.then(|| endpoint((address(), spec.port))),
        preferred_availability_zone: Some(member.availability_zone.to_string()),
        current_role: alone.then(|| member.role.as_str().to_owned()),
        ..shapes::NodeGroupMember::default()
    }
}

fn pending(group: &ReplicationGroup) -> shapes::ReplicationGroupPendingModifiedValues {
    let pending = &group.pending;
    let progress = group.resharding().map(|percent| shapes::ReshardingStatus {
        slot_migration: Some(shapes::SlotMigration { progress_percentage: Some(f64::from(percent)) }),
    });
    let encryption = pending.transit_encryption;
    shapes::ReplicationGroupPendingModifiedValues {
        primary_cluster_id: pending.primary_cluster.as_ref().map(ToString::to_string),
        automatic_failover_status: pending.automatic_failover.map(|switch| switch.as_str().into()),
        resharding: progress,
        auth_token_status: group.auth_under_way.map(|status| status.as_str().into()),
        transit_encryption_enabled: encryption.map(|encryption| encryption.is_on()),
        transit_encryption_mode: encryption.and_then(|encryption| encryption.mode()).map(Into::into),
        cluster_mode: pending.cluster_mode.as_ref().map(|mode| mode.mode.as_str().into()),
        ..shapes::ReplicationGroupPendingModifiedValues::default()
    }
}
