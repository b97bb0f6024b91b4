"""Serverless caches and their snapshots without engines, as boto3 and Terraform's provider ask for them."""

import pytest
from botocore.exceptions import ClientError

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


def find(client, name: str) -> dict | None:
    try:
        found = client.describe_serverless_caches(ServerlessCacheName=name)
    except client.exceptions.ServerlessCacheNotFoundFault:
        return None
    (cache,) = found["ServerlessCaches"]
    return cache


def available(client, name: str) -> dict:
    until(lambda: find(client, name)["Status"] == "available", f"{name} is available")
    return find(client, name)


def gone(client, name: str) -> None:
    client.delete_serverless_cache(ServerlessCacheName=name)
    until(lambda: find(client, name) is None, f"{name} is gone")


def make(client, name: str, engine: str, **more) -> dict:
    created = client.create_serverless_cache(ServerlessCacheName=name, Engine=engine, **more)["ServerlessCache"]
    assert created["Status"] == "creating"
    assert "Endpoint" not in created
    return available(client, name)


@pytest.mark.parametrize(
    "engine, ports", [("redis", (6379, 6380)), ("valkey", (6379, 6380)), ("memcached", (11211, 11212))]
)
def test_a_cache_is_made_and_deleted(client, engine, ports):
    cache = make(client, f"One-{engine}", engine)
    host = f"one-{engine}-abcdef.serverless.use1.cache.simfra.dev"
    assert cache["Endpoint"] == {"Address": host, "Port": ports[0]}
    assert cache["ReaderEndpoint"] == {"Address": host, "Port": ports[1]}
    assert cache["ARN"] == f"arn:aws:elasticache:us-east-1:000000000000:serverlesscache:one-{engine}"
    assert len(cache["SubnetIds"]) == 3 and len(cache["SecurityGroupIds"]) == 1
    assert "CacheUsageLimits" not in cache and "Integrations" not in cache
    gone(client, f"one-{engine}")


def test_integrations_are_enabled(client):
    integrations = [{"IntegrationType": "dynamodb"}]
    cache = make(client, "table", "valkey", MajorEngineVersion="9", Integrations=integrations)
    assert cache["Integrations"] == [{"IntegrationType": "dynamodb", "Status": "enabled"}]
    gone(client, "table")


def test_paginators_read_everything_once(client):
    names = [f"page-{n}" for n in range(5)]
    for name in names:
        make(client, name, "valkey")
    snapshots = [f"snap-{n}" for n in range(3)]
    for name in snapshots:
        client.create_serverless_cache_snapshot(ServerlessCacheName="page-0", ServerlessCacheSnapshotName=name)
        until(lambda: snapshot(client, name)["Status"] == "available", f"{name} is available")

    pages = client.get_paginator("describe_serverless_caches").paginate(PaginationConfig={"PageSize": 2})
    lists = [[cache["ServerlessCacheName"] for cache in page["ServerlessCaches"]] for page in pages]
    assert lists == [names[:2], names[2:4], names[4:]]
    pages = client.get_paginator("describe_serverless_cache_snapshots").paginate(PaginationConfig={"PageSize": 2})
    key = "ServerlessCacheSnapshots"
    lists = [[each["ServerlessCacheSnapshotName"] for each in page[key]] for page in pages]
    assert lists == [snapshots[:2], snapshots[2:]]

    for name in snapshots:
        client.delete_serverless_cache_snapshot(ServerlessCacheSnapshotName=name)
    for name in names:
        gone(client, name)


def snapshot(client, name: str) -> dict:
    found = client.describe_serverless_cache_snapshots(ServerlessCacheSnapshotName=name)
    (snapshot,) = found["ServerlessCacheSnapshots"]
    return snapshot


