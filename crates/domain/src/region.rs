//! What is known of a region: its code in endpoint names, its zones, its maintenance block.

use crate::catalogue::{Catalogue, Row};
use crate::ids::{AvailabilityZone, Region};
use crate::window::DailyWindow;

/// A region's row of the catalogue (`data/regions.tsv`).
#[derive(Debug, Clone)]
pub struct RegionFacts {
    /// `us-east-1`.
    pub region: &'static str,
    /// `use1`.
    pub short_code: &'static str,
    /// What the ids of global datastores begin with that are made there, `ldgnf`; none: none are.
    pub global_datastore_prefix: Option<&'static str>,
    /// The hours, in UTC, from which AWS picks a default maintenance window.
    pub maintenance_block: Option<DailyWindow>,
    /// True when the code was derived from the pattern, not seen in a host name.
    pub code_uncertain: bool,
}

impl RegionFacts {
    pub(crate) fn read(row: &Row<'_>) -> Self {
        let block = row.optional("maintenance_block_utc");
        Self {
            region: row.text("region"),
            short_code: row.text("short_code"),
            global_datastore_prefix: row.optional("global_datastore_prefix"),
            maintenance_block: block.map(|block| block.parse().expect("the table's blocks are windows")),
            code_uncertain: row.is_uncertain("short_code"),
        }
    }
}

impl Region {
    /// Its row, if AWS has the region.
    pub fn facts(&self) -> Option<&'static RegionFacts> {
        Catalogue::get().regions.iter().find(|facts| facts.region == self.as_str())
    }

    /// The region whose global datastores' ids begin with `prefix`.
    pub fn of_global_datastores(prefix: &str) -> Option<Self> {
        let mut regions = Catalogue::get().regions.iter();
        let facts = regions.find(|facts| facts.global_datastore_prefix == Some(prefix))?;
        facts.region.parse().ok()
    }

    /// Those in which global datastores are made, in the order of the prefixes of their ids.
    pub fn with_global_datastores() -> impl Iterator<Item = Self> {
        let facts = Catalogue::get().regions.iter();
        let mut prefixes: Vec<_> = facts.filter_map(|facts| facts.global_datastore_prefix).collect();
        prefixes.sort_unstable();
        prefixes.into_iter().filter_map(Self::of_global_datastores)
    }

    /// Its code in endpoint names, `use1`; for a region that the catalogue lacks, after the same pattern.
    pub fn short_code(&self) -> String {
        self.facts().map_or_else(|| abbreviate(self.as_str()), |facts| facts.short_code.to_owned())
    }

    /// Its availability zones: a to f in us-east-1, a to c elsewhere. (AWS gives each account its own selection;
    /// three is what every region has.)
    pub fn zones(&self) -> Vec<AvailabilityZone> {
        let letters = if self.as_str() == "us-east-1" { 'a'..='f' } else { 'a'..='c' };
        letters.filter_map(|letter| format!("{self}{letter}").parse().ok()).collect()
    }
}

/// `ap-southeast-1` → `apse1`: the first word whole, of the others each compass point's first letter.
fn abbreviate(region: &str) -> String {
    let mut words = region.split('-');
    let mut code = words.next().unwrap_or_default().to_owned();
    for word in words {
        match word {
            "northeast" => code.push_str("ne"),
            "northwest" => code.push_str("nw"),
            "southeast" => code.push_str("se"),
            "southwest" => code.push_str("sw"),
            number if number.bytes().all(|b| b.is_ascii_digit()) => code.push_str(number),
            other => code.extend(other.chars().next()),
        }
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_code_but_two_follows_the_pattern() {
        let odd = Catalogue::get().regions.iter().filter(|f| abbreviate(f.region) != f.short_code);
        let odd: Vec<_> = odd.map(|f| (f.region, f.short_code)).collect();
        assert_eq!(odd, [("cn-northwest-1", "cnw1")]);
    }

    #[test]
    fn each_prefix_of_global_datastores_is_one_regions() {
        let prefixes =
            Catalogue::get().regions.iter().filter_map(|f| Some((f.global_datastore_prefix?, f.region)));
        let prefixes: Vec<_> = prefixes.collect();
        assert_eq!(prefixes.len(), 20);
        for (prefix, region) in prefixes {
            assert_eq!(Region::of_global_datastores(prefix).unwrap().as_str(), region);
        }
        assert_eq!(Region::of_global_datastores(""), None);
    }

    #[test]
    fn a_region_has_zones() {
        let names = |region: &str| {
            let region: Region = region.parse().unwrap();
            region.zones().iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names("us-east-1"), "us-east-1a us-east-1b us-east-1c us-east-1d us-east-1e us-east-1f");
        assert_eq!(names("eu-west-3"), "eu-west-3a eu-west-3b eu-west-3c");
        assert_eq!(names("local"), "locala localb localc", "a region of the user's own has zones too");
    }
}
