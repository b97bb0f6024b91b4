"""TLS and plain text on one port with cluster mode: shards go from the one to the other and back under cluster clients."""

import socket
from contextlib import contextmanager, suppress
from unittest import mock

import pytest
import redis

import groups
import sharded
import test_resharding as resharding
import test_transit_preferred as transit
import throughout
from leftovers import node_of
from simfra import Simfra
from test_forwarded_cluster import opened, through
from test_transit_preferred import authority, change, lose, with_tls  # noqa: F401
from test_vpc_names import addresses, ask
from waiting import until

ENGINES = {"redis": "default.redis7.cluster.on", "valkey": "default.valkey8.cluster.on"}
BOTH = {"TransitEncryptionEnabled": True, "TransitEncryptionMode": "preferred"}
REQUIRED = {"TransitEncryptionEnabled": True, "TransitEncryptionMode": "required"}


def create(simfra: Simfra, group: str, engine: str, shards: int, replicas: int, **asked) -> None:
    asked = {"Engine": engine, "CacheParameterGroupName": ENGINES[engine]} | asked
    sharded.create(simfra, group, shards, replicas, **asked)


@contextmanager
def connected(simfra: Simfra, group: str, **options):
    """redis-py's cluster client, for which names lead where the VPC's resolver says."""
    system = socket.getaddrinfo

    def found(host: str, *arguments, **named):
        if isinstance(host, str) and host.endswith(".cache.simfra.dev"):
            answers = addresses(ask(simfra, host))
            if not answers:
                raise socket.gaierror(socket.EAI_NONAME, f"{host} has no address")
            host = answers[0]
        return system(host, *arguments, **named)

    with mock.patch("socket.getaddrinfo", found), sharded.connected(simfra, group, **options) as client:
        yield client


def members(simfra: Simfra, group: str) -> list[str]:
    """The group's members, once it is available."""
    shards = groups.available(simfra, group)["NodeGroups"]
    return [member["CacheClusterId"] for shard in shards for member in shard["NodeGroupMembers"]]


def check_takes(simfra: Simfra, group: str, authority: str, *, plain: bool, tls: bool, **options) -> None:
    """Clients of the cluster are served so, and every member takes clients so and no others."""
    for how, taken in (({}, plain), (with_tls(authority), tls)):
        if taken:
            with connected(simfra, group, **how, **options) as client:
                keys = {f"kept:{number}": str(number) for number in range(50)}
                assert client.mset_nonatomic(keys)
                assert client.mget_nonatomic(list(keys)) == list(keys.values())
                until(lambda: all(node["connected"] for node in sharded.nodes(client).values()), "they have links")
        for member in members(simfra, group):
            with transit.at(simfra, member, **how, **options) as client:
                if taken:
                    assert client.ping()
                    continue
                with pytest.raises(redis.ConnectionError):
                    client.ping()


def engines(simfra: Simfra, runtime: str, group: str) -> dict[str, str]:
    return {member: node_of(runtime, simfra.instance, member) for member in members(simfra, group)}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_group_goes_from_plain_text_to_tls_and_back_under_a_cluster_client(
    simfra, runtime, authority, engine, record_property
):
    group = f"way-{engine}"
    create(simfra, group, engine, 2, 1)
    before = engines(simfra, runtime, group)
    with connected(simfra, group) as client:
        throughout.fill(client)
        with sharded.Writer(client, name="plain") as plain:
            change(simfra, group, **BOTH)
            plain.wrote_on()
    check_takes(simfra, group, authority, plain=True, tls=True)
    with connected(simfra, group, **with_tls(authority)) as client:
        with sharded.Writer(client, name="encrypted") as encrypted:
            change(simfra, group, **REQUIRED)
            encrypted.wrote_on()
            check_takes(simfra, group, authority, plain=False, tls=True)
        with sharded.Writer(client, name="encrypted again") as encrypted_again:
            change(simfra, group, **BOTH)
            encrypted_again.wrote_on()
    with connected(simfra, group) as client:
        with sharded.Writer(client, name="plain again") as plain_again:
            change(simfra, group, TransitEncryptionEnabled=False)
            plain_again.wrote_on()
        for writer in (plain, encrypted, encrypted_again, plain_again):
            assert throughout.lost(writer, client, record_property) == []
            assert writer.troubles == []
    check_takes(simfra, group, authority, plain=True, tls=False)
    assert engines(simfra, runtime, group) == before, "an engine was started anew"
    groups.delete(simfra, group)


@pytest.fixture(scope="module", params=ENGINES)
def both(request, simfra) -> str:
    """A group that is created with both ways in."""
    name = f"both-{request.param}"
    create(simfra, name, request.param, 2, 1, **BOTH)
    return name


def test_a_group_is_created_with_both(simfra, both, authority):
    check_takes(simfra, both, authority, plain=True, tls=True)
    with connected(simfra, both) as client:
        assert client.wait(1, 5000, target_nodes=client.get_node_from_key("kept:1")) == 1


