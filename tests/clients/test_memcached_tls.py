"""Encryption in transit of Memcached: its clients and auto discovery over TLS, verified, and nothing in clear."""

import os
import signal
import socket
import ssl
import sys
from contextlib import AbstractContextManager, closing

import pytest
from pymemcache.client.base import Client

import aws
import caches
from conftest import living
from leftovers import containers, docker, engines, node_of
from simfra import Simfra
from test_discovery import nodes_of, value_of
from test_fleet import resize
from test_fleet_discovery import at_work, listed
from test_vpc_names import run_in_vpc
from waiting import until

FLEET = "secure-fleet"
PORT = 11211
# Prints what a server says to a client that speaks in clear, before it closes the connection.
PLAIN = """
import socket, sys
with socket.create_connection((sys.argv[1], 11211), timeout=20) as connection:
    connection.sendall(b'version\\r\\nversion\\r\\n')
    said = b''
    try:
        while read := connection.recv(4096):
            said += read
    except ConnectionResetError:
        pass
    print(said)
"""


@pytest.fixture(scope="module")
def simfra(runtime, tmp_path_factory):
    """With an encrypted fleet of two nodes."""
    with living(tmp_path_factory, runtime) as simfra:
        simfra.start()
        create(simfra, FLEET, 2)
        yield simfra
        simfra.stop()


def create(simfra: Simfra, cluster: str, count: int) -> dict:
    """As a reader of the guide types it."""
    made = aws.elasticache(
        simfra,
        "create-cache-cluster",
        *("--cache-cluster-id", cluster),
        *("--engine", "memcached"),
        *("--cache-node-type", "cache.t3.micro"),
        *("--num-cache-nodes", str(count)),
        "--transit-encryption-enabled",
    )["CacheCluster"]
    assert made["TransitEncryptionEnabled"] is True
    assert made["TransitEncryptionMode"] == "required"
    return caches.available(simfra, cluster)


def authority(simfra: Simfra) -> str:
    return aws.run("curl", "--silent", "--fail", f"{simfra.url}/_simfra/ca").stdout


@pytest.fixture(scope="module")
def verifying(simfra) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=authority(simfra))


@pytest.fixture(scope="module")
def forward(simfra) -> int:
    """The host's port of a forward to the fleet."""
    return caches.open_forward(simfra, FLEET, PORT)["localPort"]


def through(port: int, tls: ssl.SSLContext) -> AbstractContextManager[Client]:
    return closing(Client(("localhost", port), connect_timeout=10, timeout=10, tls_context=tls))


def test_clients_with_tls_and_without_come_through_a_forward(forward, verifying):
    # Shorter than a record of TLS, longer than one, longer than what the proxy reads at a time.
    values = {f"key-{size}": os.urandom(size) for size in (0, 1, 16_384, 16_385, 70_000, 1_000_000)}
    with through(forward, verifying) as client, caches.memcached_through(forward) as plain:
        for key, value in values.items():
            assert client.set(key, value, noreply=False)
            assert client.get(key) == value
            assert plain.get(key) == value
        assert client.get_many(list(values)) == values
        assert client.set_many({f"small-{n}": str(n) for n in range(2_000)}, noreply=False) == []
        found = client.get_many([f"small-{n}" for n in range(2_000)])
        assert found == {f"small-{n}": str(n).encode() for n in range(2_000)}


def test_auto_discovery_is_answered_over_tls(simfra, forward, verifying):
    version, nodes = listed_nodes(forward, verifying)
    assert version == 1
    expected = [node["Endpoint"]["Address"] for node in caches.find(simfra, FLEET)["CacheNodes"]]
    assert [name for name, _, _ in nodes] == sorted(expected)


def listed_nodes(port: int, tls: ssl.SSLContext) -> tuple[int, list[list[str]]]:
    """By a client that says goodbye and is told goodbye."""
    plain = socket.create_connection(("localhost", port), timeout=20)
    with tls.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False) as connection:
        connection.sendall(b"config get cluster\r\nquit\r\n")
        answer = b""
        while read := connection.recv(65536):
            answer += read
        return nodes_of(value_of(answer, "CONFIG cluster 0"))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_both_versions_of_tls_are_spoken(simfra, forward, version):
    tls = ssl.create_default_context(cadata=authority(simfra))
    tls.minimum_version = tls.maximum_version = version
    with through(forward, tls) as client:
        assert client.version().startswith(b"1.")


