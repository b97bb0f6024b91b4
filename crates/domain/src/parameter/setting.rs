//! What an engine is told of its parameters: at its start, and when a value changes.

use super::{Family, ParameterFacts, ParameterValues};
use crate::engine::Engine;
use crate::engine_version::{EngineVersion, VersionNumber};
use crate::node_type::NodeTypeFacts;

/// The three parts of `client-output-buffer-limit`, which are three parameters each at AWS and one directive in an
/// engine.
const OUTPUT_BUFFER: &str = "client-output-buffer-limit";

pub(super) const RESERVED_MEMORY_PERCENT: &str = "reserved-memory-percent";
pub(super) const CONNECTIONS_OVERHEAD: &str = "memcached_connections_overhead";

/// A setting that an engine starts with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The directive of Redis and Valkey, the option of Memcached: `maxmemory-policy`, `-o hash_algorithm=`, `-t`.
    pub directive: &'static str,
    /// Its value; several words where the directive takes several.
    pub value: Vec<String>,
    /// The least version of the engine that takes it; an older one that serves in its place is not told.
    pub since: VersionNumber,
}

/// What an engine of the version is told on the node type, beyond its memory: `values` of its parameter group, and the
/// defaults of the family that are not the engine's own.
pub fn settings(
    version: &EngineVersion,
    node_type: &NodeTypeFacts,
    values: &ParameterValues,
) -> Vec<Setting> {
    let Some(family) = Family::of(version) else { return Vec::new() };
    let mut settings: Vec<_> = family
        .all()
        .filter(|row| row.directive.is_some_and(|directive| directive != OUTPUT_BUFFER))
        .filter_map(|row| single(row, node_type, values))
        .collect();
    settings
        .extend(["normal", "pubsub"].into_iter().filter_map(|class| output_buffer(family, class, values)));
    // Memcached's `no_modern` resets others: it comes first.
    settings.sort_by_key(|setting| setting.directive != "-o no_modern");
    settings
}

fn single(row: &ParameterFacts, node_type: &NodeTypeFacts, values: &ParameterValues) -> Option<Setting> {
    let own = values.get(row.name);
    if own.is_none() && !row.at_start {
        return None;
    }
    let value = match (own, row.name) {
        (Some(value), _) => value.clone(),
        (None, "maxclients") => node_type.maxclients.to_string(),
        (None, "num_threads") => node_type.memcached_threads?.to_string(),
        (None, _) => row.default.unwrap_or_default().to_owned(),
    };
    Some(Setting { directive: row.directive?, value: vec![value], since: row.since })
}

/// The directive for a class of clients, where the group says any part of it.
fn output_buffer(family: &Family, class: &str, values: &ParameterValues) -> Option<Setting> {
    if !buffer_names(class).iter().any(|name| values.contains_key(name)) {
        return None;
    }
    Some(Setting {
        directive: OUTPUT_BUFFER,
        value: buffer_words(family, class, values),
        since: VersionNumber::new(2, 6, 0),
    })
}

fn buffer_names(class: &str) -> [String; 3] {
    ["hard-limit", "soft-limit", "soft-seconds"].map(|part| format!("{OUTPUT_BUFFER}-{class}-{part}"))
}

/// The class, its hard and soft limit and the seconds of the soft one.
fn buffer_words(family: &Family, class: &str, values: &ParameterValues) -> Vec<String> {
    let value = |name: &String| {
        let default = family.parameter(name).and_then(|row| row.default).unwrap_or("0");
        values.get(name).map_or(default, String::as_str).to_owned()
    };
    [class.to_owned()].into_iter().chain(buffer_names(class).iter().map(value)).collect()
}

/// What an engine that runs is told when parameters change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// A directive and its value, one text.
    Directive(&'static str, String),
    /// Another limit of its memory.
    Memory,
}

