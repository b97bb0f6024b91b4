//! Names: the zone that is derived from the world, and the servers that answer it.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

/// What the names under the suffix are, whole. A name that is not in it does not exist.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// The last part of every name, without dots at its ends: `simfra.dev`. Nothing below it is ever asked of others.
    pub suffix: String,
    /// Lower-case names without the final dot → addresses. More than one: an answer carries one, in rotation.
    pub names: BTreeMap<String, Vec<Ipv4Addr>>,
}
