//! To which node types a cache can be scaled: ListAllowedNodeTypeModifications.

use super::{CacheNodeType, NodeTypeFacts};
use crate::catalogue::Catalogue;
use crate::engine::Engine;
use crate::engine_version::EngineVersion;

/// The node types that a cache can be scaled to, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedModifications {
    /// `ScaleUpModifications`: with at least the memory of the present one.
    pub up: Vec<&'static str>,
    /// `ScaleDownModifications`: with less.
    pub down: Vec<&'static str>,
}

impl CacheNodeType {
    /// What a cache of this type that runs `version` can be scaled to: every type that new caches can have, that runs
    /// the version and keeps data where this one does. The present type is not among them (recorded); AWS's exact rule
    /// is not known (uncertain).
    pub fn allowed_modifications(&self, version: &EngineVersion) -> AllowedModifications {
        let mut allowed = AllowedModifications::default();
        let Some(now) = self.facts().filter(|_| version.engine != Engine::Memcached) else { return allowed };
        let fits = |facts: &&NodeTypeFacts| {
            facts.creatable
                && facts.name != now.name
                && facts.needs_data_tiering == now.needs_data_tiering
                && facts.runs(version.engine, version.number())
        };
        for facts in Catalogue::get().node_types.iter().filter(fits) {
            let list =
                if facts.maxmemory_bytes < now.maxmemory_bytes { &mut allowed.down } else { &mut allowed.up };
            list.push(facts.name);
        }
        allowed.up.sort_unstable();
        allowed.down.sort_unstable();
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_split_by_memory_and_fit_the_version() {
        let version = EngineVersion::resolve(Engine::Redis, None).unwrap();
        let medium: CacheNodeType = "cache.t3.medium".parse().unwrap();
        let AllowedModifications { up, down } = medium.allowed_modifications(version);
        assert!(up.contains(&"cache.m7g.large") && down.contains(&"cache.t3.micro"), "{up:?} {down:?}");
        for list in [&up, &down] {
            assert!(!list.contains(&"cache.t3.medium") && list.is_sorted());
            assert!(!list.contains(&"cache.t2.micro"), "no longer created");
            assert!(!list.contains(&"cache.r6gd.xlarge"), "its data would lie elsewhere");
            assert!(!list.contains(&"cache.m8g.large"), "it does not run Redis");
        }
        let tiered: CacheNodeType = "cache.r6gd.2xlarge".parse().unwrap();
        let AllowedModifications { up, down } = tiered.allowed_modifications(version);
        assert!(up.iter().chain(&down).all(|name| name.contains("r6gd")), "{up:?} {down:?}");
        let memcached = EngineVersion::resolve(Engine::Memcached, None).unwrap();
        assert_eq!(medium.allowed_modifications(memcached), AllowedModifications::default());
    }
}
