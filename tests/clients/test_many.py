"""Fifty clusters at once."""

from concurrent.futures import ThreadPoolExecutor

import caches
from leftovers import nodes
from simfra import Simfra
from waiting import until

# Docker starts and ends containers one after another, on a busy machine one or two in a second.
LONG = 240.0

CLUSTERS = [f"many-{number:02}" for number in range(50)]


def statuses(simfra: Simfra) -> list[str]:
    """Of every cluster that there is. One call for all: the engines are to have the machine, not the watching."""
    return [each["CacheClusterStatus"] for each in simfra.elasticache.describe_cache_clusters()["CacheClusters"]]


def write(simfra: Simfra, cluster: str) -> int:
    """Writes data of its own to the cluster; returns the port that leads to it."""
    port = caches.open_forward(simfra, cluster)["localPort"]
    with caches.through(port) as client:
        assert client.ping()
        client.set("owner", cluster)
    return port


def owner(port: int) -> str | None:
    with caches.through(port) as client:
        return client.get("owner")


def test_fifty_clusters_at_once(simfra, runtime):
    with ThreadPoolExecutor(len(CLUSTERS)) as pool:
        replies = list(pool.map(lambda cluster: caches.create(simfra, cluster), CLUSTERS))
        assert [reply["CacheClusterStatus"] for reply in replies] == ["creating"] * len(CLUSTERS)
        until(lambda: statuses(simfra) == ["available"] * len(CLUSTERS), "all are available", LONG)
        ports = list(pool.map(lambda cluster: write(simfra, cluster), CLUSTERS))
        assert list(pool.map(owner, ports)) == CLUSTERS
        assert len(nodes(runtime, simfra.instance)) == len(CLUSTERS)

        list(pool.map(lambda cluster: simfra.elasticache.delete_cache_cluster(CacheClusterId=cluster), CLUSTERS))
        until(lambda: not statuses(simfra), "all are deleted", LONG)
    assert simfra.admin("GET", "port-forwards") == (200, [])
    assert nodes(runtime, simfra.instance) == []