@pytest.mark.parametrize("encrypted", [False, True])
def test_writes_outlast_a_failover_and_a_move_of_slots(simfra, both, authority, encrypted):
    options = with_tls(authority) if encrypted else {}
    shard, shards = ("0001", 3) if encrypted else ("0002", 2)
    before = groups.find(simfra, both)
    leaves = {} if len(before["NodeGroups"]) < shards else {"NodeGroupsToRemove": ["0003"]}
    with connected(simfra, both, **options) as client:
        with resharding.Writer(client) as writer:
            simfra.elasticache.test_failover(ReplicationGroupId=both, NodeGroupId=shard)
            groups.available(simfra, both)
            if len(before["NodeGroups"]) != shards:
                resharding.reshard(simfra, both, shards, **leaves)
            writer.wrote_on()
    with connected(simfra, both, **options) as client:
        assert writer.lost(client) == []
        assert len(sharded.slots(client)) == shards
    check_takes(simfra, both, authority, plain=True, tls=True)


def test_a_replica_more_has_its_proxy(simfra, both, authority):
    simfra.elasticache.increase_replica_count(ReplicationGroupId=both, NewReplicaCount=2, ApplyImmediately=True)
    check_takes(simfra, both, authority, plain=True, tls=True)
    simfra.elasticache.decrease_replica_count(ReplicationGroupId=both, NewReplicaCount=1, ApplyImmediately=True)
    check_takes(simfra, both, authority, plain=True, tls=True)


def test_a_lost_primary_is_replaced_behind_a_new_proxy(simfra, runtime, both, authority):
    with connected(simfra, both) as client:
        lost = sharded.primary_of(client, "0001")
    before = node_of(runtime, simfra.instance, lost)
    lose(runtime, before)

    def is_replaced() -> bool:
        with suppress(AssertionError):
            return node_of(runtime, simfra.instance, lost) != before
        return False

    until(is_replaced, f"{lost} has another engine")
    check_takes(simfra, both, authority, plain=True, tls=True)
    with connected(simfra, both) as client:
        assert sharded.primary_of(client, "0001") != lost


def test_a_proxy_that_ends_is_started_anew_before_its_engine(simfra, runtime, both, authority):
    before = engines(simfra, runtime, both)
    for member in before:
        ended = node_of(runtime, simfra.instance, member, part="proxy")
        lose(runtime, ended)
        until(lambda: answers_behind_another(simfra, runtime, member, ended), f"{member} answers again")
    check_takes(simfra, both, authority, plain=True, tls=True)
    assert engines(simfra, runtime, both) == before, "an engine was started anew"


def answers_behind_another(simfra: Simfra, runtime: str, member: str, proxy: str) -> bool:
    with suppress(AssertionError, redis.ConnectionError), transit.at(simfra, member) as client:
        return client.ping() and node_of(runtime, simfra.instance, member, part="proxy") != proxy
    return False


@pytest.mark.parametrize("encrypted", [False, True])
def test_cluster_clients_on_the_host_are_led_to_the_members(simfra, both, encrypted):
    forward = opened(simfra, both)
    options = {"ssl": True, "ssl_cert_reqs": "none"} if encrypted else {}
    with through(forward, **options) as client:
        keys = {f"forwarded:{number}": str(number) for number in range(100)}
        assert client.mset_nonatomic(keys)
        assert client.mget_nonatomic(list(keys)) == list(keys.values())
        assert {node.host for node in client.get_nodes()} == {"127.0.0.1"}
    assert simfra.admin("DELETE", f"port-forwards/{forward['id']}")[0] in (200, 204)


def test_a_start_finds_the_proxies_of_shards_again(new_simfra, runtime, tmp_path):
    simfra = new_simfra(runtime, durable=True).start()
    create(simfra, "lasting", "valkey", 2, 1, **BOTH)
    ca = transit.authority_of(simfra, tmp_path)
    check_takes(simfra, "lasting", ca, plain=True, tls=True)
    before = engines(simfra, runtime, "lasting")
    simfra.kill()
    simfra.start()
    check_takes(simfra, "lasting", ca, plain=True, tls=True)
    assert engines(simfra, runtime, "lasting") == before
    simfra.terminate()
    simfra.start()
    groups.available(simfra, "lasting")
    check_takes(simfra, "lasting", ca, plain=True, tls=True)
    with connected(simfra, "lasting") as client:
        assert client.get("kept:7") == "7"
    groups.delete(simfra, "lasting")
    simfra.terminate()


def test_a_group_with_both_gets_cluster_mode(simfra, authority):
    groups.create(simfra, "duo", Engine="valkey", **BOTH)
    for mode in ("compatible", "enabled"):
        change(simfra, "duo", ClusterMode=mode)
        check_takes(simfra, "duo", authority, plain=True, tls=True)
    groups.delete(simfra, "duo")
