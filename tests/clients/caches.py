"""A cache as its user has it: created, forwarded to, spoken to, deleted."""

from contextlib import AbstractContextManager, closing, contextmanager

import redis
from pymemcache.client.base import Client as Memcached

from simfra import REGION, Simfra
from waiting import until

ACCOUNT = "000000000000"


def arn_of(cluster: str) -> str:
    return f"arn:aws:elasticache:{REGION}:{ACCOUNT}:cluster:{cluster}"


def create(simfra: Simfra, cluster: str, engine: str = "redis", **members) -> dict:
    """The reply to a create with the guide's parameters and `members`."""
    parameters = {"Engine": engine, "CacheNodeType": "cache.t3.micro", "NumCacheNodes": 1} | members
    return simfra.elasticache.create_cache_cluster(CacheClusterId=cluster, **parameters)["CacheCluster"]


def find(simfra: Simfra, cluster: str) -> dict | None:
    """The cluster with its nodes, if there is one."""
    client = simfra.elasticache
    try:
        found = client.describe_cache_clusters(CacheClusterId=cluster, ShowCacheNodeInfo=True)
    except client.exceptions.CacheClusterNotFoundFault:
        return None
    return found["CacheClusters"][0]


def available(simfra: Simfra, cluster: str) -> dict:
    """The cluster, once it is available."""

    def is_available() -> dict | None:
        found = find(simfra, cluster)
        assert found, f"{cluster} is gone"
        return found if found["CacheClusterStatus"] == "available" else None

    return until(is_available, f"{cluster} is available")


def gone(simfra: Simfra, cluster: str) -> None:
    """Waits until the cluster is gone."""
    until(lambda: find(simfra, cluster) is None, f"{cluster} is gone")


def delete(simfra: Simfra, cluster: str) -> None:
    """Deletes the cluster and waits until it is gone."""
    simfra.elasticache.delete_cache_cluster(CacheClusterId=cluster)
    gone(simfra, cluster)


def messages(simfra: Simfra, cluster: str) -> list[str]:
    """What the cluster's events say, oldest first."""
    return [event["Message"] for event in reversed(events(simfra, cluster))]


def events(simfra: Simfra, cluster: str) -> list[dict]:
    """The cluster's events as they are listed: newest first."""
    answer = simfra.elasticache.describe_events(SourceIdentifier=cluster, SourceType="cache-cluster")
    return answer["Events"]


def open_forward(simfra: Simfra, cluster: str, port: int = 6379) -> dict:
    """A new port forward to the cluster."""
    status, forward = simfra.admin("POST", "port-forwards", {"targetArn": arn_of(cluster), "targetPort": port})
    assert status in (200, 201), forward
    return forward


@contextmanager
def connected(simfra: Simfra, cluster: str, **options):
    """redis-py, connected to the cluster by a forward of its own."""
    forward = open_forward(simfra, cluster)
    try:
        with through(forward["localPort"], **options) as client:
            yield client
    finally:
        if simfra.is_running():
            simfra.admin("DELETE", f"port-forwards/{forward['id']}")


def through(local_port: int, **options) -> redis.Redis:
    """redis-py at a forward's port; it never tries twice."""
    retry = redis.retry.Retry(redis.backoff.NoBackoff(), 0)
    defaults = {"decode_responses": True, "socket_timeout": 10, "retry": retry}
    return redis.Redis(host="localhost", port=local_port, **(defaults | options))


def memcached_through(local_port: int) -> AbstractContextManager[Memcached]:
    """pymemcache at a forward's port."""
    return closing(Memcached(("localhost", local_port), connect_timeout=10, timeout=10))


def failed(simfra: Simfra, cluster: str) -> None:
    """Waits until the cluster is where AWS puts one that could not be made."""
    statuses = ("incompatible-network", "restore-failed")
    until(lambda: find(simfra, cluster)["CacheClusterStatus"] in statuses, f"{cluster} has failed")
