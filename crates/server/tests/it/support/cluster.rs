//! Cache clusters as the tests make, see and await them.

use aws_sdk_elasticache::operation::create_cache_cluster::builders::CreateCacheClusterFluentBuilder;
use aws_sdk_elasticache::types::{CacheCluster, CacheNode, SourceType};

use super::emu::TestEmu;
use super::until;

impl TestEmu {
    /// A request for a cluster of one small node.
    pub(crate) fn cluster(&self, id: &str, engine: &str) -> CreateCacheClusterFluentBuilder {
        let create = self.client().create_cache_cluster().cache_cluster_id(id).engine(engine);
        create.cache_node_type("cache.t3.micro").num_cache_nodes(1)
    }

    /// A cluster that is available.
    pub(crate) async fn available(&self, id: &str, engine: &str) -> CacheCluster {
        self.cluster(id, engine).send().await.unwrap();
        self.until_status(id, "available").await
    }

    /// The cluster with its nodes; none where there is no such cluster.
    pub(crate) async fn find(&self, id: &str) -> Option<CacheCluster> {
        let describe =
            self.client().describe_cache_clusters().cache_cluster_id(id).show_cache_node_info(true);
        match describe.send().await {
            Ok(answer) => answer.cache_clusters.unwrap_or_default().pop(),
            Err(error) => {
                let missing = error.into_service_error().is_cache_cluster_not_found_fault();
                assert!(missing, "another error than that there is none");
                None
            }
        }
    }

    /// The cluster with its nodes, once it has this status.
    pub(crate) async fn until_status(&self, id: &str, status: &str) -> CacheCluster {
        until(&format!("{id} is {status}"), || async {
            let cluster = self.find(id).await.expect("the cluster is there");
            (cluster.cache_cluster_status() == Some(status)).then_some(cluster)
        })
        .await
    }

    /// Deletes the cluster and waits until it is gone.
    pub(crate) async fn delete(&self, id: &str) {
        self.client().delete_cache_cluster().cache_cluster_id(id).send().await.unwrap();
        self.until_gone(id).await;
    }

    pub(crate) async fn until_gone(&self, id: &str) {
        until(&format!("{id} is gone"), || async { self.find(id).await.is_none().then_some(()) }).await;
    }

    /// What is told of a cluster, oldest first.
    pub(crate) async fn told(&self, id: &str) -> Vec<String> {
        let describe = self.client().describe_events().source_type(SourceType::CacheCluster);
        let events = describe.source_identifier(id).send().await.unwrap().events.unwrap_or_default();
        events.into_iter().rev().map(|event| event.message.unwrap()).collect()
    }

    /// What is told of a cluster, once `message` is the last of it.
    pub(crate) async fn until_told(&self, id: &str, message: &str) -> Vec<String> {
        until(&format!("{id}: {message}"), || async {
            let told = self.told(id).await;
            (told.last().is_some_and(|last| last == message)).then_some(told)
        })
        .await
    }
}

/// A cluster's only node.
pub(crate) fn only_node(cluster: &CacheCluster) -> &CacheNode {
    let [node] = cluster.cache_nodes() else { panic!("not one node: {cluster:?}") };
    node
}

/// A cluster's ARN in the default account and region.
pub(crate) fn arn(id: &str) -> String {
    format!("arn:aws:elasticache:us-east-1:000000000000:cluster:{id}")
}
