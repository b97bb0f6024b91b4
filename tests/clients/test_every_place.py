"""Every plan is cut short at each of its places, and comes to its end: nothing that was acknowledged is lost, nothing is left over.

Each thing that happens to a cache or a group happens to a Simfra that is killed once at each place that it passes (see
`mortal`), while a client writes.
"""

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest
import redis
from redis.crc import key_slot

import caches
import groups
import leftovers
import sharded
import test_resharding
from conftest import living
from mortal import Mortal, at_rest, every_place
from simfra import Simfra
from test_replication import WAYS
from test_transit_preferred import at
from test_vpc_names import addresses, ask
from waiting import until

NAME = "mortal"
TOKEN, PASSWORD, OTHER = (f"{whose}-of-a-test-of-places" for whose in ("token", "password", "other"))
# A client that writes all the time is not what keeps the machine busy here.
PAUSE = 0.005


class Life:
    """What happens to something, one thing after the other, and what must be so after each."""

    def __init__(self, mortal: Mortal):
        self.mortal, self.simfra = mortal, mortal.simfra
        self.client = self.simfra.elasticache

    def rest(self) -> object:
        """What there is, once nothing is under way."""
        raise NotImplementedError

    def check(self, what: str) -> None:
        raise NotImplementedError

    def happens(self, what: str, ask: Callable[[], object], is_done: Callable[[], object]) -> None:
        self.mortal.through(what, ask, is_done, self.rest)
        until(lambda: self.mortal.lives_through(lambda: self.check(what)), f"checked: {what}")

    def servers(self, count: int) -> None:
        """As many servers run, and no other is kept."""
        runs = lambda: leftovers.servers(self.simfra.runtime, self.simfra.instance)  # noqa: E731
        until(lambda: runs() == count, f"{count} servers run")

    def live(self) -> None:
        raise NotImplementedError


class OneNode(Life):
    """A cache, which keeps its data through everything but a reboot."""

    value: str | None = None

    def rest(self) -> dict | None:
        def rests() -> dict | str | None:
            found = caches.find(self.simfra, NAME)
            return "absent" if found is None else found if found["CacheClusterStatus"] == "available" else None

        found = until(rests, "at rest")
        return None if found == "absent" else found

    def check(self, what: str) -> None:
        if self.rest() is None:
            return
        self.servers(1)
        with caches.connected(self.simfra, NAME) as client:
            assert client.get("key") == self.value, what

    def is_tuned(self) -> bool:
        shown = self.rest()["CacheParameterGroup"]
        return shown["CacheParameterGroupName"] == "own" and shown["ParameterApplyStatus"] == "in-sync"

    def boots(self) -> int:
        return caches.messages(self.simfra, NAME).count("Cache node 0001 restarted")

    def live(self) -> None:
        modify = lambda **asked: lambda: self.client.modify_cache_cluster(  # noqa: E731
            CacheClusterId=NAME, ApplyImmediately=True, **asked
        )
        self.happens("create", lambda: caches.create(self.simfra, NAME, EngineVersion="7.0"), self.rest)
        with caches.connected(self.simfra, NAME) as client:
            client.set("key", "value")
        self.value = "value"
        self.client.create_cache_parameter_group(
            CacheParameterGroupName="own", CacheParameterGroupFamily="redis7", Description="of a test"
        )
        self.client.modify_cache_parameter_group(
            CacheParameterGroupName="own",
            ParameterNameValues=[{"ParameterName": "maxmemory-policy", "ParameterValue": "allkeys-lru"}],
        )
        self.happens("parameters", modify(CacheParameterGroupName="own"), self.is_tuned)
        is_small = lambda: self.rest()["CacheNodeType"] == "cache.t3.small"  # noqa: E731
        self.happens("node type", modify(CacheNodeType="cache.t3.small"), is_small)
        self.happens("upgrade", modify(EngineVersion="7.1"), lambda: self.rest()["EngineVersion"] == "7.1.0")
        # What answers again before anybody looks is told by its events alone.
        self.value, before = None, self.boots()
        boot = lambda: self.client.reboot_cache_cluster(CacheClusterId=NAME, CacheNodeIdsToReboot=["0001"])  # noqa: E731
        self.happens("reboot", boot, lambda: self.boots() > before)
        self.happens("delete", lambda: self.client.delete_cache_cluster(CacheClusterId=NAME), lambda: self.rest() is None)


