"""EC2's networks and STS, as boto3 and the AWS CLI see them: control plane alone."""

import json
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

import aws
from conftest import living
from simfra import Simfra


@pytest.fixture(scope="module")
def simfra(tmp_path_factory) -> Iterator[Simfra]:
    with living(tmp_path_factory, "none") as simfra:
        yield simfra.start()
        simfra.terminate()


@pytest.fixture
def ec2(simfra):
    return simfra.client("ec2")


def test_who_am_i(simfra):
    asked = simfra.client("sts").get_caller_identity()
    assert (asked["Account"], asked["Arn"]) == ("000000000000", "arn:aws:iam::000000000000:root")
    done = aws.run(aws.CLI, "--endpoint-url", simfra.url, "sts", "get-caller-identity")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["UserId"] == "000000000000"


def test_a_network_from_end_to_end(ec2):
    vpc = ec2.create_vpc(
        CidrBlock="10.20.0.0/16",
        TagSpecifications=[{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "caches"}]}],
    )["Vpc"]
    of_vpc = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
    ec2.get_waiter("vpc_available").wait(VpcIds=[vpc["VpcId"]])
    ec2.modify_vpc_attribute(VpcId=vpc["VpcId"], EnableDnsHostnames={"Value": True})
    asked = ec2.describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute="enableDnsHostnames")
    assert asked["EnableDnsHostnames"] == {"Value": True}
    by_tag = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["cach*"]}])["Vpcs"]
    assert [(found["VpcId"], found["IsDefault"], found["Tags"]) for found in by_tag] == [
        (vpc["VpcId"], False, [{"Key": "Name", "Value": "caches"}])
    ]

    subnets = [
        ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock=f"10.20.{n}.0/24", AvailabilityZone=f"us-east-1{'abc'[n]}")[
            "Subnet"
        ]
        for n in range(3)
    ]
    assert [subnet["AvailableIpAddressCount"] for subnet in subnets] == [251] * 3
    pages = ec2.get_paginator("describe_subnets").paginate(Filters=of_vpc, PaginationConfig={"PageSize": 5})
    assert {subnet["SubnetId"] for page in pages for subnet in page["Subnets"]} == {s["SubnetId"] for s in subnets}

    group = ec2.create_security_group(GroupName="caches", Description="d", VpcId=vpc["VpcId"])["GroupId"]
    rules = ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[
            {
                "IpProtocol": "tcp",
                "FromPort": 6379,
                "ToPort": 6379,
                "IpRanges": [{"CidrIp": "10.20.0.0/16", "Description": "the VPC"}],
                "UserIdGroupPairs": [{"GroupId": group}],
            }
        ],
    )["SecurityGroupRules"]
    assert {rule.get("CidrIpv4") for rule in rules} == {"10.20.0.0/16", None}
    described = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    [permission] = described["IpPermissions"]
    assert permission["IpRanges"] == [{"CidrIp": "10.20.0.0/16", "Description": "the VPC"}]
    assert permission["UserIdGroupPairs"] == [{"GroupId": group, "UserId": "000000000000"}]
    assert described["IpPermissionsEgress"][0]["IpProtocol"] == "-1"
    ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[r["SecurityGroupRuleId"] for r in rules])

    for call, code in [
        (lambda: ec2.delete_vpc(VpcId=vpc["VpcId"]), "DependencyViolation"),
        (lambda: ec2.create_security_group(GroupName="caches", Description="d", VpcId=vpc["VpcId"]), "InvalidGroup.Duplicate"),
        (lambda: ec2.describe_vpcs(DryRun=True), "DryRunOperation"),
    ]:
        with pytest.raises(ClientError) as refused:
            call()
        assert refused.value.response["Error"]["Code"] == code

    ec2.delete_security_group(GroupId=group)
    for subnet in subnets:
        ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    ec2.delete_vpc(VpcId=vpc["VpcId"])
    assert ec2.describe_vpcs(Filters=of_vpc)["Vpcs"] == []


def test_what_terraform_reads_of_a_vpc(ec2):
    [vpc] = ec2.describe_vpcs(Filters=[{"Name": "isDefault", "Values": ["true"]}])["Vpcs"]
    of_vpc = {"Name": "vpc-id", "Values": [vpc["VpcId"]]}
    [acl] = ec2.describe_network_acls(Filters=[{"Name": "default", "Values": ["true"]}, of_vpc])["NetworkAcls"]
    assert len(acl["Associations"]) == 6
    main = {"Name": "association.main", "Values": ["true"]}
    [table] = ec2.describe_route_tables(Filters=[main, of_vpc])["RouteTables"]
    assert table["Routes"][0]["GatewayId"] == "local"
    named = {"Name": "group-name", "Values": ["default"]}
    [group] = ec2.describe_security_groups(Filters=[named, of_vpc])["SecurityGroups"]
    assert group["IpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"] == group["GroupId"]
    assert ec2.describe_network_interfaces(Filters=[of_vpc])["NetworkInterfaces"] == []


def test_the_cli_lists_subnets(simfra):
    done = aws.run(
        aws.CLI, "--endpoint-url", simfra.url, "ec2", "describe-subnets", "--filters", "Name=default-for-az,Values=true"
    )
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["Subnets"]) == 6
