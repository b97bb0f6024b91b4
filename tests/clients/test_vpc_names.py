"""Names: inside the VPC, where a container of the user's reaches the cache by the guide's own name, and on the host."""

import ipaddress
import json

import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import pytest

import caches
from conftest import living
from leftovers import containers, docker, networks
from simfra import Simfra

CLIENT_IMAGE = "simfra-test-client:latest"
NAME = "my-cache.abcdef.0001.use1.cache.simfra.dev"

# What the guide's reader runs in Lambda or ECS, and prints what it read.
GUIDE_PROGRAM = f"""
import redis
r = redis.Redis(host='{NAME}', port=6379)
r.set('key', 'value')
print(r.get('key').decode())
"""


@pytest.fixture(scope="module")
def docker_simfra(docker_runtime, tmp_path_factory):
    """A Simfra on Docker with the guide's cluster."""
    with living(tmp_path_factory, docker_runtime) as simfra:
        simfra.start()
        caches.create(simfra, "my-cache")
        caches.available(simfra, "my-cache")
        yield simfra
        simfra.stop()


@pytest.fixture(scope="module")
def named(simfra):
    """A Simfra on either runtime with the guide's cluster."""
    caches.create(simfra, "my-cache")
    caches.available(simfra, "my-cache")
    return simfra


def run_in_vpc(simfra: Simfra, *command: str, options: list[str] | None = None) -> str:
    """What a command prints in a plain container that the user attaches to the VPC's network. Docker gets `options`."""
    (network,) = networks(simfra.instance)
    resolver = str(pool(network)[2])
    place = ["--network", network, "--dns", resolver, "--name", f"simfra-client-{simfra.instance}"]
    return docker("run", "--rm", *place, *(options or []), CLIENT_IMAGE, *command)


def pool(network: str) -> ipaddress.IPv4Network:
    (described,) = json.loads(docker("network", "inspect", network))
    return ipaddress.IPv4Network(described["IPAM"]["Config"][0]["Subnet"])


def test_a_container_in_the_vpc_reaches_the_cache_by_the_guides_name(docker_simfra):
    (network,) = networks(docker_simfra.instance)
    assert network.startswith("simfra-vpc-000000000000-us-east-1-vpc-")
    assert run_in_vpc(docker_simfra, "python3", "-c", GUIDE_PROGRAM) == "value"
    with caches.connected(docker_simfra, "my-cache") as client:
        assert client.get("key") == "value"


def test_simfra_local_is_the_api_at_the_vpcs_gateway(docker_simfra):
    (network,) = networks(docker_simfra.instance)
    program = "import socket; print(socket.gethostbyname('simfra.local'))"
    assert run_in_vpc(docker_simfra, "python3", "-c", program) == str(pool(network)[1])
    url = f"http://simfra.local:{docker_simfra.place.ports.api}/_simfra/health"
    program = f"import urllib.request; print(urllib.request.urlopen('{url}').read().decode())"
    assert json.loads(run_in_vpc(docker_simfra, "python3", "-c", program))["status"] == "healthy"


def test_nodes_publish_no_port(docker_simfra):
    (node,) = containers(docker_simfra.instance, "label=dev.simfra.role=node")
    (described,) = json.loads(docker("inspect", node))
    assert not any(described["NetworkSettings"]["Ports"].values())
    assert not described["HostConfig"]["PortBindings"]
    assert described["HostConfig"]["RestartPolicy"]["Name"] in ("", "no")
    assert described["Name"] == f"/simfra-elasticache-000000000000-us-east-1-my-cache-0001-{docker_simfra.instance}"


def ask(simfra: Simfra, name: str, kind: str = "A", over=dns.query.udp) -> dns.message.Message:
    """The answer of the DNS port that the admin API names."""
    status, answer = simfra.admin("GET", f"dns/{caches.ACCOUNT}")
    assert status == 200
    return over(dns.message.make_query(name, kind), "127.0.0.1", timeout=10, port=answer["port"])


def addresses(answer: dns.message.Message) -> list[str]:
    return [record.address for records in answer.answer for record in records]


def test_a_name_resolves_on_the_host_to_where_the_cache_answers(named):
    answer = ask(named, NAME)
    assert answer.rcode() == dns.rcode.NOERROR
    (records,) = answer.answer
    assert (records.rdtype, records.ttl) == (dns.rdatatype.A, 1)
    forward = caches.open_forward(named, "my-cache")
    assert addresses(answer) == [forward["targetIp"]]


def test_a_name_resolves_in_any_case_and_over_tcp(named):
    expected = addresses(ask(named, NAME))
    assert expected
    assert addresses(ask(named, NAME.upper())) == expected
    assert addresses(ask(named, NAME, over=dns.query.tcp)) == expected


def test_a_name_without_ipv6_address_is_there_all_the_same(named):
    answer = ask(named, NAME, "AAAA")
    assert (answer.rcode(), answer.answer) == (dns.rcode.NOERROR, [])


@pytest.mark.parametrize("name", [f"not-{NAME}", "simfra.dev.simfra.dev", "www.simfra.dev"])
def test_a_name_under_the_suffix_that_is_not_there_is_denied_here(named, name):
    """An authoritative answer: nobody else was asked."""
    answer = ask(named, name)
    assert answer.rcode() == dns.rcode.NXDOMAIN
    assert answer.flags & dns.flags.AA


def test_simfra_local_is_loopback_on_the_host(named):
    assert addresses(ask(named, "simfra.local")) == ["127.0.0.1"]


def test_a_name_vanishes_with_its_cluster(named):
    caches.create(named, "short-lived")
    caches.available(named, "short-lived")
    name = NAME.replace("my-cache", "short-lived")
    assert addresses(ask(named, name))
    caches.delete(named, "short-lived")
    assert ask(named, name).rcode() == dns.rcode.NXDOMAIN


def test_dns_of_an_account_that_is_none_is_refused(named):
    status, answer = named.admin("GET", "dns/not-an-account")
    assert status in (400, 404) and answer["error"]