class Fleet(OneNode):
    """A fleet of Memcached that grows and shrinks."""

    def check(self, what: str) -> None:
        fleet = self.rest()
        nodes = [node["CacheNodeId"] for node in fleet["CacheNodes"]] if fleet else []
        self.servers(len(nodes))
        for node in nodes:
            body = {"targetArn": caches.arn_of(NAME), "cacheNodeId": node}
            status, forward = self.simfra.admin("POST", "port-forwards", body)
            assert status == 201, what
            with caches.memcached_through(forward["localPort"]) as client:
                assert client.set("key", "value", noreply=False), what
            self.simfra.admin("DELETE", f"port-forwards/{forward['id']}")

    def live(self) -> None:
        resize = lambda count, **asked: (  # noqa: E731
            lambda: self.client.modify_cache_cluster(
                CacheClusterId=NAME, NumCacheNodes=count, ApplyImmediately=True, **asked
            ),
            lambda: self.rest()["NumCacheNodes"] == count,
        )
        self.happens("create", lambda: caches.create(self.simfra, NAME, "memcached"), self.rest)
        self.happens("grow", *resize(2))
        self.happens("shrink", *resize(1, CacheNodeIdsToRemove=["0001"]))
        self.happens("delete", lambda: self.client.delete_cache_cluster(CacheClusterId=NAME), lambda: self.rest() is None)


