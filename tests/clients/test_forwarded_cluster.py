"""A port forward to a group with cluster mode: cluster clients on the host are led to every member, and stay led."""

import re
import socket

import pytest
import redis
from redis.cluster import RedisCluster

import aws
import caches
import gliding
import groups
import sharded
import test_resharding
from leftovers import node_of
from simfra import beside
from test_replication import WAYS
from test_vpc_names import addresses, ask
from waiting import until


@pytest.fixture(scope="module")
def trio(simfra) -> str:
    """A group of three shards, with a replica each."""
    sharded.create(simfra, "trio", 3, 1)
    return "trio"


@pytest.fixture(scope="module")
def forward(simfra, trio) -> dict:
    """The forward that all share."""
    forward = opened(simfra, trio)
    with through(forward) as client:
        write_everywhere(client)
    until(lambda: found(forward) == set(ports(forward).values()), "the nodes tell of all replicas")
    return forward


def opened(simfra, group: str) -> dict:
    status, forward = simfra.admin("POST", "port-forwards", {"targetArn": groups.arn_of(group), "targetPort": 6379})
    assert status == 201, forward
    return forward


def through(forward: dict, **options) -> RedisCluster:
    """redis-py's cluster client, which knows the forward's own port and nothing else."""
    options = {"decode_responses": True, "socket_timeout": 2} | options
    return RedisCluster(host="localhost", port=forward["localPort"], **options)


def write_everywhere(client: RedisCluster) -> None:
    """Writes to each shard: before that, engines do not tell clients of replicas."""
    assert client.mset_nonatomic({f"key:{number}": "value" for number in range(100)})


def found(forward: dict, **options) -> set[int]:
    """The ports of the nodes that a new client finds."""
    with through(forward, **options) as client:
        assert {node.host for node in client.get_nodes()} == {"127.0.0.1"}
        return {node.port for node in client.get_nodes()}


def ports(forward: dict) -> dict[str, int]:
    """The members' local ports."""
    return {member["cacheClusterId"]: member["localPort"] for member in forward.get("members", [])}


def ports_now(simfra, forward: dict) -> dict[str, int]:
    """The members' local ports as they are now."""
    return ports(simfra.admin("GET", f"port-forwards/{forward['id']}")[1])


def leaders(simfra, forward: dict) -> dict[str, int]:
    """The shards' primaries as the forward tells of them now, with their local ports."""
    members = simfra.admin("GET", f"port-forwards/{forward['id']}")[1]["members"]
    return {each["cacheClusterId"]: each["localPort"] for each in members if each["currentRole"] == "primary"}


def test_every_member_has_a_local_port(simfra, trio, forward):
    first = simfra.place.ports.first_forward
    assert forward["localPort"] == first
    group = groups.find(simfra, trio)
    assert list(ports(forward)) == group["MemberClusters"]
    assert sorted(ports(forward).values()) == list(range(first + 1, first + 7))
    assert list(leaders(simfra, forward)) == ["trio-0001-001", "trio-0002-001", "trio-0003-001"]
    assert simfra.admin("GET", "port-forwards") == (200, [forward])


def test_a_cluster_client_on_the_host_reaches_every_shard(trio, forward):
    with through(forward) as client:
        keys = [f"key:{number}" for number in range(1000)]
        assert client.mset_nonatomic({key: key for key in keys})
        assert client.mget_nonatomic(keys) == keys
        held = [client.dbsize(target_nodes=node) for node in client.get_primaries()]
        assert sum(held) >= 1000 and min(held) > 200
        large = "\r\n-MOVED 1 " * 300_000
        assert client.set("large", large) and client.get("large") == large


def test_glide_is_led_to_every_shard(simfra, trio, forward):
    with gliding.clustered("localhost", forward["localPort"]) as client:
        gliding.writes_and_reads(client)


