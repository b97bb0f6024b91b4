//! One request's way through the generated code: form in, XML out, as the gateway walks it.

use expect_test::{Expect, expect};
use models::elasticache::{OperationName, XML_NAMESPACE, dispatch, fault, ops, shapes};
use wire::query::Form;
use wire::xml::Envelope;
use wire::{Fault, Handle, Operation};

/// Refuses everything, but for what a test implements.
struct Service;
struct Cx;

impl Handle<ops::CreateCacheCluster, Cx> for Service {
    async fn handle(
        &self,
        _cx: &Cx,
        input: shapes::CreateCacheClusterMessage,
    ) -> Result<shapes::CreateCacheClusterResult, Fault> {
        let cluster = shapes::CacheCluster {
            cache_cluster_id: input.cache_cluster_id,
            engine: input.engine,
            num_cache_nodes: input.num_cache_nodes,
            preferred_maintenance_window: input.preferred_maintenance_window,
            cache_cluster_create_time: Some("2025-04-29T11:40:05.278Z".parse().expect("a timestamp")),
            pending_modified_values: Some(shapes::PendingModifiedValues::default()),
            cache_security_groups: Some(Vec::new()),
            network_type: input.network_type,
            ..Default::default()
        };
        Ok(shapes::CreateCacheClusterResult { cache_cluster: Some(cluster) })
    }
}

impl Handle<ops::DeleteCacheSubnetGroup, Cx> for Service {
    async fn handle(&self, _: &Cx, _: shapes::DeleteCacheSubnetGroupMessage) -> Result<(), Fault> {
        Ok(())
    }
}

impl Handle<ops::CreateUser, Cx> for Service {
    async fn handle(&self, _: &Cx, _: shapes::CreateUserMessage) -> Result<shapes::User, Fault> {
        Ok(shapes::User::default())
    }
}

impl Handle<ops::AddTagsToResource, Cx> for Service {
    async fn handle(
        &self,
        _: &Cx,
        input: shapes::AddTagsToResourceMessage,
    ) -> Result<shapes::TagListMessage, Fault> {
        Ok(shapes::TagListMessage { tag_list: input.tags })
    }
}

models::refuse!(Service, Cx:
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
    ops::CreateUserGroup,
    ops::DecreaseNodeGroupsInGlobalReplicationGroup,
    ops::DecreaseReplicaCount,
    ops::DeleteCacheCluster,
    ops::DeleteCacheParameterGroup,
    ops::DeleteCacheSecurityGroup,
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
    ops::DescribeEvents,
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

/// The answer to `form`, as text.
fn answer(form: &str) -> String {
    let envelope = Envelope { namespace: XML_NAMESPACE, request_id: "c8d5f0a2-0000-4000-8000-000000000000" };
    let served = Form::parse(form.as_bytes()).and_then(|form| {
        let operation = form.get("Action").and_then(OperationName::from_name).expect("a known operation");
        let served = block_on(dispatch(&Service, &Cx, operation, &form.root())).map_err(fault);
        served.map(|output| envelope.answer(operation.name(), operation.result_wrapper(), &*output))
    });
    served.unwrap_or_else(|fault| format!("{} {}", fault.code.http, envelope.error(&fault)))
}

/// Runs a future that never waits.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("the handlers of this test do not wait"),
    }
}

fn check(form: &str, expected: &Expect) {
    expected.assert_eq(&answer(form));
}

/// A dispatch's future moves between threads.
#[test]
fn dispatch_is_send() {
    fn send<T: Send>(value: T) -> T {
        value
    }
    let form = Form::parse(b"CacheSubnetGroupName=a").unwrap();
    let root = form.root();
    let served = block_on(send(dispatch(&Service, &Cx, OperationName::DeleteCacheSubnetGroup, &root)));
    assert!(served.is_ok());
}

#[test]
fn an_answer_has_model_order_empty_elements_and_milliseconds() {
    check(
        "Action=CreateCacheCluster&Version=2015-02-02&NetworkType=ipv4&CacheClusterId=my-cache&Engine=redis\
         &NumCacheNodes=1&PreferredMaintenanceWindow=sun%3A05%3A00-sun%3A06%3A00&Unknown=ignored",
        &expect![[
            r#"<CreateCacheClusterResponse xmlns="http://elasticache.amazonaws.com/doc/2015-02-02/"><CreateCacheClusterResult><CacheCluster><CacheClusterId>my-cache</CacheClusterId><Engine>redis</Engine><NumCacheNodes>1</NumCacheNodes><CacheClusterCreateTime>2025-04-29T11:40:05.278Z</CacheClusterCreateTime><PreferredMaintenanceWindow>sun:05:00-sun:06:00</PreferredMaintenanceWindow><PendingModifiedValues/><CacheSecurityGroups/><NetworkType>ipv4</NetworkType></CacheCluster></CreateCacheClusterResult><ResponseMetadata><RequestId>c8d5f0a2-0000-4000-8000-000000000000</RequestId></ResponseMetadata></CreateCacheClusterResponse>"#
        ]],
    );
}

