//! Cache parameter groups: the default ones, which every account and region has and nobody can change, and people's own.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::arn::{Arn, ResourceType};
use crate::engine::Engine;
use crate::ids::{CacheParameterGroupName, Scope};
use crate::parameter::{Family, ParameterFacts, ParameterValues, families};
use crate::tag::Tags;

mod rejection;
mod request;
pub mod validate;

pub use rejection::ParameterGroupRejection;
pub use request::{
    CreateCacheParameterGroup, DescribeCacheParameters, Listed, ModifyCacheParameterGroup,
    ParameterNameValue, ParameterSource, ResetCacheParameterGroup,
};

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
    /// Where it says something else than its family's defaults.
    pub values: ParameterValues,
}

/// Somebody's own parameter group, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnParameterGroup {
    /// Account and region.
    pub scope: Scope,
    /// The group.
    pub group: CacheParameterGroup,
    /// Its tags.
    pub tags: Tags,
}

static DEFAULTS: LazyLock<Vec<CacheParameterGroup>> = LazyLock::new(|| {
    let mut groups = Vec::new();
    for (engine, family) in families() {
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

const CLUSTER_ENABLED: &str = "cluster-enabled";

impl ClusterMode {
    /// What a group's values say.
    pub fn of(values: &ParameterValues) -> Self {
        match values.get(CLUSTER_ENABLED).map(String::as_str) {
            Some("yes") => Self::On,
            _ => Self::Off,
        }
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
        let (name, description, values) = match cluster_mode {
            ClusterMode::Off => {
                (name, format!("Default parameter group for {family}"), ParameterValues::new())
            }
            ClusterMode::On => (
                format!("{name}.cluster.on").parse().expect("families are dotted words"),
                format!("Customized default parameter group for {family} with cluster mode on"),
                ParameterValues::from([(CLUSTER_ENABLED.to_owned(), "yes".to_owned())]),
            ),
        };
        Self { name, family: family.to_owned(), description, values }
    }

    /// Whether it is one of AWS's own.
    pub fn is_default(&self) -> bool {
        self.name.as_str().starts_with("default.")
    }

    /// Its `cluster-enabled`.
    pub fn cluster_mode(&self) -> ClusterMode {
        ClusterMode::of(&self.values)
    }

    /// Its value of a parameter of its family; none where the node type decides, or it is empty.
    pub fn value<'g>(&'g self, parameter: &'g ParameterFacts) -> Option<&'g str> {
        self.values.get(parameter.name).map(String::as_str).or(parameter.default)
    }

    /// The parameters of its family, by name; none for families whose list is lost.
    pub fn parameters(&self) -> &'static [ParameterFacts] {
        Family::named(&self.family).map_or(&[], Family::parameters)
    }

    /// Where it says that its values come from.
    pub fn source(&self) -> ParameterSource {
        if self.is_default() { ParameterSource::System } else { ParameterSource::User }
    }

    /// Those of [`CacheParameterGroup::parameters`] that a request lists.
    pub fn listed(&self, listed: Listed) -> impl Iterator<Item = &'static ParameterFacts> {
        self.parameters().iter().filter(move |parameter| match listed {
            Listed::All => true,
            Listed::Told => self.values.contains_key(parameter.name),
            Listed::Nothing => false,
        })
    }

    /// Its ARN in `scope`.
    pub fn arn(&self, scope: &Scope) -> Arn {
        Arn::new(scope, ResourceType::ParameterGroup, self.name.as_str())
    }
}

#[cfg(test)]
mod tests;
