//! Changes of global datastores: what changes in one changes in all of its members, in one transaction.

use domain::event::Told;
use domain::global_replication_group::validate::{self, Resharding};
use domain::global_replication_group::{
    GlobalRejection, GlobalReplicationGroup, Phase, Regional, parameter_group_for,
};
use domain::parameter_group::OwnParameterGroup;
use domain::rejection::Rejection;
use domain::replication_group::{
    ModifyReplicationGroup, ReplicationGroup, Surroundings, validate as of_groups,
};
use domain::tag::Tags;
use jiff::Timestamp;
use models::elasticache::{ops, shapes};
use wire::{Fault, Handle};

use super::requests;
use super::view::Shown;
use crate::aws::elasticache::ElastiCache;
use crate::aws::elasticache::clusters::Place;
use crate::aws::elasticache::replication_groups::{Beside, surroundings};
use crate::aws::fault::Refusal;
use crate::http::Cx;
use crate::store::Tx;

impl Handle<ops::FailoverGlobalReplicationGroup, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::FailoverGlobalReplicationGroupMessage,
    ) -> Result<shapes::FailoverGlobalReplicationGroupResult, Fault> {
        let request = requests::failover(input);
        let (id, served) = (request.global_replication_group_id.clone(), self.globals_are_served().await);
        let shown = self.change_global(cx, id, Shown::WithMembers, move |_, global, _| {
            let to = validate::failover(&request, global)?;
            served?;
            global.phase = Phase::FailingOver { to };
            Ok(())
        });
        Ok(shapes::FailoverGlobalReplicationGroupResult { global_replication_group: Some(shown.await?) })
    }
}

impl Handle<ops::ModifyGlobalReplicationGroup, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::ModifyGlobalReplicationGroupMessage,
    ) -> Result<shapes::ModifyGlobalReplicationGroupResult, Fault> {
        let request = requests::modify(input);
        let (place, now, served) = (self.place(cx), cx.now, self.globals_are_served().await);
        let id = request.global_replication_group_id.clone();
        // The AWS CLI's example answers without members.
        let shown = self.change_global(cx, id, Shown::Alone, move |tx, global, regionals| {
            let change = validate::modify(&request, global)?;
            served?;
            for regional in regionals {
                let asked = in_region(tx, &change.of_members, &place, &regional.group);
                in_member(tx, regional, &place, now, |regional, world| {
                    let Regional { group, members } = regional;
                    let change = of_groups::modify(&asked, group, members, world, now)?;
                    let told = group.modify(change, members)?;
                    validate::still_supported(group)?;
                    Ok(told)
                })?;
            }
            global.description = change.description.unwrap_or_else(|| global.description.clone());
            global.phase = Phase::Modifying;
            Ok(())
        });
        Ok(shapes::ModifyGlobalReplicationGroupResult { global_replication_group: Some(shown.await?) })
    }
}

impl Handle<ops::IncreaseNodeGroupsInGlobalReplicationGroup, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::IncreaseNodeGroupsInGlobalReplicationGroupMessage,
    ) -> Result<shapes::IncreaseNodeGroupsInGlobalReplicationGroupResult, Fault> {
        let request = requests::increase(input);
        let id = request.global_replication_group_id.clone();
        let shown =
            self.reshard_global(cx, id, move |global, primary| validate::increase(&request, global, primary));
        let global = Some(shown.await?);
        Ok(shapes::IncreaseNodeGroupsInGlobalReplicationGroupResult { global_replication_group: global })
    }
}

impl Handle<ops::DecreaseNodeGroupsInGlobalReplicationGroup, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DecreaseNodeGroupsInGlobalReplicationGroupMessage,
    ) -> Result<shapes::DecreaseNodeGroupsInGlobalReplicationGroupResult, Fault> {
        let request = requests::decrease(input);
        let id = request.global_replication_group_id.clone();
        let shown =
            self.reshard_global(cx, id, move |global, primary| validate::decrease(&request, global, primary));
        let global = Some(shown.await?);
        Ok(shapes::DecreaseNodeGroupsInGlobalReplicationGroupResult { global_replication_group: global })
    }
}

impl Handle<ops::RebalanceSlotsInGlobalReplicationGroup, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::RebalanceSlotsInGlobalReplicationGroupMessage,
    ) -> Result<shapes::RebalanceSlotsInGlobalReplicationGroupResult, Fault> {
        let request = requests::rebalance(input);
        let id = request.global_replication_group_id.clone();
        let shown = self
            .reshard_global(cx, id, move |global, primary| validate::rebalance(&request, global, primary));
        let global = Some(shown.await?);
        Ok(shapes::RebalanceSlotsInGlobalReplicationGroupResult { global_replication_group: global })
    }
}

impl ElastiCache {
    /// Gives all members other shards, or other slots to those that they have.
    async fn reshard_global<F>(
        &self,
        cx: &Cx,
        id: Option<String>,
        check: F,
    ) -> Result<shapes::GlobalReplicationGroup, Refusal>
    where
        F: FnOnce(&GlobalReplicationGroup, &ReplicationGroup) -> Result<Resharding, Rejection>
            + Send
            + 'static,
    {
        let (place, now, served) = (self.place(cx), cx.now, self.globals_are_served().await);
        let shown = self.change_global(cx, id, Shown::WithMembers, move |tx, global, regionals| {
            let primary = tx.primary_of(global).cloned();
            let primary = primary.ok_or(Rejection::from(GlobalRejection::WithoutPrimary))?;
            let resharding = check(global, &primary)?;
            served?;
            for regional in regionals {
                in_member(tx, regional, &place, now, |Regional { group, members }, world| {
                    let change = of_groups::reshard(&resharding.of(group), group, world)?;
                    group.reshard(&change, members, world)?;
                    Ok(Vec::new())
                })?;
            }
            global.phase = Phase::Modifying;
            Ok(())
        });
        shown.await
    }
}

/// Changes one member by the rules of its region, with the events of it.
fn in_member(
    tx: &mut Tx<'_>,
    regional: &mut Regional,
    place: &Place,
    now: Timestamp,
    change: impl FnOnce(&mut Regional, &Surroundings<'_>) -> Result<Vec<Told>, Rejection>,
) -> Result<(), Rejection> {
    let place = Place { scope: regional.group.scope.clone(), ..*place };
    let told = {
        let (groups, beside) = (tx.groups(&place.scope), Beside::of(tx, &place.scope));
        let world = surroundings(&place, &groups, &beside, None, now);
        change(regional, &world).map_err(GlobalRejection::of_member)?
    };
    tx.tell_group(&regional.group, &told, now);
    Ok(())
}

/// The request as a member's region can follow it: a parameter group of somebody's own in the caller's region has a
/// stand-in in the others.
fn in_region(
    tx: &mut Tx<'_>,
    asked: &ModifyReplicationGroup,
    place: &Place,
    member: &ReplicationGroup,
) -> ModifyReplicationGroup {
    let named = asked.cache_parameter_group_name.as_deref().and_then(|name| name.parse().ok());
    let named = named.and_then(|name| tx.parameter_group(&place.scope, &name));
    let own = named.filter(|group| !group.is_default() && member.scope != place.scope);
    let Some(own) = own else { return asked.clone() };
    let is_taken = |name: &_| tx.parameter_group(&member.scope, name).is_some();
    let group = parameter_group_for(&member.id, own, is_taken);
    let cache_parameter_group_name = Some(group.name.to_string());
    tx.set(OwnParameterGroup { scope: member.scope.clone(), group, tags: Tags::default() });
    ModifyReplicationGroup { cache_parameter_group_name, ..asked.clone() }
}
