"""Valkey GLIDE, a client written in Rust, as its users have it: for a server alone and for a cluster."""

from contextlib import contextmanager
from pathlib import Path

import glide_sync as glide

# It waits 250 ms by default, for a connection and for a reply: too little for a busy machine.
PATIENCE_MS = 10_000


@contextmanager
def alone(host: str, port: int, password: str | None = None, authority: str | Path | None = None):
    """Connected to one server, by TLS that it verifies where there is an authority."""
    advanced = glide.AdvancedGlideClientConfiguration(PATIENCE_MS, tls_config=trusting(authority))
    with closing(glide.GlideClient, glide.GlideClientConfiguration, advanced, host, port, password) as client:
        yield client


@contextmanager
def clustered(host: str, port: int, password: str | None = None, authority: str | Path | None = None):
    """Connected to all nodes of a cluster, which it finds by this one."""
    advanced = glide.AdvancedGlideClusterClientConfiguration(PATIENCE_MS, tls_config=trusting(authority))
    kinds = (glide.GlideClusterClient, glide.GlideClusterClientConfiguration)
    with closing(*kinds, advanced, host, port, password) as client:
        yield client


@contextmanager
def closing(client, configuration, advanced, host: str, port: int, password: str | None):
    options = {
        "addresses": [glide.NodeAddress(host, port)],
        "use_tls": advanced.tls_config is not None,
        "credentials": glide.ServerCredentials(password) if password else None,
        "request_timeout": PATIENCE_MS,
        "advanced_config": advanced,
    }
    connected = client.create(configuration(**options))
    try:
        yield connected
    finally:
        connected.close()


def trusting(authority: str | Path | None) -> glide.TlsAdvancedConfiguration | None:
    if authority is None:
        return None
    return glide.TlsAdvancedConfiguration(root_pem_cacerts=Path(authority).read_bytes())


def writes_and_reads(client, count: int = 300) -> None:
    """Keys of all shards, and several in one command where they are of one."""
    for number in range(count):
        assert client.set(f"glide:{number}", f"value {number}") == "OK"
    assert [client.get(f"glide:{number}") for number in range(count)] == [f"value {n}".encode() for n in range(count)]
    assert client.mset({f"{{one}}:{number}": "value" for number in range(10)}) == "OK"
    assert client.mget([f"{{one}}:{number}" for number in range(10)]) == [b"value"] * 10
