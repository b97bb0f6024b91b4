//! What AWS's API offers on cache clusters and this version does not serve: refused by name, never answered falsely.

/// A feature of the API that is not there yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
pub enum Unbuilt {
    /// `TransitEncryptionEnabled` on Redis before 6.0.
    #[error("encryption in transit (TransitEncryptionEnabled) on Redis before 6.0")]
    TransitEncryptionBefore6,
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
    /// Replication groups where there are engines.
    #[error("replication groups with engines (they are there with SIMFRA_RUNTIME=none)")]
    ReplicationGroups,
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
    /// `ScaleConfig` in ModifyCacheCluster.
    #[error("scaling by ScaleConfig")]
    ScaleConfig,
}
