//! Migrations into serverless caches: prepared, started, stopped and started again, and completed.
//!
//! AWS's words for where one stands are not on record: all statuses are uncertain.

use serde::{Deserialize, Serialize};

use super::{MigrationRejection, PrepareMigration, Source, StartMigration};
use crate::engine::Engine;
use crate::network::listed;
use crate::rejection::Rejection;
use crate::serverless_cache::{
    Changed, Phase, ServerlessCache, ServerlessCacheEvent, ServerlessCacheRejection, validate,
};

listed! {
    /// How the source is spoken to.
    SourceTlsMode, "SourceTlsMode",
    /// Without TLS.
    None = "none",
    /// With TLS and a certificate that an authority vouches for.
    VerifyCa = "verify-ca"
}

/// A migration into a serverless cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerlessMigration {
    /// Where the data comes from.
    pub source: Source,
    /// The secret that the source's password is in.
    pub secret_arn: Option<String>,
    /// How the source is spoken to.
    pub tls: SourceTlsMode,
    /// What the source's certificate is verified by.
    pub certificate: Option<String>,
    /// Who ends it.
    pub cutover: Cutover,
    /// Where it stands.
    pub step: MigrationStep,
}

/// Who ends a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cutover {
    /// CompleteMigration.
    Manual,
    /// The migration itself, once the data is in sync.
    Automatic,
}

impl Cutover {
    /// `CutoverMode` (uncertain).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Automatic => "automatic",
        }
    }
}

/// Where a migration into a serverless cache stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MigrationStep {
    /// Its configuration is set up.
    Preparing,
    /// It can be started.
    Prepared,
    /// The cache follows the source.
    Syncing,
    /// It follows no more; it can be started again.
    Stopped,
    /// The cache takes the source's place.
    CuttingOver,
}

impl MigrationStep {
    /// `Status` (uncertain).
    pub const fn status(self) -> &'static str {
        match self {
            Self::Preparing => "preparing",
            Self::Prepared => "prepared",
            Self::Syncing => "syncing",
            Self::Stopped => "stopped",
            Self::CuttingOver => "cutover",
        }
    }
}

/// Checks PrepareMigration of the cache that it names.
///
/// # Errors
/// The first rule that it breaks.
pub fn prepare(
    request: &PrepareMigration,
    cache: &ServerlessCache,
    is_snapshotted: bool,
) -> Result<ServerlessMigration, Rejection> {
    let source = Source::parse(&request.customer_node_endpoint_list)?;
    let tls = request.source_tls_mode.as_deref().map_or(Ok(SourceTlsMode::None), str::parse)?;
    if request.secret_arn.as_deref().is_some_and(|arn| !is_secret(arn)) {
        return Err(MigrationRejection::NoSecret.into());
    }
    if request.source_tls_certificate.as_deref().is_some_and(|pem| !is_certificate(pem)) {
        return Err(MigrationRejection::NoCertificate.into());
    }
    if cache.spec.engine == Engine::Memcached {
        return Err(MigrationRejection::Engine(cache.spec.engine).into());
    }
    if cache.migration.is_some() {
        return Err(MigrationRejection::ServerlessUnderWay(cache.name.clone()).into());
    }
    validate::is_available(cache, is_snapshotted)?;
    Ok(ServerlessMigration {
        source,
        secret_arn: request.secret_arn.clone(),
        tls,
        certificate: request.source_tls_certificate.clone(),
        cutover: Cutover::Manual,
        step: MigrationStep::Preparing,
    })
}

/// `arn:aws:secretsmanager:us-east-1:000000000000:secret:name`.
fn is_secret(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(7, ':').collect();
    matches!(parts[..], ["arn", _, "secretsmanager", _, _, "secret", name] if !name.is_empty())
}

fn is_certificate(pem: &str) -> bool {
    pem.trim_start().starts_with("-----BEGIN CERTIFICATE-----")
}

impl ServerlessCache {
    /// A checked migration is set up.
    pub fn prepare_migration(&mut self, migration: ServerlessMigration) {
        self.migration = Some(migration);
        self.phase = Phase::Modifying(Changed::Migration);
    }

