"""AUTH tokens: what clients must show, how it changes under way, and that Simfra keeps and tells no token in clear."""

import hashlib
import json
import os
import signal
import threading
from pathlib import Path

import pytest
import redis

import aws
import caches
import test_guide
from conftest import living
from leftovers import containers, docker, node_of
from simfra import Simfra
from waiting import until

ENGINES = ["redis", "valkey"]
GUIDES = "my-secret-token"
FIRST, SECOND, THIRD = (f"{which}-token-of-a-test" for which in ("first", "second", "third"))


@pytest.fixture(scope="module")
def simfra(runtime, tmp_path_factory):
    """With a data directory, to look for tokens there."""
    with living(tmp_path_factory, runtime, durable=True) as simfra:
        yield simfra.start()
        simfra.terminate()


def test_the_guides_secure_cache(simfra):
    port = test_guide.walk_secure(simfra)
    described = caches.find(simfra, "my-secure-cache")
    assert described["AuthTokenEnabled"] is True and "AuthTokenLastModifiedDate" not in described
    assert any("AWS asks for 16 to 128" in message for message in caches.messages(simfra, "my-secure-cache"))
    check_admitted(simfra, port, [GUIDES], [FIRST])
    # Who is let in is no administrator.
    with client(simfra, port, GUIDES) as admitted, pytest.raises(redis.ResponseError, match="unknown command"):
        admitted.execute_command("CONFIG", "GET", "maxmemory")
    check_told_nowhere(simfra, "my-secure-cache", GUIDES)
    caches.delete(simfra, "my-secure-cache")


def client(simfra: Simfra, port: int, token: str | None, **options) -> redis.Redis:
    """redis-py over TLS with the token, never trying twice."""
    once = redis.retry.Retry(redis.backoff.NoBackoff(), 0)
    pem = aws.run("curl", "--silent", "--fail", f"{simfra.url}/_simfra/ca").stdout
    tls = {"ssl": True, "ssl_ca_data": pem, "ssl_check_hostname": True}
    return redis.Redis(
        "localhost", port, password=token, decode_responses=True, socket_timeout=10, retry=once, **tls, **options
    )


def check_admitted(simfra: Simfra, port: int, good: list[str], bad: list[str]) -> None:
    """Clients come in with these tokens, and neither with others nor without."""
    for token in good:
        for user in ({}, {"username": "default"}):
            with client(simfra, port, token, **user) as admitted:
                assert admitted.ping(), token
    for token in bad:
        with client(simfra, port, token) as kept_out, pytest.raises(redis.AuthenticationError, match="invalid username-password"):
            kept_out.ping()
    with client(simfra, port, None) as kept_out, pytest.raises(redis.AuthenticationError, match="already authenticated"):
        kept_out.ping()


def check_told_nowhere(simfra: Simfra, cluster: str, *tokens: str) -> None:
    """No token is in an answer, an event, a log, the data directory, or what the machine shows of the engine."""
    described = simfra.elasticache.describe_cache_clusters(ShowCacheNodeInfo=True)
    places = {
        "describe": json.dumps(described, default=str),
        "events": json.dumps(caches.events(simfra, cluster), default=str),
    }
    places |= {str(file): read(file) for file in simfra.place.folder.rglob("*") if file.is_file()}
    assert str(simfra.log_path) in places and any("/data/" in place for place in places)
    node = node_of(simfra.runtime, simfra.instance, cluster)
    if simfra.runtime == "docker":
        places |= {f"docker {verb}": docker(verb, node) for verb in ("inspect", "logs")}
        assert containers(simfra.instance, "label=dev.simfra.role=node")
    else:
        places |= {file: read(Path("/proc") / node / file) for file in ("cmdline", "environ")}
    for token in tokens:
        assert [place for place, text in places.items() if token in text] == [], token


def read(file: Path) -> str:
    try:
        return file.read_bytes().decode(errors="replace")
    except FileNotFoundError:
        return ""  # The engine writes its data anew.


