//! Requests of a foreign client: for every operation one with every member filled, as botocore 1.44.5 serialises it.
//!
//! Every value occurs once in its request, so what the handler gets can be searched for it: none is lost, none is
//! refused.

use std::sync::Mutex;

use models::elasticache::{OperationName, dispatch, ops};
use wire::query::Form;
use wire::{DispatchError, Fault, Handle, Operation, codes};

/// Keeps what handlers get, as `Debug` shows it.
#[derive(Default)]
struct Recorder(Mutex<String>);
struct Cx;

macro_rules! record {
    ($($operation:ident)+) => {$(
        impl Handle<ops::$operation, Cx> for Recorder {
            async fn handle(
                &self,
                _: &Cx,
                input: <ops::$operation as Operation>::Input,
            ) -> Result<<ops::$operation as Operation>::Output, Fault> {
                *self.0.lock().expect("nothing panics here") = format!("{input:?}");
                Err(Fault::new(codes::SERVICE_UNAVAILABLE, "recorded"))
            }
        }
    )+};
}

record! {
    AddTagsToResource
    AuthorizeCacheSecurityGroupIngress
    BatchApplyUpdateAction
    BatchStopUpdateAction
    CompleteMigration
    CopyServerlessCacheSnapshot
    CopySnapshot
    CreateCacheCluster
    CreateCacheParameterGroup
    CreateCacheSecurityGroup
    CreateCacheSubnetGroup
    CreateGlobalReplicationGroup
    CreateReplicationGroup
    CreateServerlessCache
    CreateServerlessCacheSnapshot
    CreateSnapshot
    CreateUser
    CreateUserGroup
    DecreaseNodeGroupsInGlobalReplicationGroup
    DecreaseReplicaCount
    DeleteCacheCluster
    DeleteCacheParameterGroup
    DeleteCacheSecurityGroup
    DeleteCacheSubnetGroup
    DeleteGlobalReplicationGroup
    DeleteReplicationGroup
    DeleteServerlessCache
    DeleteServerlessCacheSnapshot
    DeleteSnapshot
    DeleteUser
    DeleteUserGroup
    DescribeCacheClusters
    DescribeCacheEngineVersions
    DescribeCacheParameterGroups
    DescribeCacheParameters
    DescribeCacheSecurityGroups
    DescribeCacheSubnetGroups
    DescribeEngineDefaultParameters
    DescribeEvents
    DescribeGlobalReplicationGroups
    DescribeReplicationGroups
    DescribeReservedCacheNodes
    DescribeReservedCacheNodesOfferings
    DescribeServerlessCacheSnapshots
    DescribeServerlessCaches
    DescribeServiceUpdates
    DescribeSnapshots
    DescribeUpdateActions
    DescribeUserGroups
    DescribeUsers
    DisassociateGlobalReplicationGroup
    ExportServerlessCacheSnapshot
    FailoverGlobalReplicationGroup
    IncreaseNodeGroupsInGlobalReplicationGroup
    IncreaseReplicaCount
    ListAllowedNodeTypeModifications
    ListTagsForResource
    ModifyCacheCluster
    ModifyCacheParameterGroup
    ModifyCacheSubnetGroup
    ModifyGlobalReplicationGroup
    ModifyReplicationGroup
    ModifyReplicationGroupShardConfiguration
    ModifyServerlessCache
    ModifyUser
    ModifyUserGroup
    PrepareMigration
    PurchaseReservedCacheNodesOffering
    RebalanceSlotsInGlobalReplicationGroup
    RebootCacheCluster
    RemoveTagsFromResource
    ResetCacheParameterGroup
    RevokeCacheSecurityGroupIngress
    StartMigration
    StopMigration
    TestFailover
    TestMigration
}

/// Runs a future that never waits.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("the recorder does not wait"),
    }
}

/// What the operation's handler gets from `form`.
fn recorded(operation: OperationName, form: &Form) -> String {
    let recorder = Recorder::default();
    match block_on(dispatch(&recorder, &Cx, operation, &form.root())) {
        Err(DispatchError::Refused(fault)) if fault.message == "recorded" => {}
        Err(other) => panic!("{}: {other}", operation.name()),
        Ok(_) => panic!("the recorder refuses"),
    }
    recorder.0.into_inner().expect("nothing panics here")
}

/// Whether the parameter is in what `Debug` shows: credentials are not, and neither is the operation itself.
fn is_shown(name: &str) -> bool {
    let hidden = ["Action", "Version", "AuthToken"];
    !hidden.contains(&name) && !name.contains("Passwords.")
}

#[test]
fn every_member_that_botocore_sends_reaches_the_handler() {
    let mut seen = Vec::new();
    for row in include_str!("reference/requests.tsv").lines().skip(1) {
        let (name, body) = row.split_once('\t').expect("a form");
        let operation = OperationName::from_name(name).expect("an operation of the model");
        let input = recorded(operation, &Form::parse(body.as_bytes()).expect("a form"));
        for pair in body.split('&') {
            let (member, value) = pair.split_once('=').expect("a value");
            // What is left to undo in a form of letters and digits: the colons of its timestamps.
            let value = value.replace("%3A", ":");
            assert!(
                !is_shown(member) || input.contains(&value),
                "{name}: {member}={value} is not in {input}"
            );
        }
        seen.push(operation);
    }
    assert_eq!(seen, OperationName::ALL);
}
