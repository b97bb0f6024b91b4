//! EC2's networks over the wire: what is made, how it is found, and each refusal.

mod refusals;

use crate::support::emu::{Stage, TestEmu};
use crate::support::raw::{Reply, post};
use crate::support::signer::Signer;

/// Sends one request of the ec2 protocol.
fn ask(emu: &TestEmu, action: &str, parameters: &str) -> Reply {
    emu.ask(&post(&format!("Action={action}&Version=2016-11-15&{parameters}")))
}

/// The text of the first element `name` in the answer to a request that is served.
fn made(emu: &TestEmu, action: &str, parameters: &str, name: &str) -> String {
    let reply = ask(emu, action, parameters);
    assert_eq!(reply.status, 200, "{action} {parameters}: {reply:?}");
    reply.element(name).to_owned()
}

/// Status, code and message of a refusal, whose form is checked on the way.
fn refused(emu: &TestEmu, action: &str, parameters: &str) -> String {
    let reply = ask(emu, action, parameters);
    assert!(reply.body.starts_with("<Response><Errors><Error><Code>"), "{action} {parameters}: {reply:?}");
    assert_eq!(reply.header("x-amzn-requestid"), Some(reply.element("RequestID")));
    format!("{} {}: {}", reply.status, reply.element("Code"), reply.element("Message"))
}

/// How many of `element` an answer has.
fn count(emu: &TestEmu, action: &str, parameters: &str, element: &str) -> usize {
    let reply = ask(emu, action, parameters);
    assert_eq!(reply.status, 200, "{action} {parameters}: {reply:?}");
    reply.body.matches(&format!("<{element}>")).count()
}

fn vpc(emu: &TestEmu, cidr: &str) -> String {
    made(emu, "CreateVpc", &format!("CidrBlock={cidr}"), "vpcId")
}

fn subnet(emu: &TestEmu, vpc: &str, cidr: &str) -> String {
    made(
        emu,
        "CreateSubnet",
        &format!("VpcId={vpc}&CidrBlock={cidr}&AvailabilityZone=us-east-1b"),
        "subnetId",
    )
}

fn group(emu: &TestEmu, vpc: &str, name: &str) -> String {
    let parameters = format!("VpcId={vpc}&GroupName={name}&GroupDescription=for+tests");
    made(emu, "CreateSecurityGroup", &parameters, "groupId")
}

#[tokio::test]
async fn a_vpc_has_what_every_vpc_has() {
    let emu = TestEmu::start().await;
    let id = vpc(&emu, "10.1.0.0/16");
    let filter = format!("Filter.1.Name=vpc-id&Filter.1.Value.1={id}");
    assert_eq!(made(&emu, "DescribeVpcs", &filter, "cidrBlock"), "10.1.0.0/16");
    assert_eq!(made(&emu, "DescribeVpcs", &filter, "isDefault"), "false");
    assert_eq!(made(&emu, "DescribeSecurityGroups", &filter, "groupName"), "default");
    assert_eq!(made(&emu, "DescribeRouteTables", &filter, "main"), "true");
    assert_eq!(made(&emu, "DescribeNetworkAcls", &filter, "default"), "true");
    assert_eq!(count(&emu, "DescribeSubnets", &filter, "subnetId"), 0);
    for (attribute, element, value) in [
        ("enableDnsSupport", "EnableDnsSupport", "false"),
        ("enableDnsHostnames", "EnableDnsHostnames", "true"),
        ("enableNetworkAddressUsageMetrics", "EnableNetworkAddressUsageMetrics", "true"),
    ] {
        let asked = format!("VpcId={id}&Attribute={attribute}");
        let before = made(&emu, "DescribeVpcAttribute", &asked, "value");
        assert_ne!(before, value);
        let done = made(&emu, "ModifyVpcAttribute", &format!("VpcId={id}&{element}.Value={value}"), "return");
        assert_eq!(done, "true");
        assert_eq!(made(&emu, "DescribeVpcAttribute", &asked, "value"), value);
    }
    assert_eq!(made(&emu, "DeleteVpc", &format!("VpcId={id}"), "return"), "true");
    assert_eq!(count(&emu, "DescribeSecurityGroups", &filter, "groupId"), 0, "its group goes with it");
}

