"""The guide's cluster and forward commands, typed as printed, for each engine on each runtime."""

import re

import pytest
import redis

import aws
import groups
from caches import arn_of, memcached_through
from conftest import living
from leftovers import node_of
from simfra import Simfra
from test_vpc_names import addresses, ask

# As the guide has them: the cluster's name, its engine, the engine's port.
GUIDE = [("my-cache", "redis", 6379), ("my-cache", "valkey", 6379), ("my-memcached", "memcached", 11211)]

# What POST /_simfra/port-forwards answers, member by member.
FORWARD = {
    "id",
    "localPort",
    "targetPort",
    "targetArn",
    "targetIp",
    "localAddress",
    "vpcNetwork",
    "service",
    "resourceId",
    "cacheNodeId",
    "accountId",
    "region",
    "createdAt",
    "status",
}


@pytest.fixture(scope="module")
def simfra(runtime, tmp_path_factory):
    """With three ports for forwards, so that they can run out."""
    with living(tmp_path_factory, runtime, forwards=3) as simfra:
        yield simfra.start()
        simfra.stop()


def create(simfra: Simfra, cluster: str, engine: str) -> dict:
    return aws.elasticache(
        simfra,
        "create-cache-cluster",
        *("--cache-cluster-id", cluster),
        *("--engine", engine),
        *("--cache-node-type", "cache.t3.micro"),
        *("--num-cache-nodes", "1"),
    )["CacheCluster"]


def post(simfra: Simfra, body: str) -> tuple[int, dict]:
    return aws.curl(simfra, "port-forwards", "-X", "POST", "-d", body)


@pytest.mark.parametrize(("cluster", "engine", "port"), GUIDE, ids=[engine for _, engine, _ in GUIDE])
def test_guide(simfra, cluster, engine, port):
    walk(simfra, cluster, engine, port)


def walk(simfra: Simfra, cluster: str, engine: str, port: int) -> None:
    """A cluster from its creation to its end, as the guide has it."""
    reply = create(simfra, cluster, engine)
    check_reply(reply, cluster, engine)

    aws.elasticache(simfra, "wait", "cache-cluster-available", "--cache-cluster-id", cluster)
    check_available(simfra, cluster, engine, port)

    forward = open_and_list(simfra, cluster, port)
    check_data(engine, forward["localPort"])

    assert aws.curl(simfra, f"port-forwards/{forward['id']}", "-X", "DELETE")[0] in (200, 204)
    assert aws.curl(simfra, f"port-forwards/{forward['id']}")[0] == 404

    deleted = aws.elasticache(simfra, "delete-cache-cluster", "--cache-cluster-id", cluster)["CacheCluster"]
    assert deleted["CacheClusterStatus"] == "deleting"
    aws.elasticache(simfra, "wait", "cache-cluster-deleted", "--cache-cluster-id", cluster)
    assert "CacheClusterNotFound" in aws.refused(simfra, "describe-cache-clusters", "--cache-cluster-id", cluster)


def walk_secure(simfra: Simfra) -> int:
    """The guide's cluster with a token, from its creation to its use; answers with the forward's port."""
    made = aws.elasticache(
        simfra,
        "create-cache-cluster",
        *("--cache-cluster-id", "my-secure-cache"),
        *("--engine", "redis"),
        *("--cache-node-type", "cache.t3.micro"),
        *("--num-cache-nodes", "1"),
        *("--auth-token", "my-secret-token"),
        "--transit-encryption-enabled",
    )["CacheCluster"]
    assert made["AuthTokenEnabled"] is True
    aws.elasticache(simfra, "wait", "cache-cluster-available", "--cache-cluster-id", "my-secure-cache")
    _, forward = post(simfra, f'{{"targetArn":"{arn_of("my-secure-cache")}","targetPort":6379}}')
    typed = ["redis-cli", "-h", "localhost", "-p", str(forward["localPort"])]
    admitted = [*typed, "--pass", "my-secret-token"]
    assert aws.run(*admitted, "set", "key", "value").stdout == "OK\n"
    assert aws.run(*admitted, "get", "key").stdout == "value\n"
    assert aws.run(*typed, "get", "key").stdout.startswith("NOAUTH")
    wrong = aws.run(*typed, "--pass", "not-the-secret-token", "get", "key")
    assert "WRONGPASS" in wrong.stderr and wrong.stdout.startswith("NOAUTH")
    return forward["localPort"]


