"""A Simfra that is killed once at each place that an operation passes, before or after a step's effect.

`SIMFRA_TEST_KILL_AT=/FILE` has Simfra kill itself at each place that is not in the file, and put it there before: the
next start passes it. So an operation is cut short everywhere, and still comes to its end.
"""

import re
from collections.abc import Callable
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError
from dns.exception import DNSException

import groups
import leftovers
import sharded
from simfra import REPOSITORY, Simfra
from waiting import until

# The versions that the machine lacks are served by what it has: the steps of an upgrade are the same. More failovers are
# tested than AWS allows in a day.
VARIABLES = {"SIMFRA_ENGINE_FALLBACK": "warn", "SIMFRA_QUOTAS": "off"}

# A process that is being killed closes its connections before it is seen to have ended.
ENDS_WITHIN = 5.0


def every_place() -> set[str]:
    """The places that there are, by the sources."""
    sources = (REPOSITORY / "crates").glob("*/src/**/*.rs")
    return {place for source in sources for place in re.findall(r'fault_point::pass\("([^"]*)"\)', source.read_text())}


class Mortal:
    """A durable Simfra, the places at which it was killed, and how often."""

    def __init__(self, simfra: Simfra):
        self.simfra = simfra
        self.reached: set[str] = set()
        self.kills = 0
        self._record = Path(simfra.place.folder) / "passed"

    def start(self) -> "Mortal":
        self.simfra.start(**VARIABLES, SIMFRA_TEST_KILL_AT=str(self._record))
        return self

    def through(self, what: str, ask: Callable[[], object], is_done: Callable[[], object], rest: Callable[[], object]) -> None:
        """Asks for something until it is done, however often Simfra is killed meanwhile. `rest` waits until nothing is under
        way: what was asked for and not answered may have been heard."""

        def get_on() -> None:
            rest()
            if not is_done():
                ask()
                rest()
            assert is_done(), what

        self._record.write_text("")
        while not self.lives_through(get_on):
            pass
        passed = set(self._record.read_text().split("\n")) - {""}
        self._record.unlink()
        self.reached |= passed
        self.kills += len(passed)
        print(f"{what}: killed at {len(passed)} places")

    @contextmanager
    def dying_at(self, place: str):
        """Within it Simfra is killed when it passes the place next, and nowhere else; then it runs again."""
        self._record.write_text("\n".join([*(every_place() - {place}), ""]))
        with pytest.raises((BotoCoreError, OSError)):
            yield
        self.simfra.wait_killed()
        self._record.unlink()
        self.reached.add(place)
        self.kills += 1
        self.start()

    def lives_through(self, work: Callable[[], object]) -> bool:
        """Whether Simfra lives when the work is done; else it was killed at a place, and runs again."""
        try:
            if self.simfra.is_running():
                work()
                return True
            self.start()
        except (AssertionError, BotoCoreError, DNSException, OSError, HTTPException, *sharded.TROUBLE):
            if not self._ended():
                raise
            self.simfra.wait_killed()
        return False

    def _ended(self) -> bool:
        try:
            until(lambda: not self.simfra.is_running(), "it ended", ENDS_WITHIN)
        except AssertionError:
            return False
        return True

    def ends(self) -> None:
        """Nothing is left of what was there, and it ends well."""
        simfra = self.simfra
        assert leftovers.nodes(simfra.runtime, simfra.instance) == []
        simfra.terminate()
        assert [each for each in leftovers.everything(simfra.runtime, simfra.instance) if "network" not in each] == []


def at_rest(simfra: Simfra, group: str) -> dict | str:
    """The group, once nothing is under way in it; or `absent`."""

    def rests() -> dict | str | None:
        found = groups.find(simfra, group)
        if found is None:
            return "absent"
        assert found["Status"] != "create-failed", groups.messages(simfra, group)
        return found if found["Status"] == "available" else None

    return until(rests, f"{group} is at rest")
