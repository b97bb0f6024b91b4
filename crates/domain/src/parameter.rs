//! Engine parameters: what each family knows (`data/parameters/`), and which of its defaults an engine is told.

use std::sync::LazyLock;

use crate::catalogue::{Row, Table};
use crate::engine::Engine;
use crate::engine_version::{EngineVersion, VersionNumber};
use crate::node_type::NodeTypeFacts;

/// A parameter's row of its family's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterFacts {
    /// `maxmemory-policy`.
    pub name: &'static str,
    /// Its value in the default parameter group; none where the node type decides.
    pub default: Option<&'static str>,
    /// The least version of the engine that knows it.
    pub since: VersionNumber,
    /// How the engine is told at its start; none where that is its own default, or ElastiCache's own affair.
    at_start: Option<&'static str>,
}

/// A setting that an engine starts with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The directive of Redis and Valkey, the option of Memcached: `maxmemory-policy`, `-o hash_algorithm=`, `-t`.
    pub directive: &'static str,
    /// Its value.
    pub value: String,
    /// The least version of the engine that takes it; an older one that serves in its place is not told.
    pub since: VersionNumber,
}

struct Family {
    name: &'static str,
    parameters: Vec<ParameterFacts>,
}

static FAMILIES: LazyLock<Vec<Family>> = LazyLock::new(|| {
    let tables = [
        ("redis3.2", include_str!("../data/parameters/redis3.2.tsv")),
        ("redis4.0", include_str!("../data/parameters/redis4.0.tsv")),
        ("redis5.0", include_str!("../data/parameters/redis5.0.tsv")),
        ("redis6.x", include_str!("../data/parameters/redis6.x.tsv")),
        ("redis7", include_str!("../data/parameters/redis7.tsv")),
        ("valkey7", include_str!("../data/parameters/valkey7.tsv")),
        ("valkey8", include_str!("../data/parameters/valkey8.tsv")),
        ("valkey9", include_str!("../data/parameters/valkey9.tsv")),
        // Its rows say since when a parameter is there, so it serves the families before it too.
        ("memcached", include_str!("../data/parameters/memcached1.6.tsv")),
    ];
    tables
        .map(|(name, text)| Family { name, parameters: Table::parse(text).rows(ParameterFacts::read) })
        .into()
});

impl ParameterFacts {
    fn read(row: &Row<'_>) -> Self {
        Self {
            name: row.text("parameter"),
            default: row.optional("default"),
            since: row.text("since").parse().expect("the table's versions are numbers"),
            at_start: row.optional("at_start"),
        }
    }

    fn setting(&self, node_type: &NodeTypeFacts) -> Option<Setting> {
        let value = match self.name {
            "maxclients" => node_type.maxclients.to_string(),
            "num_threads" => node_type.memcached_threads?.to_string(),
            _ => self.default.unwrap_or_default().to_owned(),
        };
        Some(Setting { directive: self.at_start?, value, since: self.since })
    }
}

/// The parameters of the version's family; none for the families before Redis 3.2, of which AWS's list is lost.
pub fn parameters(version: &EngineVersion) -> &'static [ParameterFacts] {
    let name = match version.engine {
        Engine::Memcached => "memcached",
        Engine::Redis | Engine::Valkey => version.family,
    };
    FAMILIES.iter().find(|family| family.name == name).map_or(&[], |family| &family.parameters)
}

/// What an engine of the version starts with on the node type, beyond its memory: the defaults of the family that
/// are not the engine's own.
pub fn settings(version: &EngineVersion, node_type: &NodeTypeFacts) -> Vec<Setting> {
    let mut settings: Vec<_> =
        parameters(version).iter().filter_map(|parameter| parameter.setting(node_type)).collect();
    // Memcached's `no_modern` resets others: it comes first.
    settings.sort_by_key(|setting| setting.directive != "-o no_modern");
    settings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node_type::CacheNodeType;
    use expect_test::expect;

    fn told(engine: Engine, version: &str, node_type: &str) -> String {
        let version = EngineVersion::resolve(engine, Some(version)).unwrap();
        let node_type: CacheNodeType = node_type.parse().unwrap();
        let settings = settings(version, node_type.facts().unwrap());
        let lines = settings.iter().map(|s| format!("{} {} since {:?}\n", s.directive, s.value, s.since));
        lines.collect()
    }

    #[test]
    fn an_engine_is_told_what_differs_from_its_own_defaults() {
        expect![[r#"
            acl-pubsub-default allchannels since VersionNumber(7, 0, 0)
            active-defrag-cycle-max 75 since VersionNumber(7, 0, 0)
            active-defrag-cycle-min 5 since VersionNumber(7, 0, 0)
            cluster-require-full-coverage no since VersionNumber(7, 0, 0)
            latency-tracking no since VersionNumber(7, 0, 0)
            maxclients 20000 since VersionNumber(7, 0, 0)
            maxmemory-policy volatile-lru since VersionNumber(7, 0, 0)
            maxmemory-samples 3 since VersionNumber(7, 0, 0)
        "#]]
        .assert_eq(&told(Engine::Redis, "7.1", "cache.t3.micro"));
        let valkey = told(Engine::Valkey, "8.0", "cache.m5.large");
        assert!(valkey.contains("extended-redis-compatibility yes"), "{valkey}");
        assert!(valkey.contains("maxclients 65000"), "{valkey}");
        expect![[r#"
            -o no_modern 1 since VersionNumber(1, 5, 10)
            -b 1024 since VersionNumber(1, 4, 5)
            -B auto since VersionNumber(1, 4, 5)
            -C 0 since VersionNumber(1, 4, 5)
            -n 48 since VersionNumber(1, 4, 5)
            -f 1.25 since VersionNumber(1, 4, 5)
            -F 0 since VersionNumber(1, 4, 24)
            -M 0 since VersionNumber(1, 4, 5)
            -o hash_algorithm= murmur3 since VersionNumber(1, 4, 24)
            -o idle_timeout= 0 since VersionNumber(1, 4, 33)
            -I 1048576 since VersionNumber(1, 4, 5)
            -R 20 since VersionNumber(1, 4, 5)
            -o track_sizes 0 since VersionNumber(1, 4, 33)
            -t 2 since VersionNumber(1, 4, 5)
        "#]]
        .assert_eq(&told(Engine::Memcached, "1.6.22", "cache.t3.micro"));
    }

    #[test]
    fn every_family_from_redis_3_2_on_has_its_parameters() {
        for engine in Engine::ALL {
            for version in EngineVersion::all(engine) {
                let without = ["redis2.6", "redis2.8"].contains(&version.family);
                assert_eq!(parameters(version).is_empty(), without, "{version}");
            }
        }
    }
}