class Group(Life):
    """A replication group without cluster mode."""

    WRITER = groups.Writer
    # How its clients sign in, and how those that know shards find their nodes.
    credentials: dict[str, str] = {}
    way: dict[str, object] = {}

    def rest(self) -> dict | None:
        found = at_rest(self.simfra, NAME)
        return None if found == "absent" else found

    def found(self) -> dict:
        return groups.find(self.simfra, NAME)

    def connected(self):
        return groups.connected(self.simfra, NAME, **self.credentials)

    def reader(self):
        """A client that reads several keys at once."""
        on = self.found().get("ClusterEnabled")
        return sharded.connected(self.simfra, NAME, **self.way) if on else self.connected()

    def create(self, **asked) -> None:
        asked = {
            "ReplicationGroupId": NAME, "ReplicationGroupDescription": "a test's", "CacheNodeType": "cache.t3.micro",
            "AutomaticFailoverEnabled": True,
        } | asked
        self.happens("create", lambda: self.client.create_replication_group(**asked), self.rest)
        with self.connected() as client:
            client.set("key", "value")

    def check(self, what: str) -> None:
        """One member takes writes and has all that were acknowledged; the others have them too."""
        group = self.rest()
        if group is None:
            return
        if group.get("ClusterEnabled"):
            self.check_shards(what, group)
            return
        roles = groups.roles(group)
        assert list(roles.values()).count("primary") == 1, what
        self.servers(len(roles))
        with self.connected() as client:
            assert client.get("key") in (None, "value"), what
            until(lambda: client.set("after", what) and client.wait(len(roles) - 1, 1000) == len(roles) - 1, "all follow")
        for replica in groups.replicas(group):
            forward = caches.open_forward(self.simfra, replica)
            with caches.through(forward["localPort"], **self.credentials) as client:
                assert client.get("after") == what
            self.simfra.admin("DELETE", f"port-forwards/{forward['id']}")

    def check_shards(self, what: str, group: dict) -> None:
        """The engines have the slots of the API, and their replicas; no member is missing and none is left over."""
        is_whole = lambda: sharded.is_whole(self.simfra, group, **self.way)  # noqa: E731
        until(is_whole, f"the engines are as the API says: {what}")
        self.servers(len(group["MemberClusters"]))

    def planned(self, what: str, is_done: Callable[[], object], operation: str, **asked) -> None:
        """What loses no write that was acknowledged."""
        call = getattr(self.client, operation)
        with self.connected() as client, self.WRITER(client, PAUSE) as writer:
            self.happens(what, lambda: call(ReplicationGroupId=NAME, **asked), is_done)
            writer.wrote_on()
        with self.reader() as client:
            assert writer.lost(client) == [], what
            assert client.get("key") == "value", what

    def modified(self, what: str, is_done: Callable[[dict], object], **asked) -> None:
        done = lambda: is_done(self.found())  # noqa: E731
        self.planned(what, done, "modify_replication_group", ApplyImmediately=True, **asked)

    def failed_over(self) -> None:
        before = self.primary()
        done = lambda: self.primary() != before  # noqa: E731
        self.planned("failover", done, "test_failover", NodeGroupId="0001")

    def primary(self) -> str:
        return groups.primary(self.found())

    def loses_its_primary(self) -> None:
        before = self.primary()
        fails_over = lambda: self.primary() != before  # noqa: E731

        def lose() -> None:
            with self.connected() as client:
                until(lambda: self.is_confirmed(client, "key", "value"), "a replica has it")
            WAYS[self.simfra.runtime]["kill"](leftovers.node_of(self.simfra.runtime, self.simfra.instance, before))
            until(fails_over, "a replica takes over")

        self.happens("loss of the primary", lose, fails_over)
        with self.connected() as client:
            assert client.get("key") == "value"

    def loses_its_primary_and_simfra(self, place: str) -> None:
        """Simfra is killed at a place that is passed only where it lives on after the loss."""
        before = self.primary()
        with self.connected() as client:
            until(lambda: self.is_confirmed(client, "key", "value"), "a replica has it")
        with self.mortal.dying_at(place):
            WAYS[self.simfra.runtime]["kill"](leftovers.node_of(self.simfra.runtime, self.simfra.instance, before))
            until(lambda: self.found() is None, f"Simfra is killed: {place}")
        self.rest()
        assert self.primary() != before, "a replica takes over"
        self.check(place)
        with self.connected() as client:
            assert client.get("key") == "value"

    @staticmethod
    def is_confirmed(client, key: str, value: str) -> bool:
        """Whether a replica has what is written."""
        return client.set(key, value) and client.wait(1, 1000) >= 1

    def has_replicas(self, count: int) -> None:
        now = lambda: {len(shard["NodeGroupMembers"]) - 1 for shard in self.found()["NodeGroups"]}  # noqa: E731
        operation = "increase_replica_count" if max(now()) < count else "decrease_replica_count"
        done = lambda: now() == {count}  # noqa: E731
        self.planned(f"{count} replicas", done, operation, NewReplicaCount=count, ApplyImmediately=True)

    def is_deleted(self) -> None:
        delete = lambda: self.client.delete_replication_group(ReplicationGroupId=NAME)  # noqa: E731
        self.happens("delete", delete, lambda: self.found() is None)

    def live(self) -> None:
        self.create(Engine="redis", EngineVersion="7.0", NumCacheClusters=2)
        self.failed_over()
        self.loses_its_primary()
        self.loses_its_primary_and_simfra("after fence")
        self.has_replicas(2)
        self.has_replicas(1)
        (heir,) = groups.replicas(self.found())
        off, on = lambda found: found["AutomaticFailover"] == "disabled", lambda found: found["AutomaticFailover"] == "enabled"
        self.modified("no automatic failover", off, AutomaticFailoverEnabled=False)
        self.modified("promotion", lambda found: groups.primary(found) == heir, PrimaryClusterId=heir)
        self.modified("automatic failover", on, AutomaticFailoverEnabled=True)
        small = "cache.t3.small"
        self.modified("node type", lambda found: found["CacheNodeType"] == small, CacheNodeType=small)
        is_valkey = lambda found: found["Engine"] == "valkey"  # noqa: E731
        self.modified("upgrade", is_valkey, Engine="valkey", EngineVersion="8.1")
        for mode in ("compatible", "disabled", "compatible", "enabled"):
            self.modified(mode, lambda found: found["ClusterMode"] == mode, ClusterMode=mode)
        self.is_deleted()


