"""ModifyCacheCluster moves a cache to another engine version or node type, and its data goes along."""

import os
import shutil
import stat
import threading
import time
from pathlib import Path

import pytest
import redis

import caches
from leftovers import everything, node_of
from simfra import Simfra
from waiting import until

CLUSTER = "moved"


@pytest.fixture(params=[False, True], ids=["memory", "durable"])
def durable(request) -> bool:
    """Without and with a data directory."""
    return request.param


def servers(runtime: str, folder: Path) -> dict[str, str]:
    """Has Redis 7.0 serve 7.0, and a server whose data 7.0 cannot read serve 6.2 and 7.1; as the environment says it.

    On Docker those are Redis 8's: its image stands in where a version has none. On processes they are Valkey's, which
    says that it is a Redis.
    """
    if runtime == "docker":
        return {"SIMFRA_ENGINE_FALLBACK": "warn", "SIMFRA_ELASTICACHE_IMAGE_REDIS": "redis:8"}
    valkey, redis_server = found("valkey-server"), found("redis-server")
    for version in ("6.2", "7.2"):
        told = f'case "$1" in --version) echo "Redis server v={version}.0 sha=0";; *) exec {valkey} "$@";; esac'
        put(folder / version / "redis-server", told)
    put(folder / "7.0" / "redis-server", f'exec {redis_server} "$@"')
    return {"SIMFRA_ENGINE_PATH": str(folder)}


def found(server: str) -> str:
    path = shutil.which(server, path=f"{os.environ.get('SIMFRA_ENGINE_PATH', '')}:{os.environ['PATH']}")
    assert path, f"there is no {server}"
    return path


