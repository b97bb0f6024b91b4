//! Online migrations from servers of one's own into replication groups and serverless caches: requests, rules, and what
//! they do to a group; what they do to a serverless cache is in [`serverless`].

use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::engine_version::VersionNumber;
use crate::event::{GroupEvent, Told};
use crate::node_type::DataTiering;
use crate::rejection::Rejection;
use crate::replication_group::{GroupRejection, PhaseEvent, ReplicationGroup};

mod rejection;
mod request;
pub mod serverless;

pub use rejection::MigrationRejection;
pub use request::{CompleteMigration, CustomerNodeEndpoint, PrepareMigration, StartMigration, TestMigration};
pub use serverless::ServerlessMigration;

/// What a migration goes into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A replication group.
    ReplicationGroup(String),
    /// A serverless cache.
    ServerlessCache(String),
}

impl Target {
    /// Of `ReplicationGroupId` and `ServerlessCacheName`, one of which is given.
    ///
    /// # Errors
    /// When neither is, or both are.
    pub fn parse(group: Option<&str>, cache: Option<&str>) -> Result<Self, Rejection> {
        match (group.filter(|id| !id.is_empty()), cache.filter(|name| !name.is_empty())) {
            (Some(group), None) => Ok(Self::ReplicationGroup(group.to_owned())),
            (None, Some(cache)) => Ok(Self::ServerlessCache(cache.to_owned())),
            (Some(_), Some(_)) => Err(Rejection::Exclusive("ReplicationGroupId", "ServerlessCacheName")),
            (None, None) => Err(Rejection::Missing("ReplicationGroupId")),
        }
    }
}

/// Where the data comes from: the one server that `CustomerNodeEndpointList` names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    address: String,
    port: u16,
}

impl Source {
    /// # Errors
    /// When there is not exactly one, with an address and a port.
    pub fn parse(endpoints: &[CustomerNodeEndpoint]) -> Result<Self, Rejection> {
        let [endpoint] = endpoints else { return Err(MigrationRejection::OneEndpoint.into()) };
        let address = endpoint.address.clone().filter(|address| !address.trim().is_empty());
        let port = endpoint.port.ok_or(Rejection::Missing("Port"))?;
        let number = u16::try_from(port).ok().filter(|port| *port > 0);
        Ok(Self {
            address: address.ok_or(Rejection::Missing("Address"))?,
            port: number.ok_or(Rejection::out_of_range("Port", port, 1, 65_535))?,
        })
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.address, self.port)
    }
}

/// Checks StartMigration on the group that it names.
///
/// # Errors
/// The first rule that the request breaks.
pub fn start(request: &StartMigration, group: &ReplicationGroup) -> Result<Source, Rejection> {
    let source = Source::parse(&request.customer_node_endpoint_list)?;
    for (given, name) in
        [(request.auto_cutover, "AutoCutover"), (request.clear_target_cache_data, "ClearTargetCacheData")]
    {
        if given.is_some() {
            return Err(Rejection::Needs(name, "ServerlessCacheName"));
        }
    }
    ready(group)?;
    Ok(source)
}

/// Checks TestMigration on the group that it names.
///
/// # Errors
/// The first rule that the request breaks.
pub fn test(request: &TestMigration, group: &ReplicationGroup) -> Result<Source, Rejection> {
    let source = Source::parse(&request.customer_node_endpoint_list)?;
    ready(group)?;
    Ok(source)
}

/// Whether data can be migrated into the group (user guide, Migration-Prepare): Valkey, or Redis from 5.0.6; Multi-AZ; no
/// encryption in transit, no data tiering, no global datastore.
fn ready(group: &ReplicationGroup) -> Result<(), Rejection> {
    crate::global_replication_group::validate::stands_alone(group)?;
    let member = &group.spec.member;
    let number = member.engine_version.parse::<VersionNumber>();
    let old = number.is_ok_and(|number| number < VersionNumber::new(5, 0, 6));
    let refused = [
        (member.engine == Engine::Redis && old, "an engine version before 5.0.6"),
        (member.transit_encryption.is_on(), "encryption in transit"),
        (group.spec.data_tiering == DataTiering::On, "data tiering"),
        (!group.spec.multi_az.is_on(), "Multi-AZ disabled"),
    ];
    if let Some((_, with)) = refused.into_iter().find(|(refused, _)| *refused) {
        return Err(MigrationRejection::With(with).into());
    }
    if group.is_migrating() {
        return Err(MigrationRejection::UnderWay(group.id.clone()).into());
    }
    if group.is_available() { Ok(()) } else { Err(GroupRejection::NotAvailable.into()) }
}

impl ReplicationGroup {
    /// Whether data is being migrated into it.
    pub fn is_migrating(&self) -> bool {
        self.phase == crate::replication_group::Phase::Migrating
    }

    /// Begins a migration. Without engines there is nothing that could follow the source, which is told.
    ///
    /// # Errors
    /// When the group is not available.
    pub fn start_migration(&mut self, source: &Source) -> Result<Vec<Told>, Rejection> {
        let next = self.phase.on(PhaseEvent::MigrationRequested);
        self.phase = next.map_err(|_| GroupRejection::NotAvailable)?;
        Ok(vec![Told::Group(GroupEvent::Notice(format!(
            "No engine: Simfra runs with runtime none, so no data is migrated from {source}"
        )))])
    }

    /// Ends the migration.
    ///
    /// # Errors
    /// When there is none.
    pub fn complete_migration(&mut self) -> Result<Vec<Told>, Rejection> {
        let next = self.phase.on(PhaseEvent::MigrationCompleted);
        self.phase = next.map_err(|_| MigrationRejection::NotUnderWay(self.id.clone()))?;
        Ok(vec![Told::Group(GroupEvent::MigrationCompleted(self.id.clone()))])
    }
}

/// What TestMigration tells: without engines nothing is there that could reach the source.
pub fn tested(source: &Source) -> Vec<Told> {
    vec![Told::Group(GroupEvent::Notice(format!(
        "No engine: Simfra runs with runtime none, so the way to {source} was not tested"
    )))]
}