@pytest.mark.parametrize("engine", ENGINES)
def test_rotate_and_set_while_clients_are_served(simfra, engine):
    cluster = f"rotating-{engine}"
    create(simfra, cluster, engine)
    port = caches.open_forward(simfra, cluster)["localPort"]
    check_admitted(simfra, port, [FIRST], [SECOND])
    invalid = simfra.elasticache.exceptions.InvalidParameterCombinationException
    for strategy in ("SET", "DELETE"):
        with pytest.raises(invalid if strategy == "SET" else simfra.elasticache.exceptions.ClientError):
            change(simfra, cluster, SECOND, strategy)
    check_admitted(simfra, port, [FIRST], [SECOND])

    with client(simfra, port, FIRST, single_connection_client=True) as there_before:
        assert there_before.set("key", "value")
        change(simfra, cluster, SECOND, "ROTATE")
        assert caches.available(simfra, cluster)["AuthTokenLastModifiedDate"]
        check_admitted(simfra, port, [FIRST, SECOND], [THIRD])
        change(simfra, cluster, SECOND, "SET")
        caches.available(simfra, cluster)
        check_admitted(simfra, port, [SECOND], [FIRST, THIRD])
        assert there_before.get("key") == "value", "a connection that is there stays"
    with client(simfra, port, SECOND) as admitted:
        assert admitted.get("key") == "value"

    # Two more than a cluster has: the oldest goes.
    change(simfra, cluster, FIRST, None)
    caches.available(simfra, cluster)
    change(simfra, cluster, THIRD, "ROTATE")
    caches.available(simfra, cluster)
    check_admitted(simfra, port, [FIRST, THIRD], [SECOND])
    check_told_nowhere(simfra, cluster, FIRST, SECOND, THIRD)
    caches.delete(simfra, cluster)


def create(simfra: Simfra, cluster: str, engine: str = "redis", token: str | None = FIRST) -> None:
    given = {"AuthToken": token} if token else {}
    made = caches.create(simfra, cluster, engine, TransitEncryptionEnabled=True, **given)
    assert made["AuthTokenEnabled"] is bool(token)
    caches.available(simfra, cluster)


def change(simfra: Simfra, cluster: str, token: str, strategy: str | None) -> None:
    """A modification, with what its answer must tell."""
    given = {"AuthTokenUpdateStrategy": strategy} if strategy else {}
    answer = simfra.elasticache.modify_cache_cluster(
        CacheClusterId=cluster, AuthToken=token, ApplyImmediately=True, **given
    )["CacheCluster"]
    assert answer["CacheClusterStatus"] == "modifying"
    assert answer["PendingModifiedValues"]["AuthTokenStatus"] == ("SETTING" if strategy == "SET" else "ROTATING")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_first_token_cuts_nobody_off_until_set(simfra, engine):
    cluster = f"first-{engine}"
    create(simfra, cluster, engine, token=None)
    port = caches.open_forward(simfra, cluster)["localPort"]
    change(simfra, cluster, FIRST, "ROTATE")
    assert caches.available(simfra, cluster)["AuthTokenEnabled"] is True
    with client(simfra, port, None) as without, client(simfra, port, FIRST, username="default") as with_token:
        assert without.set("key", "value")
        assert with_token.get("key") == "value"
    change(simfra, cluster, FIRST, "SET")
    caches.available(simfra, cluster)
    check_admitted(simfra, port, [FIRST], [SECOND])
    caches.delete(simfra, cluster)


def test_tokens_outlive_reboot_repair_and_restart(new_simfra, runtime):
    """An engine never comes back with the tokens that it was started with."""
    simfra = new_simfra(runtime, durable=True).start()
    create(simfra, "kept")
    port = caches.open_forward(simfra, "kept")["localPort"]
    change(simfra, "kept", SECOND, "ROTATE")
    caches.available(simfra, "kept")
    change(simfra, "kept", SECOND, "SET")
    caches.available(simfra, "kept")
    check_admitted(simfra, port, [SECOND], [FIRST])

    simfra.elasticache.reboot_cache_cluster(CacheClusterId="kept", CacheNodeIdsToReboot=["0001"])
    caches.available(simfra, "kept")
    check_admitted(simfra, port, [SECOND], [FIRST])

    lose(simfra, "kept")
    until(lambda: "Finished recovery for cache nodes 0001" in caches.messages(simfra, "kept"), "it is recovered")
    caches.available(simfra, "kept")
    check_admitted(simfra, port, [SECOND], [FIRST])

    simfra.kill()
    simfra.start()
    caches.available(simfra, "kept")
    check_admitted(simfra, port, [SECOND], [FIRST])

    # Its container keeps the arguments of its start, before the last change.
    change(simfra, "kept", THIRD, "ROTATE")
    caches.available(simfra, "kept")
    change(simfra, "kept", THIRD, "SET")
    caches.available(simfra, "kept")
    simfra.terminate()
    simfra.start()
    caches.available(simfra, "kept")
    check_admitted(simfra, port, [THIRD], [FIRST, SECOND])
    check_told_nowhere(simfra, "kept", FIRST, SECOND, THIRD)
    caches.delete(simfra, "kept")
    simfra.terminate()


