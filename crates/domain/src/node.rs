//! A cache node: the one server process that a runtime keeps.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{CacheClusterId, CacheNodeId, Scope, VpcId};

/// A node's identity over its whole life; displays as `{account}-{region}-{cluster}-{node}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NodeId {
    /// Account and region.
    pub scope: Scope,
    /// The cluster it belongs to.
    pub cluster: CacheClusterId,
    /// Its number there.
    pub node: CacheNodeId,
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.scope, self.cluster, self.node)
    }
}

/// A VPC's identity; displays as `{account}-{region}-{vpcId}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VpcKey {
    /// Account and region.
    pub scope: Scope,
    /// The VPC's id.
    pub vpc: VpcId,
}

impl fmt::Display for VpcKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.scope, self.vpc)
    }
}

/// How often a node's data was started anew, from 1. A reboot and a repair raise it; an adoption keeps it.
/// A runtime replaces a node of an older generation, its data included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Generation(pub u32);

impl Generation {
    /// A new node's.
    pub const FIRST: Self = Self(1);

    /// The one after.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
