"""Memcached fleets: servers of their own that are created, lost, added and removed together."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from pymemcache.client.base import Client

import caches
from leftovers import docker, node_of, nodes, servers
from simfra import Simfra
from waiting import until

PORT = 11211


def available(simfra: Simfra, cluster: str, count: int, **members) -> dict:
    """A new fleet of so many nodes."""
    caches.create(simfra, cluster, "memcached", NumCacheNodes=count, **members)
    found = caches.available(simfra, cluster)
    assert ids(found) == [f"{number:04}" for number in range(1, count + 1)]
    return found


def ids(cluster: dict) -> list[str]:
    return [node["CacheNodeId"] for node in cluster["CacheNodes"]]


def resize(simfra: Simfra, cluster: str, count: int, *without: str) -> dict:
    """The reply to a change of the number of nodes at once."""
    members = {"CacheNodeIdsToRemove": list(without)} if without else {}
    reply = simfra.elasticache.modify_cache_cluster(
        CacheClusterId=cluster, NumCacheNodes=count, ApplyImmediately=True, **members
    )
    return reply["CacheCluster"]


@contextmanager
def clients(simfra: Simfra, cluster: str, *nodes: str) -> Iterator[dict[str, Client]]:
    """For each node a client with a forward of its own."""
    with ExitStack() as stack:
        opened = {}
        for node in nodes:
            body = {"targetArn": caches.arn_of(cluster), "cacheNodeId": node}
            status, forward = simfra.admin("POST", "port-forwards", body)
            assert status == 201, forward
            opened[node] = stack.enter_context(caches.memcached_through(forward["localPort"]))
        yield opened


@contextmanager
def busy(client: Client) -> Iterator[Callable[[], int]]:
    """Writes and reads all the while, never with an error; the answer tells how often it did."""
    stop, failures, done = threading.Event(), [], [0]

    def work() -> None:
        try:
            while not stop.is_set():
                value = str(done[0]).encode()
                client.set("busy", value, noreply=False)
                assert client.get("busy") == value
                done[0] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, the test is to tell it
            failures.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield lambda: done[0]
    finally:
        stop.set()
        worker.join()
    assert failures == []


def test_each_node_is_a_server_of_its_own(simfra, runtime):
    fleet = available(simfra, "fleet", 3, AZMode="cross-az")
    assert fleet["NumCacheNodes"] == 3
    assert fleet["ConfigurationEndpoint"] == {"Address": "fleet.abcdef.cfg.use1.cache.simfra.dev", "Port": PORT}
    names = [node["Endpoint"]["Address"] for node in fleet["CacheNodes"]]
    assert names == [f"fleet.abcdef.{number:04}.use1.cache.simfra.dev" for number in (1, 2, 3)]
    assert len({node["CustomerAvailabilityZone"] for node in fleet["CacheNodes"]}) == 3
    assert fleet["PreferredAvailabilityZone"] == "Multiple"
    assert servers(runtime, simfra.instance) == 3
    with clients(simfra, "fleet", "0001", "0002", "0003") as each:
        for node, client in each.items():
            client.set("own", node, noreply=False)
        assert [client.get("own").decode() for client in each.values()] == list(each)
    caches.delete(simfra, "fleet")
    assert nodes(runtime, simfra.instance) == []


def test_a_fleet_grows_and_shrinks_beside_what_serves(simfra, runtime):
    available(simfra, "scaled", 2)
    with clients(simfra, "scaled", "0001", "0002") as each:
        each["0001"].set("kept", "here", noreply=False)
        with busy(each["0001"]) as rounds:
            before = rounds()
            reply = resize(simfra, "scaled", 5)
            assert (reply["CacheClusterStatus"], reply["NumCacheNodes"]) == ("modifying", 2)
            assert reply["PendingModifiedValues"] == {"NumCacheNodes": 5}
            grown = caches.available(simfra, "scaled")
            assert (ids(grown), grown["NumCacheNodes"]) == (["0001", "0002", "0003", "0004", "0005"], 5)
            assert grown["PendingModifiedValues"] == {}
            with clients(simfra, "scaled", "0005") as new:
                assert new["0005"].set("new", "there", noreply=False)

            reply = resize(simfra, "scaled", 3, "0002", "0004")
            assert (reply["CacheClusterStatus"], reply["NumCacheNodes"]) == ("modifying", 5)
            removal = {"NumCacheNodes": 3, "CacheNodeIdsToRemove": ["0002", "0004"]}
            assert reply["PendingModifiedValues"] == removal
            shrunk = caches.available(simfra, "scaled")
            assert (ids(shrunk), shrunk["NumCacheNodes"]) == (["0001", "0003", "0005"], 3)
            assert rounds() > before
        assert each["0001"].get("kept") == b"here"
    assert servers(runtime, simfra.instance) == 3
    # The forward to the node that is gone is gone too.
    status, forwards = simfra.admin("GET", "port-forwards")
    assert status == 200
    left = sorted(each["cacheNodeId"] for each in forwards if each["resourceId"] == "scaled")
    assert left == ["0001", "0005"]
    told = caches.messages(simfra, "scaled")
    assert "Increasing number of requested nodes" in told
    assert "Finished modifying number of nodes from 2 to 5" in told
    assert told[-1] == "Finished modifying number of nodes from 5 to 3"
    caches.delete(simfra, "scaled")


def test_one_nodes_death_is_its_own(simfra, runtime):
    available(simfra, "mortal", 3)
    with clients(simfra, "mortal", "0001", "0002", "0003") as each:
        for client in each.values():
            client.set("key", "value", noreply=False)
        with busy(each["0001"]):
            kill(runtime, node_of(runtime, simfra.instance, "mortal", "0002"))
            recovered = "Finished recovery for cache nodes 0002"
            until(lambda: recovered in caches.messages(simfra, "mortal"), "it is recovered")
    caches.available(simfra, "mortal")
    with clients(simfra, "mortal", "0001", "0002", "0003") as each:
        assert [client.get("key") for client in each.values()] == [b"value", None, b"value"]
    caches.delete(simfra, "mortal")


def test_some_nodes_are_rebooted(simfra):
    available(simfra, "booted", 3)
    with clients(simfra, "booted", "0001", "0002", "0003") as each:
        for client in each.values():
            client.set("key", "value", noreply=False)
    reboot = {"CacheClusterId": "booted", "CacheNodeIdsToReboot": ["0001", "0003"]}
    simfra.elasticache.reboot_cache_cluster(**reboot)
    caches.available(simfra, "booted")
    with clients(simfra, "booted", "0001", "0002", "0003") as each:
        assert [client.get("key") for client in each.values()] == [None, b"value", None]
    caches.delete(simfra, "booted")


@pytest.mark.parametrize("runtime", ["process"], indirect=True, scope="module")
def test_twenty_nodes(simfra, runtime):
    fleet = available(simfra, "twenty", 20)
    assert len({node["Endpoint"]["Address"] for node in fleet["CacheNodes"]}) == 20
    assert servers(runtime, simfra.instance) == 20
    caches.delete(simfra, "twenty")
    assert nodes(runtime, simfra.instance) == []


def kill(runtime: str, node: str) -> None:
    if runtime == "docker":
        docker("kill", node)
    else:
        os.kill(int(node), signal.SIGKILL)
