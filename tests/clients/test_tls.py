"""Encryption in transit: real clients that verify, in the VPC by name and on the host through a forward."""

import socket
import ssl
import stat
import subprocess
from pathlib import Path

import pytest
import redis

import aws
import caches
import gliding
from conftest import living
from leftovers import containers, docker, networks
from simfra import Simfra, binary
from test_vpc_names import run_in_vpc

NAME = "{cluster}.abcdef.0001.use1.cache.simfra.dev"
ENGINES = ["redis", "valkey"]


@pytest.fixture(scope="module")
def simfra(runtime, tmp_path_factory):
    """With an encrypted cluster of each engine that speaks TLS."""
    with living(tmp_path_factory, runtime) as simfra:
        simfra.start()
        for engine in ENGINES:
            create(simfra, f"secure-{engine}", engine)
        yield simfra
        simfra.stop()


def create(simfra: Simfra, cluster: str, engine: str = "redis") -> dict:
    """As the guide's reader types it."""
    made = aws.elasticache(
        simfra,
        "create-cache-cluster",
        *("--cache-cluster-id", cluster),
        *("--engine", engine),
        *("--cache-node-type", "cache.t3.micro"),
        *("--num-cache-nodes", "1"),
        "--transit-encryption-enabled",
    )["CacheCluster"]
    assert made["TransitEncryptionEnabled"] is True
    assert made["TransitEncryptionMode"] == "required"
    return caches.available(simfra, cluster)


@pytest.fixture(scope="module")
def authority(simfra, tmp_path_factory) -> Path:
    """The file that `curl -o ca.pem` makes."""
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    done = aws.run("curl", "--silent", "--fail", "-o", path, f"{simfra.url}/_simfra/ca")
    assert done.returncode == 0, done.stderr
    return path


@pytest.mark.parametrize("engine", ENGINES)
def test_a_forward_takes_clients_with_tls_and_without(simfra, authority, engine):
    cluster = f"secure-{engine}"
    port = str(caches.open_forward(simfra, cluster)["localPort"])
    encrypted = ["redis-cli", "--tls", "--cacert", authority, "-h", "localhost", "-p", port]
    assert aws.run(*encrypted, "set", "key", "value").stdout == "OK\n"
    assert aws.run("redis-cli", "-h", "localhost", "-p", port, "get", "key").stdout == "value\n"
    with caches.through(int(port)) as client:
        large = "x" * 3_000_000
        assert client.set("large", large)
        assert client.get("large") == large
    for host in ("localhost", "127.0.0.1"):
        with verifying(host, int(port), authority) as client:
            assert client.get("key") == "value"
        with gliding.alone(host, int(port), authority=authority) as client:
            gliding.writes_and_reads(client, 10)
    # Connections that say nothing are let go, and take nothing along.
    with socket.create_connection(("localhost", int(port))), socket.create_connection(("localhost", int(port))):
        with caches.through(int(port)) as client:
            assert client.ping()


def verifying(host: str, port: int, authority: Path) -> redis.Redis:
    """redis-py that checks chain and host name, by OpenSSL."""
    return redis.Redis(
        host, port, ssl=True, ssl_ca_certs=str(authority), ssl_check_hostname=True, decode_responses=True
    )


def test_the_certificate_is_the_nodes_and_the_authority_simfras_alone(simfra, authority):
    port = caches.open_forward(simfra, "secure-redis")["localPort"]
    ours = ssl.create_default_context(cafile=str(authority))
    names = (NAME.format(cluster="secure-redis"), "localhost", "127.0.0.1", "::1")
    for name in names:
        with socket.create_connection(("localhost", port)) as plain, ours.wrap_socket(plain, server_hostname=name) as tls:
            assert tls.version() == "TLSv1.3"
            tls.sendall(b"PING\r\n")
            assert tls.recv(64) == b"+PONG\r\n"
    for context, name in [(ours, NAME.format(cluster="other")), (ours, "example.com"), (ssl.create_default_context(), "localhost")]:
        with socket.create_connection(("localhost", port)) as plain, pytest.raises(ssl.SSLCertVerificationError):
            context.wrap_socket(plain, server_hostname=name)


def test_the_authority_cannot_vouch_for_foreign_names(simfra, authority, tmp_path):
    """OpenSSL believes a chain under it for Simfra's names and private addresses, and for nobody else's."""
    kept = kept_authority(simfra)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    signer = Signer(kept, authority, tmp_path)
    for name in ("DNS:a.simfra.dev", "DNS:simfra.local", "DNS:localhost", "IP:127.0.0.1", "IP:10.1.2.3", "IP:::1"):
        assert "OK" in signer.verdict(name), name
    for name in ("DNS:example.com", "DNS:simfra.dev.example.com", "DNS:amazonaws.com", "IP:93.184.216.34"):
        assert "permitted subtree violation" in signer.verdict(name), name


def kept_authority(simfra: Simfra) -> Path:
    if simfra.durable:
        return simfra.place.folder / "data" / "authority" / "authority.json"
    return Path.home() / ".cache" / "simfra" / "authorities" / simfra.instance / "authority.json"


