"""The AWS CLI and curl as the guide's reader types them."""

import json
import os
import subprocess
import sys
from pathlib import Path

from simfra import REGION, Simfra

# Beside the Python that runs the tests: both are in the environment that `cargo xtask setup` makes.
CLI = Path(sys.executable).with_name("aws")


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs a command as someone without an AWS account or configuration."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    own = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    return subprocess.run(command, capture_output=True, text=True, env=kept | own, timeout=120, check=False)


def elasticache(simfra: Simfra, *arguments: str) -> dict:
    """The JSON that `aws --endpoint-url … elasticache …` prints."""
    done = run(CLI, "--endpoint-url", simfra.url, "elasticache", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout else {}


def refused(simfra: Simfra, *arguments: str) -> str:
    """What `aws --endpoint-url … elasticache …` complains of."""
    done = run(CLI, "--endpoint-url", simfra.url, "elasticache", *arguments)
    assert done.returncode != 0, done.stdout
    return done.stderr


def curl(simfra: Simfra, path: str, *arguments: str) -> tuple[int, object]:
    """Status and JSON of `curl … http://localhost:…/_simfra/…`."""
    url = f"{simfra.url}/_simfra/{path}"
    done = run("curl", "--silent", "--show-error", "--write-out", "\n%{http_code}", *arguments, url)
    assert done.returncode == 0, done.stderr
    body, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(body) if body else None
