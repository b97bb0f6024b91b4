//! Services for the gateway's own tests.

use async_trait::async_trait;
use bytes::Bytes;
use http::StatusCode;
use models::elasticache::{self, OperationName, ops, shapes};
use server::http::{AwsRequest, AwsResponse, AwsService, Cx, QueryApi};
use tokio::sync::Semaphore;
use wire::{Encode, Fault, Handle, Node};

/// ElastiCache's whole model: two operations that are content with anything they can read, and every other one
/// refused. What remains is what the gateway does before and after a handler.
#[derive(Debug)]
pub(crate) struct Content;

impl Handle<ops::CreateCacheCluster, Cx> for Content {
    async fn handle(
        &self,
        _cx: &Cx,
        input: shapes::CreateCacheClusterMessage,
    ) -> Result<shapes::CreateCacheClusterResult, Fault> {
        let cluster = shapes::CacheCluster {
            cache_cluster_id: input.cache_cluster_id,
            num_cache_nodes: input.num_cache_nodes,
            ..Default::default()
        };
        Ok(shapes::CreateCacheClusterResult { cache_cluster: Some(cluster) })
    }
}

impl Handle<ops::DescribeEvents, Cx> for Content {
    async fn handle(
        &self,
        _cx: &Cx,
        _input: shapes::DescribeEventsMessage,
    ) -> Result<shapes::EventsMessage, Fault> {
        Ok(shapes::EventsMessage { events: Some(Vec::new().into()), ..Default::default() })
    }
}

impl QueryApi for Content {
    const SIGNING_NAME: &'static str = elasticache::SIGNING_NAME;
    const VERSION: &'static str = elasticache::API_VERSION;
    const NAMESPACE: &'static str = elasticache::XML_NAMESPACE;
    type Operation = OperationName;

    fn operation(name: &str) -> Option<OperationName> {
        OperationName::from_name(name)
    }

    fn result_wrapper(operation: OperationName) -> Option<&'static str> {
        operation.result_wrapper()
    }

    async fn dispatch(
        &self,
        cx: &Cx,
        operation: OperationName,
        input: &dyn Node,
    ) -> Result<Box<dyn Encode + Send>, Fault> {
        elasticache::dispatch(self, cx, operation, input).await.map_err(elasticache::fault)
    }
}

/// A service that tells what the gateway made of a request: `whoami`, `panic`, `wait` (until released), and whatever
/// else it is sent, whole.
#[derive(Debug)]
pub(crate) struct Probe {
    /// A permit lets a waiting request through.
    pub(crate) release: Semaphore,
    /// A permit for each request that waits or has waited.
    pub(crate) arrived: Semaphore,
    /// A permit for each request that was let through.
    pub(crate) finished: Semaphore,
}

impl Default for Probe {
    fn default() -> Self {
        Self { release: Semaphore::new(0), arrived: Semaphore::new(0), finished: Semaphore::new(0) }
    }
}

#[async_trait]
impl AwsService for Probe {
    fn signing_name(&self) -> &'static str {
        "probe"
    }

    fn target(&self) -> Option<&'static str> {
        Some("Probe")
    }

    async fn call(&self, cx: Cx, request: AwsRequest) -> AwsResponse {
        let body = match &request.body[..] {
            b"panic" => panic!("a secret of the inside"),
            b"wait" => {
                self.arrived.add_permits(1);
                self.release.acquire().await.unwrap().forget();
                self.finished.add_permits(1);
                Bytes::from_static(b"waited")
            }
            b"whoami" => format!("{} {} {:?}", cx.scope.account, cx.scope.region, cx.caller).into(),
            _ => request.body.clone(),
        };
        AwsResponse { status: StatusCode::OK, content_type: "text/plain", body }
    }
}

wire::refuse!(Content, Cx:
    ops::AddTagsToResource,
    ops::AuthorizeCacheSecurityGroupIngress,
    ops::BatchApplyUpdateAction,
    ops::BatchStopUpdateAction,
    ops::CompleteMigration,
    ops::CopyServerlessCacheSnapshot,
    ops::CopySnapshot,
    ops::CreateCacheParameterGroup,
    ops::CreateCacheSecurityGroup,
    ops::CreateCacheSubnetGroup,
    ops::CreateGlobalReplicationGroup,
    ops::CreateReplicationGroup,
    ops::CreateServerlessCache,
    ops::CreateServerlessCacheSnapshot,
    ops::CreateSnapshot,
    ops::CreateUser,
    ops::CreateUserGroup,
    ops::DecreaseNodeGroupsInGlobalReplicationGroup,
    ops::DecreaseReplicaCount,
    ops::DeleteCacheCluster,
    ops::DeleteCacheParameterGroup,
    ops::DeleteCacheSecurityGroup,
    ops::DeleteCacheSubnetGroup,
    ops::DeleteGlobalReplicationGroup,
    ops::DeleteReplicationGroup,
    ops::DeleteServerlessCache,
    ops::DeleteServerlessCacheSnapshot,
    ops::DeleteSnapshot,
    ops::DeleteUser,
    ops::DeleteUserGroup,
    ops::DescribeCacheClusters,
    ops::DescribeCacheEngineVersions,
    ops::DescribeCacheParameterGroups,
    ops::DescribeCacheParameters,
    ops::DescribeCacheSecurityGroups,
    ops::DescribeCacheSubnetGroups,
    ops::DescribeEngineDefaultParameters,
    ops::DescribeGlobalReplicationGroups,
    ops::DescribeReplicationGroups,
    ops::DescribeReservedCacheNodes,
    ops::DescribeReservedCacheNodesOfferings,
    ops::DescribeServerlessCacheSnapshots,
    ops::DescribeServerlessCaches,
    ops::DescribeServiceUpdates,
    ops::DescribeSnapshots,
    ops::DescribeUpdateActions,
    ops::DescribeUserGroups,
    ops::DescribeUsers,
    ops::DisassociateGlobalReplicationGroup,
    ops::ExportServerlessCacheSnapshot,
    ops::FailoverGlobalReplicationGroup,
    ops::IncreaseNodeGroupsInGlobalReplicationGroup,
    ops::IncreaseReplicaCount,
    ops::ListAllowedNodeTypeModifications,
    ops::ListTagsForResource,
    ops::ModifyCacheCluster,
    ops::ModifyCacheParameterGroup,
    ops::ModifyCacheSubnetGroup,
    ops::ModifyGlobalReplicationGroup,
    ops::ModifyReplicationGroup,
    ops::ModifyReplicationGroupShardConfiguration,
    ops::ModifyServerlessCache,
    ops::ModifyUser,
    ops::ModifyUserGroup,
    ops::PrepareMigration,
    ops::PurchaseReservedCacheNodesOffering,
    ops::RebalanceSlotsInGlobalReplicationGroup,
    ops::RebootCacheCluster,
    ops::RemoveTagsFromResource,
    ops::ResetCacheParameterGroup,
    ops::RevokeCacheSecurityGroupIngress,
    ops::StartMigration,
    ops::StopMigration,
    ops::TestFailover,
    ops::TestMigration,
);
