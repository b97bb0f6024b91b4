"""boto3 runs every operation of the model."""

import boto3
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError, WaiterError
from botocore.model import ListShape, Shape, StructureShape

import caches
from conftest import living
from simfra import REGION
from waiting import until

MODEL = boto3.client("elasticache", region_name=REGION).meta.service_model

# A server of somebody's own.
SOURCE = {"CustomerNodeEndpointList": [{"Address": "10.0.0.241", "Port": 6379}]}

# What each built operation is called with, in an order in which all of them succeed.
BUILT = {
    "CreateCacheCluster": {
        "CacheClusterId": "wired",
        "Engine": "redis",
        "CacheNodeType": "cache.t3.micro",
        "NumCacheNodes": 1,
    },
    "DescribeCacheClusters": {},
    # Both windows: the default ones are drawn, and must not overlap.
    "ModifyCacheCluster": lambda simfra: {
        "CacheClusterId": cluster(simfra, "wired"),
        "PreferredMaintenanceWindow": "sun:23:00-mon:01:30",
        "SnapshotWindow": "05:00-09:00",
    },
    "AddTagsToResource": lambda simfra: {
        "ResourceName": caches.arn_of(cluster(simfra, "wired")),
        "Tags": [{"Key": "team", "Value": "cache"}],
    },
    "ListTagsForResource": {"ResourceName": caches.arn_of("wired")},
    "RemoveTagsFromResource": {"ResourceName": caches.arn_of("wired"), "TagKeys": ["team"]},
    "RebootCacheCluster": lambda simfra: {
        "CacheClusterId": cluster(simfra, "wired"),
        "CacheNodeIdsToReboot": ["0001"],
    },
    "CreateSnapshot": lambda simfra: {
        "CacheClusterId": cluster(simfra, "wired"),
        "SnapshotName": "wired",
    },
    "DescribeSnapshots": {},
    "CopySnapshot": lambda simfra: {
        "SourceSnapshotName": snapshot(simfra, "wired"),
        "TargetSnapshotName": "wired-too",
    },
    "DeleteSnapshot": lambda simfra: {"SnapshotName": snapshot(simfra, "wired")},
    "DeleteCacheCluster": lambda simfra: {"CacheClusterId": cluster(simfra, "wired")},
    "DescribeCacheEngineVersions": {},
    "CreateCacheParameterGroup": {
        "CacheParameterGroupName": "wired",
        "CacheParameterGroupFamily": "redis7",
        "Description": "of a test",
    },
    "ModifyCacheParameterGroup": {
        "CacheParameterGroupName": "wired",
        "ParameterNameValues": [{"ParameterName": "timeout", "ParameterValue": "30"}],
    },
    "DescribeCacheParameterGroups": {},
    "DescribeCacheParameters": {"CacheParameterGroupName": "wired"},
    "DescribeEngineDefaultParameters": {"CacheParameterGroupFamily": "valkey8"},
    "ResetCacheParameterGroup": {"CacheParameterGroupName": "wired", "ResetAllParameters": True},
    "DeleteCacheParameterGroup": {"CacheParameterGroupName": "wired"},
    "CreateCacheSubnetGroup": lambda simfra: {
        "CacheSubnetGroupName": "wired",
        "CacheSubnetGroupDescription": "of a test",
        "SubnetIds": [a_subnet(simfra)],
    },
    "ModifyCacheSubnetGroup": {"CacheSubnetGroupName": "wired", "CacheSubnetGroupDescription": "in other words"},
    "DescribeCacheSubnetGroups": {},
    "DeleteCacheSubnetGroup": {"CacheSubnetGroupName": "wired"},
    "DescribeCacheSecurityGroups": {},
    "DescribeEvents": {},
    "CreateUser": {
        "UserId": "wired",
        "UserName": "wired",
        "Engine": "redis",
        "AccessString": "on ~* +@all",
        "Passwords": ["abcdefghijklmnop"],
    },
    "DescribeUsers": {},
    "ModifyUser": {"UserId": "wired", "AppendAccessString": "-flushall"},
    "CreateUserGroup": {"UserGroupId": "wired", "Engine": "redis", "UserIds": ["default", "wired"]},
    "DescribeUserGroups": {},
    "ModifyUserGroup": {"UserGroupId": "wired", "UserIdsToRemove": ["wired"]},
    "DeleteUserGroup": {"UserGroupId": "wired"},
    "DeleteUser": {"UserId": "wired"},
    "DescribeReservedCacheNodesOfferings": {},
    "PurchaseReservedCacheNodesOffering": {
        "ReservedCacheNodesOfferingId": "01ce0a19-a476-41cb-8aee-48eacbcdc8e5",
    },
    "DescribeReservedCacheNodes": {},
    "DescribeServiceUpdates": {},
    "DescribeUpdateActions": {},
    "CreateReplicationGroup": {
        "ReplicationGroupId": "wired",
        "ReplicationGroupDescription": "of a test",
        "Engine": "valkey",
        "CacheNodeType": "cache.r6g.large",
        "NumCacheClusters": 2,
        "AutomaticFailoverEnabled": True,
    },
    "DescribeReplicationGroups": {},
    "ListAllowedNodeTypeModifications": lambda simfra: {"ReplicationGroupId": group(simfra, "wired")},
    "ModifyReplicationGroup": lambda simfra: {
        "ReplicationGroupId": group(simfra, "wired"),
        "ReplicationGroupDescription": "in other words",
    },
    "IncreaseReplicaCount": lambda simfra: {
        "ReplicationGroupId": group(simfra, "wired"),
        "NewReplicaCount": 2,
        "ApplyImmediately": True,
    },
    "DecreaseReplicaCount": lambda simfra: {
        "ReplicationGroupId": group(simfra, "wired"),
        "NewReplicaCount": 1,
        "ApplyImmediately": True,
    },
    "TestFailover": lambda simfra: {"ReplicationGroupId": group(simfra, "wired"), "NodeGroupId": "0001"},
    "ModifyReplicationGroupShardConfiguration": lambda simfra: {
        "ReplicationGroupId": sharded(simfra, "sharded"),
        "NodeGroupCount": 3,
        "ApplyImmediately": True,
    },
    "TestMigration": lambda simfra: {"ReplicationGroupId": over_zones(simfra, "zones"), **SOURCE},
    "StartMigration": lambda simfra: {"ReplicationGroupId": group(simfra, "zones"), **SOURCE},
    "CompleteMigration": {"ReplicationGroupId": "zones"},
    "CreateGlobalReplicationGroup": lambda simfra: {
        "GlobalReplicationGroupIdSuffix": "wired",
        "PrimaryReplicationGroupId": large(simfra, "large"),
    },
    "DescribeGlobalReplicationGroups": {"ShowMemberInfo": True},
    "ModifyGlobalReplicationGroup": lambda simfra: {
        "GlobalReplicationGroupId": with_secondary(simfra, "ldgnf-wired"),
        "ApplyImmediately": True,
        "CacheNodeType": "cache.r6g.xlarge",
    },
    "IncreaseNodeGroupsInGlobalReplicationGroup": lambda simfra: {
        "GlobalReplicationGroupId": global_group(simfra, "ldgnf-wired"),
        "NodeGroupCount": 3,
        "ApplyImmediately": True,
    },
    "DecreaseNodeGroupsInGlobalReplicationGroup": lambda simfra: {
        "GlobalReplicationGroupId": global_group(simfra, "ldgnf-wired"),
        "NodeGroupCount": 2,
        "GlobalNodeGroupsToRemove": ["ldgnf-wired-0001"],
        "ApplyImmediately": True,
    },
    "RebalanceSlotsInGlobalReplicationGroup": lambda simfra: {
        "GlobalReplicationGroupId": over_uneven_shards(simfra, "uneven"),
        "ApplyImmediately": True,
    },
    "FailoverGlobalReplicationGroup": lambda simfra: {
        "GlobalReplicationGroupId": global_group(simfra, "ldgnf-wired"),
        "PrimaryRegion": "eu-west-1",
        "PrimaryReplicationGroupId": "second",
    },
    "DisassociateGlobalReplicationGroup": lambda simfra: {
        "GlobalReplicationGroupId": global_group(simfra, "ldgnf-wired"),
        "ReplicationGroupId": "large",
        "ReplicationGroupRegion": "us-east-1",
    },
    "DeleteGlobalReplicationGroup": lambda simfra: {
        "GlobalReplicationGroupId": global_group(simfra, "ldgnf-wired"),
        "RetainPrimaryReplicationGroup": True,
    },
    "DeleteReplicationGroup": lambda simfra: {"ReplicationGroupId": group(simfra, "wired")},
    "CreateServerlessCache": {"ServerlessCacheName": "wired", "Engine": "valkey"},
    "DescribeServerlessCaches": {},
    "ModifyServerlessCache": lambda simfra: {
        "ServerlessCacheName": serverless(simfra, "wired"),
        "Description": "in other words",
    },
    "CreateServerlessCacheSnapshot": lambda simfra: {
        "ServerlessCacheName": serverless(simfra, "wired"),
        "ServerlessCacheSnapshotName": "wired",
    },
    "DescribeServerlessCacheSnapshots": {},
    "CopyServerlessCacheSnapshot": lambda simfra: {
        "SourceServerlessCacheSnapshotName": serverless_snapshot(simfra, "wired"),
        "TargetServerlessCacheSnapshotName": "copied",
    },
    "DeleteServerlessCacheSnapshot": lambda simfra: {
        "ServerlessCacheSnapshotName": serverless_snapshot(simfra, "copied"),
    },
    "PrepareMigration": lambda simfra: {"ServerlessCacheName": serverless(simfra, "wired"), **SOURCE},
    "StopMigration": lambda simfra: {"ServerlessCacheName": syncing(simfra, "wired")},
    "DeleteServerlessCache": lambda simfra: {"ServerlessCacheName": migrated(simfra, "wired")},
}

