//! Offerings of reserved nodes, made from two tables: what a node costs an hour, and what of that a term leaves.
//!
//! AWS's price lists are not on record. The terms give the one offering that is (a `cache.t3.small` of Memcached) its
//! prices; everything else is as good as a guess, and marked so in the tables.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::catalogue::{Catalogue, Row, Table};
use crate::engine::Engine;
use crate::network::listed;
use crate::stable_hash::StableHash;

listed! {
    /// How an offering is paid.
    OfferingType, "OfferingType",
    /// By the hour, in use or not.
    NoUpfront = "No Upfront",
    /// Half of it ahead.
    PartialUpfront = "Partial Upfront",
    /// All of it ahead.
    AllUpfront = "All Upfront",
    /// An older kind, which nobody can buy.
    HeavyUtilization = "Heavy Utilization",
    /// An older kind, which nobody can buy.
    MediumUtilization = "Medium Utilization",
    /// An older kind, which nobody can buy.
    LightUtilization = "Light Utilization"
}

/// What an offering says, and a reservation keeps. Prices are in thousandths of a dollar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// `cache.t3.small`.
    pub cache_node_type: String,
    /// The engine.
    pub product_description: Engine,
    /// Seconds: one year or three.
    pub duration: u32,
    /// How it is paid.
    pub offering_type: OfferingType,
    /// Ahead, for a node.
    pub fixed_price: u32,
    /// By the hour, for a node.
    pub recurring_charge: u32,
}

/// An offering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offering {
    /// A UUID.
    pub id: String,
    /// What it says.
    pub terms: Terms,
}

/// The offering whose id is on record.
const ON_RECORD: (&str, Engine, u32, OfferingType, &str) = (
    "cache.t3.small",
    Engine::Memcached,
    31_536_000,
    OfferingType::PartialUpfront,
    "01ce0a19-a476-41cb-8aee-48eacbcdc8e5",
);

/// Valkey's nodes cost a fifth less than Redis's.
const VALKEY_PERCENT: u64 = 80;

/// A line of `data/reserved_terms.tsv`.
struct Term {
    duration: u32,
    offering_type: OfferingType,
    /// Of the price without a reservation.
    percent: u64,
    /// Of that, ahead.
    upfront_percent: u64,
}

static OFFERINGS: LazyLock<Vec<Offering>> = LazyLock::new(|| {
    let prices = Table::parse(include_str!("../../data/reserved_prices.tsv")).rows(|row| {
        (row.text("node_type"), row.number::<u64>("hourly_thousandths").expect("every node type has a price"))
    });
    let terms = Table::parse(include_str!("../../data/reserved_terms.tsv")).rows(Term::read);
    let mut offerings = Vec::new();
    for (node_type, hourly) in prices {
        let facts = Catalogue::get().node_types.iter().find(|facts| facts.name == node_type);
        let facts = facts.expect("the catalogue has every node type with a price");
        for engine in Engine::ALL.into_iter().filter(|engine| facts.runs_some(*engine)) {
            let percent = if engine == Engine::Valkey { VALKEY_PERCENT } else { 100 };
            offerings.extend(terms.iter().map(|term| term.offering(node_type, engine, hourly * percent)));
        }
    }
    offerings.sort_by(|a, b| a.id.cmp(&b.id));
    offerings
});

impl Offering {
    /// All of them, by id.
    pub fn all() -> &'static [Self] {
        &OFFERINGS
    }

    /// The one with this id.
    pub fn find(id: &str) -> Option<&'static Self> {
        let at = OFFERINGS.binary_search_by(|offering| offering.id.as_str().cmp(id)).ok()?;
        Some(&OFFERINGS[at])
    }
}

impl Term {
    fn read(row: &Row<'_>) -> Self {
        Self {
            duration: row.number("duration").expect("every term has a duration"),
            offering_type: row.text("offering_type").parse().expect("the table names AWS's types"),
            percent: row.number("percent").expect("every term has a price"),
            upfront_percent: row.number("upfront_percent").expect("every term has a share"),
        }
    }

    /// `hourly`: hundredths of thousandths of a dollar. What is paid ahead is in whole dollars.
    fn offering(&self, node_type: &str, engine: Engine, hourly: u64) -> Offering {
        let reserved = hourly * self.percent;
        let hours = u64::from(self.duration) / 3600;
        let dollars = rounded(reserved * hours * self.upfront_percent, 1_000_000_000);
        let terms = Terms {
            cache_node_type: node_type.to_owned(),
            product_description: engine,
            duration: self.duration,
            offering_type: self.offering_type,
            fixed_price: dollars * 1000,
            recurring_charge: rounded(reserved * (100 - self.upfront_percent), 1_000_000),
        };
        Offering { id: id(&terms), terms }
    }
}

fn rounded(amount: u64, unit: u64) -> u32 {
    u32::try_from((amount + unit / 2) / unit).expect("no node costs millions")
}

fn id(terms: &Terms) -> String {
    let Terms { cache_node_type, product_description: engine, duration, offering_type, .. } = terms;
    if (cache_node_type.as_str(), *engine, *duration, *offering_type)
        == (ON_RECORD.0, ON_RECORD.1, ON_RECORD.2, ON_RECORD.3)
    {
        return ON_RECORD.4.to_owned();
    }
    let hash = StableHash::new("reserved cache nodes offering").with(cache_node_type).with(engine.as_str());
    let hash = hash.with(&duration.to_string()).with(offering_type.as_str());
    let (high, low) = (hash.draw(0), hash.draw(1));
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff
    )
}