def check_reply(reply: dict, cluster: str, engine: str) -> None:
    """The reply has AWS's members, and none that AWS adds only once the cluster is there."""
    assert reply["CacheClusterId"] == cluster
    assert reply["CacheClusterStatus"] == "creating"
    assert reply["Engine"] == engine
    assert reply["CacheNodeType"] == "cache.t3.micro"
    assert reply["NumCacheNodes"] == 1
    assert reply["ARN"] == arn_of(cluster)
    assert reply["PendingModifiedValues"] == {}
    assert reply["CacheSubnetGroupName"] == "default"
    assert reply["CacheParameterGroup"]["ParameterApplyStatus"] == "in-sync"
    assert re.fullmatch(r"[a-z]{3}:\d\d:\d\d-[a-z]{3}:\d\d:\d\d", reply["PreferredMaintenanceWindow"])
    assert ("SnapshotWindow" in reply) == (engine != "memcached")
    later = {"CacheClusterCreateTime", "CacheNodes", "ConfigurationEndpoint", "PreferredAvailabilityZone"}
    assert not later & reply.keys()


def check_available(simfra: Simfra, cluster: str, engine: str, port: int) -> None:
    """The description of an available cluster, with its endpoint's name as the guide prints it."""
    described = aws.elasticache(
        simfra, "describe-cache-clusters", "--cache-cluster-id", cluster, "--show-cache-node-info"
    )["CacheClusters"][0]
    assert described["CacheClusterStatus"] == "available"
    assert described["CacheClusterCreateTime"]
    zone = described["PreferredAvailabilityZone"]
    assert re.fullmatch(r"us-east-1[a-f]", zone)
    (node,) = described["CacheNodes"]
    assert node["CacheNodeId"] == "0001"
    assert node["CacheNodeStatus"] == "available"
    assert node["CustomerAvailabilityZone"] == zone
    endpoint = node["Endpoint"]
    assert endpoint["Address"] == f"{cluster}.abcdef.0001.use1.cache.simfra.dev"
    # A process has the standard port on an address of its own, unless another program took it on all addresses.
    assert endpoint["Port"] == port or simfra.runtime == "process"
    if engine == "memcached":
        assert described["ConfigurationEndpoint"]["Address"] == f"{cluster}.abcdef.cfg.use1.cache.simfra.dev"
    assert "CacheNodes" not in aws.elasticache(simfra, "describe-cache-clusters")["CacheClusters"][0]


def open_and_list(simfra: Simfra, cluster: str, port: int) -> dict:
    """Opens the guide's forward; it is listed, alone and among the targets, as it was answered."""
    status, forward = post(simfra, f'{{"targetArn":"{arn_of(cluster)}","targetPort":{port}}}')
    assert status in (200, 201)
    assert forward.keys() == FORWARD
    assert re.fullmatch(r"pf-[0-9a-z]+", forward["id"])
    expected = {
        "localPort": simfra.place.ports.first_forward,
        "targetPort": port,
        "targetArn": arn_of(cluster),
        "service": "elasticache",
        "resourceId": cluster,
        "cacheNodeId": "0001",
        "accountId": "000000000000",
        "region": "us-east-1",
        "status": "active",
    }
    assert expected.items() <= forward.items()
    assert forward["vpcNetwork"].startswith("simfra-vpc-000000000000-us-east-1-vpc-") or simfra.runtime == "process"
    assert aws.curl(simfra, "port-forwards") == (200, [forward])
    assert aws.curl(simfra, f"port-forwards/{forward['id']}") == (200, forward)
    status, targets = aws.curl(simfra, "port-forwards/targets")
    assert status == 200
    assert [(each["targetArn"], each["targetPort"]) for each in targets] == [(arn_of(cluster), port)]
    return forward


