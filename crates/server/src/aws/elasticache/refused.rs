//! The operations that are not built yet: each answers 501 with its name. A line leaves this list with its handler.

use models::elasticache::ops;

use super::ElastiCache;
use crate::http::Cx;

models::refuse!(ElastiCache, Cx:
    ops::CompleteMigration,
    ops::CopySnapshot,
    ops::CreateGlobalReplicationGroup,
    ops::CreateReplicationGroup,
    ops::CreateSnapshot,
    ops::DecreaseNodeGroupsInGlobalReplicationGroup,
    ops::DecreaseReplicaCount,
    ops::DeleteGlobalReplicationGroup,
    ops::DeleteReplicationGroup,
    ops::DeleteSnapshot,
    ops::DescribeGlobalReplicationGroups,
    ops::DescribeReplicationGroups,
    ops::DescribeSnapshots,
    ops::DisassociateGlobalReplicationGroup,
    ops::FailoverGlobalReplicationGroup,
    ops::IncreaseNodeGroupsInGlobalReplicationGroup,
    ops::IncreaseReplicaCount,
    ops::ListAllowedNodeTypeModifications,
    ops::ModifyGlobalReplicationGroup,
    ops::ModifyReplicationGroup,
    ops::ModifyReplicationGroupShardConfiguration,
    ops::PrepareMigration,
    ops::RebalanceSlotsInGlobalReplicationGroup,
    ops::StartMigration,
    ops::StopMigration,
    ops::TestFailover,
    ops::TestMigration,
);
