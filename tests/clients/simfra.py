"""The `simfra` binary as a test runs it: started, asked, stopped, killed."""

import json
import os
import shutil
import signal
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import boto3
from botocore.config import Config

import answers
import leftovers
from place import Place
from waiting import until

# AWS's documentation example pair, which is the default account's root key.
KEY_ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
REGION = "us-east-1"

REPOSITORY = Path(__file__).resolve().parents[2]


def binary() -> Path:
    """The `simfra` to test: what `cargo xtask test` names, else a debug build in the usual place."""
    named = os.environ.get("SIMFRA_TEST_BINARY")
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    built = sorted(target.glob("*/debug/simfra"), key=lambda path: path.stat().st_mtime)
    path = Path(named) if named else next(reversed(built), None)
    assert path and path.is_file(), "no simfra to test: `cargo build --bins`, or name one in SIMFRA_TEST_BINARY"
    return path


def beside(program: str) -> Path:
    """Another program that `cargo build --workspace --bins` made with the `simfra` to test."""
    path = binary().with_name(program)
    assert path.is_file(), f"{path} is missing: `cargo build --workspace --bins` builds it beside simfra"
    return path


class Simfra:
    """One Simfra at one place. It may be started and ended many times; at most one runs at a time."""

    def __init__(self, place: Place, runtime: str, *, durable: bool = False, forwards: int = 90):
        self.is_cleaned_up = False
        self.place, self.runtime, self.durable = place, runtime, durable
        self.url = f"http://localhost:{place.ports.api}"
        self.log_path = place.folder / "simfra.log"
        self.forwards = place.ports.forwards(forwards)
        self._process: subprocess.Popen[bytes] | None = None
        self.elasticache = self.client()

    @property
    def instance(self) -> str:
        return self.place.instance

    def start(self, **variables: str) -> "Simfra":
        """Starts it and waits until it is healthy; `variables` join its environment."""
        self.launch(**variables)
        self.wait_healthy()
        return self

    def wait_healthy(self) -> None:
        """Waits until it serves; fails when it ends before."""
        until(self._is_healthy, "healthy")

    def launch(self, **variables: str) -> None:
        """Starts it and waits for nothing."""
        assert not self.is_running(), "it runs already"
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [binary()], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment() | variables
            )

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SIMFRA_", "AWS_"))}
        own = {
            "SIMFRA_RUNTIME": self.runtime,
            "SIMFRA_INSTANCE": self.instance,
            "SIMFRA_PORT": str(self.place.ports.api),
            "SIMFRA_DNS_PORT_RANGE": self.place.ports.dns,
            "SIMFRA_PORT_FORWARD_PORT_RANGE": self.forwards,
            "SIMFRA_LOG": "info",
        }
        if "SIMFRA_ENGINE_PATH" in os.environ:
            own["SIMFRA_ENGINE_PATH"] = os.environ["SIMFRA_ENGINE_PATH"]
        if self.durable:
            own["SIMFRA_DATA_DIR"] = str(self.place.folder / "data")
        return kept | own

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _is_healthy(self) -> bool:
        assert self.is_running(), f"it ended while it started:\n{self.log_tail()}"
        try:
            status, body = self.admin("GET", "health")
        except OSError:
            return False
        return status == 200 and body["status"] == "healthy"

    def stop(self) -> None:
        """Asks it to end, and holds what it promises of that: it ends well, and leaves nothing of what is in memory."""
        self.terminate()
        if not self.durable:
            assert leftovers.everything(self.runtime, self.instance) == []

    def terminate(self) -> None:
        """Asks it to end and waits until it has."""
        process = self._running()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0, f"it did not end well:\n{self.log_tail()}"
        assert "panicked" not in self.log(), self.log_tail()

    def ends_killed(self) -> bool:
        """Asks it to end; whether a kill that was under way came before that."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        code = self.exit_code()
        assert code in (0, -signal.SIGKILL), f"it did not end well ({code}):\n{self.log_tail()}"
        assert "panicked" not in self.log(), self.log_tail()
        return code != 0

    def kill(self) -> None:
        """`kill -9`."""
        process = self._running()
        process.kill()
        process.wait(60)

    def wait_killed(self) -> None:
        """Waits for an end by SIGKILL that is under way."""
        assert self.exit_code() == -signal.SIGKILL, self.log_tail()

    def exit_code(self) -> int:
        """Waits for an end that is under way."""
        assert self._process is not None
        return self._process.wait(60)

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None and self._process.poll() is None, f"it does not run:\n{self.log_tail()}"
        return self._process

    def clean_up(self) -> None:
        """Leaves nothing behind, whatever the test did. A second time there is nothing to do."""
        if self.is_cleaned_up:
            return
        self.is_cleaned_up = True
        if self.is_running():
            self.kill()
        leftovers.remove(self.runtime, self.instance)
        # It is kept for people who installed its certificate; nobody installed this one's.
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        shutil.rmtree(cache / "simfra" / "authorities" / self.instance, ignore_errors=True)
        self.place.release()

    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log_tail(self) -> str:
        return "\n".join(self.log().splitlines()[-60:])

    def client(self, service: str = "elasticache", region: str = REGION):
        """A boto3 client that validates what it sends and what it gets, and never tries twice."""
        client = boto3.client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=KEY_ID,
            aws_secret_access_key=SECRET,
            config=Config(retries={"total_max_attempts": 1}, max_pool_connections=64, read_timeout=60),
        )
        return answers.watch(client)

    def admin(self, method: str, path: str, body: object = None) -> tuple[int, object]:
        """Status and JSON (None where there is none) of a call to the admin API."""
        text = body.encode() if isinstance(body, str) else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_simfra/{path}", data=text, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, _json(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, _json(error.read())


def _json(body: bytes) -> object:
    return json.loads(body) if body else None
