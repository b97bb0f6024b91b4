"""Other node types and engine versions of replication groups with cluster mode: the data goes along."""

import contextlib

import pytest
from botocore.exceptions import BotoCoreError

import caches
import groups
import sharded
from leftovers import running
from test_replication import WAYS
from test_vpc_names import addresses, ask

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


@pytest.fixture
def duo(simfra):
    """A primary and a replica without cluster mode."""
    groups.create(simfra, "duo", Engine="valkey", EngineVersion="8.1")
    yield "duo"
    groups.delete(simfra, "duo")


def change_mode(simfra, group: str, mode: str) -> dict:
    simfra.elasticache.modify_replication_group(ReplicationGroupId=group, ClusterMode=mode, ApplyImmediately=True)
    return groups.available(simfra, group)


def test_a_group_gets_cluster_mode_with_its_data(simfra, duo):
    with groups.connected(simfra, duo) as client, groups.Writer(client) as writer:
        assert client.info("cluster")["cluster_enabled"] == 0
        both = change_mode(simfra, duo, "compatible")
        writer.wrote_on()
    assert (both["ClusterMode"], both["ClusterEnabled"]) == ("compatible", True)
    # Clients of both kinds are served.
    with groups.connected(simfra, duo) as client:
        assert client.info("cluster")["cluster_enabled"] == 1
        assert client.set("key", "value")
    with sharded.connected(simfra, duo) as client:
        assert writer.lost(client) == []
        assert client.get("key") == "value"
        assert sharded.slots(client) == {"duo-001": "0-16383"}
    endpoint = both["NodeGroups"][0]["PrimaryEndpoint"]["Address"]
    assert len(addresses(ask(simfra, endpoint))) == 1
    whole = change_mode(simfra, duo, "enabled")
    assert whole["ClusterMode"] == "enabled" and "PrimaryEndpoint" not in whole["NodeGroups"][0]
    assert addresses(ask(simfra, endpoint)) == []
    with sharded.connected(simfra, duo) as client:
        assert client.get("key") == "value" and len(sharded.nodes(client)) == 2


@pytest.mark.parametrize("place", ["before hand over", "after end replica", "after dump"])
def test_engines_that_ended_with_simfra_get_cluster_mode_all_the_same(new_simfra, runtime, place):
    simfra = new_simfra(runtime, durable=True).start()
    groups.create(simfra, "duo", Engine="valkey", EngineVersion="8.1")
    with groups.connected(simfra, "duo") as client:
        client.set("key", "value")
        assert client.wait(1, 10_000) == 1
    simfra.terminate()
    simfra.launch(SIMFRA_TEST_KILL_AT=place)
    simfra.wait_healthy()
    groups.available(simfra, "duo")
    with contextlib.suppress(BotoCoreError):
        simfra.elasticache.modify_replication_group(
            ReplicationGroupId="duo", ClusterMode="compatible", ApplyImmediately=True
        )
    simfra.wait_killed()
    # They start again as replicas of nobody.
    for engine in running(runtime, simfra.instance):
        WAYS[runtime]["kill"](engine)
    simfra.start()
    found = groups.available(simfra, "duo")
    assert found["ClusterMode"] == "compatible", caches.messages(simfra, "duo-001") + groups.messages(simfra, "duo")
    with sharded.connected(simfra, "duo") as client:
        assert client.get("key") == "value" and len(sharded.nodes(client)) == 2
    groups.delete(simfra, "duo")
    simfra.stop()


def test_a_group_goes_back_to_no_cluster_mode(simfra, duo):
    change_mode(simfra, duo, "compatible")
    with sharded.connected(simfra, duo) as client:
        client.set("key", "value")
    back = change_mode(simfra, duo, "disabled")
    assert groups.roles(back) == {"duo-001": "primary", "duo-002": "replica"}
    with groups.connected(simfra, duo) as client:
        assert (client.get("key"), client.info("cluster")["cluster_enabled"]) == ("value", 0)


def test_keys_in_other_databases_keep_cluster_mode_away(simfra, duo):
    with groups.connected(simfra, duo, db=2) as client:
        client.set("key", "value")
    stays = change_mode(simfra, duo, "compatible")
    assert stays["ClusterMode"] == "disabled"
    assert any("stays disabled" in said for said in groups.messages(simfra, duo))
    assert any("keys in db2" in said for said in caches.messages(simfra, "duo-001"))
    with groups.connected(simfra, duo, db=2) as client:
        assert client.get("key") == "value"