class Signer:
    """Whoever got hold of the authority's key."""

    def __init__(self, kept: Path, authority: Path, folder: Path):
        import base64
        import json

        self.authority, self.folder = authority, folder
        key = base64.encodebytes(base64.b64decode(json.loads(kept.read_text())["key"])).decode()
        (folder / "ca.key").write_text(f"-----BEGIN PRIVATE KEY-----\n{key}-----END PRIVATE KEY-----\n")
        self.openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", folder / "leaf.key")

    def verdict(self, name: str) -> str:
        """What OpenSSL says of a certificate for `name`."""
        request, leaf, extensions = (self.folder / file for file in ("leaf.csr", "leaf.pem", "leaf.ext"))
        extensions.write_text(f"subjectAltName={name}\n")
        self.openssl("req", "-new", "-key", self.folder / "leaf.key", "-subj", "/O=forged", "-out", request)
        signed = ["-CA", self.authority, "-CAkey", self.folder / "ca.key", "-CAcreateserial"]
        self.openssl("x509", "-req", "-in", request, *signed, "-days", "1", "-extfile", extensions, "-out", leaf)
        checked = aws.run("openssl", "verify", "-purpose", "sslserver", "-CAfile", self.authority, leaf)
        return checked.stdout + checked.stderr

    @staticmethod
    def openssl(*arguments) -> None:
        done = aws.run("openssl", *arguments)
        assert done.returncode == 0, done.stderr


def test_simfra_ca_prints_the_same_certificate(simfra, authority):
    def ask(port: int) -> subprocess.CompletedProcess[str]:
        return aws.run(binary(), "ca", "--port", str(port))

    assert ask(simfra.place.ports.api).stdout == authority.read_text()
    nobody = ask(simfra.place.ports.api + 9)
    assert nobody.returncode == 1 and nobody.stdout == ""
    assert "no Simfra answers at 127.0.0.1:" in nobody.stderr and "SIMFRA_PORT" in nobody.stderr


def test_inside_the_vpc_only_tls_is_spoken(docker_runtime, tmp_path_factory):
    with living(tmp_path_factory, docker_runtime) as simfra:
        simfra.start()
        create(simfra, "secure-cache")
        name = NAME.format(cluster="secure-cache")
        pem = aws.run("curl", "--silent", "--fail", f"{simfra.url}/_simfra/ca").stdout
        program = f"""
import redis, ssl
r = redis.Redis('{name}', 6379, ssl=True, ssl_ca_data='''{pem}''', ssl_check_hostname=True)
r.set('key', 'value')
print(r.get('key').decode())
try:
    redis.Redis('{name}', 6379, socket_timeout=10).ping()
    print('plain')
except redis.exceptions.ConnectionError:
    print('refused')
try:
    redis.Redis('{name}', 6379, ssl=True).ping()
    print('unverified')
except redis.exceptions.ConnectionError as error:
    print('self-signed certificate' in str(error))
"""
        assert run_in_vpc(simfra, "python3", "-c", program).split() == ["value", "refused", "True"]
        assert networks(simfra.instance)
        check_no_key_is_told(simfra)
        simfra.stop()


def check_no_key_is_told(simfra: Simfra) -> None:
    """A key is in the container's own files, and nowhere that `docker inspect` or a log shows."""
    (node,) = containers(simfra.instance, "label=dev.simfra.role=node")
    told = docker("inspect", node) + docker("logs", node) + simfra.log()
    assert "PRIVATE KEY" not in told
    assert "PRIVATE KEY" in docker("exec", node, "cat", "/simfra/tls-key.pem")


def test_an_encrypted_cluster_outlives_kill_and_stop(new_simfra, runtime):
    """The authority stays, adopted nodes go on, data and certificates are good after a start anew."""
    simfra = new_simfra(runtime, durable=True).start()
    create(simfra, "secure-cache")
    pem = ca(simfra)
    port = caches.open_forward(simfra, "secure-cache")["localPort"]
    with caches.through(port) as client:
        assert client.set("key", "value")
        process = client.info("server")["run_id"]
    simfra.kill()
    simfra.start()
    assert ca(simfra) == pem
    caches.available(simfra, "secure-cache")
    assert run_id(simfra, pem, port) == process, "it was adopted"
    simfra.terminate()
    simfra.start()
    caches.available(simfra, "secure-cache")
    assert run_id(simfra, pem, port) != process
    caches.delete(simfra, "secure-cache")
    simfra.terminate()


def ca(simfra: Simfra) -> str:
    return aws.run("curl", "--silent", "--fail", f"{simfra.url}/_simfra/ca").stdout


def run_id(simfra: Simfra, pem: str, port: int) -> str:
    """Which process answers, with the data that it should have."""
    with redis.Redis("localhost", port, ssl=True, ssl_ca_data=pem, ssl_check_hostname=True, decode_responses=True) as client:
        assert client.get("key") == "value"
        return client.info("server")["run_id"]