#[tokio::test]
async fn the_default_network_is_every_accounts() {
    let emu = TestEmu::start().await;
    let filter = "Filter.1.Name=isDefault&Filter.1.Value.1=true";
    assert_eq!(count(&emu, "DescribeVpcs", filter, "vpcId"), 1);
    assert_eq!(made(&emu, "DescribeVpcs", filter, "cidrBlock"), "172.31.0.0/16");
    assert_eq!(
        count(&emu, "DescribeSubnets", "Filter.1.Name=default-for-az&Filter.1.Value.1=true", "subnetId"),
        6
    );
    let id = made(&emu, "DescribeVpcs", filter, "vpcId");
    assert_eq!(
        refused(&emu, "DeleteVpc", &format!("VpcId={id}")),
        "501 NotImplemented: Simfra does not serve the deletion of a default VPC."
    );
    let subnet = made(&emu, "DescribeSubnets", "", "subnetId");
    assert_eq!(
        refused(&emu, "DeleteSubnet", &format!("SubnetId={subnet}")),
        "501 NotImplemented: Simfra does not serve the deletion of a default subnet."
    );
    let named = "AttributeName.1=default-vpc";
    assert_eq!(made(&emu, "DescribeAccountAttributes", named, "attributeValue"), id);
    // It can be changed like any other.
    ask(&emu, "CreateTags", &format!("ResourceId.1={id}&ResourceId.2={subnet}&Tag.1.Key=k&Tag.1.Value=v"));
    assert_eq!(count(&emu, "DescribeVpcs", "Filter.1.Name=tag:k&Filter.1.Value.1=v", "vpcId"), 1);
    assert_eq!(count(&emu, "DescribeSubnets", "Filter.1.Name=tag-key&Filter.1.Value.1=k", "subnetId"), 1);
    assert_eq!(count(&emu, "DescribeTags", "", "resourceId"), 2);
    assert_eq!(count(&emu, "DescribeVpcs", "", "vpcId"), 1, "it is still one");
    ask(&emu, "DeleteTags", &format!("ResourceId.1={id}&Tag.1.Key=k"));
    assert_eq!(made(&emu, "DescribeTags", "", "resourceId"), subnet);
}

#[tokio::test]
async fn zones_and_regions_are_listed() {
    let emu = TestEmu::start().await;
    assert_eq!(count(&emu, "DescribeAvailabilityZones", "", "zoneName"), 6);
    let second = "Filter.1.Name=zone-name&Filter.1.Value.1=us-east-1b";
    assert_eq!(made(&emu, "DescribeAvailabilityZones", second, "zoneId"), "use1-az2");
    assert_eq!(
        refused(&emu, "DescribeAvailabilityZones", "ZoneName.1=us-east-1z"),
        "400 InvalidParameterValue: Value (us-east-1z) for parameter zone is invalid. There is no such zone."
    );
    assert_eq!(
        made(&emu, "DescribeRegions", "RegionName.1=eu-west-1", "regionEndpoint"),
        "ec2.eu-west-1.amazonaws.com"
    );
    assert!(count(&emu, "DescribeRegions", "", "regionName") > 20);
}

