"""Cloud Custodian's policies for ElastiCache: what they find, and what their actions do.

Tags come and go by the Resource Groups Tagging API. What needs CloudWatch (the filter `metrics`), KMS (`kms-key`) or AWS
Config has nothing to ask here.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import caches
from conftest import living
from simfra import KEY_ID, REGION, SECRET, Simfra
from waiting import until

GROUP = {"ReplicationGroupDescription": "-", "CacheNodeType": "cache.t3.micro", "NumCacheClusters": 2}


@pytest.fixture(scope="module")
def simfra(tmp_path_factory):
    with living(tmp_path_factory, "none") as simfra:
        yield simfra.start()
        simfra.stop()


@pytest.fixture
def client(simfra):
    return simfra.elasticache


@pytest.fixture
def enforce(simfra, tmp_path):
    """Runs one policy, and answers what it found."""

    def enforce(resource: str, *filters, actions=()) -> list[dict]:
        policy = {"name": "under-test", "resource": f"aws.{resource}", "filters": list(filters)}
        if actions:
            policy["actions"] = list(actions)
        file = tmp_path / "policies.json"
        file.write_text(json.dumps({"policies": [policy]}))
        done = subprocess.run(
            [Path(sys.executable).with_name("custodian"), "run", "--cache-period", "0",
             "--region", REGION, "--output-dir", tmp_path / "output", file],
            capture_output=True, text=True, env=_environment(simfra, tmp_path), timeout=120, check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "ERROR" not in done.stderr, done.stderr
        return json.loads((tmp_path / "output" / "under-test" / "resources.json").read_text())

    return enforce


def _environment(simfra: Simfra, home: Path) -> dict[str, str]:
    """Of someone who has this Simfra for AWS."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "C7N_"))}
    own = {
        "HOME": str(home),
        "AWS_ENDPOINT_URL": simfra.url,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET,
    }
    return kept | own


@pytest.fixture
def clusters(simfra, client):
    """Two clusters, of which one says whose it is."""
    caches.create(simfra, "owned", Tags=[{"Key": "owner", "Value": "a"}])
    caches.create(simfra, "stray")
    for name in ("owned", "stray"):
        caches.available(simfra, name)
    yield
    for name in ("owned", "stray"):
        if any(cluster["CacheClusterId"] == name for cluster in client.describe_cache_clusters()["CacheClusters"]):
            caches.delete(simfra, name)


@pytest.fixture
def group(client):
    """A replication group."""
    client.create_replication_group(ReplicationGroupId="group", **GROUP)
    client.get_waiter("replication_group_available").wait(ReplicationGroupId="group")
    yield client.describe_replication_groups(ReplicationGroupId="group")["ReplicationGroups"][0]
    groups = client.describe_replication_groups()["ReplicationGroups"]
    left = {one["ReplicationGroupId"]: one["Status"] for one in groups}
    if left.get("group", "deleting") != "deleting":
        client.delete_replication_group(ReplicationGroupId="group")
    client.get_waiter("replication_group_deleted").wait(ReplicationGroupId="group")


def names(found: list[dict], key: str = "CacheClusterId") -> list[str]:
    return sorted(one[key] for one in found)


def tags(client, arn: str) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in client.list_tags_for_resource(ResourceName=arn)["TagList"]}


def test_clusters_without_an_owner_are_marked_and_later_deleted(simfra, client, enforce, clusters):
    found = enforce("cache-cluster", {"tag:owner": "absent"}, actions=[{"type": "tag", "tags": {"owner": "nobody"}}])
    assert names(found) == ["stray"]
    arn = caches.find(simfra, "stray")["ARN"]
    assert tags(client, arn) == {"owner": "nobody"}

    mark = {"type": "mark-for-op", "tag": "cleanup", "op": "delete", "days": 0}
    assert names(enforce("cache-cluster", {"tag:owner": "nobody"}, actions=[mark])) == ["stray"]
    assert tags(client, arn)["cleanup"].startswith("Resource does not meet policy: delete@")

    due = {"type": "marked-for-op", "tag": "cleanup", "op": "delete"}
    assert names(enforce("cache-cluster", due, actions=[{"type": "delete", "skip-snapshot": True}])) == ["stray"]
    caches.gone(simfra, "stray")
    assert names(client.describe_cache_clusters()["CacheClusters"]) == ["owned"]

    enforce("cache-cluster", {"tag:owner": "a"}, actions=[{"type": "remove-tag", "tags": ["owner"]}])
    assert tags(client, caches.find(simfra, "owned")["ARN"]) == {}


