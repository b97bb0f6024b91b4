"""Whatever is asked of a replication group while a client writes: no write that was acknowledged is lost, and keys stay.

For each engine, with cluster mode and without, one group goes through all of it, and one that is made around a cache.
"""

import socket
import ssl
from collections.abc import Callable
from contextlib import contextmanager

import pytest

import caches
import groups
import sharded
import test_resharding
import test_transit_preferred as transit
import throughout
from conftest import living
from leftovers import node_of
from test_replication import WAYS
from test_vpc_names import addresses, ask
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
# So many slots are to move before both shards have as many.
UNEVEN = ("0-4095", "4096-16383")


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
            throughout.fill(client)

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

    @contextmanager
    def written_to(self, told: Callable[[str, object], None]):
        """Somebody writes; afterwards all keys from before are there, and it is told how long nobody could write."""
        with self.connected() as client, self.writing(client) as self.writer:
            yield
            self.writer.wrote_on()
        with self.reader() as client:
            self.lost = throughout.lost(self.writer, client, told)

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

    def turns_back(self) -> None:
        """From compatible to disabled, and to compatible again."""
        assert self.modify(ClusterMode="disabled")["ClusterMode"] == "disabled"
        self.gets_compatible()

    def gets_cluster_mode(self) -> None:
        assert self.modify(ClusterMode="enabled")["ClusterMode"] == "enabled"

    def info(self, section: str) -> dict[str, dict]:
        """What each member says of itself."""
        said = {}
        for member in self.found()["MemberClusters"]:
            with caches.connected(self.simfra, member) as client:
                said[member] = client.info(section)
        return said


class Adopted(Group):
    """A group that is made around a cache (PrimaryClusterId), which its clients go on using."""

    def create(self) -> None:
        self.cache = f"cache-{self.name}"
        caches.create(self.simfra, self.cache, self.engine, **VERSIONS[self.engine])
        caches.available(self.simfra, self.cache)

    def connected(self, **options):
        if groups.find(self.simfra, self.name):
            return groups.connected(self.simfra, self.name, **options)
        return caches.connected(self.simfra, self.cache, **options)

    def reader(self):
        return self.connected()

    def is_made(self) -> None:
        self.change("create_replication_group", ReplicationGroupDescription="a test's", PrimaryClusterId=self.cache)
        assert self.primary() == self.cache

    def gets_its_first_replica(self) -> None:
        self.change("increase_replica_count", NewReplicaCount=1, ApplyImmediately=True)
        self.modify(AutomaticFailoverEnabled=True)


class AdoptedWithTls(Adopted):
    """One whose cache takes clients with TLS alone."""

    def create(self) -> None:
        self.cache = f"cache-{self.name}"
        caches.create(self.simfra, self.cache, self.engine, TransitEncryptionEnabled=True, **VERSIONS[self.engine])
        caches.available(self.simfra, self.cache)
        self.authority = transit.authority_of(self.simfra, self.simfra.place.folder)

    def connected(self):
        return super().connected(**transit.with_tls(self.authority))

    def is_made(self) -> None:
        super().is_made()
        (shard,) = self.found()["NodeGroups"]
        for endpoint in ("PrimaryEndpoint", "ReaderEndpoint"):
            self.check_shown(shard[endpoint])
        self.check_shown(shard["NodeGroupMembers"][0]["ReadEndpoint"])

    def check_shown(self, endpoint: dict) -> None:
        """The endpoint's name stands in the certificate of whom it leads to."""
        context = ssl.create_default_context(cafile=self.authority)
        (address, *_) = addresses(ask(self.simfra, endpoint["Address"]))
        with socket.create_connection((address, endpoint["Port"])) as plain:
            context.wrap_socket(plain, server_hostname=endpoint["Address"]).close()


class Shards(Group):
    """A group with cluster mode, whose shards have more slots and fewer at first."""

    def create(self) -> None:
        family = f"default.{FAMILIES[self.engine]}.cluster.on"
        asked = {
            "ReplicationGroupDescription": "a test's", "CacheNodeType": "cache.t3.micro", "Engine": self.engine,
            "CacheParameterGroupName": family, "AutomaticFailoverEnabled": True,
            "NodeGroupConfiguration": [{"Slots": slots, "ReplicaCount": 1} for slots in UNEVEN],
        }
        self.change("create_replication_group", **asked, **VERSIONS[self.engine])

    def is_evened_out(self) -> None:
        assert [shard["Slots"] for shard in self.found()["NodeGroups"]] == list(UNEVEN)
        test_resharding.reshard(self.simfra, self.name, 2)
        counts = [sum(map(slots_in, shard["Slots"].split(","))) for shard in self.found()["NodeGroups"]]
        assert counts == [8192, 8192]

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


def slots_in(part: str) -> int:
    """How many slots a range has as the API writes it."""
    first, _, last = part.partition("-")
    return int(last or first) - int(first) + 1


PLANNED = [
    Group.fails_over, Group.gets_a_cluster, Group.loses_replicas, Group.gets_replicas, Group.is_promoted,
    Group.gets_larger_nodes, Group.is_upgraded, Group.gets_compatible, Group.turns_back, Group.gets_cluster_mode,
]  # fmt: skip
PLANNED_AROUND_A_CACHE = ["is_made", "gets_its_first_replica", "fails_over", "becomes_valkey"]
PLANNED_OF_SHARDS = [
    Shards.is_evened_out, Group.fails_over, Group.gets_replicas, Group.loses_replicas, Group.gets_larger_nodes,
    Group.is_upgraded, Group.becomes_valkey,
]  # fmt: skip


@pytest.fixture(scope="module", params=list(VERSIONS))
def group(simfra, request):
    made = Group(simfra, request.param)
    yield made
    groups.delete(simfra, made.name)


@pytest.fixture(scope="module", params=[(kind, engine) for kind in (Adopted, AdoptedWithTls) for engine in VERSIONS])
def adopted(simfra, request):
    kind, engine = request.param
    made = kind(simfra, engine)
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


@pytest.mark.parametrize("happens", PLANNED_AROUND_A_CACHE)
def test_what_is_planned_around_a_cache_loses_nothing(adopted, record_property, happens):
    if happens == "becomes_valkey" and adopted.engine == "valkey":
        happens = "is_upgraded"
    with adopted.written_to(record_property):
        getattr(adopted, happens)()
    assert adopted.lost == []


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
