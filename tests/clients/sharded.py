"""A replication group with cluster mode as its user has it: created, and spoken to by a client that knows shards."""

from contextlib import contextmanager

import redis
from redis.cluster import RedisCluster

import groups
from simfra import Simfra
from test_vpc_names import addresses, ask

ALL = "0-16383"

# What a client that looks for its cluster meets while a shard has no primary.
TROUBLE = (redis.RedisError, redis.exceptions.RedisClusterException)


def create(simfra: Simfra, group: str, shards: int, replicas: int, **parameters) -> dict:
    """The group, once it is available."""
    asked = {
        "ReplicationGroupDescription": "a test's", "Engine": "redis", "CacheNodeType": "cache.t3.micro",
        "NumNodeGroups": shards, "ReplicasPerNodeGroup": replicas, "AutomaticFailoverEnabled": True,
        "CacheParameterGroupName": "default.redis7.cluster.on",
    } | parameters
    simfra.elasticache.create_replication_group(ReplicationGroupId=group, **asked)
    return groups.available(simfra, group)


@contextmanager
def connected(simfra: Simfra, group: str, **options):
    """redis-py's cluster client, led to the nodes by the configuration endpoint."""
    endpoint = groups.find(simfra, group)["ConfigurationEndpoint"]
    first = addresses(ask(simfra, endpoint["Address"]))[0]
    options = {"decode_responses": True, "socket_timeout": 2} | options
    with RedisCluster(host=first, port=endpoint["Port"], **options) as client:
        yield client


def slots(client: RedisCluster) -> dict[str, str]:
    """The slots of each primary, by the name of its cluster, as any of the nodes says."""
    return {name_of(node): said(node) for node in nodes(client).values() if "master" in node["flags"]}


def said(node: dict) -> str:
    """A node's slots as the API writes them."""
    return ",".join("-".join(each) for each in node["slots"])


def has(slots: str, slot: int) -> bool:
    """Whether the slot is one of those, written as the API does."""
    ranges = [part.split("-") for part in slots.split(",")]
    return any(int(each[0]) <= slot <= int(each[-1]) for each in ranges)


def nodes(client: RedisCluster) -> dict[str, dict]:
    """What any of the nodes says of all."""
    return client.cluster_nodes()


def name_of(node: dict) -> str:
    """The name of a node's cluster."""
    return node["hostname"].split(".")[0]


def primary_of(client: RedisCluster, shard: str) -> str:
    """Who leads the shard, by its number, in the engines' eyes: in those of one, which may have joined just now and not know
    the others' names as yet."""
    leads = [name for name in slots(client) if name.split("-")[-2:-1] == [shard]]
    if not leads:
        raise redis.RedisError(f"the node that was asked does not know who leads shard {shard}")
    return leads[0]


def is_whole(simfra: Simfra, group: dict, **options) -> bool:
    """Whether the engines have the slots of the API, and each primary as many replicas as its shard has; no member is missing
    and none is left over. A replica that was lost is no reason for the group not to be available."""
    members = {shard["NodeGroupId"]: shard["NodeGroupMembers"] for shard in group["NodeGroups"]}
    shard_of = {member["CacheClusterId"]: shard for shard, all in members.items() for member in all}
    with connected(simfra, group["ReplicationGroupId"], **options) as client:
        seen = nodes(client).values()
    primaries = {node["node_id"]: shard_of.get(name_of(node)) for node in seen if node["slots"]}
    had = {primaries[node["node_id"]]: said(node) for node in seen if node["slots"]}
    followed = [primaries.get(node["master_id"]) for node in seen if node["master_id"] != "-"]
    return (
        had == {shard["NodeGroupId"]: shard.get("Slots", ALL) for shard in group["NodeGroups"]}
        and all(followed.count(shard) == len(members[shard]) - 1 for shard in members)
        and len(seen) == len(shard_of)
    )


class Writer(groups.Writer):
    """A client that writes to all shards all the time."""

    def write(self, number: int) -> bool:
        try:
            self.put(self.key(number), number)
        except Exception as trouble:  # noqa: BLE001
            # Whatever redis-py makes of a cluster that changes: a thread that ended would write nothing for ever.
            self.troubles.append(groups.told(trouble))
            return False
        return True