def test_a_client_in_rust_is_led_to_every_shard(simfra, trio, forward):
    endpoint = groups.find(simfra, trio)["ConfigurationEndpoint"]
    for place in (f"localhost:{forward['localPort']}", f"{addresses(ask(simfra, endpoint['Address']))[0]}:6379"):
        done = aws.run(beside("cluster-client"), f"redis://{place}", "300")
        assert done.returncode == 0, done.stderr
    with through(forward) as client:
        assert client.mget_nonatomic([f"rust:{number}" for number in range(300)]) == [str(n) for n in range(300)]


@pytest.mark.parametrize("protocol", [2, 3])
def test_whatever_tells_of_members_tells_local_ports(trio, forward, protocol):
    local = set(ports(forward).values())
    with caches.through(forward["localPort"], protocol=protocol) as node:
        told = node.cluster("nodes")
        assert {address.partition("@")[0] for address in told} == {f"127.0.0.1:{port}" for port in local}
        raw = node.connection_pool.get_connection()
        try:
            for command in (["CLUSTER", "SLOTS"], ["CLUSTER", "SHARDS"], ["CLUSTER", "NODES"]):
                raw.send_command(*command)
            answers = [str(raw.read_response()) for _ in range(3)]
            raw.send_command("MULTI")
            raw.send_command("CLUSTER", "SLOTS")
            raw.send_command("CLUSTER", "SHARDS")
            raw.send_command("EXEC")
            answers += [str(raw.read_response()) for _ in range(4)][-1:]
        finally:
            node.connection_pool.release(raw)
        for answer in answers:
            assert all(str(port) in answer for port in local)
            # The bus's port, 16379, stays: it is not for clients.
            assert not re.search(r"(?<!1)6379|172\.31\.|10\.2\d\d\.|127\.83\.", answer)


def test_redirects_lead_to_local_ports(trio, forward):
    local = set(ports(forward).values())
    with caches.through(ports(forward)["trio-0001-001"]) as node:
        with pytest.raises(redis.exceptions.MovedError) as moved:
            # Its slot is 12539, in the third shard.
            node.set("123456789", "value")
        assert moved.value.host == "127.0.0.1" and moved.value.port in local
    typed = ["redis-cli", "-c", "-h", "localhost", "-p", str(forward["localPort"])]
    for key in ("a", "b", "c", "d"):
        assert aws.run(*typed, "set", key, f"value of {key}").stdout.strip().endswith("OK")
        assert aws.run(*typed, "get", key).stdout.strip().endswith(f"value of {key}")


def test_a_tested_failover_loses_no_acknowledged_write(simfra, trio, forward):
    with through(forward) as client:
        with sharded.Writer(client) as writer:
            simfra.elasticache.test_failover(ReplicationGroupId=trio, NodeGroupId="0002")
            groups.available(simfra, trio)
            writer.wrote_on()
        assert writer.lost(client) == []
    with through(forward) as client:
        led_to = {node.port for node in client.get_primaries()}
    told = leaders(simfra, forward)
    assert list(told) == ["trio-0001-001", "trio-0002-002", "trio-0003-001"]
    assert led_to == set(told.values())


def test_primaries_are_lost_while_a_client_goes_through(simfra, runtime, trio, forward):
    for way in WAYS[runtime].values():
        groups.available(simfra, trio)
        with through(forward) as client:
            before = next(iter(leaders(simfra, forward)))
            with sharded.Writer(client) as writer:
                way(node_of(runtime, simfra.instance, before))
                until(lambda: before not in leaders(simfra, forward), "it fails over")
                groups.available(simfra, trio)
                writer.wrote_on()
        with through(forward) as client:
            # The other shards' writes were never in danger, and of this one's none but the last moment's.
            assert len(writer.lost(client)) <= 1
        assert ports_now(simfra, forward) == ports(forward)


