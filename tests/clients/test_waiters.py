"""Waiters: AWS's clients wait for a cluster without losing time between two looks."""

import pytest

import aws
import caches
from waiting import until


@pytest.fixture
def counting(new_simfra, runtime):
    """A Simfra that logs each call, with a cluster that has the network made before anybody counts."""
    simfra = new_simfra(runtime).start(SIMFRA_LOG="info,server::http::query=debug")
    caches.create(simfra, "first")
    caches.available(simfra, "first")
    yield simfra
    simfra.stop()


def looks(simfra) -> int:
    return simfra.log().count("operation=\"DescribeCacheClusters\"")


def test_boto3_looks_once(counting):
    caches.create(counting, "boto")
    before = looks(counting)
    counting.elasticache.get_waiter("cache_cluster_available").wait(CacheClusterId="boto")
    until(lambda: looks(counting) > before, "the call is in the log")
    assert looks(counting) == before + 1
    assert caches.find(counting, "boto")["CacheClusterStatus"] == "available"
    counting.elasticache.delete_cache_cluster(CacheClusterId="boto")
    before = looks(counting)
    counting.elasticache.get_waiter("cache_cluster_deleted").wait(CacheClusterId="boto")
    assert looks(counting) == before + 1
    assert caches.find(counting, "boto") is None


def test_the_aws_cli_looks_once(counting):
    caches.create(counting, "cli")
    before = looks(counting)
    aws.elasticache(counting, "wait", "cache-cluster-available", "--cache-cluster-id", "cli")
    assert looks(counting) == before + 1
    assert caches.find(counting, "cli")["CacheClusterStatus"] == "available"
    counting.elasticache.delete_cache_cluster(CacheClusterId="cli")
    before = looks(counting)
    aws.elasticache(counting, "wait", "cache-cluster-deleted", "--cache-cluster-id", "cli")
    assert looks(counting) == before + 1
