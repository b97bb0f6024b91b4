"""Replication groups in the control plane alone: boto3's waiters, and the calls of Terraform's provider in their order."""

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def control_plane(new_simfra):
    """A Simfra without engines."""
    simfra = new_simfra("none").start()
    yield simfra.elasticache
    simfra.terminate()


def read(client, group: str) -> tuple:
    """What Terraform's provider reads of a group: the group, its first member and its tags."""
    found = client.describe_replication_groups(ReplicationGroupId=group)["ReplicationGroups"][0]
    member = client.describe_cache_clusters(CacheClusterId=found["MemberClusters"][0], ShowCacheNodeInfo=True)
    tags = client.list_tags_for_resource(ResourceName=found["ARN"])["TagList"]
    return found, member["CacheClusters"][0], tags


def wait(client, name: str, group: str) -> None:
    client.get_waiter(f"replication_group_{name}").wait(ReplicationGroupId=group)


def test_terraforms_calls_come_to_what_they_ask_for(control_plane):
    client = control_plane
    created = client.create_replication_group(
        ReplicationGroupId="tf",
        ReplicationGroupDescription="by Terraform",
        Engine="redis",
        CacheNodeType="cache.t3.micro",
        NumCacheClusters=2,
        AutomaticFailoverEnabled=True,
        MultiAZEnabled=True,
        Tags=[{"Key": "team", "Value": "a"}],
    )["ReplicationGroup"]
    assert created["Status"] == "creating"
    wait(client, "available", "tf")
    first = read(client, "tf")
    assert read(client, "tf") == first
    group, member, tags = first
    assert (group["AutomaticFailover"], group["MultiAZ"]) == ("enabled", "enabled")
    assert (member["EngineVersion"], member["CacheSubnetGroupName"]) == ("7.1.0", "default")
    assert tags == [{"Key": "team", "Value": "a"}]

    client.modify_replication_group(
        ReplicationGroupId="tf", ReplicationGroupDescription="changed", SnapshotWindow="02:00-03:00",
        PreferredMaintenanceWindow="sun:05:00-sun:06:00", ApplyImmediately=True,
    )
    wait(client, "available", "tf")
    client.increase_replica_count(ReplicationGroupId="tf", NewReplicaCount=2, ApplyImmediately=True)
    wait(client, "available", "tf")
    group, member, _ = read(client, "tf")
    assert group["Description"] == "changed"
    assert group["MemberClusters"] == ["tf-001", "tf-002", "tf-003"]
    assert member["PreferredMaintenanceWindow"] == "sun:05:00-sun:06:00"

    assert client.delete_replication_group(ReplicationGroupId="tf")["ReplicationGroup"]["Status"] == "deleting"
    wait(client, "deleted", "tf")
    with pytest.raises(ClientError, match="ReplicationGroupNotFoundFault"):
        client.describe_replication_groups(ReplicationGroupId="tf")


def test_boto3_pages_through_groups(control_plane):
    client = control_plane
    names = [f"g-{number:02}" for number in range(21)]
    for name in names:
        client.create_replication_group(
            ReplicationGroupId=name, ReplicationGroupDescription="-", CacheNodeType="cache.t3.micro"
        )
    pages = client.get_paginator("describe_replication_groups").paginate(PaginationConfig={"PageSize": 20})
    assert [[group["ReplicationGroupId"] for group in page["ReplicationGroups"]] for page in pages] == [
        names[:20], names[20:],
    ]