def test_a_change_that_was_answered_outlives_a_kill(new_simfra, runtime):
    simfra = new_simfra(runtime, durable=True).start()
    create(simfra, "kept")
    port = caches.open_forward(simfra, "kept")["localPort"]
    for strategy, good, bad in [("ROTATE", [FIRST, SECOND], [THIRD]), ("SET", [SECOND], [FIRST])]:
        change(simfra, "kept", SECOND, strategy)
        simfra.kill()
        simfra.start()
        assert "AuthTokenStatus" not in caches.available(simfra, "kept")["PendingModifiedValues"]
        check_admitted(simfra, port, good, bad)
    caches.delete(simfra, "kept")
    simfra.terminate()


def test_old_tokens_are_good_at_no_time_of_a_start(new_simfra, runtime):
    """Neither while a reboot nor while Simfra's own start brings the engine back."""
    simfra = new_simfra(runtime, durable=True).start()
    create(simfra, "kept")
    port = caches.open_forward(simfra, "kept")["localPort"]
    for strategy in ("ROTATE", "SET"):
        change(simfra, "kept", SECOND, strategy)
        caches.available(simfra, "kept")
    with Burglar(port, FIRST) as burglar:
        burglar.try_again()
        simfra.elasticache.reboot_cache_cluster(CacheClusterId="kept", CacheNodeIdsToReboot=["0001"])
        caches.available(simfra, "kept")
        burglar.try_again()
        simfra.terminate()
        simfra.start()
        caches.available(simfra, "kept")
        burglar.try_again()
    assert burglar.refused and not burglar.entered
    check_admitted(simfra, port, [SECOND], [FIRST])
    caches.delete(simfra, "kept")
    simfra.terminate()


def test_a_container_does_not_start_with_the_tokens_it_was_made_with(docker_runtime, new_simfra):
    """One that was stopped behind Simfra's back, which lay dead."""
    simfra = new_simfra(docker_runtime, durable=True).start()
    create(simfra, "kept")
    port = caches.open_forward(simfra, "kept")["localPort"]
    for strategy in ("ROTATE", "SET"):
        change(simfra, "kept", SECOND, strategy)
        caches.available(simfra, "kept")
    with client(simfra, port, SECOND) as admitted:
        assert admitted.set("key", "value")
    node = node_of(docker_runtime, simfra.instance, "kept")
    first, second = (hashlib.sha256(token.encode()).hexdigest() for token in (FIRST, SECOND))
    assert first in docker("inspect", node)
    simfra.kill()
    docker("stop", node)
    simfra.start()
    caches.available(simfra, "kept")
    told = docker("inspect", node_of(docker_runtime, simfra.instance, "kept"))
    assert second in told and first not in told
    check_admitted(simfra, port, [SECOND], [FIRST])
    with client(simfra, port, SECOND) as admitted:
        assert admitted.get("key") == "value"
    caches.delete(simfra, "kept")
    simfra.terminate()


class Burglar:
    """Tries an old token without pause."""

    def __init__(self, port: int, token: str):
        self._client = caches.through(port)
        self._client.connection_pool.connection_kwargs["password"] = token
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._try)
        self.entered = self.refused = 0

    def __enter__(self) -> "Burglar":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._ended.set()
        self._thread.join()
        self._client.close()

    def try_again(self) -> None:
        """Waits until it was refused once more."""
        before = self.refused
        until(lambda: self.refused > before, "the old token is refused")

    def _try(self) -> None:
        while not self._ended.is_set():
            try:
                self._client.ping()
                self.entered += 1
            except redis.AuthenticationError:
                self.refused += 1
            except redis.RedisError:
                pass  # The engine is not there.
            self._client.connection_pool.disconnect()


def lose(simfra: Simfra, cluster: str) -> None:
    node = node_of(simfra.runtime, simfra.instance, cluster)
    if simfra.runtime == "docker":
        docker("kill", node)
    else:
        os.kill(int(node), signal.SIGKILL)
