"""A replication group as its user has it: created, spoken to by its endpoints, failed over, deleted."""

import threading
import time
from contextlib import contextmanager

import redis

import caches
from simfra import REGION, Simfra
from waiting import until


def arn_of(group: str) -> str:
    return f"arn:aws:elasticache:{REGION}:{caches.ACCOUNT}:replicationgroup:{group}"


def create(simfra: Simfra, group: str, members: int = 2, **parameters) -> dict:
    """The group, once it is available."""
    asked = {
        "ReplicationGroupDescription": "a test's", "Engine": "redis", "CacheNodeType": "cache.t3.micro",
        "NumCacheClusters": members, "AutomaticFailoverEnabled": members > 1,
    } | parameters
    simfra.elasticache.create_replication_group(ReplicationGroupId=group, **asked)
    return available(simfra, group)


def find(simfra: Simfra, group: str) -> dict | None:
    client = simfra.elasticache
    try:
        return client.describe_replication_groups(ReplicationGroupId=group)["ReplicationGroups"][0]
    except client.exceptions.ReplicationGroupNotFoundFault:
        return None


def available(simfra: Simfra, group: str) -> dict:
    """The group, once it is available."""

    def is_available() -> dict | None:
        found = find(simfra, group)
        assert found, f"{group} is gone"
        assert found["Status"] != "create-failed", messages(simfra, group)
        return found if found["Status"] == "available" else None

    return until(is_available, f"{group} is available")


def delete(simfra: Simfra, group: str) -> None:
    """Deletes the group and waits until it is gone."""
    simfra.elasticache.delete_replication_group(ReplicationGroupId=group)
    until(lambda: find(simfra, group) is None, f"{group} is gone")


def messages(simfra: Simfra, group: str) -> list[str]:
    """What the group's events say, oldest first."""
    answer = simfra.elasticache.describe_events(SourceIdentifier=group, SourceType="replication-group")
    return [event["Message"] for event in reversed(answer["Events"])]


def roles(group: dict, shard: int = 0) -> dict[str, str]:
    """The members' roles by their ids."""
    return {
        member["CacheClusterId"]: member["CurrentRole"] for member in group["NodeGroups"][shard]["NodeGroupMembers"]
    }


def primary(group: dict) -> str:
    """The primary's id."""
    return next(member for member, role in roles(group).items() if role == "primary")


def replicas(group: dict) -> list[str]:
    """The replicas' ids."""
    return [member for member, role in roles(group).items() if role == "replica"]


@contextmanager
def connected(simfra: Simfra, group: str, **options):
    """redis-py, connected to the group's primary by a forward of its own."""
    body = {"targetArn": arn_of(group), "targetPort": 6379}
    status, forward = simfra.admin("POST", "port-forwards", body)
    assert status == 201, forward
    try:
        with caches.through(forward["localPort"], **options) as client:
            yield client
    finally:
        if simfra.is_running():
            simfra.admin("DELETE", f"port-forwards/{forward['id']}")


def told(trouble: Exception) -> str:
    """What it says; of redis-py's exceptions `repr` is a class alone."""
    return f"{type(trouble).__name__}: {trouble}"


class Writer:
    """A client that writes numbered keys all the time, and knows which of them were acknowledged, and what it met otherwise."""

    def __init__(self, client: redis.Redis, pause: float = 0, name: str = "written"):
        self.client, self.pause, self.name = client, pause, name
        self.acknowledged: list[int] = []
        self.troubles: list[str] = []
        # The most seconds from one write that was acknowledged to the next.
        self.longest = 0.0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._write)

    def __enter__(self) -> "Writer":
        self._thread.start()
        until(lambda: self.acknowledged, "the writer writes")
        return self

    def __exit__(self, *_) -> None:
        self._end.set()
        self._thread.join()

    def wrote_on(self) -> None:
        """Waits until something is acknowledged that is written from now on."""
        seen = len(self.acknowledged)
        try:
            until(lambda: len(self.acknowledged) > seen + 1, "the writer writes on")
        except AssertionError as late:
            raise AssertionError(f"{late}; it met last: {self.troubles[-3:]}") from None

    def _write(self) -> None:
        number, last = 0, time.monotonic()
        while not self._end.is_set():
            number += 1
            if not self.write(number):
                self._end.wait(0.005)
                continue
            now = time.monotonic()
            self.longest, last = max(self.longest, now - last), now
            self.acknowledged.append(number)
            self._end.wait(self.pause)

    def write(self, number: int) -> bool:
        """Whether this write was acknowledged."""
        try:
            self.put(self.key(number), number)
        except redis.RedisError as trouble:
            self.troubles.append(told(trouble))
            self.client.connection_pool.disconnect()
            return False
        return True

    def put(self, key: str, value: int) -> None:
        """One write."""
        self.client.set(key, value)

    def key(self, number: int) -> str:
        return f"{self.name}:{number}"

    def lost(self, client: redis.Redis | redis.RedisCluster) -> list[int]:
        """The acknowledged writes that `client` does not find."""
        found = set()
        for begin in range(0, len(self.acknowledged), 1000):
            part = self.acknowledged[begin : begin + 1000]
            values = read(client, [self.key(number) for number in part])
            found |= {number for number, value in zip(part, values) if value == str(number)}
        return [number for number in self.acknowledged if number not in found]


def read(client: redis.Redis | redis.RedisCluster, keys: list[str]) -> list[str | None]:
    """The keys' values, wherever they are."""
    return client.mget_nonatomic(keys) if isinstance(client, redis.RedisCluster) else client.mget(keys)
