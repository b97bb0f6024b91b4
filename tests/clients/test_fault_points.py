"""Simfra is killed at every step of a life of caches, and what the next start makes of it.

`SIMFRA_TEST_KILL_AT=N` has Simfra kill itself at the N-th place it passes, before or after a step's effect. N goes up
until a whole life is passed unharmed; then every place was the end, each time that it is passed. On Docker with
`SIMFRA_TEST_KILL_AT_ALL=1`.
"""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
import redis
from botocore.exceptions import BotoCoreError
from redis.crc import key_slot

import caches
import groups
import sharded
from leftovers import everything, node_of, nodes
from mortal import at_rest
from simfra import Simfra
from test_replication import WAYS
from waiting import until

# More places than any life passes: reaching it means that it never comes to its end.
MANY = 200
# How many Simfras are killed at once.
AT_ONCE = 4

CLUSTER = "mortal"

# The versions that the machine lacks are served by what it has: the steps of an upgrade are the same.
ENGINES = {"SIMFRA_ENGINE_FALLBACK": "warn"}


class OneNode:
    """A cache that is created, written to, upgraded, written to again and deleted; and what the client knows to have happened of it."""

    created = written = upgrade_asked = upgraded = delete_sent = deleted = False

    def live(self, simfra: Simfra) -> None:
        caches.create(simfra, CLUSTER, EngineVersion="7.0")
        self.created = True
        caches.available(simfra, CLUSTER)
        with caches.connected(simfra, CLUSTER) as client:
            client.set("key", "value")
            self.written = True
        simfra.elasticache.modify_cache_cluster(CacheClusterId=CLUSTER, EngineVersion="7.1", ApplyImmediately=True)
        self.upgrade_asked = True
        caches.available(simfra, CLUSTER)
        with caches.connected(simfra, CLUSTER) as client:
            assert client.get("key") == "value"
            client.set("later", "value")
            self.upgraded = True
        self.delete_sent = True
        simfra.elasticache.delete_cache_cluster(CacheClusterId=CLUSTER)
        self.deleted = True
        caches.gone(simfra, CLUSTER)

    def check(self, simfra: Simfra, where: str) -> None:
        """What was acknowledged is so; what was not is so or is not; nothing is in between."""
        found = until(lambda: settled(simfra), f"settled, {where}")
        if self.deleted:
            assert found == "absent", where
        elif self.created and not self.delete_sent:
            assert found == "available", where
        if found == "available":
            with caches.connected(simfra, CLUSTER) as client:
                assert client.ping(), where
                assert client.get("key") == ("value" if self.written else None), where
                assert client.get("later") == ("value" if self.upgraded else None), where
            if self.upgrade_asked:
                assert caches.find(simfra, CLUSTER)["EngineVersion"] == "7.1.0", where


class Fleet:
    """A fleet of one that grows to two, shrinks again and is deleted; and what the client knows to have happened."""

    created = delete_sent = False
    # How many nodes there may be: what was acknowledged, and what was asked for since.
    counts = {1}

    def live(self, simfra: Simfra) -> None:
        caches.create(simfra, CLUSTER, "memcached")
        self.created = True
        caches.available(simfra, CLUSTER)
        self.resize(simfra, NumCacheNodes=2)
        self.resize(simfra, NumCacheNodes=1, CacheNodeIdsToRemove=["0001"])
        self.delete_sent = True
        caches.delete(simfra, CLUSTER)

    def resize(self, simfra: Simfra, **members) -> None:
        wanted = members["NumCacheNodes"]
        self.counts = self.counts | {wanted}
        simfra.elasticache.modify_cache_cluster(CacheClusterId=CLUSTER, ApplyImmediately=True, **members)
        self.counts = {wanted}
        caches.available(simfra, CLUSTER)

    def check(self, simfra: Simfra, where: str) -> None:
        """As many nodes as were acknowledged, or asked for since; each answers, and there is no other."""
        found = until(lambda: settled(simfra), f"settled, {where}")
        assert found == "available" or not self.created or self.delete_sent, where
        if found == "absent":
            return
        fleet = caches.find(simfra, CLUSTER)
        ids = [node["CacheNodeId"] for node in fleet["CacheNodes"]]
        assert len(ids) == fleet["NumCacheNodes"] and len(ids) in self.counts, where
        labels = {node_of(simfra.runtime, simfra.instance, CLUSTER, node) for node in ids}
        assert len(labels) == len(ids), where
        for node in ids:
            body = {"targetArn": caches.arn_of(CLUSTER), "cacheNodeId": node}
            status, forward = simfra.admin("POST", "port-forwards", body)
            assert status == 201, where
            with caches.memcached_through(forward["localPort"]) as client:
                assert client.set("key", "value", noreply=False), where