# What AWS itself refuses to accounts without EC2-Classic.
CLASSIC = [
    "AuthorizeCacheSecurityGroupIngress",
    "CreateCacheSecurityGroup",
    "DeleteCacheSecurityGroup",
    "RevokeCacheSecurityGroupIngress",
]

# Served, and never with success: there is nothing that they could be about.
WITHOUT_OBJECT = {
    "BatchApplyUpdateAction": ("ServiceUpdateNotFoundFault", {"ServiceUpdateName": "any", "CacheClusterIds": ["any"]}),
    "BatchStopUpdateAction": ("ServiceUpdateNotFoundFault", {"ServiceUpdateName": "any", "CacheClusterIds": ["any"]}),
    # There is no S3 to export to; what is not there is told first.
    "ExportServerlessCacheSnapshot": (
        "ServerlessCacheSnapshotNotFoundFault",
        {"ServerlessCacheSnapshotName": "nobodys", "S3BucketName": "bucket"},
    ),
}


# Strings that the model itself asks more of than that they are strings.
PATTERNS = {"UserId": "someone", "UserGroupId": "some-group", "AccessString": "on ~* +@all", "Engine": "redis"}


@pytest.fixture(scope="module")
def wired(tmp_path_factory):
    """The wire needs no engine."""
    with living(tmp_path_factory, "none") as simfra:
        yield simfra.start()
        simfra.stop()


