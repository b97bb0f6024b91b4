"""Cluster mode with engines: shards whose slots and leaders are those of the API, for real cluster clients."""

import pytest
import redis

import caches
import groups
import sharded
from leftovers import node_of
from test_replication import WAYS
from waiting import until


@pytest.fixture(scope="module")
def trio(simfra) -> str:
    """A group of three shards, with a replica each."""
    sharded.create(simfra, "trio", 3, 1)
    return "trio"


def test_every_node_has_the_slots_that_the_api_says(simfra, trio):
    group = groups.find(simfra, trio)
    shown = {shard["NodeGroupMembers"][0]["CacheClusterId"]: shard["Slots"] for shard in group["NodeGroups"]}
    assert list(shown.values()) == ["0-5461", "5462-10922", "10923-16383"]
    with sharded.connected(simfra, trio) as client:
        members = sharded.nodes(client)
    assert sorted(sharded.name_of(node) for node in members.values()) == sorted(group["MemberClusters"])
    for member in members:
        host, port = member.split(":")
        with redis.Redis(host=host, port=int(port), decode_responses=True) as node:
            seen = node.cluster("nodes").values()
            assert {sharded.name_of(each): sharded.said(each) for each in seen if each["slots"]} == shown
            assert node.cluster("info")["cluster_state"] == "ok"
            assert len(seen) == 6


def test_a_cluster_client_reaches_every_shard(simfra, trio):
    with sharded.connected(simfra, trio) as client:
        keys = [f"key:{number}" for number in range(1000)]
        assert client.mset_nonatomic({key: key for key in keys})
        assert client.mget_nonatomic(keys) == keys
        held = [client.dbsize(target_nodes=node) for node in client.get_primaries()]
        assert sum(held) >= 1000 and min(held) > 200
        with pytest.raises(redis.exceptions.NoPermissionError):
            client.execute_command("CLUSTER FAILOVER", "TAKEOVER", target_nodes=client.get_random_node())


def test_a_tested_failover_loses_no_acknowledged_write(simfra, trio):
    with sharded.connected(simfra, trio) as client:
        before = sharded.slots(client)
        assert "trio-0002-001" in before
        with sharded.Writer(client) as writer:
            simfra.elasticache.test_failover(ReplicationGroupId=trio, NodeGroupId="0002")
            groups.available(simfra, trio)
            writer.wrote_on()
        assert writer.lost(client) == []
        expected = {name.replace("trio-0002-001", "trio-0002-002"): slots for name, slots in before.items()}
        assert sharded.slots(client) == expected
        assert len(sharded.nodes(client)) == 6


@pytest.mark.parametrize("way", ["kill", "pause"])
def test_a_lost_primary_is_failed_over(simfra, runtime, trio, way):
    groups.available(simfra, trio)
    with sharded.connected(simfra, trio) as client:
        before = sharded.primary_of(client, "0001")
        with sharded.Writer(client) as writer:
            WAYS[runtime][way](node_of(runtime, simfra.instance, before))
            until(lambda: any("Failover" in said for said in caches.messages(simfra, before)), "it fails over")
            groups.available(simfra, trio)
            writer.wrote_on()
        assert sharded.primary_of(client, "0001") != before
        assert len(sharded.nodes(client)) == 6
        # The other shards' writes were never in danger, and of this one's none but the last moment's.
        assert len(writer.lost(client)) <= 1


def test_slots_are_divided_as_asked(simfra):
    asked = ["0-99,200,16000-16383", "100-199,201-15999"]
    parameters = {
        "ReplicationGroupDescription": "a test's", "Engine": "valkey", "CacheNodeType": "cache.t3.micro",
        "AutomaticFailoverEnabled": True, "CacheParameterGroupName": "default.valkey8.cluster.on",
        "NodeGroupConfiguration": [{"Slots": slots, "ReplicaCount": 0} for slots in asked],
    }
    simfra.elasticache.create_replication_group(ReplicationGroupId="uneven", **parameters)
    groups.available(simfra, "uneven")
    with sharded.connected(simfra, "uneven") as client:
        assert sharded.slots(client) == dict(zip(["uneven-0001-001", "uneven-0002-001"], asked))


def test_a_shard_without_replica_returns_empty_and_the_others_keep_theirs(simfra, runtime):
    with sharded.connected(simfra, "uneven") as client:
        keys = [f"key:{number}" for number in range(500)]
        client.mset_nonatomic({key: "value" for key in keys})
        before, lost = sharded.slots(client), "uneven-0001-001"
        here = [key for key in keys if sharded.has(before[lost], client.keyslot(key))]
        assert 0 < len(here) < len(keys)
        WAYS[runtime]["kill"](node_of(runtime, simfra.instance, lost))
        until(lambda: "Finished recovery for cache nodes 0001" in caches.messages(simfra, lost), "it recovers")
    held = until(lambda: found(simfra, "uneven", keys), "all slots are served again")
    assert held == [None if key in here else "value" for key in keys]
    with sharded.connected(simfra, "uneven") as client:
        assert sharded.slots(client) == before


def found(simfra, group: str, keys: list[str]) -> list | None:
    """The keys' values; none: a part of them is not served."""
    try:
        with sharded.connected(simfra, group) as client:
            return client.mget_nonatomic(keys)
    except sharded.TROUBLE:
        return None


def test_replicas_come_and_go(simfra):
    groups.available(simfra, "uneven")
    simfra.elasticache.increase_replica_count(
        ReplicationGroupId="uneven", NewReplicaCount=1, ApplyImmediately=True
    )
    groups.available(simfra, "uneven")
    with sharded.connected(simfra, "uneven") as client:
        assert len(sharded.nodes(client)) == 4
        client.set("key", "value")
        assert client.wait(1, 5000, target_nodes=client.get_node_from_key("key")) == 1
    simfra.elasticache.decrease_replica_count(
        ReplicationGroupId="uneven", NewReplicaCount=0, ApplyImmediately=True
    )
    groups.available(simfra, "uneven")
    with sharded.connected(simfra, "uneven") as client:
        assert len(sharded.nodes(client)) == 2


def test_the_groups_leave_nothing(simfra, trio):
    for group in (trio, "uneven"):
        groups.delete(simfra, group)
    assert simfra.elasticache.describe_cache_clusters()["CacheClusters"] == []
