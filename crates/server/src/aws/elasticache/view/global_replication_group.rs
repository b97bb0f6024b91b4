//! Global datastores as AWS shows them.

use domain::global_replication_group::{GlobalMember, GlobalReplicationGroup};
use domain::replication_group::NodeGroup;
use models::elasticache::shapes;

use crate::store::World;

/// Whether members are listed (`ShowMemberInfo`, and what operations answer).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::aws::elasticache) enum Shown {
    WithMembers,
    Alone,
}

/// A global datastore. Engine, node type and shards are its primary's; shards are shown with cluster mode alone (the AWS
/// CLI's examples).
pub(in crate::aws::elasticache) fn global_replication_group(
    world: &World,
    global: &GlobalReplicationGroup,
    shown: Shown,
) -> shapes::GlobalReplicationGroup {
    let primary = world.primary_of(global).map(|primary| &primary.spec);
    let member = primary.map(|spec| &spec.member);
    let sharded = primary.is_some_and(|spec| spec.cluster_mode.is_on());
    let shards = world.primary_of(global).filter(|_| sharded).map(|primary| &primary.node_groups);
    let members = global.members.iter().map(|each| self::member(world, global, each));
    shapes::GlobalReplicationGroup {
        global_replication_group_id: Some(global.id.to_string()),
        global_replication_group_description: Some(global.description.clone()),
        status: Some(global.status().to_owned()),
        cache_node_type: member.map(|member| member.cache_node_type.to_string()),
        engine: member.map(|member| member.engine.to_string()),
        engine_version: member.map(|member| member.engine_version.clone()),
        members: (shown == Shown::WithMembers).then(|| members.collect()),
        cluster_enabled: primary.map(|spec| spec.cluster_mode.is_on()),
        global_node_groups: shards.map(|shards| shards.iter().map(|each| node_group(global, each)).collect()),
        auth_token_enabled: member.map(|member| member.auth.is_some()),
        transit_encryption_enabled: member.map(|member| member.transit_encryption.is_on()),
        at_rest_encryption_enabled: member.map(|member| member.at_rest_encryption.is_on()),
        arn: Some(global.arn().to_string()),
    }
}

fn member(
    world: &World,
    global: &GlobalReplicationGroup,
    shown: &GlobalMember,
) -> shapes::GlobalReplicationGroupMember {
    let group = world.global_member(global, shown);
    shapes::GlobalReplicationGroupMember {
        replication_group_id: Some(shown.group.to_string()),
        replication_group_region: Some(shown.region.to_string()),
        role: Some(shown.role.as_str().to_owned()),
        automatic_failover: group.map(|group| group.automatic_failover().into()),
        status: Some(shown.state.status().to_owned()),
    }
}

fn node_group(global: &GlobalReplicationGroup, shown: &NodeGroup) -> shapes::GlobalNodeGroup {
    shapes::GlobalNodeGroup {
        global_node_group_id: Some(global.node_group_id(shown.id)),
        slots: Some(shown.slots.to_string()),
    }
}
