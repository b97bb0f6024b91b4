//! Engine images: which one serves an engine's version, and getting it.
//!
//! A local image is never looked for in vain: the container is created first, and only Docker's "no such image"
//! leads here. One pull per image, shared by all that wait for it.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bollard::Docker;
use bollard::models::CreateImageInfo;
use bollard::query_parameters::CreateImageOptionsBuilder;
use domain::engine::Engine;
use domain::engine_version::VersionNumber;
use futures_util::future::{BoxFuture, FutureExt, Shared, WeakShared};
use futures_util::{Stream, StreamExt};
use tokio::time::{Instant, timeout};

use super::credentials;
use super::daemon::message;
use crate::runtime::RuntimeError;

/// No pull takes longer.
const PULL_TIME: Duration = Duration::from_secs(600);
/// A pull that reports nothing for so long has stalled.
const STALL_TIME: Duration = Duration::from_secs(60);
/// How often a pull's progress is logged.
const PROGRESS_EVERY: Duration = Duration::from_secs(3);

/// The image per engine where no version is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineImages {
    /// Serves Redis; `redis:7` unless overridden.
    pub redis: String,
    /// Serves Valkey; `valkey/valkey:8` unless overridden.
    pub valkey: String,
    /// Serves Memcached; `memcached:1.6` unless overridden.
    pub memcached: String,
}

impl Default for EngineImages {
    fn default() -> Self {
        Self {
            redis: "redis:7".to_owned(),
            valkey: "valkey/valkey:8".to_owned(),
            memcached: "memcached:1.6".to_owned(),
        }
    }
}

impl EngineImages {
    /// The engine's default image.
    pub fn default_of(&self, engine: Engine) -> &str {
        match engine {
            Engine::Redis => &self.redis,
            Engine::Valkey => &self.valkey,
            Engine::Memcached => &self.memcached,
        }
    }

    /// The image that serves the version; the default where none was asked for. Redis 7.1 exists only at AWS;
    /// 7.2 writes the same data format.
    pub fn serving(&self, engine: Engine, version: Option<&str>) -> String {
        match (engine, version) {
            (_, None) => self.default_of(engine).to_owned(),
            (Engine::Redis, Some("7.1")) => "redis:7.2".to_owned(),
            (Engine::Redis, Some(version)) => format!("redis:{}", version.trim_end_matches(".x")),
            (Engine::Valkey, Some(version)) => format!("valkey/valkey:{version}"),
            (Engine::Memcached, Some(version)) => format!("memcached:{version}"),
        }
    }
}

type Pull = BoxFuture<'static, Result<(), Arc<str>>>;

/// Gets images.
#[derive(Debug)]
pub(super) struct Images {
    docker: Docker,
    /// The folder of the user's Docker configuration, for credentials.
    config_dir: Option<PathBuf>,
    pulls: Mutex<HashMap<String, WeakShared<Pull>>>,
    /// Versions that no reference tells, of images that were asked for them.
    versions: Mutex<HashMap<String, VersionNumber>>,
}

impl Images {
    pub(super) fn new(docker: Docker, config_dir: Option<PathBuf>) -> Self {
        Self { docker, config_dir, pulls: Mutex::default(), versions: Mutex::default() }
    }

    /// The version of the engine in an image: what its tag says (`redis:7` is at least 7.0), else what the image does,
    /// else the one that the default images have in common. Asks Docker only for an image whose tag says nothing, once.
    pub(super) async fn version(&self, engine: Engine, reference: &str) -> VersionNumber {
        if let Some(version) = version_of_tag(reference) {
            return version;
        }
        if let Some(version) = self.versions.lock().expect("no holder panics").get(reference) {
            return *version;
        }
        // One that is not there yet cannot be started either: it is asked again when it is.
        let Ok(image) = self.docker.inspect_image(reference).await else { return usual(engine) };
        let environment = image.config.and_then(|config| config.env).unwrap_or_default();
        let variable = format!("{}_VERSION=", engine.as_str().to_ascii_uppercase());
        let told = environment.iter().find_map(|line| line.strip_prefix(&variable)?.parse().ok());
        let version = told.unwrap_or_else(|| usual(engine));
        self.versions.lock().expect("no holder panics").insert(reference.to_owned(), version);
        version
    }

