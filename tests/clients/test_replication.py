"""Replication groups with engines: members are servers of their own that replicate, and fail over without a loss."""

import os
import signal

import dns.rcode
import pytest
import redis

import caches
import groups
from leftovers import docker, node_of
from test_vpc_names import addresses, ask
from waiting import until


@pytest.fixture(scope="module", params=["redis", "valkey"])
def duo(simfra, request) -> str:
    """A group of a primary and a replica, of each engine."""
    name = f"duo-{request.param}"
    # It stays while pytest goes from one engine to the other and back.
    if not groups.find(simfra, name):
        groups.create(simfra, name, Engine=request.param)
    return name


def test_a_replica_is_a_server_that_follows(simfra, duo):
    (follower,) = groups.replicas(groups.available(simfra, duo))
    with groups.connected(simfra, duo) as primary, caches.connected(simfra, follower) as replica:
        primary.set("key", "value")
        assert primary.wait(1, 5000) == 1
        assert replica.get("key") == "value"
        with pytest.raises(redis.exceptions.ReadOnlyError):
            replica.set("key", "other")
        assert primary.info("replication")["connected_slaves"] == 1
        assert replica.info("server")["run_id"] != primary.info("server")["run_id"]


def leads_to(simfra, endpoint: dict) -> set[str]:
    """The addresses that an endpoint's name has, asked often enough to see each in its turn."""
    return {address for _ in range(8) for address in addresses(ask(simfra, endpoint["Address"]))}


def test_endpoints_lead_to_the_primary_and_to_the_replicas_in_sync(simfra, duo):
    holds_names(simfra, groups.available(simfra, duo), replicas=1)
    simfra.elasticache.increase_replica_count(ReplicationGroupId=duo, NewReplicaCount=2, ApplyImmediately=True)
    holds_names(simfra, groups.available(simfra, duo), replicas=2)
    simfra.elasticache.decrease_replica_count(ReplicationGroupId=duo, NewReplicaCount=1, ApplyImmediately=True)
    holds_names(simfra, groups.available(simfra, duo), replicas=1)
    simfra.elasticache.test_failover(ReplicationGroupId=duo, NodeGroupId="0001")
    holds_names(simfra, groups.available(simfra, duo), replicas=1)


def holds_names(simfra, group: dict, replicas: int) -> None:
    """The primary endpoint leads to the primary alone, the reader endpoint to each replica in its turn."""
    (shard,) = group["NodeGroups"]
    by_role = {"primary": set(), "replica": set()}
    for member in shard["NodeGroupMembers"]:
        by_role[member["CurrentRole"]] |= leads_to(simfra, member["ReadEndpoint"])
    assert (len(by_role["primary"]), len(by_role["replica"])) == (1, replicas)
    assert leads_to(simfra, shard["PrimaryEndpoint"]) == by_role["primary"]
    assert leads_to(simfra, shard["ReaderEndpoint"]) == by_role["replica"]


def test_a_tested_failover_loses_no_acknowledged_write(simfra, duo):
    group = groups.available(simfra, duo)
    before = groups.primary(group)
    (other,) = groups.replicas(group)
    with groups.connected(simfra, duo) as client, groups.Writer(client) as writer:
        simfra.elasticache.test_failover(ReplicationGroupId=duo, NodeGroupId="0001")
        after = groups.available(simfra, duo)
        writer.wrote_on()
    assert groups.roles(after) == {before: "replica", other: "primary"}
    with groups.connected(simfra, duo) as client:
        assert writer.lost(client) == []
    with caches.connected(simfra, before) as returned:
        assert returned.info("replication")["master_link_status"] == "up"
    assert groups.messages(simfra, duo)[-2:] == [
        "Test Failover API called for node group 0001",
        f"Failover from primary node {before} to replica node {other} completed",
    ]
    assert caches.messages(simfra, before)[-3:] == [
        f"Failover from primary node {before} to replica node {other} completed",
        "Recovering cache nodes 0001",
        "Finished recovery for cache nodes 0001",
    ]


def network_of(container: str) -> str:
    return docker("inspect", "--format", "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}", container)


WAYS = {
    "docker": {
        "kill": lambda node: docker("kill", node),
        "pause": lambda node: docker("pause", node),
        "cut": lambda node: docker("network", "disconnect", "--force", network_of(node), node),
    },
    "process": {
        "kill": lambda node: os.kill(int(node), signal.SIGKILL),
        "pause": lambda node: os.kill(int(node), signal.SIGSTOP),
    },
}


def test_data_from_before_the_first_replica_outlives_its_primary(simfra, runtime):
    """Nothing was written since the replica came: of writes that it followed it has none."""
    caches.create(simfra, "elder")
    caches.available(simfra, "elder")
    with caches.connected(simfra, "elder") as client:
        client.mset({f"kept:{number}": number for number in range(100)})
    ask = simfra.elasticache
    ask.create_replication_group(
        ReplicationGroupId="grown", ReplicationGroupDescription="a test's", PrimaryClusterId="elder"
    )
    groups.available(simfra, "grown")
    ask.increase_replica_count(ReplicationGroupId="grown", NewReplicaCount=1, ApplyImmediately=True)
    groups.available(simfra, "grown")
    ask.modify_replication_group(ReplicationGroupId="grown", AutomaticFailoverEnabled=True, ApplyImmediately=True)
    groups.available(simfra, "grown")
    WAYS[runtime]["kill"](node_of(runtime, simfra.instance, "elder"))
    until(lambda: groups.primary(groups.find(simfra, "grown")) != "elder", "the replica takes over")
    with groups.connected(simfra, "grown") as client:
        assert client.mget([f"kept:{number}" for number in range(100)]) == [str(number) for number in range(100)]
    groups.available(simfra, "grown")


LOSSES = [(runtime, way) for runtime, ways in WAYS.items() for way in ways]


@pytest.mark.parametrize(("runtime", "way"), LOSSES, indirect=["runtime"], scope="module")
def test_a_lost_primary_is_failed_over(simfra, runtime, duo, way, record_property):
    group = groups.available(simfra, duo)
    before = groups.primary(group)
    with groups.connected(simfra, duo) as client:
        client.set("survives", "it")
        assert client.wait(1, 5000) == 1
        with groups.Writer(client) as writer:
            WAYS[runtime][way](node_of(runtime, simfra.instance, before))
            until(lambda: groups.primary(groups.find(simfra, duo)) != before, "a replica is the primary")
            writer.wrote_on()
        after = groups.available(simfra, duo)
        assert groups.roles(after)[before] == "replica"
        assert client.get("survives") == "it"
        assert writer.acknowledged[-1] not in writer.lost(client)
        for name, value in (("seconds without a write", writer.longest), ("lost", len(writer.lost(client)))):
            record_property(name, value)
            print(f"{name}: {value}")
        holds_names(simfra, after, replicas=1)
        # The one that returned has everything too.
        assert client.wait(1, 5000) == 1
    with caches.connected(simfra, before) as returned:
        assert returned.get("survives") == "it"


def test_a_group_that_is_deleted_leaves_nothing(simfra):
    (shard,) = groups.create(simfra, "short")["NodeGroups"]
    groups.delete(simfra, "short")
    assert ask(simfra, shard["PrimaryEndpoint"]["Address"]).rcode() == dns.rcode.NXDOMAIN
    for member in ("short-001", "short-002"):
        assert caches.find(simfra, member) is None
