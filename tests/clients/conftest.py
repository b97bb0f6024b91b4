"""Fixtures: the runtimes, and Simfras that leave nothing behind."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from place import Place
from simfra import Simfra

# The Simfras that live now, for the report of a test that fails.
_LIVING: list[Simfra] = []


@pytest.fixture(scope="module", params=["docker", "process"])
def runtime(request) -> str:
    """Each runtime in turn."""
    if request.param == "docker":
        need_docker()
    return request.param


@pytest.fixture(scope="module")
def docker_runtime() -> str:
    """Docker, for what only it has."""
    need_docker()
    return "docker"


def need_docker() -> None:
    """Skips aloud where there is no Docker; fails where it must be there."""
    reason = _docker_is_missing()
    if reason and os.environ.get("SIMFRA_TEST_REQUIRE_DOCKER") == "1":
        pytest.fail(f"SIMFRA_TEST_REQUIRE_DOCKER=1, but {reason}")
    if reason:
        pytest.skip(f"SKIPPED docker: {reason}")


def _docker_is_missing() -> str | None:
    if os.environ.get("SIMFRA_DOCKER") == "false":
        return "SIMFRA_DOCKER=false"
    if not shutil.which("docker"):
        return "there is no docker command"
    asked = subprocess.run(["docker", "version"], capture_output=True, text=True, check=False)
    return f"no Docker daemon answers: {asked.stderr.strip()}" if asked.returncode else None


@pytest.fixture(scope="module")
def simfra(runtime, tmp_path_factory) -> Iterator[Simfra]:
    """A Simfra in memory that a module's tests share; at the end it stops and leaves nothing."""
    with living(tmp_path_factory, runtime) as simfra:
        yield simfra.start()
        simfra.stop()


@pytest.fixture
def new_simfra(tmp_path_factory) -> Iterator[Callable[..., Simfra]]:
    """Makes Simfras, not started, for tests that start and end them as they like."""
    made: list[Simfra] = []

    def make(runtime: str, **options) -> Simfra:
        made.append(Simfra(Place(tmp_path_factory.mktemp("simfra")), runtime, **options))
        _LIVING.append(made[-1])
        return made[-1]

    yield make
    for simfra in made:
        _LIVING.remove(simfra)
        simfra.clean_up()


@contextmanager
def living(tmp_path_factory, runtime: str, **options) -> Iterator[Simfra]:
    """A Simfra, not started, that is cleaned up after whatever happens."""
    simfra = Simfra(Place(tmp_path_factory.mktemp("simfra")), runtime, **options)
    _LIVING.append(simfra)
    try:
        yield simfra
    finally:
        _LIVING.remove(simfra)
        simfra.clean_up()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed:
        report.sections += [(f"log of {simfra.instance}", simfra.log_tail()) for simfra in _LIVING]
    return report