def check_data(engine: str, local_port: int) -> None:
    """A real client sets and gets through the forward, on both loopback addresses."""
    if engine == "memcached":
        with memcached_through(local_port) as client:
            assert client.set("key", "value", noreply=False)
            assert client.get("key") == b"value"
            assert client.version().startswith(b"1.6")
        return
    typed = ["redis-cli", "-h", "localhost", "-p", str(local_port)]
    assert aws.run(*typed, "set", "key", "value").stdout == "OK\n"
    assert aws.run(*typed, "get", "key").stdout == "value\n"
    with redis.Redis("::1", local_port, decode_responses=True) as client:
        assert client.get("key") == "value"
        assert ("valkey_version" in client.info("server")) == (engine == "valkey")


def test_refused_forwards(simfra):
    create(simfra, "my-cache", "redis")
    aws.elasticache(simfra, "wait", "cache-cluster-available", "--cache-cluster-id", "my-cache")

    status, answer = post(simfra, f'{{"targetArn":"{arn_of("not-there")}","targetPort":6379}}')
    assert status == 404 and "not-there" in answer["error"]
    good = f'{{"targetArn":"{arn_of("my-cache")}","targetPort":6379}}'
    for body in ["", "no JSON", "[]", "{}", '{"targetPort":6379}', '{"targetArn":"not an arn","targetPort":6379}',
                 good.replace("6379", "70000"), good.replace("6379", '"6379"')]:
        status, answer = post(simfra, body)
        assert status == 400 and answer["error"], body
    node = good.replace("}", ',"cacheNodeId":"0002"}')
    assert post(simfra, node)[0] == 404
    for method in ("GET", "DELETE"):
        assert aws.curl(simfra, "port-forwards/pf-absent", "-X", method)[0] == 404

    check_exhaustion(simfra, good)
    # The forwards go with their target.
    aws.elasticache(simfra, "delete-cache-cluster", "--cache-cluster-id", "my-cache")
    aws.elasticache(simfra, "wait", "cache-cluster-deleted", "--cache-cluster-id", "my-cache")
    assert aws.curl(simfra, "port-forwards") == (200, [])


def check_exhaustion(simfra: Simfra, body: str) -> None:
    """The lowest free port is taken, and no port more than there are."""
    first = simfra.place.ports.first_forward
    opened = [post(simfra, body)[1] for _ in range(3)]
    assert [each["localPort"] for each in opened] == [first, first + 1, first + 2]
    status, answer = post(simfra, body)
    assert status == 409 and simfra.forwards in answer["error"]
    assert aws.curl(simfra, f"port-forwards/{opened[1]['id']}", "-X", "DELETE")[0] in (200, 204)
    assert post(simfra, body)[1]["localPort"] == first + 1


# What the guide goes on with and this version does not have: it says so by name.
LATER = {
    "ServerlessCache": [
        "create-serverless-cache",
        *("--serverless-cache-name", "my-serverless"),
        *("--engine", "redis"),
    ],
}


@pytest.mark.parametrize("named", LATER)
def test_later_features_are_refused_by_name(simfra, named):
    complaint = aws.refused(simfra, *LATER[named])
    assert named in complaint


def test_the_guides_replication_group(simfra):
    """A primary and a replica, each a server of its own; both endpoints lead where they should."""
    made = aws.elasticache(
        simfra,
        "create-replication-group",
        *("--replication-group-id", "my-repl-group"),
        *("--replication-group-description", "My replication group"),
        *("--engine", "redis"),
        *("--cache-node-type", "cache.t3.micro"),
        *("--num-cache-clusters", "2"),
    )["ReplicationGroup"]
    assert (made["Status"], made["MemberClusters"]) == ("creating", ["my-repl-group-001", "my-repl-group-002"])
    group = groups.available(simfra, "my-repl-group")
    (shard,) = group["NodeGroups"]
    nodes = {member: node_of(simfra.runtime, simfra.instance, member) for member in group["MemberClusters"]}
    assert len(set(nodes.values())) == 2
    where = {
        member["CurrentRole"]: addresses(ask(simfra, member["ReadEndpoint"]["Address"]))
        for member in shard["NodeGroupMembers"]
    }
    assert addresses(ask(simfra, shard["PrimaryEndpoint"]["Address"])) == where["primary"]
    assert addresses(ask(simfra, shard["ReaderEndpoint"]["Address"])) == where["replica"] != where["primary"]
    groups.delete(simfra, "my-repl-group")
