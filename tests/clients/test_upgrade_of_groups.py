"""A group's upgrade that not every member takes at once: it ends with all of them on one version, with the data."""

import pytest

import caches
import groups
from test_upgrade import found, put
from waiting import until

OLD, NEW = "7.0.7", "7.1.0"


@pytest.fixture
def new_engine(new_simfra, tmp_path):
    """A Simfra whose Redis 7.1 (which is served by 7.2, here by a Valkey that says so) starts as a test wants, and starts it."""
    folder, tries = tmp_path / "engines", tmp_path / "tries"
    tries.mkdir()
    simfra = new_simfra("process")

    def start(member: str, fails: int):
        """This member's node fails to start so often; how often it was tried is asked of what is answered."""
        counts = f'mktemp {tries}/XXXXXX >/dev/null; [ "$(ls {tries} | wc -l)" -gt {fails} ] || exit 1'
        tried = f'case "$(env)" in *{member}*) {counts};; esac; exec {found("valkey-server")} "$@"'
        put(folder / "7.2" / "redis-server", f'case "$1" in --version) echo "Redis server v=7.2.0 sha=0";; *) {tried};; esac')
        put(folder / "7.0" / "redis-server", f'exec {found("redis-server")} "$@"')
        simfra.start(SIMFRA_ENGINE_PATH=str(folder))
        groups.create(simfra, "duo", EngineVersion="7.0")
        with groups.connected(simfra, "duo") as client:
            client.set("key", "value")
            assert client.wait(1, 10_000) == 1
        return simfra, lambda: len(list(tries.iterdir()))

    yield start
    groups.delete(simfra, "duo")
    simfra.stop()


def upgrade(simfra) -> None:
    simfra.elasticache.modify_replication_group(ReplicationGroupId="duo", EngineVersion="7.1", ApplyImmediately=True)
    groups.available(simfra, "duo")


def check(simfra, version: str) -> None:
    """Every member is of the version, with the data, and follows or leads."""
    for member in ("duo-001", "duo-002"):
        assert caches.find(simfra, member)["EngineVersion"] == version
        with caches.connected(simfra, member) as client:
            assert ("valkey_version" in client.info("server")) == (version == NEW), member
            until(lambda: client.get("key") == "value", f"{member} has the data")
    with groups.connected(simfra, "duo") as client:
        until(lambda: client.info("replication")["connected_slaves"] == 1, "it follows")
        client.set("key", "value")
        assert client.wait(1, 10_000) == 1


def test_a_replica_that_does_not_start_at_once_is_upgraded_with_its_primary(new_engine):
    simfra, tries = new_engine("duo-002", 2)
    upgrade(simfra)
    assert tries() == 3
    check(simfra, NEW)


def test_a_group_whose_primary_cannot_be_upgraded_stays_what_it_was(new_engine):
    simfra, tries = new_engine("duo-001", 1)
    upgrade(simfra)
    assert tries() == 1
    check(simfra, OLD)
    said = [said for said in groups.messages(simfra, "duo") if "could not become" in said]
    assert len(said) == 1 and said[0].startswith("It could not become redis 7.1.0 on cache.t3.micro, it stays"), said
    upgrade(simfra)
    check(simfra, NEW)
