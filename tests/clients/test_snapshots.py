"""Snapshots of clusters and replication groups without engines, as boto3 and Terraform's provider ask for them."""

import pytest

import caches
from conftest import living
from waiting import until


@pytest.fixture(scope="module")
def simfra(tmp_path_factory):
    with living(tmp_path_factory, "none") as simfra:
        yield simfra.start()
        simfra.terminate()


@pytest.fixture
def client(simfra):
    return simfra.elasticache


def snapshot(client, name: str) -> dict:
    """The snapshot, once it is available."""

    def find() -> dict:
        (found,) = client.describe_snapshots(SnapshotName=name)["Snapshots"]
        return found

    until(lambda: find()["SnapshotStatus"] == "available", f"{name} is available")
    return find()


def names(client, **asked) -> list[str]:
    pages = client.get_paginator("describe_snapshots").paginate(**asked)
    return [each["SnapshotName"] for page in pages for each in page["Snapshots"]]


def forget(client, *gone: str) -> None:
    for name in gone:
        snapshot(client, name)
        client.delete_snapshot(SnapshotName=name)
    until(lambda: not set(gone) & set(names(client)), "the snapshots are gone")


def test_a_snapshot_has_the_members_that_awss_has(simfra, client):
    """Those of `create-snapshot` and `describe-snapshots` in the AWS CLI's examples, and what came since."""
    caches.create(simfra, "shown")
    shown = {
        "SnapshotName",
        "CacheClusterId",
        "SnapshotStatus",
        "SnapshotSource",
        "CacheNodeType",
        "Engine",
        "EngineVersion",
        "NumCacheNodes",
        "PreferredAvailabilityZone",
        "CacheClusterCreateTime",
        "PreferredMaintenanceWindow",
        "Port",
        "CacheParameterGroupName",
        "CacheSubnetGroupName",
        "VpcId",
        "AutoMinorVersionUpgrade",
        "SnapshotRetentionLimit",
        "SnapshotWindow",
        "NodeSnapshots",
        "ARN",
        "DataTiering",
    }
    client.get_waiter("cache_cluster_available").wait(CacheClusterId="shown")
    made = client.create_snapshot(CacheClusterId="shown", SnapshotName="shown")["Snapshot"]
    assert made.keys() == shown
    (node,) = made["NodeSnapshots"]
    assert node.keys() == {"CacheNodeId", "CacheSize", "CacheNodeCreateTime"}
    (node,) = snapshot(client, "shown")["NodeSnapshots"]
    assert node.keys() == {"CacheNodeId", "CacheSize", "CacheNodeCreateTime", "SnapshotCreateTime"}
    forget(client, "shown")
    client.get_waiter("cache_cluster_available").wait(CacheClusterId="shown")
    caches.delete(simfra, "shown")


def test_paginators_read_everything_once(simfra, client):
    made = []
    for number in range(2):
        caches.create(simfra, f"paged-{number}")
    for each in range(25):
        name, of = f"paged-{each:02}", f"paged-{each % 2}"
        client.get_waiter("cache_cluster_available").wait(CacheClusterId=of)
        client.create_snapshot(CacheClusterId=of, SnapshotName=name)
        made.append(name)
    paginator = client.get_paginator("describe_snapshots")
    pages = [page["Snapshots"] for page in paginator.paginate(PaginationConfig={"PageSize": 20})]
    assert [len(page) for page in pages] == [20, 5]
    assert [each["SnapshotName"] for page in pages for each in page] == made
    assert names(client, CacheClusterId="paged-1") == made[1::2]
    forget(client, *made)
    for number in range(2):
        caches.delete(simfra, f"paged-{number}")


def test_terraforms_final_snapshot_is_there_after_its_cluster(simfra, client):
    """`final_snapshot_identifier`: the deletion's wait ends with the cluster, and the snapshot is there."""
    caches.create(simfra, "tf")
    client.get_waiter("cache_cluster_available").wait(CacheClusterId="tf")
    client.delete_cache_cluster(CacheClusterId="tf", FinalSnapshotIdentifier="tf-last")
    client.get_waiter("cache_cluster_deleted").wait(CacheClusterId="tf")
    assert snapshot(client, "tf-last")["CacheClusterId"] == "tf"
    forget(client, "tf-last")


