"""Fifty clusters at once."""

from concurrent.futures import ThreadPoolExecutor

import caches
from leftovers import nodes
from simfra import Simfra

CLUSTERS = [f"many-{number:02}" for number in range(50)]


def live(simfra: Simfra, cluster: str) -> int:
    """Creates the cluster and writes to it; returns the port that leads to it."""
    assert caches.create(simfra, cluster)["CacheClusterStatus"] == "creating"
    caches.available(simfra, cluster)
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
        ports = list(pool.map(lambda cluster: live(simfra, cluster), CLUSTERS))
        assert list(pool.map(owner, ports)) == CLUSTERS
        assert len(nodes(runtime, simfra.instance)) == len(CLUSTERS)
        list(pool.map(lambda cluster: caches.delete(simfra, cluster), CLUSTERS))
    assert simfra.elasticache.describe_cache_clusters()["CacheClusters"] == []
    assert simfra.admin("GET", "port-forwards") == (200, [])
    assert nodes(runtime, simfra.instance) == []