class OfGroups:
    """What a client knows of a group's life, and what must be so of any."""

    created = written = delete_sent = deleted = False

    def deletes(self, simfra: Simfra) -> None:
        self.delete_sent = True
        simfra.elasticache.delete_replication_group(ReplicationGroupId=CLUSTER)
        self.deleted = True
        until(lambda: groups.find(simfra, CLUSTER) is None, "the group is gone")

    def check(self, simfra: Simfra, where: str) -> None:
        """The group is there or not, as was acknowledged; if it is, it is whole."""
        found = at_rest(simfra, CLUSTER)
        assert found != "absent" or not self.created or self.delete_sent, where
        assert found == "absent" or not self.deleted, where
        if found != "absent":
            self.check_whole(simfra, where, found)
            groups.delete(simfra, CLUSTER)

    def check_whole(self, simfra: Simfra, where: str, found: dict) -> None:
        raise NotImplementedError


class Group(OfGroups):
    """A replication group that is created, written to, failed over in order, written to, killed a primary of, and deleted."""

    failed_over = later = lost = False

    def live(self, simfra: Simfra) -> None:
        groups.create(simfra, CLUSTER)
        self.created = True
        with groups.connected(simfra, CLUSTER) as client:
            client.set("key", "value")
            self.written = True
        simfra.elasticache.test_failover(ReplicationGroupId=CLUSTER, NodeGroupId="0001")
        groups.available(simfra, CLUSTER)
        self.failed_over = True
        with groups.connected(simfra, CLUSTER) as client:
            assert client.get("key") == "value"
            client.set("later", "value")
            assert client.wait(1, 10_000) == 1
            self.later = True
        self.lost = True
        WAYS[simfra.runtime]["kill"](node_of(simfra.runtime, simfra.instance, f"{CLUSTER}-002"))
        until(lambda: groups.primary(groups.find(simfra, CLUSTER)) == f"{CLUSTER}-001", "a replica takes over")
        groups.available(simfra, CLUSTER)
        self.deletes(simfra)

    def check_whole(self, simfra: Simfra, where: str, found: dict) -> None:
        """One member of two takes writes and has all that were acknowledged; the other has them too."""
        roles = groups.roles(found)
        assert sorted(roles.values()) == ["primary", "replica"], where
        if self.failed_over and not self.lost:
            assert groups.primary(found) == f"{CLUSTER}-002", where
        with groups.connected(simfra, CLUSTER) as client:
            if self.written:
                assert client.get("key") == "value", where
            if self.later:
                assert client.get("later") == "value", where
            client.set("after", where)
            assert client.wait(1, 10_000) == 1, where
        replica = next(member for member, role in roles.items() if role == "replica")
        with caches.connected(simfra, replica) as client:
            assert client.get("after") == where


