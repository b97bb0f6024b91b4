"""What Terraform's AWS provider calls for clusters and the groups that they need: create, read, read again and see no
difference, update, delete. Its sequences for other resources are beside those resources' tests."""

import pytest

import caches
from conftest import living
from simfra import REGION
from waiting import until

TOPIC = f"arn:aws:sns:{REGION}:{caches.ACCOUNT}:events"


@pytest.fixture(scope="module")
def simfra(tmp_path_factory):
    with living(tmp_path_factory, "none") as simfra:
        yield simfra.start()
        simfra.terminate()


@pytest.fixture
def client(simfra):
    return simfra.elasticache


def only(client, operation: str, member: str, **asked) -> dict:
    """The one resource of that name, as all of its pages have it."""
    pages = client.get_paginator(operation).paginate(**asked)
    [found] = [each for page in pages for each in page[member]]
    return found


def tags(client, arn: str) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in client.list_tags_for_resource(ResourceName=arn)["TagList"]}


def retag(client, arn: str, old: dict[str, str], new: dict[str, str]) -> None:
    """As the provider does: first what goes, then what is new or another."""
    if gone := sorted(old.keys() - new.keys()):
        client.remove_tags_from_resource(ResourceName=arn, TagKeys=gone)
    if changed := [{"Key": key, "Value": value} for key, value in new.items() if old.get(key) != value]:
        client.add_tags_to_resource(ResourceName=arn, Tags=changed)
    assert tags(client, arn) == new


def listed(tags: dict[str, str]) -> list[dict]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


class Cluster:
    """`aws_elasticache_cluster`."""

    def __init__(self, client, **wanted):
        self.client, self.id = client, wanted["CacheClusterId"]
        created = client.create_cache_cluster(**wanted)["CacheCluster"]
        assert created["CacheClusterId"] == self.id and created["ARN"]
        self.wait()

    def wait(self) -> None:
        """The provider's waiter, which knows these statuses alone."""

        def is_available() -> bool:
            found = only(self.client, "describe_cache_clusters", "CacheClusters", CacheClusterId=self.id)
            status = found["CacheClusterStatus"]
            assert status in ("creating", "modifying", "snapshotting", "rebooting cluster nodes", "available")
            return status == "available"

        until(is_available, f"{self.id} is available")

    def read(self) -> tuple[dict, dict]:
        asked = {"CacheClusterId": self.id, "ShowCacheNodeInfo": True}
        found = only(self.client, "describe_cache_clusters", "CacheClusters", **asked)
        for node in found["CacheNodes"]:
            assert node["Endpoint"]["Address"] and node["Endpoint"]["Port"] and node["CustomerAvailabilityZone"]
        return found, tags(self.client, found["ARN"])

    def update(self, **changed) -> dict:
        """One change, waited for and read twice."""
        self.client.modify_cache_cluster(CacheClusterId=self.id, ApplyImmediately=True, **changed)
        self.wait()
        state = self.read()
        assert self.read() == state, "no diff"
        return state[0]

    def delete(self) -> None:
        self.client.delete_cache_cluster(CacheClusterId=self.id)
        self.client.get_waiter("cache_cluster_deleted").wait(CacheClusterId=self.id)


def test_a_redis_cluster(simfra, client):
    ec2 = simfra.client("ec2")
    vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    security_group = ec2.create_security_group(GroupName="tf", Description="d", VpcId=vpc)["GroupId"]
    cluster = Cluster(
        client, CacheClusterId="tf-redis", Engine="redis", EngineVersion="7.1", CacheNodeType="cache.t3.micro",
        NumCacheNodes=1, Port=6380, CacheParameterGroupName="default.redis7", CacheSubnetGroupName="default",
        SecurityGroupIds=[security_group], AutoMinorVersionUpgrade=True, SnapshotWindow="07:00-08:00",
        PreferredMaintenanceWindow="sun:05:00-sun:06:00", NotificationTopicArn=TOPIC, Tags=listed({"team": "a", "stage": "dev"}),
    )
    state = cluster.read()
    assert cluster.read() == state, "no diff"
    found, own = state
    assert own == {"team": "a", "stage": "dev"}
    assert (found["EngineVersion"], found["CacheNodes"][0]["Endpoint"]["Port"]) == ("7.1.0", 6380)
    assert found["NotificationConfiguration"] == {"TopicArn": TOPIC, "TopicStatus": "active"}
    assert found["SecurityGroups"] == [{"SecurityGroupId": security_group, "Status": "active"}]
    retag(client, found["ARN"], own, {"team": "b", "owner": "c"})

    found = cluster.update(PreferredMaintenanceWindow="mon:05:00-mon:06:00", SnapshotWindow="09:00-10:00")
    assert (found["PreferredMaintenanceWindow"], found["SnapshotWindow"]) == ("mon:05:00-mon:06:00", "09:00-10:00")
    # An argument that is taken out of the configuration.
    found = cluster.update(NotificationTopicArn="", NotificationTopicStatus="inactive")
    assert found.get("NotificationConfiguration", {}).get("TopicStatus") != "active"
    assert cluster.update(CacheNodeType="cache.t3.small")["CacheNodeType"] == "cache.t3.small"
    assert cluster.update(AutoMinorVersionUpgrade=False)["AutoMinorVersionUpgrade"] is False
    assert cluster.update(SnapshotRetentionLimit=0)["SnapshotRetentionLimit"] == 0
    cluster.delete()
    ec2.delete_security_group(GroupId=security_group)


