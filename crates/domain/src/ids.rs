//! Identifiers: accounts, regions, caches, nodes, VPCs. An id stands in many rows and keys: copies share their text, and
//! are one word each.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use arcstr::ArcStr;
use serde::{Deserialize, Serialize};

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(ArcStr);

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> Ordering {
                // Most of what is compared is a copy of the same.
                if ArcStr::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { self.0.cmp(&other.0) }
            }
        }

        impl $name {
            /// The identifier's text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        /// As texts do, identifiers order by their letters.
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
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
    /// A serverless cache's name, in lower case.
    ServerlessCacheName
}
text_id! {
    /// A serverless cache snapshot's name, in lower case; automatic ones' have a dot.
    ServerlessCacheSnapshotName
}
text_id! {
    /// The name of a snapshot of a cluster or replication group, in lower case; automatic ones' have a dot.
    SnapshotName
}
text_id! {
    /// A replication group's id, in lower case.
    ReplicationGroupId
}
text_id! {
    /// A global datastore's id, in lower case: its region's prefix, a hyphen and a name.
    GlobalReplicationGroupId
}
text_id! {
    /// A VPC's id, `vpc-…`.
    VpcId
}

text_id! {
    /// A subnet's id, `subnet-…`.
    SubnetId
}
text_id! {
    /// A VPC security group's id, `sg-…`.
    SecurityGroupId
}
text_id! {
    /// An availability zone's name, `us-east-1a`.
    AvailabilityZone
}
text_id! {
    /// A cache parameter group's name, in lower case; default groups' have dots.
    CacheParameterGroupName
}
text_id! {
    /// A cache subnet group's name, in lower case.
    CacheSubnetGroupName
}

text_id! {
    /// A user's id, in the letters in which it was written.
    UserId
}
text_id! {
    /// A user group's id, in lower case.
    UserGroupId
}

text_id! {
    /// A reservation's id, in lower case.
    ReservedCacheNodeId
}

/// Which of AWS's separate worlds a region is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Partition {
    /// Commercial regions.
    Aws,
    /// China.
    AwsCn,
    /// GovCloud.
    AwsUsGov,
}

impl Partition {
    /// The word in ARNs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsCn => "aws-cn",
            Self::AwsUsGov => "aws-us-gov",
        }
    }
}

impl Region {
    /// The partition it is in.
    pub fn partition(&self) -> Partition {
        match self.as_str() {
            cn if cn.starts_with("cn-") => Partition::AwsCn,
            gov if gov.starts_with("us-gov-") => Partition::AwsUsGov,
            _ => Partition::Aws,
        }
    }
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
    /// Breaks the rule for names of serverless caches.
    #[error("'{0}' is not a serverless cache's name")]
    ServerlessCache(String),
    /// Breaks the rule for names of serverless caches' snapshots.
    #[error("'{0}' is not a serverless cache snapshot's name")]
    ServerlessCacheSnapshot(String),
    /// Breaks the rule for names of snapshots.
    #[error("'{0}' is not a snapshot's name")]
    Snapshot(String),
    /// Breaks the rule for replication groups' identifiers.
    #[error("'{0}' is not a replication group's identifier")]
    ReplicationGroup(String),
    /// Not a region's prefix and a name.
    #[error("'{0}' is not a global datastore's identifier")]
    GlobalReplicationGroup(String),
    /// Not of the form `vpc-…`.
    #[error("'{0}' is not a VPC id")]
    Vpc(String),
    /// Not of the form `subnet-…`.
    #[error("'{0}' is not a subnet id")]
    Subnet(String),
    /// Not of the form `sg-…`.
    #[error("'{0}' is not a security group id")]
    SecurityGroup(String),
    /// Not a region's name and a letter.
    #[error("'{0}' is not an availability zone")]
    AvailabilityZone(String),
    /// Breaks the rule for names of parameter groups.
    #[error("'{0}' is not a cache parameter group's name")]
    CacheParameterGroup(String),
    /// Breaks the rule for names of subnet groups.
    #[error("'{0}' is not a cache subnet group's name")]
    CacheSubnetGroup(String),
    /// Breaks the rule for ids of users.
    #[error("'{0}' is not a user's id")]
    User(String),
    /// Breaks the rule for ids of user groups.
    #[error("'{0}' is not a user group's id")]
    UserGroup(String),
    /// Breaks the rule for ids of reservations.
    #[error("'{0}' is not a reserved cache node's id")]
    ReservedCacheNode(String),
    /// Not a node's number, `0001`.
    #[error("'{0}' is not a cache node id")]
    CacheNode(String),
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
        let form = s.len() <= 50 && is_identifier(s);
        if form { Ok(Self(s.to_ascii_lowercase().into())) } else { Err(BadId::CacheCluster(s.to_owned())) }
    }
}

impl FromStr for ReplicationGroupId {
    type Err = BadId;

