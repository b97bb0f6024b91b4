"""Simfra stops, or is killed, and starts again."""

import os
import signal

import pytest

import caches
from leftovers import docker, everything, node_of, nodes
from simfra import Simfra


def furnish(simfra: Simfra) -> None:
    """A cluster with tags, data and history."""
    caches.create(simfra, "kept", Tags=[{"Key": "team", "Value": "cache"}])
    caches.available(simfra, "kept")
    with caches.connected(simfra, "kept") as client:
        client.set("key", "value")


def state(simfra: Simfra) -> dict:
    """All that the API tells of the cluster."""
    client = simfra.elasticache
    return {
        "cluster": caches.available(simfra, "kept"),
        "tags": client.list_tags_for_resource(ResourceName=caches.arn_of("kept"))["TagList"],
        "events": caches.events(simfra, "kept"),
    }


def check_kept(before: dict, after: dict) -> None:
    """All that was told is told still; a node that was started again is told of besides."""
    assert (after["cluster"], after["tags"]) == (before["cluster"], before["tags"])
    assert after["events"][-len(before["events"]) :] == before["events"]


@pytest.fixture
def furnished(new_simfra, runtime) -> Simfra:
    simfra = new_simfra(runtime, durable=True)
    simfra.start()
    furnish(simfra)
    return simfra


def check_empties(simfra: Simfra, runtime: str) -> None:
    """Nothing of a node outlives its cluster, whatever happened before."""
    caches.delete(simfra, "kept")
    simfra.terminate()
    assert not [each for each in everything(runtime, simfra.instance) if "network" not in each]


def test_after_kill_9_everything_is_there_and_running_nodes_are_adopted(furnished, runtime):
    before, node = state(furnished), node_of(runtime, furnished.instance, "kept")
    forward = caches.open_forward(furnished, "kept")
    furnished.kill()
    furnished.start()
    assert state(furnished) == before
    assert node_of(runtime, furnished.instance, "kept") == node
    assert furnished.admin("GET", "port-forwards") == (200, [forward])
    with caches.through(forward["localPort"]) as client:
        assert client.get("key") == "value"
    check_empties(furnished, runtime)


def test_after_a_stop_everything_is_there(furnished, runtime):
    before = state(furnished)
    furnished.stop()
    furnished.start()
    check_kept(before, state(furnished))
    with caches.connected(furnished, "kept") as client:
        assert client.get("key") == "value"
    check_empties(furnished, runtime)


def test_data_outlives_an_engine_that_ended_while_simfra_was_away(furnished, runtime):
    """An engine writes its append-only file before it answers: what was acknowledged is there again."""
    before = state(furnished)
    furnished.kill()
    lose(runtime, node_of(runtime, furnished.instance, "kept"))
    furnished.start()
    check_kept(before, state(furnished))
    with caches.connected(furnished, "kept") as client:
        assert client.get("key") == "value"
    check_empties(furnished, runtime)


def lose(runtime: str, node: str) -> None:
    if runtime == "docker":
        docker("kill", node)
    else:
        os.kill(int(node), signal.SIGKILL)


def test_in_memory_nothing_outlives_a_stop(new_simfra, runtime):
    simfra = new_simfra(runtime)
    simfra.start()
    furnish(simfra)
    assert everything(runtime, simfra.instance)
    # Holds that nothing is left.
    simfra.stop()
    simfra.start()
    assert caches.find(simfra, "kept") is None
    simfra.stop()


def test_in_memory_nothing_outlives_a_kill_and_the_next_start(new_simfra, runtime):
    simfra = new_simfra(runtime)
    simfra.start()
    furnish(simfra)
    simfra.kill()
    simfra.start()
    assert caches.find(simfra, "kept") is None
    assert nodes(runtime, simfra.instance) == []
    # The name is free, and its new owner has none of the old one's data.
    caches.create(simfra, "kept")
    caches.available(simfra, "kept")
    with caches.connected(simfra, "kept") as client:
        assert client.get("key") is None
    simfra.stop()


def test_a_killed_simfra_leaves_no_network_without_a_cluster(new_simfra, docker_runtime):
    simfra = new_simfra(docker_runtime, durable=True)
    simfra.start()
    furnish(simfra)
    caches.delete(simfra, "kept")
    simfra.kill()
    simfra.start()
    assert everything(docker_runtime, simfra.instance) == []
    simfra.terminate()
