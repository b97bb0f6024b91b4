//! What operations on snapshots of clusters and replication groups refuse.

use crate::engine::Engine;
use crate::ids::{CacheClusterId, ReplicationGroupId, SnapshotName};
use crate::rejection::RejectionKind;

/// Why a request on a snapshot is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotRejection {
    /// A snapshot of the name is there (uncertain).
    #[error("Snapshot {0} already exists.")]
    Exists(SnapshotName),
    /// None is; in the letters in which it was asked for (uncertain).
    #[error("Snapshot {0} not found.")]
    NotFound(String),
    /// The snapshot's state forbids the operation (uncertain; as DeleteReplicationGroup's recorded one).
    #[error("Snapshot {snapshot} has status {status} which is not valid for {purpose}.")]
    State {
        /// The snapshot.
        snapshot: SnapshotName,
        /// Its status.
        status: &'static str,
        /// `deletion`.
        purpose: &'static str,
    },
    /// Neither a cluster nor a group (uncertain).
    #[error("Either CacheClusterId or ReplicationGroupId must be specified.")]
    NoSubject,
    /// A node of a group with cluster mode, whose shards are taken together (uncertain).
    #[error(
        "Cache cluster {cluster} is part of the cluster mode enabled replication group {group}. Specify ReplicationGroupId \
         to create a snapshot of all its node groups."
    )]
    NotOfOneShard {
        /// The node.
        cluster: CacheClusterId,
        /// Its group.
        group: ReplicationGroupId,
    },
    /// A group without cluster mode, of whose nodes one is to be named (uncertain).
    #[error(
        "Replication group {0} is cluster mode disabled. Specify CacheClusterId to create a snapshot of one of its nodes."
    )]
    NotOfGroup(ReplicationGroupId),
    /// No bucket's name (uncertain).
    #[error("The parameter TargetBucket is not a valid bucket name: {0}")]
    BadBucket(String),
    /// Data on disks does not leave (user guide, exports; the wording is uncertain).
    #[error("A snapshot of a cluster with data tiering cannot be exported.")]
    DataTieringOnExport,
    /// Data under a customer's key does not leave (user guide, exports; the wording is uncertain).
    #[error("A snapshot that is encrypted with a customer managed key cannot be exported.")]
    KeyOnExport,
    /// No snapshot that a cluster or group could begin with (uncertain; creations declare no error of snapshots).
    #[error("The snapshot {0} in SnapshotName is not found or is not available.")]
    NotRestorable(String),
    /// Shards for what has none (user guide, restores; the wording is uncertain).
    #[error(
        "The snapshot {0} of a cluster mode enabled replication group cannot be restored with cluster mode disabled."
    )]
    NotWithoutClusterMode(SnapshotName),
    /// Data that the engine does not read (uncertain).
    #[error("A snapshot of {from} version {from_version} cannot be restored to {to} version {to_version}.")]
    NotForEngine {
        /// The snapshot's engine.
        from: Engine,
        /// Its version.
        from_version: String,
        /// The engine that is to read it.
        to: Engine,
        /// That one's version.
        to_version: String,
    },
    /// Data on disks for nodes without (user guide, data tiering; the wording is uncertain).
    #[error("The snapshot {0} of a cluster with data tiering can only be restored with data tiering.")]
    NeedsDataTiering(SnapshotName),
    /// Too many snapshots of a group in a day.
    #[error("The maximum number of manual snapshots for this cluster taken within 24 hours has been reached")]
    ClusterQuota,
    /// Too many snapshots of a node in a day.
    #[error(
        "The maximum number of manual snapshots for this node taken within 24 hours has been reached its quota of {0}"
    )]
    NodeQuota(u32),
}

impl SnapshotRejection {
    /// The exception that this is.
    pub const fn kind(&self) -> RejectionKind {
        use RejectionKind as K;
        match self {
            Self::Exists(_) => K::SnapshotAlreadyExists,
            Self::NotFound(_) => K::SnapshotNotFound,
            Self::State { .. } => K::InvalidSnapshotState,
            Self::BadBucket(_) | Self::NotRestorable(_) => K::InvalidParameterValue,
            Self::NoSubject
            | Self::NotOfOneShard { .. }
            | Self::NotOfGroup(_)
            | Self::DataTieringOnExport
            | Self::KeyOnExport
            | Self::NotWithoutClusterMode(_)
            | Self::NotForEngine { .. }
            | Self::NeedsDataTiering(_) => K::InvalidParameterCombination,
            Self::ClusterQuota | Self::NodeQuota(_) => K::SnapshotQuotaExceeded,
        }
    }
}
