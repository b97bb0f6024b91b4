"""Tokens and users that change while clients write: who is entitled throughout is neither refused nor cut off, and loses nothing.

For each engine, with cluster mode and without, one group goes from a token to users and back. Three clients write each time:
one stays on its connections, one signs in anew for each write, and one signs in again on its connections when it is told what to
show from now on.
"""

import ssl
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from functools import partial
from unittest import mock

import pytest
import redis
from redis.auth.token import SimpleToken
from redis.backoff import NoBackoff
from redis.credentials import StreamingCredentialProvider
from redis.retry import Retry

import groups
import sharded
import test_cluster_preferred as preferred
import test_transit_preferred as transit
import throughout
from simfra import Simfra
from test_rbac import active, group_active, user
from test_transit_preferred import authority, with_tls  # noqa: F401

FIRST, SECOND, THIRD = (f"{which}-token-of-a-test" for which in ("first", "second", "third"))
OLD, NEW = (f"{which}-password-of-a-user" for which in ("old", "new"))
EVERYTHING = "on ~* +@all"
# What the writers need; no engine here knows JSON.GET, so that the rules are told one by one.
LESS = "on ~staying:* ~returning:* ~renewing:* ~before:* +@all -@dangerous +json.get"


class Shown(StreamingCredentialProvider):
    """What a client shows, until it is told otherwise: then on the connections that it has, too."""

    def __init__(self, name: str, secret: str):
        self._now = (name, secret)
        self._signs_in: list[Callable[[SimpleToken], None]] = []

    def get_credentials(self) -> tuple[str, str]:
        return self._now

    def becomes(self, name: str, secret: str) -> None:
        self._now = (name, secret)
        for sign_in in self._signs_in:
            sign_in(SimpleToken(secret, -1, 0, {"oid": name}))

    def on_next(self, callback) -> None:
        self._signs_in.append(callback)

    def on_error(self, callback) -> None:
        """There is none: nothing is fetched."""

    def is_streaming(self) -> bool:
        return True


class Returning(sharded.Writer):
    """One that signs in anew for each write."""

    def put(self, key: str, value: int) -> None:
        for pool in pools(self.client):
            pool.disconnect()
        super().put(key, value)


def pools(client: redis.Redis | redis.RedisCluster) -> list[redis.ConnectionPool]:
    if not isinstance(client, redis.RedisCluster):
        return [client.connection_pool]
    connections = [node.redis_connection for node in client.get_nodes()]
    return [connection.connection_pool for connection in connections if connection]


def connections(client: redis.Redis | redis.RedisCluster) -> object:
    """What the primaries call the connections of a client that one thread uses."""
    if isinstance(client, redis.RedisCluster):
        return client.client_id(target_nodes=redis.RedisCluster.PRIMARIES)
    return client.client_id()


class Clients:
    """Three that write to a group, each in its own way."""

    WAYS = {"staying": sharded.Writer, "returning": Returning, "renewing": sharded.Writer}

    def __init__(self, name: str, secret: str):
        self.shown = {way: Shown(name, secret) for way in self.WAYS}
        self.writers: dict[str, sharded.Writer] = {}

    def show(self, name: str, secret: str) -> None:
        """Has them show this from now on. Who stays on its connections shows nothing any more."""
        self.wrote_on()
        for way in ("returning", "renewing"):
            self.shown[way].becomes(name, secret)
        self.wrote_on()

    def wrote_on(self) -> None:
        for writer in self.writers.values():
            writer.wrote_on()


class Guarded:
    """A group that needs a token at first."""

    def __init__(self, simfra: Simfra, authority: str, engine: str):
        self.simfra, self.authority, self.engine = simfra, authority, engine
        self.name = f"{type(self).__name__.lower()}-{engine}"
        self.create(TransitEncryptionEnabled=True, AuthToken=FIRST)
        with self.connected(Shown("default", FIRST)) as client:
            throughout.fill(client)

    def create(self, **asked) -> None:
        groups.create(self.simfra, self.name, Engine=self.engine, **asked)

    @contextmanager
    def connected(self, shown: Shown | None):
        """A client that tries nothing twice."""
        options = {"credential_provider": shown, "retry": Retry(NoBackoff(), 0), **with_tls(self.authority)}
        # Who trusts nobody else need not read for each connection whom the machine trusts, which takes longer than all the rest.
        alone = partial(ssl.create_default_context, cafile=self.authority)
        with mock.patch("ssl.create_default_context", alone), self.client(**options) as client:
            yield client

    def client(self, **options):
        return transit.at(self.simfra, groups.primary(groups.find(self.simfra, self.name)), **options)

    @contextmanager
    def written_to(self, told: Callable[[str, object], None], name: str, secret: str):
        """Clients write, showing this; afterwards nobody was refused, connections are the same, and all is there."""
        clients = Clients(name, secret)
        with ExitStack() as connected:
            at = {way: connected.enter_context(self.connected(clients.shown[way])) for way in clients.WAYS}
            before = {way: connections(at[way]) for way in ("staying", "renewing")}
            with ExitStack() as writing:
                for way, kind in clients.WAYS.items():
                    clients.writers[way] = writing.enter_context(kind(at[way], 0.001, way))
                yield clients
                clients.wrote_on()
            assert {way: writer.troubles for way, writer in clients.writers.items()} == {way: [] for way in clients.WAYS}
            assert {way: connections(at[way]) for way in before} == before
        with self.connected(clients.shown["returning"]) as client:
            lost = {way: throughout.lost(writer, client, told) for way, writer in clients.writers.items()}
        assert lost == {way: [] for way in clients.WAYS}

    def modify(self, **asked) -> dict:
        self.simfra.elasticache.modify_replication_group(ReplicationGroupId=self.name, ApplyImmediately=True, **asked)
        return groups.available(self.simfra, self.name)

    def modify_user(self, name: str, **asked) -> None:
        self.simfra.elasticache.modify_user(UserId=f"{self.name}-{name}", **asked)
        active(self.simfra, f"{self.name}-{name}")

    def modify_users(self, **asked) -> None:
        self.simfra.elasticache.modify_user_group(UserGroupId=self.name, **asked)
        group_active(self.simfra, self.name)

    def has_users(self) -> None:
        """Users, two of them in the group's user group, and in another one."""
        for name, secret in (("default", SECOND), ("app", OLD), ("guest", OLD)):
            user(self.simfra, f"{self.name}-{name}", name, self.engine, EVERYTHING, Passwords=[secret])
        for group in (self.name, f"{self.name}-others"):
            users = [f"{self.name}-default", f"{self.name}-app"]
            self.simfra.elasticache.create_user_group(UserGroupId=group, Engine=self.engine, UserIds=users)

    def is_let_in(self, name: str, secret: str) -> bool:
        """Whether every member lets this user in; none does otherwise."""
        said = set()
        for member in preferred.members(self.simfra, self.name):
            options = {"username": name, "password": secret, **with_tls(self.authority)}
            with transit.at(self.simfra, member, **options) as client:
                try:
                    said.add(client.ping())
                except redis.AuthenticationError:
                    said.add(False)
        (is_let_in,) = said
        return is_let_in

    def is_gone(self) -> None:
        groups.delete(self.simfra, self.name)
        for group in (self.name, f"{self.name}-others"):
            self.simfra.elasticache.delete_user_group(UserGroupId=group)
        for name in ("default", "app", "guest"):
            self.simfra.elasticache.delete_user(UserId=f"{self.name}-{name}")


