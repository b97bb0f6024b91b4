//! Cache parameter groups. So far the default ones, which every account and region has and nobody can change.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::arn::{Arn, ResourceType};
use crate::catalogue::Catalogue;
use crate::engine::Engine;
use crate::ids::{CacheParameterGroupName, Scope};

/// What a parameter group's `cluster-enabled` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ClusterMode {
    /// `no`, or an engine without the parameter.
    Off,
    /// `yes`.
    On,
}

/// A cache parameter group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheParameterGroup {
    /// `default.redis7`.
    pub name: CacheParameterGroupName,
    /// `redis7`.
    pub family: String,
    /// For people.
    pub description: String,
    /// Its `cluster-enabled`.
    pub cluster_mode: ClusterMode,
}

static DEFAULTS: LazyLock<Vec<CacheParameterGroup>> = LazyLock::new(|| {
    let mut groups = Vec::new();
    let mut families: Vec<_> =
        Catalogue::get().engine_versions.iter().map(|row| (row.engine, row.family)).collect();
    families.dedup();
    for (engine, family) in families {
        groups.push(CacheParameterGroup::default_of(family, ClusterMode::Off));
        if has_cluster_mode(engine, family) {
            groups.push(CacheParameterGroup::default_of(family, ClusterMode::On));
        }
    }
    groups.sort_by(|a, b| a.name.cmp(&b.name));
    groups
});

/// Cluster mode came with Redis 3.2; Valkey always had it.
fn has_cluster_mode(engine: Engine, family: &str) -> bool {
    match engine {
        Engine::Redis => !matches!(family, "redis2.6" | "redis2.8"),
        Engine::Valkey => true,
        Engine::Memcached => false,
    }
}

impl CacheParameterGroup {
    /// The default groups of all families, by name.
    pub fn defaults() -> &'static [Self] {
        &DEFAULTS
    }

    /// The default group called `name`.
    pub fn default_called(name: &CacheParameterGroupName) -> Option<&'static Self> {
        let at = DEFAULTS.binary_search_by(|group| group.name.cmp(name)).ok()?;
        Some(&DEFAULTS[at])
    }

    /// The name of the default group of `family` without cluster mode.
    pub fn default_name(family: &str) -> CacheParameterGroupName {
        format!("default.{family}").parse().expect("families are dotted words")
    }

    fn default_of(family: &str, cluster_mode: ClusterMode) -> Self {
        let name = Self::default_name(family);
        let (name, description) = match cluster_mode {
            ClusterMode::Off => (name, format!("Default parameter group for {family}")),
            ClusterMode::On => (
                format!("{name}.cluster.on").parse().expect("families are dotted words"),
                format!("Customized default parameter group for {family} with cluster mode on"),
            ),
        };
        Self { name, family: family.to_owned(), description, cluster_mode }
    }

    /// Whether it is one of AWS's own.
    pub fn is_default(&self) -> bool {
        self.name.as_str().starts_with("default.")
    }

    /// Its ARN in `scope`.
    pub fn arn(&self, scope: &Scope) -> Arn {
        Arn::new(scope, ResourceType::ParameterGroup, self.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_family_has_its_default_groups() {
        let names: Vec<_> = CacheParameterGroup::defaults().iter().map(|g| g.name.as_str()).collect();
        expect_test::expect![[r"
            default.memcached1.4
            default.memcached1.5
            default.memcached1.6
            default.redis2.6
            default.redis2.8
            default.redis3.2
            default.redis3.2.cluster.on
            default.redis4.0
            default.redis4.0.cluster.on
            default.redis5.0
            default.redis5.0.cluster.on
            default.redis6.x
            default.redis6.x.cluster.on
            default.redis7
            default.redis7.cluster.on
            default.valkey7
            default.valkey7.cluster.on
            default.valkey8
            default.valkey8.cluster.on
            default.valkey9
            default.valkey9.cluster.on"]]
        .assert_eq(&names.join("\n"));
        let redis7 =
            CacheParameterGroup::defaults().iter().find(|g| g.name.as_str() == "default.redis7").unwrap();
        assert_eq!(redis7.description, "Default parameter group for redis7");
        assert!(redis7.is_default());
        assert_eq!(
            redis7.arn(&Scope::for_tests()).to_string(),
            "arn:aws:elasticache:us-east-1:000000000000:parametergroup:default.redis7"
        );
    }
}
