"""An engine that dies, hangs or is paused is noticed, repaired, and told of; its name and forwards stay."""

import os
import signal
from collections.abc import Callable
from datetime import datetime, timezone

import pytest

import caches
from leftovers import docker, node_of
from waiting import until

# A second is promised. The rest is for a machine that has other things to do.
NOTICED_WITHIN = 5.0

# How an engine is lost, by runtime.
WAYS: dict[str, dict[str, Callable[[str], object]]] = {
    "docker": {
        "docker kill": lambda node: docker("kill", node),
        "docker pause": lambda node: docker("pause", node),
        "docker rm": lambda node: docker("rm", "--force", node),
    },
    "process": {
        "kill -9": lambda node: os.kill(int(node), signal.SIGKILL),
        "kill -STOP": lambda node: os.kill(int(node), signal.SIGSTOP),
    },
}
LOSSES = [(runtime, way) for runtime, ways in WAYS.items() for way in ways]


@pytest.mark.parametrize(("engine", "part"), [("redis", "node"), ("memcached", "node"), ("memcached", "proxy")])
@pytest.mark.parametrize(("runtime", "way"), LOSSES, indirect=["runtime"], scope="module")
def test_a_lost_engine_is_replaced(simfra, runtime, way, engine, part, record_property):
    port = 11211 if engine == "memcached" else 6379
    cluster = f"{way.replace(' ', '-')}-{engine}-{part}".replace("--", "-").lower()
    caches.create(simfra, cluster, engine)
    before = caches.available(simfra, cluster)
    forward = caches.open_forward(simfra, cluster, port)
    write(engine, forward["localPort"])

    lost_at = datetime.now(timezone.utc)
    WAYS[runtime][way](node_of(runtime, simfra.instance, cluster, part=part))
    until(lambda: "Finished recovery for cache nodes 0001" in caches.messages(simfra, cluster), "it is recovered")

    told = caches.messages(simfra, cluster)
    assert told[-2:] == ["Recovering cache nodes 0001", "Finished recovery for cache nodes 0001"]
    noticed = noticed_at(simfra, cluster) - lost_at
    record_property("noticed after", str(noticed))
    print(f"{way}: noticed after {noticed.total_seconds():.3f} s")
    assert noticed.total_seconds() < NOTICED_WITHIN

    after = caches.available(simfra, cluster)
    assert after["CacheNodes"][0]["Endpoint"] == before["CacheNodes"][0]["Endpoint"]
    assert after["CacheClusterCreateTime"] == before["CacheClusterCreateTime"]
    # As in AWS: a standalone cache comes back empty, at the same place.
    assert read(engine, forward["localPort"]) is None
    caches.delete(simfra, cluster)


def noticed_at(simfra, cluster: str) -> datetime:
    return next(
        event["Date"] for event in caches.events(simfra, cluster) if event["Message"].startswith("Recovering")
    )


def write(engine: str, local_port: int) -> None:
    if engine == "memcached":
        with caches.memcached_through(local_port) as client:
            assert client.set("key", "value", noreply=False)
    else:
        with caches.through(local_port) as client:
            assert client.set("key", "value")


def read(engine: str, local_port: int) -> bytes | str | None:
    connect = caches.memcached_through if engine == "memcached" else caches.through
    with connect(local_port) as client:
        return client.get("key")