def a_subnet(simfra) -> str:
    """One of the default VPC's."""
    return simfra.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]


def cluster(simfra, name: str) -> str:
    """The cluster, once nothing is under way."""
    return caches.available(simfra, name)["CacheClusterId"]


def group(simfra, name: str) -> str:
    """The replication group, once nothing is under way."""
    describe = simfra.elasticache.describe_replication_groups
    until(lambda: describe(ReplicationGroupId=name)["ReplicationGroups"][0]["Status"] == "available", name)
    return name


def over_zones(simfra, name: str) -> str:
    """A replication group over several zones, as migrations ask for."""
    simfra.elasticache.create_replication_group(
        ReplicationGroupId=name,
        ReplicationGroupDescription="of a test",
        CacheNodeType="cache.t3.micro",
        NumCacheClusters=2,
        AutomaticFailoverEnabled=True,
        MultiAZEnabled=True,
    )
    return group(simfra, name)


def over_uneven_shards(simfra, name: str) -> str:
    """A global datastore over a group of its suffix, one of whose shards has most of the slots."""
    shards = [{"NodeGroupId": "0001", "Slots": "0-99"}, {"NodeGroupId": "0002", "Slots": "100-16383"}]
    answer = simfra.elasticache.create_global_replication_group(
        GlobalReplicationGroupIdSuffix=name,
        PrimaryReplicationGroupId=large(simfra, name, NodeGroupConfiguration=shards),
    )
    return global_group(simfra, answer["GlobalReplicationGroup"]["GlobalReplicationGroupId"])


