//! What a VPC has that nobody made: its main route table, its default network ACL, the interfaces of cache nodes.

use domain::ec2::{NetworkAcl, NetworkInterface, RouteTable};
use domain::ids::SecurityGroupId;
use models::ec2::enums::{
    AttachmentStatus, NetworkInterfaceStatus, NetworkInterfaceType, RouteOrigin, RouteState,
    RouteTableAssociationStateCode, RuleAction,
};
use models::ec2::shapes;

/// The number of the rule that AWS's default ACLs begin with, and of the one that denies what no other rule allows.
const ACL_RULES: [(i32, bool); 2] = [(100, true), (32767, false)];

pub(crate) fn route_table(table: &RouteTable) -> shapes::RouteTable {
    shapes::RouteTable {
        associations: Some(vec![shapes::RouteTableAssociation {
            main: Some(true),
            route_table_association_id: Some(table.association_id.clone()),
            route_table_id: Some(table.id.clone()),
            association_state: Some(shapes::RouteTableAssociationState {
                state: Some(RouteTableAssociationStateCode::Associated),
                status_message: None,
            }),
            ..shapes::RouteTableAssociation::default()
        }]),
        propagating_vgws: Some(Vec::new()),
        route_table_id: Some(table.id.clone()),
        routes: Some(vec![shapes::Route {
            destination_cidr_block: Some(table.vpc.cidr.to_string()),
            gateway_id: Some("local".to_owned()),
            origin: Some(RouteOrigin::CreateRouteTable),
            state: Some(RouteState::Active),
            ..shapes::Route::default()
        }]),
        tags: None,
        vpc_id: Some(table.vpc.id.to_string()),
        owner_id: Some(table.vpc.scope.account.to_string()),
    }
}

pub(crate) fn network_acl(acl: &NetworkAcl) -> shapes::NetworkAcl {
    let associations = acl.associations.iter().map(|(id, subnet)| shapes::NetworkAclAssociation {
        network_acl_association_id: Some(id.clone()),
        network_acl_id: Some(acl.id.clone()),
        subnet_id: Some(subnet.id.to_string()),
    });
    let entries = [true, false].into_iter().flat_map(|egress| {
        ACL_RULES.map(|(number, allows)| shapes::NetworkAclEntry {
            cidr_block: Some("0.0.0.0/0".to_owned()),
            egress: Some(egress),
            protocol: Some("-1".to_owned()),
            rule_action: Some(if allows { RuleAction::Allow } else { RuleAction::Deny }),
            rule_number: Some(number),
            ..shapes::NetworkAclEntry::default()
        })
    });
    shapes::NetworkAcl {
        associations: Some(associations.collect()),
        entries: Some(entries.collect()),
        is_default: Some(true),
        network_acl_id: Some(acl.id.clone()),
        tags: None,
        vpc_id: Some(acl.vpc.id.to_string()),
        owner_id: Some(acl.vpc.scope.account.to_string()),
    }
}

pub(crate) fn network_interface(
    interface: &NetworkInterface,
    group_name: impl Fn(&SecurityGroupId) -> Option<String>,
) -> shapes::NetworkInterface {
    let (address, name) = (interface.address.to_string(), interface.private_dns_name());
    let groups = interface
        .groups
        .iter()
        .map(|id| shapes::GroupIdentifier { group_id: Some(id.to_string()), group_name: group_name(id) });
    shapes::NetworkInterface {
        attachment: Some(shapes::NetworkInterfaceAttachment {
            delete_on_termination: Some(false),
            device_index: Some(1),
            instance_owner_id: Some("amazon-elasticache".to_owned()),
            status: Some(AttachmentStatus::Attached),
            ..shapes::NetworkInterfaceAttachment::default()
        }),
        availability_zone: Some(interface.availability_zone.to_string()),
        description: Some(interface.description.clone()),
        groups: Some(groups.collect()),
        interface_type: Some(NetworkInterfaceType::Interface),
        ipv6_addresses: Some(Vec::new()),
        mac_address: Some(interface.mac_address()),
        network_interface_id: Some(interface.id.clone()),
        owner_id: Some(interface.scope.account.to_string()),
        private_dns_name: Some(name.clone()),
        private_ip_address: Some(address.clone()),
        private_ip_addresses: Some(vec![shapes::NetworkInterfacePrivateIpAddress {
            primary: Some(true),
            private_dns_name: Some(name),
            private_ip_address: Some(address),
            ..shapes::NetworkInterfacePrivateIpAddress::default()
        }]),
        requester_id: Some("amazon-elasticache".to_owned()),
        requester_managed: Some(true),
        source_dest_check: Some(true),
        status: Some(NetworkInterfaceStatus::InUse),
        subnet_id: Some(interface.subnet.to_string()),
        tag_set: Some(Vec::new()),
        vpc_id: Some(interface.vpc.to_string()),
        ..shapes::NetworkInterface::default()
    }
}
