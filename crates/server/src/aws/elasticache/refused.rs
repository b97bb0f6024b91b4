//! The operations that are not built yet: each answers 501 with its name. A line leaves this list with its handler.

use models::elasticache::ops;

use super::ElastiCache;
use crate::http::Cx;

models::refuse!(ElastiCache, Cx:
    ops::CompleteMigration,
    ops::CopySnapshot,
    ops::CreateGlobalReplicationGroup,
    ops::CreateSnapshot,
    ops::DecreaseNodeGroupsInGlobalReplicationGroup,
    ops::DeleteGlobalReplicationGroup,
    ops::DeleteSnapshot,
    ops::DescribeGlobalReplicationGroups,
    ops::DescribeSnapshots,
    ops::DisassociateGlobalReplicationGroup,
    ops::FailoverGlobalReplicationGroup,
    ops::IncreaseNodeGroupsInGlobalReplicationGroup,
    ops::ModifyGlobalReplicationGroup,
    ops::PrepareMigration,
    ops::RebalanceSlotsInGlobalReplicationGroup,
    ops::StartMigration,
    ops::StopMigration,
    ops::TestMigration,
);
