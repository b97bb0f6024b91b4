"""Users of IAM with cluster mode: redis-py's cluster client signs in with tokens at every node."""

import pytest
import redis

import groups
import sharded
import test_cluster_preferred as preferred
import test_resharding as resharding
from test_cluster_preferred import ENGINES, connected, engines, members
from test_forwarded_cluster import opened, through
from test_iam import PASSWORD, Tokens, at
from test_rbac import group_active
from test_transit_preferred import authority, with_tls  # noqa: F401


@pytest.fixture(scope="module", params=ENGINES)
def guarded(request, simfra) -> str:
    """A group of two shards that lets in a user of IAM, and one with a password."""
    engine, name = request.param, f"sharded-{request.param}"
    create = simfra.elasticache.create_user
    app = f"{engine}-app"
    create(UserId=app, UserName=app, Engine=engine, AccessString="on ~* +@all", AuthenticationMode={"Type": "iam"})
    create(UserId=f"{engine}-pw", UserName="pw", Engine=engine, AccessString="on ~* +@all", Passwords=[PASSWORD])
    users = [app, f"{engine}-pw"]
    if engine == "redis":
        create(UserId="off", UserName="default", Engine=engine, AccessString="off -@all", NoPasswordRequired=True)
        users.append("off")
    simfra.elasticache.create_user_group(UserGroupId=name, Engine=engine, UserIds=users)
    preferred.create(simfra, name, engine, 2, 1, TransitEncryptionEnabled=True, UserGroupIds=[name])
    return name


def tokens(guarded: str, group: str | None = None) -> dict:
    return {"credential_provider": Tokens(f"{guarded.removeprefix('sharded-')}-app", group or guarded)}


def test_a_cluster_client_signs_in_with_tokens(simfra, guarded, authority):
    options = with_tls(authority)
    preferred.check_takes(simfra, guarded, authority, plain=False, tls=True, **tokens(guarded))
    with connected(simfra, guarded, **options, username="pw", password=PASSWORD) as client:
        assert client.get("kept:7") == "7"
    bad = Tokens(f"{guarded.removeprefix('sharded-')}-app", "another-group")
    for member in members(simfra, guarded):
        with at(simfra, member, authority, credential_provider=bad) as client:
            with pytest.raises(redis.exceptions.AuthenticationError):
                client.ping()


def test_writes_outlast_a_failover(simfra, guarded, authority):
    with connected(simfra, guarded, **with_tls(authority), **tokens(guarded)) as client:
        with sharded.Writer(client) as writer:
            simfra.elasticache.test_failover(ReplicationGroupId=guarded, NodeGroupId="0001")
            groups.available(simfra, guarded)
            writer.wrote_on()
        assert writer.lost(client) == []
    preferred.check_takes(simfra, guarded, authority, plain=False, tls=True, **tokens(guarded))


def test_slots_move_to_a_new_shard(simfra, guarded, authority):
    with connected(simfra, guarded, **with_tls(authority), **tokens(guarded)) as client:
        with resharding.Writer(client) as writer:
            simfra.elasticache.modify_replication_group_shard_configuration(
                ReplicationGroupId=guarded, NodeGroupCount=3, ApplyImmediately=True
            )
            groups.available(simfra, guarded)
            writer.wrote_on()
        assert writer.troubles == []
    with connected(simfra, guarded, **with_tls(authority), **tokens(guarded)) as client:
        assert writer.lost(client) == []
        assert len(sharded.slots(client)) == 3
    preferred.check_takes(simfra, guarded, authority, plain=False, tls=True, **tokens(guarded))


@pytest.mark.parametrize("encrypted", [False, True])
def test_tokens_are_good_on_the_host_through_a_forward(simfra, guarded, authority, encrypted):
    forward = opened(simfra, guarded)
    with through(forward, **(with_tls(authority) if encrypted else {}), **tokens(guarded)) as client:
        keys = {f"forwarded:{number}": str(number) for number in range(100)}
        assert client.mset_nonatomic(keys)
        assert client.mget_nonatomic(list(keys)) == list(keys.values())
        assert {node.host for node in client.get_nodes()} == {"127.0.0.1"}
    assert simfra.admin("DELETE", f"port-forwards/{forward['id']}")[0] in (200, 204)


def test_a_running_group_gets_its_first_user_of_iam(simfra, runtime, guarded, authority):
    """Its engines move behind proxies while clients write."""
    engine = guarded.removeprefix("sharded-")
    name = f"first-{engine}"
    others = ["default"] if engine == "redis" else [f"{engine}-pw"]
    simfra.elasticache.create_user_group(UserGroupId=name, Engine=engine, UserIds=others)
    preferred.create(simfra, name, engine, 2, 1, TransitEncryptionEnabled=True, UserGroupIds=[name])
    before = engines(simfra, runtime, name)
    signs_in = {} if engine == "redis" else {"username": "pw", "password": PASSWORD}
    with connected(simfra, name, **with_tls(authority), **signs_in) as client:
        with sharded.Writer(client) as writer:
            simfra.elasticache.modify_user_group(UserGroupId=name, UserIdsToAdd=[f"{engine}-app"])
            group_active(simfra, name)
            writer.wrote_on()
        assert writer.lost(client) == [] and writer.troubles == []
    preferred.check_takes(simfra, name, authority, plain=False, tls=True, **tokens(guarded, name))
    assert engines(simfra, runtime, name) == before, "an engine was started anew"
    groups.delete(simfra, name)
    simfra.elasticache.delete_user_group(UserGroupId=name)
