//! Snapshots of serverless caches.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::arn::{Arn, ResourceType};
use crate::engine::Engine;
use crate::ids::{Scope, ServerlessCacheName, ServerlessCacheSnapshotName};
use crate::rejection::Rejection;
use crate::tag::Tags;

mod describe;
mod rejection;
mod request;
pub mod validate;

pub use describe::ServerlessCacheSnapshotQuery;
pub use rejection::ServerlessCacheSnapshotRejection;
pub use request::{
    CopyServerlessCacheSnapshot, CreateServerlessCacheSnapshot, DescribeServerlessCacheSnapshots,
    ExportServerlessCacheSnapshot,
};

/// Who made a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SnapshotType {
    /// Simfra, at the daily time.
    Automated,
    /// A request.
    Manual,
}

impl SnapshotType {
    /// AWS's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Automated => "automated",
            Self::Manual => "manual",
        }
    }

    /// The one that a filter asks for: by the words that answers have, and by those that DescribeSnapshots' reference
    /// names (that each takes both is uncertain).
    pub(crate) fn asked_for(text: &str, parameter: &'static str) -> Result<Self, Rejection> {
        match text {
            "automated" | "system" => Ok(Self::Automated),
            "manual" | "user" => Ok(Self::Manual),
            _ => Err(Rejection::NotListed {
                parameter,
                value: text.to_owned(),
                allowed: "automated, manual, system, user".to_owned(),
            }),
        }
    }
}

/// Where a snapshot stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// The cache's data is being taken.
    Creating,
    /// Another snapshot's data is being taken.
    Copying,
    /// It can be restored.
    Available,
    /// It goes.
    Deleting,
}

impl Phase {
    /// `Status`; a copy is created, as CopySnapshot's recorded answer says of its (uncertain).
    pub const fn status(self) -> &'static str {
        match self {
            Self::Creating | Self::Copying => "creating",
            Self::Available => "available",
            Self::Deleting => "deleting",
        }
    }
}

/// A snapshot of a serverless cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerlessCacheSnapshot {
    /// Account and region.
    pub scope: Scope,
    /// Its name.
    pub name: ServerlessCacheSnapshotName,
    /// The cache that its data is from, which may be gone.
    pub cache: ServerlessCacheName,
    /// That cache's engine.
    pub engine: Engine,
    /// That cache's major version.
    pub major_engine_version: String,
    /// Who made it.
    pub snapshot_type: SnapshotType,
    /// The customer's key, as it was named.
    pub kms_key_id: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it goes by itself.
    pub expires_at: Option<Timestamp>,
    /// How much data it has; without engines none.
    pub bytes: u64,
    /// Where it stands.
    pub phase: Phase,
    /// Its tags.
    pub tags: Tags,
}

/// What is to be done next with a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It is there; told where it is the cache's and not a copy.
    Settle,
    /// It is gone.
    Forget,
}

impl ServerlessCacheSnapshot {
    /// Its ARN.
    pub fn arn(&self) -> Arn {
        Arn::new(&self.scope, ResourceType::ServerlessCacheSnapshot, self.name.as_str())
    }

    /// The next step at the time `now`.
    pub fn progress(&self, now: Timestamp) -> Option<Progress> {
        match self.phase {
            Phase::Creating | Phase::Copying => Some(Progress::Settle),
            Phase::Available => self.expires_at.filter(|end| *end <= now).map(|_| Progress::Forget),
            Phase::Deleting => Some(Progress::Forget),
        }
    }

    /// A copy of it that is about to be made: nobody but a request deletes it.
    #[must_use]
    pub fn copy(
        &self,
        name: ServerlessCacheSnapshotName,
        kms_key_id: Option<String>,
        tags: Tags,
        now: Timestamp,
    ) -> Self {
        Self {
            name,
            snapshot_type: SnapshotType::Manual,
            kms_key_id: kms_key_id.or_else(|| self.kms_key_id.clone()),
            created_at: now,
            expires_at: None,
            phase: Phase::Copying,
            tags,
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests;
