"""User groups of replication groups: real users with real rules in every engine, changed while clients are served."""

import os
import signal
from contextlib import contextmanager

import pytest
import redis
from botocore.exceptions import ClientError

import caches
import groups
from leftovers import docker, node_of
from simfra import Simfra
from waiting import until

ENGINES = ["redis", "valkey"]
READERS, WRITERS, CHANGED = (f"{who}-password-of-a-test" for who in ("readers", "writers", "changed"))


@pytest.fixture(scope="module", params=ENGINES)
def team(request, simfra) -> str:
    """A group of a primary and a replica that lets users in."""
    engine, name = request.param, f"team-{request.param}"
    users = [f"{engine}-reader", f"{engine}-writer"]
    user(simfra, users[0], "reader", engine, "on ~app:* -@all +@read +ping", Passwords=[READERS])
    # No engine here knows JSON.GET: AWS's do.
    writes = "on ~app:* %R~shared:* +@all (+@all -@write ~other:*) +json.get"
    user(simfra, users[1], "writer", engine, writes, Passwords=[WRITERS])
    if engine == "redis":
        # Groups of Redis have a user named default, here one that may do little; in groups of Valkey nobody is.
        users.append("redis-default")
        user(simfra, users[2], "default", engine, "on ~none -@all +ping", NoPasswordRequired=True)
    simfra.elasticache.create_user_group(UserGroupId=name, Engine=engine, UserIds=users)
    groups.create(simfra, name, Engine=engine, TransitEncryptionEnabled=True, UserGroupIds=[name])
    return name


def engine_of(team: str) -> str:
    return team.removeprefix("team-")


def user(simfra: Simfra, user_id: str, name: str, engine: str, access: str, **shows) -> None:
    simfra.elasticache.create_user(UserId=user_id, UserName=name, Engine=engine, AccessString=access, **shows)


def active(simfra: Simfra, user_id: str) -> None:
    """Waits until the user is in force everywhere."""
    users = lambda: simfra.elasticache.describe_users(UserId=user_id)["Users"]  # noqa: E731
    until(lambda: users()[0]["Status"] == "active", f"{user_id} is active")


def group_active(simfra: Simfra, group: str) -> None:
    found = lambda: simfra.elasticache.describe_user_groups(UserGroupId=group)["UserGroups"]  # noqa: E731
    until(lambda: found()[0]["Status"] == "active", f"{group} is active")


@contextmanager
def at(simfra: Simfra, member: str, name: str | None, password: str | None = None):
    """redis-py at a member, as this user."""
    forward = caches.open_forward(simfra, member)
    try:
        options = {"username": name, "password": password, "protocol": 2}
        with caches.through(forward["localPort"], single_connection_client=True, **options) as client:
            yield client
    finally:
        simfra.admin("DELETE", f"port-forwards/{forward['id']}")


def members(simfra: Simfra, group: str) -> list[str]:
    """The group's members, the primary first."""
    roles = groups.roles(groups.available(simfra, group))
    return sorted(roles, key=lambda member: roles[member] != "primary")


def check_denied(client: redis.Redis, *command: str) -> None:
    with pytest.raises(redis.exceptions.NoPermissionError):
        client.execute_command(*command)


def check_kept_out(simfra: Simfra, member: str, name: str | None, password: str | None) -> None:
    with pytest.raises(redis.AuthenticationError), at(simfra, member, name, password) as client:
        client.ping()


def check_users(simfra: Simfra, group: str) -> None:
    """Each user's commands, done and denied, on the primary and on the replica."""
    primary, replica = members(simfra, group)
    with at(simfra, primary, "writer", WRITERS) as writer:
        assert writer.set("app:key", "value") and writer.wait(1, 5000) == 1
    for member in (primary, replica):
        with at(simfra, member, "reader", READERS) as reader:
            assert reader.get("app:key") == "value"
            check_denied(reader, "GET", "other:key")
            check_denied(reader, "SET", "app:key", "other")
        with at(simfra, member, "writer", WRITERS) as writer:
            assert writer.get("shared:key") is None and writer.get("other:key") is None
            check_denied(writer, "SET", "shared:key", "other")
            check_denied(writer, "SET", "other:key", "other")
            for forbidden in (["ACL", "SETUSER", "me", "on"], ["PSYNC", "?", "-1"], ["CLUSTER", "MEET", "::1", "1"]):
                check_denied(writer, *forbidden)
            with pytest.raises(redis.ResponseError, match="unknown command"):
                writer.execute_command("CONFIG", "GET", "*")
        check_kept_out(simfra, member, "reader", WRITERS)
        check_kept_out(simfra, member, "nobody", READERS)
        if group == "team-redis":
            with at(simfra, member, None) as default:
                assert default.ping()
                check_denied(default, "GET", "app:key")
        else:
            check_kept_out(simfra, member, None, None)


