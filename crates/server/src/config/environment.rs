//! The environment itself: reading it is allowed here alone.
#![expect(clippy::disallowed_methods, reason = "this is where the environment is read")]

use std::env;
use std::ffi::OsStr;
use std::path::PathBuf;

use clap::{Arg, Command};
use dataplane::fault_point::End;

use super::ConfigError;

/// Variables of later versions: a value would be silently without effect, so it is refused.
const NOT_BUILT: [&str; 1] = ["SIMFRA_UPSTREAM_ENDPOINT"];

/// Variables that the project's own tests set and read.
const OF_TESTS: &str = "SIMFRA_TEST_";

/// Lets a variable that is set to nothing count as unset, as users of Compose files expect.
pub(super) fn without_empty(argument: Arg) -> Arg {
    match argument.get_env().map(OsStr::to_owned) {
        Some(name) if env::var_os(&name).is_some_and(|value| value.is_empty()) => {
            argument.env(clap::builder::Resettable::Reset)
        }
        _ => argument,
    }
}

/// Refuses a value for what this version does not have.
pub(super) fn refuse_unbuilt() -> Result<(), ConfigError> {
    for variable in NOT_BUILT {
        match env::var_os(variable) {
            Some(value) if !value.is_empty() => {
                return Err(ConfigError::NotBuilt { variable, value: value.to_string_lossy().into_owned() });
            }
            _ => {}
        }
    }
    Ok(())
}

/// The `SIMFRA_*` variables that neither `command` nor the tests know.
pub(super) fn unknown(command: &Command) -> Vec<String> {
    let known = |name: &str| {
        name.starts_with(OF_TESTS)
            || NOT_BUILT.contains(&name)
            || command.get_arguments().any(|argument| argument.get_env() == Some(OsStr::new(name)))
    };
    let mut names: Vec<_> = env::vars_os()
        .filter_map(|(name, _)| name.into_string().ok())
        .filter(|name| name.starts_with("SIMFRA_") && !known(name))
        .collect();
    names.sort();
    names
}

/// The folders of PATH.
pub(super) fn search_path() -> Vec<PathBuf> {
    env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default()
}

/// `DOCKER_CONFIG`, or `.docker` in the user's home, as Docker's own client has it.
pub(super) fn docker_config_dir() -> Option<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("DOCKER_CONFIG").or_else(|| set("HOME").map(|home| home.join(".docker")))
}

/// The number or the name of the fault point at which a test wants this process to die, or the file with those that it may pass.
pub(super) fn kill_at() -> Option<End> {
    let value = env::var_os("SIMFRA_TEST_KILL_AT")?;
    let Ok(end) = value.to_string_lossy().parse();
    Some(end)
}

/// `simfra` in the user's cache folder; in the system's temporary folder for a user without a home.
pub(super) fn cache_dir() -> PathBuf {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("XDG_CACHE_HOME")
        .filter(|folder| folder.is_absolute())
        .or_else(|| set("HOME").map(|home| home.join(".cache")))
        .unwrap_or_else(env::temp_dir)
        .join("simfra")
}
