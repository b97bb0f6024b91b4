"""A port forward to an encrypted group with cluster mode: clients with TLS and without are led to every member."""

import socket
import ssl

import pytest
import redis
from redis.cluster import RedisCluster

import aws
import caches
import gliding
import groups
import sharded
from test_forwarded_cluster import found, leaders, opened, ports, write_everywhere
from waiting import until

TOKEN = "a-token-of-enough-characters"


@pytest.fixture(scope="module")
def forward(simfra) -> dict:
    """A forward to an encrypted group with a token."""
    sharded.create(
        simfra, "secure", 2, 1, Engine="valkey", CacheParameterGroupName="default.valkey8.cluster.on",
        TransitEncryptionEnabled=True, AuthToken=TOKEN,
    )
    forward = opened(simfra, "secure")
    with through(forward) as client:
        write_everywhere(client)
    until(lambda: found(forward, password=TOKEN) == set(ports(forward).values()), "the nodes tell of all replicas")
    return forward


@pytest.fixture(scope="module")
def authority(simfra, tmp_path_factory) -> str:
    """The authority's certificate's file."""
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    done = aws.run("curl", "--silent", "--fail", "-o", path, f"{simfra.url}/_simfra/ca")
    assert done.returncode == 0, done.stderr
    return str(path)


def through(forward: dict, host: str = "localhost", **options) -> RedisCluster:
    options = {"decode_responses": True, "socket_timeout": 2, "password": TOKEN} | options
    return RedisCluster(host=host, port=forward["localPort"], **options)


def verifying(authority: str) -> dict:
    return {"ssl": True, "ssl_ca_certs": authority, "ssl_check_hostname": True}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_client_that_verifies_is_led_to_every_member(forward, authority, host):
    with through(forward, host, **verifying(authority)) as client:
        assert {node.port for node in client.get_nodes()} == set(ports(forward).values())
        keys = {f"key:{number}": "value" for number in range(200)}
        assert client.mset_nonatomic(keys)
        assert client.mget_nonatomic(list(keys)) == list(keys.values())
        large = "x" * 3_000_000
        assert client.set("large", large) and client.get("large") == large


def test_glide_verifies_and_is_led_to_every_shard(forward, authority):
    with gliding.clustered("localhost", forward["localPort"], TOKEN, authority) as client:
        gliding.writes_and_reads(client)


def test_a_client_without_tls_is_encrypted_for(forward):
    with through(forward) as client:
        assert {node.port for node in client.get_nodes()} == set(ports(forward).values())
        assert client.mset_nonatomic({f"key:{number}": "plain" for number in range(200)})
    typed = ["redis-cli", "-c", "--no-auth-warning", "--pass", TOKEN, "-h", "localhost", "-p", str(forward["localPort"])]
    for key in ("a", "b", "c", "d"):
        assert aws.run(*typed, "set", key, "value").stdout.strip().endswith("OK")


def test_an_encrypted_shard_fails_over(simfra, forward, authority):
    with through(forward, **verifying(authority)) as client, sharded.Writer(client) as writer:
        simfra.elasticache.test_failover(ReplicationGroupId="secure", NodeGroupId="0001")
        groups.available(simfra, "secure")
        writer.wrote_on()
    with through(forward, **verifying(authority)) as client:
        assert writer.lost(client) == []
        told = leaders(simfra, forward)
        assert list(told) == ["secure-0001-002", "secure-0002-001"]
        assert {node.port for node in client.get_primaries()} == set(told.values())


def test_strangers_stay_outside(forward, authority):
    with caches.through(forward["localPort"]) as stranger, pytest.raises(redis.exceptions.AuthenticationError):
        stranger.ping()
    trusting = ssl.create_default_context(cafile=authority)
    for context, name in [(trusting, "example.com"), (ssl.create_default_context(), "localhost")]:
        with socket.create_connection(("localhost", forward["localPort"])) as plain:
            with pytest.raises(ssl.SSLCertVerificationError):
                context.wrap_socket(plain, server_hostname=name)
