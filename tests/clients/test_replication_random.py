"""A replication group through a seeded random history of operations and losses: nothing that was promised is lost.

Promised is what the primary acknowledged and a replica confirmed (WAIT), whatever is lost afterwards; of operations alone, all
that was acknowledged. `SIMFRA_TEST_STEPS` makes the history longer, `SIMFRA_TEST_SEED` makes it another: the same two make
the same history again. With `pytest -s` each step is told when it is over.
"""

import os
import random
import time

import pytest
import redis

import caches
import groups
import sharded
from leftovers import node_of
from test_replication import WAYS
from waiting import until

STEPS = int(os.environ.get("SIMFRA_TEST_STEPS", "100"))
# What happens to shards takes longer.
SHARDED_STEPS = STEPS // 5
SEED = os.environ.get("SIMFRA_TEST_SEED", "6379")
GROUP = "restless"
# As long as AWS keeps events: a long history is older than the hour, and more than the page, that are shown unasked.
MINUTES_OF_EVENTS = 14 * 24 * 60
# More failovers are tested than AWS allows in a day.
QUOTAS = {"SIMFRA_QUOTAS": "off"}


class History:
    """What is done to the group, and what was promised of it."""

    def __init__(self, simfra, seed: str):
        self.simfra, self.random = simfra, random.Random(seed)
        self.promised: dict[str, str] = {}
        self.done: list[str] = []

    def goes_on(self, steps: int) -> None:
        """So many steps, between writes and checks."""
        for number in range(1, steps + 1):
            began = time.monotonic()
            self.write()
            self.step()
            self.check()
            print(f"{number}/{steps}: {self.done[-1]}: {time.monotonic() - began:.1f} s", flush=True)

    def write(self) -> None:
        """Some keys, confirmed by a replica."""
        with groups.connected(self.simfra, GROUP) as client:
            for _ in range(self.random.randrange(1, 20)):
                key, value = f"key:{self.random.randrange(500)}", f"{len(self.done)}:{self.random.random()}"
                client.set(key, value)
                self.promised[key] = value
            assert client.wait(1, 30_000) >= 1, self

    def check(self) -> None:
        """The group is as it shall be, and each member has what was promised."""
        group = groups.available(self.simfra, GROUP)
        roles = groups.roles(group)
        assert sorted(roles.values())[0] == "primary" and list(roles.values()).count("primary") == 1, self
        with groups.connected(self.simfra, GROUP) as client:
            self.holds(client, "the primary")
            replicas = len(roles) - 1
            until(lambda: client.info("replication")["connected_slaves"] == replicas, f"{replicas} follow: {self}")
            client.incr("checks")
            assert client.wait(replicas, 30_000) == replicas, self
        for replica in groups.replicas(group):
            with caches.connected(self.simfra, replica) as client:
                self.holds(client, replica)

    def holds(self, client: redis.Redis, whose: str) -> None:
        keys = list(self.promised)
        found = dict(zip(keys, client.mget(keys) if keys else []))
        assert found == self.promised, f"{whose} after {self}"

    def step(self) -> None:
        """One thing that happens to the group, at random."""
        group = groups.available(self.simfra, GROUP)
        members, replicas = list(groups.roles(group)), groups.replicas(group)
        ways = WAYS[self.simfra.runtime]
        happens = ["fail over", "lose a primary", "lose a replica", "kill Simfra"]
        happens += ["add a replica"] if len(replicas) < 3 else []
        happens += ["remove a replica"] if len(replicas) > 1 else []
        what = self.random.choice(happens)
        way, victim = self.random.choice(list(ways)), self.random.choice(replicas)
        self.done.append(f"{what} ({way}, {victim})" if "lose" in what else what)
        client = self.simfra.elasticache
        match what:
            case "fail over":
                client.test_failover(ReplicationGroupId=GROUP, NodeGroupId="0001")
            case "lose a primary":
                self.lose(way, groups.primary(group))
                until(lambda: groups.primary(groups.find(self.simfra, GROUP)) in replicas, f"failed over: {self}")
            case "lose a replica":
                before = self.recoveries(victim)
                self.lose(way, victim)
                until(lambda: self.recoveries(victim) > before, f"{victim} is recovered: {self}")
            case "add a replica":
                client.increase_replica_count(
                    ReplicationGroupId=GROUP, NewReplicaCount=len(replicas) + 1, ApplyImmediately=True
                )
            case "remove a replica":
                client.decrease_replica_count(
                    ReplicationGroupId=GROUP, ReplicasToRemove=[victim], ApplyImmediately=True
                )
            case "kill Simfra":
                self.simfra.kill()
                self.simfra.start(**QUOTAS)
        assert groups.primary(groups.available(self.simfra, GROUP)) in members, self

    def lose(self, way: str, member: str) -> None:
        WAYS[self.simfra.runtime][way](node_of(self.simfra.runtime, self.simfra.instance, member))

    def recoveries(self, member: str) -> int:
        pages = self.simfra.elasticache.get_paginator("describe_events").paginate(
            SourceIdentifier=member, SourceType="cache-cluster", Duration=MINUTES_OF_EVENTS
        )
        events = [event["Message"] for page in pages for event in page["Events"]]
        return events.count("Finished recovery for cache nodes 0001")

    # What an assertion shows.
    def __repr__(self) -> str:
        return f"seed {SEED}: " + ", ".join(self.done)


