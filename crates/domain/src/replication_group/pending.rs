//! Changes of a group that were accepted and wait for the maintenance window (`ApplyImmediately` false).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::spec::{ClusterMode, Switch};
use crate::cluster::{PendingModifiedValues as OfClusters, PendingVersion};
use crate::engine::Engine;
use crate::ids::{CacheClusterId, CacheParameterGroupName};
use crate::network::TransitEncryption;
use crate::node_type::CacheNodeType;
use crate::parameter::ParameterValues;
use crate::window::MaintenanceWindow;

/// What waits. A newer request replaces what it names again, and leaves the rest (as with clusters; uncertain).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PendingModifiedValues {
    /// `Engine` and `EngineVersion`.
    pub version: Option<PendingEngine>,
    /// `CacheNodeType`.
    pub cache_node_type: Option<CacheNodeType>,
    /// `PrimaryClusterId`.
    pub primary_cluster: Option<CacheClusterId>,
    /// `AutomaticFailoverStatus`.
    pub automatic_failover: Option<Switch>,
    /// `TransitEncryptionEnabled` and `TransitEncryptionMode`.
    pub transit_encryption: Option<TransitEncryption>,
    /// `ClusterMode`.
    pub cluster_mode: Option<PendingMode>,
    /// When the request came that put the youngest of it here.
    pub since: Option<Timestamp>,
}

/// Another engine version, of the same engine or of Valkey in Redis's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingEngine {
    /// The engine.
    pub engine: Engine,
    /// The version.
    pub version: PendingVersion,
    /// The parameter group that goes with it.
    pub cache_parameter_group_name: CacheParameterGroupName,
    /// That one's values.
    pub parameters: ParameterValues,
}

/// Another cluster mode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingMode {
    /// The mode.
    pub mode: ClusterMode,
    /// The parameter group that goes with it.
    pub cache_parameter_group_name: CacheParameterGroupName,
    /// That one's values.
    pub parameters: ParameterValues,
}

impl PendingModifiedValues {
    /// What each member shows of it.
    pub(super) fn of_members(&self) -> OfClusters {
        OfClusters {
            engine_version: self.version.as_ref().map(|to| to.version.clone()),
            cache_node_type: self.cache_node_type.clone(),
            since: self.since,
            nodes: None,
        }
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        Self { since: None, ..self.clone() } == Self::default()
    }

    /// When what waits is put in force: the first opening of `window` after the request. None: nothing waits.
    pub fn due(&self, window: &MaintenanceWindow) -> Option<Timestamp> {
        self.since.filter(|_| !self.is_empty()).map(|since| window.opens_after(since))
    }
}
