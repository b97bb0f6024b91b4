"""Global datastores in the control plane alone: the calls of Terraform's provider in their order."""

import pytest
from botocore.exceptions import ClientError

from waiting import until

HOME, ABROAD = "us-east-1", "eu-west-1"


@pytest.fixture
def regions(new_simfra):
    """A client a region, of a Simfra without engines."""
    simfra = new_simfra("none").start()
    yield {region: simfra.client(region=region) for region in (HOME, ABROAD)}
    simfra.terminate()


def find(client, name: str) -> dict:
    answer = client.describe_global_replication_groups(GlobalReplicationGroupId=name, ShowMemberInfo=True)
    return answer["GlobalReplicationGroups"][0]


def settled(client, name: str) -> dict:
    """The global datastore, once it is as the provider waits for it; no other status may come before."""

    def look():
        status = find(client, name)["Status"]
        assert status in ("creating", "modifying", "available", "primary-only")
        return status in ("available", "primary-only")

    until(look, name)
    return find(client, name)


def available(client, group: str) -> dict:
    client.get_waiter("replication_group_available").wait(ReplicationGroupId=group)
    return client.describe_replication_groups(ReplicationGroupId=group)["ReplicationGroups"][0]


def detached(client, name: str, group: str) -> None:
    """What the provider waits for after DisassociateGlobalReplicationGroup: it takes no status but this one."""

    def look():
        members = [member for member in find(client, name)["Members"] if member["ReplicationGroupId"] == group]
        assert all(member["Status"] == "associated" for member in members)
        return not members

    until(look, f"{group} has left {name}")


def test_terraforms_calls_come_to_what_they_ask_for(regions):
    home, abroad = regions[HOME], regions[ABROAD]
    home.create_replication_group(
        ReplicationGroupId="primary",
        ReplicationGroupDescription="primary replication group",
        Engine="redis",
        EngineVersion="7.0",
        CacheNodeType="cache.m5.large",
        NumCacheClusters=1,
    )
    available(home, "primary")
    created = home.create_global_replication_group(
        GlobalReplicationGroupIdSuffix="example", PrimaryReplicationGroupId="primary"
    )["GlobalReplicationGroup"]
    name = created["GlobalReplicationGroupId"]
    assert (name, created["Status"]) == ("ldgnf-example", "creating")
    first = settled(home, name)
    assert find(home, name) == first
    assert first["GlobalReplicationGroupDescription"] == " "
    assert first["EngineVersion"] == "7.0.7"
    assert [member["Role"] for member in first["Members"]] == ["PRIMARY"]

    abroad.create_replication_group(
        ReplicationGroupId="secondary",
        ReplicationGroupDescription="secondary replication group",
        GlobalReplicationGroupId=name,
        NumCacheClusters=1,
        AutoMinorVersionUpgrade=True,
    )
    secondary = available(abroad, "secondary")
    assert secondary["GlobalReplicationGroupInfo"] == {
        "GlobalReplicationGroupId": name, "GlobalReplicationGroupMemberRole": "SECONDARY",
    }
    assert secondary["CacheNodeType"] == "cache.m5.large"
    assert settled(abroad, name)["Status"] == "available"
    assert available(abroad, "secondary") == secondary

    # One setting a call, as the provider does it.
    for change in (
        {"CacheNodeType": "cache.m5.xlarge"},
        {"EngineVersion": "7.1"},
        {"GlobalReplicationGroupDescription": "by Terraform"},
    ):
        home.modify_global_replication_group(GlobalReplicationGroupId=name, ApplyImmediately=True, **change)
        settled(home, name)
    changed = find(home, name)
    assert find(home, name) == changed
    assert (changed["CacheNodeType"], changed["EngineVersion"]) == ("cache.m5.xlarge", "7.1.0")
    assert changed["GlobalReplicationGroupDescription"] == "by Terraform"
    for client, group in ((home, "primary"), (abroad, "secondary")):
        assert available(client, group)["CacheNodeType"] == "cache.m5.xlarge"

    # Terraform deletes the secondary first: it depends on the rest.
    abroad.disassociate_global_replication_group(
        GlobalReplicationGroupId=name, ReplicationGroupId="secondary", ReplicationGroupRegion=ABROAD
    )
    detached(abroad, name, "secondary")
    abroad.delete_replication_group(ReplicationGroupId="secondary")
    abroad.get_waiter("replication_group_deleted").wait(ReplicationGroupId="secondary")

    home.delete_global_replication_group(GlobalReplicationGroupId=name, RetainPrimaryReplicationGroup=True)

    def gone():
        try:
            assert find(home, name)["Status"] == "deleting"
        except ClientError as error:
            return error.response["Error"]["Code"] == "GlobalReplicationGroupNotFoundFault"
        return False

    until(gone, name)
    assert available(home, "primary")["GlobalReplicationGroupInfo"] == {}
    home.delete_replication_group(ReplicationGroupId="primary")
    home.get_waiter("replication_group_deleted").wait(ReplicationGroupId="primary")


def test_terraforms_calls_change_the_number_of_node_groups(regions):
    home, abroad = regions[HOME], regions[ABROAD]
    home.create_replication_group(
        ReplicationGroupId="primary",
        ReplicationGroupDescription="primary replication group",
        Engine="redis",
        CacheNodeType="cache.m5.large",
        CacheParameterGroupName="default.redis7.cluster.on",
        NumNodeGroups=2,
        ReplicasPerNodeGroup=1,
        AutomaticFailoverEnabled=True,
    )
    available(home, "primary")
    created = home.create_global_replication_group(
        GlobalReplicationGroupIdSuffix="example", PrimaryReplicationGroupId="primary"
    )
    name = created["GlobalReplicationGroup"]["GlobalReplicationGroupId"]
    settled(home, name)
    abroad.create_replication_group(
        ReplicationGroupId="secondary", ReplicationGroupDescription="secondary", GlobalReplicationGroupId=name
    )
    settled(home, name)

    home.increase_node_groups_in_global_replication_group(
        GlobalReplicationGroupId=name, NodeGroupCount=3, ApplyImmediately=True
    )
    shards = settled(home, name)["GlobalNodeGroups"]
    assert [shard["GlobalNodeGroupId"] for shard in shards] == [f"{name}-{number:04}" for number in (1, 2, 3)]
    assert all(member["AutomaticFailover"] == "enabled" for member in find(home, name)["Members"])

    home.decrease_node_groups_in_global_replication_group(
        GlobalReplicationGroupId=name,
        NodeGroupCount=1,
        GlobalNodeGroupsToRetain=[shards[0]["GlobalNodeGroupId"]],
        ApplyImmediately=True,
    )
    left = settled(home, name)["GlobalNodeGroups"]
    assert left == [{"GlobalNodeGroupId": f"{name}-0001", "Slots": "0-16383"}]
    assert len(available(abroad, "secondary")["NodeGroups"]) == 1
