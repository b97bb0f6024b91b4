//! Node types: which exist, what memory they have, which engines they run.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::catalogue::{Catalogue, Row};
use crate::engine::Engine;
use crate::engine_version::VersionNumber;
use crate::rejection::Rejection;

mod scaling;

pub use scaling::AllowedModifications;

/// A node type that the catalogue knows, `cache.t3.micro`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CacheNodeType(Cow<'static, str>);

/// Whether a cache's data overflows from memory to local disks (R6gd).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DataTiering {
    /// It stays in memory.
    #[default]
    Off,
    /// It does.
    On,
}

/// A node type's row of the catalogue (`data/node_types.tsv`).
#[derive(Debug, Clone)]
pub struct NodeTypeFacts {
    /// `cache.t3.micro`.
    pub name: &'static str,
    /// Whether new clusters may have it: T1, M1, M2, M3, C1, R3 and T2 may not.
    pub creatable: bool,
    /// Virtual CPUs, where the guide says.
    pub vcpu: Option<u16>,
    /// Redis' and Valkey's `maxmemory`, in bytes, before `reserved-memory-percent` is taken off.
    pub maxmemory_bytes: u64,
    /// The limits of a replica's output buffer, in bytes, where the table says.
    pub replica_output_buffer_bytes: Option<u64>,
    /// Memcached's `-m`, in mebibytes; none where it does not run.
    pub memcached_memory_mb: Option<u32>,
    /// Memcached's threads.
    pub memcached_threads: Option<u16>,
    /// Redis' and Valkey's `maxclients`.
    pub maxclients: u32,
    /// The least version that runs on it, per engine; none where the engine does not run at all.
    min_version: [Option<VersionNumber>; 3],
    /// True for R6gd, which needs data tiering and with it a replication group.
    pub needs_data_tiering: bool,
    /// Whether global datastores' members may have it: from `large` on, of the newer families.
    pub in_global_datastores: bool,
}

impl NodeTypeFacts {
    pub(crate) fn read(row: &Row<'_>) -> Self {
        let min = |column| match row.text(column) {
            "unsupported" => None,
            version => Some(version.parse().expect("the table's versions are numbers")),
        };
        Self {
            name: row.text("node_type"),
            creatable: row.yes("creatable"),
            vcpu: row.number("vcpu"),
            maxmemory_bytes: row.number("maxmemory_bytes").expect("every node type has memory"),
            replica_output_buffer_bytes: row.number("replica_output_buffer_bytes"),
            memcached_memory_mb: row.number("memcached_max_cache_memory_mb"),
            memcached_threads: row.number("memcached_threads"),
            maxclients: row.number("maxclients").expect("every node type has a limit of clients"),
            min_version: [min("min_redis"), min("min_valkey"), min("min_memcached")],
            needs_data_tiering: row.text("data_tiering") == "required",
            in_global_datastores: row.yes("global_datastore"),
        }
    }

    /// Whether any version of `engine` runs on it.
    pub fn runs_some(&self, engine: Engine) -> bool {
        self.least(engine).is_some()
    }

    /// Whether `version` of `engine` runs on it.
    pub fn runs(&self, engine: Engine, version: VersionNumber) -> bool {
        self.least(engine).is_some_and(|least| version >= least)
    }

    fn least(&self, engine: Engine) -> Option<VersionNumber> {
        let [redis, valkey, memcached] = self.min_version;
        match engine {
            Engine::Redis => redis,
            Engine::Valkey => valkey,
            Engine::Memcached => memcached,
        }
    }
}

impl CacheNodeType {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its row; none when a store names a type that this version does not know any more.
    pub fn facts(&self) -> Option<&'static NodeTypeFacts> {
        Catalogue::get().node_types.iter().find(|facts| facts.name == self.as_str())
    }
}

impl FromStr for CacheNodeType {
    type Err = Rejection;

    fn from_str(s: &str) -> Result<Self, Rejection> {
        let known = Catalogue::get().node_types.iter().find(|facts| facts.name == s);
        known.map(|facts| Self(facts.name.into())).ok_or_else(|| Rejection::UnknownNodeType(s.to_owned()))
    }
}

impl fmt::Display for CacheNodeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guides_node_type_runs_every_current_engine() {
        let micro: CacheNodeType = "cache.t3.micro".parse().unwrap();
        let facts = micro.facts().unwrap();
        for (engine, version, runs) in [
            (Engine::Redis, "7.1", true),
            (Engine::Redis, "3.2.10", false),
            (Engine::Valkey, "7.2", true),
            (Engine::Memcached, "1.5.16", true),
            (Engine::Memcached, "1.5.10", false),
        ] {
            assert_eq!(facts.runs(engine, version.parse().unwrap()), runs, "{engine} {version}");
        }
    }

    #[test]
    fn every_type_of_the_table_can_be_named() {
        let types = &Catalogue::get().node_types;
        assert_eq!(types.len(), 112);
        assert_eq!(types.iter().filter(|facts| facts.creatable).count(), 91);
        assert_eq!(
            "cache.t9.nano".parse::<CacheNodeType>().unwrap_err().to_string(),
            "Invalid cache node type: cache.t9.nano"
        );
    }
}
