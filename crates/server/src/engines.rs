//! Which runtime serves, and how it is made from the configuration.

use std::path::PathBuf;
use std::sync::Arc;

use dataplane::Tasks;
use dataplane::runtime::docker::{DockerConfig, DockerRuntime, EngineImages};
use dataplane::runtime::none::NoneRuntime;
use dataplane::runtime::process::{ProcessConfig, ProcessRuntime};
use dataplane::runtime::{Runtime, RuntimeError};

use crate::config::{Config, RuntimeChoice};
use crate::instance::{self, InstanceLock};

/// Makes the runtime that `config` asks for: with `auto`, Docker when its daemon answers, else processes when there
/// is an engine's binary, else none.
///
/// # Errors
/// When the runtime that was asked for by name cannot serve.
pub async fn start(config: &Config, lock: &InstanceLock, tasks: Tasks) -> Result<Arc<dyn Runtime>, RuntimeError> {
    match config.runtime {
        RuntimeChoice::Docker => docker(config, lock, tasks).await,
        RuntimeChoice::Process => process(config, lock, tasks).await,
        RuntimeChoice::None => Ok(Arc::new(NoneRuntime::default())),
        RuntimeChoice::Auto => auto(config, lock, tasks).await,
    }
}

async fn auto(config: &Config, lock: &InstanceLock, tasks: Tasks) -> Result<Arc<dyn Runtime>, RuntimeError> {
    match docker(config, lock, tasks.clone()).await {
        Ok(runtime) => return Ok(runtime),
        Err(error) => tracing::info!(%error, "no Docker: looking for engine binaries"),
    }
    match process(config, lock, tasks).await {
        Ok(runtime) => Ok(runtime),
        Err(error) => {
            tracing::warn!(%error, "no engine binaries either: caches have no engine behind them");
            Ok(Arc::new(NoneRuntime::default()))
        }
    }
}
