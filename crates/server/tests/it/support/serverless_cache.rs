//! Serverless caches and their snapshots as the tests make, see and await them.

use aws_sdk_elasticache::operation::create_serverless_cache::builders::CreateServerlessCacheFluentBuilder;
use aws_sdk_elasticache::types::{ServerlessCache, ServerlessCacheSnapshot, SourceType};

use super::emu::{Stage, TestEmu};
use super::until;

impl TestEmu {
    /// With runtime `none`, which serverless caches need so far.
    pub(crate) async fn without_engines() -> Self {
        Self::on(Stage::without_engines()).await
    }

    /// A request for a serverless cache.
    pub(crate) fn serverless(&self, name: &str, engine: &str) -> CreateServerlessCacheFluentBuilder {
        self.client().create_serverless_cache().serverless_cache_name(name).engine(engine)
    }

    /// A serverless cache that is available.
    pub(crate) async fn available_serverless(&self, name: &str, engine: &str) -> ServerlessCache {
        self.serverless(name, engine).send().await.unwrap();
        self.until_serverless_available(name).await
    }

    /// The serverless cache; none where there is none.
    pub(crate) async fn find_serverless(&self, name: &str) -> Option<ServerlessCache> {
        match self.client().describe_serverless_caches().serverless_cache_name(name).send().await {
            Ok(answer) => answer.serverless_caches.unwrap_or_default().pop(),
            Err(error) => {
                let missing = error.into_service_error().is_serverless_cache_not_found_fault();
                assert!(missing, "another error than that there is none");
                None
            }
        }
    }

    pub(crate) async fn until_serverless_available(&self, name: &str) -> ServerlessCache {
        until(&format!("{name} is available"), || async {
            let cache = self.find_serverless(name).await.expect("the cache is there");
            (cache.status() == Some("available")).then_some(cache)
        })
        .await
    }

    pub(crate) async fn until_serverless_gone(&self, name: &str) {
        until(&format!("{name} is gone"), || async {
            self.find_serverless(name).await.is_none().then_some(())
        })
        .await;
    }

    /// The snapshot, once it is available.
    pub(crate) async fn until_snapshot_available(&self, name: &str) -> ServerlessCacheSnapshot {
        until(&format!("snapshot {name} is available"), || async {
            let describe = self.client().describe_serverless_cache_snapshots();
            let found = describe.serverless_cache_snapshot_name(name).send().await.ok()?;
            let snapshot = found.serverless_cache_snapshots.unwrap_or_default().pop()?;
            (snapshot.status() == Some("available")).then_some(snapshot)
        })
        .await
    }

    /// The names of the snapshots that there are.
    pub(crate) async fn snapshot_names(&self) -> Vec<String> {
        let answer = self.client().describe_serverless_cache_snapshots().send().await.unwrap();
        let each = answer.serverless_cache_snapshots.unwrap_or_default().into_iter();
        each.map(|snapshot| snapshot.serverless_cache_snapshot_name.unwrap()).collect()
    }

    /// What is told of a serverless cache, oldest first.
    pub(crate) async fn told_of_serverless(&self, name: &str) -> Vec<String> {
        let describe = self.client().describe_events().source_type(SourceType::ServerlessCache);
        let events = describe.source_identifier(name).send().await.unwrap().events.unwrap_or_default();
        events.into_iter().rev().map(|event| event.message.unwrap()).collect()
    }
}

/// A serverless cache's ARN in the default account and region.
pub(crate) fn arn(name: &str) -> String {
    format!("arn:aws:elasticache:us-east-1:000000000000:serverlesscache:{name}")
}

/// A snapshot's.
pub(crate) fn snapshot_arn(name: &str) -> String {
    format!("arn:aws:elasticache:us-east-1:000000000000:serverlesscachesnapshot:{name}")
}