class GuardedShards(Guarded):
    """One with cluster mode."""

    def create(self, **asked) -> None:
        preferred.create(self.simfra, self.name, self.engine, 2, 1, **asked)

    def client(self, **options):
        return preferred.connected(self.simfra, self.name, **options)


@pytest.fixture(scope="module", params=[(kind, engine) for kind in (Guarded, GuardedShards) for engine in preferred.ENGINES])
def guarded(request, simfra, authority) -> Guarded:  # noqa: F811
    kind, engine = request.param
    return kind(simfra, authority, engine)


def test_a_token_is_rotated_and_set(guarded, record_property):
    with guarded.written_to(record_property, "default", FIRST) as clients:
        guarded.modify(AuthToken=SECOND, AuthTokenUpdateStrategy="ROTATE")
        clients.show("default", SECOND)
        guarded.modify(AuthToken=SECOND, AuthTokenUpdateStrategy="SET")
    assert not guarded.is_let_in("default", FIRST)


def test_users_take_the_place_of_the_token(guarded, record_property):
    guarded.has_users()
    with guarded.written_to(record_property, "default", SECOND):
        found = guarded.modify(AuthTokenUpdateStrategy="DELETE", UserGroupIdsToAdd=[guarded.name])
    assert (found["AuthTokenEnabled"], found["UserGroupIds"]) == (False, [guarded.name])
    assert guarded.is_let_in("app", OLD)


def test_a_users_password_is_rotated(guarded, record_property):
    with guarded.written_to(record_property, "app", OLD) as clients:
        guarded.modify_user("app", Passwords=[OLD, NEW])
        clients.show("app", NEW)
        guarded.modify_user("app", Passwords=[NEW])
    assert not guarded.is_let_in("app", OLD)


def test_a_users_rules_and_neighbours_change(guarded, record_property):
    with guarded.written_to(record_property, "app", NEW):
        guarded.modify_users(UserIdsToAdd=[f"{guarded.name}-guest"])
        assert guarded.is_let_in("guest", OLD)
        guarded.modify_users(UserIdsToRemove=[f"{guarded.name}-guest"])
        assert not guarded.is_let_in("guest", OLD)
        guarded.modify_user("app", AccessString=LESS)
    with guarded.connected(Shown("app", NEW)) as client, pytest.raises(redis.exceptions.NoPermissionError):
        client.set("other", "value")


def test_another_user_group_takes_the_place_of_the_first(guarded, record_property):
    other = f"{guarded.name}-others"
    with guarded.written_to(record_property, "app", NEW):
        assert guarded.modify(UserGroupIdsToAdd=[other], UserGroupIdsToRemove=[guarded.name])["UserGroupIds"] == [other]
        guarded.modify(UserGroupIdsToAdd=[guarded.name], UserGroupIdsToRemove=[other])


def test_a_token_takes_the_place_of_the_users(guarded, record_property):
    with guarded.written_to(record_property, "default", SECOND) as clients:
        guarded.modify(RemoveUserGroups=True, AuthToken=THIRD, AuthTokenUpdateStrategy="ROTATE")
        clients.show("default", THIRD)
        guarded.modify(AuthToken=THIRD, AuthTokenUpdateStrategy="SET")
    assert not guarded.is_let_in("default", SECOND) and not guarded.is_let_in("app", NEW)


def test_users_go_and_nobody_takes_their_place(guarded, record_property):
    guarded.modify_user("default", Passwords=[THIRD])
    with guarded.written_to(record_property, "default", THIRD):
        guarded.modify(AuthTokenUpdateStrategy="DELETE", UserGroupIdsToAdd=[guarded.name])
        assert not guarded.is_let_in("default", SECOND)
        guarded.modify(RemoveUserGroups=True)
    with guarded.connected(None) as client:
        assert client.set("without", "credentials")


def test_the_group_goes(guarded):
    guarded.is_gone()
    assert groups.find(guarded.simfra, guarded.name) is None
