"""Whatever is asked of a replication group while a client writes: no write that was acknowledged is lost, and keys stay.

For each engine, with cluster mode and without, one group goes through all of it. How long nobody could write is told, and not
judged: the machine may have other things to do.
"""

from collections.abc import Callable
from contextlib import contextmanager

import pytest
import redis

import caches
import groups
import sharded
import test_resharding
from conftest import living
from leftovers import node_of
from test_replication import WAYS
from waiting import until

# Each engine's version, and what it is upgraded to; what the machine lacks is served by what it has.
VERSIONS = {
    "redis": {"EngineVersion": "7.0"},
    "valkey": {"EngineVersion": "8.0"},
}
UPGRADES = {
    "redis": {"EngineVersion": "7.1"},
    "valkey": {"EngineVersion": "8.1"},
}
FAMILIES = {"redis": "redis7", "valkey": "valkey8"}
KEYS = {f"kept:{number}": f"value {number}" for number in range(1000)}


@pytest.fixture(scope="module")
def simfra(runtime, tmp_path_factory):
    with living(tmp_path_factory, runtime) as simfra:
        yield simfra.start(SIMFRA_ENGINE_FALLBACK="warn", SIMFRA_QUOTAS="off")
        simfra.stop()


class Group:
    """A group without cluster mode, as its clients have it."""

    def __init__(self, simfra, engine: str):
        self.simfra, self.engine, self.name = simfra, engine, f"{type(self).__name__.lower()}-{engine}"
        self.writer: groups.Writer | None = None
        self.create()
        with self.reader() as client:
            self.fill(client)

    def create(self) -> None:
        groups.create(self.simfra, self.name, Engine=self.engine, **VERSIONS[self.engine])

    def found(self) -> dict:
        return groups.available(self.simfra, self.name)

    def primary(self) -> str:
        return groups.primary(groups.find(self.simfra, self.name))

    def has_mode(self) -> bool:
        return bool(groups.find(self.simfra, self.name).get("ClusterEnabled"))

    def connected(self):
        return groups.connected(self.simfra, self.name)

    def reader(self):
        return sharded.connected(self.simfra, self.name) if self.has_mode() else self.connected()

    def writing(self, client) -> groups.Writer:
        return groups.Writer(client)

    @staticmethod
    def fill(client) -> None:
        client.mset_nonatomic(KEYS) if isinstance(client, redis.RedisCluster) else client.mset(KEYS)

    @contextmanager
    def written_to(self, told: Callable[[str, object], None]):
        """Somebody writes; afterwards all keys from before are there, and it is told how long nobody could write."""
        with self.connected() as client, self.writing(client) as self.writer:
            yield
            self.writer.wrote_on()
        with self.reader() as client:
            is_whole = isinstance(client, redis.RedisCluster)
            values = client.mget_nonatomic(list(KEYS)) if is_whole else client.mget(list(KEYS))
            assert values == list(KEYS.values())
            lost = (sharded if is_whole else groups).Writer.lost(self.writer, client)
        told("seconds without a write", f"{self.writer.longest:.3f}")
        told("acknowledged", len(self.writer.acknowledged))
        told("lost", len(lost))
        print(f"{self.writer.longest:.3f} s without a write, {len(lost)} of {len(self.writer.acknowledged)} lost")
        self.lost = lost

    def change(self, operation: str, **asked) -> dict:
        getattr(self.simfra.elasticache, operation)(ReplicationGroupId=self.name, **asked)
        return self.found()

    def modify(self, **asked) -> dict:
        return self.change("modify_replication_group", ApplyImmediately=True, **asked)

    def fails_over(self) -> None:
        before = self.primary()
        self.change("test_failover", NodeGroupId="0001")
        assert self.primary() != before

    def gets_replicas(self) -> None:
        found = self.change("increase_replica_count", NewReplicaCount=2, ApplyImmediately=True)
        assert {len(shard["NodeGroupMembers"]) for shard in found["NodeGroups"]} == {3}

    def loses_replicas(self) -> None:
        found = self.change("decrease_replica_count", NewReplicaCount=1, ApplyImmediately=True)
        assert {len(shard["NodeGroupMembers"]) for shard in found["NodeGroups"]} == {2}

    def gets_a_cluster(self) -> None:
        """CreateCacheCluster with ReplicationGroupId."""
        own = f"own-{self.engine}"
        self.simfra.elasticache.create_cache_cluster(CacheClusterId=own, ReplicationGroupId=self.name)
        assert groups.roles(self.found())[own] == "replica"

    def is_promoted(self) -> None:
        self.modify(AutomaticFailoverEnabled=False)
        (heir, *_) = groups.replicas(self.found())
        assert groups.primary(self.modify(PrimaryClusterId=heir)) == heir
        self.modify(AutomaticFailoverEnabled=True)

    def gets_larger_nodes(self) -> None:
        before = self.info("memory")
        assert self.modify(CacheNodeType="cache.t3.small")["CacheNodeType"] == "cache.t3.small"
        for member, now in self.info("memory").items():
            assert now["maxmemory"] > 2 * before[member]["maxmemory"]

    def is_upgraded(self) -> None:
        wanted = UPGRADES[self.engine]["EngineVersion"]
        self.modify(**UPGRADES[self.engine])
        for member in self.found()["MemberClusters"]:
            assert caches.find(self.simfra, member)["EngineVersion"].startswith(wanted)

    def becomes_valkey(self) -> None:
        self.modify(Engine="valkey", EngineVersion="8.1", CacheParameterGroupName=self.parameters("valkey"))
        assert all("valkey_version" in said for said in self.info("server").values())

    def parameters(self, engine: str) -> str:
        return f"default.{FAMILIES[engine]}" + (".cluster.on" if self.has_mode() else "")

    def gets_compatible(self) -> None:
        assert self.modify(ClusterMode="compatible")["ClusterMode"] == "compatible"

    def gets_cluster_mode(self) -> None:
        assert self.modify(ClusterMode="enabled")["ClusterMode"] == "enabled"

    def info(self, section: str) -> dict[str, dict]:
        """What each member says of itself."""
        said = {}
        for member in self.found()["MemberClusters"]:
            with caches.connected(self.simfra, member) as client:
                said[member] = client.info(section)
        return said