#[tokio::test]
async fn subnets_are_found_by_filters_and_in_pages() {
    let emu = TestEmu::start().await;
    let vpc = vpc(&emu, "10.1.0.0/16");
    let ids: Vec<_> = (0..7).map(|n| subnet(&emu, &vpc, &format!("10.1.{n}.0/24"))).collect();
    let of_vpc = format!("Filter.1.Name=vpc-id&Filter.1.Value.1={vpc}");
    let (mut seen, mut token) = (0, String::new());
    loop {
        let reply = ask(&emu, "DescribeSubnets", &format!("{of_vpc}&MaxResults=5{token}"));
        seen += reply.body.matches("<subnetId>").count();
        if !reply.body.contains("<nextToken>") {
            break;
        }
        token = format!("&NextToken={}", reply.element("nextToken").replace('=', "%3D"));
    }
    assert_eq!(seen, 7);
    let cidr = "Filter.1.Name=cidr-block&Filter.1.Value.1=10.1.2.*";
    assert_eq!(made(&emu, "DescribeSubnets", cidr, "subnetId"), ids[2]);
    let zone = format!("{of_vpc}&Filter.2.Name=availability-zone&Filter.2.Value.1=us-east-1a");
    assert_eq!(count(&emu, "DescribeSubnets", &zone, "subnetId"), 0);
    let modified = format!("SubnetId={}&MapPublicIpOnLaunch.Value=true", ids[0]);
    assert_eq!(made(&emu, "ModifySubnetAttribute", &modified, "return"), "true");
    let public = "Filter.1.Name=map-public-ip-on-launch&Filter.1.Value.1=true&Filter.2.Name=default-for-az&Filter.2.Value.1=false";
    assert_eq!(made(&emu, "DescribeSubnets", public, "subnetId"), ids[0]);
    assert_eq!(
        refused(&emu, "DeleteVpc", &format!("VpcId={vpc}")),
        format!("400 DependencyViolation: The vpc '{vpc}' has dependencies and cannot be deleted.")
    );
    for id in ids {
        assert_eq!(made(&emu, "DeleteSubnet", &format!("SubnetId={id}"), "return"), "true");
    }
    assert_eq!(made(&emu, "DeleteVpc", &format!("VpcId={vpc}"), "return"), "true");
}

#[tokio::test]
async fn rules_come_and_go() {
    let emu = TestEmu::start().await;
    let vpc = vpc(&emu, "10.1.0.0/16");
    let (one, other) = (group(&emu, &vpc, "one"), group(&emu, &vpc, "other"));
    let rule = "IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=6379&IpPermissions.1.ToPort=6380";
    let peers =
        format!("IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/8&IpPermissions.1.Groups.1.GroupId={other}");
    let added = format!("GroupId={one}&{rule}&{peers}");
    assert_eq!(count(&emu, "AuthorizeSecurityGroupIngress", &added, "securityGroupRuleId"), 2);
    assert_eq!(
        refused(&emu, "AuthorizeSecurityGroupIngress", &added),
        "400 InvalidPermission.Duplicate: the specified rule \"peer: 10.0.0.0/8, TCP, from port: 6379, to port: 6380, \
         ALLOW\" already exists"
    );
    assert_eq!(
        refused(&emu, "DeleteSecurityGroup", &format!("GroupId={other}")),
        format!("400 DependencyViolation: resource {other} has a dependent object")
    );
    let described = "SecurityGroupRuleDescription.1.Description=caches&SecurityGroupRuleDescription.1.SecurityGroupRuleId";
    let of_one = format!("Filter.1.Name=group-id&Filter.1.Value.1={one}");
    let ids = rule_ids(&emu, &of_one);
    assert_eq!(ids.len(), 3, "two, and what may leave");
    let ingress = ids.iter().find(|id| {
        let asked = format!("SecurityGroupRuleId.1={id}");
        made(&emu, "DescribeSecurityGroupRules", &asked, "isEgress") == "false"
    });
    let ingress = ingress.unwrap();
    let update = format!("GroupId={one}&{described}={ingress}");
    assert_eq!(made(&emu, "UpdateSecurityGroupRuleDescriptionsIngress", &update, "return"), "true");
    let asked = format!("SecurityGroupRuleId.1={ingress}");
    assert_eq!(made(&emu, "DescribeSecurityGroupRules", &asked, "description"), "caches");
    let modified = format!(
        "GroupId={one}&SecurityGroupRule.1.SecurityGroupRuleId={ingress}&\
         SecurityGroupRule.1.SecurityGroupRule.IpProtocol=udp&SecurityGroupRule.1.SecurityGroupRule.FromPort=53&\
         SecurityGroupRule.1.SecurityGroupRule.ToPort=53&SecurityGroupRule.1.SecurityGroupRule.CidrIpv4=0.0.0.0/0"
    );
    assert_eq!(made(&emu, "ModifySecurityGroupRules", &modified, "return"), "true");
    assert_eq!(made(&emu, "DescribeSecurityGroupRules", &asked, "ipProtocol"), "udp");
    let gone = format!("GroupId={one}&SecurityGroupRuleId.1={ingress}");
    assert_eq!(made(&emu, "RevokeSecurityGroupIngress", &gone, "securityGroupRuleId"), **ingress);
    let all = "IpPermissions.1.IpProtocol=-1&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0";
    assert_eq!(made(&emu, "RevokeSecurityGroupEgress", &format!("GroupId={one}&{all}"), "return"), "true");
    assert_eq!(
        refused(&emu, "RevokeSecurityGroupEgress", &format!("GroupId={one}&{all}")),
        "400 InvalidPermission.NotFound: The specified rule does not exist in this security group."
    );
    assert_eq!(
        made(&emu, "AuthorizeSecurityGroupEgress", &format!("GroupId={one}&{all}"), "isEgress"),
        "true"
    );
    let text = all.replace("CidrIp=0.0.0.0/0", "CidrIp=0.0.0.0/0&IpPermissions.1.IpRanges.1.Description=out");
    let update = format!("GroupId={one}&{text}");
    assert_eq!(made(&emu, "UpdateSecurityGroupRuleDescriptionsEgress", &update, "return"), "true");
    assert_eq!(made(&emu, "DeleteSecurityGroup", &format!("GroupId={one}"), "groupId"), one);
    assert_eq!(made(&emu, "DeleteSecurityGroup", &format!("GroupId={other}"), "groupId"), other);
}

