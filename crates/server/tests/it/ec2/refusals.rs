//! Each refusal of EC2, over the wire.

use super::{count, group, made, refused, subnet, vpc};
use crate::support::emu::TestEmu;

#[tokio::test]
async fn every_refusal_of_a_range_has_its_code() {
    let emu = TestEmu::start().await;
    let vpc = vpc(&emu, "10.1.0.0/16");
    subnet(&emu, &vpc, "10.1.0.0/24");
    let unknown = "0123456789abcdef0";
    for (action, parameters, expected) in [
        ("CreateVpc", "", "400 MissingParameter: The request must contain the parameter cidrBlock".to_owned()),
        ("CreateVpc", "CidrBlock=10.0.0.0/8", "400 InvalidVpc.Range: The CIDR '10.0.0.0/8' is invalid.".into()),
        (
            "CreateVpc",
            "CidrBlock=10.0.0.0/16&AmazonProvidedIpv6CidrBlock=true",
            "501 NotImplemented: Simfra does not serve IPv6 ranges of VPCs.".into(),
        ),
        (
            "CreateVpc",
            "CidrBlock=10.0.0.0/16&TagSpecification.1.ResourceType=subnet",
            "400 InvalidParameterValue: Value (subnet) for parameter TagSpecification.ResourceType is invalid. This \
             operation makes a vpc."
                .into(),
        ),
        (
            "CreateVpc",
            "CidrBlock=10.0.0.0/16&DryRun=true",
            "412 DryRunOperation: Request would have succeeded, but DryRun flag is set.".into(),
        ),
        (
            "DescribeVpcs",
            "VpcId.1=vpc-0123456789abcdef0",
            format!("400 InvalidVpcID.NotFound: The vpc ID 'vpc-{unknown}' does not exist"),
        ),
        (
            "DescribeVpcs",
            "VpcId.1=mine",
            "400 InvalidVpcID.Malformed: Invalid id: \"mine\" (expecting \"vpc-...\")".into(),
        ),
        (
            "DescribeVpcs",
            "Filter.1.Name=colour&Filter.1.Value.1=red",
            "400 InvalidParameterValue: The filter 'colour' is invalid".into(),
        ),
        (
            "DescribeVpcs",
            "MaxResults=1",
            "400 InvalidParameterValue: Value ( 1 ) for parameter MaxResults is invalid. Member must have value greater \
             than or equal to 5."
                .into(),
        ),
        ("DescribeVpcs", "NextToken=%25", "400 InvalidNextToken: The token '%' is invalid".into()),
        ("DeleteVpc", "", "400 MissingParameter: The request must contain the parameter VpcId".into()),
        (
            "DeleteSubnet",
            "SubnetId=subnet-0123456789abcdef0",
            format!("400 InvalidSubnetID.NotFound: The subnet ID 'subnet-{unknown}' does not exist"),
        ),
        (
            "CreateSubnet",
            &format!("VpcId={vpc}&CidrBlock=10.1.0.128/25"),
            "400 InvalidSubnet.Conflict: The CIDR '10.1.0.128/25' conflicts with another subnet".into(),
        ),
        (
            "CreateSubnet",
            &format!("VpcId={vpc}&CidrBlock=10.2.0.0/24"),
            "400 InvalidSubnet.Range: The CIDR '10.2.0.0/24' is invalid.".into(),
        ),
    ] {
        assert_eq!(refused(&emu, action, parameters), expected, "{action} {parameters}");
    }
    assert_eq!(count(&emu, "DescribeVpcs", "", "vpcId"), 2, "nothing of it was done");
    for n in 2..5 {
        super::vpc(&emu, &format!("10.{n}.0.0/16"));
    }
    assert_eq!(
        refused(&emu, "CreateVpc", "CidrBlock=10.9.0.0/16"),
        "400 VpcLimitExceeded: The maximum number of VPCs has been reached."
    );
}

#[tokio::test]
async fn every_refusal_of_a_group_has_its_code() {
    let emu = TestEmu::start().await;
    let vpc = vpc(&emu, "10.1.0.0/16");
    let own = group(&emu, &vpc, "own");
    let default = made(
        &emu,
        "DescribeSecurityGroups",
        &format!(
            "Filter.1.Name=vpc-id&Filter.1.Value.1={vpc}&Filter.2.Name=group-name&Filter.2.Value.1=default"
        ),
        "groupId",
    );
    let unknown = "0123456789abcdef0";
    let cases: [(&str, String, String); 8] = [
        (
            "CreateSecurityGroup",
            format!("VpcId={vpc}&GroupName=own&GroupDescription=d"),
            format!("400 InvalidGroup.Duplicate: The security group 'own' already exists for VPC '{vpc}'"),
        ),
        (
            "DeleteSecurityGroup",
            format!("GroupId={default}"),
            format!(
                "400 CannotDelete: the specified group: \"{default}\" name: \"default\" cannot be deleted by a user"
            ),
        ),
        (
            "DeleteSecurityGroup",
            "GroupId=sg-0123456789abcdef0".into(),
            format!("400 InvalidGroup.NotFound: The security group 'sg-{unknown}' does not exist"),
        ),
        (
            "AuthorizeSecurityGroupIngress",
            format!(
                "GroupId={own}&IpPermissions.1.IpProtocol=-1&IpPermissions.1.Groups.1.GroupId=sg-{unknown}"
            ),
            format!("400 InvalidGroup.NotFound: The security group 'sg-{unknown}' does not exist"),
        ),
        (
            "RevokeSecurityGroupIngress",
            format!("GroupId={own}&SecurityGroupRuleId.1=sgr-{unknown}"),
            format!(
                "400 InvalidSecurityGroupRuleId.NotFound: The security group rule ID 'sgr-{unknown}' does not exist"
            ),
        ),
        ("CreateTags", "ResourceId.1=x&Tag.1.Key=k".into(), "400 InvalidID: The ID 'x' is not valid".into()),
        (
            "CreateTags",
            format!("ResourceId.1={vpc}&Tag.1.Key=aws:k"),
            "400 InvalidParameterValue: Tag keys starting with 'aws:' are reserved for internal use".into(),
        ),
        (
            "RunInstances",
            "ImageId=ami-1".into(),
            "501 NotImplemented: Simfra does not implement the operation RunInstances yet.".into(),
        ),
    ];
    for (action, parameters, expected) in cases {
        assert_eq!(refused(&emu, action, &parameters), expected, "{action} {parameters}");
    }
}