class Shards(Group):
    """A replication group with cluster mode."""

    WRITER = test_resharding.Writer
    # One slot too many: the lowest moves, with its key.
    uneven = [{"Slots": slots, "ReplicaCount": 1} for slots in ("0-8192", "8193-16383")]
    lowest = "3560"

    def connected(self):
        return sharded.connected(self.simfra, NAME, **self.way)

    def primary(self) -> str:
        """The first shard's, as the engines say: they are asked while Simfra is killed, too."""

        def said() -> str | None:
            try:
                return sharded.primary_of(self.observer, self.found()["NodeGroups"][0]["NodeGroupId"])
            except sharded.TROUBLE:
                return None

        return until(said, "the engines say who leads")

    @staticmethod
    def is_confirmed(client, key: str, value: str) -> bool:
        return client.set(key, value) and client.wait(1, 1000, target_nodes=client.get_node_from_key(key)) >= 1

    def is_even(self, shards: int) -> bool:
        """Whether there are so many shards, which share the slots."""
        ranges = [[part.split("-") for part in shard["Slots"].split(",")] for shard in self.found()["NodeGroups"]]
        counts = [sum(int(each[-1]) - int(each[0]) + 1 for each in own) for own in ranges]
        return len(counts) == shards and max(counts) - min(counts) <= 1

    def resharded(self, count: int, **asked) -> None:
        done = lambda: self.is_even(count)  # noqa: E731
        operation = "modify_replication_group_shard_configuration"
        self.planned(f"{count} shards", done, operation, NodeGroupCount=count, ApplyImmediately=True, **asked)
        with self.connected() as client:
            assert client.get(self.lowest) == "value"

    def live(self) -> None:
        assert key_slot(self.lowest.encode()) == 0
        self.create(
            Engine="redis", EngineVersion="7.0", NodeGroupConfiguration=self.uneven,
            CacheParameterGroupName="default.redis7.cluster.on",
        )
        with self.connected() as client, self.connected() as self.observer:
            client.set(self.lowest, "value")
            self.changes()
        self.is_deleted()

    def changes(self) -> None:
        self.resharded(2)
        self.failed_over()
        self.loses_its_primary()
        self.loses_its_primary_and_simfra("after take over")
        self.resharded(3)
        leaves = self.found()["NodeGroups"][0]["NodeGroupId"]
        self.resharded(2, NodeGroupsToRemove=[leaves])
        self.has_replicas(2)
        self.has_replicas(1)
        small = "cache.t3.small"
        self.modified("node type", lambda found: found["CacheNodeType"] == small, CacheNodeType=small)
        valkey = {"Engine": "valkey", "EngineVersion": "8.1", "CacheParameterGroupName": "default.valkey8.cluster.on"}
        # Without a client that stays: redis-py does not always find a cluster again whose nodes were all replaced meanwhile.
        ask = lambda: self.client.modify_replication_group(  # noqa: E731
            ReplicationGroupId=NAME, ApplyImmediately=True, **valkey
        )
        self.happens("upgrade", ask, lambda: self.found()["Engine"] == "valkey")
        with self.connected() as client:
            assert (client.get("key"), client.get(self.lowest)) == ("value", "value")


class Encrypted(Shards):
    """A replication group with cluster mode, whose clients get encryption and lose it: its engines go behind proxies."""

    def __init__(self, mortal: Mortal):
        super().__init__(mortal)
        self.addresses: dict[str, str] = {}
        # With TLS nodes are told of by their names.
        self.way = {"address_remap": lambda at: (self.address(at[0]), at[1])}

    def address(self, host: str) -> str:
        if not host.endswith(".cache.simfra.dev"):
            return host
        if host not in self.addresses:
            self.addresses[host] = addresses(ask(self.simfra, host))[0]
        return self.addresses[host]

    def live(self) -> None:
        sharded.create(self.simfra, NAME, 2, 1, **test_resharding.ENGINES["valkey"])
        with self.connected() as client:
            client.set("key", "value")
        mode = lambda found: found.get("TransitEncryptionMode")  # noqa: E731
        both = {"TransitEncryptionEnabled": True, "TransitEncryptionMode": "preferred"}
        self.modified("preferred", lambda found: mode(found) == "preferred", **both)
        self.loses_a_proxy_and_simfra()
        self.modified("in clear", lambda found: not found["TransitEncryptionEnabled"], TransitEncryptionEnabled=False)
        groups.delete(self.simfra, NAME)

    def loses_a_proxy_and_simfra(self) -> None:
        place, member = "before restore proxy", self.found()["MemberClusters"][0]
        runtime, instance = self.simfra.runtime, self.simfra.instance
        with self.connected() as client, self.WRITER(client, PAUSE) as writer:
            with self.mortal.dying_at(place):
                WAYS[runtime]["kill"](leftovers.node_of(runtime, instance, member, part="proxy"))
                until(lambda: self.found() is None, f"Simfra is killed: {place}")
            # Its clients are refused until it has another one.
            until(lambda: self.answers(member), f"{member} answers behind another proxy")
            self.check(place)
            writer.wrote_on()
        with self.connected() as client:
            assert writer.lost(client) == [], place

    def answers(self, member: str) -> bool:
        try:
            with at(self.simfra, member) as client:
                return client.ping()
        except redis.RedisError:
            return False


