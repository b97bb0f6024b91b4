"""Where one Simfra of a test lives: an instance name, a block of ports and a folder that no other test uses."""

import random
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

# Below the ports that Linux hands out by itself (32768 on), clear of Simfra's own defaults.
FIRST_BLOCK, LAST_BLOCK, BLOCK = 20000, 32000, 100


@dataclass(frozen=True)
class Ports:
    """A block of ports: the API's, three for DNS, the rest for port forwards."""

    api: int

    @property
    def dns(self) -> str:
        return f"{self.api + 1}-{self.api + 3}"

    @property
    def first_forward(self) -> int:
        return self.api + 10

    def forwards(self, count: int) -> str:
        """The range of the first `count` forwards; at most 90."""
        return f"{self.first_forward}-{self.first_forward + count - 1}"


class Place:
    """A claimed block of ports, with the names that follow from it. The claim ends with `release`."""

    def __init__(self, folder: Path):
        self._claim, self.ports = _claim_block()
        # Another name each time: Docker may lose count of a network's endpoints, and then never removes the network.
        self.instance = f"test-{self.ports.api}-{secrets.token_hex(3)}"
        self.folder = folder / self.instance
        self.folder.mkdir(parents=True)

    def release(self) -> None:
        self._claim.close()


def _claim_block() -> tuple[socket.socket, Ports]:
    """A block whose ports are all free, claimed by an abstract socket: the kernel frees it however the test ends."""
    blocks = list(range(FIRST_BLOCK, LAST_BLOCK, BLOCK))
    random.shuffle(blocks)
    for block in blocks:
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            claim.bind(f"\0simfra-test-block-{block}")
        except OSError:
            claim.close()
            continue
        if all(_is_free(port) for port in range(block, block + BLOCK)):
            return claim, Ports(block)
        claim.close()
    raise RuntimeError(f"no {BLOCK} free ports in a row between {FIRST_BLOCK} and {LAST_BLOCK}")


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
