//! What AWS's API offers on cache clusters and this version does not serve: refused by name, never answered falsely.

/// A feature of the API that is not there yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
pub enum Unbuilt {
    /// `TransitEncryptionEnabled` on Redis before 6.0.
    #[error("encryption in transit (TransitEncryptionEnabled) on Redis before 6.0")]
    TransitEncryptionBefore6,
    /// Snapshots of clusters and replication groups where there are engines.
    #[error("snapshots with engines (they are there with SIMFRA_RUNTIME=none)")]
    Snapshots,
    /// `SnapshotName`.
    #[error("restores from a snapshot (SnapshotName)")]
    SnapshotName,
    /// `SnapshotArns`.
    #[error("restores from S3 (SnapshotArns)")]
    SnapshotArns,
    /// `FinalSnapshotIdentifier`.
    #[error("final snapshots (FinalSnapshotIdentifier)")]
    FinalSnapshot,
    /// `SnapshotRetentionLimit` above 0.
    #[error("automatic snapshots (SnapshotRetentionLimit above 0)")]
    AutomaticSnapshots,
    /// Users with the authentication type `iam` in the user groups of replication groups with engines before Redis 7.0.
    #[error("IAM users of replication groups with Redis before 7.0")]
    IamUsersBefore7,
    /// Users of replication groups with engines that are called as Simfra's own are there.
    #[error(
        "users named simfra, or with a name that begins with simfra-, in replication groups with engines"
    )]
    OwnUserNames,
    /// `Durability` `sync` and `async` where there are engines.
    #[error("Durability {0} with engines")]
    Durability(&'static str),
    /// `DataTieringEnabled` where there are engines.
    #[error("data tiering with engines (DataTieringEnabled)")]
    DataTiering,
    /// Migrations where there are engines.
    #[error("migrations with engines (they are there with SIMFRA_RUNTIME=none)")]
    Migrations,
    /// Global datastores where there are engines.
    #[error("global datastores with engines (they are there with SIMFRA_RUNTIME=none)")]
    GlobalReplicationGroups,
    /// `ServerlessCacheSnapshotName`.
    #[error("restores from a serverless snapshot (ServerlessCacheSnapshotName)")]
    ServerlessCacheSnapshotName,
    /// `LogDeliveryConfigurations`.
    #[error("log delivery (LogDeliveryConfigurations)")]
    LogDelivery,
    /// `OutpostMode`, `PreferredOutpostArn`, `PreferredOutpostArns`.
    #[error("Outposts (OutpostMode, PreferredOutpostArn, PreferredOutpostArns)")]
    Outposts,
    /// `NetworkType` or `IpDiscovery` other than `ipv4`.
    #[error("IPv6 (NetworkType ipv6 and dual_stack, IpDiscovery ipv6)")]
    Ipv6,
    /// A value of a parameter other than its default, which the engine would not be told.
    #[error("values of the parameter {0} other than its default")]
    Parameter(&'static str),
    /// Serverless caches where there are engines.
    #[error("serverless caches with engines (they are there with SIMFRA_RUNTIME=none)")]
    ServerlessCaches,
    /// `SnapshotArnsToRestore` of S3 objects and of clusters' snapshots.
    #[error("restores of serverless caches from S3 or from snapshots of clusters (SnapshotArnsToRestore)")]
    SnapshotArnsToRestore,
    /// ExportServerlessCacheSnapshot.
    #[error("exports to S3 (ExportServerlessCacheSnapshot)")]
    ServerlessCacheSnapshotExport,
    /// CopySnapshot with `TargetBucket`.
    #[error("exports to S3 (CopySnapshot with TargetBucket)")]
    SnapshotExport,
    /// `ScaleConfig` in ModifyCacheCluster.
    #[error("scaling by ScaleConfig")]
    ScaleConfig,
}