def test_each_user_may_do_what_its_access_string_says_on_every_node(simfra, team):
    check_users(simfra, team)


def test_a_change_is_in_force_on_every_node_when_the_user_is_active(simfra, team):
    reader, both = f"{engine_of(team)}-reader", members(simfra, team)
    with at(simfra, both[0], "reader", READERS) as there_before:
        check_denied(there_before, "GET", "other:key")
        changed = {"AccessString": "on ~* -@all +@read +ping", "Passwords": [CHANGED]}
        assert simfra.elasticache.modify_user(UserId=reader, **changed)["Status"] == "modifying"
        active(simfra, reader)
        assert there_before.get("other:key") is None, "who is in stays, and may what it may now"
    for member in both:
        check_kept_out(simfra, member, "reader", READERS)
        with at(simfra, member, "reader", CHANGED) as client:
            assert client.get("other:key") is None
    with at(simfra, both[1], "reader", CHANGED) as switched_off:
        assert switched_off.ping()
        simfra.elasticache.modify_user(UserId=reader, AccessString="off ~app:* -@all +@read +ping")
        active(simfra, reader)
        with pytest.raises(redis.ConnectionError):
            switched_off.ping()
    check_kept_out(simfra, both[0], "reader", CHANGED)
    simfra.elasticache.modify_user(UserId=reader, AppendAccessString="on", Passwords=[READERS])
    active(simfra, reader)
    check_users(simfra, team)


def test_users_come_and_go(simfra, team):
    engine, both = engine_of(team), members(simfra, team)
    for guest in ("guest", "visitor"):
        user(simfra, f"{engine}-{guest}", guest, engine, "on ~* +@read +ping", Passwords=[CHANGED])
    guests = [f"{engine}-guest", f"{engine}-visitor"]
    asked = simfra.elasticache.modify_user_group(UserGroupId=team, UserIdsToAdd=guests)
    assert (asked["Status"], asked["PendingChanges"]["UserIdsToAdd"]) == ("modifying", guests)
    group_active(simfra, team)
    with at(simfra, both[0], "guest", CHANGED) as guest, at(simfra, both[1], "visitor", CHANGED) as visitor:
        assert guest.ping() and visitor.ping()
        simfra.elasticache.modify_user_group(UserGroupId=team, UserIdsToRemove=guests[:1])
        group_active(simfra, team)
        assert simfra.elasticache.delete_user(UserId=guests[1])["Status"] == "deleting"
        until(lambda: not simfra.elasticache.describe_users(Filters=named(guests[1]))["Users"], "it is gone")
        for client in (guest, visitor):
            with pytest.raises(redis.ConnectionError):
                client.ping()
    for member in both:
        check_kept_out(simfra, member, "guest", CHANGED)
        check_kept_out(simfra, member, "visitor", CHANGED)
        with at(simfra, member, "writer", WRITERS) as client:
            assert client.acl_users() == sorted(["default", "reader", "simfra", "simfra-replica", "writer"])
    simfra.elasticache.delete_user(UserId=guests[0])
    check_users(simfra, team)


def named(user_id: str) -> list[dict]:
    return [{"Name": "UserId", "Values": [user_id]}]


def test_another_user_group_takes_the_place_of_the_first(simfra, team):
    engine, both = engine_of(team), members(simfra, team)
    other = f"{engine}-others"
    users = [f"{engine}-other"] + (["default"] if engine == "redis" else [])
    user(simfra, users[0], "other", engine, "on ~* +@all", Passwords=[CHANGED])
    simfra.elasticache.create_user_group(UserGroupId=other, Engine=engine, UserIds=users)
    replace(simfra, team, add=other, remove=team)
    for member in both:
        check_kept_out(simfra, member, "reader", READERS)
        with at(simfra, member, "other", CHANGED) as client:
            assert client.get("app:key") == "value"
    replace(simfra, team, add=team, remove=other)
    check_users(simfra, team)
    simfra.elasticache.delete_user_group(UserGroupId=other)
    simfra.elasticache.delete_user(UserId=users[0])