def test_a_node_says_nothing_in_clear(simfra, forward, verifying):
    _, nodes = listed_nodes(forward, verifying)
    for _, address, port in nodes:
        assert port == str(PORT)
        if simfra.runtime == "docker":
            said = run_in_vpc(simfra, "python3", "-c", PLAIN, address)
        else:
            said = aws.run(sys.executable, "-c", PLAIN, address).stdout
        assert said.startswith("b'"), said
        assert "VERSION" not in said


def test_clients_that_do_not_finish_their_handshake_hold_nobody_up(forward, verifying):
    hello = bytes([22, 3, 1, 2, 0, 1])
    idle = [socket.create_connection(("localhost", forward), timeout=20) for _ in range(20)]
    try:
        for connection in idle:
            connection.sendall(hello)
        with through(forward, verifying) as client:
            assert client.set("key", "value", noreply=False)
    finally:
        for connection in idle:
            connection.close()


def test_a_discovery_client_follows_a_fleet_over_tls(simfra):
    """By name to the configuration endpoint, by address to each node, all verified."""
    create(simfra, "told", 2)
    with at_work(simfra, "told", authority(simfra)) as client:
        first = client.ask()
        assert len(first["nodes"]) == 2
        resize(simfra, "told", 3)
        caches.available(simfra, "told")
        grown = until(lambda: listed(client, 3), "the client is told of three")
        assert grown["version"] == first["version"] + 1
        resize(simfra, "told", 2, "0001")
        caches.available(simfra, "told")
        shrunk = until(lambda: listed(client, 2), "the client is told of two")
        assert shrunk["rounds"] > grown["rounds"] > first["rounds"]
        assert shrunk["errors"] == []
    caches.delete(simfra, "told")


@pytest.mark.parametrize("part", ["node", "proxy"])
def test_a_lost_node_is_replaced(simfra, verifying, part):
    cluster = f"lost-{part}"
    create(simfra, cluster, 1)
    port = caches.open_forward(simfra, cluster, PORT)["localPort"]
    with through(port, verifying) as client:
        assert client.set("key", "value", noreply=False)
    node = node_of(simfra.runtime, simfra.instance, cluster, part=part)
    if simfra.runtime == "docker":
        docker("kill", node)
    else:
        os.kill(int(node), signal.SIGKILL)
    until(lambda: "Finished recovery for cache nodes 0001" in caches.messages(simfra, cluster), "it is recovered")
    with through(port, verifying) as client:
        assert client.get("key") is None
        assert client.set("key", "value", noreply=False)
    caches.delete(simfra, cluster)


def test_no_key_is_told(simfra):
    """A key is in the proxy's own files, and nowhere that `docker inspect` or a log shows."""
    if simfra.runtime == "docker":
        parts = containers(simfra.instance, "label=dev.simfra.role=node")
        parts += containers(simfra.instance, "label=dev.simfra.role=proxy")
        told = "".join(docker("inspect", part) + docker("logs", part) for part in parts) + simfra.log()
        assert len(parts) >= 4 and "--tls" in told
    else:
        told = simfra.log()
    assert "PRIVATE KEY" not in told


def test_an_encrypted_fleet_outlives_kill_and_stop(new_simfra, runtime):
    simfra = new_simfra(runtime, durable=True).start()
    create(simfra, "kept", 1)
    verifying = ssl.create_default_context(cadata=authority(simfra))
    port = caches.open_forward(simfra, "kept", PORT)["localPort"]
    with through(port, verifying) as client:
        assert client.set("key", "value", noreply=False)
    simfra.kill()
    simfra.start()
    caches.available(simfra, "kept")
    with through(port, verifying) as client:
        assert client.get("key") == b"value", "it was adopted"
    simfra.terminate()
    assert engines(simfra.instance) == []
    simfra.start()
    caches.available(simfra, "kept")
    with through(port, verifying) as client:
        assert client.get("key") is None
        assert client.set("key", "value", noreply=False)
    caches.delete(simfra, "kept")
    simfra.terminate()
