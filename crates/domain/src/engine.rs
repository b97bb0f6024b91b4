//! The three cache engines.

use serde::{Deserialize, Serialize};

/// A cache engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// Redis OSS.
    Redis,
    /// Valkey.
    Valkey,
    /// Memcached.
    Memcached,
}

impl Engine {
    /// Every engine, in the order in which the guide names them.
    pub const ALL: [Self; 3] = [Self::Redis, Self::Valkey, Self::Memcached];

    /// The name in requests and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Valkey => "valkey",
            Self::Memcached => "memcached",
        }
    }

    /// The port that a cache gets when none is asked for.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Redis | Self::Valkey => 6379,
            Self::Memcached => 11211,
        }
    }
}

impl std::fmt::Display for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Engine {
    type Err = UnknownEngine;

    /// By name, in any case: the guide writes engines in both.
    fn from_str(s: &str) -> Result<Self, UnknownEngine> {
        let found = Self::ALL.into_iter().find(|engine| engine.as_str().eq_ignore_ascii_case(s));
        found.ok_or_else(|| UnknownEngine(s.to_owned()))
    }
}

/// A text that names no engine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a cache engine: redis, valkey, memcached")]
pub struct UnknownEngine(pub String);