    /// Pulls an image that Docker does not have.
    pub(super) async fn pull(&self, engine: Engine, reference: &str) -> Result<(), RuntimeError> {
        self.shared(reference).await.map_err(|reason| unavailable(engine, reference, &reason))
    }

    fn shared(&self, reference: &str) -> Shared<Pull> {
        let mut pulls = self.pulls.lock().expect("no holder panics");
        pulls.retain(|_, pull| pull.upgrade().is_some_and(|pull| pull.peek().is_none()));
        if let Some(pull) = pulls.get(reference).and_then(WeakShared::upgrade) {
            return pull;
        }
        let task = pull(self.docker.clone(), self.config_dir.clone(), reference.to_owned());
        let pull = task.boxed().shared();
        if let Some(weak) = pull.downgrade() {
            pulls.insert(reference.to_owned(), weak);
        }
        pull
    }
}

/// `8.1` of `valkey/valkey:8.1-alpine`; none where the tag is no version.
fn version_of_tag(reference: &str) -> Option<VersionNumber> {
    let name = reference.split('@').next().unwrap_or_default();
    let (_, tag) = name.rsplit('/').next()?.split_once(':')?;
    let number = tag.split('-').next()?;
    let major = |number: &str| number.parse().ok().filter(|major| *major < 100);
    match number.split_once('.') {
        None => major(number).map(|major| VersionNumber::new(major, 0, 0)),
        Some((first, _)) => major(first).and_then(|_| number.parse().ok()),
    }
}

/// The version of an image that does not tell it.
const fn usual(engine: Engine) -> VersionNumber {
    match engine {
        Engine::Redis | Engine::Valkey => VersionNumber::new(7, 0, 0),
        Engine::Memcached => VersionNumber::new(1, 6, 0),
    }
}

/// Which image, why, and what to do.
pub(super) fn unavailable(engine: Engine, reference: &str, reason: &str) -> RuntimeError {
    RuntimeError::EngineUnavailable(format!(
        "there is no image {reference} for {engine}, and it cannot be pulled: {reason}. Run `docker pull {reference}` \
         where there is a network, ask for no engine version and set SIMFRA_ELASTICACHE_IMAGE_{} to an image that is \
         there, or set SIMFRA_ENGINE_FALLBACK=warn to be served by the default image",
        engine.as_str().to_ascii_uppercase()
    ))
}

async fn pull(docker: Docker, config_dir: Option<PathBuf>, reference: String) -> Result<(), Arc<str>> {
    tracing::info!(image = reference, "pulling");
    let credentials = match config_dir {
        Some(folder) => credentials::find(&folder, credentials::registry(&reference)).await,
        None => None,
    };
    let (name, tag) = split(&reference);
    let options = CreateImageOptionsBuilder::new().from_image(name).tag(tag).build();
    let answers = docker.create_image(Some(options), None, credentials);
    let followed = follow(&reference, STALL_TIME, answers.map(|a| a.map_err(|e| message(&e))));
    let outcome = timeout(PULL_TIME, followed).await;
    let outcome =
        outcome.unwrap_or_else(|_| Err(format!("the pull took longer than {} s", PULL_TIME.as_secs())));
    match &outcome {
        Ok(()) => tracing::info!(image = reference, "pulled"),
        Err(reason) => tracing::warn!(image = reference, reason, "the pull failed"),
    }
    outcome.map_err(Into::into)
}

