//! Changes of all members: settings, shards, and which of them is the primary.

use super::create::description;
use super::{idle, member};
use crate::global_replication_group::{
    DecreaseNodeGroupsInGlobalReplicationGroup, FailoverGlobalReplicationGroup, GlobalMember,
    GlobalRejection, GlobalReplicationGroup, GlobalRole, IncreaseNodeGroupsInGlobalReplicationGroup,
    ModifyGlobalReplicationGroup, RebalanceSlotsInGlobalReplicationGroup, RegionalConfiguration,
};
use crate::ids::Region;
use crate::rejection::Rejection;
use crate::replication_group::{
    ClusterMode, GroupRejection, ModifyReplicationGroup, ModifyShardConfiguration, ReplicationGroup,
};

/// A checked ModifyGlobalReplicationGroup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlobalChange {
    /// The description that it shall have, where it shall have another.
    pub description: Option<String>,
    /// What each member is asked to change, by the rules of its own region.
    pub of_members: ModifyReplicationGroup,
}

/// Checks ModifyGlobalReplicationGroup as far as it does not ask members.
///
/// # Errors
/// The first rule that the request breaks.
pub fn modify(
    request: &ModifyGlobalReplicationGroup,
    global: &GlobalReplicationGroup,
) -> Result<GlobalChange, Rejection> {
    immediately(request.apply_immediately)?;
    let text = request.global_replication_group_description.as_deref();
    let description = text.map(|text| description(Some(text))).transpose()?;
    idle(global, "modification")?;
    let of_members = ModifyReplicationGroup {
        cache_node_type: request.cache_node_type.clone(),
        engine: request.engine.clone(),
        engine_version: request.engine_version.clone(),
        cache_parameter_group_name: request.cache_parameter_group_name.clone(),
        automatic_failover_enabled: request.automatic_failover_enabled,
        apply_immediately: Some(true),
        ..ModifyReplicationGroup::default()
    };
    Ok(GlobalChange { description, of_members })
}

/// Checks that a member's nodes can still be in a global datastore after a change.
///
/// # Errors
/// [`GlobalRejection::NodeType`].
pub fn still_supported(changed: &ReplicationGroup) -> Result<(), Rejection> {
    super::create::supported(changed)
}

/// Checks FailoverGlobalReplicationGroup: the region of the member that becomes the primary.
///
/// # Errors
/// The first rule that the request breaks.
pub fn failover(
    request: &FailoverGlobalReplicationGroup,
    global: &GlobalReplicationGroup,
) -> Result<Region, Rejection> {
    let (group, region) = (&request.primary_replication_group_id, &request.primary_region);
    let to: &GlobalMember = member(global, group.as_deref(), region.as_deref())?;
    if to.role == GlobalRole::Primary {
        return Err(GlobalRejection::IsPrimary(to.group.clone()).into());
    }
    idle(global, "failover")?;
    Ok(to.region.clone())
}

/// Other shards for all members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resharding {
    count: i32,
    regional: Vec<RegionalConfiguration>,
    remove: Vec<String>,
    retain: Vec<String>,
}

impl Resharding {
    /// What a member is asked to change.
    pub fn of(&self, member: &ReplicationGroup) -> ModifyShardConfiguration {
        let of_it = |each: &&RegionalConfiguration| {
            each.replication_group_region.as_deref() == Some(member.scope.region.as_str())
        };
        let regional = self.regional.iter().find(of_it);
        ModifyShardConfiguration {
            replication_group_id: Some(member.id.to_string()),
            node_group_count: Some(self.count),
            apply_immediately: Some(true),
            resharding_configuration: regional
                .map(|each| each.resharding_configuration.clone())
                .unwrap_or_default(),
            node_groups_to_remove: self.remove.clone(),
            node_groups_to_retain: self.retain.clone(),
        }
    }
}

