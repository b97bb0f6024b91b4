"""The repository's Compose file, as printed, in a place of its own."""

import random
import shutil
import subprocess
from collections.abc import Iterator

import pytest

import leftovers
from contained import image
from place import Place
from simfra import REPOSITORY
from waiting import until

CLIENT_IMAGE = "simfra-test-client:latest"


def compose_command() -> list[str]:
    """Docker's plugin, or the program; skips aloud without either."""
    if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0:
        return ["docker", "compose"]
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    pytest.skip("SKIPPED compose: there is neither `docker compose` nor `docker-compose`")


def free_range() -> str:
    """The first two numbers of a /16 that no Docker network has."""
    subnets = leftovers.docker("network", "ls", "--quiet").split()
    taken = leftovers.docker("network", "inspect", "--format", "{{json .IPAM.Config}}", *subnets)
    return random.choice([f"10.{n}" for n in range(120, 190) if f'"10.{n}.' not in taken])


@pytest.fixture
def composed(docker_runtime, tmp_path) -> Iterator[tuple[list[str], Place]]:
    command = compose_command()
    place = Place(tmp_path)
    text = (REPOSITORY / "compose.yaml").read_text()
    forwards = place.ports.forwards(10)
    for printed, here in [
        ("image: simfra\n", f"image: {image()}\n"),
        ("image: python:3-alpine", f"image: {CLIENT_IMAGE}"),
        ("127.0.0.1:4599:4599", f"127.0.0.1:{place.ports.api}:4599"),
        ("127.0.0.1:11800-11899:11800-11899", f"127.0.0.1:{forwards}:11800-11809"),
        ("SIMFRA_ALLOWED_HOSTS: simfra\n", f"SIMFRA_ALLOWED_HOSTS: simfra\n      SIMFRA_INSTANCE: {place.instance}\n"),
        ("5a77b2f143afc59aa-docker", f"5a77b2f143afc59aa-{place.instance}"),
        ("172.31.", f"{free_range()}."),
    ]:
        assert printed in text, printed
        text = text.replace(printed, here)
    file = tmp_path / "compose.yaml"
    file.write_text(text)
    command += ["--project-name", place.instance, "--file", str(file)]
    try:
        yield command, place
    finally:
        subprocess.run([*command, "kill"], capture_output=True, check=False)
        leftovers.remove("docker", place.instance)
        subprocess.run([*command, "down", "--volumes"], capture_output=True, check=False)
        place.release()


def test_an_application_beside_simfra_reaches_its_cache_by_name(composed):
    command, place = composed

    def run(*arguments: str) -> str:
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False, timeout=180)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("up", "--detach")
    until(lambda: "hello" in run("logs", "app"), "the application has read what it wrote")
    assert "app-cache.abcdef.0001.use1.cache.simfra.dev" in run("logs", "app")
    run("down")
    assert leftovers.everything("docker", place.instance) == []
