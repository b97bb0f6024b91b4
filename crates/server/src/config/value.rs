//! The kinds of values that settings have, each with the sentence that says what is accepted.
//!
//! A parse error completes the sentence "…; expected …".

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::ops::RangeInclusive;
use std::str::FromStr;

use clap::ValueEnum;
use subtle::ConstantTimeEq;

/// How much the gateway asks of a request's signature.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum AuthMode {
    /// Nothing is checked.
    Off,
    /// Any credentials; a known key with a wrong signature is refused.
    #[default]
    Lenient,
    /// Only known keys with right signatures.
    Strict,
}

/// Whether AWS's account quotas hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Quotas {
    /// AWS's defaults.
    #[default]
    Aws,
    /// No quota.
    Off,
}

impl From<Quotas> for domain::quota::Quotas {
    fn from(quotas: Quotas) -> Self {
        match quotas {
            Quotas::Aws => Self::Aws,
            Quotas::Off => Self::Off,
        }
    }
}

/// For whom the log is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines: a JSON object a line.
    Json,
}

/// A text that appears in no log, debug output or help.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Box<str>);

impl Secret {
    /// The text itself, to sign or compare with.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether `offered` is the secret, in a time that tells nothing of where they differ.
    pub fn matches(&self, offered: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(offered).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl FromStr for Secret {
    type Err = &'static str;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let printable = !s.is_empty() && s.bytes().all(|b| b.is_ascii_graphic());
        if printable { Ok(Self(s.into())) } else { Err("printable ASCII without blanks") }
    }
}

/// An access key: its public id and its secret.
#[derive(Debug, Clone)]
pub struct AccessKey {
    /// What a request names.
    pub id: String,
    /// What it is signed with.
    pub secret: Secret,
}

/// The name of one of several Simfras on a machine; it becomes part of container and network names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance(Box<str>);

impl Instance {
    /// The instance on `port` when none is named: `default`, or `p<port>`.
    pub fn of_port(port: u16) -> Self {
        if port == super::DEFAULT_PORT { Self("default".into()) } else { Self(format!("p{port}").into()) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Instance {
    type Err = &'static str;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let form = (1..=32).contains(&s.len())
            && s.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !s.ends_with('-');
        if form {
            Ok(Self(s.into()))
        } else {
            Err("a name of 1 to 32 lower-case letters, digits and hyphens, without a hyphen at its ends")
        }
    }
}

/// A Docker image's name and tag, `redis:7`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageName(Box<str>);

impl ImageName {
    /// The name as given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ImageName {
    type Err = &'static str;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let form = !s.is_empty()
            && s.starts_with(|c: char| c.is_ascii_alphanumeric())
            && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/:@".contains(&b));
        if form { Ok(Self(s.into())) } else { Err("an image like redis:7") }
    }
}

/// A range of ports, `11800-11899`, or one port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortRange {
    first: u16,
    last: u16,
}

impl FromStr for PortRange {
    type Err = &'static str;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let (first, last) = s.split_once('-').unwrap_or((s, s));
        match (first.parse(), last.parse()) {
            (Ok(first), Ok(last)) if 0 < first && first <= last => Ok(Self { first, last }),
            _ => Err("a range of ports like 11800-11899, lower one first"),
        }
    }
}

impl From<PortRange> for RangeInclusive<u16> {
    fn from(range: PortRange) -> Self {
        range.first..=range.last
    }
}

/// A run of /16 networks, `10.200.0.0-10.255.0.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VpcPool {
    /// The first network's base address.
    pub first: Ipv4Addr,
    /// The last network's base address.
    pub last: Ipv4Addr,
}

impl FromStr for VpcPool {
    type Err = &'static str;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let base = |text: &str| {
            let address: Ipv4Addr = text.strip_suffix("/16").unwrap_or(text).parse().ok()?;
            (address.is_private() && address.octets()[2..] == [0, 0]).then_some(address)
        };
        let (first, last) = s.split_once('-').unwrap_or((s, s));
        match (base(first), base(last)) {
            (Some(first), Some(last)) if first <= last => Ok(Self { first, last }),
            _ => Err(
                "the base addresses of two private /16 networks like 10.200.0.0-10.255.0.0, lower one first",
            ),
        }
    }
}

/// The last part of endpoint names: two labels or more, in lower case, without a dot at its ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsSuffix(Box<str>);

impl DnsSuffix {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DnsSuffix {
    type Err = &'static str;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let name = s.to_ascii_lowercase();
        // 128: room for the longest endpoint name before it, within DNS's 253.
        if is_dns_name(&name) && name.len() <= 128 {
            Ok(Self(name.into()))
        } else {
            Err("a DNS name like simfra.dev")
        }
    }
}

/// A host's name or address without a port, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HostName(Box<str>);

impl HostName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HostName {
    type Err = &'static str;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let name = s.trim().trim_end_matches('.').to_ascii_lowercase();
        if is_dns_name(&name) || name.parse::<IpAddr>().is_ok() {
            Ok(Self(name.into()))
        } else {
            Err("a comma-separated list of host names or addresses, without ports")
        }
    }
}

fn is_dns_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(label)
}

/// An address to listen on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Host(pub(super) IpAddr);

impl FromStr for Host {
    type Err = &'static str;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        s.parse()
            .map(Self)
            .map_err(|_| "an address of this machine like 127.0.0.1, or 0.0.0.0 for all of them")
    }
}

/// A tracing filter.
#[derive(Debug, Clone)]
pub(super) struct Filter(pub(super) String);

impl FromStr for Filter {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        match tracing_subscriber::EnvFilter::try_new(s) {
            Ok(_) => Ok(Self(s.to_owned())),
            Err(_) => {
                Err("a level (error, warn, info, debug, trace) or a filter like info,server=debug".to_owned())
            }
        }
    }
}
