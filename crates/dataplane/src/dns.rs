//! Names: the zone that is derived from the world, and the servers that answer it.
//!
//! Two servers answer the same way: [`HostServer`] on a host port for every account, and [`resolver::run`] inside a
//! VPC. Names under the zone's suffix are answered here alone and never asked of anyone else; every other name goes to
//! the system's resolvers ([`Upstream`]). Nothing here decides which names there are.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

mod answer;
mod host;
mod live;
pub mod resolver;
mod serve;
mod upstream;

#[cfg(test)]
mod tests;

pub use answer::{Answer, answer};
pub use host::{HostServer, HostServerError};
pub use upstream::Upstream;

/// What the names under the suffix are, whole. A name that is not in it does not exist.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// The last part of every name, without dots at its ends: `simfra.dev`. Nothing below it is ever asked of others.
    pub suffix: String,
    /// Lower-case names without the final dot → addresses. More than one: an answer carries one, in rotation.
    pub names: BTreeMap<String, Vec<Ipv4Addr>>,
}

/// What changes about a zone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneChange {
    /// Names that are gone.
    pub gone: Vec<String>,
    /// Names that are new or lead elsewhere.
    pub names: BTreeMap<String, Vec<Ipv4Addr>>,
}

impl Zone {
    /// Makes a change.
    pub fn change(&mut self, change: ZoneChange) {
        for name in &change.gone {
            self.names.remove(name);
        }
        self.names.extend(change.names);
    }
}

/// What a VPC's resolver is to answer from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ZoneUpdate {
    /// This.
    Whole(Zone),
    /// What it does, with this change.
    Change(ZoneChange),
}
