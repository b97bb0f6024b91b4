"""Other node types and engine versions of replication groups with cluster mode: the data goes along."""

import pytest

import caches
import groups
import sharded

KEYS = {f"key:{number}": f"value {number}" for number in range(3000)}


@pytest.fixture(scope="module")
def pair(simfra):
    """Two shards, each with a replica, of Redis 7.0."""
    sharded.create(simfra, "pair", 2, 1, EngineVersion="7.0")
    with sharded.connected(simfra, "pair") as client:
        client.mset_nonatomic(KEYS)
    yield "pair"
    groups.delete(simfra, "pair")


def test_another_node_type_is_another_limit(simfra, pair):
    before = info(simfra, pair, "memory")
    assert len(before) == 4
    with sharded.connected(simfra, pair) as client:
        with sharded.Writer(client) as writer:
            simfra.elasticache.modify_replication_group(
                ReplicationGroupId=pair, CacheNodeType="cache.t3.small", ApplyImmediately=True
            )
            assert groups.available(simfra, pair)["CacheNodeType"] == "cache.t3.small"
            writer.wrote_on()
        assert (writer.troubles, writer.lost(client)) == ([], [])
    for member, now in info(simfra, pair, "memory").items():
        assert now["maxmemory"] > 2 * before[member]["maxmemory"]


def test_redis_becomes_valkey_with_the_data(simfra, pair):
    with sharded.connected(simfra, pair) as client:
        before = sharded.slots(client)
        with sharded.Writer(client) as writer:
            simfra.elasticache.modify_replication_group(
                ReplicationGroupId=pair, Engine="valkey", EngineVersion="8.1",
                CacheParameterGroupName="default.valkey8.cluster.on", ApplyImmediately=True,
            )
            found = groups.available(simfra, pair)
            writer.wrote_on()
    assert (found["Engine"], found["ClusterEnabled"]) == ("valkey", True)
    with sharded.connected(simfra, pair) as client:
        assert sharded.slots(client) == before
        assert len(sharded.nodes(client)) == 4
        assert writer.lost(client) == []
        assert client.mget_nonatomic(list(KEYS)) == list(KEYS.values())
    assert all("valkey_version" in said for said in info(simfra, pair, "server").values())


def info(simfra, group: str, section: str) -> dict[str, dict]:
    """What each member says of itself, by its cluster's name."""
    said = {}
    for member in groups.find(simfra, group)["MemberClusters"]:
        with caches.connected(simfra, member) as client:
            said[member] = client.info(section)
    return said
