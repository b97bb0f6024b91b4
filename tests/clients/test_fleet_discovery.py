"""A fleet grows from 2 to 5 and shrinks to 3 under a client of auto discovery, which sees keys move and never an error."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import caches
from leftovers import networks
from simfra import Simfra
from test_fleet import available, resize
from test_vpc_names import CLIENT_IMAGE, pool
from waiting import until

PROGRAM = Path(__file__).with_name("discovery_client.py")
ENDPOINT = "{cluster}.abcdef.cfg.use1.cache.simfra.dev"


class DiscoveryClient:
    """`discovery_client.py` at work, where a user's program would be: in the VPC, or with processes on the host."""

    def __init__(self, command: list[str]):
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def ask(self) -> dict:
        """How far it is, once it has looked and worked since it was asked."""
        try:
            self._process.stdin.write("\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass
        line = self._process.stdout.readline()
        assert line.startswith("{"), line + self._process.stdout.read()
        return json.loads(line)

    def end(self) -> None:
        self._process.stdin.close()
        self._process.wait(60)


@contextmanager
def at_work(simfra: Simfra, cluster: str, *authority: str) -> Iterator[DiscoveryClient]:
    """A client of the cluster's nodes, with TLS where an authority's certificate is given."""
    endpoint = ENDPOINT.format(cluster=cluster)
    if simfra.runtime == "docker":
        (network,) = networks(simfra.instance)
        place = ["--network", network, "--dns", str(pool(network)[2]), "--name", f"simfra-client-{simfra.instance}"]
        program = ["python3", "-c", PROGRAM.read_text(), endpoint, "0", *authority]
        client = DiscoveryClient(["docker", "run", "--rm", "--interactive", *place, CLIENT_IMAGE, *program])
    else:
        status, answer = simfra.admin("GET", f"dns/{caches.ACCOUNT}")
        assert status == 200
        client = DiscoveryClient([sys.executable, str(PROGRAM), endpoint, str(answer["port"]), *authority])
    try:
        yield client
    finally:
        client.end()


def test_a_discovery_client_follows_a_fleet_without_an_error(simfra):
    available(simfra, "told", 2)
    with at_work(simfra, "told") as client:
        first = client.ask()
        assert len(first["nodes"]) == 2
        resize(simfra, "told", 5)
        caches.available(simfra, "told")
        grown = until(lambda: listed(client, 5), "the client is told of five")
        assert grown["version"] == first["version"] + 3
        resize(simfra, "told", 3, "0001", "0004")
        caches.available(simfra, "told")
        shrunk = until(lambda: listed(client, 3), "the client is told of three")
        assert shrunk["version"] == grown["version"] + 2
        assert [node.split(".")[2] for node in shrunk["nodes"]] == ["0002", "0003", "0005"]
        assert shrunk["rounds"] > grown["rounds"] > first["rounds"]
        assert shrunk["moved"] > 0, "keys move between nodes"
        assert shrunk["errors"] == []
        print(f"{shrunk['rounds']} rounds, {shrunk['moved']} keys moved, no error")
    caches.delete(simfra, "told")


def listed(client: DiscoveryClient, count: int) -> dict | None:
    seen = client.ask()
    return seen if len(seen["nodes"]) == count else None
