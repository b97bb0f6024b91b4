"""Cache subnet groups over networks of one's own, on both runtimes: a cache lies where its group says."""

import subprocess
from ipaddress import ip_address, ip_network

import pytest
import redis
from botocore.exceptions import ClientError

import caches
from simfra import Simfra
from waiting import until

RANGE = "10.73.0.0/16"


@pytest.fixture(scope="module")
def network(simfra):
    """A VPC, two subnets of it and a subnet group over them."""
    ec2, elasticache = simfra.client("ec2"), simfra.elasticache
    vpc = ec2.create_vpc(CidrBlock=RANGE)["Vpc"]["VpcId"]
    subnets = {
        zone: ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.73.{n}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for n, zone in [(1, "us-east-1a"), (2, "us-east-1b")]
    }
    elasticache.create_cache_subnet_group(
        CacheSubnetGroupName="own", CacheSubnetGroupDescription="d", SubnetIds=list(subnets.values())
    )
    return vpc, subnets


def test_a_cache_lies_in_its_subnet_and_is_reached(simfra: Simfra, network):
    vpc, subnets = network
    ec2 = simfra.client("ec2")
    caches.create(simfra, "own-cache", CacheSubnetGroupName="own", PreferredAvailabilityZone="us-east-1b")
    caches.available(simfra, "own-cache")
    [interface] = ec2.describe_network_interfaces(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["NetworkInterfaces"]
    assert interface["SubnetId"] == subnets["us-east-1b"]
    assert ip_address(interface["PrivateIpAddress"]) in ip_network("10.73.2.0/24")
    _, networks = simfra.admin("GET", "networks")
    [own] = [one for one in networks if one["vpcId"] == vpc]
    assert own["cidr"] == RANGE
    with caches.connected(simfra, "own-cache") as client:
        assert client.set("k", "v") and client.get("k") == "v"
    if simfra.runtime == "docker":
        # The address in the VPC's network, at the offset that the API reports.
        offset = int(ip_address(interface["PrivateIpAddress"])) - int(ip_network(RANGE).network_address)
        behind = ip_network(own["pool"]).network_address + offset
        with redis.Redis(host=str(behind), port=6379) as client:
            assert client.get("k") == b"v"


def test_what_is_used_stays_and_goes_in_order(simfra: Simfra, network):
    vpc, subnets = network
    ec2, elasticache = simfra.client("ec2"), simfra.elasticache
    for call, code in [
        (lambda: elasticache.delete_cache_subnet_group(CacheSubnetGroupName="own"), "CacheSubnetGroupInUse"),
        (lambda: ec2.delete_subnet(SubnetId=subnets["us-east-1b"]), "DependencyViolation"),
        (lambda: ec2.delete_vpc(VpcId=vpc), "DependencyViolation"),
    ]:
        with pytest.raises(ClientError) as refused:
            call()
        assert refused.value.response["Error"]["Code"] == code
    caches.delete(simfra, "own-cache")
    elasticache.delete_cache_subnet_group(CacheSubnetGroupName="own")
    for subnet in subnets.values():
        ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=vpc)
    if simfra.runtime == "docker":
        until(lambda: vpc not in _networks(), "the VPC's network gone")


def _networks() -> str:
    listed = subprocess.run(
        ["docker", "network", "ls", "--format", "{{.Name}}"], capture_output=True, text=True, check=True
    )
    return listed.stdout


def test_vpcs_of_one_range_are_apart(simfra: Simfra):
    ec2, elasticache = simfra.client("ec2"), simfra.elasticache
    made = []
    for name in ["left", "right"]:
        vpc = ec2.create_vpc(CidrBlock="10.74.0.0/24")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.74.0.0/24")["Subnet"]["SubnetId"]
        elasticache.create_cache_subnet_group(
            CacheSubnetGroupName=name, CacheSubnetGroupDescription="d", SubnetIds=[subnet]
        )
        caches.create(simfra, name, CacheSubnetGroupName=name)
        made.append((name, subnet, vpc))
    for name, _, _ in made:
        caches.available(simfra, name)
        with caches.connected(simfra, name) as client:
            assert client.set("name", name)
    interfaces = ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert [one["PrivateIpAddress"] for one in interfaces] == ["10.74.0.4", "10.74.0.4"]
    for name, subnet, vpc in made:
        with caches.connected(simfra, name) as client:
            assert client.get("name") == name
        caches.delete(simfra, name)
        elasticache.delete_cache_subnet_group(CacheSubnetGroupName=name)
        ec2.delete_subnet(SubnetId=subnet)
        ec2.delete_vpc(VpcId=vpc)


def test_a_network_of_ones_own_survives_a_kill(new_simfra, runtime):
    simfra = new_simfra(runtime, durable=True).start()
    vpc = simfra.client("ec2").create_vpc(CidrBlock="10.75.0.0/16")["Vpc"]["VpcId"]
    subnet = simfra.client("ec2").create_subnet(VpcId=vpc, CidrBlock="10.75.3.0/24")["Subnet"]["SubnetId"]
    simfra.elasticache.create_cache_subnet_group(
        CacheSubnetGroupName="own", CacheSubnetGroupDescription="d", SubnetIds=[subnet]
    )
    caches.create(simfra, "kept", CacheSubnetGroupName="own")
    caches.available(simfra, "kept")
    with caches.connected(simfra, "kept") as client:
        assert client.set("k", "v")
    simfra.kill()
    simfra.start()
    caches.available(simfra, "kept")
    with caches.connected(simfra, "kept") as client:
        assert client.get("k") == "v"
    [interface] = simfra.client("ec2").describe_network_interfaces()["NetworkInterfaces"]
    assert (interface["VpcId"], interface["PrivateIpAddress"]) == (vpc, "10.75.3.4")
    caches.delete(simfra, "kept")
    simfra.elasticache.delete_cache_subnet_group(CacheSubnetGroupName="own")
    simfra.client("ec2").delete_subnet(SubnetId=subnet)
    simfra.client("ec2").delete_vpc(VpcId=vpc)
    simfra.terminate()