class Shards(Group):
    """A group with cluster mode."""

    def create(self) -> None:
        family = f"default.{FAMILIES[self.engine]}.cluster.on"
        asked = {"Engine": self.engine, "CacheParameterGroupName": family, **VERSIONS[self.engine]}
        sharded.create(self.simfra, self.name, 2, 1, **asked)

    def primary(self) -> str:
        with self.reader() as client:
            return sharded.primary_of(client, "0001")

    def connected(self):
        return sharded.connected(self.simfra, self.name)

    def writing(self, client) -> groups.Writer:
        return test_resharding.Writer(client)

    def loses_its_primary(self, way: str) -> None:
        runtime = self.simfra.runtime
        with self.connected() as client:
            before = sharded.primary_of(client, "0001")

            def fails_over() -> bool:
                try:
                    return sharded.primary_of(client, "0001") != before
                except sharded.TROUBLE:
                    return False

            WAYS[runtime][way](node_of(runtime, self.simfra.instance, before))
            until(fails_over, "a replica leads")
        until(lambda: sharded.is_whole(self.simfra, self.found()), "all are back")


PLANNED = [
    Group.fails_over, Group.gets_a_cluster, Group.loses_replicas, Group.gets_replicas, Group.is_promoted,
    Group.gets_larger_nodes, Group.is_upgraded, Group.gets_compatible, Group.gets_cluster_mode,
]  # fmt: skip
PLANNED_OF_SHARDS = [
    Group.fails_over, Group.gets_replicas, Group.loses_replicas, Group.gets_larger_nodes, Group.is_upgraded,
    Group.becomes_valkey,
]  # fmt: skip


@pytest.fixture(scope="module", params=list(VERSIONS))
def group(simfra, request):
    made = Group(simfra, request.param)
    yield made
    groups.delete(simfra, made.name)


@pytest.fixture(scope="module", params=list(VERSIONS))
def shards(simfra, request):
    made = Shards(simfra, request.param)
    yield made
    groups.delete(simfra, made.name)


@pytest.mark.parametrize("happens", PLANNED, ids=lambda each: each.__name__)
def test_what_is_planned_loses_nothing(group, record_property, happens):
    with group.written_to(record_property):
        happens(group)
    assert group.lost == []


@pytest.mark.parametrize("happens", PLANNED_OF_SHARDS, ids=lambda each: each.__name__)
def test_what_is_planned_for_shards_loses_nothing(shards, record_property, happens):
    if happens is Group.becomes_valkey and shards.engine == "valkey":
        happens = Group.fails_over
    with shards.written_to(record_property):
        happens(shards)
    assert shards.lost == []


@pytest.mark.parametrize("way", ["kill", "pause"])
def test_a_shard_that_loses_its_primary_loses_the_last_moment_at_most(shards, record_property, way):
    with shards.written_to(record_property):
        shards.loses_its_primary(way)
    # The other shard's writes were never in danger.
    assert len(shards.lost) <= 1
