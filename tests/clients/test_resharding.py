"""Online resharding: shards come and go and slots even out, under a client that writes throughout and loses nothing."""

import time
from contextlib import contextmanager

import pytest
from redis.cluster import RedisCluster

import caches
import groups
import sharded
from leftovers import node_of
from test_replication import WAYS
from waiting import PATIENCE, until

ENGINES = {
    "redis": {"Engine": "redis", "CacheParameterGroupName": "default.redis7.cluster.on"},
    "valkey": {"Engine": "valkey", "CacheParameterGroupName": "default.valkey8.cluster.on"},
}
KEYS = {f"kept:{number}": f"value {number}" for number in range(5000)}
LIBRARY = "#!lua name=kept\nredis.register_function('kept', function() return 1 end)"
# How many Simfra has an engine send to another in one go.
KEYS_AT_ONCE = 100
MOVED = "Finished moving slots between node groups"


def reshard(simfra, group: str, shards: int, **parameters) -> list[int]:
    """Asks for so many shards and waits until the group has them; the progress that was shown meanwhile, in percent."""
    simfra.elasticache.modify_replication_group_shard_configuration(
        ReplicationGroupId=group, NodeGroupCount=shards, ApplyImmediately=True, **parameters
    )
    shown, end = [], time.monotonic() + PATIENCE
    while (found := groups.find(simfra, group))["Status"] != "available":
        assert found["Status"] == "modifying" and time.monotonic() < end, found
        progress = progress_of(found)
        shown += [progress] if progress is not None and shown[-1:] != [progress] else []
    assert len(found["NodeGroups"]) == shards
    return shown


def progress_of(group: dict) -> float | None:
    """How far slots have moved, in percent; none: none move (any more)."""
    resharding = group["PendingModifiedValues"].get("Resharding")
    return resharding and resharding["SlotMigration"]["ProgressPercentage"]


def begin(simfra, group: str, shards: int, **parameters) -> None:
    """Asks for so many shards, and waits until a part of the slots has moved."""
    simfra.elasticache.modify_replication_group_shard_configuration(
        ReplicationGroupId=group, NodeGroupCount=shards, ApplyImmediately=True, **parameters
    )

    def is_under_way() -> bool:
        progress = progress_of(groups.find(simfra, group))
        assert progress is not None and progress < 100
        return progress > 0

    until(is_under_way, "slots move")


class Writer(sharded.Writer):
    """One that goes on where redis-py does not: sent (ASK) to a node that had no slots when it last looked, it does not know
    whom that means."""

    def put(self, key: str, value: int) -> None:
        try:
            super().put(key, value)
        except AttributeError:
            until(lambda: self.puts_after_a_look(key, value), "the client knows the node", deadline=10)

    def puts_after_a_look(self, key: str, value: int) -> bool:
        self.client.nodes_manager.initialize()
        try:
            super().put(key, value)
        except AttributeError:
            return False
        return True


@contextmanager
def kept(simfra, group: str, at_risk: int = 0):
    """Within it keys are there and somebody writes; after it no more of either are lost than were at risk, nobody was refused if
    none were, and the engines have the slots of the API."""
    with sharded.connected(simfra, group) as client:
        assert client.mset_nonatomic(KEYS)
        with Writer(client) as writer:
            yield writer
            writer.wrote_on()
        assert at_risk or writer.troubles == []
    with sharded.connected(simfra, group) as client:
        assert len(writer.lost(client)) <= at_risk
        held = dict(zip(KEYS, client.mget_nonatomic(list(KEYS))))
        assert len([key for key in KEYS if held[key] != KEYS[key]]) <= at_risk
        shown = {shard["NodeGroupId"]: shard["Slots"] for shard in groups.find(simfra, group)["NodeGroups"]}
        assert {name.split("-")[-2]: slots for name, slots in sharded.slots(client).items()} == shown


@pytest.fixture(scope="module", params=list(ENGINES))
def group(simfra, request) -> str:
    """A group of two shards with a replica each, for each engine."""
    sharded.create(simfra, request.param, 2, 1, **ENGINES[request.param])
    return request.param


def test_a_shard_more_takes_slots_of_the_others(simfra, group):
    with sharded.connected(simfra, group) as client:
        client.execute_command("FUNCTION LOAD", LIBRARY, target_nodes=RedisCluster.PRIMARIES)
    with kept(simfra, group):
        shown = reshard(simfra, group, 3)
    assert shown == sorted(shown) and any(0 < progress < 100 for progress in shown), shown
    shards = groups.find(simfra, group)["NodeGroups"]
    assert [shard["Slots"] for shard in shards] == ["2730-8191", "10923-16383", "0-2729,8192-10922"]
    assert groups.messages(simfra, group).count(MOVED) == 1
    with sharded.connected(simfra, group) as client:
        for node in client.get_primaries():
            assert "kept" in str(client.execute_command("FUNCTION LIST", target_nodes=node)), node


