"""What changes a replication group with engines: members that come and go, promotions, upgrades, restarts."""

import pytest

import caches
import groups
from leftovers import node_of
from test_replication import WAYS
from waiting import until


@pytest.fixture
def group(simfra, request):
    """A group of this test's own, named after it, gone at its end."""
    name = request.node.originalname.removeprefix("test_").replace("_", "-")[:30].strip("-")
    yield name
    if groups.find(simfra, name):
        groups.delete(simfra, name)


def holds(simfra, member: str, key: str, value: str) -> None:
    """Waits until the member, read directly, has the value."""
    with caches.connected(simfra, member) as client:
        until(lambda: client.get(key) == value, f"{member} has {key}")


def test_replicas_that_join_take_the_data_over(simfra, group):
    groups.create(simfra, group, members=1)
    with groups.connected(simfra, group) as client:
        client.set("key", "value")
    simfra.elasticache.increase_replica_count(ReplicationGroupId=group, NewReplicaCount=1, ApplyImmediately=True)
    groups.available(simfra, group)
    simfra.elasticache.create_cache_cluster(CacheClusterId="own-name", ReplicationGroupId=group)
    found = groups.available(simfra, group)
    assert groups.roles(found) == {f"{group}-001": "primary", f"{group}-002": "replica", "own-name": "replica"}
    for member in (f"{group}-002", "own-name"):
        holds(simfra, member, "key", "value")
    simfra.elasticache.decrease_replica_count(
        ReplicationGroupId=group, ReplicasToRemove=[f"{group}-002"], ApplyImmediately=True
    )
    found = groups.available(simfra, group)
    assert groups.roles(found) == {f"{group}-001": "primary", "own-name": "replica"}
    with groups.connected(simfra, group) as client:
        until(lambda: client.info("replication")["connected_slaves"] == 1, "one replica is left")


def test_a_group_that_was_never_written_to_fails_over(simfra, runtime, group):
    groups.create(simfra, group)
    first, second = f"{group}-001", f"{group}-002"
    simfra.elasticache.test_failover(ReplicationGroupId=group, NodeGroupId="0001")
    assert groups.primary(groups.available(simfra, group)) == second
    WAYS[runtime]["kill"](node_of(runtime, simfra.instance, second))
    until(lambda: groups.primary(groups.find(simfra, group)) == first, "it failed over")
    assert groups.roles(groups.available(simfra, group)) == {first: "primary", second: "replica"}


def test_a_promotion_loses_no_acknowledged_write(simfra, group):
    groups.create(simfra, group, AutomaticFailoverEnabled=False)
    with groups.connected(simfra, group) as client, groups.Writer(client) as writer:
        simfra.elasticache.modify_replication_group(
            ReplicationGroupId=group, PrimaryClusterId=f"{group}-002", ApplyImmediately=True
        )
        found = groups.available(simfra, group)
        assert groups.roles(found) == {f"{group}-001": "replica", f"{group}-002": "primary"}
        writer.wrote_on()
    with groups.connected(simfra, group) as client:
        assert writer.lost(client) == []


def test_a_primary_without_failover_returns_with_the_data(simfra, runtime, group):
    groups.create(simfra, group, AutomaticFailoverEnabled=False)
    first = f"{group}-001"
    with groups.connected(simfra, group) as client:
        client.set("key", "value")
        assert client.wait(1, 5000) == 1
    WAYS[runtime]["kill"](node_of(runtime, simfra.instance, first))
    until(lambda: "Finished recovery for cache nodes 0001" in caches.messages(simfra, first), "it is recovered")
    found = groups.available(simfra, group)
    assert groups.roles(found) == {first: "primary", f"{group}-002": "replica"}
    assert not any("Failover" in message for message in groups.messages(simfra, group))
    with groups.connected(simfra, group) as client:
        assert client.get("key") == "value"
        client.set("key", "other")
    holds(simfra, f"{group}-002", "key", "other")


def test_a_lost_replica_returns_and_nothing_else_changes(simfra, runtime, group):
    groups.create(simfra, group)
    second = f"{group}-002"
    with groups.connected(simfra, group) as client, groups.Writer(client) as writer:
        WAYS[runtime]["kill"](node_of(runtime, simfra.instance, second))
        until(lambda: "Finished recovery for cache nodes 0001" in caches.messages(simfra, second), "it is recovered")
        until(lambda: client.info("replication")["connected_slaves"] == 1, "it follows")
    assert groups.roles(groups.available(simfra, group))[second] == "replica"
    with groups.connected(simfra, group) as client:
        assert writer.lost(client) == []
        last = writer.acknowledged[-1]
    holds(simfra, second, f"written:{last}", str(last))


def test_a_cache_becomes_the_primary_of_a_new_group(simfra, group):
    caches.create(simfra, "lone")
    caches.available(simfra, "lone")
    with caches.connected(simfra, "lone") as client:
        client.set("key", "value")
    simfra.elasticache.create_replication_group(
        ReplicationGroupId=group, ReplicationGroupDescription="around a cache", PrimaryClusterId="lone"
    )
    groups.available(simfra, group)
    simfra.elasticache.increase_replica_count(ReplicationGroupId=group, NewReplicaCount=1, ApplyImmediately=True)
    found = groups.available(simfra, group)
    replica = next(member for member, role in groups.roles(found).items() if role == "replica")
    holds(simfra, replica, "key", "value")
    simfra.elasticache.delete_replication_group(ReplicationGroupId=group, RetainPrimaryCluster=True)
    until(lambda: groups.find(simfra, group) is None, "the group is gone")
    with caches.connected(simfra, "lone") as client:
        assert client.get("key") == "value"
        client.set("key", "other")
    caches.delete(simfra, "lone")


def test_redis_becomes_valkey_with_the_data(simfra, group):
    groups.create(simfra, group)
    with groups.connected(simfra, group) as client:
        client.set("key", "value")
    simfra.elasticache.modify_replication_group(
        ReplicationGroupId=group, Engine="valkey", EngineVersion="8.1", ApplyImmediately=True
    )
    found = groups.available(simfra, group)
    assert found["Engine"] == "valkey"
    for member in groups.roles(found):
        with caches.connected(simfra, member) as client:
            assert "valkey_version" in client.info("server")
            assert client.get("key") == "value"


def test_a_group_survives_a_killed_simfra(new_simfra, runtime):
    simfra = new_simfra(runtime, durable=True).start()
    groups.create(simfra, "kept")
    with groups.connected(simfra, "kept") as client:
        client.set("key", "value")
        assert client.wait(1, 5000) == 1
    simfra.elasticache.test_failover(ReplicationGroupId="kept", NodeGroupId="0001")
    groups.available(simfra, "kept")
    for end in (simfra.kill, simfra.terminate):
        end()
        simfra.start()
        found = groups.available(simfra, "kept")
        assert groups.roles(found) == {"kept-001": "replica", "kept-002": "primary"}
        with groups.connected(simfra, "kept") as client:
            until(lambda: client.info("replication")["connected_slaves"] == 1, "the replica follows")
            assert client.get("key") == "value"
            client.incr("restarts")
        holds(simfra, "kept-001", "key", "value")
    groups.delete(simfra, "kept")
    simfra.stop()