def test_a_snapshot_is_copied_and_restored(client):
    make(client, "source", "redis")
    client.delete_serverless_cache(ServerlessCacheName="source", FinalSnapshotName="last")
    until(lambda: find(client, "source") is None, "source is gone")
    client.copy_serverless_cache_snapshot(
        SourceServerlessCacheSnapshotName="last", TargetServerlessCacheSnapshotName="again"
    )
    until(lambda: snapshot(client, "again")["Status"] == "available", "the copy is available")
    again = snapshot(client, "again")
    assert again["ServerlessCacheConfiguration"] == {
        "ServerlessCacheName": "source",
        "Engine": "redis",
        "MajorEngineVersion": "7",
    }
    make(client, "target", "valkey", SnapshotArnsToRestore=[again["ARN"]])
    events = client.describe_events(SourceType="serverless-cache", SourceIdentifier="target")["Events"]
    assert [event["Message"] for event in events] == [
        "Cache target is created and data was restored from snapshot. Your cache is ready to use."
    ]
    with pytest.raises(ClientError, match="NotImplemented"):
        client.export_serverless_cache_snapshot(ServerlessCacheSnapshotName="last", S3BucketName="bucket")
    gone(client, "target")
    for name in ("last", "again"):
        client.delete_serverless_cache_snapshot(ServerlessCacheSnapshotName=name)


def test_terraforms_calls_see_no_difference(client):
    """Create, read, read again; an update sends every argument that is known; tags; delete."""
    limits = {"DataStorage": {"Maximum": 10, "Unit": "GB"}, "ECPUPerSecond": {"Maximum": 5000}}
    tags = [{"Key": "team", "Value": "blue"}]
    wanted = {
        "Description": "of a test",
        "CacheUsageLimits": limits,
        "MajorEngineVersion": "8",
        "SnapshotRetentionLimit": 1,
        "DailySnapshotTime": "09:00",
    }
    state = make(client, "terraformed", "valkey", Tags=tags, **wanted)
    assert {name: state[name] for name in wanted} == wanted
    assert find(client, "terraformed") == state
    assert client.list_tags_for_resource(ResourceName=state["ARN"])["TagList"] == tags

    known = wanted | {"SecurityGroupIds": state["SecurityGroupIds"], "Engine": "valkey"}
    for change in (
        {"Description": "changed"},
        {"CacheUsageLimits": {"DataStorage": {"Maximum": 20, "Unit": "GB"}, "ECPUPerSecond": {"Maximum": 5000}}},
        {"SnapshotRetentionLimit": 7},
        {"DailySnapshotTime": "10:30"},
    ):
        known |= change
        modified = client.modify_serverless_cache(ServerlessCacheName="terraformed", **known)["ServerlessCache"]
        assert modified["Status"] == "modifying"
        state = available(client, "terraformed")
        assert {name: state[name] for name in known} == known
        assert find(client, "terraformed") == state

    with pytest.raises(ClientError, match="only support modifying one field per request"):
        client.modify_serverless_cache(
            ServerlessCacheName="terraformed", Description="of two", SnapshotRetentionLimit=0
        )
    assert find(client, "terraformed") == state
    client.add_tags_to_resource(ResourceName=state["ARN"], Tags=[{"Key": "team", "Value": "red"}])
    client.remove_tags_from_resource(ResourceName=state["ARN"], TagKeys=["team"])
    assert client.list_tags_for_resource(ResourceName=state["ARN"])["TagList"] == []
    gone(client, "terraformed")


def test_with_engines_it_is_refused_by_name(new_simfra):
    simfra = new_simfra("process").start()
    with pytest.raises(ClientError) as refused:
        simfra.elasticache.create_serverless_cache(ServerlessCacheName="none", Engine="valkey")
    assert refused.value.response["Error"]["Code"] == "NotImplemented"
    assert "SIMFRA_RUNTIME=none" in refused.value.response["Error"]["Message"]
    assert simfra.elasticache.describe_serverless_caches()["ServerlessCaches"] == []
    simfra.stop()
