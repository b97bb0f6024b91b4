"""A host that cannot route to containers: Simfra goes through a relay in the VPC, and the guide works as ever."""

import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator

import pytest
import redis

import caches
import test_guide
from conftest import living
from leftovers import containers, docker, networks
from simfra import Simfra
from waiting import until


class Cut:
    """Drops what this host sends to the networks of an instance, from their creation on. Nobody else's."""

    def __init__(self, instance: str):
        self.instance = instance
        self.table = f"simfra_{instance.replace('-', '_')}"
        nft(f"add table inet {self.table}")
        nft(f"add chain inet {self.table} out {{ type filter hook output priority 0; policy accept; }}")
        command = ["docker", "events", "--format", "{{.Actor.ID}}", "--filter", "type=network", "--filter", "event=create"]
        self._events = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self._watch = threading.Thread(target=self._follow)
        self._watch.start()

    def _follow(self) -> None:
        for line in self._events.stdout:
            found = subprocess.run(
                ["docker", "network", "inspect", line.strip()], capture_output=True, text=True, check=False
            )
            for network in json.loads(found.stdout or "[]"):
                if network["Labels"].get("dev.simfra.instance") == self.instance:
                    self._cut(network)

    def _cut(self, network: dict) -> None:
        subnet = network["IPAM"]["Config"][0]["Subnet"]
        bridge = f"br-{network['Id'][:12]}"
        nft(f'add rule inet {self.table} out oifname "{bridge}" ip daddr {subnet} counter drop')

    def dropped(self) -> int:
        """How many packets were dropped."""
        rules = json.loads(nft(f"list table inet {self.table}", "--json"))["nftables"]
        expressions = (part for each in rules for part in each.get("rule", {}).get("expr", []))
        return sum(part["counter"]["packets"] for part in expressions if "counter" in part)

    def mend(self) -> None:
        self._events.terminate()
        self._events.wait(30)
        self._watch.join(30)
        nft(f"delete table inet {self.table}")


def nft(command: str, *options: str) -> str:
    done = subprocess.run(["nft", *options, *command.split(" ")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"nft {command}: {done.stderr}"
    return done.stdout


def need_nft() -> None:
    """Skips aloud where packets cannot be filtered; fails where Docker's tests must run and this user is root."""
    reason = None
    if os.geteuid() != 0:
        reason = "only root can filter packets"
    elif not shutil.which("nft"):
        reason = "there is no nft (package nftables)"
    if reason and os.geteuid() == 0 and os.environ.get("SIMFRA_TEST_REQUIRE_DOCKER") == "1":
        pytest.fail(f"SIMFRA_TEST_REQUIRE_DOCKER=1, but {reason}")
    if reason:
        pytest.skip(f"SKIPPED relay: {reason}")


@pytest.fixture(scope="module")
def cut_off(docker_runtime, tmp_path_factory) -> Iterator[tuple[Simfra, Cut]]:
    """A Simfra whose host reaches none of its containers."""
    need_nft()
    with living(tmp_path_factory, docker_runtime, forwards=3) as simfra:
        cut = Cut(simfra.instance)
        try:
            simfra.start()
            yield simfra, cut
            simfra.stop()
        finally:
            cut.mend()


def relays(simfra: Simfra) -> list[str]:
    return containers(simfra.instance, "label=dev.simfra.role=relay", "status=running")


def read(port: int) -> str | None:
    """What the key has; none while nothing is reached."""
    try:
        with caches.through(port) as client:
            return client.get("key")
    except redis.exceptions.ConnectionError:
        return None


@pytest.mark.parametrize(("cluster", "engine", "port"), test_guide.GUIDE, ids=[each[1] for each in test_guide.GUIDE])
def test_the_guide_works_through_a_relay(cut_off, cluster, engine, port):
    simfra, cut = cut_off
    test_guide.walk(simfra, cluster, engine, port)
    assert cut.dropped() > 0


def test_the_guides_secure_cache_works_through_a_relay(cut_off):
    simfra, cut = cut_off
    test_guide.walk_secure(simfra)
    caches.delete(simfra, "my-secure-cache")
    assert cut.dropped() > 0


def test_a_relay_is_one_a_vpc_and_goes_with_its_network(cut_off):
    simfra, cut = cut_off
    for cluster in ("first", "second"):
        caches.create(simfra, cluster)
    for cluster in ("first", "second"):
        caches.available(simfra, cluster)
    (relay,) = relays(simfra)
    (described,) = json.loads(docker("inspect", relay))
    (network,) = networks(simfra.instance)
    assert set(described["NetworkSettings"]["Networks"]) == {"bridge", network}
    bindings = [each for bound in described["NetworkSettings"]["Ports"].values() for each in bound or []]
    assert [each["HostIp"] for each in bindings] == ["127.0.0.1"]
    assert cut.dropped() > 0


def test_a_relay_that_dies_is_back(cut_off):
    simfra, _ = cut_off
    caches.create(simfra, "relayed")
    caches.available(simfra, "relayed")
    forward = caches.open_forward(simfra, "relayed")
    with caches.through(forward["localPort"]) as client:
        client.set("key", "value")
    (relay,) = relays(simfra)
    docker("kill", relay)
    until(lambda: read(forward["localPort"]) == "value", "the data is reached again")
    # The silence was the relay's: no node was replaced.
    assert not [each for each in caches.messages(simfra, "relayed") if "ecover" in each]
    caches.delete(simfra, "relayed")


def test_a_stranger_gets_nothing_from_a_relay(cut_off):
    simfra, _ = cut_off
    caches.create(simfra, "private")
    caches.available(simfra, "private")
    (relay,) = relays(simfra)
    port = int(docker("port", relay, "4598").rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=30) as stranger:
        nonce = stranger.recv(32)
        assert len(nonce) == 32
        stranger.sendall(bytes(32) + socket.inet_aton("172.31.0.4") + (6379).to_bytes(2, "big") + bytes(32))
        try:
            assert stranger.recv(1) == b""
        except ConnectionResetError:
            pass


def test_a_killed_simfras_relay_serves_the_next(new_simfra, docker_runtime):
    need_nft()
    simfra = new_simfra(docker_runtime, durable=True)
    cut = Cut(simfra.instance)
    try:
        simfra.start()
        caches.create(simfra, "kept")
        caches.available(simfra, "kept")
        with caches.connected(simfra, "kept") as client:
            client.set("key", "value")
        simfra.kill()
        simfra.start()
        with caches.connected(simfra, "kept") as client:
            assert client.get("key") == "value"
        assert len(relays(simfra)) == 1
        simfra.terminate()
        assert containers(simfra.instance) == []
    finally:
        cut.mend()