#[test]
fn an_operation_without_output_has_metadata_alone() {
    check(
        "Action=DeleteCacheSubnetGroup&CacheSubnetGroupName=a",
        &expect![[
            r#"<DeleteCacheSubnetGroupResponse xmlns="http://elasticache.amazonaws.com/doc/2015-02-02/"><ResponseMetadata><RequestId>c8d5f0a2-0000-4000-8000-000000000000</RequestId></ResponseMetadata></DeleteCacheSubnetGroupResponse>"#
        ]],
    );
}

#[test]
fn a_missing_member_is_named_in_elasticaches_words() {
    check(
        "Action=CreateCacheCluster",
        &expect![[
            r#"400 <ErrorResponse xmlns="http://elasticache.amazonaws.com/doc/2015-02-02/"><Error><Type>Sender</Type><Code>InvalidParameterValue</Code><Message>The parameter CacheClusterId must be provided and must not be null.</Message></Error><RequestId>c8d5f0a2-0000-4000-8000-000000000000</RequestId></ErrorResponse>"#
        ]],
    );
    check(
        "Action=AddTagsToResource&ResourceName=arn",
        &expect![[
            r#"400 <ErrorResponse xmlns="http://elasticache.amazonaws.com/doc/2015-02-02/"><Error><Type>Sender</Type><Code>InvalidParameterValue</Code><Message>The parameter Tags must be provided and must not be null.</Message></Error><RequestId>c8d5f0a2-0000-4000-8000-000000000000</RequestId></ErrorResponse>"#
        ]],
    );
}

#[test]
fn broken_constraints_are_all_told() {
    check(
        "Action=CreateUser&UserId=1&UserName=&Engine=r3dis&AccessString=+",
        &expect![[
            r#"400 <ErrorResponse xmlns="http://elasticache.amazonaws.com/doc/2015-02-02/"><Error><Type>Sender</Type><Code>ValidationError</Code><Message>4 validation errors detected: Value '1' at 'userId' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][a-zA-Z0-9\-]*; Value '' at 'userName' failed to satisfy constraint: Member must have length greater than or equal to 1; Value 'r3dis' at 'engine' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z]*; Value ' ' at 'accessString' failed to satisfy constraint: Member must satisfy regular expression pattern: .*\S.*</Message></Error><RequestId>c8d5f0a2-0000-4000-8000-000000000000</RequestId></ErrorResponse>"#
        ]],
    );
}

#[test]
fn malformed_members_are_told() {
    check(
        "Action=CreateCacheCluster&CacheClusterId=a&NumCacheNodes=one",
        &expect![[
            r#"400 <ErrorResponse xmlns="http://elasticache.amazonaws.com/doc/2015-02-02/"><Error><Type>Sender</Type><Code>MalformedInput</Code><Message>The value of NumCacheNodes is not an integer</Message></Error><RequestId>c8d5f0a2-0000-4000-8000-000000000000</RequestId></ErrorResponse>"#
        ]],
    );
    check(
        "Action=AddTagsToResource&ResourceName=arn&Tags.Tag.0.Key=a",
        &expect![[
            r#"400 <ErrorResponse xmlns="http://elasticache.amazonaws.com/doc/2015-02-02/"><Error><Type>Sender</Type><Code>MalformedInput</Code><Message>0 is not a valid index</Message></Error><RequestId>c8d5f0a2-0000-4000-8000-000000000000</RequestId></ErrorResponse>"#
        ]],
    );
}

#[test]
fn an_operation_that_is_not_built_says_so() {
    check(
        "Action=CopySnapshot",
        &expect![[
            r#"501 <ErrorResponse xmlns="http://elasticache.amazonaws.com/doc/2015-02-02/"><Error><Type>Receiver</Type><Code>NotImplemented</Code><Message>Simfra does not implement the operation CopySnapshot yet.</Message></Error><RequestId>c8d5f0a2-0000-4000-8000-000000000000</RequestId></ErrorResponse>"#
        ]],
    );
}

#[test]
fn names_find_their_operations() {
    for operation in OperationName::ALL {
        assert_eq!(OperationName::from_name(operation.name()), Some(operation));
    }
    assert_eq!(OperationName::from_name("createcachecluster"), None);
    assert_eq!(OperationName::CreateCacheCluster.name(), ops::CreateCacheCluster::NAME);
}