    /// StartMigration: has the cache follow the source. Without engines there is nothing that could, which is told.
    ///
    /// # Errors
    /// The first rule that the request breaks.
    pub fn start_migration(&mut self, request: &StartMigration) -> Result<ServerlessCacheEvent, Rejection> {
        let migration = self.migration.as_mut();
        let migration =
            migration.ok_or_else(|| MigrationRejection::ServerlessNotUnderWay(self.name.clone()))?;
        let asked = &request.customer_node_endpoint_list;
        if !asked.is_empty() && Source::parse(asked)? != migration.source {
            return Err(MigrationRejection::OtherEndpoint(migration.source.to_string()).into());
        }
        match migration.step {
            MigrationStep::Prepared => {}
            MigrationStep::Stopped if request.clear_target_cache_data == Some(true) => {}
            MigrationStep::Stopped => return Err(MigrationRejection::ClearFirst.into()),
            MigrationStep::Preparing | MigrationStep::Syncing | MigrationStep::CuttingOver => {
                return Err(ServerlessCacheRejection::State.into());
            }
        }
        migration.step = MigrationStep::Syncing;
        migration.cutover = Cutover::Manual;
        if request.auto_cutover == Some(true) {
            migration.cutover = Cutover::Automatic;
            self.phase = Phase::Modifying(Changed::Migration);
        }
        Ok(ServerlessCacheEvent::Notice(format!(
            "No engine: Simfra runs with runtime none, so no data is migrated from {}",
            migration.source
        )))
    }

    /// StopMigration: it stays open, and can be started again. Only while the cache follows the source (botocore's model).
    ///
    /// # Errors
    /// When there is none, or it does not follow.
    pub fn stop_migration(&mut self) -> Result<(), Rejection> {
        let migration = self.migration.as_mut();
        let migration =
            migration.ok_or_else(|| MigrationRejection::ServerlessNotUnderWay(self.name.clone()))?;
        if migration.step != MigrationStep::Syncing {
            return Err(ServerlessCacheRejection::State.into());
        }
        migration.step = MigrationStep::Stopped;
        self.phase = Phase::Available;
        Ok(())
    }

    /// CompleteMigration: the cache takes the source's place. `force`: even where it does not follow the source.
    ///
    /// # Errors
    /// When there is none, when it is being set up or over, and without `force` when the cache does not follow.
    pub fn complete_migration(&mut self, force: bool) -> Result<(), Rejection> {
        let migration = self.migration.as_mut();
        let migration =
            migration.ok_or_else(|| MigrationRejection::ServerlessNotUnderWay(self.name.clone()))?;
        match migration.step {
            MigrationStep::Syncing => {}
            MigrationStep::Prepared | MigrationStep::Stopped if force => {}
            MigrationStep::Prepared | MigrationStep::Stopped => {
                return Err(MigrationRejection::Unhealthy(self.name.clone()).into());
            }
            MigrationStep::Preparing | MigrationStep::CuttingOver => {
                return Err(ServerlessCacheRejection::State.into());
            }
        }
        migration.step = MigrationStep::CuttingOver;
        self.phase = Phase::Modifying(Changed::Migration);
        Ok(())
    }

    /// What was under way in the migration is over; answers what is told of it.
    pub(crate) fn settle_migration(&mut self) -> Option<ServerlessCacheEvent> {
        let migration = self.migration.as_mut()?;
        match (migration.step, migration.cutover) {
            (MigrationStep::Syncing, Cutover::Automatic) => {
                migration.step = MigrationStep::CuttingOver;
                return None;
            }
            (MigrationStep::Preparing, _) => migration.step = MigrationStep::Prepared,
            (MigrationStep::CuttingOver, _) => self.migration = None,
            (MigrationStep::Prepared | MigrationStep::Syncing | MigrationStep::Stopped, _) => {}
        }
        self.phase = Phase::Available;
        self.migration.is_none().then_some(ServerlessCacheEvent::MigrationCompleted)
    }
}