class Refused(Shards):
    """Shards of which one does not take a key: slots that went over come back with what was written."""

    SLOTS = ["0-8192", "8193-16383"]
    values = {"cluster-enabled": "yes", "proto-max-bulk-len": "1048576"}

    def live(self) -> None:
        own = {"CacheParameterGroupName": "own"}
        self.client.create_cache_parameter_group(CacheParameterGroupFamily="valkey8", Description="of a test", **own)
        changes = [{"ParameterName": name, "ParameterValue": value} for name, value in self.values.items()]
        self.client.modify_cache_parameter_group(ParameterNameValues=changes, **own)
        self.client.create_replication_group(
            ReplicationGroupId=NAME, ReplicationGroupDescription="a test's", Engine="valkey", CacheNodeType="cache.t3.micro",
            AutomaticFailoverEnabled=True, NodeGroupConfiguration=self.uneven, **own,
        )
        groups.available(self.simfra, NAME)
        kept = {f"{{{self.lowest}}}:{number}": f"value {number}" for number in range(200)}
        large = f"{{{self.lowest}}}:large"
        with self.connected() as client:
            client.set("key", "value")
            client.mset_nonatomic(kept)
            for number in range(20):
                # Engines pack what they send: what is drawn at random stays as large.
                client.hset(large, f"field {number}", secrets.token_urlsafe(65536))
        operation = "modify_replication_group_shard_configuration"
        self.planned("refused", self.is_told, operation, NodeGroupCount=2, ApplyImmediately=True)
        assert [shard["Slots"] for shard in self.found()["NodeGroups"]] == self.SLOTS
        with self.connected() as client:
            assert client.mget_nonatomic(list(kept)) == list(kept.values()) and client.hlen(large) == 20
            assert not any(node["migrations"] for node in sharded.nodes(client).values())
        groups.delete(self.simfra, NAME)

    def is_told(self) -> bool:
        """Whether the group's events say why: once, however often it was cut short."""
        said = [said for said in groups.messages(self.simfra, NAME) if said.startswith("Failed to move slots")]
        assert len(said) < 2, said
        return bool(said)


