"""Simfra is killed at every step of a create and of a delete, and what the next start makes of it.

`SIMFRA_TEST_KILL_AT=N` has Simfra kill itself at the N-th place it passes, before or after a step's effect. N goes up
until a whole life of a cache is passed unharmed; then every place was the end once.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count

import redis
from botocore.exceptions import BotoCoreError

import caches
from leftovers import everything, nodes
from simfra import Simfra
from waiting import until

# More places than any life passes: reaching it means that it never comes to its end.
MANY = 200
# How many Simfras are killed at once.
AT_ONCE = 4

CLUSTER = "mortal"


@dataclass
class Acknowledged:
    """What the client knows to have happened."""

    created: bool = False
    written: bool = False
    delete_sent: bool = False
    deleted: bool = False


def test_whatever_step_is_the_last_the_next_start_completes_it(new_simfra, runtime):
    survived = None
    for batch in batches():
        simfras = [new_simfra(runtime, durable=True) for _ in batch]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            ends = list(pool.map(killed_at, simfras, batch))
        survived = next((n for n, killed in zip(batch, ends, strict=True) if not killed), None)
        if survived:
            break
    assert survived, f"a life passes more than {MANY} places"
    # A create and a delete have a network, a node and a row each: fewer places would mean that they are not armed.
    assert survived > 6


def batches() -> Iterable[range]:
    return (range(first, first + AT_ONCE) for first in count(1, AT_ONCE) if first < MANY)


def killed_at(simfra: Simfra, place: int) -> bool:
    """Lives a cache's life until Simfra is killed at the place, and checks the next start. False: it was not killed."""
    simfra.launch(SIMFRA_TEST_KILL_AT=str(place))
    known = Acknowledged()
    try:
        simfra.wait_healthy()
        live(simfra, known)
    except AssertionError:
        if simfra.is_running():
            raise
    except (BotoCoreError, redis.RedisError, OSError):
        # A process that is being killed closes its connections before it is seen to have ended.
        until(lambda: not simfra.is_running(), f"the connection was lost for its end, at place {place}")
    killed = not simfra.is_running()
    if killed:
        simfra.wait_killed()
        simfra.start()
        check_converged(simfra, known, f"killed at place {place}")
    simfra.terminate()
    assert [each for each in everything(simfra.runtime, simfra.instance) if "network" not in each] == []
    return killed


def live(simfra: Simfra, known: Acknowledged) -> None:
    """A cache's life: created, written to, deleted."""
    caches.create(simfra, CLUSTER)
    known.created = True
    caches.available(simfra, CLUSTER)
    with caches.connected(simfra, CLUSTER) as client:
        client.set("key", "value")
        known.written = True
    known.delete_sent = True
    simfra.elasticache.delete_cache_cluster(CacheClusterId=CLUSTER)
    known.deleted = True
    caches.gone(simfra, CLUSTER)


def check_converged(simfra: Simfra, known: Acknowledged, where: str) -> None:
    """What was acknowledged is so; what was not is so or is not; nothing is in between, and nothing is left over."""
    found = until(lambda: settled(simfra), f"settled, {where}")
    if known.deleted:
        assert found == "absent", where
    elif known.created and not known.delete_sent:
        assert found == "available", where
    if found == "available":
        with caches.connected(simfra, CLUSTER) as client:
            assert client.ping(), where
            assert client.get("key") == ("value" if known.written else None), where
        caches.delete(simfra, CLUSTER)
    assert nodes(simfra.runtime, simfra.instance) == [], where


def settled(simfra: Simfra) -> str | None:
    """`available` or `absent`, once it is one of them."""
    found = caches.find(simfra, CLUSTER)
    if found is None:
        return "absent"
    return "available" if found["CacheClusterStatus"] == "available" else None
