"""Auto discovery: what every node of a Memcached cluster answers about the others, byte by byte and to real clients."""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import elasticache_auto_discovery
import pytest

import caches

CLUSTER = "discovered"


@pytest.fixture(scope="module")
def discovered(simfra) -> dict:
    """A cluster of two nodes."""
    caches.create(simfra, CLUSTER, "memcached", NumCacheNodes=2)
    return caches.available(simfra, CLUSTER)


@pytest.fixture(scope="module")
def forward(simfra, discovered) -> int:
    """The host's port of a forward to one of its nodes."""
    return caches.open_forward(simfra, CLUSTER, 11211)["localPort"]


class Wire:
    """A connection without a client library."""

    def __init__(self, port: int):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._file = self._socket.makefile("rb")

    def ask(self, request: bytes, length: int) -> bytes:
        self._socket.sendall(request)
        return self._file.read(length)

    def until(self, request: bytes, end: bytes) -> bytes:
        """The answer, up to a line that is `end`."""
        self._socket.sendall(request)
        answer = b""
        while not answer.endswith(end):
            line = self._file.readline()
            assert line, answer
            answer += line
        return answer

    def close(self) -> None:
        self._file.close()
        self._socket.close()


@contextmanager
def wire(port: int) -> Iterator[Wire]:
    connection = Wire(port)
    try:
        yield connection
    finally:
        connection.close()


def nodes_of(value: bytes) -> tuple[int, list[list[str]]]:
    version, nodes, rest = value.decode().split("\n")
    assert rest == ""
    return int(version), [node.split("|") for node in nodes.split(" ")]


def expected(discovered: dict) -> list[tuple[str, str]]:
    """Names and ports, as the API has them."""
    endpoints = [node["Endpoint"] for node in discovered["CacheNodes"]]
    return sorted((endpoint["Address"], str(endpoint["Port"])) for endpoint in endpoints)


def value_of(answer: bytes, head: str) -> bytes:
    """The value in an answer, which is as long as it says and followed by nothing else."""
    line, rest = answer.split(b"\r\n", 1)
    *words, length = line.decode().split(" ")
    assert " ".join(words) == head
    value, end = rest[: int(length)], rest[int(length) :]
    assert end == b"\r\nEND\r\n"
    return value


def test_the_list_is_answered_byte_for_byte(discovered, forward):
    with wire(forward) as connection:
        new = connection.until(b"config get cluster\r\n", b"END\r\n")
        old = connection.until(b"get AmazonElastiCache:cluster\r\n", b"END\r\n")
        unique = connection.until(b"gets AmazonElastiCache:cluster\r\n", b"END\r\n")
    value = value_of(new, "CONFIG cluster 0")
    version, nodes = nodes_of(value)
    assert version == 1
    assert [(host, port) for host, _, port in nodes] == expected(discovered)
    for _, address, _ in nodes:
        socket.inet_aton(address)
    assert value_of(old, "VALUE AmazonElastiCache:cluster 0") == value
    assert unique == b"VALUE AmazonElastiCache:cluster 0 %d 1\r\n" % len(value) + value + b"\r\nEND\r\n"


def test_the_binary_protocol_has_it_too(forward):
    with wire(forward) as connection:
        value = value_of(connection.until(b"config get cluster\r\n", b"END\r\n"), "CONFIG cluster 0")
    request = struct.pack(">BBHBBHIIQ", 0x80, 0x60, 7, 0, 0, 0, 7, 0xCAFE, 0) + b"cluster"
    noop = struct.pack(">BBHBBHIIQ", 0x80, 0x0A, 0, 0, 0, 0, 0, 1, 0)
    with wire(forward) as connection:
        assert connection.ask(noop, 24)[:2] == b"\x81\x0a"
        header = struct.unpack(">BBHBBHIIQ", connection.ask(request, 24))
        assert header == (0x81, 0x60, 0, 4, 0, 0, 4 + len(value), 0xCAFE, 0)
        assert connection.ask(b"", 4 + len(value)) == bytes(4) + value
        assert connection.ask(noop, 24)[:2] == b"\x81\x0a"


def test_answers_keep_the_order_of_the_questions(forward):
    with wire(forward) as connection:
        listed = connection.until(b"config get cluster\r\n", b"END\r\n")
        big = b"y" * 100_000
        request = (
            b"set a 0 0 20\r\nconfig get cluster\r\n\r\n"
            b"get a\r\n"
            b"config get cluster\r\n"
            b"set b 0 0 100000\r\n" + big + b"\r\n"
            b"config get cluster\r\n"
            b"get b\r\n"
            b"get a nothing\r\n"
            b"set c 0 0 1 noreply\r\nz\r\n"
            b"config get cluster\r\n"
            b"get c\r\n"
            b"version\r\n"
        )
        answer = (
            b"STORED\r\n"
            b"VALUE a 0 20\r\nconfig get cluster\r\n\r\nEND\r\n" + listed + b"STORED\r\n" + listed
            + b"VALUE b 0 100000\r\n" + big + b"\r\nEND\r\n"
            b"VALUE a 0 20\r\nconfig get cluster\r\n\r\nEND\r\n" + listed + b"VALUE c 0 1\r\nz\r\nEND\r\nVERSION "
        )
        assert connection.ask(request, len(answer)) == answer


def test_clients_cannot_change_it(forward):
    with wire(forward) as connection:
        before = connection.until(b"config get cluster\r\n", b"END\r\n")
        refusal = connection.until(b"config set cluster 0 6\r\n9\na|b|\r\n", b"\r\n")
        assert refusal.startswith(b"CLIENT_ERROR ")
        assert connection.until(b"config delete cluster\r\n", b"\r\n").startswith(b"CLIENT_ERROR ")
        assert connection.until(b"config get other\r\n", b"\r\n") == b"END\r\n"
        assert connection.until(b"config nonsense\r\n", b"\r\n") == b"ERROR\r\n"
        connection.until(b"set AmazonElastiCache:cluster 0 0 1\r\nx\r\n", b"\r\n")
        assert connection.until(b"config get cluster\r\n", b"END\r\n") == before


def test_elasticache_auto_discovery_finds_the_nodes(discovered, forward):
    found = elasticache_auto_discovery.discover(f"127.0.0.1:{forward}")
    assert [(host.decode(), port.decode()) for host, _, port in found] == expected(discovered)


def test_the_servers_own_statistics_come_through(forward):
    with wire(forward) as connection:
        statistics = connection.until(b"stats\r\n", b"END\r\n")
    assert b"STAT cmd_get " in statistics and b"STAT version " in statistics