class Guarded(Group):
    """A group whose clients get encryption, a token, and users of their own."""

    def is_let_in(self, **credentials) -> bool:
        """Whether clients come in so, everywhere."""
        for member in self.found()["MemberClusters"]:
            forward = caches.open_forward(self.simfra, member)
            try:
                with caches.through(forward["localPort"], **credentials) as client:
                    client.ping()
            except redis.AuthenticationError:
                return False
            finally:
                self.simfra.admin("DELETE", f"port-forwards/{forward['id']}")
        return True

    def changes(self, what: str, is_done: Callable[[], object], **asked) -> None:
        """What changes who comes in: what a writer shows is another thing then."""
        ask = lambda: self.client.modify_replication_group(  # noqa: E731
            ReplicationGroupId=NAME, ApplyImmediately=True, **asked
        )
        self.happens(what, ask, is_done)
        with self.connected() as client:
            assert client.get("key") == "value", what

    @contextmanager
    def settling(self, what: str):
        """Until users and user groups are what they were asked to be."""

        def rests() -> bool:
            known = self.client.describe_users()["Users"] + self.client.describe_user_groups()["UserGroups"]
            return all(each["Status"] == "active" for each in known)

        rest, self.rest = self.rest, lambda: until(rests, "users are active") and at_rest(self.simfra, NAME)
        yield
        self.rest = rest

    def user(self, name: str) -> dict:
        known = self.client.describe_users()["Users"]
        return next((user for user in known if user["UserName"] == name), {})

    def live(self) -> None:
        tls = {"TransitEncryptionEnabled": True}
        self.create(Engine="valkey", NumCacheClusters=2)
        mode = lambda wanted: lambda found: found.get("TransitEncryptionMode") == wanted  # noqa: E731
        self.modified("preferred", mode("preferred"), TransitEncryptionMode="preferred", **tls)
        self.failed_over()
        self.modified("required", mode("required"), TransitEncryptionMode="required", **tls)
        token = {"AuthToken": TOKEN}
        self.changes("rotate", lambda: self.found()["AuthTokenEnabled"], AuthTokenUpdateStrategy="ROTATE", **token)
        self.credentials = {"password": TOKEN}
        self.changes("set", lambda: not self.is_let_in(), AuthTokenUpdateStrategy="SET", **token)
        self.lets_users_in()
        self.changes("no users", lambda: not self.found().get("UserGroupIds"), RemoveUserGroups=True)
        self.failed_over()
        self.is_deleted()

    def lets_users_in(self) -> None:
        create = {"Engine": "valkey", "AccessString": "on ~* +@all"}
        self.client.create_user(UserId="app", UserName="app", Passwords=[PASSWORD], **create)
        self.client.create_user(UserId="guest", UserName="guest", Passwords=[OTHER], **create)
        self.client.create_user_group(UserGroupId="team", Engine="valkey", UserIds=["app"])
        self.credentials = {"username": "app", "password": PASSWORD}
        instead = {"AuthTokenUpdateStrategy": "DELETE", "UserGroupIdsToAdd": ["team"]}
        self.changes("users", lambda: self.found().get("UserGroupIds") == ["team"], **instead)
        guest = {"username": "guest", "password": OTHER}
        with self.settling("users"):
            join = lambda: self.client.modify_user_group(UserGroupId="team", UserIdsToAdd=["guest"])  # noqa: E731
            self.happens("a user joins", join, lambda: self.is_let_in(**guest))
            less = "on ~guest* -@all +@read +ping"
            modify = lambda: self.client.modify_user(UserId="guest", AccessString=less)  # noqa: E731
            self.happens("a user changes", modify, lambda: self.user("guest")["AccessString"] == less)
            self.happens("a user goes", lambda: self.client.delete_user(UserId="guest"), lambda: not self.user("guest"))
        assert not self.is_let_in(**guest)
        self.credentials = {}


# The longest first.
LIVES = [Group, Shards, Guarded, Encrypted, OneNode, Refused, Fleet]
AT_ONCE = 3


# Places of what only the other one does, by the runtime.
ELSEWHERE = {
    "process": {
        "after create companion", "after create container", "after create engine proxy", "after create network",
        "after create proxy", "after create server", "after give birth", "after plant seed", "after remove container", "after start companion",
        "after start engine proxy", "after start proxy", "after put certificate",
    },
    "docker": {
        "after end process", "after start process", "after start proxy process", "before start process",
        "before start proxy process",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def lives(runtime, tmp_path_factory) -> Iterator[dict[type[Life], Future[set[str]]]]:
    """All of them at the same time: where one waits for its engines, others get on."""
    with ExitStack() as until_end, ThreadPoolExecutor(AT_ONCE) as threads:
        simfras = {life: until_end.enter_context(living(tmp_path_factory, runtime, durable=True)) for life in LIVES}
        yield {life: threads.submit(lived, life, simfra) for life, simfra in simfras.items()}


def lived(life: type[Life], simfra: Simfra) -> set[str]:
    """Where it was killed."""
    mortal = Mortal(simfra).start()
    life(mortal).live()
    mortal.ends()
    return mortal.reached


@pytest.mark.parametrize("life", LIVES)
def test_whatever_happens_is_cut_short_everywhere_and_comes_to_its_end(lives, life):
    # A create has a network, a node and a row: fewer places would mean that they are not armed.
    assert len(lives[life].result()) > 6


def test_no_place_is_left_out(lives, runtime):
    reached = set().union(*(each.result() for each in lives.values()))
    assert every_place() - reached <= ELSEWHERE[runtime]
