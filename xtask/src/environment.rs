//! The environment: the one place where tasks read variables, and the folders that follow from them.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// What `SIMFRA_DOCKER` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DockerWish {
    /// Unset: Docker when its daemon answers.
    Detect,
    /// `true`: its absence is an error.
    Require,
    /// `false`: never Docker.
    Never,
}

/// A variable, when it is set and not empty.
#[expect(clippy::disallowed_methods, reason = "this module is where xtask reads its environment")]
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The names of Simfra's own variables that are set.
pub(crate) fn simfra_variables() -> Vec<String> {
    let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    names.filter(|name| name.starts_with("SIMFRA_")).collect()
}

/// `SIMFRA_DOCKER`, as the server reads it.
///
/// # Errors
/// A value that is neither `true` nor `false`.
pub(crate) fn docker_wish() -> Result<DockerWish> {
    match variable("SIMFRA_DOCKER").as_deref() {
        None => Ok(DockerWish::Detect),
        Some("true" | "1") => Ok(DockerWish::Require),
        Some("false" | "0") => Ok(DockerWish::Never),
        Some(other) => bail!("SIMFRA_DOCKER is `{other}`: say `true` or `false`"),
    }
}

/// The repository's root.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the repository")
}

/// Simfra's part of the user's cache folder.
///
/// # Errors
/// Neither `XDG_CACHE_HOME` nor `HOME` is set.
pub(crate) fn cache() -> Result<PathBuf> {
    let base = match variable("XDG_CACHE_HOME") {
        Some(folder) => PathBuf::from(folder),
        None => {
            PathBuf::from(variable("HOME").context("neither XDG_CACHE_HOME nor HOME is set")?).join(".cache")
        }
    };
    Ok(base.join("simfra"))
}

/// Where the process runtime looks for engine binaries before PATH.
///
/// # Errors
/// As [`cache`].
pub(crate) fn engine_path() -> Result<PathBuf> {
    match variable("SIMFRA_ENGINE_PATH") {
        Some(folder) => Ok(PathBuf::from(folder)),
        None => Ok(cache()?.join("engines")),
    }
}

/// The folders of `PATH`, and those for the system's own programs, which an ordinary user's `PATH` leaves out.
fn program_folders() -> Vec<PathBuf> {
    let path = variable("PATH").unwrap_or_default();
    let system = ["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from);
    env::split_paths(&path).chain(system).collect()
}

/// The program of this name on `PATH`.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    program_folders().into_iter().map(|folder| folder.join(name)).find(|candidate| candidate.is_file())
}
