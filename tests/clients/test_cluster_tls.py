"""Encryption in transit and tokens of a group with cluster mode: clients that verify are led by names, and so are nodes."""

import pytest
import redis

import aws
import groups
import sharded
from test_vpc_names import addresses, ask

TOKEN = "a-token-of-enough-characters"


@pytest.fixture(scope="module")
def secure(simfra) -> str:
    """An encrypted group with a token."""
    sharded.create(
        simfra, "secure", 2, 1, Engine="valkey", CacheParameterGroupName="default.valkey8.cluster.on",
        TransitEncryptionEnabled=True, AuthToken=TOKEN,
    )
    return "secure"


@pytest.fixture(scope="module")
def client(simfra, secure, tmp_path_factory):
    """A cluster client that trusts Simfra's authority alone, and finds names as the VPC's resolver would."""
    authority = tmp_path_factory.mktemp("ca") / "ca.pem"
    done = aws.run("curl", "--silent", "--fail", "-o", authority, f"{simfra.url}/_simfra/ca")
    assert done.returncode == 0, done.stderr
    asked: list[str] = []

    def found(address: tuple[str, int]) -> tuple[str, int]:
        host, port = address
        if not host[0].isdigit():
            asked.append(host)
            host = addresses(ask(simfra, host))[0]
        return host, port

    options = {"ssl": True, "ssl_ca_certs": str(authority), "ssl_check_hostname": True, "password": TOKEN}
    with sharded.connected(simfra, secure, address_remap=found, **options) as client:
        assert set(asked) >= {f"secure-000{n}-001.secure.abcdef.use1.cache.simfra.dev" for n in (1, 2)}
        yield client


def test_clients_and_nodes_speak_tls(client):
    assert client.mset_nonatomic({f"key:{number}": "value" for number in range(100)})
    assert client.wait(1, 5000, target_nodes=client.get_node_from_key("key:0")) == 1
    assert len(sharded.nodes(client)) == 4


def test_an_encrypted_shard_fails_over(simfra, secure, client):
    with sharded.Writer(client) as writer:
        simfra.elasticache.test_failover(ReplicationGroupId=secure, NodeGroupId="0001")
        groups.available(simfra, secure)
        writer.wrote_on()
    assert writer.lost(client) == []
    assert set(sharded.slots(client)) == {"secure-0001-002", "secure-0002-001"}


def test_an_encrypted_group_gets_a_shard_more(simfra, secure, client):
    keys = {f"kept:{number}": "value" for number in range(1000)}
    assert client.mset_nonatomic(keys)
    simfra.elasticache.modify_replication_group_shard_configuration(
        ReplicationGroupId=secure, NodeGroupCount=3, ApplyImmediately=True
    )
    groups.available(simfra, secure)
    client.nodes_manager.initialize()
    assert len(sharded.slots(client)) == 3
    assert client.mget_nonatomic(list(keys)) == list(keys.values())


def test_without_the_token_nobody_enters(simfra, secure):
    group = groups.find(simfra, secure)
    host = addresses(ask(simfra, group["ConfigurationEndpoint"]["Address"]))[0]
    options = {"ssl": True, "ssl_cert_reqs": "none"}
    with redis.Redis(host, group["ConfigurationEndpoint"]["Port"], **options) as stranger:
        with pytest.raises(redis.exceptions.AuthenticationError):
            stranger.ping()
