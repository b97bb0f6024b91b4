//! Permissions: how requests and answers bundle rules that agree in protocol and ports.

use super::rule::{Peer, Protocol, RuleSpec};
use super::{Ec2Rejection, Kind};
use crate::ids::{AccountId, SecurityGroupId};

/// `IpPermission` as it came, or the same in single parameters.
#[derive(Debug, Clone, Default)]
pub struct RequestedPermission {
    /// `IpProtocol`.
    pub protocol: Option<String>,
    /// `FromPort`.
    pub from_port: Option<i32>,
    /// `ToPort`.
    pub to_port: Option<i32>,
    /// At the other end, each with its description.
    pub peers: Vec<(RequestedPeer, Option<String>)>,
}

/// One peer as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestedPeer {
    /// `CidrIp`.
    Ipv4(String),
    /// `CidrIpv6`.
    Ipv6(String),
    /// `PrefixListId`.
    PrefixList(String),
    /// `GroupId`, with `UserId` where it was sent.
    Group(Option<String>, String),
    /// `GroupName`: found by who asks, as only that one knows names.
    GroupName(String),
}

/// Rules that agree in protocol and ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission<'r> {
    /// Their protocol.
    pub protocol: Protocol,
    /// Their ports.
    pub ports: Option<(i32, i32)>,
    /// Their peers and descriptions.
    pub peers: Vec<(&'r Peer, Option<&'r str>)>,
}

impl<'r> Permission<'r> {
    /// `specs` as permissions, in the order in which each first occurs.
    pub fn bundle(specs: impl IntoIterator<Item = &'r RuleSpec>) -> Vec<Self> {
        let mut bundled: Vec<Self> = Vec::new();
        for spec in specs {
            let peer = (&spec.peer, spec.description.as_deref());
            let same =
                bundled.iter_mut().find(|one| (one.protocol, one.ports) == (spec.protocol, spec.ports));
            match same {
                Some(permission) => permission.peers.push(peer),
                None => {
                    bundled.push(Self { protocol: spec.protocol, ports: spec.ports, peers: vec![peer] });
                }
            }
        }
        bundled
    }
}

impl RequestedPermission {
    /// The rules that it asks for, a rule a peer.
    ///
    /// # Errors
    /// What is wrong with its protocol, its ports or a peer.
    pub(super) fn rules(&self, account: &AccountId) -> Result<Vec<RuleSpec>, Ec2Rejection> {
        let asked = self.protocol.as_deref().ok_or(Ec2Rejection::Missing("ipProtocol"))?;
        let bad = || {
            Ec2Rejection::BadPermission(format!("Invalid value '{asked}' for IP protocol. Unknown protocol."))
        };
        let protocol = Protocol::parse(asked).ok_or_else(bad)?;
        let ports = self.ports(protocol)?;
        if self.peers.is_empty() {
            return Err(Ec2Rejection::Missing("ipPermissions.ipRanges"));
        }
        let rule = |(asked, description): &(RequestedPeer, Option<String>)| {
            let description = description.clone().filter(|text| !text.is_empty());
            check_description(description.as_deref())?;
            Ok(RuleSpec { protocol, ports, peer: peer(asked, account)?, description })
        };
        self.peers.iter().map(rule).collect()
    }

    fn ports(&self, protocol: Protocol) -> Result<Option<(i32, i32)>, Ec2Rejection> {
        if !protocol.has_ports() {
            return Ok(None);
        }
        let icmp = matches!(protocol, Protocol::Icmp | Protocol::Icmpv6);
        let (from, to) = match (self.from_port, self.to_port) {
            (Some(from), Some(to)) => (from, to),
            (None, None) if icmp => (-1, -1),
            (Some(from), None) if icmp => (from, -1),
            _ => {
                let message = format!(
                    "Invalid value 'Must specify both from and to ports with {}.' for portRange.",
                    protocol.to_string().to_ascii_uppercase()
                );
                return Err(Ec2Rejection::BadPermission(message));
            }
        };
        let (least, most) = if icmp { (-1, 255) } else { (0, 65535) };
        if let Some(port) = [from, to].into_iter().find(|port| !(least..=most).contains(port)) {
            let message =
                format!("Invalid value '{port}' for portRange. Must be between {least} and {most}.");
            return Err(Ec2Rejection::BadPermission(message));
        }
        if !icmp && from > to {
            let message = format!("Invalid TCP/UDP port range ({from}:{to})");
            return Err(Ec2Rejection::BadPermission(message));
        }
        Ok(Some((from, to)))
    }
}

fn peer(asked: &RequestedPeer, account: &AccountId) -> Result<Peer, Ec2Rejection> {
    let malformed = |text: &str| Ec2Rejection::BadPermission(format!("CIDR block {text} is malformed"));
    Ok(match asked {
        RequestedPeer::Ipv4(text) => {
            Peer::Ipv4(text.parse::<ipnet::Ipv4Net>().map_err(|_| malformed(text))?.trunc())
        }
        RequestedPeer::Ipv6(text) => {
            Peer::Ipv6(text.parse::<ipnet::Ipv6Net>().map_err(|_| malformed(text))?.trunc())
        }
        RequestedPeer::PrefixList(_) => {
            return Err(Ec2Rejection::NotBuilt("prefix lists in security group rules"));
        }
        RequestedPeer::Group(owner, id) => {
            let id: SecurityGroupId = Kind::SecurityGroup.id(id)?;
            let other = owner.as_deref().is_some_and(|owner| owner != account.as_str());
            if other {
                return Err(Ec2Rejection::NotBuilt("security group rules that name another account's group"));
            }
            Peer::Group { owner: account.clone(), id }
        }
        RequestedPeer::GroupName(name) => return Err(Kind::SecurityGroup.not_found(name)),
    })
}

/// AWS's set of letters for descriptions of groups and rules.
pub(super) fn check_description(text: Option<&str>) -> Result<(), Ec2Rejection> {
    let fits = |c: char| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(c);
    match text {
        Some(text) if text.chars().count() > 255 || !text.chars().all(fits) => {
            Err(Ec2Rejection::BadPermission(
                "Invalid rule description. Valid descriptions are strings less than 256 characters from the following \
                 set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
                    .to_owned(),
            ))
        }
        _ => Ok(()),
    }
}
