"""Resharding that cannot be done: it ends, says why and what to do, and no key is lost."""

import itertools
import secrets
from contextlib import contextmanager

import pytest
import redis

import groups
import sharded
from waiting import until

# One slot too many: the lowest moves.
UNEVEN, SLOTS_OF_TWO = ("0-8192", "8193-16383"), ["0-8192", "8193-16383"]
# Of slot 0, and of one that the second shard has.
FIRST, SECOND = "{3560}", "{foo}"
FAILED = "Failed to move slots between node groups: "


@contextmanager
def two_shards(simfra, group: str, uneven=UNEVEN, **values):
    """A group of two shards whose parameter group has these values, and a client of it."""
    values = {"cluster-enabled": "yes"} | {name.replace("_", "-"): value for name, value in values.items()}
    simfra.elasticache.create_cache_parameter_group(
        CacheParameterGroupName=group, CacheParameterGroupFamily="valkey8", Description="a test's"
    )
    simfra.elasticache.modify_cache_parameter_group(
        CacheParameterGroupName=group,
        ParameterNameValues=[{"ParameterName": name, "ParameterValue": value} for name, value in values.items()],
    )
    simfra.elasticache.create_replication_group(
        ReplicationGroupId=group, ReplicationGroupDescription="a test's", Engine="valkey", CacheNodeType="cache.t3.micro",
        AutomaticFailoverEnabled=True, CacheParameterGroupName=group,
        NodeGroupConfiguration=[{"Slots": slots, "ReplicaCount": 0} for slots in uneven],
    )
    groups.available(simfra, group)
    with sharded.connected(simfra, group) as client:
        assert (client.keyslot(FIRST), client.keyslot(SECOND) > 8192) == (0, True)
        yield client
    groups.delete(simfra, group)
    simfra.elasticache.delete_cache_parameter_group(CacheParameterGroupName=group)


def fill(client, tag: str, megabytes: int) -> dict[str, str]:
    """So much in keys of the tag's slot."""
    keys = {f"{tag}:{number}": f"{number:06}" * 8192 for number in range(megabytes * 20)}
    for key, value in keys.items():
        assert client.set(key, value)
    return keys


def reshard(simfra, group: str, shards: int, **parameters) -> list[str]:
    """Asks for so many shards; what each has once the group is available again."""
    simfra.elasticache.modify_replication_group_shard_configuration(
        ReplicationGroupId=group, NodeGroupCount=shards, ApplyImmediately=True, **parameters
    )
    found = groups.available(simfra, group)
    shown = {shard["NodeGroupId"]: shard["Slots"] for shard in found["NodeGroups"]}
    with sharded.connected(simfra, group) as client:
        assert {name.split("-")[-2]: slots for name, slots in sharded.slots(client).items()} == shown
        # No slot is on its way.
        assert not any(node["migrations"] for node in sharded.nodes(client).values())
    return list(shown.values())


def failures(simfra, group: str) -> list[str]:
    return [said.removeprefix(FAILED) for said in groups.messages(simfra, group) if said.startswith(FAILED)]


def limits(client) -> set[int]:
    return {client.info("memory", target_nodes=node)["maxmemory"] for node in client.get_primaries()}


def test_a_shard_that_is_full_gets_what_was_half_over_and_no_more(simfra):
    with two_shards(simfra, "full", maxmemory_policy="noeviction", reserved_memory_percent="95") as client:
        before = limits(client)
        kept = fill(client, SECOND, 20) | fill(client, FIRST, 10)
        with sharded.Writer(client) as writer:
            assert reshard(simfra, "full", 2) == ["1-8192", "0,8193-16383"]
        [said] = failures(simfra, "full")
        assert said.startswith("slot 0 is too large for node group 0002, which is full (OOM"), said
        assert "larger node type" in said
        with sharded.connected(simfra, "full") as client:
            assert client.mget_nonatomic(list(kept)) == list(kept.values())
            assert writer.lost(client) == []
            assert limits(client) == before
            with pytest.raises(redis.ResponseError, match="maxmemory"):
                client.set(f"{SECOND}:more", "value")


def test_a_shard_is_not_removed_whose_data_has_no_room_in_the_others(simfra):
    with two_shards(simfra, "small", maxmemory_policy="noeviction", reserved_memory_percent="95") as client:
        kept = fill(client, FIRST, 16) | fill(client, SECOND, 16)
        for leaving in ("0001", "0002"):
            assert reshard(simfra, "small", 1, NodeGroupsToRemove=[leaving]) == SLOTS_OF_TWO
        first, second = failures(simfra, "small")
        assert first.startswith("node group 0002 holds ") and second.startswith("node group 0001 holds "), (first, second)
        assert client.mget_nonatomic(list(kept)) == list(kept.values())
        client.delete(*[key for key in kept if key.startswith(FIRST)])
        assert reshard(simfra, "small", 1, NodeGroupsToRemove=["0001"]) == ["0-16383"]
        assert client.get(f"{SECOND}:1") == kept[f"{SECOND}:1"]


