"""Simfra in a container with Docker's socket: the guide works, and it lives beside Simfras on the host."""

import json
import subprocess
from collections.abc import Callable, Iterator

import pytest

import caches
import test_guide
from contained import Contained
from leftovers import docker, everything, networks
from place import Place
from waiting import until

CLIENT_IMAGE = "simfra-test-client:latest"


@pytest.fixture
def new_contained(docker_runtime, tmp_path_factory) -> Iterator[Callable[..., Contained]]:
    made: list[Contained] = []

    def make(**options) -> Contained:
        made.append(Contained(Place(tmp_path_factory.mktemp("simfra")), **options))
        return made[-1]

    yield make
    for simfra in made:
        simfra.clean_up()


@pytest.fixture(scope="module")
def contained(docker_runtime, tmp_path_factory) -> Iterator[Contained]:
    simfra = Contained(Place(tmp_path_factory.mktemp("simfra")), forwards=3)
    try:
        yield simfra.start()
        simfra.stop()
    finally:
        simfra.clean_up()


@pytest.mark.parametrize(("cluster", "engine", "port"), test_guide.GUIDE, ids=[each[1] for each in test_guide.GUIDE])
def test_the_guide_works_against_a_container(contained, cluster, engine, port):
    test_guide.walk(contained, cluster, engine, port)


def test_the_guides_secure_cache_works_against_a_container(contained):
    test_guide.walk_secure(contained)
    caches.delete(contained, "my-secure-cache")


def test_it_says_that_it_is_healthy(contained):
    state = ["inspect", "--format", "{{.State.Health.Status}}", contained.container]
    until(lambda: docker(*state) == "healthy", "Docker takes it for healthy")
    nobody = ["docker", "exec", contained.container, "/simfra", "--port", "1", "health"]
    done = subprocess.run(nobody, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "127.0.0.1:1" in done.stderr


def test_simfra_local_is_the_container(contained):
    caches.create(contained, "my-cache")
    caches.available(contained, "my-cache")
    (network,) = networks(contained.instance)
    (described,) = json.loads(docker("inspect", contained.container))
    address = described["NetworkSettings"]["Networks"][network]["IPAddress"]
    resolver = address.rpartition(".")[0] + ".2"
    url = f"http://simfra.local:{contained.place.ports.api}/_simfra/health"
    program = (
        "import socket, urllib.request; print(socket.gethostbyname('simfra.local'));"
        f"print(urllib.request.urlopen('{url}').status)"
    )
    inside = docker("run", "--rm", "--network", network, "--dns", resolver, CLIENT_IMAGE, "python3", "-c", program)
    assert inside.split() == [address, "200"]
    caches.delete(contained, "my-cache")


def test_it_does_not_publish_nodes_where_nobody_finds_them(new_contained):
    simfra = new_contained(forwards=1)
    simfra.launch(SIMFRA_VPC_ISOLATION="false")
    assert docker("wait", simfra.container) == "1"
    log = simfra.log()
    assert "SIMFRA_VPC_ISOLATION=false publishes nodes" in log and "--network host" in log, log
    assert everything("docker", simfra.instance) == []


def test_neither_it_nor_a_simfra_on_the_host_sweeps_the_other(contained, new_simfra, new_contained):
    caches.create(contained, "mine")
    caches.available(contained, "mine")
    host = new_simfra("docker").start()
    caches.create(host, "theirs")
    caches.available(host, "theirs")
    kept = {each.instance: everything("docker", each.instance) for each in (contained, host)}
    other = new_contained().start()
    another = new_simfra("docker").start()
    for instance, before in kept.items():
        assert everything("docker", instance) == before
    caches.create(other, "left")
    caches.available(other, "left")
    other.kill()
    another.stop()
    # A dead container's leavings go with the next start, wherever that is.
    another.start()
    assert everything("docker", other.instance) == []
    for instance, before in kept.items():
        assert everything("docker", instance) == before
    another.stop()
    host.stop()
    caches.delete(contained, "mine")


def test_a_new_container_goes_on_with_the_data(new_contained):
    simfra = new_contained(durable=True).start()
    caches.create(simfra, "kept")
    caches.available(simfra, "kept")
    port = caches.open_forward(simfra, "kept")["localPort"]
    with caches.through(port) as client:
        client.set("key", "value")
    simfra.kill()
    simfra.start()
    with caches.through(port) as client:
        assert client.get("key") == "value"
    simfra.terminate()
    simfra.start()
    with caches.through(port) as client:
        assert client.get("key") == "value"
    caches.delete(simfra, "kept")
    simfra.terminate()