/// Checks IncreaseNodeGroupsInGlobalReplicationGroup as far as it does not ask members.
///
/// # Errors
/// The first rule that the request breaks.
pub fn increase(
    request: &IncreaseNodeGroupsInGlobalReplicationGroup,
    global: &GlobalReplicationGroup,
    primary: &ReplicationGroup,
) -> Result<Resharding, Rejection> {
    immediately(request.apply_immediately)?;
    let (count, now) = (request.node_group_count.unwrap_or_default(), shards(primary)?);
    if count <= now {
        return Err(GlobalRejection::NotMoreShards(now).into());
    }
    for each in &request.regional_configurations {
        member(global, each.replication_group_id.as_deref(), each.replication_group_region.as_deref())?;
    }
    idle(global, "increasing the number of node groups")?;
    let regional = request.regional_configurations.clone();
    Ok(Resharding { count, regional, remove: Vec::new(), retain: Vec::new() })
}

/// Checks DecreaseNodeGroupsInGlobalReplicationGroup as far as it does not ask members.
///
/// # Errors
/// The first rule that the request breaks.
pub fn decrease(
    request: &DecreaseNodeGroupsInGlobalReplicationGroup,
    global: &GlobalReplicationGroup,
    primary: &ReplicationGroup,
) -> Result<Resharding, Rejection> {
    immediately(request.apply_immediately)?;
    let (remove, retain) = (&request.global_node_groups_to_remove, &request.global_node_groups_to_retain);
    if !remove.is_empty() && !retain.is_empty() {
        return Err(Rejection::Exclusive("GlobalNodeGroupsToRemove", "GlobalNodeGroupsToRetain"));
    }
    let (count, now) = (request.node_group_count.unwrap_or_default(), shards(primary)?);
    if count >= now {
        return Err(GlobalRejection::NotFewerShards(now).into());
    }
    if remove.is_empty() && retain.is_empty() {
        return Err(Rejection::Missing("GlobalNodeGroupsToRemove"));
    }
    let (remove, retain) = (regional_ids(remove, global)?, regional_ids(retain, global)?);
    idle(global, "decreasing the number of node groups")?;
    Ok(Resharding { count, regional: Vec::new(), remove, retain })
}

/// Checks RebalanceSlotsInGlobalReplicationGroup as far as it does not ask members.
///
/// # Errors
/// The first rule that the request breaks.
pub fn rebalance(
    request: &RebalanceSlotsInGlobalReplicationGroup,
    global: &GlobalReplicationGroup,
    primary: &ReplicationGroup,
) -> Result<Resharding, Rejection> {
    immediately(request.apply_immediately)?;
    let count = shards(primary)?;
    idle(global, "rebalancing slots")?;
    Ok(Resharding { count, regional: Vec::new(), remove: Vec::new(), retain: Vec::new() })
}

/// `ApplyImmediately`, which must be true: a global datastore has no maintenance window.
fn immediately(asked: Option<bool>) -> Result<(), Rejection> {
    if asked == Some(true) { Ok(()) } else { Err(GroupRejection::OnlyImmediately.into()) }
}

/// How many shards there are, where there can be several.
fn shards(primary: &ReplicationGroup) -> Result<i32, Rejection> {
    if primary.spec.cluster_mode != ClusterMode::Enabled {
        return Err(GroupRejection::OnlyWithClusterMode.into());
    }
    Ok(i32::try_from(primary.node_groups.len()).unwrap_or(i32::MAX))
}

/// `ldgnf-my-datastore-0001` as members have it: `0001`.
fn regional_ids(asked: &[String], global: &GlobalReplicationGroup) -> Result<Vec<String>, Rejection> {
    let regional = |text: &String| {
        let lower = text.to_ascii_lowercase();
        let own = lower.strip_prefix(global.id.as_str()).and_then(|rest| rest.strip_prefix('-'));
        own.map(str::to_owned).ok_or_else(|| GlobalRejection::NodeGroup(text.clone()).into())
    };
    asked.iter().map(regional).collect()
}
