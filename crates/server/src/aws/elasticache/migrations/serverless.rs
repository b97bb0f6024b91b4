//! Migrations into serverless caches.

use domain::migration::{PrepareMigration, StartMigration, serverless};
use domain::rejection::Rejection;
use domain::serverless_cache::{ServerlessCache, ServerlessCacheEvent};
use models::elasticache::{ops, shapes};
use wire::{Fault, Handle};

use super::endpoints;
use crate::aws::elasticache::{ElastiCache, serverless_caches};
use crate::aws::fault::Refusal;
use crate::http::Cx;
use crate::reconcile::is_snapshotted;
use crate::store::Tx;

impl Handle<ops::PrepareMigration, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::PrepareMigrationRequest,
    ) -> Result<shapes::PrepareMigrationResponse, Fault> {
        let secret = input.source_authentication_configuration.and_then(|sent| sent.secret_manager_config);
        let tls = input.source_tls_configuration.unwrap_or_default();
        let request = PrepareMigration {
            serverless_cache_name: input.serverless_cache_name,
            customer_node_endpoint_list: endpoints(input.customer_node_endpoint_list),
            secret_arn: secret.and_then(|config| config.secret_arn),
            source_tls_mode: tls.source_tls_mode.map(|mode| mode.as_str().to_owned()),
            source_tls_certificate: tls.source_tls_certificate,
        };
        let (name, scope) = (request.serverless_cache_name.clone().unwrap_or_default(), cx.scope.clone());
        let cache = self.change_serverless_migration(cx, name, move |tx, cache| {
            let busy = is_snapshotted(tx, &scope, &cache.name);
            cache.prepare_migration(serverless::prepare(&request, cache, busy)?);
            Ok(None)
        });
        Ok(shapes::PrepareMigrationResponse { serverless_cache: Some(cache.await?) })
    }
}

impl Handle<ops::StopMigration, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::StopMigrationRequest,
    ) -> Result<shapes::StopMigrationResponse, Fault> {
        let name = input.serverless_cache_name.unwrap_or_default();
        let cache = self.change_serverless_migration(cx, name, |_, cache| {
            cache.stop_migration()?;
            Ok(None)
        });
        Ok(shapes::StopMigrationResponse { serverless_cache: Some(cache.await?) })
    }
}

impl ElastiCache {
    pub(super) async fn start_serverless_migration(
        &self,
        cx: &Cx,
        name: String,
        request: StartMigration,
    ) -> Result<shapes::ServerlessCache, Refusal> {
        self.change_serverless_migration(cx, name, move |_, cache| cache.start_migration(&request).map(Some))
            .await
    }

    pub(super) async fn complete_serverless_migration(
        &self,
        cx: &Cx,
        name: String,
        force: bool,
    ) -> Result<shapes::ServerlessCache, Refusal> {
        let cache = self.change_serverless_migration(cx, name, move |_, cache| {
            cache.complete_migration(force)?;
            Ok(None)
        });
        cache.await
    }

    /// Changes the cache of this name as `change` does, tells what it says, and shows the cache.
    async fn change_serverless_migration(
        &self,
        cx: &Cx,
        name: String,
        change: impl FnOnce(&Tx<'_>, &mut ServerlessCache) -> Result<Option<ServerlessCacheEvent>, Rejection>
        + Send
        + 'static,
    ) -> Result<shapes::ServerlessCache, Refusal> {
        let (scope, now, served) = (cx.scope.clone(), cx.now, self.migrations_are_served().await);
        let changed = self.store.transact(move |tx| {
            let mut cache = ServerlessCache::clone(serverless_caches::find(tx, &scope, &name)?);
            let told = change(tx, &mut cache)?;
            served?;
            if let Some(event) = told {
                tx.tell(&scope, event.of(&cache.name, now));
            }
            tx.set(cache.clone());
            Ok::<_, Refusal>(cache)
        });
        Ok(self.serverless_view(&changed.await?))
    }
}
