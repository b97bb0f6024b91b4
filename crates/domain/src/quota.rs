//! Account quotas.

use crate::catalogue::{Catalogue, Row};

/// A quota's row of the catalogue (`data/quotas.tsv`).
#[derive(Debug, Clone)]
pub struct QuotaFacts {
    /// What is counted.
    pub quota: &'static str,
    /// How many an account has by default.
    pub default: u32,
    /// Its code in Service Quotas, where it has one.
    pub service_quotas_code: Option<&'static str>,
    /// The error that says that it is used up.
    pub error_code: &'static str,
}

impl QuotaFacts {
    pub(crate) fn read(row: &Row<'_>) -> Self {
        Self {
            quota: row.text("quota"),
            default: row.number("default").expect("every quota has a number"),
            service_quotas_code: row.optional("service_quotas_code"),
            error_code: row.text("error_code"),
        }
    }
}

/// Whether account quotas hold (`SIMFRA_QUOTAS`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Quotas {
    /// AWS's defaults.
    #[default]
    Aws,
    /// None.
    Off,
}

/// The quotas that operations ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quota {
    /// Nodes of an account in a region.
    NodesPerRegion,
    /// Nodes of a Memcached cluster.
    NodesPerMemcachedCluster,
    /// Parameter groups of an account's own in a region.
    ParameterGroupsPerRegion,
    /// Users of an account in a region.
    UsersPerRegion,
    /// User groups of an account in a region.
    UserGroupsPerRegion,
    /// Users of one group.
    UsersPerUserGroup,
    /// Cache subnet groups of an account's own in a region.
    SubnetGroupsPerRegion,
    /// Subnets of a cache subnet group.
    SubnetsPerSubnetGroup,
    /// Serverless caches of an account in a region.
    ServerlessCachesPerRegion,
    /// Manual snapshots of a serverless cache within 24 hours.
    ServerlessSnapshotsPerCacheAndDay,
    /// Manual snapshots of a cluster or replication group within 24 hours.
    SnapshotsPerNodeAndDay,
    /// Nodes of a replication group with cluster mode.
    NodesPerClusterModeGroup,
    /// Shards of a replication group with cluster mode.
    NodeGroupsPerReplicationGroup,
    /// Node groups that TestFailover may be called for in a day.
    TestFailoversPerDay,
    /// Reserved nodes of an account in a region.
    ReservedNodesPerRegion,
    /// Tags of a resource; holds even with quotas off, as a limit of the API's shape.
    TagsPerResource,
}

impl Quota {
    /// Its default number.
    pub fn default_limit(self) -> u32 {
        let name = match self {
            Self::NodesPerRegion => "nodes per region",
            Self::NodesPerMemcachedCluster => "nodes per memcached cluster",
            Self::ParameterGroupsPerRegion => "parameter groups per region",
            Self::UsersPerRegion => "users per region",
            Self::UserGroupsPerRegion => "user groups per region",
            Self::UsersPerUserGroup => "users per user group",
            Self::SubnetGroupsPerRegion => "subnet groups per region",
            Self::SubnetsPerSubnetGroup => "subnets per subnet group",
            Self::ServerlessCachesPerRegion => "serverless caches per region",
            Self::ServerlessSnapshotsPerCacheAndDay => "serverless snapshots per cache and day",
            Self::SnapshotsPerNodeAndDay => "manual snapshots per node and day",
            Self::NodesPerClusterModeGroup => "nodes per cluster with cluster mode",
            Self::NodeGroupsPerReplicationGroup => "node groups per replication group",
            Self::TestFailoversPerDay => "test failovers per day",
            Self::ReservedNodesPerRegion => "reserved nodes per region",
            Self::TagsPerResource => "tags per resource",
        };
        let facts = Catalogue::get().quotas.iter().find(|facts| facts.quota == name);
        facts.expect("the table has every quota that is asked for").default
    }
}

impl Quotas {
    /// The number above which `quota` is exceeded; none when quotas are off.
    pub fn limit(self, quota: Quota) -> Option<u32> {
        match self {
            Self::Aws => Some(quota.default_limit()),
            Self::Off => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_hold_unless_they_are_off() {
        assert_eq!(Quotas::Aws.limit(Quota::NodesPerRegion), Some(300));
        assert_eq!(Quotas::Aws.limit(Quota::NodesPerMemcachedCluster), Some(60));
        assert_eq!(Quotas::Off.limit(Quota::NodesPerRegion), None);
        assert_eq!(Quota::TagsPerResource.default_limit(), 50);
    }
}
