"""Simfra in a container, as its image's users run it."""

import os
import subprocess

import leftovers
from leftovers import docker
from place import Place
from simfra import REPOSITORY, Simfra, binary

IMAGE = os.environ.get("SIMFRA_TEST_IMAGE", "simfra-under-test")
# What `cargo xtask image` gives the image, besides the executable.
SETTINGS = (REPOSITORY / "xtask/src/image/settings.txt").read_text().splitlines()


def image() -> str:
    """The image to test: the one that is named, else the executable under test in one like it."""
    if "SIMFRA_TEST_IMAGE" in os.environ:
        return IMAGE
    program = binary()
    reference = f"{IMAGE}:{program.stat().st_mtime_ns}"
    if subprocess.run(["docker", "image", "inspect", reference], capture_output=True, check=False).returncode:
        changes = [word for setting in SETTINGS for word in ("--change", setting)]
        with subprocess.Popen(["tar", "-C", program.parent, "-c", program.name], stdout=subprocess.PIPE) as tar:
            subprocess.run(["docker", "import", *changes, "-", reference], stdin=tar.stdout, check=True, capture_output=True)
    return reference


class Contained(Simfra):
    """A Simfra in a container, which the tests treat as any other."""

    def __init__(self, place: Place, *, durable: bool = False, forwards: int = 90):
        super().__init__(place, "docker", durable=durable, forwards=forwards)
        self.container = f"simfra-{place.instance}"
        self.volume = f"simfra-data-{place.instance}"

    def launch(self, **variables: str) -> None:
        own = {name: value for name, value in self._environment().items() if name.startswith("SIMFRA_")}
        own.pop("SIMFRA_ENGINE_PATH", None)
        own.pop("SIMFRA_RUNTIME", None)
        options = ["--volume", "/var/run/docker.sock:/var/run/docker.sock"]
        if self.durable:
            own["SIMFRA_DATA_DIR"] = "/data"
            options += ["--volume", f"{self.volume}:/data"]
        for name, value in (own | variables).items():
            options += ["--env", f"{name}={value}"]
        # The guide's `localhost` is either address.
        for address in ("127.0.0.1", "[::1]"):
            for ports in (str(self.place.ports.api), self.forwards):
                options += ["--publish", f"{address}:{ports}:{ports}"]
        self.remove_container()
        docker("run", "--detach", "--name", self.container, *options, image())

    def is_running(self) -> bool:
        found = subprocess.run(
            ["docker", "inspect", "--format", "{{.State.Running}}", self.container],
            capture_output=True, text=True, check=False,
        )
        return found.stdout.strip() == "true"

    def terminate(self) -> None:
        docker("stop", "--time", "60", self.container)
        assert docker("inspect", "--format", "{{.State.ExitCode}}", self.container) == "0", self.log_tail()
        assert "panicked" not in self.log(), self.log_tail()

    def kill(self) -> None:
        docker("kill", self.container)

    def log(self) -> str:
        done = subprocess.run(["docker", "logs", self.container], capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    def remove_container(self) -> None:
        subprocess.run(["docker", "rm", "--force", self.container], capture_output=True, check=False)

    def clean_up(self) -> None:
        self.remove_container()
        leftovers.remove("docker", self.instance)
        if self.durable:
            subprocess.run(["docker", "volume", "rm", "--force", self.volume], capture_output=True, check=False)
        self.place.release()
