//! Secondaries: replication groups that are made as members of a global datastore.

use domain::global_replication_group::{GlobalRejection, parameter_group_for, validate};
use domain::ids::{CacheParameterGroupName, ReplicationGroupId, Scope};
use domain::parameter_group::{CacheParameterGroup, OwnParameterGroup};
use domain::rejection::Rejection;
use domain::replication_group::{CreateReplicationGroup, Members, ReplicationGroup, validate as of_groups};
use domain::tag::Tags;

use super::find;
use crate::aws::elasticache::ElastiCache;
use crate::aws::elasticache::replication_groups::{Beside, surroundings};
use crate::aws::fault::Refusal;
use crate::http::Cx;
use crate::store::Tx;

impl ElastiCache {
    /// CreateReplicationGroup with `GlobalReplicationGroupId`.
    pub(in crate::aws::elasticache) async fn create_secondary(
        &self,
        cx: &Cx,
        request: CreateReplicationGroup,
    ) -> Result<ReplicationGroup, Refusal> {
        let (place, now, served) = (self.place(cx), cx.now, self.globals_are_served().await);
        self.store
            .transact(move |tx| {
                let id = of_groups::id_to_name(request.replication_group_id.as_deref())?;
                let mut global = find(tx, &place.scope, request.global_replication_group_id.as_deref())?;
                let primary = tx.primary_of(&global).cloned();
                let primary = primary.ok_or(Rejection::from(GlobalRejection::WithoutPrimary))?;
                let stand_in = parameter_group(tx, &primary, &place.scope, &id);
                let of_primary = &primary.spec.member.cache_parameter_group_name;
                let name = stand_in.as_ref().map_or(of_primary, |group| &group.name);
                let request = validate::secondary(&request, &place.scope.region, &global, &primary, name)?;
                if let Some(group) = stand_in {
                    tx.set(OwnParameterGroup { scope: place.scope.clone(), group, tags: Tags::default() });
                }
                let (mut group, members) = {
                    let (groups, beside) = (tx.groups(&place.scope), Beside::of(tx, &place.scope));
                    let world = surroundings(&place, &groups, &beside, Some(&id), now);
                    let mut new = of_groups::create(&request, &world)?;
                    new.spec.member.auth = primary.spec.member.auth.clone();
                    served?;
                    new.place(&place.scope, &world, now)?
                };
                global.admit(&mut group, &primary);
                tx.put_group(group.clone(), &Members::new(), members);
                tx.set(global);
                Ok(group)
            })
            .await
    }
}

/// What stands in for the primary's parameter group in the caller's region, where it is somebody's own.
fn parameter_group(
    tx: &Tx<'_>,
    primary: &ReplicationGroup,
    scope: &Scope,
    id: &ReplicationGroupId,
) -> Option<CacheParameterGroup> {
    let of_primary = tx.parameter_group(&primary.scope, &primary.spec.member.cache_parameter_group_name)?;
    let is_taken = |name: &CacheParameterGroupName| tx.parameter_group(scope, name).is_some();
    (!of_primary.is_default()).then(|| parameter_group_for(id, of_primary, is_taken))
}
