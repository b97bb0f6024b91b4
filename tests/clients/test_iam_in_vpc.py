"""Users of IAM in containers that the user attaches to the VPC's network: redis-py with the user guide's provider."""

import pytest

import groups
import sharded
from conftest import living
from test_cluster_clients_in_vpc import mounts, seeing_packages  # noqa: F401
from test_vpc_names import run_in_vpc

PROGRAM = """
import sys
from redis import Redis, exceptions
from redis.cluster import RedisCluster
from test_iam import Tokens
kind, host, cache = sys.argv[1:]
connect = {"cluster": RedisCluster, "single": Redis}[kind]
tls = {"ssl": True, "ssl_ca_certs": "/ca.pem", "ssl_check_hostname": True}
client = connect(host=host, port=6379, credential_provider=Tokens("app", cache), **tls)
for number in range(100):
    client.set(f"iam:{number}", number)
assert [client.get(f"iam:{number}") for number in range(100)] == [b"%d" % n for n in range(100)]
print("well")
try:
    Redis(host=host, port=6379, credential_provider=Tokens("app", "another"), **tls).ping()
except exceptions.AuthenticationError as refused:
    print(refused)
"""
REFUSED = "invalid username-password pair or user is disabled."


@pytest.fixture(scope="module")
def simfra(docker_runtime, tmp_path_factory):
    """With a user of IAM, whom a group of each mode lets in."""
    with living(tmp_path_factory, docker_runtime) as simfra:
        simfra.start()
        simfra.elasticache.create_user(
            UserId="app", UserName="app", Engine="valkey", AccessString="on ~* +@all", AuthenticationMode={"Type": "iam"}
        )
        simfra.elasticache.create_user_group(UserGroupId="apps", Engine="valkey", UserIds=["app"])
        guarded = {"Engine": "valkey", "TransitEncryptionEnabled": True, "UserGroupIds": ["apps"]}
        groups.create(simfra, "single", **guarded)
        sharded.create(simfra, "cluster", 2, 1, CacheParameterGroupName="default.valkey8.cluster.on", **guarded)
        yield simfra
        simfra.stop()


@pytest.mark.parametrize("kind", ["single", "cluster"])
def test_redis_py_signs_in_with_tokens(simfra, mounts, kind):  # noqa: F811
    group = groups.available(simfra, kind)
    endpoint = group.get("ConfigurationEndpoint") or group["NodeGroups"][0]["PrimaryEndpoint"]
    options = [*mounts, *seeing_packages(simfra)]
    told = run_in_vpc(simfra, "python3", "-c", PROGRAM, kind, endpoint["Address"], kind, options=options)
    assert told.splitlines() == ["well", REFUSED]