def large(simfra, name: str, **layout) -> str:
    """A replication group with cluster mode, of nodes that global datastores may have."""
    simfra.elasticache.create_replication_group(
        ReplicationGroupId=name,
        ReplicationGroupDescription="of a test",
        Engine="valkey",
        CacheNodeType="cache.r6g.large",
        **(layout or {"NumNodeGroups": 2}),
    )
    return group(simfra, name)


def global_group(simfra, name: str) -> str:
    """The global datastore, once nothing is under way."""
    describe = simfra.elasticache.describe_global_replication_groups

    def settled() -> bool:
        found = describe(GlobalReplicationGroupId=name)["GlobalReplicationGroups"][0]
        return found["Status"] in ("available", "primary-only")

    until(settled, name)
    return name


def with_secondary(simfra, name: str) -> str:
    """The global datastore, with the group `second` of eu-west-1 in it."""
    global_group(simfra, name)
    simfra.client(region="eu-west-1").create_replication_group(
        ReplicationGroupId="second", ReplicationGroupDescription="of a test", GlobalReplicationGroupId=name
    )
    return global_group(simfra, name)


def sharded(simfra, name: str) -> str:
    """A replication group of two shards."""
    simfra.elasticache.create_replication_group(
        ReplicationGroupId=name,
        ReplicationGroupDescription="of a test",
        Engine="valkey",
        CacheNodeType="cache.r6g.large",
        NumNodeGroups=2,
        ReplicasPerNodeGroup=0,
    )
    return group(simfra, name)


def snapshot(simfra, name: str) -> str:
    """The snapshot, once it is made."""
    describe = simfra.elasticache.describe_snapshots
    until(lambda: describe(SnapshotName=name)["Snapshots"][0]["SnapshotStatus"] == "available", name)
    return name


def serverless(simfra, name: str) -> str:
    """The serverless cache, once nothing is under way."""
    describe = simfra.elasticache.describe_serverless_caches
    until(lambda: describe(ServerlessCacheName=name)["ServerlessCaches"][0]["Status"] == "available", name)
    return name


def syncing(simfra, name: str) -> str:
    """The serverless cache, into which data is migrated."""
    simfra.elasticache.start_migration(ServerlessCacheName=serverless(simfra, name))
    return name


def migrated(simfra, name: str) -> str:
    """The serverless cache, into which data is migrated no more."""
    simfra.elasticache.complete_migration(ServerlessCacheName=name, Force=True)
    return serverless(simfra, name)


def serverless_snapshot(simfra, name: str) -> str:
    """A serverless cache's snapshot, once it is made."""
    describe = simfra.elasticache.describe_serverless_cache_snapshots

    def snapshot() -> dict:
        return describe(ServerlessCacheSnapshotName=name)["ServerlessCacheSnapshots"][0]

    until(lambda: snapshot()["Status"] == "available", name)
    return name


def call(simfra, operation: str, parameters: dict) -> dict:
    return getattr(simfra.elasticache, xform_name(operation))(**parameters)


def minimal(shape: Shape, name: str = "") -> object:
    """The least value that the model takes for a shape."""
    if isinstance(shape, StructureShape):
        return {member: minimal(shape.members[member], member) for member in shape.required_members}
    if isinstance(shape, ListShape):
        return [minimal(shape.member, name)]
    if shape.type_name in ("integer", "long"):
        return shape.metadata.get("min", 1)
    if shape.type_name == "boolean":
        return True
    if shape.type_name in ("double", "float"):
        return 1.0
    if shape.type_name == "timestamp":
        return "2026-01-01T00:00:00Z"
    assert shape.type_name == "string", shape
    return shape.enum[0] if shape.enum else PATTERNS.get(name, "some-name")


