//! Which runtime serves, how it is made from the configuration, and what is cleaned up around a run.

use std::path::PathBuf;
use std::sync::Arc;

use dataplane::Tasks;
use dataplane::relay::Secret;
use dataplane::runtime::docker::{DockerConfig, DockerRuntime, EngineImages};
use dataplane::runtime::none::NoneRuntime;
use dataplane::runtime::process::{ProcessConfig, ProcessRuntime};
use dataplane::runtime::{Runtime, RuntimeError};
use domain::node::VpcKey;

use crate::config::{Config, RuntimeChoice};
use crate::ids::Ids;
use crate::instance::{self, InstanceLock};

/// The runtime that serves, by its kind: what only a start and a stop need is not part of the seam.
#[derive(Clone)]
pub enum Engines {
    /// Containers.
    Docker(Arc<DockerRuntime>),
    /// Child processes.
    Process(Arc<ProcessRuntime>),
    /// No engines.
    None(Arc<NoneRuntime>),
    /// A test's own.
    Given(Arc<dyn Runtime>),
}

impl Engines {
    /// Makes the runtime that `config` asks for.
    ///
    /// # Errors
    /// When the runtime that was asked for by name cannot serve.
    pub async fn start(
        config: &Config,
        lock: &InstanceLock,
        ids: &Ids,
        tasks: Tasks,
    ) -> Result<Self, RuntimeError> {
        match config.runtime {
            RuntimeChoice::Docker => docker(config, lock, ids, tasks).await,
            RuntimeChoice::Process => process(config, lock, tasks).await,
            RuntimeChoice::None => Ok(Self::None(Arc::new(NoneRuntime::new()))),
            RuntimeChoice::AutoWithoutDocker => Ok(process_or_none(config, lock, tasks).await),
            RuntimeChoice::Auto => match docker(config, lock, ids, tasks.clone()).await {
                Ok(docker) => Ok(docker),
                Err(error) => {
                    tracing::info!(%error, "Docker is not used");
                    Ok(process_or_none(config, lock, tasks).await)
                }
            },
        }
    }

    /// Whether what listens beside them is found by nobody outside Simfra's own container.
    pub fn is_secluded(&self) -> bool {
        matches!(self, Self::Docker(docker) if docker.is_secluded())
    }

    /// The runtime.
    pub fn runtime(&self) -> Arc<dyn Runtime> {
        match self {
            Self::Docker(docker) => Arc::clone(docker) as _,
            Self::Process(process) => Arc::clone(process) as _,
            Self::None(none) => Arc::clone(none) as _,
            Self::Given(given) => Arc::clone(given),
        }
    }

    /// Removes all that this instance made.
    ///
    /// # Errors
    /// When the backend fails.
    pub async fn remove_all(&self) -> Result<(), RuntimeError> {
        match self {
            Self::Docker(docker) => docker.remove_all().await,
            Self::Process(process) => process.remove_all().await,
            Self::None(_) => Ok(()),
            Self::Given(given) => {
                for node in given.list().await? {
                    given.remove(&node.id).await?;
                }
                Ok(())
            }
        }
    }

    /// Stops what is no node (resolvers, relays), after the nodes of an instance with a data directory were stopped.
    ///
    /// # Errors
    /// When the backend fails.
    pub async fn leave(&self) -> Result<(), RuntimeError> {
        match self {
            Self::Docker(docker) => docker.remove_companions().await,
            Self::Process(_) | Self::None(_) | Self::Given(_) => Ok(()),
        }
    }

    /// Removes the networks of VPCs that are not `needed`.
    ///
    /// # Errors
    /// When the backend fails.
    pub async fn remove_networks(
        &self,
        needed: &(dyn Fn(&VpcKey) -> bool + Sync),
    ) -> Result<(), RuntimeError> {
        match self {
            Self::Docker(docker) => docker.remove_networks(needed).await,
            Self::Process(_) | Self::None(_) | Self::Given(_) => Ok(()),
        }
    }

    /// Removes what other instances left whose lock is free; what belongs to a data directory stays.
    ///
    /// # Errors
    /// When the backend fails.
    pub async fn sweep(&self) -> Result<(), RuntimeError> {
        match self {
            Self::Docker(docker) => docker.sweep(&instance::is_free).await,
            Self::Process(process) => process.sweep(&instance::is_free).await,
            Self::None(_) | Self::Given(_) => Ok(()),
        }
    }
}

async fn process_or_none(config: &Config, lock: &InstanceLock, tasks: Tasks) -> Engines {
    match process(config, lock, tasks).await {
        Ok(process) => process,
        Err(error) => {
            tracing::warn!(%error, "caches have no engine behind them");
            Engines::None(Arc::new(NoneRuntime::new()))
        }
    }
}

async fn docker(
    config: &Config,
    lock: &InstanceLock,
    ids: &Ids,
    tasks: Tasks,
) -> Result<Engines, RuntimeError> {
    let settings = DockerConfig {
        instance: config.instance.as_str().to_owned(),
        durable: config.data_dir.is_some(),
        lock_path: lock.path().to_owned(),
        data_id: data_id(config, ids)?,
        images: EngineImages {
            redis: config.images.redis.as_str().to_owned(),
            valkey: config.images.valkey.as_str().to_owned(),
            memcached: config.images.memcached.as_str().to_owned(),
        },
        fallback: config.engine_fallback,
        vpc_pool: config.vpc_pool.first..=config.vpc_pool.last,
        executable: executable()?,
        docker_config_dir: config.docker_config_dir.clone(),
        relay_secret: Secret::new(ids.secret()),
    };
    DockerRuntime::connect(settings, tasks).await.map(|docker| Engines::Docker(Arc::new(docker)))
}

async fn process(config: &Config, lock: &InstanceLock, tasks: Tasks) -> Result<Engines, RuntimeError> {
    let settings = ProcessConfig {
        instance: config.instance.as_str().to_owned(),
        lock_path: lock.path().to_owned(),
        run_dir: config.cache_dir.join("run").join(config.instance.as_str()),
        data_dir: config.data_dir.clone(),
        engine_path: config.engine_path.clone(),
        search_path: config.search_path.clone(),
        fallback: config.engine_fallback,
        state_dir: config.cache_dir.clone(),
        executable: executable()?,
        durable: config.data_dir.is_some(),
    };
    let process = ProcessRuntime::new(settings, tasks)?;
    if process.engines_at_hand().await.is_empty() {
        return Err(RuntimeError::EngineUnavailable(format!(
            "there is no redis-server, valkey-server or memcached in {} or on PATH; install one, or set SIMFRA_ENGINE_PATH",
            config.engine_path.display()
        )));
    }
    Ok(Engines::Process(Arc::new(process)))
}

fn data_id(config: &Config, ids: &Ids) -> Result<Option<String>, RuntimeError> {
    let Some(folder) = &config.data_dir else { return Ok(None) };
    let id = instance::data_id(folder, ids).map_err(|error| RuntimeError::Backend {
        verb: "know again",
        subject: format!("the data directory {}", folder.display()),
        reason: error.to_string(),
    });
    id.map(Some)
}

fn executable() -> Result<PathBuf, RuntimeError> {
    std::env::current_exe().map_err(|error| RuntimeError::Backend {
        verb: "find",
        subject: "Simfra's own executable".to_owned(),
        reason: error.to_string(),
    })
}
