//! Security groups and their rules.

use domain::ec2::{Direction, Peer, Permission, SecurityGroup, SecurityGroupRule};
use models::ec2::shapes;

use super::tags;

pub(crate) fn created_security_group(group: &SecurityGroup) -> shapes::CreateSecurityGroupResult {
    shapes::CreateSecurityGroupResult {
        group_id: Some(group.id.to_string()),
        tags: tags(&group.tags),
        security_group_arn: Some(group.arn()),
    }
}

pub(crate) fn security_group(group: &SecurityGroup) -> shapes::SecurityGroup {
    let of = |direction| {
        let bundled = Permission::bundle(group.rules_of(direction).map(|rule| &rule.spec));
        Some(bundled.iter().map(permission).collect())
    };
    shapes::SecurityGroup {
        group_id: Some(group.id.to_string()),
        ip_permissions_egress: of(Direction::Egress),
        tags: tags(&group.tags),
        vpc_id: Some(group.vpc.to_string()),
        security_group_arn: Some(group.arn()),
        owner_id: Some(group.scope.account.to_string()),
        group_name: Some(group.name.clone()),
        description: Some(group.description.clone()),
        ip_permissions: of(Direction::Ingress),
    }
}

fn permission(permission: &Permission<'_>) -> shapes::IpPermission {
    let mut shape = shapes::IpPermission {
        ip_protocol: Some(permission.protocol.to_string()),
        from_port: permission.ports.map(|(from, _)| from),
        to_port: permission.ports.map(|(_, to)| to),
        user_id_group_pairs: Some(Vec::new()),
        ip_ranges: Some(Vec::new()),
        ipv6_ranges: Some(Vec::new()),
        prefix_list_ids: Some(Vec::new()),
    };
    for (peer, description) in &permission.peers {
        let description = description.map(str::to_owned);
        match peer {
            Peer::Ipv4(range) => shape
                .ip_ranges
                .get_or_insert_default()
                .push(shapes::IpRange { description, cidr_ip: Some(range.to_string()) }),
            Peer::Ipv6(range) => shape
                .ipv6_ranges
                .get_or_insert_default()
                .push(shapes::Ipv6Range { description, cidr_ipv6: Some(range.to_string()) }),
            Peer::PrefixList(id) => shape
                .prefix_list_ids
                .get_or_insert_default()
                .push(shapes::PrefixListId { description, prefix_list_id: Some(id.clone()) }),
            Peer::Group { owner, id } => {
                shape.user_id_group_pairs.get_or_insert_default().push(shapes::UserIdGroupPair {
                    description,
                    user_id: Some(owner.to_string()),
                    group_id: Some(id.to_string()),
                    ..shapes::UserIdGroupPair::default()
                });
            }
        }
    }
    shape
}

/// Where a permission leaves ports out, a rule says -1.
fn ports(rule: &SecurityGroupRule) -> (i32, i32) {
    rule.spec.ports.unwrap_or((-1, -1))
}

pub(crate) fn security_group_rule(rule: &SecurityGroupRule) -> shapes::SecurityGroupRule {
    let (from, to) = ports(rule);
    let mut shape = shapes::SecurityGroupRule {
        security_group_rule_id: Some(rule.id.clone()),
        group_id: Some(rule.group.to_string()),
        group_owner_id: Some(rule.scope.account.to_string()),
        is_egress: Some(rule.direction == Direction::Egress),
        ip_protocol: Some(rule.spec.protocol.to_string()),
        from_port: Some(from),
        to_port: Some(to),
        description: rule.spec.description.clone(),
        tags: tags(&rule.tags),
        security_group_rule_arn: Some(rule.arn()),
        ..shapes::SecurityGroupRule::default()
    };
    match &rule.spec.peer {
        Peer::Ipv4(range) => shape.cidr_ipv4 = Some(range.to_string()),
        Peer::Ipv6(range) => shape.cidr_ipv6 = Some(range.to_string()),
        Peer::PrefixList(id) => shape.prefix_list_id = Some(id.clone()),
        Peer::Group { owner, id } => {
            shape.referenced_group_info = Some(shapes::ReferencedSecurityGroup {
                group_id: Some(id.to_string()),
                user_id: Some(owner.to_string()),
                ..shapes::ReferencedSecurityGroup::default()
            });
        }
    }
    shape
}

pub(crate) fn revoked_rule(rule: &SecurityGroupRule) -> shapes::RevokedSecurityGroupRule {
    let (from, to) = ports(rule);
    let mut shape = shapes::RevokedSecurityGroupRule {
        security_group_rule_id: Some(rule.id.clone()),
        group_id: Some(rule.group.to_string()),
        is_egress: Some(rule.direction == Direction::Egress),
        ip_protocol: Some(rule.spec.protocol.to_string()),
        from_port: Some(from),
        to_port: Some(to),
        description: rule.spec.description.clone(),
        ..shapes::RevokedSecurityGroupRule::default()
    };
    match &rule.spec.peer {
        Peer::Ipv4(range) => shape.cidr_ipv4 = Some(range.to_string()),
        Peer::Ipv6(range) => shape.cidr_ipv6 = Some(range.to_string()),
        Peer::PrefixList(id) => shape.prefix_list_id = Some(id.clone()),
        Peer::Group { id, .. } => shape.referenced_group_id = Some(id.to_string()),
    }
    shape
}