def test_terraforms_final_snapshot_is_there_after_its_group(client):
    client.create_replication_group(
        ReplicationGroupId="tf-group",
        ReplicationGroupDescription="of a test",
        Engine="valkey",
        CacheNodeType="cache.r6g.large",
        NumNodeGroups=2,
        ReplicasPerNodeGroup=1,
    )
    client.get_waiter("replication_group_available").wait(ReplicationGroupId="tf-group")
    client.delete_replication_group(ReplicationGroupId="tf-group", FinalSnapshotIdentifier="tf-last")
    client.get_waiter("replication_group_deleted").wait(ReplicationGroupId="tf-group")
    last = snapshot(client, "tf-last")
    assert (last["ReplicationGroupId"], last["NumNodeGroups"]) == ("tf-group", 2)
    forget(client, "tf-last")


def test_terraforms_clusters_keep_their_snapshots(simfra, client):
    """`snapshot_retention_limit` and `snapshot_window`: created, read twice, changed, and restored by `snapshot_name`."""
    wanted = {
        "PreferredMaintenanceWindow": "tue:01:00-tue:02:00",
        "SnapshotWindow": "05:00-06:00",
        "SnapshotRetentionLimit": 5,
    }

    def state(name: str) -> dict:
        client.get_waiter("cache_cluster_available").wait(CacheClusterId=name)
        return caches.find(simfra, name)

    caches.create(simfra, "kept", "valkey", **wanted)
    first = state("kept")
    assert {name: first[name] for name in wanted} == wanted
    assert state("kept") == first
    client.modify_cache_cluster(CacheClusterId="kept", SnapshotRetentionLimit=7, ApplyImmediately=True)
    assert state("kept") == first | {"SnapshotRetentionLimit": 7}
    client.delete_cache_cluster(CacheClusterId="kept", FinalSnapshotIdentifier="kept-last")
    client.get_waiter("cache_cluster_deleted").wait(CacheClusterId="kept")
    assert snapshot(client, "kept-last")["SnapshotRetentionLimit"] == 7

    client.create_cache_cluster(CacheClusterId="again", SnapshotName="kept-last", NumCacheNodes=1)
    again = state("again")
    assert [again[name] for name in ("Engine", "EngineVersion", "CacheNodeType")] == [
        first[name] for name in ("Engine", "EngineVersion", "CacheNodeType")
    ]
    caches.delete(simfra, "again")
    forget(client, "kept-last")


def test_terraforms_groups_keep_their_snapshots(client):
    """The same of a group, whose shards come back."""

    def state(name: str) -> dict:
        client.get_waiter("replication_group_available").wait(ReplicationGroupId=name)
        (found,) = client.describe_replication_groups(ReplicationGroupId=name)["ReplicationGroups"]
        return found

    described = {"ReplicationGroupDescription": "of a test"}
    client.create_replication_group(
        ReplicationGroupId="kept",
        Engine="valkey",
        CacheNodeType="cache.r6g.large",
        NumNodeGroups=2,
        ReplicasPerNodeGroup=1,
        SnapshotWindow="05:00-06:00",
        PreferredMaintenanceWindow="tue:01:00-tue:02:00",
        SnapshotRetentionLimit=5,
        **described,
    )
    first = state("kept")
    assert (first["SnapshotRetentionLimit"], first["SnapshotWindow"]) == (5, "05:00-06:00")
    assert state("kept") == first
    client.modify_replication_group(ReplicationGroupId="kept", SnapshotRetentionLimit=7, ApplyImmediately=True)
    assert state("kept") == first | {"SnapshotRetentionLimit": 7}
    client.create_snapshot(ReplicationGroupId="kept", SnapshotName="whole")
    snapshot(client, "whole")
    client.copy_snapshot(SourceSnapshotName="whole", TargetSnapshotName="whole-too")
    assert snapshot(client, "whole-too")["NumNodeGroups"] == 2

    client.create_replication_group(ReplicationGroupId="again", SnapshotName="whole-too", **described)
    again = state("again")
    slots = [[shard["Slots"] for shard in group["NodeGroups"]] for group in (first, again)]
    assert slots[0] == slots[1] == ["0-8191", "8192-16383"]
    for name in ("kept", "again"):
        client.delete_replication_group(ReplicationGroupId=name)
        client.get_waiter("replication_group_deleted").wait(ReplicationGroupId=name)
    forget(client, "whole", "whole-too")
