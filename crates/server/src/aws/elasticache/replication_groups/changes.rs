//! Changes of replication groups: settings, replicas, shards, failover.

use dataplane::runtime::RuntimeKind;
use domain::cluster::Secret;
use domain::event::{GroupEvent, Told};
use domain::global_replication_group::validate as of_globals;
use domain::replication_group::{TestFailover, validate};
use models::elasticache::{ops, shapes};
use wire::{Fault, Handle};

use super::{Beside, requests, surroundings, users_with_engines};
use crate::aws::elasticache::ElastiCache;
use crate::http::Cx;

impl Handle<ops::ModifyReplicationGroup, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::ModifyReplicationGroupMessage,
    ) -> Result<shapes::ModifyReplicationGroupResult, Fault> {
        let request = requests::modify(input);
        let (place, now, serving) = (self.place(cx), cx.now, self.serving.kind().await);
        let id = request.replication_group_id.clone();
        let group = self.change_replication_group(cx, id, move |tx, group, members| {
            let (groups, beside) = (tx.groups(&place.scope), Beside::of(tx, &place.scope));
            let world = surroundings(&place, &groups, &beside, None, now);
            of_globals::modify_member(&request, group)?;
            let change = validate::modify(&request, group, members, &world, now)?;
            if serving != RuntimeKind::None {
                let spec = change.clone().in_force().spec;
                validate::with_engines(&spec)?;
                users_with_engines(tx, &place.scope, &spec)?;
            }
            let mut told = group.modify(change, members)?;
            if let Some(notice) = request.auth_token.as_ref().and_then(Secret::notice) {
                tracing::warn!(group = %group.id, "{notice}");
                told.push(Told::Group(GroupEvent::Notice(notice.to_string())));
            }
            Ok(told)
        });
        Ok(shapes::ModifyReplicationGroupResult { replication_group: Some(self.group_view(&group.await?)) })
    }
}

impl Handle<ops::IncreaseReplicaCount, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::IncreaseReplicaCountMessage,
    ) -> Result<shapes::IncreaseReplicaCountResult, Fault> {
        let request = requests::increase(input);
        let (place, now) = (self.place(cx), cx.now);
        let id = request.replication_group_id.clone();
        let group = self.change_replication_group(cx, id, move |tx, group, members| {
            let (groups, beside) = (tx.groups(&place.scope), Beside::of(tx, &place.scope));
            let world = surroundings(&place, &groups, &beside, None, now);
            let places = validate::increase(&request, group, &world)?;
            group.add_replicas(&places, members, &world)?;
            Ok(Vec::new())
        });
        Ok(shapes::IncreaseReplicaCountResult { replication_group: Some(self.group_view(&group.await?)) })
    }
}

impl Handle<ops::DecreaseReplicaCount, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DecreaseReplicaCountMessage,
    ) -> Result<shapes::DecreaseReplicaCountResult, Fault> {
        let request = requests::decrease(input);
        let id = request.replication_group_id.clone();
        let group = self.change_replication_group(cx, id, move |_, group, members| {
            let leaving = validate::decrease(&request, group)?;
            group.remove_replicas(&leaving, members)?;
            Ok(Vec::new())
        });
        Ok(shapes::DecreaseReplicaCountResult { replication_group: Some(self.group_view(&group.await?)) })
    }
}

impl Handle<ops::ModifyReplicationGroupShardConfiguration, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::ModifyReplicationGroupShardConfigurationMessage,
    ) -> Result<shapes::ModifyReplicationGroupShardConfigurationResult, Fault> {
        let request = requests::reshard(input);
        let (place, now) = (self.place(cx), cx.now);
        let id = request.replication_group_id.clone();
        let group = self.change_replication_group(cx, id, move |tx, group, members| {
            let (groups, beside) = (tx.groups(&place.scope), Beside::of(tx, &place.scope));
            let world = surroundings(&place, &groups, &beside, None, now);
            of_globals::stands_alone(group)?;
            let change = validate::reshard(&request, group, &world)?;
            group.reshard(&change, members, &world)?;
            Ok(Vec::new())
        });
        let group = Some(self.group_view(&group.await?));
        Ok(shapes::ModifyReplicationGroupShardConfigurationResult { replication_group: group })
    }
}

impl Handle<ops::TestFailover, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::TestFailoverMessage,
    ) -> Result<shapes::TestFailoverResult, Fault> {
        let request = TestFailover {
            replication_group_id: input.replication_group_id,
            node_group_id: input.node_group_id,
        };
        let (place, now) = (self.place(cx), cx.now);
        let id = request.replication_group_id.clone();
        let group = self.change_replication_group(cx, id, move |tx, group, members| {
            let (groups, beside) = (tx.groups(&place.scope), Beside::of(tx, &place.scope));
            let world = surroundings(&place, &groups, &beside, None, now);
            let node_group = validate::test_failover(&request, group, &world)?;
            group.test_failover(node_group, members, now)
        });
        let mut view = self.group_view(&group.await?);
        // The reply still says available (the AWS CLI's example), Describe says modifying.
        view.status = Some("available".to_owned());
        Ok(shapes::TestFailoverResult { replication_group: Some(view) })
    }
}
