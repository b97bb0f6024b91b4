//! What a ModifyCacheCluster changes, and the event that tells of it.

use std::collections::BTreeSet;

use crate::cluster::ClusterSpec;
use crate::event::ClusterEvent;

/// A setting that ModifyCacheCluster changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Changed {
    /// `SecurityGroupIds`.
    SecurityGroups,
    /// `CacheParameterGroupName`; in force after a reboot.
    ParameterGroup,
    /// `PreferredMaintenanceWindow`.
    MaintenanceWindow,
    /// `SnapshotWindow`.
    SnapshotWindow,
    /// `SnapshotRetentionLimit`.
    SnapshotRetention,
    /// `NotificationTopicArn`, `NotificationTopicStatus`.
    Notification,
    /// `AutoMinorVersionUpgrade`.
    AutoMinorVersionUpgrade,
    /// `AZMode`: where later nodes go.
    AzMode,
    /// `EngineVersion`.
    EngineVersion,
    /// `CacheNodeType`.
    NodeType,
    /// `AuthToken`.
    AuthToken,
    /// `TransitEncryptionEnabled`, `TransitEncryptionMode`: of a replication group's member.
    TransitEncryption,
}

impl Changed {
    /// The event that tells of it.
    pub(in crate::cluster) fn event(self, spec: &ClusterSpec) -> ClusterEvent {
        match self {
            Self::SecurityGroups => ClusterEvent::SecurityGroupsModified,
            Self::ParameterGroup => {
                ClusterEvent::ParameterGroupModified(spec.cache_parameter_group_name.to_string())
            }
            Self::MaintenanceWindow
            | Self::SnapshotWindow
            | Self::SnapshotRetention
            | Self::Notification
            | Self::AutoMinorVersionUpgrade
            | Self::AzMode
            | Self::EngineVersion
            | Self::NodeType
            | Self::AuthToken
            | Self::TransitEncryption => ClusterEvent::Modified,
        }
    }
}

/// What differs between what the cluster is and what it shall be.
pub(super) fn differences(now: &ClusterSpec, then: &ClusterSpec) -> BTreeSet<Changed> {
    let differences = [
        (now.security_group_ids != then.security_group_ids, Changed::SecurityGroups),
        (now.cache_parameter_group_name != then.cache_parameter_group_name, Changed::ParameterGroup),
        (now.preferred_maintenance_window != then.preferred_maintenance_window, Changed::MaintenanceWindow),
        (now.snapshot_window != then.snapshot_window, Changed::SnapshotWindow),
        (now.snapshot_retention_limit != then.snapshot_retention_limit, Changed::SnapshotRetention),
        (now.notification != then.notification, Changed::Notification),
        (now.auto_minor_version_upgrade != then.auto_minor_version_upgrade, Changed::AutoMinorVersionUpgrade),
        (now.az_mode != then.az_mode, Changed::AzMode),
        (now.engine_version != then.engine_version, Changed::EngineVersion),
        (now.cache_node_type != then.cache_node_type, Changed::NodeType),
        (now.auth != then.auth, Changed::AuthToken),
        (now.transit_encryption != then.transit_encryption, Changed::TransitEncryption),
    ];
    differences.into_iter().filter_map(|(differs, what)| differs.then_some(what)).collect()
}