def replace(simfra: Simfra, group: str, add: str, remove: str) -> None:
    asked = {"UserGroupIdsToAdd": [add], "UserGroupIdsToRemove": [remove], "ApplyImmediately": True}
    answer = simfra.elasticache.modify_replication_group(ReplicationGroupId=group, **asked)["ReplicationGroup"]
    assert answer["Status"] == "modifying"
    assert groups.available(simfra, group)["UserGroupIds"] == [add]


def test_users_are_on_every_node_that_returns(simfra, runtime, team):
    before = members(simfra, team)[0]
    simfra.elasticache.test_failover(ReplicationGroupId=team, NodeGroupId="0001")
    assert members(simfra, team)[1] == before
    check_users(simfra, team)
    before = members(simfra, team)[0]
    node = node_of(runtime, simfra.instance, before)
    docker("kill", node) if runtime == "docker" else os.kill(int(node), signal.SIGKILL)
    until(lambda: groups.primary(groups.find(simfra, team)) != before, "a replica is the primary")
    assert members(simfra, team)[1] == before
    check_users(simfra, team)


def test_users_whom_engines_cannot_have_are_refused_by_name(simfra, team):
    engine, client = engine_of(team), simfra.elasticache
    user(simfra, "own", "simfra", engine, "on ~* +@all", Passwords=[CHANGED])
    with pytest.raises(ClientError, match="users named simfra"):
        client.modify_user_group(UserGroupId=team, UserIdsToAdd=["own"])
    client.delete_user(UserId="own")


def test_the_group_goes_and_its_users_stay(simfra, team):
    groups.delete(simfra, team)
    simfra.elasticache.delete_user_group(UserGroupId=team)
    assert simfra.elasticache.delete_user(UserId=f"{engine_of(team)}-reader")["Status"] == "deleting"


def test_tokens_reach_every_member_and_users_take_their_place(simfra):
    created = {"TransitEncryptionEnabled": True, "AuthToken": READERS}
    groups.create(simfra, "tokens", **created)
    both = members(simfra, "tokens")

    def check_tokens(good: list[str], bad: list[str]) -> None:
        for member in both:
            for token in good:
                with at(simfra, member, None, token) as client:
                    assert client.ping()
            for token in [*bad, None]:
                check_kept_out(simfra, member, None, token)

    check_tokens([READERS], [WRITERS])
    change = simfra.elasticache.modify_replication_group
    for strategy, good, bad in (("ROTATE", [READERS, WRITERS], [CHANGED]), ("SET", [WRITERS], [READERS])):
        asked = {"AuthToken": WRITERS, "AuthTokenUpdateStrategy": strategy, "ApplyImmediately": True}
        change(ReplicationGroupId="tokens", **asked)
        groups.available(simfra, "tokens")
        check_tokens(good, bad)
    with at(simfra, both[0], None, WRITERS) as client:
        assert client.set("key", "value") and client.wait(1, 5000) == 1

    user(simfra, "tokens-user", "app", "redis", "on ~* +@all", Passwords=[CHANGED])
    simfra.elasticache.create_user_group(UserGroupId="tokens", Engine="redis", UserIds=["default", "tokens-user"])
    asked = {"AuthTokenUpdateStrategy": "DELETE", "UserGroupIdsToAdd": ["tokens"], "ApplyImmediately": True}
    change(ReplicationGroupId="tokens", **asked)
    assert groups.available(simfra, "tokens")["AuthTokenEnabled"] is False
    for member in both:
        with at(simfra, member, "app", CHANGED) as client, at(simfra, member, None) as default:
            assert client.get("key") == default.get("key") == "value"
    change(ReplicationGroupId="tokens", RemoveUserGroups=True, ApplyImmediately=True)
    groups.available(simfra, "tokens")
    for member in both:
        with at(simfra, member, None) as default:
            assert default.get("key") == "value"
        check_kept_out(simfra, member, "app", CHANGED)
    groups.delete(simfra, "tokens")
    simfra.elasticache.delete_user_group(UserGroupId="tokens")
    simfra.elasticache.delete_user(UserId="tokens-user")
