"""What can be done to a cluster while it lives."""

import pytest
from botocore.exceptions import ClientError

import caches


@pytest.fixture(scope="module")
def alive(simfra) -> str:
    """The name of a cluster that is available."""
    caches.create(simfra, "alive", Tags=[{"Key": "team", "Value": "cache"}])
    caches.available(simfra, "alive")
    return "alive"


def refusal(call, **parameters) -> dict:
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    return refused.value.response["Error"]


def test_a_reboot_loses_the_data_and_keeps_the_place(simfra, alive):
    forward = caches.open_forward(simfra, alive)
    before = caches.find(simfra, alive)
    with caches.through(forward["localPort"]) as client:
        client.set("key", "value")
    reply = simfra.elasticache.reboot_cache_cluster(CacheClusterId=alive, CacheNodeIdsToReboot=["0001"])
    assert reply["CacheCluster"]["CacheClusterStatus"] == "rebooting cache cluster nodes"
    during = caches.find(simfra, alive)
    if during["CacheClusterStatus"] != "available":
        assert during["CacheClusterStatus"] == "rebooting cluster nodes"
        assert during["CacheNodes"][0]["CacheNodeStatus"] == "rebooting"
    assert caches.available(simfra, alive) == before
    with caches.through(forward["localPort"]) as client:
        assert client.get("key") is None
    assert caches.messages(simfra, alive)[-2:] == ["Cache node 0001 shutdown", "Cache node 0001 restarted"]


def test_the_node_type_limits_the_memory(simfra, alive):
    forward = caches.open_forward(simfra, alive)
    with caches.through(forward["localPort"]) as client:
        memory = client.info("memory")
    # cache.t3.micro has 536,870,912 bytes, of which a quarter is reserved.
    assert (memory["maxmemory"], memory["maxmemory_policy"]) == (402_653_184, "volatile-lru")


def test_a_reboot_of_a_node_that_is_not_there_is_refused(simfra, alive):
    error = refusal(simfra.elasticache.reboot_cache_cluster, CacheClusterId=alive, CacheNodeIdsToReboot=["0002"])
    assert error["Code"] == "InvalidParameterValue" or error["Code"] == "CacheNodeNotFound"
    assert caches.find(simfra, alive)["CacheClusterStatus"] == "available"


def test_what_a_modification_says_is_described(simfra, alive):
    changes = {
        "PreferredMaintenanceWindow": "sun:23:00-mon:01:30",
        "SnapshotWindow": "05:00-09:00",
        "AutoMinorVersionUpgrade": False,
    }
    simfra.elasticache.modify_cache_cluster(CacheClusterId=alive, ApplyImmediately=True, **changes)
    described = caches.available(simfra, alive)
    assert changes.items() <= described.items()
    assert described["PendingModifiedValues"] == {}


def test_tags_are_listed_added_replaced_and_removed(simfra, alive):
    client, arn = simfra.elasticache, caches.arn_of(alive)

    def listed() -> dict[str, str]:
        return {tag["Key"]: tag["Value"] for tag in client.list_tags_for_resource(ResourceName=arn)["TagList"]}

    assert listed() == {"team": "cache"}
    tags = [{"Key": "team", "Value": "storage"}, {"Key": "stage", "Value": ""}]
    answer = client.add_tags_to_resource(ResourceName=arn, Tags=tags)["TagList"]
    assert {tag["Key"]: tag["Value"] for tag in answer} == {"team": "storage", "stage": ""} == listed()
    client.remove_tags_from_resource(ResourceName=arn, TagKeys=["team"])
    assert listed() == {"stage": ""}
    error = refusal(client.list_tags_for_resource, ResourceName=caches.arn_of("not-there"))
    assert error["Code"] == "CacheClusterNotFound"


def test_a_create_is_told_in_events(simfra):
    caches.create(simfra, "told")
    zone = caches.available(simfra, "told")["PreferredAvailabilityZone"]
    told = caches.messages(simfra, "told")
    assert sorted(told) == [f"Added cache node 0001 in availability zone {zone}", "Cache cluster created"]
    caches.delete(simfra, "told")


def test_the_engine_is_the_version_that_was_asked_for(simfra, runtime):
    caches.create(simfra, "versioned", EngineVersion="7.0")
    assert caches.available(simfra, "versioned")["EngineVersion"].startswith("7.0")
    with caches.connected(simfra, "versioned") as client:
        assert client.info("server")["redis_version"].startswith("7.0")
    caches.delete(simfra, "versioned")


def test_a_version_that_there_is_no_engine_for_fails_with_the_cause(simfra):
    """The machine has no Redis 5.0.6, as image or as program, and the fallback is to fail."""
    caches.create(simfra, "unserved", EngineVersion="5.0.6")
    caches.failed(simfra, "unserved")
    assert any("5.0.6" in message for message in caches.messages(simfra, "unserved"))
    caches.delete(simfra, "unserved")


def test_engine_versions_are_described(simfra):
    client = simfra.elasticache
    every = client.describe_cache_engine_versions()["CacheEngineVersions"]
    assert {each["Engine"] for each in every} == {"redis", "valkey", "memcached"}
    (default,) = client.describe_cache_engine_versions(Engine="redis", DefaultOnly=True)["CacheEngineVersions"]
    assert default["CacheParameterGroupFamily"] == "redis7"


def test_a_name_is_taken_once_and_free_after_the_deletion(simfra):
    caches.create(simfra, "unique")
    parameters = {"Engine": "redis", "CacheNodeType": "cache.t3.micro", "NumCacheNodes": 1}
    error = refusal(simfra.elasticache.create_cache_cluster, CacheClusterId="Unique", **parameters)
    assert error["Code"] == "CacheClusterAlreadyExists"
    caches.available(simfra, "unique")
    caches.delete(simfra, "unique")
    caches.create(simfra, "unique")
    caches.available(simfra, "unique")
    caches.delete(simfra, "unique")


def test_a_cluster_that_is_being_made_is_not_changed(simfra):
    """The engine cannot be there yet: the create is answered before its node starts."""
    caches.create(simfra, "unready")
    error = refusal(simfra.elasticache.reboot_cache_cluster, CacheClusterId="unready", CacheNodeIdsToReboot=["0001"])
    assert error["Code"] == "InvalidCacheClusterState"
    caches.available(simfra, "unready")
    caches.delete(simfra, "unready")
