//! Which engine binaries this machine has, and which of them serves a version that was asked for.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, Metadata};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use domain::engine::Engine;
use domain::engine_version::VersionNumber;
use tokio::process::Command;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::ProcessConfig;
use crate::runtime::{EngineFallback, RuntimeError};

/// How deep below the engine path a binary may be: `valkey-8.1/bin/valkey-server`. Deeper are root filesystems, whose
/// binaries do not run outside of them.
const DEPTH: usize = 3;
/// What a binary may take to tell its version.
const TELL: Duration = Duration::from_secs(10);

/// A binary's version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version {
    major: u32,
    minor: u32,
    text: String,
}

/// A binary that runs here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binary {
    pub(super) path: PathBuf,
    pub(super) version: Version,
}

/// A binary that serves a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) binary: Binary,
    /// What the user should know of it: it is of another version.
    pub(super) notice: Option<String>,
}

/// Looks for binaries at every request, as they come and go, and asks each for its version once.
#[derive(Debug)]
pub(super) struct Binaries {
    engine_path: PathBuf,
    search_path: Vec<PathBuf>,
    fallback: EngineFallback,
    told: Mutex<BTreeMap<Stamp, Result<Binary, String>>>,
}

/// A binary as it is on the disk: another file in its place is another binary.
type Stamp = (Engine, PathBuf, u64, i64, i64);

impl Binaries {
    pub(super) fn new(config: &ProcessConfig) -> Self {
        Self {
            engine_path: config.engine_path.clone(),
            search_path: config.search_path.clone(),
            fallback: config.fallback,
            told: Mutex::default(),
        }
    }

    /// Those that look for what this machine has, and start nothing.
    fn to_look(engine_path: PathBuf, search_path: Vec<PathBuf>) -> Self {
        Self { engine_path, search_path, fallback: EngineFallback::Fail, told: Mutex::default() }
    }

    /// PATH for engines that are started by a script.
    pub(super) fn search_path(&self) -> OsString {
        env::join_paths(&self.search_path).unwrap_or_default()
    }

    /// The binary for an engine and a version; none asked for: the first that is found.
    pub(super) async fn choose(&self, engine: Engine, asked: Option<&str>) -> Result<Choice, RuntimeError> {
        let (found, rejected) = self.find(engine).await;
        let Some(first) = found.first() else {
            return Err(RuntimeError::EngineUnavailable(self.nothing_found(engine, &rejected)));
        };
        let Some(asked) = asked else { return Ok(Choice { binary: first.clone(), notice: None }) };
        if let Some(binary) = found.iter().find(|binary| serves(engine, asked, &binary.version)) {
            return Ok(Choice { binary: binary.clone(), notice: None });
        }
        let have = found.iter().map(Binary::to_string).collect::<Vec<_>>().join(", ");
        match self.fallback {
            EngineFallback::Warn => {
                let notice = format!("{engine} {asked} was asked for and is not installed: {first} serves");
                Ok(Choice { binary: first.clone(), notice: Some(notice) })
            }
            EngineFallback::Fail => Err(RuntimeError::EngineUnavailable(format!(
                "{engine} {asked} was asked for, and this machine has {have}: put {engine} {asked} below {}, or set \
                 SIMFRA_ENGINE_FALLBACK=warn to be served by what there is",
                self.engine_path.display()
            ))),
        }
    }

    fn nothing_found(&self, engine: Engine, rejected: &[String]) -> String {
        let name = binary_name(engine);
        let place = self.engine_path.display();
        let advice = format!("install it, or put it below {place}");
        if rejected.is_empty() {
            format!("{engine} cannot run: no {name} is below {place} or on PATH; {advice}")
        } else {
            format!("{engine} cannot run: no {name} that is found works ({}); {advice}", rejected.join("; "))
        }
    }

    /// The binaries that run, the engine path's first, and why others do not.
    async fn find(&self, engine: Engine) -> (Vec<Binary>, Vec<String>) {
        let name = binary_name(engine);
        let mut paths = below(&self.engine_path, name, DEPTH);
        paths.extend(self.search_path.iter().map(|folder| folder.join(name)));
        let (mut found, mut rejected) = (Vec::new(), Vec::new());
        let mut told = self.told.lock().await;
        for path in paths {
            let Some(metadata) = executable(&path) else { continue };
            let stamp = (engine, path.clone(), metadata.len(), metadata.mtime(), metadata.mtime_nsec());
            let told = match told.get(&stamp) {
                Some(told) => told.clone(),
                None => {
                    let answer = ask(engine, &path, self.search_path()).await;
                    told.insert(stamp, answer.clone());
                    answer
                }
            };
            match told {
                Ok(binary) => found.push(binary),
                Err(reason) => rejected.push(reason),
            }
        }
        (found, rejected)
    }
}

