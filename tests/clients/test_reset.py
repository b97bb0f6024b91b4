"""Resets on real engines: nothing is left of what was there, nor of what was being made."""

import caches
import leftovers


def test_a_reset_leaves_nothing_and_simfra_goes_on(new_simfra, runtime):
    simfra = new_simfra(runtime).start()
    caches.create(simfra, "first")
    caches.available(simfra, "first")
    caches.open_forward(simfra, "first")
    for number in range(3):
        caches.create(simfra, f"under-way-{number}", "valkey")
    assert simfra.admin("POST", "accounts/000000000000/reset") == (204, None)
    assert leftovers.everything(runtime, simfra.instance) == []
    assert simfra.elasticache.describe_cache_clusters()["CacheClusters"] == []
    assert simfra.elasticache.describe_events()["Events"] == []
    assert simfra.admin("GET", "port-forwards") == (200, [])
    caches.create(simfra, "first")
    caches.available(simfra, "first")
    with caches.connected(simfra, "first") as client:
        assert client.ping()
    assert simfra.admin("POST", "reset") == (204, None)
    assert leftovers.everything(runtime, simfra.instance) == []
    simfra.stop()
