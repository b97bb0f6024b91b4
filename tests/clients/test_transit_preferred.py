"""TLS and plain text on one port: a group's way from the one to the other and back, with clients served throughout."""

import os
import signal
from contextlib import contextmanager
from itertools import count

import pytest
import redis
from botocore.exceptions import BotoCoreError, ClientError

import aws
import caches
import groups
import throughout
from leftovers import docker, node_of
from simfra import Simfra
from test_vpc_names import addresses, ask
from waiting import until

ENGINES = ["redis", "valkey"]


@pytest.fixture(scope="module", params=ENGINES)
def group(request, simfra) -> str:
    """A group of a primary and a replica without encryption."""
    name = f"both-{request.param}"
    groups.create(simfra, name, Engine=request.param)
    with at(simfra, members(simfra, name)[0]) as client:
        throughout.fill(client)
    return name


@pytest.fixture(scope="module")
def authority(simfra, tmp_path_factory) -> str:
    return authority_of(simfra, tmp_path_factory.mktemp("ca"))


def authority_of(simfra: Simfra, folder) -> str:
    """The file that `curl -o ca.pem` makes."""
    path = folder / "ca.pem"
    done = aws.run("curl", "--silent", "--fail", "-o", path, f"{simfra.url}/_simfra/ca")
    assert done.returncode == 0, done.stderr
    return str(path)


@contextmanager
def at(simfra: Simfra, member: str, **options):
    """redis-py where the member's own name leads."""
    endpoint = caches.find(simfra, member)["CacheNodes"][0]["Endpoint"]
    found = addresses(ask(simfra, endpoint["Address"]))
    if not found:
        raise redis.ConnectionError(f"{member} has no address now")
    retry = redis.retry.Retry(redis.backoff.NoBackoff(), 0)
    defaults = {"decode_responses": True, "socket_timeout": 10, "retry": retry}
    with redis.Redis(found[0], endpoint["Port"], **(defaults | options)) as client:
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
    # A new replica may hear of writes only after a second.
    check_replicates(simfra, group)
    for asked, refusal in (
        ({"TransitEncryptionMode": "preferred"}, "set encryption-in-transit as enabled"),
        ({"TransitEncryptionEnabled": True, "TransitEncryptionMode": "required"}, "must be preferred before"),
        ({"TransitEncryptionEnabled": True}, "must be preferred before"),
    ):
        with pytest.raises(ClientError, match=refusal):
            simfra.elasticache.modify_replication_group(ReplicationGroupId=group, ApplyImmediately=True, **asked)
    assert groups.find(simfra, group)["Status"] == "available"


def test_clients_without_tls_are_served_while_tls_comes(simfra, group, authority, record_property):
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
        assert throughout.lost(writer, client, record_property) == []
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


def test_a_proxy_that_ends_is_started_anew_before_its_engine(simfra, runtime, group, authority):
    before = [(member, node_of(runtime, simfra.instance, member)) for member in members(simfra, group)]
    ended = node_of(runtime, simfra.instance, before[0][0], part="proxy")
    lose(runtime, ended)

    def is_another() -> bool:
        try:
            return node_of(runtime, simfra.instance, before[0][0], part="proxy") != ended
        except AssertionError:
            return False

    until(is_another, "it has another proxy")
    until(lambda: answers(simfra, before[0][0]), "its node answers")
    check_takes(simfra, group, authority, plain=True, tls=True)
    check_replicates(simfra, group)
    after = [(member, node_of(runtime, simfra.instance, member)) for member in members(simfra, group)]
    assert after == before, "an engine was started anew"


def test_required_then_lets_nobody_in_without(simfra, group, authority, record_property):
    primary = members(simfra, group)[0]
    with at(simfra, primary) as left, at(simfra, primary, **with_tls(authority)) as client:
        assert left.ping()
        with groups.Writer(client) as writer:
            change(simfra, group, TransitEncryptionEnabled=True, TransitEncryptionMode="required")
            writer.wrote_on()
            with pytest.raises(redis.ConnectionError):
                left.ping()
        assert throughout.lost(writer, client, record_property) == [] and writer.troubles == []
    check_takes(simfra, group, authority, plain=False, tls=True)
    check_replicates(simfra, group, **with_tls(authority))


def test_and_the_way_back_is_the_same(simfra, group, authority, record_property):
    with pytest.raises(ClientError, match="must be preferred before"):
        simfra.elasticache.modify_replication_group(ReplicationGroupId=group, TransitEncryptionEnabled=False)
    primary = members(simfra, group)[0]
    with at(simfra, primary, **with_tls(authority)) as client, groups.Writer(client, name="encrypted") as encrypted:
        change(simfra, group, TransitEncryptionEnabled=True, TransitEncryptionMode="preferred")
        encrypted.wrote_on()
    check_takes(simfra, group, authority, plain=True, tls=True)
    with at(simfra, primary) as client:
        with groups.Writer(client, name="plain") as plain:
            off = change(simfra, group, TransitEncryptionEnabled=False)
            plain.wrote_on()
        assert off["TransitEncryptionEnabled"] is False and "TransitEncryptionMode" not in off
        for writer in (encrypted, plain):
            assert throughout.lost(writer, client, record_property) == [] and writer.troubles == []
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