def test_the_model_has_the_operations_that_it_is_said_to_have():
    assert len(MODEL.operation_names) == 77
    assert sorted([*BUILT, *CLASSIC, *WITHOUT_OBJECT]) == sorted(MODEL.operation_names)


def test_built_operations_succeed(wired):
    for operation, parameters in BUILT.items():
        answer = call(wired, operation, parameters(wired) if callable(parameters) else parameters)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200, operation
        # Every answer is held to the model (`answers.py`); and it tells something, where the operation does.
        if operation.startswith(("Create", "Describe", "List", "Add")):
            assert answer.keys() - {"ResponseMetadata"}, operation
    client = wired.elasticache
    client.delete_global_replication_group(
        GlobalReplicationGroupId=global_group(wired, "ldgnf-uneven"), RetainPrimaryReplicationGroup=True
    )
    until(lambda: not client.describe_global_replication_groups()["GlobalReplicationGroups"], "no global datastore")
    for name in ("sharded", "large", "uneven", "zones"):
        client.delete_replication_group(ReplicationGroupId=group(wired, name))
    for name in ("wired", "sharded", "large", "uneven", "zones"):
        client.get_waiter("replication_group_deleted").wait(ReplicationGroupId=name)
    caches.gone(wired, "wired")


@pytest.mark.parametrize("operation", CLASSIC)
def test_accounts_without_ec2_classic_make_no_cache_security_groups(wired, operation):
    with pytest.raises(ClientError) as refusal:
        call(wired, operation, minimal(MODEL.operation_model(operation).input_shape))
    assert refusal.value.response["Error"]["Message"] == (
        "Use of cache security groups is not permitted in this API version for your account."
    )


@pytest.mark.parametrize("operation", WITHOUT_OBJECT)
def test_what_nothing_is_there_for_is_refused_in_awss_words(wired, operation):
    code, parameters = WITHOUT_OBJECT[operation]
    with pytest.raises(ClientError) as refusal:
        call(wired, operation, parameters)
    assert refusal.value.response["Error"]["Code"] == code


def test_the_request_id_is_in_the_header_and_in_the_body(wired):
    metadata = wired.elasticache.describe_events()["ResponseMetadata"]
    assert metadata["RequestId"] == metadata["HTTPHeaders"]["x-amzn-requestid"]
    assert metadata["HTTPHeaders"]["content-type"] == "text/xml"


def test_paginators_see_everything_once(wired):
    names = [f"paged-{number:02}" for number in range(45)]
    for name in names:
        caches.create(wired, name)
    pages = list(
        wired.elasticache.get_paginator("describe_cache_clusters").paginate(PaginationConfig={"PageSize": 20})
    )
    seen = [cluster["CacheClusterId"] for page in pages for cluster in page["CacheClusters"]]
    assert [len(page["CacheClusters"]) for page in pages] == [20, 20, 5]
    assert sorted(seen) == names
    events = wired.elasticache.get_paginator("describe_events").paginate(PaginationConfig={"PageSize": 20})
    created = [event for page in events for event in page["Events"] if event["Message"] == "Cache cluster created"]
    assert {event["SourceIdentifier"] for event in created} >= set(names)
    for name in names:
        caches.delete(wired, name)


def test_paginators_see_all_engine_versions(wired):
    paginator = wired.elasticache.get_paginator("describe_cache_engine_versions")
    paged = [
        (each["Engine"], each["EngineVersion"])
        for page in paginator.paginate(PaginationConfig={"PageSize": 20})
        for each in page["CacheEngineVersions"]
    ]
    assert len(set(paged)) == len(paged) > 20


def test_waiters(wired):
    client = wired.elasticache
    caches.create(wired, "awaited")
    client.get_waiter("cache_cluster_available").wait(CacheClusterId="awaited")
    assert caches.find(wired, "awaited")["CacheClusterStatus"] == "available"
    client.delete_cache_cluster(CacheClusterId="awaited")
    client.get_waiter("cache_cluster_deleted").wait(CacheClusterId="awaited")
    assert caches.find(wired, "awaited") is None
    with pytest.raises(WaiterError, match="CacheClusterNotFound"):
        client.get_waiter("cache_cluster_available").wait(CacheClusterId="awaited")
