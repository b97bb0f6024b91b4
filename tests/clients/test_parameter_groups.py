"""Parameter groups on real engines: in force from the start, at once while it runs, or after a reboot; and they stay."""

from contextlib import contextmanager

import pytest

import caches
from conftest import living
from simfra import Simfra
from waiting import until

FAMILIES = {"redis": "redis7", "valkey": "valkey8"}


@pytest.fixture(scope="module")
def simfra(runtime, tmp_path_factory):
    """With a data directory: what is in force is to be in force after a restart."""
    with living(tmp_path_factory, runtime, durable=True) as simfra:
        yield simfra.start()
        simfra.terminate()


def values(**parameters) -> list[dict]:
    each = parameters.items()
    return [{"ParameterName": name.replace("_", "-"), "ParameterValue": value} for name, value in each]


@contextmanager
def group(simfra: Simfra, name: str, family: str, **parameters):
    """A group of one's own with these values, until the clusters in it are gone."""
    client = simfra.elasticache
    client.create_cache_parameter_group(
        CacheParameterGroupName=name, CacheParameterGroupFamily=family, Description="of a test"
    )
    if parameters:
        modify(simfra, name, **parameters)
    yield name
    client.delete_cache_parameter_group(CacheParameterGroupName=name)


def modify(simfra: Simfra, name: str, **parameters) -> None:
    simfra.elasticache.modify_cache_parameter_group(
        CacheParameterGroupName=name, ParameterNameValues=values(**parameters)
    )


def status(simfra: Simfra, cluster: str) -> dict:
    return caches.find(simfra, cluster)["CacheParameterGroup"]


def in_sync(simfra: Simfra, cluster: str) -> None:
    def settled() -> bool:
        return status(simfra, cluster)["ParameterApplyStatus"] == "in-sync"

    until(settled, f"{cluster} has its parameters")


def memory(simfra: Simfra, cluster: str) -> tuple[int, str]:
    """`maxmemory` and its policy, as any client can read them."""
    with caches.connected(simfra, cluster) as client:
        info = client.info("memory")
        return info["maxmemory"], info["maxmemory_policy"]


@pytest.mark.parametrize("engine", FAMILIES)
def test_values_are_in_force_from_the_start_at_once_and_after_a_restart(simfra, engine):
    cluster = f"tuned-{engine}"
    with group(simfra, f"own-{engine}", FAMILIES[engine], maxmemory_policy="allkeys-lru") as own:
        created = caches.create(simfra, cluster, engine, CacheParameterGroupName=own)
        assert created["CacheParameterGroup"]["CacheParameterGroupName"] == own
        caches.available(simfra, cluster)
        assert memory(simfra, cluster) == (402653184, "allkeys-lru")
        assert status(simfra, cluster)["ParameterApplyStatus"] == "in-sync"

        with caches.connected(simfra, cluster) as client:
            client.set("kept", "through the change")
            modify(simfra, own, maxmemory_policy="noeviction", reserved_memory_percent="50")
            in_sync(simfra, cluster)
            assert memory(simfra, cluster) == (268435456, "noeviction")
            assert client.get("kept") == "through the change", "nothing was restarted"

        simfra.terminate()
        simfra.start()
        caches.available(simfra, cluster)
        assert memory(simfra, cluster) == (268435456, "noeviction")

        simfra.elasticache.reset_cache_parameter_group(CacheParameterGroupName=own, ResetAllParameters=True)
        in_sync(simfra, cluster)
        assert memory(simfra, cluster) == (402653184, "volatile-lru")
        caches.delete(simfra, cluster)


def test_what_needs_a_reboot_waits_for_it(simfra):
    with group(simfra, "rebooting", "redis7") as own:
        caches.create(simfra, "waits", CacheParameterGroupName=own)
        caches.available(simfra, "waits")
        modify(simfra, own, acl_pubsub_default="resetchannels", timeout="60")
        until(lambda: status(simfra, "waits")["ParameterApplyStatus"] == "pending-reboot", "it waits")
        assert status(simfra, "waits")["CacheNodeIdsToReboot"] == ["0001"]
        node = caches.find(simfra, "waits")["CacheNodes"][0]
        assert node["ParameterGroupStatus"] == "pending-reboot"
        simfra.elasticache.reboot_cache_cluster(CacheClusterId="waits", CacheNodeIdsToReboot=["0001"])
        caches.available(simfra, "waits")
        assert status(simfra, "waits") == {
            "CacheParameterGroupName": own,
            "ParameterApplyStatus": "in-sync",
            "CacheNodeIdsToReboot": [],
        }
        caches.delete(simfra, "waits")


def test_a_cluster_moves_to_another_group(simfra):
    caches.create(simfra, "moves")
    caches.available(simfra, "moves")
    with group(simfra, "target", "redis7", maxmemory_policy="allkeys-lfu") as own:
        modified = simfra.elasticache.modify_cache_cluster(CacheClusterId="moves", CacheParameterGroupName=own)
        assert modified["CacheCluster"]["CacheParameterGroup"]["ParameterApplyStatus"] == "applying"
        caches.available(simfra, "moves")
        assert memory(simfra, "moves")[1] == "allkeys-lfu"
        assert status(simfra, "moves")["ParameterApplyStatus"] == "in-sync"
        back = {"CacheClusterId": "moves", "CacheParameterGroupName": "default.redis7"}
        simfra.elasticache.modify_cache_cluster(**back)
        caches.available(simfra, "moves")
        assert memory(simfra, "moves")[1] == "volatile-lru"
    caches.delete(simfra, "moves")


def test_memcached_reads_its_parameters_when_it_starts(simfra):
    with group(simfra, "own-memcached", "memcached1.6") as own:
        parameters = {"max_item_size": "2097152", "memcached_connections_overhead": "12", "lru_crawler": "1"}
        simfra.elasticache.modify_cache_parameter_group(
            CacheParameterGroupName=own,
            ParameterNameValues=[
                {"ParameterName": name, "ParameterValue": value} for name, value in parameters.items()
            ],
        )
        caches.create(simfra, "slabs", "memcached", CacheParameterGroupName=own)
        caches.available(simfra, "slabs")
        port = caches.open_forward(simfra, "slabs", 11211)["localPort"]
        with caches.memcached_through(port) as client:
            told = client.stats("settings")
            assert told[b"item_size_max"] == 2097152
            assert told[b"maxbytes"] == 500 << 20
            assert told[b"lru_crawler"] in (True, b"yes")
        simfra.elasticache.reset_cache_parameter_group(CacheParameterGroupName=own, ResetAllParameters=True)
        assert status(simfra, "slabs")["ParameterApplyStatus"] == "pending-reboot"
        caches.delete(simfra, "slabs")