def test_a_shard_that_leaves_gives_its_slots_to_the_others(simfra, group):
    with kept(simfra, group):
        shown = reshard(simfra, group, 2, NodeGroupsToRemove=["0001"])
    assert shown == sorted(shown) and any(0 < progress < 100 for progress in shown), shown
    assert [shard["NodeGroupId"] for shard in groups.find(simfra, group)["NodeGroups"]] == ["0002", "0003"]
    with sharded.connected(simfra, group) as client:
        assert len(sharded.nodes(client)) == 4


def test_slots_are_evened_out(simfra):
    asked = [{"Slots": slots, "ReplicaCount": 0} for slots in ("0-99", "100-16383")]
    parameters = {
        "ReplicationGroupDescription": "a test's", "CacheNodeType": "cache.t3.micro", "AutomaticFailoverEnabled": True,
        "NodeGroupConfiguration": asked, **ENGINES["valkey"],
    }
    simfra.elasticache.create_replication_group(ReplicationGroupId="uneven", **parameters)
    groups.available(simfra, "uneven")
    with kept(simfra, "uneven"):
        reshard(simfra, "uneven", 2)
    shards = groups.find(simfra, "uneven")["NodeGroups"]
    assert [shard["Slots"] for shard in shards] == ["0-8191", "8192-16383"]
    with pytest.raises(simfra.elasticache.exceptions.InvalidReplicationGroupStateFault, match="uniformly"):
        reshard(simfra, "uneven", 2)


def test_the_groups_leave_nothing(simfra, group):
    groups.delete(simfra, group)
    if groups.find(simfra, "uneven"):
        groups.delete(simfra, "uneven")
    assert not [name for name in (group, "uneven") if groups.find(simfra, name)]


def test_a_large_key_moves_with_its_slot(simfra):
    # One slot too many: the lowest moves.
    asked = [{"Slots": slots, "ReplicaCount": 0} for slots in ("0-8192", "8193-16383")]
    parameters = {
        "ReplicationGroupDescription": "a test's", "CacheNodeType": "cache.t3.micro", "AutomaticFailoverEnabled": True,
        "NodeGroupConfiguration": asked, **ENGINES["valkey"],
    }
    simfra.elasticache.create_replication_group(ReplicationGroupId="large", **parameters)
    groups.available(simfra, "large")
    with sharded.connected(simfra, "large", socket_timeout=60) as client:
        key = next(key for key in map(str, range(1_000_000)) if client.keyslot(key) == 0)
        # Longer to take than keys may that go together.
        for begin in range(0, 2_000_000, 500_000):
            client.eval("for n = ARGV[1], ARGV[2] do redis.call('SADD', KEYS[1], n) end", 1, key, begin + 1, begin + 500_000)
        reshard(simfra, "large", 2)
        assert sharded.has(sharded.slots(client)["large-0002-001"], 0)
        assert client.scard(key) == 2_000_000
    assert not [said for said in caches.messages(simfra, "large-0001-001") if "Recover" in said]
    groups.delete(simfra, "large")


@pytest.mark.parametrize(("engine", "way"), [("redis", "kill"), ("valkey", "pause")])
def test_an_engine_that_is_lost_is_failed_over_and_slots_move_on(simfra, runtime, engine, way):
    group = f"frail-{engine}"
    sharded.create(simfra, group, 2, 1, **ENGINES[engine])
    # What an engine took last its replica may not have: keys that just arrived too.
    with kept(simfra, group, at_risk=KEYS_AT_ONCE):
        begin(simfra, group, 3)
        # The one gives slots, the other gets them.
        for victim in (f"{group}-0001-001", f"{group}-0003-001"):
            assert progress_of(groups.find(simfra, group)) < 100
            WAYS[runtime][way](node_of(runtime, simfra.instance, victim))
            until(lambda: any("Failover" in said for said in caches.messages(simfra, victim)), "it fails over")
        groups.available(simfra, group)
    shards = groups.find(simfra, group)["NodeGroups"]
    assert [shard["Slots"] for shard in shards] == ["2730-8191", "10923-16383", "0-2729,8192-10922"]
    groups.delete(simfra, group)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_killed_simfra_goes_on_where_it_was(new_simfra, runtime, engine):
    simfra = new_simfra(runtime, durable=True).start()
    sharded.create(simfra, "kept", 2, 1, **ENGINES[engine])
    with kept(simfra, "kept"):
        begin(simfra, "kept", 3)
        for _ in range(2):
            simfra.kill()
            simfra.start()
        groups.available(simfra, "kept")
    assert len(groups.find(simfra, "kept")["NodeGroups"]) == 3
    groups.delete(simfra, "kept")
    simfra.stop()
