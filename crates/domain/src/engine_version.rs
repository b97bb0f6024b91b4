//! Engine versions: which there are, which one a request means, which a Describe lists.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::catalogue::{Catalogue, Row};
use crate::engine::Engine;
use crate::rejection::Rejection;

/// A version as a number, `7.1` being `7.1.0`: for comparisons only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VersionNumber(u16, u16, u16);

impl VersionNumber {
    /// `major.minor.patch`.
    pub const fn new(major: u16, minor: u16, patch: u16) -> Self {
        Self(major, minor, patch)
    }
}

impl FromStr for VersionNumber {
    type Err = NotAVersion;

    fn from_str(s: &str) -> Result<Self, NotAVersion> {
        let bad = || NotAVersion(s.to_owned());
        let parts: Result<Vec<u16>, _> = s.split('.').map(str::parse).collect();
        match parts.map_err(|_| bad())?[..] {
            [major, minor] => Ok(Self(major, minor, 0)),
            [major, minor, patch] => Ok(Self(major, minor, patch)),
            _ => Err(bad()),
        }
    }
}

impl fmt::Display for VersionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// A text that is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a version: major.minor or major.minor.patch")]
pub struct NotAVersion(String);

/// An engine version's row of the catalogue (`data/engine_versions.tsv`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineVersion {
    /// Its engine.
    pub engine: Engine,
    /// As requests and DescribeCacheEngineVersions name it: `7.1`, `1.6.22`.
    pub version: &'static str,
    /// As clusters report it, with the patch: `7.1.0`.
    pub full_version: &'static str,
    /// Its parameter group family, `redis7`.
    pub family: &'static str,
    /// `CacheEngineDescription`.
    pub engine_description: &'static str,
    /// `CacheEngineVersionDescription`.
    pub version_description: &'static str,
    /// Whether a request without a version means it.
    pub is_default: bool,
}

impl EngineVersion {
    pub(crate) fn read(row: &Row<'_>) -> Self {
        Self {
            engine: row.text("engine").parse().expect("the table's engines are engines"),
            version: row.text("engine_version"),
            full_version: row.text("full_version"),
            family: row.text("family"),
            engine_description: row.text("engine_description"),
            version_description: row.text("version_description"),
            is_default: row.yes("default"),
        }
    }

    /// Every version of `engine`, oldest first.
    pub fn all(engine: Engine) -> impl Iterator<Item = &'static Self> {
        Catalogue::get().engine_versions.iter().filter(move |row| row.engine == engine)
    }

    /// The version that a request means; `asked` none: the engine's default.
    ///
    /// # Errors
    /// [`Rejection::SpecificVersion`] for a patch where only `major.minor` may be asked for (Redis from 6, Valkey),
    /// [`Rejection::NoSuchVersion`] for what the engine does not have.
    pub fn resolve(engine: Engine, asked: Option<&str>) -> Result<&'static Self, Rejection> {
        let Some(asked) = asked else {
            return Ok(Self::all(engine)
                .find(|row| row.is_default)
                .expect("each engine has a default version"));
        };
        let meant = if engine == Engine::Redis && asked == "6.x" { "6.2" } else { asked };
        if let Some(row) = Self::all(engine).find(|row| row.version == meant) {
            return Ok(row);
        }
        let minor = asked.rsplit_once('.').map_or("", |(minor, _patch)| minor);
        if asked.parse::<VersionNumber>().is_ok() && Self::all(engine).any(|row| row.version == minor) {
            return Err(Rejection::SpecificVersion { asked: asked.to_owned(), offered: minor.to_owned() });
        }
        Err(Rejection::NoSuchVersion { version: asked.to_owned(), engine })
    }

    /// The version as a number.
    pub fn number(&self) -> VersionNumber {
        self.full_version.parse().expect("the table's versions are numbers")
    }

    /// The newest format of RDB files that it reads, which is the one that it writes; none: it has no such files. Redis
    /// 7.1 exists only at AWS, 7.2 serves it. (Found by experiment for 7.0 and later, from the sources' RDB_VERSION for
    /// older ones and for Valkey 9.)
    pub fn rdb_format(&self) -> Option<u16> {
        let number = self.number();
        match self.engine {
            Engine::Redis => Some(match number {
                VersionNumber(..=2, ..) => 6,
                VersionNumber(3, ..) => 7,
                VersionNumber(4, ..) => 8,
                VersionNumber(5 | 6, ..) => 9,
                VersionNumber(7, 0, _) => 10,
                VersionNumber(..) => 11,
            }),
            Engine::Valkey if number < VersionNumber(9, 0, 0) => Some(11),
            Engine::Valkey => Some(80),
            Engine::Memcached => None,
        }
    }

    /// Whether its append-only file may begin with an RDB file: since Redis 4.0.
    pub fn appends_to_rdb(&self) -> bool {
        self.engine == Engine::Valkey
            || self.engine == Engine::Redis && self.number() >= VersionNumber(4, 0, 0)
    }

    /// The version that clusters report as `full`.
    pub fn reported(engine: Engine, full: &str) -> Option<&'static Self> {
        Self::all(engine).find(|row| row.full_version == full)
    }

    /// Its place in the list of all, for paging.
    pub fn paging_key(&self) -> String {
        let index = Catalogue::get().engine_versions.iter().position(|row| row == self);
        format!("{:04}", index.expect("a row of the catalogue is in it"))
    }
}