def test_members_that_join_and_leave_are_followed(simfra, trio, forward):
    change = {"ReplicationGroupId": trio, "ApplyImmediately": True}
    simfra.elasticache.increase_replica_count(NewReplicaCount=2, **change)
    groups.available(simfra, trio)
    more = ports_now(simfra, forward)
    assert len(more) == 9 and more.items() > ports(forward).items()
    until(lambda: found(forward) == set(more.values()), "the new replicas are told of")
    simfra.elasticache.decrease_replica_count(NewReplicaCount=1, **change)
    groups.available(simfra, trio)
    until(lambda: len(ports_now(simfra, forward)) == 6, "the ports of those that left are closed")
    gone = set(more.values()) - set(ports_now(simfra, forward).values())
    until(lambda: not any(listens(port) for port in gone), "nobody listens there")


def test_slots_move_while_a_client_goes_through(simfra):
    asked = [{"Slots": slots, "ReplicaCount": 0} for slots in ("0-8191", "8192-15999", "16000-16383")]
    parameters = {
        "ReplicationGroupDescription": "a test's", "CacheNodeType": "cache.t3.micro", "AutomaticFailoverEnabled": True,
        "NodeGroupConfiguration": asked, **test_resharding.ENGINES["valkey"],
    }
    simfra.elasticache.create_replication_group(ReplicationGroupId="moving", **parameters)
    groups.available(simfra, "moving")
    forward = opened(simfra, "moving")
    with through(forward) as client, test_resharding.Writer(client) as writer:
        test_resharding.reshard(simfra, "moving", 2, NodeGroupsToRemove=["0003"])
        writer.wrote_on()
    assert writer.troubles == []
    until(lambda: list(ports_now(simfra, forward)) == ["moving-0001-001", "moving-0002-001"], "the third's port is closed")
    with through(forward) as client:
        assert writer.lost(client) == []
        assert {node.port for node in client.get_primaries()} == set(ports_now(simfra, forward).values())
    groups.delete(simfra, "moving")


def test_a_group_that_gets_cluster_mode_is_led_to_whole(simfra):
    groups.create(simfra, "growing", Engine="valkey", EngineVersion="8.1")
    forward = opened(simfra, "growing")
    assert "members" not in forward
    simfra.elasticache.modify_replication_group(
        ReplicationGroupId="growing", ClusterMode="compatible", ApplyImmediately=True
    )
    group = groups.available(simfra, "growing")
    until(lambda: list(ports_now(simfra, forward)) == group["MemberClusters"], "the members have ports")
    with through(forward) as client:
        write_everywhere(client)
        assert {node.port for node in client.get_primaries()} == set(leaders(simfra, forward).values())
    with caches.through(forward["localPort"]) as client:
        assert client.get("key:1") == "value"
    groups.delete(simfra, "growing")


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_its_ports_outlive_simfra(runtime, new_simfra):
    simfra = new_simfra(runtime, durable=True, forwards=3).start()
    sharded.create(simfra, "lasting", 2, 0)
    forward = opened(simfra, "lasting")
    status, refusal = simfra.admin("POST", "port-forwards", {"targetArn": groups.arn_of("lasting")})
    assert status == 409 and simfra.forwards in refusal["error"]
    with through(forward) as client:
        write_everywhere(client)
    simfra.kill()
    simfra.start()
    groups.available(simfra, "lasting")
    assert simfra.admin("GET", "port-forwards") == (200, [forward])
    with through(forward) as client:
        assert client.mget_nonatomic([f"key:{number}" for number in range(100)]) == ["value"] * 100
    groups.delete(simfra, "lasting")
    simfra.terminate()


def test_its_end_is_that_of_all_its_ports(simfra, trio, forward):
    again = opened(simfra, trio)
    assert simfra.admin("DELETE", f"port-forwards/{again['id']}")[0] == 204
    until(lambda: not any(listens(port) for port in [again["localPort"], *ports(again).values()]), "all are closed")
    groups.delete(simfra, trio)
    until(lambda: simfra.admin("GET", "port-forwards") == (200, []), "the forward goes with its group")
    assert not listens(forward["localPort"])
