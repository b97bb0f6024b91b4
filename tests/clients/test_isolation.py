"""`SIMFRA_VPC_ISOLATION=false`: the endpoints that are described are reached straight from the host."""

import os
import signal
import socket
from contextlib import closing

import elasticache_auto_discovery
import redis
from pymemcache.client.base import Client as Memcached

import aws
import caches
from leftovers import docker, node_of
from simfra import Simfra
from waiting import until

OFF = {"SIMFRA_VPC_ISOLATION": "false"}

Endpoint = tuple[str, int]


def endpoints(simfra: Simfra, cluster: str) -> list[Endpoint]:
    """Each node's, all of them addresses as they are promised."""
    nodes = caches.available(simfra, cluster)["CacheNodes"]
    told = [(node["Endpoint"]["Address"], node["Endpoint"]["Port"]) for node in nodes]
    assert all(address.startswith("127.83.") for address, _ in told), told
    return told


def redis_at(endpoint: Endpoint, **options) -> redis.Redis:
    address, port = endpoint
    never = redis.retry.Retry(redis.backoff.NoBackoff(), 0)
    return redis.Redis(address, port, decode_responses=True, socket_timeout=10, retry=never, **options)


def memcached_at(endpoint: Endpoint):
    return closing(Memcached(endpoint, connect_timeout=10, timeout=10))


def is_closed(endpoint: Endpoint) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(endpoint) != 0


def kill_engine(simfra: Simfra, cluster: str) -> None:
    node = node_of(simfra.runtime, simfra.instance, cluster)
    if simfra.runtime == "docker":
        docker("kill", node)
    else:
        os.kill(int(node), signal.SIGKILL)


def test_redis_is_reached_at_its_endpoint_whatever_runs_behind_it(new_simfra, runtime):
    simfra = new_simfra(runtime).start(**OFF)
    caches.create(simfra, "open")
    (endpoint,) = endpoints(simfra, "open")
    assert endpoint[1] == 6379
    with redis_at(endpoint) as client:
        assert client.set("key", "value")
        assert client.get("key") == "value"
    kill_engine(simfra, "open")
    until(lambda: "Finished recovery for cache nodes 0001" in caches.messages(simfra, "open"), "it is recovered")
    assert endpoints(simfra, "open") == [endpoint]
    with redis_at(endpoint) as client:
        assert client.get("key") is None
    caches.create(simfra, "beside")
    assert endpoints(simfra, "beside") != [endpoint]
    caches.delete(simfra, "open")
    assert is_closed(endpoint)
    simfra.stop()


def test_memcacheds_nodes_are_reached_and_discovered(new_simfra, runtime):
    simfra = new_simfra(runtime).start(**OFF)
    caches.create(simfra, "fleet", "memcached", NumCacheNodes=2)
    nodes = endpoints(simfra, "fleet")
    assert len(set(nodes)) == 2
    for number, node in enumerate(nodes):
        with memcached_at(node) as client:
            assert client.set("key", str(number), noreply=False)
    for number, node in enumerate(nodes):
        with memcached_at(node) as client:
            assert client.get("key") == str(number).encode()
    told = caches.available(simfra, "fleet")["ConfigurationEndpoint"]
    configuration = f"{told['Address']}:{told['Port']}"
    discovered = elasticache_auto_discovery.discover(configuration, time_to_timeout=10)
    listed = sorted((ip.decode(), int(port)) for _, ip, port in discovered)
    assert listed == sorted(nodes)
    caches.delete(simfra, "fleet")
    assert all(is_closed(node) for node in nodes)
    simfra.stop()


def test_endpoints_stay_from_run_to_run_and_go_with_the_setting(new_simfra, runtime):
    simfra = new_simfra(runtime, durable=True).start(**OFF)
    caches.create(simfra, "kept")
    (endpoint,) = endpoints(simfra, "kept")
    with redis_at(endpoint) as client:
        assert client.set("key", "value")
    for end in (simfra.kill, simfra.terminate):
        end()
        simfra.start(**OFF)
        assert endpoints(simfra, "kept") == [endpoint]
        with redis_at(endpoint) as client:
            assert client.get("key") == "value"
    simfra.terminate()
    simfra.start()

    def is_named() -> bool:
        (node,) = caches.available(simfra, "kept")["CacheNodes"]
        return node["Endpoint"] == {"Address": "kept.abcdef.0001.use1.cache.simfra.dev", "Port": 6379}

    until(is_named, "its endpoint is its name again")
    caches.delete(simfra, "kept")
    simfra.terminate()


def test_an_encrypted_node_is_verified_at_its_endpoint(new_simfra, runtime):
    simfra = new_simfra(runtime).start(**OFF)
    caches.create(simfra, "secure", TransitEncryptionEnabled=True)
    (endpoint,) = endpoints(simfra, "secure")
    pem = aws.run("curl", "--silent", "--fail", f"{simfra.url}/_simfra/ca").stdout
    with redis_at(endpoint, ssl=True, ssl_ca_data=pem, ssl_check_hostname=True) as client:
        assert client.set("key", "value")
    if runtime == "docker":
        # What stands before the node speaks both, as forwards do.
        with redis_at(endpoint) as client:
            assert client.get("key") == "value"
    simfra.stop()


def test_two_simfras_never_share_an_address(new_simfra, runtime):
    both = [new_simfra(runtime).start(**OFF) for _ in range(2)]
    for simfra in both:
        caches.create(simfra, "same")
    told = [endpoints(simfra, "same") for simfra in both]
    assert told[0] != told[1]
    for simfra, (endpoint,) in zip(both, told):
        with redis_at(endpoint) as client:
            assert client.set("whose", simfra.instance)
    for simfra, (endpoint,) in zip(both, told):
        with redis_at(endpoint) as client:
            assert client.get("whose") == simfra.instance
        simfra.stop()
