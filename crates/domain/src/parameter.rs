//! Engine parameters: what each family knows (`data/parameters/`), which values they take, and what an engine is told.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::catalogue::{Row, Table};
use crate::engine::Engine;
use crate::engine_version::{EngineVersion, VersionNumber};

mod allowed;
mod node_type_values;
mod setting;

pub use allowed::DataType;
pub use node_type_values::NodeTypeParameter;
pub use setting::{Changed, Setting, changed, memory_limit_bytes, settings};

/// The values that a parameter group says, where they are others than its family's defaults.
pub type ParameterValues = std::collections::BTreeMap<String, String>;

/// When a changed value is put in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChangeType {
    /// At once.
    Immediate,
    /// When the node is rebooted.
    RequiresReboot,
}

impl ChangeType {
    /// AWS's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Immediate => "immediate",
            Self::RequiresReboot => "requires-reboot",
        }
    }
}

/// A parameter's row of its family's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterFacts {
    /// `maxmemory-policy`.
    pub name: &'static str,
    /// Its value in the default parameter group; none where the node type decides, or where it is empty.
    pub default: Option<&'static str>,
    /// `DataType`.
    pub data_type: DataType,
    /// `AllowedValues`.
    pub allowed: Option<&'static str>,
    /// `IsModifiable` in a group of one's own.
    pub is_modifiable: bool,
    /// The least version of the engine that knows it.
    pub since: VersionNumber,
    /// When a change is put in force.
    pub change_type: ChangeType,
    /// How the engine is told; none where that is ElastiCache's own affair.
    directive: Option<&'static str>,
    /// Whether the default is another than the engine's own, so that it is told at the start.
    at_start: bool,
}

/// The parameters of a family.
#[derive(Debug)]
pub struct Family {
    name: &'static str,
    parameters: Vec<ParameterFacts>,
    with_node_type: Vec<ParameterFacts>,
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
    tables.map(|(name, text)| Family::read(name, text)).into()
});

impl Family {
    fn read(name: &'static str, text: &'static str) -> Self {
        let mut rows = Table::parse(text).rows(ParameterFacts::read);
        rows.sort_by_key(|row| row.name);
        let (with_node_type, parameters) =
            rows.into_iter().partition(|row| NodeTypeParameter::of(row.name).is_some());
        Self { name, parameters, with_node_type }
    }

    /// The family of this name, `redis7`; none for those before Redis 3.2, of which AWS's list is lost, and for what is
    /// no family.
    pub fn named(name: &str) -> Option<&'static Self> {
        let table = if name.starts_with("memcached") { "memcached" } else { name };
        FAMILIES.iter().find(|family| family.name == table)
    }

    /// The family of a version.
    pub fn of(version: &EngineVersion) -> Option<&'static Self> {
        Self::named(version.family)
    }

    /// Its parameters that have one value whatever the node type, by name.
    pub fn parameters(&self) -> &[ParameterFacts] {
        &self.parameters
    }

    /// Those whose value the node type decides.
    pub fn with_node_type(&self) -> impl Iterator<Item = (&ParameterFacts, NodeTypeParameter)> {
        self.with_node_type.iter().filter_map(|row| Some((row, NodeTypeParameter::of(row.name)?)))
    }

    /// Any of its parameters.
    pub fn parameter(&self, name: &str) -> Option<&ParameterFacts> {
        self.parameters.iter().chain(&self.with_node_type).find(|row| row.name == name)
    }

    fn all(&self) -> impl Iterator<Item = &ParameterFacts> {
        self.parameters.iter().chain(&self.with_node_type)
    }
}

impl ParameterFacts {
    fn read(row: &Row<'_>) -> Self {
        Self {
            name: row.text("parameter"),
            default: row.optional("default"),
            data_type: DataType::read(row.text("type")),
            allowed: row.optional("allowed"),
            is_modifiable: row.yes("modifiable"),
            since: row.text("since").parse().expect("the table's versions are numbers"),
            change_type: match row.text("change") {
                "immediate" => ChangeType::Immediate,
                "requires-reboot" => ChangeType::RequiresReboot,
                other => panic!("'{other}' is no change type"),
            },
            directive: row.optional("directive"),
            at_start: row.yes("at_start"),
        }
    }

    /// Whether an engine is told of it: as a directive, or as a limit of its memory.
    pub fn is_told(&self) -> bool {
        self.directive.is_some()
            || matches!(self.name, setting::RESERVED_MEMORY_PERCENT | setting::CONNECTIONS_OVERHEAD)
    }

    /// Whether it takes the value.
    pub fn takes(&self, value: &str) -> bool {
        allowed::allows(self.data_type, self.allowed, value)
    }

    /// Whether it can be changed only while no cluster uses the group (recorded: such parameters read
    /// `IsModifiable` true in a group of one's own, and false in the default ones).
    pub fn changes_unused(&self) -> bool {
        matches!(self.name, "cluster-enabled" | "databases" | "activerehashing")
    }
}

/// The families that a parameter group can be made for, by name.
pub fn families() -> impl Iterator<Item = (Engine, &'static str)> {
    let mut seen: Vec<(Engine, &'static str)> = Vec::new();
    for version in Engine::ALL.into_iter().flat_map(EngineVersion::all) {
        if !seen.iter().any(|(_, family)| *family == version.family) {
            seen.push((version.engine, version.family));
        }
    }
    seen.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_from_redis_3_2_on_has_its_parameters() {
        for (engine, family) in families() {
            let without = ["redis2.6", "redis2.8"].contains(&family);
            assert_eq!(Family::named(family).is_none(), without, "{engine} {family}");
        }
    }

    #[test]
    fn every_default_is_a_value_that_the_parameter_takes() {
        for family in FAMILIES.iter() {
            for row in family.all() {
                // `cluster-databases` is printed as 0 in AWS's guide and takes 1 and more.
                let odd = row.name == "cluster-databases";
                let default = row.default.filter(|_| !odd);
                assert!(default.is_none_or(|value| row.takes(value)), "{} {row:?}", family.name);
            }
        }
    }
}