class Shards(OfGroups):
    """Two shards that are created, written to, given even shares of the slots, and deleted."""

    evened_out = False
    # One slot too many: the lowest moves, with its key.
    uneven, even = ["0-8192", "8193-16383"], {"0,8193-16383", "1-8192"}
    keys = {key: "value" for key in ("3560", "key:1", "key:2", "key:3")}

    def live(self, simfra: Simfra) -> None:
        assert key_slot(b"3560") == 0
        divided = [{"Slots": slots, "ReplicaCount": 0} for slots in self.uneven]
        simfra.elasticache.create_replication_group(
            ReplicationGroupId=CLUSTER, ReplicationGroupDescription="a test's", Engine="valkey",
            CacheNodeType="cache.t3.micro", AutomaticFailoverEnabled=True, NodeGroupConfiguration=divided,
            CacheParameterGroupName="default.valkey8.cluster.on",
        )
        self.created = True
        groups.available(simfra, CLUSTER)
        with sharded.connected(simfra, CLUSTER) as client:
            client.mset_nonatomic(self.keys)
            self.written = True
        simfra.elasticache.modify_replication_group_shard_configuration(
            ReplicationGroupId=CLUSTER, NodeGroupCount=2, ApplyImmediately=True
        )
        self.evened_out = True
        groups.available(simfra, CLUSTER)
        self.deletes(simfra)

    def check_whole(self, simfra: Simfra, where: str, found: dict) -> None:
        """The engines have the slots of the API, with what was written; no member is missing and none is left over."""
        shown = {shard["Slots"] for shard in found["NodeGroups"]}
        assert shown == self.even if self.evened_out else shown in (self.even, set(self.uneven)), where
        with sharded.connected(simfra, CLUSTER) as client:
            assert set(sharded.slots(client).values()) == shown, where
            assert len(sharded.nodes(client)) == len(found["MemberClusters"]) == 2, where
            if self.written:
                assert client.mget_nonatomic(list(self.keys)) == list(self.keys.values()), where


# On Docker each kill takes several times as long, and `test_every_place` has one at each place of each plan there.
RUNTIMES = ["process", "docker"] if os.environ.get("SIMFRA_TEST_KILL_AT_ALL") == "1" else ["process"]


@pytest.mark.parametrize("life", [OneNode, Fleet, Group, Shards])
@pytest.mark.parametrize("runtime", RUNTIMES, indirect=True)
def test_whatever_step_is_the_last_the_next_start_completes_it(new_simfra, runtime, life):
    survived = None
    for batch in batches():
        simfras = [new_simfra(runtime, durable=True) for _ in batch]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            ends = list(pool.map(killed_at, simfras, batch, [life() for _ in batch]))
        survived = next((n for n, killed in zip(batch, ends, strict=True) if not killed), None)
        if survived:
            break
    assert survived, f"a life passes more than {MANY} places"
    # A create has a network, a node and a row: fewer places would mean that they are not armed.
    assert survived > 6


def batches() -> Iterable[range]:
    return (range(first, first + AT_ONCE) for first in count(1, AT_ONCE) if first < MANY)


def killed_at(simfra: Simfra, place: int, life: OneNode | Fleet | Group | Shards) -> bool:
    """Lives a life until Simfra is killed at the place, and checks the next start. False: it was not killed."""
    simfra.launch(SIMFRA_TEST_KILL_AT=str(place), **ENGINES)
    try:
        simfra.wait_healthy()
        life.live(simfra)
    except AssertionError:
        if simfra.is_running():
            raise
    except (BotoCoreError, redis.RedisError, OSError):
        # A process that is being killed closes its connections before it is seen to have ended.
        until(lambda: not simfra.is_running(), f"the connection was lost for its end, at place {place}")
    # A place may come after all that a client sees of the life: its kill is then still under way.
    killed = not simfra.is_running() or simfra.ends_killed()
    if killed:
        where = f"killed at place {place}"
        simfra.wait_killed()
        simfra.start(**ENGINES)
        life.check(simfra, where)
        if caches.find(simfra, CLUSTER):
            caches.delete(simfra, CLUSTER)
        assert nodes(simfra.runtime, simfra.instance) == [], where
        simfra.terminate()
    assert [each for each in everything(simfra.runtime, simfra.instance) if "network" not in each] == []
    # A life has more places than the pool has networks, and than there are blocks of ports.
    simfra.clean_up()
    return killed


def settled(simfra: Simfra) -> str | None:
    """`available` or `absent`, once it is one of them."""
    found = caches.find(simfra, CLUSTER)
    if found is None:
        return "absent"
    return "available" if found["CacheClusterStatus"] == "available" else None
