"""Waiting for a condition, with a deadline that only a broken Simfra reaches."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# Far beyond what anything here needs, on a machine that is busy with other things.
PATIENCE = 90.0


def until(condition: Callable[[], T], what: str, deadline: float = PATIENCE) -> T:
    """What `condition` returns once that is true. Fails with `what` when it does not become so."""
    end = time.monotonic() + deadline
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < end, f"after {deadline:.0f} s still not: {what}"
        time.sleep(0.05)