def test_a_memcached_cluster(client):
    zones = ["us-east-1a", "us-east-1b"]
    cluster = Cluster(
        client, CacheClusterId="tf-memcached", Engine="memcached", CacheNodeType="cache.t3.micro", NumCacheNodes=2,
        AZMode="cross-az", PreferredAvailabilityZones=zones, Port=11211,
    )
    found, own = cluster.read()
    assert own == {}
    assert cluster.read() == (found, own), "no diff"
    assert (found["PreferredAvailabilityZone"], found["ConfigurationEndpoint"]["Port"]) == ("Multiple", 11211)
    grown = cluster.update(NumCacheNodes=4, NewAvailabilityZones=["us-east-1c", "us-east-1a"])
    assert [node["CacheNodeId"] for node in grown["CacheNodes"]] == ["0001", "0002", "0003", "0004"]
    # The provider names the highest numbers.
    shrunk = cluster.update(NumCacheNodes=2, CacheNodeIdsToRemove=["0004", "0003"])
    assert [node["CustomerAvailabilityZone"] for node in shrunk["CacheNodes"]] == zones
    cluster.delete()


def test_a_replica(client):
    """A cluster that names its replication group, and takes all else from it."""
    client.create_replication_group(
        ReplicationGroupId="tf-group", ReplicationGroupDescription="-", Engine="redis", CacheNodeType="cache.t3.micro",
        NumCacheClusters=2, AutomaticFailoverEnabled=True,
    )
    client.get_waiter("replication_group_available").wait(ReplicationGroupId="tf-group")
    replica = Cluster(client, CacheClusterId="tf-replica", ReplicationGroupId="tf-group", Tags=listed({"team": "a"}))
    state = replica.read()
    assert replica.read() == state, "no diff"
    found, own = state
    assert (found["ReplicationGroupId"], found["Engine"], own) == ("tf-group", "redis", {"team": "a"})
    replica.delete()
    client.get_waiter("replication_group_available").wait(ReplicationGroupId="tf-group")
    # What else the provider knows of a refusal: it does not try again.
    with pytest.raises(client.exceptions.InvalidCacheClusterStateFault, match="serving as primary"):
        client.delete_cache_cluster(CacheClusterId="tf-group-001")
    client.delete_replication_group(ReplicationGroupId="tf-group")
    client.get_waiter("replication_group_deleted").wait(ReplicationGroupId="tf-group")


def test_a_parameter_group(client):
    """`aws_elasticache_parameter_group`: its state has what `Source=user` lists, and nothing else may stand there."""
    name, wanted = "tf-parameters", {"maxmemory-policy": "allkeys-lru", "timeout": "0"}

    def read() -> tuple[dict, dict, dict]:
        found = only(
            client, "describe_cache_parameter_groups", "CacheParameterGroups", CacheParameterGroupName=name.lower()
        )
        own = client.describe_cache_parameters(CacheParameterGroupName=name, Source="user")["Parameters"]
        values = {one["ParameterName"]: one["ParameterValue"] for one in own if "ParameterValue" in one}
        return found, values, tags(client, found["ARN"])

    def pairs(values: dict[str, str]) -> list[dict]:
        return [{"ParameterName": key, "ParameterValue": value} for key, value in values.items()]

    created = client.create_cache_parameter_group(
        CacheParameterGroupName=name, CacheParameterGroupFamily="redis7", Description="Managed by Terraform",
        Tags=listed({"team": "a"}),
    )["CacheParameterGroup"]
    assert read() == (created, {}, {"team": "a"})
    # A value that is the default's too counts as set.
    client.modify_cache_parameter_group(CacheParameterGroupName=name, ParameterNameValues=pairs(wanted))
    assert read() == (created, wanted, {"team": "a"})
    assert read() == read(), "no diff"

    # First what is gone from the configuration, by its old value, then what is new.
    client.reset_cache_parameter_group(CacheParameterGroupName=name, ParameterNameValues=pairs({"timeout": "0"}))
    client.modify_cache_parameter_group(CacheParameterGroupName=name, ParameterNameValues=pairs({"databases": "4"}))
    assert read()[1] == {"maxmemory-policy": "allkeys-lru", "databases": "4"}
    retag(client, created["ARN"], {"team": "a"}, {})
    client.delete_cache_parameter_group(CacheParameterGroupName=name)
    with pytest.raises(client.exceptions.CacheParameterGroupNotFoundFault):
        read()


def test_a_subnet_group(simfra, client):
    """`aws_elasticache_subnet_group`."""
    ec2 = simfra.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.93.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.93.{n}.0/24")["Subnet"]["SubnetId"] for n in (1, 2)
    ]

    def read() -> tuple[dict, set[str], dict]:
        found = only(client, "describe_cache_subnet_groups", "CacheSubnetGroups", CacheSubnetGroupName="tf-subnets")
        return found, {one["SubnetIdentifier"] for one in found["Subnets"]}, tags(client, found["ARN"])

    created = client.create_cache_subnet_group(
        CacheSubnetGroupName="TF-Subnets", CacheSubnetGroupDescription="Managed by Terraform", SubnetIds=subnets[:1],
        Tags=listed({"team": "a"}),
    )["CacheSubnetGroup"]
    assert read() == (created, set(subnets[:1]), {"team": "a"})
    assert read() == read(), "no diff"
    client.modify_cache_subnet_group(
        CacheSubnetGroupName="tf-subnets", CacheSubnetGroupDescription="both", SubnetIds=subnets
    )
    found, now, _ = read()
    assert (found["CacheSubnetGroupDescription"], now) == ("both", set(subnets))
    retag(client, created["ARN"], {"team": "a"}, {"team": "b"})
    client.delete_cache_subnet_group(CacheSubnetGroupName="tf-subnets")
    with pytest.raises(client.exceptions.CacheSubnetGroupNotFoundFault):
        read()
    for subnet in subnets:
        ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=vpc)
