"""Several Simfras on one machine: each has its own, and only what a dead one left in memory is swept."""

import json

import pytest

import caches
from leftovers import docker, everything, networks, node_of
from simfra import Simfra

CLUSTER = "same-name"


def furnish(simfra: Simfra) -> int:
    """A cluster of the name that all have, with data of its own; returns the port that leads to it."""
    caches.create(simfra, CLUSTER)
    caches.available(simfra, CLUSTER)
    port = caches.open_forward(simfra, CLUSTER)["localPort"]
    with caches.through(port) as client:
        client.set("owner", simfra.instance)
    return port


def owner(port: int) -> str | None:
    with caches.through(port) as client:
        return client.get("owner")


@pytest.fixture
def two(new_simfra, runtime) -> list[Simfra]:
    return [new_simfra(runtime).start() for _ in range(2)]


def test_two_have_nothing_in_common_and_one_ends_alone(two, runtime):
    first, second = two
    ports = [furnish(each) for each in two]
    assert [owner(port) for port in ports] == [first.instance, second.instance]
    assert node_of(runtime, first.instance, CLUSTER) != node_of(runtime, second.instance, CLUSTER)
    assert dns_port(first) != dns_port(second)
    if runtime == "docker":
        assert not subnet(first).intersection(subnet(second))

    kept = everything(runtime, second.instance)
    first.stop()
    assert everything(runtime, second.instance) == kept
    assert owner(ports[1]) == second.instance
    second.stop()


def dns_port(simfra: Simfra) -> int:
    return simfra.admin("GET", f"dns/{caches.ACCOUNT}")[1]["port"]


def subnet(simfra: Simfra) -> set[str]:
    (network,) = networks(simfra.instance)
    (described,) = json.loads(docker("network", "inspect", network))
    return {each["Subnet"] for each in described["IPAM"]["Config"]}


def test_a_start_sweeps_what_a_dead_one_left_and_nothing_else(new_simfra, two, runtime):
    dead, living = two
    furnish(dead)
    port = furnish(living)
    durable = new_simfra(runtime, durable=True).start()
    furnish(durable)
    kept = {each: everything(runtime, each.instance) for each in (living, durable)}
    dead.kill()
    durable.kill()

    third = new_simfra(runtime).start()
    assert everything(runtime, dead.instance) == []
    for each, before in kept.items():
        assert everything(runtime, each.instance) == before
    assert owner(port) == living.instance

    durable.start()
    with caches.connected(durable, CLUSTER) as client:
        assert client.get("owner") == durable.instance
    caches.delete(durable, CLUSTER)
    for each in (durable, third, living):
        each.terminate()


def test_a_name_that_is_taken_stops_the_start(new_simfra, two, runtime):
    first, second = two
    second.stop()
    second.launch(SIMFRA_INSTANCE=first.instance)
    assert second.exit_code() != 0
    assert first.instance in second.log_tail()
    first.stop()
