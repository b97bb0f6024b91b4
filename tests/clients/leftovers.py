"""What an instance has in Docker and among the processes, seen from outside: by labels, never by Simfra's word."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path


def docker(*arguments: str) -> str:
    """What a `docker` command prints."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"docker {' '.join(arguments)}: {done.stderr}"
    return done.stdout.strip()


def containers(instance: str, *filters: str) -> list[str]:
    """The full ids of an instance's containers, running or not."""
    return _labelled(["ps", "--all", "--no-trunc", "--format", "{{.ID}}"], instance, *filters)


def networks(instance: str) -> list[str]:
    """The names of an instance's networks."""
    return _labelled(["network", "ls", "--format", "{{.Name}}"], instance)


def volumes(instance: str) -> list[str]:
    """The names of an instance's volumes."""
    return _labelled(["volume", "ls", "--format", "{{.Name}}"], instance)


def _labelled(command: list[str], instance: str, *filters: str) -> list[str]:
    wanted = [f"label=dev.simfra.instance={instance}", *filters]
    return docker(*command, *(word for each in wanted for word in ("--filter", each))).split()


@dataclass(frozen=True)
class Engine:
    """A process that runs as a node of an instance."""

    pid: int
    cluster: str
    node: str
    # Not the proxy before a server, which started it.
    is_server: bool


def engines(instance: str) -> list[Engine]:
    """The engine processes of an instance, by the label in their environment."""
    found = (_engine(process, instance) for process in Path("/proc").iterdir() if process.name.isdigit())
    return [engine for engine in found if engine]


def _engine(process: Path, instance: str) -> Engine | None:
    try:
        environment = (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return None
    label = next((value[len(b"SIMFRA_NODE=") :] for value in environment if value.startswith(b"SIMFRA_NODE=")), None)
    if not label:
        return None
    label = json.loads(label)
    if label["owner"]["instance"] != instance:
        return None
    command = (process / "cmdline").read_bytes().split(b"\0")
    return Engine(
        int(process.name), label["id"]["cluster"], f"{label['id']['node']:04}", command[1:2] != [b"proxy"]
    )


def node_of(runtime: str, instance: str, cluster: str, node: str = "0001", part: str = "node") -> str:
    """What runs as a cluster's node, or as its `proxy`: the container's id, or the process's number."""
    if runtime == "docker":
        labels = {"cluster": cluster, "node": node, "role": part}
        nodes = containers(instance, *(f"label=dev.simfra.{name}={value}" for name, value in labels.items()))
    else:
        own = [each for each in engines(instance) if (each.cluster, each.node) == (cluster, node)]
        nodes = [str(each.pid) for each in own if each.is_server == (part == "node")]
    assert len(nodes) == 1, f"node {node} of {cluster} has {nodes}"
    return nodes[0]


def nodes(runtime: str, instance: str) -> list[str]:
    """Everything that an instance keeps for nodes, in words."""
    if runtime == "docker":
        running = [f"container {each}" for each in containers(instance, "label=dev.simfra.role=node")]
        return running + [f"volume {each}" for each in volumes(instance)]
    return [f"process {engine.pid} of {engine.cluster}" for engine in engines(instance)]


def servers(runtime: str, instance: str) -> int:
    """How many servers of an instance run, whatever stands before them."""
    return len(running(runtime, instance))


def running(runtime: str, instance: str) -> list[str]:
    """The servers of an instance that run: containers' ids, or processes' numbers."""
    if runtime == "docker":
        return containers(instance, "label=dev.simfra.role=node", "status=running")
    return [str(engine.pid) for engine in engines(instance) if engine.is_server]


def everything(runtime: str, instance: str) -> list[str]:
    """Everything that an instance has outside its own process, in words."""
    if runtime != "docker":
        return nodes(runtime, instance)
    return (
        [f"container {each}" for each in containers(instance)]
        + [f"volume {each}" for each in volumes(instance)]
        + [f"network {each}" for each in networks(instance)]
    )


def remove(runtime: str, instance: str) -> None:
    """Removes what a test that failed, or that killed its Simfra, has left of its own instance."""
    if runtime != "docker":
        for engine in engines(instance):
            os.kill(engine.pid, 9)
        return
    for kind, left in (("rm", containers(instance)), ("volume", volumes(instance)), ("network", networks(instance))):
        command = ["rm", "--force", "--volumes"] if kind == "rm" else [kind, "rm"]
        if left:
            docker(*command, *left)