    /// As a cluster's, with at most 40 characters: its members' names are longer.
    fn from_str(s: &str) -> Result<Self, BadId> {
        let form = s.len() <= 40 && is_identifier(s);
        if form {
            Ok(Self(s.to_ascii_lowercase().into()))
        } else {
            Err(BadId::ReplicationGroup(s.to_owned()))
        }
    }
}

impl FromStr for GlobalReplicationGroupId {
    type Err = BadId;

    /// `ldgnf-my-datastore`.
    fn from_str(s: &str) -> Result<Self, BadId> {
        let (prefix, suffix) =
            s.split_once('-').ok_or_else(|| BadId::GlobalReplicationGroup(s.to_owned()))?;
        Self::of(&prefix.to_ascii_lowercase(), suffix)
    }
}

impl GlobalReplicationGroupId {
    /// The id that `suffix` gets in the region of this prefix: an identifier of at most 40 characters (uncertain), kept
    /// in lower case.
    ///
    /// # Errors
    /// When no region has the prefix, or the suffix breaks the rule.
    pub fn of(prefix: &str, suffix: &str) -> Result<Self, BadId> {
        let id = format!("{prefix}-{suffix}");
        let has_region = Region::of_global_datastores(prefix).is_some();
        if has_region && suffix.len() <= 40 && is_identifier(suffix) {
            Ok(Self(id.to_ascii_lowercase().into()))
        } else {
            Err(BadId::GlobalReplicationGroup(id))
        }
    }

    /// The region that it was made in.
    pub fn region(&self) -> Region {
        let prefix = self.0.split_once('-').map_or("", |(prefix, _)| prefix);
        Region::of_global_datastores(prefix).expect("its prefix was a region's when it was made")
    }
}

impl FromStr for ServerlessCacheName {
    type Err = BadId;

    /// As a cluster's id, with at most 40 characters, which AWS's console says (uncertain).
    fn from_str(s: &str) -> Result<Self, BadId> {
        let form = s.len() <= 40 && is_identifier(s);
        if form { Ok(Self(s.to_ascii_lowercase().into())) } else { Err(BadId::ServerlessCache(s.to_owned())) }
    }
}

impl FromStr for ServerlessCacheSnapshotName {
    type Err = BadId;

    /// An identifier of at most 255 characters, behind `automatic.` where the service made the snapshot; kept in lower
    /// case.
    fn from_str(s: &str) -> Result<Self, BadId> {
        if is_snapshot_name(s) {
            Ok(Self(s.to_ascii_lowercase().into()))
        } else {
            Err(BadId::ServerlessCacheSnapshot(s.to_owned()))
        }
    }
}

/// What the service's own snapshots are called in front.
const AUTOMATIC: &str = "automatic.";

fn is_snapshot_name(s: &str) -> bool {
    let lower = s.to_ascii_lowercase();
    s.len() <= 255 && is_identifier(lower.strip_prefix(AUTOMATIC).unwrap_or(&lower))
}

impl FromStr for SnapshotName {
    type Err = BadId;

    /// As a serverless cache snapshot's.
    fn from_str(s: &str) -> Result<Self, BadId> {
        if is_snapshot_name(s) {
            Ok(Self(s.to_ascii_lowercase().into()))
        } else {
            Err(BadId::Snapshot(s.to_owned()))
        }
    }
}

impl SnapshotName {
    /// The name of a snapshot of one's own: an identifier, without the service's prefix.
    ///
    /// # Errors
    /// When it breaks the rule.
    pub fn of_own_snapshot(s: &str) -> Result<Self, BadId> {
        if is_identifier(s) { s.parse() } else { Err(BadId::Snapshot(s.to_owned())) }
    }

    /// The name of the automatic snapshot of the cluster or group `subject` at `moment`, `2026-03-01-05-30`.
    pub(crate) fn of_automatic_snapshot(subject: &str, moment: &str) -> Self {
        Self(format!("{}{moment}", Self::start_of_automatic(subject)).into())
    }

    /// How the names of all automatic snapshots of `subject` begin.
    pub fn start_of_automatic(subject: &str) -> String {
        format!("{AUTOMATIC}{subject}-")
    }
}

impl ServerlessCacheSnapshotName {
    /// The name of a snapshot of one's own: an identifier, without the service's prefix.
    ///
    /// # Errors
    /// When it breaks the rule.
    pub fn of_own_snapshot(s: &str) -> Result<Self, BadId> {
        if is_identifier(s) { s.parse() } else { Err(BadId::ServerlessCacheSnapshot(s.to_owned())) }
    }

    /// The name of the automatic snapshot of `cache` at `moment`, `2026-03-01-05-30`.
    pub fn of_automatic_snapshot(cache: &ServerlessCacheName, moment: &str) -> Self {
        Self(format!("{AUTOMATIC}{cache}-{moment}").into())
    }
}

/// AWS's rule for identifiers: ASCII letters, digits and hyphens; first a letter, no hyphen last, no two in a row.
fn is_identifier(s: &str) -> bool {
    s.starts_with(|c: char| c.is_ascii_alphabetic())
        && s.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !s.ends_with('-')
        && !s.contains("--")
}