/// What an engine that runs is told of the parameters named, each once, as `values` and the family's defaults say.
pub fn changed<'n>(
    version: &EngineVersion,
    names: impl IntoIterator<Item = &'n str>,
    values: &ParameterValues,
) -> Vec<Changed> {
    let Some(family) = Family::of(version) else { return Vec::new() };
    let mut told = Vec::new();
    for name in names {
        let Some(row) = family.parameter(name) else { continue };
        let told_now = match row.directive {
            Some(OUTPUT_BUFFER) => {
                let class = ["normal", "pubsub"].into_iter().find(|class| name.contains(class));
                class.map(|class| {
                    Changed::Directive(OUTPUT_BUFFER, buffer_words(family, class, values).join(" "))
                })
            }
            Some(directive) => {
                let value = values.get(name).map(String::as_str).or(row.default).unwrap_or_default();
                Some(Changed::Directive(directive, value.to_owned()))
            }
            None if name == RESERVED_MEMORY_PERCENT => Some(Changed::Memory),
            None => None,
        };
        told.extend(told_now.filter(|now| !told.contains(now)));
    }
    told
}

/// The most that an engine may hold on the node type, in bytes: Redis' and Valkey's `maxmemory` less
/// `reserved-memory-percent`, Memcached's memory less `memcached_connections_overhead`. None where the engine does not
/// run.
pub fn memory_limit_bytes(
    engine: Engine,
    node_type: &NodeTypeFacts,
    values: &ParameterValues,
) -> Option<u64> {
    let number = |name: &str| values.get(name).and_then(|value| value.parse::<u64>().ok());
    match engine {
        Engine::Redis | Engine::Valkey => {
            let reserved = number(RESERVED_MEMORY_PERCENT).unwrap_or(25).min(100);
            Some(node_type.maxmemory_bytes * (100 - reserved) / 100)
        }
        Engine::Memcached => {
            // T1 has 213 in all, and an overhead of 13.
            let default = if node_type.name == "cache.t1.micro" { 13 } else { 100 };
            let overhead = number(CONNECTIONS_OVERHEAD).unwrap_or(default);
            node_type.memcached_memory_mb.map(|mebibytes| u64::from(mebibytes).saturating_sub(overhead) << 20)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node_type::CacheNodeType;
    use expect_test::expect;

    fn told_with(engine: Engine, version: &str, node_type: &str, values: &[(&str, &str)]) -> String {
        let version = EngineVersion::resolve(engine, Some(version)).unwrap();
        let node_type: CacheNodeType = node_type.parse().unwrap();
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let settings = settings(version, node_type.facts().unwrap(), &values);
        let lines =
            settings.iter().map(|s| format!("{} {} since {:?}\n", s.directive, s.value.join(" "), s.since));
        lines.collect()
    }

    fn told(engine: Engine, version: &str, node_type: &str) -> String {
        told_with(engine, version, node_type, &[])
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
    fn a_groups_values_go_before_the_defaults() {
        let values = [
            ("maxmemory-policy", "allkeys-lru"),
            ("timeout", "30"),
            ("client-output-buffer-limit-pubsub-soft-limit", "1"),
            ("reserved-memory-percent", "50"),
        ];
        let told = told_with(Engine::Redis, "7.1", "cache.t3.micro", &values);
        assert!(told.contains("maxmemory-policy allkeys-lru since"), "{told}");
        assert!(told.contains("timeout 30 since"), "{told}");
        assert!(told.contains("client-output-buffer-limit pubsub 33554432 1 60 since"), "{told}");
        assert!(!told.contains("reserved"), "{told}");
        let facts = "cache.t3.micro".parse::<CacheNodeType>().unwrap();
        let facts = facts.facts().unwrap();
        let values = |name: &str, value: &str| ParameterValues::from([(name.to_owned(), value.to_owned())]);
        let limit = |engine, name, value| memory_limit_bytes(engine, facts, &values(name, value));
        let none = ParameterValues::new();
        assert_eq!(
            memory_limit_bytes(Engine::Redis, facts, &none),
            Some(402_653_184),
            "the guide's figure less 25 %"
        );
        assert_eq!(limit(Engine::Valkey, "reserved-memory-percent", "50"), Some(268_435_456));
        assert_eq!(memory_limit_bytes(Engine::Memcached, facts, &none), Some(412 << 20));
        assert_eq!(limit(Engine::Memcached, "memcached_connections_overhead", "12"), Some(500 << 20));
    }
}