/// Reads a pull to its end, and logs how far it is.
async fn follow(
    reference: &str,
    stall_time: Duration,
    answers: impl Stream<Item = Result<CreateImageInfo, String>>,
) -> Result<(), String> {
    let mut answers = std::pin::pin!(answers);
    let mut layers: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    let mut logged = Instant::now();
    loop {
        let answer = timeout(stall_time, answers.next()).await;
        let answer = answer.map_err(|_| format!("no progress for {} s", stall_time.as_secs()))?;
        let Some(answer) = answer else { return Ok(()) };
        let answer = answer?;
        if let (Some(id), Some(progress)) = (answer.id, answer.progress_detail)
            && let (Some(current), Some(total)) = (progress.current, progress.total)
        {
            layers.insert(id, (current, total));
        }
        if logged.elapsed() >= PROGRESS_EVERY {
            logged = Instant::now();
            let (current, total) =
                layers.values().fold((0, 0), |sum, layer| (sum.0 + layer.0, sum.1 + layer.1));
            let status = answer.status.unwrap_or_default();
            tracing::info!(
                image = reference,
                status,
                "pulling: {} of {} MB",
                current / 1_000_000,
                total / 1_000_000
            );
        }
    }
}

/// A reference's name and tag; with a digest, all of it is the name.
fn split(reference: &str) -> (&str, &str) {
    if reference.contains('@') {
        return (reference, "");
    }
    let path = reference.rfind('/').map_or(0, |slash| slash + 1);
    match reference[path..].rfind(':') {
        Some(colon) => (&reference[..path + colon], &reference[path + colon + 1..]),
        None => (reference, "latest"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;

    #[test]
    fn a_tag_tells_the_version_or_nothing() {
        for (reference, version) in [
            ("redis:7", Some((7, 0, 0))),
            ("valkey/valkey:8.1.3-alpine", Some((8, 1, 3))),
            ("mirror.example:5000/memcached:1.6@sha256:00ff", Some((1, 6, 0))),
            ("mirror.example:5000/redis", None),
            ("redis:latest", None),
            ("redis@sha256:00ff", None),
            ("redis:20260101", None),
            ("redis:7-bookworm", Some((7, 0, 0))),
        ] {
            let version = version.map(|(major, minor, patch)| VersionNumber::new(major, minor, patch));
            assert_eq!(version_of_tag(reference), version, "{reference}");
        }
    }

    #[test]
    fn each_version_has_its_image() {
        let images = EngineImages { redis: "mirror.example/redis:7".to_owned(), ..EngineImages::default() };
        for (engine, version, image) in [
            (Engine::Redis, None, "mirror.example/redis:7"),
            (Engine::Valkey, None, "valkey/valkey:8"),
            (Engine::Redis, Some("7.1"), "redis:7.2"),
            (Engine::Redis, Some("7.0"), "redis:7.0"),
            (Engine::Redis, Some("6.2"), "redis:6.2"),
            (Engine::Redis, Some("6.x"), "redis:6"),
            (Engine::Redis, Some("5.0.6"), "redis:5.0.6"),
            (Engine::Valkey, Some("8.0"), "valkey/valkey:8.0"),
            (Engine::Memcached, Some("1.6.22"), "memcached:1.6.22"),
        ] {
            assert_eq!(images.serving(engine, version), image);
        }
    }

    #[test]
    fn references_are_split_at_the_tag_only() {
        assert_eq!(split("redis:7"), ("redis", "7"));
        assert_eq!(split("localhost:5000/redis"), ("localhost:5000/redis", "latest"));
        assert_eq!(split("localhost:5000/a/redis:7"), ("localhost:5000/a/redis", "7"));
        assert_eq!(split("redis@sha256:00"), ("redis@sha256:00", ""));
    }

    #[tokio::test]
    async fn a_pull_that_stalls_ends() {
        let answers = stream::iter([Ok(CreateImageInfo::default())]).chain(stream::pending());
        assert_eq!(follow("redis:7", Duration::ZERO, answers).await, Err("no progress for 0 s".to_owned()));
    }

    #[tokio::test]
    async fn a_pull_ends_with_what_docker_says() {
        let fine = stream::iter([Ok(CreateImageInfo::default())]);
        assert_eq!(follow("redis:7", STALL_TIME, fine).await, Ok(()));
        let refused = stream::iter([Ok(CreateImageInfo::default()), Err("manifest unknown".to_owned())]);
        assert_eq!(follow("redis:7", STALL_TIME, refused).await, Err("manifest unknown".to_owned()));
    }
}