impl FromStr for CacheParameterGroupName {
    type Err = BadId;

    /// An identifier of at most 255 characters, or a default group's name, whose family is dotted (`default.redis7`);
    /// kept in lower case.
    fn from_str(s: &str) -> Result<Self, BadId> {
        let s = s.to_ascii_lowercase();
        let form = s.len() <= 255 && (is_identifier(&s) || s.split('.').all(|part| part.bytes().all(word)));
        fn word(b: u8) -> bool {
            b.is_ascii_alphanumeric() || b == b'-'
        }
        if form && !s.is_empty() { Ok(Self(s.into())) } else { Err(BadId::CacheParameterGroup(s)) }
    }
}

impl CacheParameterGroupName {
    /// The name of a group of one's own: an identifier, without the dots of default groups' names.
    ///
    /// # Errors
    /// When it breaks the rule.
    pub fn of_own_group(s: &str) -> Result<Self, BadId> {
        if is_identifier(s) { s.parse() } else { Err(BadId::CacheParameterGroup(s.to_owned())) }
    }
}

impl FromStr for UserId {
    type Err = BadId;

    /// An identifier of at most 40 characters (the number is uncertain); its letters stay as they are, since an IAM user's
    /// id is its name in the engine.
    fn from_str(s: &str) -> Result<Self, BadId> {
        if s.len() <= 40 && is_identifier(s) { Ok(Self(s.into())) } else { Err(BadId::User(s.to_owned())) }
    }
}

impl FromStr for UserGroupId {
    type Err = BadId;

    /// An identifier of at most 40 characters (the number is uncertain), kept in lower case.
    fn from_str(s: &str) -> Result<Self, BadId> {
        if s.len() <= 40 && is_identifier(s) {
            Ok(Self(s.to_ascii_lowercase().into()))
        } else {
            Err(BadId::UserGroup(s.to_owned()))
        }
    }
}

impl FromStr for ReservedCacheNodeId {
    type Err = BadId;

    /// An identifier of at most 255 characters (the number is uncertain), kept in lower case.
    fn from_str(s: &str) -> Result<Self, BadId> {
        if s.len() <= 255 && is_identifier(s) {
            Ok(Self(s.to_ascii_lowercase().into()))
        } else {
            Err(BadId::ReservedCacheNode(s.to_owned()))
        }
    }
}

impl FromStr for CacheSubnetGroupName {
    type Err = BadId;

    /// 1 to 255 letters, digits and hyphens; kept in lower case.
    fn from_str(s: &str) -> Result<Self, BadId> {
        let form = (1..=255).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if form {
            Ok(Self(s.to_ascii_lowercase().into()))
        } else {
            Err(BadId::CacheSubnetGroup(s.to_owned()))
        }
    }
}

/// The part of an EC2 id after its prefix: hexadecimal digits.
fn has_hex_after(s: &str, prefix: &str) -> bool {
    let hex = s.strip_prefix(prefix).unwrap_or_default();
    !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit())
}

impl FromStr for VpcId {
    type Err = BadId;

    fn from_str(s: &str) -> Result<Self, BadId> {
        if has_hex_after(s, "vpc-") { Ok(Self(s.into())) } else { Err(BadId::Vpc(s.to_owned())) }
    }
}

impl FromStr for SubnetId {
    type Err = BadId;

    fn from_str(s: &str) -> Result<Self, BadId> {
        if has_hex_after(s, "subnet-") { Ok(Self(s.into())) } else { Err(BadId::Subnet(s.to_owned())) }
    }
}

impl FromStr for SecurityGroupId {
    type Err = BadId;

    fn from_str(s: &str) -> Result<Self, BadId> {
        if has_hex_after(s, "sg-") { Ok(Self(s.into())) } else { Err(BadId::SecurityGroup(s.to_owned())) }
    }
}

impl FromStr for AvailabilityZone {
    type Err = BadId;

    /// A region's name and a letter.
    fn from_str(s: &str) -> Result<Self, BadId> {
        let region = s.strip_suffix(|c: char| c.is_ascii_lowercase()).unwrap_or_default();
        if region.parse::<Region>().is_ok() {
            Ok(Self(s.into()))
        } else {
            Err(BadId::AvailabilityZone(s.to_owned()))
        }
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

impl FromStr for CacheNodeId {
    type Err = BadId;

    /// Four digits, from `0001`.
    fn from_str(s: &str) -> Result<Self, BadId> {
        let number = s.parse().ok().filter(|n| *n > 0 && s.len() == 4 && !s.starts_with('+'));
        number.map(Self).ok_or_else(|| BadId::CacheNode(s.to_owned()))
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

#[cfg(test)]
impl Scope {
    /// The default account in the default region.
    pub(crate) fn for_tests() -> Self {
        let account = "000000000000".parse().unwrap();
        Self { account, region: "us-east-1".parse().unwrap() }
    }
}
