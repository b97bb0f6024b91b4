"""A forward to a group with cluster mode, byte by byte: what it answers is what the node answers, but for the members' places."""

import re
import socket

import pytest

import groups
import sharded
from test_forwarded_cluster import opened
from test_vpc_names import addresses, ask

END = "the-end"

# Everything that answers otherwise than one reply a request, with questions for members between.
SCRIPT = [
    "SET {key} value", "PING", "CLUSTER SLOTS", "HELLO 2", "CLUSTER NODES", "", "MULTI", "CLUSTER SLOTS", "GET {key}", "CLUSTER SHARDS",
    "EXEC", "CLUSTER SHARDS", "MULTI", "NOSUCH", "CLUSTER NODES", "EXEC", "CLUSTER NODES", "MULTI", "CLUSTER NODES",
    "DISCARD", "CLUSTER SLOTS", "SUBSCRIBE one two", "PSUBSCRIBE t*", "PING", "GET {key}", "UNSUBSCRIBE", "PUNSUBSCRIBE t*",
    "CLUSTER SLOTS", "UNSUBSCRIBE", "SSUBSCRIBE {channel}", "SUNSUBSCRIBE", "CLUSTER SHARDS", "HELLO 3", "CLUSTER NODES",
    "SUBSCRIBE one two one", "CLUSTER SLOTS", "PUBLISH two text", "UNSUBSCRIBE one", "CLUSTER SHARDS", "UNSUBSCRIBE",
    "MULTI", "CLUSTER NODES", "CLUSTER SLOTS", "EXEC", "CLIENT TRACKING ON", "GET {key}", "SET {key} value", "CLUSTER NODES",
    "CLIENT REPLY ON", "CLUSTER SLOTS", "RESET", "CLUSTER SHARDS", "GET {elsewhere}", "CLUSTER SLOTS",
]  # fmt: skip


@pytest.fixture(scope="module")
def member(simfra) -> tuple[tuple[str, int], tuple[str, int], list[int]]:
    """The first shard's primary as it is and as it is forwarded, and all local ports."""
    sharded.create(simfra, "duo", 2, 0)
    forward = opened(simfra, "duo")
    shown = forward["members"][0]
    node = simfra.elasticache.describe_cache_clusters(CacheClusterId="duo-0001-001", ShowCacheNodeInfo=True)
    endpoint = node["CacheClusters"][0]["CacheNodes"][0]["Endpoint"]
    place = addresses(ask(simfra, endpoint["Address"]))[0], endpoint["Port"]
    assert place[0] == shown["targetIp"]
    return place, ("127.0.0.1", shown["localPort"]), [each["localPort"] for each in forward["members"]]


def lines(script: list[str]) -> bytes:
    """The script as it is typed. `a` is in the second shard of two, `b` and `{b}` in the first."""
    filled = [line.replace("{key}", "b").replace("{channel}", "b").replace("{elsewhere}", "a") for line in script]
    return "".join(f"{line}\r\n" for line in filled).encode()


def said(place: tuple[str, int], pieces: list[bytes]) -> str:
    """All that comes back, when the pieces are sent one after the other without waiting."""
    with socket.create_connection(place, timeout=20) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connection.sendall(piece)
        connection.sendall(f"ECHO {END}\r\n".encode())
        answer = b""
        while not answer.endswith(f"{END}\r\n".encode()):
            received = connection.recv(65536)
            assert received, answer
            answer += received
        return answer.decode()


def without_chance(answer: str) -> str:
    """Without what changes from one connection to the next: times, offsets, numbers of connections."""
    answer = re.sub(r" \d+ \d+ (\d+ (?:dis)?connected)", r" TIME TIME \1", answer)
    return re.sub(r"(replication-offset\r\n|\$2\r\nid\r\n):\d+", r"\1:N", answer)


def placeless(answer: str, hosts: str, ports: str) -> str:
    """With the members' places crossed out, and the lengths that follow from these."""
    answer = re.sub(rf"(?:{hosts})", "HOST", without_chance(answer))
    answer = re.sub(rf":(?:{ports})\b", ":PORT", answer)
    return re.sub(r"([$=])\d+(?=\r\n)", r"\1LENGTH", answer)


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_only_places_are_told_otherwise(member, size):
    node, forwarded, local = member
    script = lines(SCRIPT)
    pieces = [script[begin : begin + size] for begin in range(0, len(script), size)]
    names = r"[a-z0-9-]+\.abcdef\.0001\.use1\.cache\.simfra\.dev"
    network = re.escape(node[0].rsplit(".", 2)[0]) + r"\.\d+\.\d+"
    direct = placeless(said(node, pieces), f"{names}|{network}", str(node[1]))
    through = said(forwarded, pieces)
    assert not re.search(f"{names}|{network}", through)
    assert placeless(through, r"127\.0\.0\.1", "|".join(map(str, local))) == direct
    assert direct.count("HOST") > 50


def test_the_group_goes(simfra, member):
    groups.delete(simfra, "duo")