class ShardedHistory(History):
    """The same of a group with cluster mode, whose shards come and go too."""

    def write(self) -> None:
        """Some keys, confirmed by a replica of their shards."""
        with sharded.connected(self.simfra, GROUP) as client:
            nodes = {}
            for _ in range(self.random.randrange(1, 20)):
                key, value = f"key:{self.random.randrange(500)}", f"{len(self.done)}:{self.random.random()}"
                client.set(key, value)
                self.promised[key] = value
                nodes |= {(node := client.get_node_from_key(key)).name: node}
            for node in nodes.values():
                assert client.wait(1, 30_000, target_nodes=node) >= 1, self

    def check(self) -> None:
        """The engines have the slots of the API, each shard its members, and they have what was promised."""
        group = groups.available(self.simfra, GROUP)
        shown = {shard["NodeGroupId"]: shard["Slots"] for shard in group["NodeGroups"]}
        assert len(group["MemberClusters"]) == 2 * len(shown), self
        with sharded.connected(self.simfra, GROUP) as client:

            def is_whole() -> bool:
                # A replica that was lost is no reason for the group not to be available.
                seen = sharded.nodes(client).values()
                slots = {sharded.name_of(node).split("-")[-2]: sharded.said(node) for node in seen if node["slots"]}
                followers = [node for node in seen if node["master_id"] != "-"]
                return slots == shown and len(followers) == len(shown) and len(seen) == 2 * len(shown)

            until(is_whole, f"the engines are as the API says: {self}")
            keys = list(self.promised)
            assert dict(zip(keys, client.mget_nonatomic(keys) if keys else [])) == self.promised, self

    def step(self) -> None:
        """One thing that happens to the group, at random."""
        group = groups.available(self.simfra, GROUP)
        shards = [shard["NodeGroupId"] for shard in group["NodeGroups"]]
        ways = WAYS[self.simfra.runtime]
        happens = ["fail over", "lose a member", "kill Simfra"]
        happens += ["add a shard", "add a shard and kill Simfra"] if len(shards) < 3 else []
        happens += ["remove a shard", "remove a shard and kill Simfra"] if len(shards) > 1 else []
        what = self.random.choice(happens)
        way, victim = self.random.choice(list(ways)), self.random.choice(group["MemberClusters"])
        shard = self.random.choice(shards)
        self.done.append(f"{what} ({way}, {victim})" if "lose" in what else f"{what} ({shard})")
        client = self.simfra.elasticache
        match what.split()[0]:
            case "fail":
                client.test_failover(ReplicationGroupId=GROUP, NodeGroupId=shard)
            case "lose":
                before = self.recoveries(victim)
                self.lose(way, victim)
                until(lambda: self.recoveries(victim) > before, f"{victim} is recovered: {self}")
            case "add":
                client.modify_replication_group_shard_configuration(
                    ReplicationGroupId=GROUP, NodeGroupCount=len(shards) + 1, ApplyImmediately=True
                )
            case "remove":
                client.modify_replication_group_shard_configuration(
                    ReplicationGroupId=GROUP, NodeGroupCount=len(shards) - 1, NodeGroupsToRemove=[shard],
                    ApplyImmediately=True,
                )
        if what.endswith("kill Simfra"):
            self.simfra.kill()
            self.simfra.start(**QUOTAS)


@pytest.mark.parametrize("runtime", ["process", "docker"], indirect=True)
def test_whatever_happens_to_a_group_what_was_promised_is_there(new_simfra, runtime):
    simfra = new_simfra(runtime, durable=True).start(**QUOTAS)
    groups.create(simfra, GROUP, members=3)
    History(simfra, SEED).goes_on(STEPS)
    groups.delete(simfra, GROUP)
    simfra.stop()


@pytest.mark.parametrize("runtime", ["process", "docker"], indirect=True)
def test_whatever_happens_to_shards_what_was_promised_is_there(new_simfra, runtime):
    simfra = new_simfra(runtime, durable=True).start(**QUOTAS)
    sharded.create(simfra, GROUP, 2, 1)
    ShardedHistory(simfra, SEED).goes_on(SHARDED_STEPS)
    groups.delete(simfra, GROUP)
    simfra.stop()
