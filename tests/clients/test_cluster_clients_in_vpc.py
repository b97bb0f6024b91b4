"""Cluster clients in containers that the user attaches to the VPC's network: names and TLS all the way."""

import sys
from pathlib import Path

import pytest

import aws
import groups
import sharded
from conftest import living
from simfra import beside
from test_vpc_names import run_in_vpc

TOKEN = "a-token-of-enough-characters"

GLIDE = """
import gliding, sys
host, token = sys.argv[1:]
with gliding.clustered(host, 6379, token, "/ca.pem") as client:
    gliding.writes_and_reads(client)
print("well")
"""

REDIS_PY = """
import sys
from redis.cluster import RedisCluster
host, token = sys.argv[1:]
client = RedisCluster(host, 6379, password=token, ssl=True, ssl_ca_certs="/ca.pem", ssl_check_hostname=True)
for number in range(300):
    client.set(f"py:{number}", number)
print("well" if [client.get(f"py:{number}") for number in range(300)] == [b"%d" % n for n in range(300)] else "ill")
"""


@pytest.fixture(scope="module")
def simfra(docker_runtime, tmp_path_factory):
    """With a plain group and an encrypted one that asks for a token."""
    with living(tmp_path_factory, docker_runtime) as simfra:
        simfra.start()
        sharded.create(simfra, "plain", 2, 0)
        sharded.create(
            simfra, "secure", 2, 1, Engine="valkey", CacheParameterGroupName="default.valkey8.cluster.on",
            TransitEncryptionEnabled=True, AuthToken=TOKEN,
        )
        yield simfra
        simfra.stop()


@pytest.fixture(scope="module")
def mounts(simfra, tmp_path_factory) -> list[str]:
    """What the clients' containers see of Simfra: its authority's certificate."""
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    done = aws.run("curl", "--silent", "--fail", "-o", path, f"{simfra.url}/_simfra/ca")
    assert done.returncode == 0, done.stderr
    return ["--volume", f"{path}:/ca.pem:ro"]


def endpoint(simfra, group: str) -> str:
    return groups.find(simfra, group)["ConfigurationEndpoint"]["Address"]


def test_redis_py(simfra, mounts):
    address = endpoint(simfra, "secure")
    assert run_in_vpc(simfra, "python3", "-c", REDIS_PY, address, TOKEN, options=mounts) == "well"


def seeing_packages(simfra) -> list[str]:
    """Docker's options for a container that sees these tests and what is installed for them."""
    version = "import sys; print(*sys.version_info[:2], sep='.')"
    inside, here = run_in_vpc(simfra, "python3", "-c", version), "{}.{}".format(*sys.version_info)
    if inside != here:
        pytest.skip(f"SKIPPED in the VPC: packages are installed for Python {here}, the container has {inside}")
    options = ["--env", "PYTHONPATH=/checkout/tests/clients:/packages", "--env", "PYTHONDONTWRITEBYTECODE=1"]
    tests, packages = Path(aws.__file__).parent, Path(pytest.__file__).parents[1]
    for folder, inside in ((tests, "/checkout/tests/clients"), (packages, "/packages")):
        options += ["--volume", f"{folder}:{inside}:ro"]
    return options


def test_glide(simfra, mounts):
    address, options = endpoint(simfra, "secure"), [*mounts, *seeing_packages(simfra)]
    assert run_in_vpc(simfra, "python3", "-c", GLIDE, address, TOKEN, options=options) == "well"


def test_a_client_in_rust(simfra):
    program = ["--volume", f"{beside('cluster-client')}:/cluster-client:ro"]
    url = f"redis://{endpoint(simfra, 'plain')}:6379"
    assert run_in_vpc(simfra, "/cluster-client", url, "300", options=program) == ""
