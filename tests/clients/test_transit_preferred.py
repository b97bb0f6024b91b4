"""TLS and plain text on one port: a group's way from the one to the other and back, with clients served throughout."""

from contextlib import contextmanager

import pytest
import redis
from botocore.exceptions import ClientError

import aws
import caches
import groups
from leftovers import node_of
from simfra import Simfra
from test_vpc_names import addresses, ask
from waiting import until

ENGINES = ["redis", "valkey"]


@pytest.fixture(scope="module", params=ENGINES)
def group(request, simfra) -> str:
    """A group of a primary and a replica without encryption."""
    name = f"both-{request.param}"
    groups.create(simfra, name, Engine=request.param)
    return name


@pytest.fixture(scope="module")
def authority(simfra, tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    done = aws.run("curl", "--silent", "--fail", "-o", path, f"{simfra.url}/_simfra/ca")
    assert done.returncode == 0, done.stderr
    return str(path)


@contextmanager
def at(simfra: Simfra, member: str, **options):
    """redis-py where the member's own name leads."""
    endpoint = caches.find(simfra, member)["CacheNodes"][0]["Endpoint"]
    address = addresses(ask(simfra, endpoint["Address"]))[0]
    retry = redis.retry.Retry(redis.backoff.NoBackoff(), 0)
    defaults = {"decode_responses": True, "socket_timeout": 10, "retry": retry}
    with redis.Redis(address, endpoint["Port"], **(defaults | options)) as client:
        yield client


def with_tls(authority: str) -> dict:
    # Addresses stand in the certificates, too.
    return {"ssl": True, "ssl_ca_certs": authority, "ssl_check_hostname": True}


def members(simfra: Simfra, group: str) -> list[str]:
    """The group's members, the primary first."""
    roles = groups.roles(groups.available(simfra, group))
    return sorted(roles, key=lambda member: roles[member] != "primary")


def change(simfra: Simfra, group: str, **asked) -> dict:
    """The group, once the change is in force."""
    answer = simfra.elasticache.modify_replication_group(ReplicationGroupId=group, ApplyImmediately=True, **asked)
    assert answer["ReplicationGroup"]["Status"] == "modifying"
    return groups.available(simfra, group)


def check_takes(simfra: Simfra, group: str, authority: str, *, plain: bool, tls: bool) -> None:
    """Every member takes clients so, and has what was written before."""
    for member in members(simfra, group):
        for options, taken in (({}, plain), (with_tls(authority), tls)):
            with at(simfra, member, **options) as client:
                if taken:
                    assert client.get("kept") == "value"
                    continue
                with pytest.raises(redis.ConnectionError):
                    client.ping()


def check_replicates(simfra: Simfra, group: str, **options) -> None:
    with at(simfra, members(simfra, group)[0], **options) as client:
        assert client.set("kept", "value")
        until(lambda: client.wait(1, 1000) == 1, "the replica follows")


def test_the_way_to_tls_leads_over_both(simfra, group):
    with at(simfra, members(simfra, group)[0]) as client:
        client.set("kept", "value")
    for asked, refusal in (
        ({"TransitEncryptionMode": "preferred"}, "set encryption-in-transit as enabled"),
        ({"TransitEncryptionEnabled": True, "TransitEncryptionMode": "required"}, "must be preferred before"),
        ({"TransitEncryptionEnabled": True}, "must be preferred before"),
    ):
        with pytest.raises(ClientError, match=refusal):
            simfra.elasticache.modify_replication_group(ReplicationGroupId=group, ApplyImmediately=True, **asked)
    assert groups.find(simfra, group)["Status"] == "available"


def test_clients_without_tls_are_served_while_tls_comes(simfra, group, authority):
    primary = members(simfra, group)[0]
    before = groups.find(simfra, group)["NodeGroups"][0]["PrimaryEndpoint"]["Address"]
    with at(simfra, primary) as client, groups.Writer(client) as writer:
        changed = change(simfra, group, TransitEncryptionEnabled=True, TransitEncryptionMode="preferred")
        writer.wrote_on()
    assert (changed["TransitEncryptionEnabled"], changed["TransitEncryptionMode"]) == (True, "preferred")
    assert members(simfra, group)[0] == primary
    check_takes(simfra, group, authority, plain=True, tls=True)
    now = groups.find(simfra, group)["NodeGroups"][0]["PrimaryEndpoint"]["Address"]
    assert now != before and addresses(ask(simfra, now)) == addresses(ask(simfra, before)), "both names lead there"
    with at(simfra, primary) as client:
        assert writer.lost(client) == []
    check_replicates(simfra, group)


@pytest.mark.parametrize("encrypted", [False, True])
def test_whatever_clients_do_passes(simfra, group, authority, encrypted):
    options = with_tls(authority) if encrypted else {}
    with at(simfra, members(simfra, group)[0], **options) as client:
        large = "x" * 20_000_000
        assert client.set("large", large) and client.get("large") == large
        with client.pipeline(transaction=True) as pipe:
            assert pipe.set("a", 1).incr("a").get("a").delete("large").execute() == [True, 2, "2", 1]
        with client.pipeline(transaction=False) as pipe:
            for number in range(5000):
                pipe.set(f"key:{number}", number)
            assert all(pipe.execute())
        with client.pubsub() as listener:
            listener.subscribe("news")
            until(lambda: client.publish("news", "hello"), "somebody listens")
            said = until(lambda: listener.get_message(ignore_subscribe_messages=True), "it is told")
            assert said["data"] == "hello"
        assert client.blpop("nothing", timeout=1) is None
        assert client.execute_command("HELLO", "3") and client.ping()
    with groups.connected(simfra, group, **({"ssl": True, "ssl_cert_reqs": "none"} if encrypted else {})) as client:
        assert client.get("kept") == "value", "through a forward"


def test_nodes_that_return_take_both(simfra, group, authority):
    before = members(simfra, group)[0]
    simfra.elasticache.test_failover(ReplicationGroupId=group, NodeGroupId="0001")
    assert members(simfra, group)[1] == before
    check_takes(simfra, group, authority, plain=True, tls=True)
    check_replicates(simfra, group, **with_tls(authority))


def test_a_proxy_that_ends_takes_its_node_along(simfra, runtime, group, authority):
    import os
    import signal

    from leftovers import docker

    before = members(simfra, group)[0]
    proxy = node_of(runtime, simfra.instance, before, part="proxy")
    docker("kill", proxy) if runtime == "docker" else os.kill(int(proxy), signal.SIGKILL)
    until(lambda: groups.primary(groups.find(simfra, group)) != before, "the replica leads")
    check_takes(simfra, group, authority, plain=True, tls=True)
    check_replicates(simfra, group)


def test_required_then_lets_nobody_in_without(simfra, group, authority):
    primary = members(simfra, group)[0]
    with at(simfra, primary) as left, at(simfra, primary, **with_tls(authority)) as client:
        assert left.ping()
        with groups.Writer(client) as writer:
            change(simfra, group, TransitEncryptionEnabled=True, TransitEncryptionMode="required")
            writer.wrote_on()
            with pytest.raises(redis.ConnectionError):
                left.ping()
        assert writer.lost(client) == [] and writer.gaps == []
    check_takes(simfra, group, authority, plain=False, tls=True)
    check_replicates(simfra, group, **with_tls(authority))


def test_and_the_way_back_is_the_same(simfra, group, authority):
    with pytest.raises(ClientError, match="must be preferred before"):
        simfra.elasticache.modify_replication_group(ReplicationGroupId=group, TransitEncryptionEnabled=False)
    change(simfra, group, TransitEncryptionEnabled=True, TransitEncryptionMode="preferred")
    check_takes(simfra, group, authority, plain=True, tls=True)
    off = change(simfra, group, TransitEncryptionEnabled=False)
    assert off["TransitEncryptionEnabled"] is False and "TransitEncryptionMode" not in off
    check_takes(simfra, group, authority, plain=True, tls=False)
    check_replicates(simfra, group)


def test_a_group_is_created_with_both_and_one_with_tls_goes_back(simfra, authority):
    tls = {"TransitEncryptionEnabled": True}
    made = groups.create(simfra, "created", Engine="valkey", TransitEncryptionMode="preferred", **tls)
    assert made["TransitEncryptionMode"] == "preferred"
    check_replicates(simfra, "created")
    check_takes(simfra, "created", authority, plain=True, tls=True)
    groups.delete(simfra, "created")
    groups.create(simfra, "required", Engine="valkey", **tls)
    check_replicates(simfra, "required", **with_tls(authority))
    change(simfra, "required", TransitEncryptionMode="preferred", **tls)
    check_takes(simfra, "required", authority, plain=True, tls=True)
    check_replicates(simfra, "required")
    groups.delete(simfra, "required")


def test_with_cluster_mode_it_is_refused_by_name(simfra):
    with pytest.raises(ClientError, match="TransitEncryptionMode preferred with cluster mode"):
        simfra.elasticache.create_replication_group(
            ReplicationGroupId="sharded", ReplicationGroupDescription="a test's", Engine="valkey",
            CacheNodeType="cache.t3.micro", NumNodeGroups=2, ReplicasPerNodeGroup=0,
            TransitEncryptionEnabled=True, TransitEncryptionMode="preferred",
        )
