"""Members that leave a replication group: clients that look its endpoints up anew for each command are never refused."""

import threading
import time
from collections.abc import Callable

import pytest
import redis

import groups
import sharded
from test_vpc_names import addresses, ask
from waiting import until

# How long a member that leaves serves those who were led to it: who took longer from a look to its use was promised nothing.
LOOKS_WITHIN = 2.0


def at(address: str, port: int = 6379) -> redis.Redis:
    """redis-py at a member; it never tries twice."""
    retry = redis.retry.Retry(redis.backoff.NoBackoff(), 0)
    return redis.Redis(host=address, port=port, decode_responses=True, socket_timeout=LOOKS_WITHIN, retry=retry)


class Looker:
    """A client that looks a name up anew for each command, and knows whom it was led to and what it met."""

    def __init__(self, simfra, name: str, use: Callable[[redis.Redis], None]):
        self.simfra, self.name, self.use = simfra, name, use
        self.led_to: dict[str, int] = {}
        self.troubles: list[str] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> "Looker":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._end.set()
        self._thread.join()

    def until_led_to(self, count: int) -> None:
        """Waits until it was led to so many since this was asked."""
        before = dict(self.led_to)
        self.until(lambda now: len([it for it in now if now[it] > before.get(it, 0)]) == count, f"led to {count}")

    def until(self, condition: Callable[[dict[str, int]], bool], what: str) -> None:
        until(lambda: self.troubles or condition(dict(self.led_to)), what)
        assert self.troubles == []

    def _work(self) -> None:
        while not self._end.is_set():
            looked = time.monotonic()
            try:
                address = addresses(ask(self.simfra, self.name))[0]
                with at(address) as client:
                    self.use(client)
                self.led_to[address] = self.led_to.get(address, 0) + 1
            except Exception as trouble:  # noqa: BLE001 - whatever it is, the test is to tell it
                if time.monotonic() - looked < LOOKS_WITHIN:
                    self.troubles.append(repr(trouble))


def decrease(simfra, group: str, replicas: int) -> None:
    simfra.elasticache.decrease_replica_count(
        ReplicationGroupId=group, NewReplicaCount=replicas, ApplyImmediately=True
    )
    groups.available(simfra, group)


def test_readers_are_led_away_before_replicas_go(simfra):
    group = groups.create(simfra, "readers", members=4, AutomaticFailoverEnabled=False)
    (shard,) = group["NodeGroups"]
    with groups.connected(simfra, "readers") as client:
        client.set("key", "value")
        assert client.wait(3, 5000) == 3

    def read(client: redis.Redis) -> None:
        assert client.get("key") == "value"

    with Looker(simfra, shard["ReaderEndpoint"]["Address"], read) as looker:
        looker.until_led_to(3)
        decrease(simfra, "readers", 2)
        looker.until_led_to(2)
        simfra.elasticache.delete_cache_cluster(CacheClusterId=groups.replicas(groups.find(simfra, "readers"))[0])
        groups.available(simfra, "readers")
        looker.until_led_to(1)
        # The primary has its readers then.
        decrease(simfra, "readers", 0)
        looker.until_led_to(1)
    assert looker.troubles == []
    groups.delete(simfra, "readers")


@pytest.mark.parametrize("engine", ["redis", "valkey"])
def test_cluster_clients_are_led_away_before_members_go(simfra, engine):
    name = f"led-{engine}"
    parameters = {"redis": "default.redis7.cluster.on", "valkey": "default.valkey8.cluster.on"}[engine]
    group = sharded.create(simfra, name, 3, 1, Engine=engine, CacheParameterGroupName=parameters)

    def reach_all(client: redis.Redis) -> None:
        """Whom a node tells of takes connections."""
        told = client.execute_command("CLUSTER SLOTS")
        for address, port in {tuple(node[:2]) for _, _, *nodes in told for node in nodes}:
            with at(address, port) as node:
                assert node.ping()

    with Looker(simfra, group["ConfigurationEndpoint"]["Address"], reach_all) as looker:
        looker.until_led_to(6)
        simfra.elasticache.modify_replication_group_shard_configuration(
            ReplicationGroupId=name, NodeGroupCount=2, NodeGroupsToRemove=["0002"], ApplyImmediately=True
        )
        groups.available(simfra, name)
        looker.until_led_to(4)
        decrease(simfra, name, 0)
        looker.until_led_to(2)
    assert looker.troubles == []
    groups.delete(simfra, name)
