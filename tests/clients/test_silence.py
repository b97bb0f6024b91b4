"""An engine that is silent because it is busy is not taken for one that hangs."""

import time

import caches

# Well above the second in which a node that hangs is noticed, and below what a busy one may take.
BUSY = 2.5
LOOP = "for n = 1, ARGV[1] do end"


def run(client, rounds: int) -> float:
    """Has the engine do nothing but count; how long that took, in seconds."""
    begin = time.monotonic()
    client.eval(LOOP, 0, rounds)
    return time.monotonic() - begin


def test_a_busy_engine_keeps_its_data(simfra):
    caches.create(simfra, "busy")
    caches.available(simfra, "busy")
    with caches.connected(simfra, "busy") as client:
        client.set("key", "value")
        rounds = 1_000_000
        while (took := run(client, rounds)) < 0.1:
            rounds *= 2
        took = run(client, int(rounds * BUSY / took))
        assert took > 1.2, "it was silent for longer than a node that hangs may be"
        assert client.get("key") == "value"
    assert not [said for said in caches.messages(simfra, "busy") if "Recover" in said]
    caches.delete(simfra, "busy")