fn rule_ids(emu: &TestEmu, filter: &str) -> Vec<String> {
    let reply = ask(emu, "DescribeSecurityGroupRules", filter);
    let after = reply.body.split("<securityGroupRuleId>").skip(1);
    after.map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_wrong_signature_is_told_in_ec2s_form() {
    let emu = TestEmu::start().await;
    let now = emu.stage().clock.now().as_second().cast_unsigned();
    let root = Signer { service: "ec2", ..Signer::root(now) };
    let wrong = Signer { key: (root.key.0, "not the secret"), ..root };
    let reply = emu.ask(&wrong.post("Action=DescribeVpcs&Version=2016-11-15"));
    assert_eq!((reply.status, reply.element("Code")), (403, "SignatureDoesNotMatch"), "{reply:?}");
    assert!(reply.body.starts_with("<Response><Errors><Error>"), "{reply:?}");
    assert_eq!(emu.ask(&root.post("Action=DescribeVpcs&Version=2016-11-15")).status, 200);
}

#[tokio::test]
async fn networks_survive_a_crash() {
    let emu = TestEmu::on(Stage::durable()).await;
    let vpc = vpc(&emu, "10.1.0.0/16");
    let subnet = subnet(&emu, &vpc, "10.1.0.0/24");
    let group = group(&emu, &vpc, "own");
    let emu = TestEmu::on(emu.crash()).await;
    let filter = format!("Filter.1.Name=vpc-id&Filter.1.Value.1={vpc}");
    assert_eq!(made(&emu, "DescribeVpcs", &filter, "cidrBlock"), "10.1.0.0/16");
    assert_eq!(made(&emu, "DescribeSubnets", &filter, "subnetId"), subnet);
    assert_eq!(count(&emu, "DescribeSecurityGroups", &filter, "groupName"), 2);
    assert_eq!(made(&emu, "DeleteSecurityGroup", &format!("GroupId={group}"), "return"), "true");
}

#[tokio::test]
async fn a_cache_node_has_an_interface_and_takes_an_address() {
    let emu = TestEmu::start().await;
    let create = emu.client().create_cache_cluster().cache_cluster_id("my-cache").engine("redis");
    create.cache_node_type("cache.t3.micro").send().await.unwrap();
    let interface = ask(
        &emu,
        "DescribeNetworkInterfaces",
        "Filter.1.Name=requester-id&Filter.1.Value.1=amazon-elasticache",
    );
    assert_eq!(interface.element("description"), "ElastiCache my-cache");
    let subnet = interface.element("subnetId").to_owned();
    let of_subnet = format!("SubnetId.1={subnet}");
    assert_eq!(
        made(&emu, "DescribeSubnets", &of_subnet, "availableIpAddressCount"),
        (4096 - 5 - 1).to_string()
    );
    let group = interface.element("groupId").to_owned();
    assert!(
        refused(&emu, "DeleteSecurityGroup", &format!("GroupId={group}")).starts_with("400 CannotDelete")
    );
}
