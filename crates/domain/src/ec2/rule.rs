//! Rules of security groups.

use std::fmt;

use ipnet::{Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

use super::filter::Described;
use super::{Ec2Rejection, Tags};
use crate::ids::{AccountId, Scope, SecurityGroupId};

/// Which way a rule lets traffic pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Direction {
    /// To the group's members.
    Ingress,
    /// From them.
    Egress,
}

/// `IpProtocol`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Protocol {
    /// `-1`.
    All,
    /// `tcp`.
    Tcp,
    /// `udp`.
    Udp,
    /// `icmp`.
    Icmp,
    /// `icmpv6`.
    Icmpv6,
    /// Another one, by its number.
    Number(u8),
}

impl Protocol {
    /// Of a name or a number.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Some(match text.to_ascii_lowercase().as_str() {
            "-1" | "all" => Self::All,
            "tcp" | "6" => Self::Tcp,
            "udp" | "17" => Self::Udp,
            "icmp" | "1" => Self::Icmp,
            "icmpv6" | "58" => Self::Icmpv6,
            number => Self::Number(number.parse().ok()?),
        })
    }

    /// Whether `FromPort` and `ToPort` say something with it.
    pub(super) const fn has_ports(self) -> bool {
        matches!(self, Self::Tcp | Self::Udp | Self::Icmp | Self::Icmpv6)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("-1"),
            Self::Tcp => f.write_str("tcp"),
            Self::Udp => f.write_str("udp"),
            Self::Icmp => f.write_str("icmp"),
            Self::Icmpv6 => f.write_str("icmpv6"),
            Self::Number(number) => number.fmt(f),
        }
    }
}

/// Who is at the other end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Peer {
    /// `CidrIpv4`.
    Ipv4(Ipv4Net),
    /// `CidrIpv6`.
    Ipv6(Ipv6Net),
    /// `PrefixListId`.
    PrefixList(String),
    /// The members of a security group.
    Group {
        /// Its owner.
        owner: AccountId,
        /// The group.
        id: SecurityGroupId,
    },
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ipv4(range) => range.fmt(f),
            Self::Ipv6(range) => range.fmt(f),
            Self::PrefixList(id) => f.write_str(id),
            Self::Group { id, .. } => id.fmt(f),
        }
    }
}

/// What a rule lets pass. Two rules of one direction that agree in all but the description are the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleSpec {
    /// Which protocol.
    pub protocol: Protocol,
    /// First and last port, or type and code of ICMP; none where all pass.
    pub ports: Option<(i32, i32)>,
    /// From or to whom.
    pub peer: Peer,
    /// For people.
    pub description: Option<String>,
}

impl RuleSpec {
    /// Whether both let the same pass.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        (self.protocol, self.ports, &self.peer) == (other.protocol, other.ports, &other.peer)
    }

    /// The rule in AWS's complaint that it is there already.
    pub(super) fn complaint(&self) -> Ec2Rejection {
        let protocol = match self.protocol {
            Protocol::All => "ALL".to_owned(),
            other => other.to_string().to_ascii_uppercase(),
        };
        let ports =
            self.ports.map_or_else(String::new, |(from, to)| format!(", from port: {from}, to port: {to}"));
        Ec2Rejection::RuleExists(format!("peer: {}, {protocol}{ports}, ALLOW", self.peer))
    }
}

/// A rule of a security group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroupRule {
    /// `sgr-…`.
    pub id: String,
    /// Account and region.
    pub scope: Scope,
    /// Its group.
    pub group: SecurityGroupId,
    /// Which way.
    pub direction: Direction,
    /// What it lets pass.
    pub spec: RuleSpec,
    /// Its tags.
    pub tags: Tags,
}

impl SecurityGroupRule {
    /// Its ARN.
    pub fn arn(&self) -> String {
        super::arn(&self.scope, "security-group-rule", &self.id)
    }
}

impl Described for SecurityGroupRule {
    const FILTERS: &'static [&'static str] = &["group-id", "security-group-rule-id"];

    fn attribute(&self, filter: &str) -> Vec<String> {
        let one = if filter == "group-id" { self.group.to_string() } else { self.id.clone() };
        vec![one]
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }
}