def test_clusters_are_found_by_what_they_are_and_where_they_lie(simfra, client, enforce, clusters):
    caches.create(simfra, "slabs", "memcached")
    caches.available(simfra, "slabs")
    assert names(enforce("cache-cluster", {"Engine": "redis"})) == ["owned", "stray"]
    assert names(enforce("cache-cluster", {"type": "vpc", "key": "IsDefault", "value": True})) == [
        "owned", "slabs", "stray",
    ]
    zone = {"type": "subnet", "key": "AvailabilityZone", "value": "us-east-1a"}
    assert names(enforce("cache-cluster", zone)) == ["owned", "slabs", "stray"]
    default = {"type": "security-group", "key": "GroupName", "value": "default"}
    assert names(enforce("cache-cluster", default, {"Engine": "memcached"})) == ["slabs"]
    assert enforce("cache-cluster", {"type": "upgrade-available", "major": True}) == []
    old = {"type": "value", "key": "CacheClusterCreateTime", "value_type": "age", "op": "ge", "value": 1}
    assert enforce("cache-cluster", old) == []
    assert names(enforce("cache-subnet-group"), "CacheSubnetGroupName") == ["default"]
    assert enforce("elasticache-reserved") == []
    caches.delete(simfra, "slabs")


def test_snapshots_of_clusters_take_their_tags_and_go(simfra, client, enforce, clusters):
    enforce("cache-cluster", {"tag:owner": "a"}, actions=["snapshot"])
    until(lambda: _snapshots(client, "available"), "the snapshot is there")
    [snapshot] = client.describe_snapshots()["Snapshots"]
    assert snapshot["SnapshotName"].startswith("backup-owned-")
    assert snapshot["CacheClusterId"] == "owned"
    caches.available(simfra, "owned")
    enforce("cache-snapshot", actions=[{"type": "copy-cluster-tags", "tags": ["owner"]}])
    assert tags(client, snapshot["ARN"]) == {"owner": "a"}
    assert enforce("cache-snapshot", {"type": "age", "days": 1, "op": "ge"}) == []
    young = {"type": "age", "days": 1, "op": "lt"}
    assert names(enforce("cache-snapshot", young, actions=["delete"]), "SnapshotName") == [snapshot["SnapshotName"]]
    until(lambda: not client.describe_snapshots()["Snapshots"], "the snapshot is gone")


def _snapshots(client, status: str) -> list[dict]:
    return [one for one in client.describe_snapshots()["Snapshots"] if one["SnapshotStatus"] == status]


def test_a_replication_group_gets_security_groups_and_goes(simfra, client, enforce, group):
    vpc = simfra.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    made = simfra.client("ec2").create_security_group(GroupName="isolated", Description="d", VpcId=vpc)["GroupId"]
    isolate = {"type": "modify-security-groups", "remove": "all", "isolation-group": made}
    members = {"type": "value", "key": "ReplicationGroupId", "value": "group"}
    assert names(enforce("cache-cluster", members, actions=[isolate])) == ["group-001", "group-002"]
    client.get_waiter("replication_group_available").wait(ReplicationGroupId="group")
    for member in group["MemberClusters"]:
        assert [one["SecurityGroupId"] for one in caches.find(simfra, member)["SecurityGroups"]] == [made]

    assert names(enforce("elasticache-group", {"tag:owner": "absent"}), "ReplicationGroupId") == ["group"]
    # One member alone is none that Custodian deletes, and Simfra is not asked.
    one = {"type": "value", "key": "CacheClusterId", "value": "group-001"}
    enforce("cache-cluster", one, actions=[{"type": "delete", "skip-snapshot": True}])
    plain = {"type": "value", "key": "AtRestEncryptionEnabled", "value": False}
    enforce("elasticache-group", plain, actions=[{"type": "delete", "snapshot": False}])
    client.get_waiter("replication_group_deleted").wait(ReplicationGroupId="group")
    simfra.client("ec2").delete_security_group(GroupId=made)


def test_users_without_a_password_get_one_or_go(client, enforce):
    for name in ("open", "shut"):
        client.create_user(
            UserId=name, UserName=name, Engine="redis", AccessString="on ~* +@all",
            AuthenticationMode={"Type": "no-password-required"},
        )
    open_ones = {"type": "value", "key": "Authentication.Type", "value": "no-password"}
    own = {"type": "value", "key": "UserId", "op": "ne", "value": "default"}
    password = {"AuthenticationMode": {"Type": "password", "Passwords": ["password-of-sixteen"]}}
    shut = {"type": "value", "key": "UserId", "value": "shut"}
    found = enforce("elasticache-user", open_ones, shut, actions=[{"type": "modify", "attributes": password}])
    assert names(found, "UserId") == ["shut"]
    assert names(enforce("elasticache-user", open_ones, own, actions=["delete"]), "UserId") == ["open"]
    assert names(client.describe_users()["Users"], "UserId") == ["default", "shut"]
    client.delete_user(UserId="shut")
