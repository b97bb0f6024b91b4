//! Single values of requests on serverless caches.

use super::Neighbours;
use crate::engine::Engine;
use crate::engine_version::EngineVersion;
use crate::rejection::Rejection;
use crate::serverless_cache::ServerlessCacheRejection as Refused;
use crate::window::DailyTime;

/// The most characters of a description.
const DESCRIPTION: usize = 255;

/// A version, as a cache shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version {
    /// `8`; of Memcached `1.6`.
    pub(super) major: String,
    /// `8.0`; of Memcached `1.6.22`.
    pub(super) full: String,
}

/// `Engine`, in any case.
pub(super) fn engine(text: &str) -> Result<Engine, Rejection> {
    text.parse().map_err(|_| Rejection::NotListed {
        parameter: "Engine",
        value: text.to_owned(),
        allowed: Engine::ALL.map(Engine::as_str).join(", "),
    })
}

/// `MajorEngineVersion`: Redis 7, Valkey from 7 on, Memcached 1.6 (user guide, engine versions); else the engine's
/// default. Of its minor versions the engine's default one, else the newest (uncertain).
pub(super) fn version(engine: Engine, asked: Option<&str>) -> Result<Version, Rejection> {
    let default = EngineVersion::resolve(engine, None)?;
    let major = asked.unwrap_or_else(|| major_of(default));
    let minors = || EngineVersion::all(engine).filter(|row| is_served(row) && major_of(row) == major);
    let found = minors().find(|row| row.is_default).or_else(|| minors().last());
    let row = found.ok_or_else(|| Rejection::NoSuchVersion { version: major.to_owned(), engine })?;
    Ok(Version { major: major.to_owned(), full: row.version.to_owned() })
}

/// Of Memcached's three numbers a major version has two.
fn major_of(row: &EngineVersion) -> &'static str {
    let full = row.version;
    match row.engine {
        Engine::Memcached => full.rsplit_once('.').map_or(full, |(major, _)| major),
        Engine::Redis | Engine::Valkey => full.split_once('.').map_or(full, |(major, _)| major),
    }
}

/// Whether serverless caches come in the version.
fn is_served(row: &EngineVersion) -> bool {
    match row.engine {
        Engine::Redis | Engine::Valkey => major(major_of(row)) >= 7,
        Engine::Memcached => major_of(row) == "1.6",
    }
}

/// A major version as a number, to compare two of Redis and Valkey.
pub(super) fn major(text: &str) -> u16 {
    text.split('.').next().and_then(|first| first.parse().ok()).unwrap_or(0)
}

/// `Description`.
pub(super) fn description(text: String) -> Result<String, Rejection> {
    if text.chars().count() > DESCRIPTION {
        return Err(Refused::DescriptionLength(DESCRIPTION).into());
    }
    Ok(text)
}

/// `SnapshotRetentionLimit`: 0 to 35 days.
pub(super) fn retention(asked: i32) -> Result<u8, Rejection> {
    let days = u8::try_from(asked).ok().filter(|days| *days <= 35);
    days.ok_or(Rejection::out_of_range("SnapshotRetentionLimit", asked, 0, 35))
}

/// `DailySnapshotTime`.
pub(super) fn daily_snapshot_time(asked: &str) -> Result<DailyTime, Rejection> {
    asked.parse().map_err(|_| Refused::BadDailySnapshotTime(asked.to_owned()).into())
}

/// `UserGroupId`: one that is there, and not for Memcached.
pub(super) fn user_group(
    asked: Option<&str>,
    engine: Engine,
    neighbours: &dyn Neighbours,
) -> Result<Option<String>, Rejection> {
    let Some(asked) = asked.filter(|id| !id.is_empty()) else { return Ok(None) };
    if engine == Engine::Memcached {
        return Err(Rejection::NotForMemcached("UserGroupId"));
    }
    if !neighbours.has_user_group(asked) {
        return Err(Refused::UserGroupNotFound(asked.to_owned()).into());
    }
    Ok(Some(asked.to_ascii_lowercase()))
}
