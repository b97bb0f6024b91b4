//! The domain's networks as the model's shapes.
//!
//! A list that is empty is left out, as EC2 does with tags, unless it is the answer itself.

mod interface;
mod security_group;

pub(super) use interface::{network_acl, network_interface, route_table};
pub(super) use security_group::{created_security_group, revoked_rule, security_group, security_group_rule};

use domain::ec2::{RegionOffer, Subnet, TagDescription, Tags, Vpc, Zone};
use models::ec2::enums::{
    AvailabilityZoneOptInStatus, AvailabilityZoneState, BlockPublicAccessMode, HostnameType, ResourceType,
    SubnetState, Tenancy, VpcCidrBlockStateCode, VpcState,
};
use models::ec2::shapes;

fn tags(tags: &Tags) -> Option<Vec<shapes::Tag>> {
    let each = tags
        .iter()
        .map(|(key, value)| shapes::Tag { key: Some(key.to_owned()), value: Some(value.to_owned()) });
    Some(each.collect()).filter(|tags: &Vec<_>| !tags.is_empty())
}

pub(super) fn tag_description(tag: TagDescription) -> shapes::TagDescription {
    shapes::TagDescription {
        resource_id: Some(tag.resource_id),
        resource_type: Some(ResourceType::from(tag.resource_type)),
        key: Some(tag.key),
        value: Some(tag.value),
    }
}

pub(super) fn vpc(vpc: &Vpc) -> shapes::Vpc {
    let cidr = Some(vpc.cidr.to_string());
    shapes::Vpc {
        owner_id: Some(vpc.scope.account.to_string()),
        instance_tenancy: Some(Tenancy::from(vpc.tenancy.as_str())),
        cidr_block_association_set: Some(vec![shapes::VpcCidrBlockAssociation {
            association_id: Some(vpc.cidr_association_id()),
            cidr_block: cidr.clone(),
            cidr_block_state: Some(shapes::VpcCidrBlockState {
                state: Some(VpcCidrBlockStateCode::Associated),
                status_message: None,
            }),
        }]),
        is_default: Some(vpc.is_default),
        tags: tags(&vpc.tags),
        block_public_access_states: public_access(),
        vpc_id: Some(vpc.id.to_string()),
        state: Some(VpcState::Available),
        cidr_block: cidr,
        dhcp_options_id: Some(vpc.dhcp_options_id()),
        ..shapes::Vpc::default()
    }
}

/// A subnet, of whose addresses `used` are taken.
pub(super) fn subnet(subnet: &Subnet, used: usize) -> shapes::Subnet {
    let hostnames = if subnet.resource_names { HostnameType::ResourceName } else { HostnameType::IpName };
    shapes::Subnet {
        availability_zone_id: Some(subnet.availability_zone_id()),
        map_customer_owned_ip_on_launch: Some(false),
        owner_id: Some(subnet.scope.account.to_string()),
        assign_ipv6_address_on_creation: Some(false),
        ipv6_cidr_block_association_set: Some(Vec::new()),
        tags: tags(&subnet.tags),
        subnet_arn: Some(subnet.arn()),
        enable_dns64: Some(false),
        ipv6_native: Some(false),
        private_dns_name_options_on_launch: Some(shapes::PrivateDnsNameOptionsOnLaunch {
            hostname_type: Some(hostnames),
            enable_resource_name_dns_a_record: Some(subnet.resource_name_dns_a_record),
            enable_resource_name_dns_aaaa_record: Some(false),
        }),
        block_public_access_states: public_access(),
        subnet_id: Some(subnet.id.to_string()),
        state: Some(SubnetState::Available),
        vpc_id: Some(subnet.vpc.to_string()),
        cidr_block: Some(subnet.cidr.to_string()),
        available_ip_address_count: Some(subnet.available_addresses(used)),
        availability_zone: Some(subnet.availability_zone.to_string()),
        default_for_az: Some(subnet.is_default),
        map_public_ip_on_launch: Some(subnet.map_public_ip_on_launch),
        ..shapes::Subnet::default()
    }
}

fn public_access() -> Option<shapes::BlockPublicAccessStates> {
    Some(shapes::BlockPublicAccessStates { internet_gateway_block_mode: Some(BlockPublicAccessMode::Off) })
}

pub(super) fn zone(zone: &Zone) -> shapes::AvailabilityZone {
    shapes::AvailabilityZone {
        opt_in_status: Some(AvailabilityZoneOptInStatus::OptInNotRequired),
        region_name: Some(zone.region.to_string()),
        zone_name: Some(zone.name.to_string()),
        zone_id: Some(zone.id()),
        group_name: Some(zone.group()),
        network_border_group: Some(zone.region.to_string()),
        zone_type: Some("availability-zone".to_owned()),
        state: Some(AvailabilityZoneState::Available),
        messages: Some(Vec::new()),
        ..shapes::AvailabilityZone::default()
    }
}

pub(super) fn region(offer: &RegionOffer) -> shapes::Region {
    shapes::Region {
        opt_in_status: Some("opt-in-not-required".to_owned()),
        region_name: Some(offer.region.to_string()),
        endpoint: Some(offer.endpoint()),
        ..shapes::Region::default()
    }
}

pub(super) fn account_attribute(name: &str, value: String) -> shapes::AccountAttribute {
    shapes::AccountAttribute {
        attribute_name: Some(name.to_owned()),
        attribute_values: Some(vec![shapes::AccountAttributeValue { attribute_value: Some(value) }]),
    }
}
