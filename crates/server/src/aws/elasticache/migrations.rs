//! Online migrations, without engines so far: states and events take their course, no data moves.

use dataplane::runtime::RuntimeKind;
use domain::migration::{
    self, CompleteMigration, CustomerNodeEndpoint, StartMigration, Target, TestMigration,
};
use domain::rejection::{Rejection, Unbuilt};
use models::elasticache::{ops, shapes};
use wire::{Fault, Handle};

use super::ElastiCache;
use crate::aws::fault::Refusal;
use crate::http::Cx;

mod serverless;

impl Handle<ops::StartMigration, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::StartMigrationMessage,
    ) -> Result<shapes::StartMigrationResponse, Fault> {
        let request = StartMigration {
            serverless_cache_name: input.serverless_cache_name,
            replication_group_id: input.replication_group_id,
            customer_node_endpoint_list: endpoints(input.customer_node_endpoint_list),
            auto_cutover: input.auto_cutover,
            clear_target_cache_data: input.clear_target_cache_data,
        };
        let (group, cache) = (&request.replication_group_id, &request.serverless_cache_name);
        let id = match Target::parse(group.as_deref(), cache.as_deref()).map_err(Refusal::from)? {
            Target::ReplicationGroup(id) => id,
            Target::ServerlessCache(name) => {
                let cache = self.start_serverless_migration(cx, name, request).await?;
                return Ok(shapes::StartMigrationResponse {
                    serverless_cache: Some(cache),
                    replication_group: None,
                });
            }
        };
        let served = self.migrations_are_served().await;
        let group = self.change_replication_group(cx, Some(id), move |_, group, _| {
            let source = migration::start(&request, group)?;
            served?;
            group.start_migration(&source)
        });
        let mut view = self.group_view(&group.await?);
        // The reply says modifying (the AWS CLI's example), Describe says migrating.
        view.status = Some("modifying".to_owned());
        Ok(shapes::StartMigrationResponse { replication_group: Some(view), serverless_cache: None })
    }
}

impl Handle<ops::TestMigration, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::TestMigrationMessage,
    ) -> Result<shapes::TestMigrationResponse, Fault> {
        let request = TestMigration {
            replication_group_id: input.replication_group_id,
            customer_node_endpoint_list: endpoints(input.customer_node_endpoint_list),
        };
        let (id, served) = (request.replication_group_id.clone(), self.migrations_are_served().await);
        let group = self.change_replication_group(cx, id, move |_, group, _| {
            let source = migration::test(&request, group)?;
            served?;
            Ok(migration::tested(&source))
        });
        Ok(shapes::TestMigrationResponse { replication_group: Some(self.group_view(&group.await?)) })
    }
}

impl Handle<ops::CompleteMigration, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::CompleteMigrationMessage,
    ) -> Result<shapes::CompleteMigrationResponse, Fault> {
        let request = CompleteMigration {
            replication_group_id: input.replication_group_id,
            serverless_cache_name: input.serverless_cache_name,
            force: input.force == Some(true),
        };
        let (group, cache) = (&request.replication_group_id, &request.serverless_cache_name);
        let id = match Target::parse(group.as_deref(), cache.as_deref()).map_err(Refusal::from)? {
            Target::ReplicationGroup(id) => id,
            Target::ServerlessCache(name) => {
                let cache = self.complete_serverless_migration(cx, name, request.force).await?;
                return Ok(shapes::CompleteMigrationResponse {
                    serverless_cache: Some(cache),
                    replication_group: None,
                });
            }
        };
        let group =
            self.change_replication_group(cx, Some(id), move |_, group, _| group.complete_migration());
        let view = self.group_view(&group.await?);
        Ok(shapes::CompleteMigrationResponse { replication_group: Some(view), serverless_cache: None })
    }
}

impl ElastiCache {
    /// Whether migrations are there: with engines they are not yet.
    async fn migrations_are_served(&self) -> Result<(), Rejection> {
        match self.serving.kind().await {
            RuntimeKind::None => Ok(()),
            RuntimeKind::Docker | RuntimeKind::Process => Err(Rejection::NotYet(Unbuilt::Migrations)),
        }
    }
}

fn endpoints(sent: Option<Vec<shapes::CustomerNodeEndpoint>>) -> Vec<CustomerNodeEndpoint> {
    let each = sent.unwrap_or_default().into_iter();
    each.map(|endpoint| CustomerNodeEndpoint { address: endpoint.address, port: endpoint.port }).collect()
}