/// DescribeCacheEngineVersions' filters.
#[derive(Debug, Clone, Default)]
pub struct EngineVersionFilter {
    /// `Engine`.
    pub engine: Option<String>,
    /// `EngineVersion`.
    pub engine_version: Option<String>,
    /// `CacheParameterGroupFamily`.
    pub cache_parameter_group_family: Option<String>,
    /// `DefaultOnly`: of each engine that is left, the default version, or the newest where the default was
    /// filtered out.
    pub default_only: bool,
}

impl EngineVersionFilter {
    /// The rows that it leaves, in the catalogue's order. What matches nothing gives an empty list: the operation
    /// declares no error.
    pub fn rows(&self) -> Vec<&'static EngineVersion> {
        let fits = |wanted: &Option<String>, value: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(value))
        };
        let rows = Catalogue::get().engine_versions.iter().filter(|row| {
            fits(&self.engine, row.engine.as_str())
                && (fits(&self.engine_version, row.version) || fits(&self.engine_version, row.full_version))
                && fits(&self.cache_parameter_group_family, row.family)
        });
        let rows: Vec<_> = rows.collect();
        if !self.default_only {
            return rows;
        }
        let default_of = |engine| {
            let mut of_engine = rows.iter().copied().filter(|row| row.engine == engine);
            of_engine.clone().find(|row| row.is_default).or_else(|| of_engine.next_back())
        };
        Engine::ALL.into_iter().filter_map(default_of).collect()
    }
}

impl fmt::Display for EngineVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.engine, self.full_version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(engine: Engine, asked: Option<&str>) -> String {
        EngineVersion::resolve(engine, asked)
            .map_or_else(|refusal| refusal.to_string(), |row| row.full_version.to_owned())
    }

    #[test]
    fn a_version_is_found_or_refused_in_awss_words() {
        for (engine, asked, answer) in [
            (Engine::Redis, None, "7.1.0"),
            (Engine::Valkey, None, "8.0.1"),
            (Engine::Memcached, None, "1.6.22"),
            (Engine::Redis, Some("7.0"), "7.0.7"),
            (Engine::Redis, Some("6.x"), "6.2.6"),
            (Engine::Redis, Some("5.0.6"), "5.0.6"),
            (Engine::Redis, Some("4.0.13"), "Cannot find version 4.0.13 for redis"),
            (
                Engine::Redis,
                Some("6.2.6"),
                "Specific version selection is not allowed for '6.2.6', please use '6.2'",
            ),
            (
                Engine::Valkey,
                Some("7.2.6"),
                "Specific version selection is not allowed for '7.2.6', please use '7.2'",
            ),
            (Engine::Valkey, Some("6.x"), "Cannot find version 6.x for valkey"),
            (Engine::Memcached, Some("1.6"), "Cannot find version 1.6 for memcached"),
            (Engine::Redis, Some(""), "Cannot find version  for redis"),
        ] {
            assert_eq!(resolved(engine, asked), answer, "{engine} {asked:?}");
        }
    }

    #[test]
    fn the_filter_leaves_what_it_names() {
        let versions = |filter: EngineVersionFilter| {
            filter.rows().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        let family = |family: &str, default_only| EngineVersionFilter {
            cache_parameter_group_family: Some(family.into()),
            default_only,
            ..Default::default()
        };
        assert_eq!(versions(family("redis7", false)), "redis 7.0.7, redis 7.1.0");
        assert_eq!(versions(family("redis6.x", true)), "redis 6.2.6");
        let defaults = EngineVersionFilter { default_only: true, ..Default::default() };
        assert_eq!(versions(defaults), "redis 7.1.0, valkey 8.0.1, memcached 1.6.22");
        let unknown = EngineVersionFilter { engine: Some("mongodb".into()), ..Default::default() };
        assert_eq!(versions(unknown), "");
        assert_eq!(EngineVersionFilter::default().rows().len(), 37);
    }
}
