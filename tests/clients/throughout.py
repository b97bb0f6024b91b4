"""Whatever happens while clients write: what they find afterwards, and what is told of it.

How long nobody could write is told, and not judged: the machine may have other things to do.
"""

from collections.abc import Callable

import redis

import groups

KEYS = {f"before:{number}": f"value {number}" for number in range(1000)}


def fill(client: redis.Redis | redis.RedisCluster) -> None:
    """Writes the keys that are to be there afterwards."""
    client.mset_nonatomic(KEYS) if isinstance(client, redis.RedisCluster) else client.mset(KEYS)


def lost(
    writer: groups.Writer, client: redis.Redis | redis.RedisCluster, told: Callable[[str, object], None]
) -> list[int]:
    """Which acknowledged writes `client` does not find; all keys from before are there."""
    assert groups.read(client, list(KEYS)) == list(KEYS.values())
    lost, name = writer.lost(client), "" if writer.name == "written" else f"{writer.name}: "
    told(f"{name}seconds without a write", f"{writer.longest:.3f}")
    told(f"{name}acknowledged", len(writer.acknowledged))
    told(f"{name}lost", len(lost))
    print(f"{name}{writer.longest:.3f} s without a write, {len(lost)} of {len(writer.acknowledged)} lost")
    return lost
