//! Serverless caches: what one is, where it stands, and how it gets on.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::arn::{Arn, ResourceType};
use crate::endpoint::EndpointNames;
use crate::engine::Engine;
use crate::ids::{Scope, SecurityGroupId, ServerlessCacheName, ServerlessCacheSnapshotName, SubnetId};
use crate::migration::ServerlessMigration;
use crate::network::{NetworkType, listed};
use crate::node::VpcKey;
use crate::tag::Tags;
use crate::window::DailyTime;

mod daily;
mod describe;
mod event;
mod lifecycle;
mod limits;
mod rejection;
mod request;
pub mod validate;

pub use describe::ServerlessCacheQuery;
pub use event::ServerlessCacheEvent;
pub use lifecycle::{Changed, Phase, Progress};
pub use limits::{Bounds, DataStorageUnit, UsageLimits};
pub use rejection::ServerlessCacheRejection;
pub use request::{
    CreateServerlessCache, DeleteServerlessCache, DescribeServerlessCaches, ModifyServerlessCache,
    RequestedBounds, RequestedLimits,
};

listed! {
    /// From where a serverless cache is reached.
    ConnectionType, "ConnectionType",
    /// From inside its VPC.
    Vpc = "vpc",
    /// From everywhere.
    Public = "public"
}

listed! {
    /// What a serverless cache works together with.
    IntegrationType, "IntegrationType",
    /// A DynamoDB table before it.
    DynamoDb = "dynamodb"
}

/// What a serverless cache shall be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerlessCacheSpec {
    /// For people; empty where none was given (uncertain).
    pub description: String,
    /// Its engine.
    pub engine: Engine,
    /// `8`; of Memcached `1.6`.
    pub major_engine_version: String,
    /// `8.0`; of Memcached `1.6.22`.
    pub full_engine_version: String,
    /// What it may use.
    pub limits: UsageLimits,
    /// The customer's key, as it was named.
    pub kms_key_id: Option<String>,
    /// The VPC of its subnets.
    pub vpc: VpcKey,
    /// Where its endpoint is.
    pub subnet_ids: Vec<SubnetId>,
    /// Who reaches it.
    pub security_group_ids: Vec<SecurityGroupId>,
    /// Who may do what in it.
    pub user_group_id: Option<String>,
    /// How many days an automatic snapshot is kept; 0: none is made.
    pub snapshot_retention_limit: u8,
    /// When automatic snapshots are made.
    pub daily_snapshot_time: DailyTime,
    /// IP versions.
    pub network_type: NetworkType,
    /// From where it is reached.
    pub connection_type: ConnectionType,
    /// What it works together with.
    pub integrations: Vec<IntegrationType>,
}

/// A serverless cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerlessCache {
    /// Account and region.
    pub scope: Scope,
    /// Its name.
    pub name: ServerlessCacheName,
    /// What it shall be.
    pub spec: ServerlessCacheSpec,
    /// Where it stands.
    pub phase: Phase,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// The snapshot that its first data is from.
    pub restored_from: Option<ServerlessCacheSnapshotName>,
    /// The moment after which the next automatic snapshot is due.
    pub daily_since: Timestamp,
    /// The migration into it.
    pub migration: Option<ServerlessMigration>,
    /// Its tags.
    pub tags: Tags,
}

impl ServerlessCache {
    /// Its ARN.
    pub fn arn(&self) -> Arn {
        Arn::new(&self.scope, ResourceType::ServerlessCache, self.name.as_str())
    }

    /// Host and port of the endpoint that takes reads and writes; none while it is created.
    pub fn endpoint(&self, names: &EndpointNames) -> Option<(String, u16)> {
        self.is_created().then(|| (names.serverless(&self.name), self.spec.engine.default_port()))
    }

    /// Host and port of the endpoint for reads alone: the same host's next port.
    pub fn reader_endpoint(&self, names: &EndpointNames) -> Option<(String, u16)> {
        self.endpoint(names).map(|(host, port)| (host, port + 1))
    }
}

#[cfg(test)]
pub(crate) mod tests;
