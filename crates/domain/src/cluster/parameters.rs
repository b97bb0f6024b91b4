//! What becomes of a parameter group's values on a cluster: which are put in force at once, which wait for a reboot.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{CacheCluster, Phase};
use crate::engine_version::EngineVersion;
use crate::ids::CacheNodeId;
use crate::parameter::{ChangeType, Family, ParameterValues};
use crate::rare::Blank;

/// How far the parameter group's values are in force.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParameterApply {
    /// The parameters that engines which run are being told.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub applying: BTreeSet<String>,
    /// `CacheNodeIdsToReboot`.
    pub nodes_to_reboot: Vec<CacheNodeId>,
}

/// `ParameterApplyStatus`, and a node's `ParameterGroupStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterApplyStatus {
    /// All values are in force.
    InSync,
    /// They are being set.
    Applying,
    /// Some wait for a reboot.
    PendingReboot,
}

impl ParameterApplyStatus {
    /// AWS's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InSync => "in-sync",
            Self::Applying => "applying",
            Self::PendingReboot => "pending-reboot",
        }
    }
}

impl Blank for ParameterApply {
    const BLANK: &'static Self = &Self { applying: BTreeSet::new(), nodes_to_reboot: Vec::new() };
}

impl ParameterApply {
    /// `ParameterApplyStatus`.
    pub fn status(&self) -> ParameterApplyStatus {
        if !self.applying.is_empty() {
            ParameterApplyStatus::Applying
        } else if self.nodes_to_reboot.is_empty() {
            ParameterApplyStatus::InSync
        } else {
            ParameterApplyStatus::PendingReboot
        }
    }

    /// A node's `ParameterGroupStatus`.
    pub fn status_of(&self, node: CacheNodeId) -> ParameterApplyStatus {
        match self.status() {
            ParameterApplyStatus::PendingReboot if !self.nodes_to_reboot.contains(&node) => {
                ParameterApplyStatus::InSync
            }
            status => status,
        }
    }
}

impl CacheCluster {
    /// Its parameter group says other values from now on.
    pub fn take_parameters(&mut self, values: &ParameterValues) {
        let before = std::mem::replace(&mut self.spec.parameters, values.clone());
        self.apply_parameters(&before);
    }

    /// Puts in force what differs from `before`, or notes that it waits.
    pub(super) fn apply_parameters(&mut self, before: &ParameterValues) {
        if matches!(
            self.phase,
            Phase::Deleting | Phase::IncompatibleNetwork { .. } | Phase::RestoreFailed { .. }
        ) {
            return;
        }
        let version = EngineVersion::reported(self.spec.engine, &self.spec.engine_version);
        let Some(family) = version.and_then(Family::of) else { return };
        let now = &self.spec.parameters;
        for parameter in family.parameters() {
            fn value<'v>(
                values: &'v ParameterValues,
                name: &str,
                default: Option<&'v str>,
            ) -> Option<&'v str> {
                values.get(name).map(String::as_str).or(default)
            }
            let (name, default) = (parameter.name, parameter.default);
            if value(before, name, default) == value(now, name, default) || !parameter.is_told() {
                continue;
            }
            match parameter.change_type {
                ChangeType::Immediate => {
                    self.parameter_apply.applying.insert(parameter.name.to_owned());
                }
                ChangeType::RequiresReboot => {
                    self.parameter_apply.nodes_to_reboot = self.nodes.iter().map(|node| node.id).collect();
                }
            }
        }
    }
}