impl Version {
    /// As a number, for comparisons.
    pub(super) fn number(&self) -> VersionNumber {
        let part = |number: u32| u16::try_from(number).unwrap_or(u16::MAX);
        VersionNumber::new(part(self.major), part(self.minor), 0)
    }

    pub(super) fn at_least(&self, major: u32, minor: u32) -> bool {
        (self.major, self.minor) >= (major, minor)
    }

    /// Of `7.0.15`.
    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split('.').map(str::parse);
        let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) else { return None };
        Some(Self { major, minor, text: text.to_owned() })
    }
}

/// The servers of each engine that run on this machine, and why others do not: for `simfra doctor`.
pub async fn survey(
    engine_path: PathBuf,
    search_path: Vec<PathBuf>,
) -> Vec<(Engine, Vec<String>, Vec<String>)> {
    let binaries = Binaries::to_look(engine_path, search_path);
    let mut engines = Vec::new();
    for engine in Engine::ALL {
        let (found, rejected) = binaries.find(engine).await;
        engines.push((engine, found.iter().map(Binary::to_string).collect(), rejected));
    }
    engines
}

impl fmt::Display for Binary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path.display(), self.version.text)
    }
}

const fn binary_name(engine: Engine) -> &'static str {
    match engine {
        Engine::Redis => "redis-server",
        Engine::Valkey => "valkey-server",
        Engine::Memcached => "memcached",
    }
}

/// Whether a binary is what was asked for, as far as `major.minor`. 7.1 is a Redis that only AWS has; it writes what 7.2
/// writes.
fn serves(engine: Engine, asked: &str, have: &Version) -> bool {
    let mut numbers = asked.split('.').map(str::parse::<u32>);
    let (major, minor) = (numbers.next().and_then(Result::ok), numbers.next().and_then(Result::ok));
    match (engine, major, minor) {
        (Engine::Redis, Some(7), Some(1)) => (have.major, have.minor) == (7, 2),
        (_, Some(major), minor) => have.major == major && minor.is_none_or(|minor| have.minor == minor),
        (_, None, _) => false,
    }
}

/// Files of this name in the folder and below it, the highest first, each level in order.
fn below(folder: &Path, name: &str, depth: usize) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut level = vec![folder.to_owned()];
    for _ in 0..=depth {
        found.extend(level.iter().map(|folder| folder.join(name)).filter(|path| path.is_file()));
        let entries = level.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
        let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        level = folders.map(|entry| entry.path()).collect();
        level.sort();
    }
    found
}

fn executable(path: &Path) -> Option<Metadata> {
    let metadata = fs::metadata(path).ok()?;
    (metadata.is_file() && metadata.permissions().mode() & 0o111 != 0).then_some(metadata)
}

/// Asks a binary what it is: `redis-server` of some distributions is a Valkey.
async fn ask(engine: Engine, path: &Path, search_path: OsString) -> Result<Binary, String> {
    let flag = match engine {
        Engine::Redis | Engine::Valkey => "--version",
        Engine::Memcached => "-V",
    };
    let mut command = Command::new(path);
    command.arg(flag).env_clear().env("PATH", search_path).stdin(Stdio::null()).kill_on_drop(true);
    let fails = |why: &dyn fmt::Display| format!("{} does not run: {why}", path.display());
    let output = match timeout(TELL, command.output()).await {
        Ok(output) => output.map_err(|error| fails(&error))?,
        Err(_) => return Err(fails(&format!("{flag} does not end"))),
    };
    let said = String::from_utf8_lossy(&output.stdout);
    let version = told_version(engine, &said);
    let version = version.ok_or_else(|| format!("{} is no {engine}: '{}'", path.display(), said.trim()))?;
    Ok(Binary { path: path.to_owned(), version })
}

fn told_version(engine: Engine, said: &str) -> Option<Version> {
    let rest = match engine {
        Engine::Redis => said.strip_prefix("Redis server v="),
        Engine::Valkey => said.strip_prefix("Valkey server v="),
        Engine::Memcached => said.strip_prefix("memcached "),
    }?;
    Version::parse(rest.split_ascii_whitespace().next()?)
}

#[cfg(test)]
mod tests;
