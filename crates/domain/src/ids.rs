//! Identifiers: accounts, regions, caches, nodes, VPCs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Box<str>);

        impl $name {
            /// The identifier's text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// A 12-digit AWS account id.
    AccountId
}
text_id! {
    /// An AWS region's name, `us-east-1`.
    Region
}
text_id! {
    /// A cache cluster's id, in lower case.
    CacheClusterId
}
text_id! {
    /// A VPC's id, `vpc-…`.
    VpcId
}

/// Why a text is no identifier of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadId {
    /// Not 12 digits.
    #[error("an account id has 12 digits, not '{0}'")]
    Account(String),
    /// Not of a region's form.
    #[error("'{0}' is not a region's name")]
    Region(String),
    /// Breaks the rule for cache identifiers.
    #[error("'{0}' is not a cache identifier")]
    CacheCluster(String),
    /// Not of the form `vpc-…`.
    #[error("'{0}' is not a VPC id")]
    Vpc(String),
}

impl FromStr for AccountId {
    type Err = BadId;

    fn from_str(s: &str) -> Result<Self, BadId> {
        let digits = s.len() == 12 && s.bytes().all(|b| b.is_ascii_digit());
        if digits { Ok(Self(s.into())) } else { Err(BadId::Account(s.to_owned())) }
    }
}

impl FromStr for Region {
    type Err = BadId;

    fn from_str(s: &str) -> Result<Self, BadId> {
        let form = (3..=32).contains(&s.len())
            && s.starts_with(|c: char| c.is_ascii_lowercase())
            && s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if form { Ok(Self(s.into())) } else { Err(BadId::Region(s.to_owned())) }
    }
}

impl FromStr for CacheClusterId {
    type Err = BadId;

    /// 1 to 50 letters, digits and hyphens; first a letter, no hyphen last, no two in a row; kept in lower case.
    fn from_str(s: &str) -> Result<Self, BadId> {
        let form = (1..=50).contains(&s.len())
            && s.starts_with(|c: char| c.is_ascii_alphabetic())
            && s.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !s.ends_with('-')
            && !s.contains("--");
        if form { Ok(Self(s.to_ascii_lowercase().into())) } else { Err(BadId::CacheCluster(s.to_owned())) }
    }
}

impl FromStr for VpcId {
    type Err = BadId;

    fn from_str(s: &str) -> Result<Self, BadId> {
        let hex = s.strip_prefix("vpc-").unwrap_or_default();
        let form = !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit());
        if form { Ok(Self(s.into())) } else { Err(BadId::Vpc(s.to_owned())) }
    }
}

/// A cache node's number within its cluster, from 1; written with four digits, `0001`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CacheNodeId(u16);

impl CacheNodeId {
    /// Node `n`, counted from 1.
    pub const fn new(n: u16) -> Self {
        Self(n)
    }

    /// The number, counted from 1.
    pub const fn number(self) -> u16 {
        self.0
    }
}

impl fmt::Display for CacheNodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.0)
    }
}

/// An account and a region: what AWS keeps apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Scope {
    /// The account.
    pub account: AccountId,
    /// The region.
    pub region: Region,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.account, self.region)
    }
}