def both_ways(simfra: Simfra, tmp_path) -> str:
    """A group with both, and a value; the authority's file."""
    groups.create(simfra, "lasting", Engine="valkey", TransitEncryptionEnabled=True, TransitEncryptionMode="preferred")
    check_replicates(simfra, "lasting")
    return authority_of(simfra, tmp_path)


def test_a_start_finds_proxies_again_or_has_new_ones(new_simfra, runtime, tmp_path):
    simfra = new_simfra(runtime, durable=True).start()
    ca = both_ways(simfra, tmp_path)
    parts = [(member, part) for member in members(simfra, "lasting") for part in ("node", "proxy")]
    before = [node_of(runtime, simfra.instance, member, part=part) for member, part in parts]
    simfra.kill()
    simfra.start()
    check_takes(simfra, "lasting", ca, plain=True, tls=True)
    assert [node_of(runtime, simfra.instance, member, part=part) for member, part in parts] == before
    simfra.terminate()
    simfra.start()
    check_takes(simfra, "lasting", ca, plain=True, tls=True)
    check_replicates(simfra, "lasting")
    simfra.kill()
    # The proxy of one, the engine of the other.
    lose(runtime, node_of(runtime, simfra.instance, parts[0][0], part="proxy"))
    lose(runtime, node_of(runtime, simfra.instance, parts[2][0]))
    simfra.start()
    until(lambda: all(answers(simfra, member) for member in members(simfra, "lasting")), "both are there again")
    check_takes(simfra, "lasting", ca, plain=True, tls=True)
    check_replicates(simfra, "lasting")
    groups.delete(simfra, "lasting")
    simfra.terminate()


def answers(simfra: Simfra, member: str) -> bool:
    try:
        with at(simfra, member) as client:
            return client.get("kept") == "value"
    except redis.ConnectionError:
        return False


def replace(simfra: Simfra, runtime: str, member: str) -> None:
    """Has a member lose its engine, and waits for the next one."""
    lost = node_of(runtime, simfra.instance, member)
    lose(runtime, lost)

    def is_replaced() -> bool:
        try:
            return node_of(runtime, simfra.instance, member) != lost
        except AssertionError:
            return False

    until(is_replaced, f"{member} has another engine")
    until(lambda: answers(simfra, member), f"{member} answers")


def lose(runtime: str, part: str) -> None:
    docker("kill", part) if runtime == "docker" else os.kill(int(part), signal.SIGKILL)


def test_wherever_the_way_to_tls_is_cut_short_the_next_start_goes_on(new_simfra, tmp_path):
    """Killed at every sixth place that a start and a change pass: at each with SIMFRA_TEST_CUT_SHORT_AT_EACH=1."""
    runtime = os.environ.get("SIMFRA_TEST_CUT_SHORT_ON", "process")
    simfra = new_simfra(runtime, durable=True).start()
    groups.create(simfra, "mortal", Engine="valkey")
    with at(simfra, members(simfra, "mortal")[0]) as client:
        client.set("kept", "value")
    ca, both = authority_of(simfra, tmp_path), {"TransitEncryptionEnabled": True, "TransitEncryptionMode": "preferred"}
    step = 1 if os.environ.get("SIMFRA_TEST_CUT_SHORT_AT_EACH") == "1" else 6
    for place in count(step, step):
        simfra.kill()
        simfra.launch(SIMFRA_TEST_KILL_AT=str(place))
        try:
            simfra.wait_healthy()
            groups.available(simfra, "mortal")
            change(simfra, "mortal", **both)
        except AssertionError:
            if simfra.is_running():
                raise
        except (BotoCoreError, OSError):
            until(lambda: not simfra.is_running(), f"it was killed, at place {place}")
        survived = simfra.is_running()
        if survived:
            simfra.kill()
        else:
            simfra.wait_killed()
        simfra.start()
        if "TransitEncryptionMode" not in groups.available(simfra, "mortal"):
            change(simfra, "mortal", **both)
        check_takes(simfra, "mortal", ca, plain=True, tls=True)
        check_replicates(simfra, "mortal")
        change(simfra, "mortal", TransitEncryptionEnabled=False)
        check_takes(simfra, "mortal", ca, plain=True, tls=False)
        # The next engines have no proxy as yet.
        for member in reversed(members(simfra, "mortal")):
            replace(simfra, runtime, member)
            check_replicates(simfra, "mortal")
        if survived:
            break
    assert place > 12, "the places of a change are not armed"
    groups.delete(simfra, "mortal")
    simfra.terminate()
