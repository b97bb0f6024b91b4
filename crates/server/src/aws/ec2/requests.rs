//! Generated request shapes as the domain's requests.

use domain::ec2::{Ec2Rejection, RequestedPeer, RequestedPermission, RequestedTag};
use models::ec2::shapes;

pub(super) fn tags(sent: Option<Vec<shapes::Tag>>) -> Vec<RequestedTag> {
    let each = sent.unwrap_or_default().into_iter();
    each.map(|tag| RequestedTag { key: tag.key, value: tag.value }).collect()
}

/// The tags for the one kind of resource that the operation makes.
pub(super) fn tag_specifications(
    sent: Option<Vec<shapes::TagSpecification>>,
    made: &str,
) -> Result<Vec<RequestedTag>, Ec2Rejection> {
    let mut all = Vec::new();
    for specification in sent.unwrap_or_default() {
        let kind =
            specification.resource_type.ok_or(Ec2Rejection::Missing("TagSpecification.ResourceType"))?;
        if kind.as_str() != made {
            let (value, why) = (kind.to_string(), format!("This operation makes a {made}."));
            return Err(Ec2Rejection::BadValue { parameter: "TagSpecification.ResourceType", value, why });
        }
        all.extend(tags(specification.tags));
    }
    Ok(all)
}

pub(super) fn permissions(sent: Option<Vec<shapes::IpPermission>>) -> Vec<RequestedPermission> {
    sent.unwrap_or_default().into_iter().map(permission).collect()
}

fn permission(sent: shapes::IpPermission) -> RequestedPermission {
    let mut peers = Vec::new();
    for range in sent.ip_ranges.unwrap_or_default() {
        peers.extend(range.cidr_ip.map(|cidr| (RequestedPeer::Ipv4(cidr), range.description)));
    }
    for range in sent.ipv6_ranges.unwrap_or_default() {
        peers.extend(range.cidr_ipv6.map(|cidr| (RequestedPeer::Ipv6(cidr), range.description)));
    }
    for list in sent.prefix_list_ids.unwrap_or_default() {
        peers.extend(list.prefix_list_id.map(|id| (RequestedPeer::PrefixList(id), list.description)));
    }
    for pair in sent.user_id_group_pairs.unwrap_or_default() {
        let peer = match (pair.group_id, pair.group_name) {
            (Some(id), _) => Some(RequestedPeer::Group(pair.user_id, id)),
            (None, name) => name.map(RequestedPeer::GroupName),
        };
        peers.extend(peer.map(|peer| (peer, pair.description)));
    }
    RequestedPermission {
        protocol: sent.ip_protocol,
        from_port: sent.from_port,
        to_port: sent.to_port,
        peers,
    }
}

/// A permission in single parameters, as the oldest clients send it.
#[derive(Debug, Default)]
pub(super) struct Single {
    pub(super) protocol: Option<String>,
    pub(super) from_port: Option<i32>,
    pub(super) to_port: Option<i32>,
    pub(super) cidr: Option<String>,
    pub(super) group_name: Option<String>,
}

impl Single {
    /// `permissions`, or this one where it was sent.
    ///
    /// # Errors
    /// When both were.
    pub(super) fn or(
        self,
        mut permissions: Vec<RequestedPermission>,
    ) -> Result<Vec<RequestedPermission>, Ec2Rejection> {
        let all = self.group_name.is_some() && self.protocol.is_none();
        let ranges = self.cidr.map(RequestedPeer::Ipv4);
        let peers: Vec<_> = ranges.into_iter().chain(self.group_name.map(RequestedPeer::GroupName)).collect();
        if peers.is_empty() && self.protocol.is_none() {
            return Ok(permissions);
        }
        if !permissions.is_empty() {
            return Err(Ec2Rejection::Exclusive("ipPermissions", "ipProtocol"));
        }
        permissions.push(RequestedPermission {
            protocol: if all { Some("-1".to_owned()) } else { self.protocol },
            from_port: self.from_port,
            to_port: self.to_port,
            peers: peers.into_iter().map(|peer| (peer, None)).collect(),
        });
        Ok(permissions)
    }
}

/// What a ModifySecurityGroupRules has a rule let pass.
pub(super) fn rule(sent: shapes::SecurityGroupRuleRequest) -> RequestedPermission {
    let peers = [
        sent.cidr_ipv4.map(RequestedPeer::Ipv4),
        sent.cidr_ipv6.map(RequestedPeer::Ipv6),
        sent.prefix_list_id.map(RequestedPeer::PrefixList),
        sent.referenced_group_id.map(|id| RequestedPeer::Group(None, id)),
    ];
    let description = sent.description;
    RequestedPermission {
        protocol: sent.ip_protocol,
        from_port: sent.from_port,
        to_port: sent.to_port,
        peers: peers.into_iter().flatten().map(|peer| (peer, description.clone())).collect(),
    }
}
