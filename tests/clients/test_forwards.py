"""Port forwards and what happens behind them: nobody waits for a node that was replaced, and ports stay whose they are."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

import caches
import groups
import sharded
from leftovers import node_of
from mortal import Mortal
from test_replication import LOSSES, WAYS
from waiting import PATIENCE, until


@pytest.mark.parametrize("of", ["cache", "group"])
@pytest.mark.parametrize(("runtime", "way"), LOSSES, indirect=["runtime"], scope="module")
def test_who_waits_for_a_node_that_is_lost_is_let_go(simfra, runtime, way, of):
    """A node that is cut off when it is replaced never says goodbye."""
    what, name = caches if of == "cache" else groups, f"{of}-{way}"
    made = what.create(simfra, name)
    what.available(simfra, name)
    arn, node = what.arn_of(name), name if of == "cache" else groups.primary(made)
    status, forward = simfra.admin("POST", "port-forwards", {"targetArn": arn})
    assert status == 201, forward
    with (
        caches.through(forward["localPort"], socket_timeout=None) as waits,
        caches.through(forward["localPort"]) as other,
        ThreadPoolExecutor(1) as thread,
    ):
        waiting = thread.submit(waits.blpop, "nothing")
        until(lambda: other.info("clients")["blocked_clients"] == 1, "it waits")
        WAYS[runtime][way](node_of(runtime, simfra.instance, node))
        with pytest.raises(redis.ConnectionError):
            waiting.result(PATIENCE)
        until(lambda: "Finished recovery for cache nodes 0001" in caches.messages(simfra, node), "it is recovered")
        assert other.set("key", "value")
    what.available(simfra, name)
    what.delete(simfra, name)


def test_members_that_join_while_simfra_is_away_take_nobodys_port(new_simfra, runtime):
    mortal = Mortal(new_simfra(runtime, durable=True)).start()
    simfra = mortal.simfra
    sharded.create(simfra, "joined", 2, 0)
    caches.create(simfra, "beside")
    caches.available(simfra, "beside")
    status, led = simfra.admin("POST", "port-forwards", {"targetArn": groups.arn_of("joined")})
    assert status == 201, led
    # They lie behind the group's, where members that join look first.
    others = [caches.open_forward(simfra, "beside") for _ in range(5)]
    with mortal.dying_at("after commit"):
        simfra.elasticache.increase_replica_count(
            ReplicationGroupId="joined", NewReplicaCount=1, ApplyImmediately=True
        )
    assert len(groups.available(simfra, "joined")["MemberClusters"]) == 4
    now = {forward["id"]: forward for forward in simfra.admin("GET", "port-forwards")[1]}
    assert [now[other["id"]] for other in others] == others
    ports = lambda forward: {each["cacheClusterId"]: each["localPort"] for each in forward["members"]}  # noqa: E731
    assert ports(now[led["id"]]).items() >= ports(led).items()
    until(lambda: len(ports(simfra.admin("GET", f"port-forwards/{led['id']}")[1])) == 4, "all members have a port")
    for other in others:
        with caches.through(other["localPort"]) as client:
            assert client.ping()
    groups.delete(simfra, "joined")
    caches.delete(simfra, "beside")
    mortal.ends()