def test_a_key_that_is_too_large_for_a_command_keeps_its_slot_where_it_is(simfra):
    with two_shards(simfra, "bulky", proto_max_bulk_len="1048576") as client:
        kept = {f"{FIRST}:{number}": f"value {number}" for number in range(500)}
        client.mset_nonatomic(kept)
        for number in range(20):
            # Engines pack what they send.
            client.hset(f"{FIRST}:large", f"field {number}", secrets.token_urlsafe(65536))
        with sharded.Writer(client) as writer:
            assert reshard(simfra, "bulky", 2) == SLOTS_OF_TWO
            writer.wrote_on()
        [said] = failures(simfra, "bulky")
        assert said.startswith("slot 0 of node group 0001 has a key that node group 0002 does not take ("), said
        assert "Remove the key" in said
        assert client.mget_nonatomic(list(kept)) == list(kept.values())
        assert client.hlen(f"{FIRST}:large") == 20 and writer.lost(client) == []
        assert not client.execute_command("CLUSTER COUNTKEYSINSLOT", 0, target_nodes=second_primary(client))
        client.delete(f"{FIRST}:large")
        assert reshard(simfra, "bulky", 2) == ["1-8192", "0,8193-16383"]
        assert len(failures(simfra, "bulky")) == 1
        assert client.mget_nonatomic(list(kept)) == list(kept.values())


def test_slots_that_went_over_before_stay_where_their_keys_are(simfra):
    with two_shards(simfra, "midway", ("0-8199", "8200-16383"), proto_max_bulk_len="1048576") as client:
        tags = {}
        for number in itertools.count():
            tags.setdefault(client.keyslot(f"{{{number}}}"), f"{{{number}}}")
            if tags.keys() >= set(range(8)):
                break
        kept = {f"{tags[slot]}:{number}": f"value {number}" for slot in range(8) for number in range(150)}
        client.mset_nonatomic(kept)
        for number in range(20):
            client.hset(f"{tags[3]}:large", f"field {number}", secrets.token_urlsafe(65536))
        with sharded.Writer(client) as writer:
            assert reshard(simfra, "midway", 2) == ["3-8199", "0-2,8200-16383"]
            writer.wrote_on()
        [said] = failures(simfra, "midway")
        assert said.startswith("slot 3 of node group 0001 has a key that node group 0002 does not take ("), said
        assert client.mget_nonatomic(list(kept)) == list(kept.values())
        assert client.hlen(f"{tags[3]}:large") == 20 and writer.lost(client) == []


def test_a_full_cache_that_drops_any_key_for_another_gets_smaller(simfra):
    with two_shards(simfra, "evicting", maxmemory_policy="allkeys-lru", reserved_memory_percent="95") as client:
        before = limits(client)
        filled = fill(client, FIRST, 16) | fill(client, SECOND, 16)
        assert reshard(simfra, "evicting", 1, NodeGroupsToRemove=["0001"]) == ["0-16383"]
        assert failures(simfra, "evicting") == []
        with sharded.connected(simfra, "evicting") as client:
            values = dict(zip(filled, client.mget_nonatomic(list(filled))))
            held = {key for key, value in values.items() if value is not None}
            assert all(values[key] == filled[key] for key in held)
            assert 0 < len(held) < len(filled), "it holds what it has room for"
            assert limits(client) == before
            assert client.set(f"{SECOND}:more", "value")


def test_what_cannot_come_back_is_found_until_it_can_go_on(new_simfra, runtime):
    simfra = new_simfra(runtime, durable=True).start(SIMFRA_TEST_KILL_AT="before give back")
    with two_shards(simfra, "split", proto_max_bulk_len="1048576") as client:

        def grow(key: str, fields: range) -> None:
            for number in fields:
                client.hset(f"{FIRST}:{key}", f"field {number}", secrets.token_urlsafe(65536))

        grow("small", range(5))
        grow("large", range(20))
        simfra.elasticache.modify_replication_group_shard_configuration(
            ReplicationGroupId="split", NodeGroupCount=2, ApplyImmediately=True
        )
        until(lambda: not simfra.is_running(), "Simfra is killed with one key there and one here")
        # By now it is larger than its owner would take it back.
        grow("small", range(5, 20))
        simfra.start()
        told = "does not take a key of slot 0 back"
        until(lambda: any(told in said for said in groups.messages(simfra, "split")), "it is told of")
        until(lambda: client.hlen(f"{FIRST}:small") == client.hlen(f"{FIRST}:large") == 20, "both are found")
        client.delete(f"{FIRST}:large")
        groups.available(simfra, "split")
        assert client.hlen(f"{FIRST}:small") == 20
        with sharded.connected(simfra, "split") as client:
            assert set(sharded.slots(client).values()) == {"1-8192", "0,8193-16383"}
    simfra.terminate()


def second_primary(client):
    return client.get_node_from_key(SECOND)
