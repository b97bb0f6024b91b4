//! The facts of AWS that Simfra carries as tables (`crates/domain/data/*.tsv`), parsed once.
//!
//! A column `uncertain` names the columns of its row that no primary source confirms; `source` is a short key:
//! `UG:Page` is a page of the ElastiCache user guide, `SAR` the Service Authorization Reference.

use std::sync::LazyLock;

use crate::engine_version::EngineVersion;
use crate::node_type::NodeTypeFacts;
use crate::quota::QuotaFacts;
use crate::region::RegionFacts;

mod table;

pub(crate) use table::{Row, Table};

/// Every table.
#[derive(Debug)]
pub struct Catalogue {
    /// Node types, as the guide lists them.
    pub node_types: Vec<NodeTypeFacts>,
    /// Engine versions, oldest first within an engine.
    pub engine_versions: Vec<EngineVersion>,
    /// Regions with their short codes and maintenance blocks.
    pub regions: Vec<RegionFacts>,
    /// Account quotas.
    pub quotas: Vec<QuotaFacts>,
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue {
    node_types: Table::parse(include_str!("../data/node_types.tsv")).rows(NodeTypeFacts::read),
    engine_versions: Table::parse(include_str!("../data/engine_versions.tsv")).rows(EngineVersion::read),
    regions: Table::parse(include_str!("../data/regions.tsv")).rows(RegionFacts::read),
    quotas: Table::parse(include_str!("../data/quotas.tsv")).rows(QuotaFacts::read),
});

impl Catalogue {
    /// The one catalogue.
    pub fn get() -> &'static Self {
        &CATALOGUE
    }
}
