//! Global datastores: without engines so far.
//!
//! One is kept in the region that its id begins with, and found from every region of its account: its members lie in
//! several, and what happens to it happens to all of them in one transaction.

mod changes;
mod secondaries;

use std::sync::Arc;

use dataplane::runtime::RuntimeKind;
use domain::global_replication_group::validate::{self, NewGlobal};
use domain::global_replication_group::{
    GlobalQuery, GlobalRejection, GlobalReplicationGroup, Phase, Regional,
};
use domain::ids::{GlobalReplicationGroupId, Region, Scope};
use domain::rejection::{Rejection, Unbuilt};
use models::elasticache::{ops, shapes};
use wire::{Fault, Handle};

use super::ElastiCache;
use super::requests::global_replication_group as requests;
use super::view::{self, Shown};
use crate::aws::fault::Refusal;
use crate::http::Cx;
use crate::store::{GlobalKey, GroupKey, Tx, World};

impl Handle<ops::CreateGlobalReplicationGroup, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::CreateGlobalReplicationGroupMessage,
    ) -> Result<shapes::CreateGlobalReplicationGroupResult, Fault> {
        let request = requests::create(input);
        let (scope, served) = (cx.scope.clone(), self.globals_are_served().await);
        let shown = self.store.transact(move |tx| {
            let new = NewGlobal::parse(&request, &scope)?;
            let is_taken =
                tx.get::<GlobalReplicationGroup>(&GlobalKey::new(scope.clone(), new.id.clone())).is_some();
            let primary = tx.replication_group(&GroupKey::new(scope, new.primary.clone()));
            let global = new.of(primary.map(|group| &**group), is_taken)?;
            served?;
            let mut regionals = tx.regionals(&global);
            let before = regionals.clone();
            global.tell_members(&mut regionals);
            tx.put_global(global.clone(), &before, regionals);
            Ok::<_, Refusal>(view::global_replication_group(tx, &global, Shown::WithMembers))
        });
        Ok(shapes::CreateGlobalReplicationGroupResult { global_replication_group: Some(shown.await?) })
    }
}

impl Handle<ops::DescribeGlobalReplicationGroups, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DescribeGlobalReplicationGroupsMessage,
    ) -> Result<shapes::DescribeGlobalReplicationGroupsResult, Fault> {
        let query = GlobalQuery::parse(&requests::describe(input)).map_err(Refusal::from)?;
        let world = self.store.read();
        let page = match &query.id {
            Some(id) => query.select(of_id(&world, &cx.scope, id)),
            None => {
                // An id begins with its region's prefix.
                let scope = |region| Scope { account: cx.scope.account.clone(), region };
                let regions = Region::with_global_datastores().map(scope);
                let near: Vec<_> = regions.filter(|scope| is_near(scope, &cx.scope)).collect();
                let own = near.iter().flat_map(|scope| world.after(scope, query.after()));
                query.select(own)
            }
        };
        let page = page.map_err(Refusal::from)?;
        let shown = if query.with_members { Shown::WithMembers } else { Shown::Alone };
        let list = page.items.iter().map(|global| view::global_replication_group(&world, global, shown));
        Ok(shapes::DescribeGlobalReplicationGroupsResult {
            marker: page.marker,
            global_replication_groups: Some(list.collect()),
        })
    }
}

impl Handle<ops::DeleteGlobalReplicationGroup, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DeleteGlobalReplicationGroupMessage,
    ) -> Result<shapes::DeleteGlobalReplicationGroupResult, Fault> {
        let request = requests::delete(input);
        let id = request.global_replication_group_id.clone();
        let shown = self.change_global(cx, id, Shown::WithMembers, move |_, global, _| {
            validate::delete(&request, global)?;
            global.phase = Phase::Deleting;
            Ok(())
        });
        Ok(shapes::DeleteGlobalReplicationGroupResult { global_replication_group: Some(shown.await?) })
    }
}

impl Handle<ops::DisassociateGlobalReplicationGroup, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DisassociateGlobalReplicationGroupMessage,
    ) -> Result<shapes::DisassociateGlobalReplicationGroupResult, Fault> {
        let request = requests::disassociate(input);
        let id = request.global_replication_group_id.clone();
        let shown = self.change_global(cx, id, Shown::WithMembers, move |_, global, _| {
            let region = validate::disassociate(&request, global)?.region.clone();
            global.dismiss(&region);
            Ok(())
        });
        Ok(shapes::DisassociateGlobalReplicationGroupResult { global_replication_group: Some(shown.await?) })
    }
}

impl ElastiCache {
    /// Whether global datastores are there: with engines they are not yet.
    async fn globals_are_served(&self) -> Result<(), Rejection> {
        match self.serving.kind().await {
            RuntimeKind::None => Ok(()),
            RuntimeKind::Docker | RuntimeKind::Process => {
                Err(Rejection::NotYet(Unbuilt::GlobalReplicationGroups))
            }
        }
    }

    /// Changes the global datastore that a request names, and its members; answers it as it then is.
    async fn change_global<F>(
        &self,
        cx: &Cx,
        id: Option<String>,
        shown: Shown,
        change: F,
    ) -> Result<shapes::GlobalReplicationGroup, Refusal>
    where
        F: FnOnce(&mut Tx<'_>, &mut GlobalReplicationGroup, &mut [Regional]) -> Result<(), Rejection>
            + Send
            + 'static,
    {
        let scope = cx.scope.clone();
        self.store
            .transact(move |tx| {
                let mut global = find(tx, &scope, id.as_deref())?;
                let mut regionals = tx.regionals(&global);
                let before = regionals.clone();
                change(tx, &mut global, &mut regionals)?;
                tx.put_global(global.clone(), &before, regionals);
                Ok(view::global_replication_group(tx, &global, shown))
            })
            .await
    }
}

/// The global datastore of an id, of the caller's account.
fn find(world: &World, scope: &Scope, asked: Option<&str>) -> Result<GlobalReplicationGroup, Rejection> {
    let id = validate::id_to_find(asked)?;
    let not_found = || GlobalRejection::NotFound(asked.unwrap_or_default().to_owned());
    Ok(GlobalReplicationGroup::clone(of_id(world, scope, &id).ok_or_else(not_found)?))
}

fn of_id<'w>(
    world: &'w World,
    scope: &Scope,
    id: &GlobalReplicationGroupId,
) -> Option<&'w Arc<GlobalReplicationGroup>> {
    let found = world.get::<GlobalReplicationGroup>(&GlobalKey::of_id(scope, id));
    found.filter(|global| is_near(&global.scope, scope))
}

/// Whether both are of one account: AWS's partitions do not share any.
fn is_near(one: &Scope, other: &Scope) -> bool {
    one.account == other.account && one.region.partition() == other.region.partition()
}