def put(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def simfra(new_simfra, runtime, durable, tmp_path) -> Simfra:
    simfra = new_simfra(runtime, durable=durable)
    return simfra.start(**servers(runtime, tmp_path / "engines"))


def modify(simfra: Simfra, **members) -> dict:
    changed = simfra.elasticache.modify_cache_cluster(CacheClusterId=CLUSTER, ApplyImmediately=True, **members)
    return changed["CacheCluster"]


def version_of(client: redis.Redis) -> str:
    told = client.info("server")
    return f"valkey {told['valkey_version']}" if "valkey_version" in told else f"redis {told['redis_version']}"


class Writer:
    """Writes through a forward throughout, each key once, and remembers what was acknowledged."""

    def __init__(self, local_port: int):
        self.acknowledged: list[int] = []
        self.longest_gap = 0.0
        self._port, self._ended = local_port, threading.Event()
        self._thread = threading.Thread(target=self._write)

    def __enter__(self) -> "Writer":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._ended.set()
        self._thread.join()

    def _write(self) -> None:
        number, last, client = 0, time.monotonic(), caches.through(self._port)
        while not self._ended.is_set():
            number += 1
            try:
                client.set(f"written-{number}", number)
            except redis.RedisError:
                # Whether it was written is unknown: it counts for nothing.
                continue
            now = time.monotonic()
            self.longest_gap, last = max(self.longest_gap, now - last), now
            self.acknowledged.append(number)


def fill(client: redis.Redis) -> None:
    """10,000 keys of several kinds, one of which expires."""
    pipe = client.pipeline(transaction=False)
    for number in range(10_000):
        pipe.set(f"key-{number}", f"value-{number}" * 10)
    pipe.rpush("list", *range(100))
    pipe.set("expires", "soon", ex=3600)
    pipe.execute()


def check_filled(client: redis.Redis) -> None:
    keys = [f"key-{number}" for number in range(10_000)]
    assert client.mget(keys) == [f"value-{number}" * 10 for number in range(10_000)]
    assert client.lrange("list", 0, -1) == [str(number) for number in range(100)]
    assert 0 < client.ttl("expires") <= 3600


def check_written(client: redis.Redis, writer: Writer) -> None:
    """No write that was acknowledged is lost."""
    found = client.mget([f"written-{number}" for number in writer.acknowledged])
    lost = [number for number, value in zip(writer.acknowledged, found, strict=True) if value != str(number)]
    assert lost == []


def test_an_upgrade_keeps_the_data_while_a_client_writes(simfra, runtime, durable, record_property):
    caches.create(simfra, CLUSTER, EngineVersion="7.0")
    caches.available(simfra, CLUSTER)
    forward = caches.open_forward(simfra, CLUSTER)
    with caches.through(forward["localPort"]) as client:
        assert version_of(client).startswith("redis 7.0")
        fill(client)
        with Writer(forward["localPort"]) as writer:
            until(lambda: len(writer.acknowledged) > 100, "it writes")
            reply = modify(simfra, EngineVersion="7.1")
            assert (reply["CacheClusterStatus"], reply["EngineVersion"]) == ("modifying", "7.0.7")
            assert reply["PendingModifiedValues"] == {"EngineVersion": "7.1.0"}
            cluster = caches.available(simfra, CLUSTER)
            written = len(writer.acknowledged)
            until(lambda: len(writer.acknowledged) > written + 100, "it writes again, by the same forward")
        assert cluster["EngineVersion"] == "7.1.0" and cluster["PendingModifiedValues"] == {}
        check_filled(client)
        check_written(client, writer)
        assert not version_of(client).startswith("redis 7.0")
    told = f"upgrade of 10,000 keys on {runtime}, {'durable' if durable else 'in memory'}"
    record_property(told, f"{writer.longest_gap:.2f} s without a write")
    print(f"{told}: {writer.longest_gap:.2f} s without a write, {len(writer.acknowledged)} writes, none lost")
    assert "Engine version changed from 7.0.7 to 7.1.0" in caches.messages(simfra, CLUSTER)
    caches.delete(simfra, CLUSTER)
    if not durable:
        simfra.stop()


def test_data_that_the_new_engine_cannot_read_stays_with_the_old(simfra, durable):
    """6.2 is served by something newer than 7.0."""
    caches.create(simfra, CLUSTER, EngineVersion="6.2")
    caches.available(simfra, CLUSTER)
    forward = caches.open_forward(simfra, CLUSTER)
    with caches.through(forward["localPort"]) as client:
        before = version_of(client)
        fill(client)
        with Writer(forward["localPort"]) as writer:
            until(lambda: len(writer.acknowledged) > 100, "it writes")
            modify(simfra, EngineVersion="7.0")
            cluster = caches.available(simfra, CLUSTER)
            written = len(writer.acknowledged)
            until(lambda: len(writer.acknowledged) > written + 100, "it writes again")
        assert cluster["EngineVersion"] == "6.2.6" and cluster["PendingModifiedValues"] == {}
        assert cluster["CacheParameterGroup"]["CacheParameterGroupName"] == "default.redis6.x"
        assert version_of(client) == before
        check_filled(client)
        check_written(client, writer)
    told = [each for each in caches.messages(simfra, CLUSTER) if each.startswith("Failed to change the engine")]
    assert len(told) == 1 and "reads up to format 10" in told[0] and "RDB format 1" in told[0], told
    assert told[0] in simfra.log() or "reads up to format 10" in simfra.log()
    caches.delete(simfra, CLUSTER)


def test_a_node_type_changes_under_the_running_engine(simfra, runtime):
    caches.create(simfra, CLUSTER, EngineVersion="7.0")
    caches.available(simfra, CLUSTER)
    node = node_of(runtime, simfra.instance, CLUSTER)
    forward = caches.open_forward(simfra, CLUSTER)
    with caches.through(forward["localPort"]) as client:
        micro = client.info("memory")["maxmemory"]
        fill(client)
        assert modify(simfra, CacheNodeType="cache.t3.small")["CacheClusterStatus"] == "modifying"
        assert caches.available(simfra, CLUSTER)["CacheNodeType"] == "cache.t3.small"
        assert client.info("memory")["maxmemory"] > micro
        check_filled(client)
    assert node_of(runtime, simfra.instance, CLUSTER) == node, "nothing was restarted"
    assert "Cache node type changed from cache.t3.micro to cache.t3.small" in caches.messages(simfra, CLUSTER)
    caches.delete(simfra, CLUSTER)
