//! Changes that were accepted and wait for the maintenance window (`ApplyImmediately` false).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{AvailabilityZone, CacheNodeId};
use crate::network::AzMode;
use crate::node_type::CacheNodeType;
use crate::rare::Blank;
use crate::window::MaintenanceWindow;

/// What waits. A newer request replaces what it names again, and leaves the rest (uncertain: AWS says of a newer
/// modification that it replaces the pending one, not how far).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PendingModifiedValues {
    /// `NumCacheNodes`, with the zones or the ids that go with it.
    pub nodes: Option<Resize>,
    /// `EngineVersion`.
    pub engine_version: Option<PendingVersion>,
    /// `CacheNodeType`.
    pub cache_node_type: Option<CacheNodeType>,
    /// When the request came that put the youngest of it here.
    pub since: Option<Timestamp>,
}

/// Another number of nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Resize {
    /// More of them.
    Add {
        /// For each new node the zone that was asked for, if one was.
        zones: Vec<Option<AvailabilityZone>>,
        /// Whether the others share a zone.
        mode: AzMode,
    },
    /// Without these.
    Remove(Vec<CacheNodeId>),
}

/// Another engine version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingVersion {
    /// With its patch: `7.1.0`.
    pub full: String,
    /// As it was asked for: `7.1`.
    pub requested: String,
}

impl Blank for PendingModifiedValues {
    const BLANK: &'static Self =
        &Self { nodes: None, engine_version: None, cache_node_type: None, since: None };
}

impl PendingModifiedValues {
    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_none() && self.engine_version.is_none() && self.cache_node_type.is_none()
    }

    /// When what waits is put in force: the first opening of `window` after the request. None: nothing waits.
    pub fn due(&self, window: &MaintenanceWindow) -> Option<Timestamp> {
        self.since.filter(|_| !self.is_empty()).map(|since| window.opens_after(since))
    }
}

impl Resize {
    /// How many nodes there will be, where there are `now`.
    pub fn outcome(&self, now: u16) -> u16 {
        let count = |len: usize| u16::try_from(len).unwrap_or(u16::MAX);
        match self {
            Self::Add { zones, .. } => now.saturating_add(count(zones.len())),
            Self::Remove(nodes) => now.saturating_sub(count(nodes.len())),
        }
    }
}
