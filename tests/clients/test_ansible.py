"""Ansible's modules for ElastiCache (the collection community.aws), as a playbook uses them: each state is reached, and
asked for again it is there already."""

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

PROGRAMS = Path(sys.executable).parent


@pytest.fixture(scope="module")
def simfra(tmp_path_factory):
    """With processes: the modules wait for clusters that really start, restart and end."""
    with living(tmp_path_factory, "process") as simfra:
        yield simfra.start()
        simfra.stop()


@pytest.fixture
def play(simfra, tmp_path):
    """Plays tasks (`module`, its arguments) one after the other, and answers what each of them says."""

    def play(*tasks: tuple[str, dict], against: Simfra = simfra) -> list[dict]:
        answer = tmp_path / "answer.json"
        steps = [
            {f"community.aws.{module}": arguments, "register": f"step_{index}", "ignore_errors": True}
            for index, (module, arguments) in enumerate(tasks)
        ]
        said = ", ".join(f"step_{index}" for index in range(len(tasks)))
        steps.append({"ansible.builtin.copy": {"content": f"{{{{ [{said}] | to_json }}}}", "dest": str(answer)}})
        playbook = tmp_path / "playbook.yml"
        playbook.write_text(json.dumps([_play(steps)]))
        done = subprocess.run(
            [PROGRAMS / "ansible-playbook", "--inventory", "localhost,", playbook],
            capture_output=True, text=True, env=_environment(against, tmp_path), timeout=300, check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(answer.read_text())

    return play


def _play(steps: list[dict]) -> dict:
    return {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": sys.executable},
        "tasks": steps,
    }


def _environment(simfra: Simfra, home: Path) -> dict[str, str]:
    """Of someone who has this Simfra for AWS, and whose Ansible writes nowhere else."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ANSIBLE_"))}
    own = {
        "ANSIBLE_HOME": str(home / "ansible"),
        "ANSIBLE_COLLECTIONS_PATH": str(PROGRAMS.parent / "collections"),
        "AWS_ENDPOINT_URL": simfra.url,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "LC_ALL": "C.UTF-8",
    }
    return kept | own


def changed(said: list[dict]) -> list[bool]:
    assert not [one["msg"] for one in said if one.get("failed")]
    return [one["changed"] for one in said]


def test_a_memcached_fleet(play, simfra):
    fleet = {"name": "fleet", "engine": "memcached", "node_type": "cache.t3.small", "state": "present"}
    said = play(
        ("elasticache", fleet | {"num_nodes": 2}),
        ("elasticache", fleet | {"num_nodes": 2}),
        ("elasticache", fleet | {"num_nodes": 3}),
        ("elasticache", fleet | {"num_nodes": 1, "hard_modify": True}),
        ("elasticache_info", {"name": "fleet"}),
        # The module's own wait stops at today's name of that status: it has the name of years ago.
        ("elasticache", {"name": "fleet", "state": "rebooted", "wait": False}),
    )
    assert changed(said) == [True, False, True, True, False, True]
    assert {one["elasticache"]["status"] for one in said[:4]} == {"available"}
    assert [node["CacheNodeId"] for node in said[2]["elasticache"]["data"]["CacheNodes"]] == ["0001", "0002", "0003"]
    [found] = said[4]["elasticache_clusters"]
    assert (found["num_cache_nodes"], found["configuration_endpoint"]["port"]) == (1, 11211)
    caches.available(simfra, "fleet")
    absent = ("elasticache", {"name": "fleet", "state": "absent"})
    said = play(absent, absent)
    assert changed(said) == [True, False]
    assert [one["elasticache"]["status"] for one in said] == ["gone", "gone"]


def test_a_redis_cluster(play, simfra):
    cluster = {"name": "one", "engine": "redis", "node_type": "cache.t3.micro", "state": "present"}
    assert changed(play(("elasticache", cluster | {"cache_port": 6390}))) == [True]
    arn = caches.find(simfra, "one")["ARN"]
    simfra.elasticache.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "team", "Value": "a"}])
    with caches.through(caches.open_forward(simfra, "one", 6390)["localPort"]) as client:
        assert client.set("k", "v")
    said = play(
        ("elasticache", cluster | {"cache_port": 6390}),
        ("elasticache", cluster | {"cache_port": 6391}),
        ("elasticache", cluster | {"cache_port": 6391, "hard_modify": True}),
        ("elasticache_info", {"name": "one"}),
        ("elasticache", {"name": "one", "state": "absent"}),
        ("elasticache_info", {"name": "one"}),
    )
    assert said[1]["msg"].startswith("'one' requires destructive modification")
    assert changed([said[0], *said[2:]]) == [False, True, False, True, False]
    [found] = said[3]["elasticache_clusters"]
    # Made anew by the module, at another port, without the tags of the first.
    assert (found["cache_nodes"][0]["endpoint"]["port"], found["tags"]) == (6391, {})
    assert said[5]["elasticache_clusters"] == []


def test_tags_and_clusters_are_told(play, simfra):
    for name, team in [("a", "red"), ("b", "blue")]:
        caches.create(simfra, name, Tags=[{"Key": "team", "Value": team}])
    for name in ["a", "b"]:
        caches.available(simfra, name)
    [said] = play(("elasticache_info", {}))
    assert {one["cache_cluster_id"]: one["tags"] for one in said["elasticache_clusters"]} == {
        "a": {"team": "red"}, "b": {"team": "blue"},
    }
    for name in ["a", "b"]:
        caches.delete(simfra, name)


def test_a_parameter_group(play, simfra):
    group = {"name": "own", "state": "present"}
    said = play(
        ("elasticache_parameter_group", group | {"group_family": "redis6.x", "description": "of a test"}),
        ("elasticache_parameter_group", group),
        ("elasticache_parameter_group", group | {"values": {"maxmemory-policy": "allkeys-lru", "timeout": 60}}),
        ("elasticache_parameter_group", group | {"values": {"maxmemory-policy": "allkeys-lru", "timeout": 60}}),
        ("elasticache_parameter_group", {"name": "own", "state": "reset", "values": {"timeout": "0"}}),
        ("elasticache_parameter_group", {"name": "own", "state": "reset"}),
        ("elasticache_parameter_group", {"name": "own", "state": "absent"}),
        ("elasticache_parameter_group", {"name": "own", "state": "absent"}),
    )
    assert changed(said) == [True, False, True, False, True, True, True, False]


def test_a_subnet_group(play, simfra):
    ec2 = simfra.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.91.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.91.{n}.0/24")["Subnet"]["SubnetId"] for n in (1, 2)
    ]
    group = {"name": "Own", "state": "present", "subnets": subnets[:1]}
    said = play(
        ("elasticache_subnet_group", group),
        ("elasticache_subnet_group", group),
        ("elasticache_subnet_group", group | {"subnets": subnets, "description": "both"}),
        ("elasticache", {"name": "inside", "engine": "redis", "node_type": "cache.t3.micro", "state": "present",
                         "cache_subnet_group": "own"}),
        ("elasticache_subnet_group", {"name": "own", "state": "absent"}),
        ("elasticache", {"name": "inside", "state": "absent"}),
        ("elasticache_subnet_group", {"name": "own", "state": "absent"}),
        ("elasticache_subnet_group", {"name": "own", "state": "absent"}),
    )
    assert "CacheSubnetGroupInUse" in said[4]["msg"]
    assert changed(said[:4] + said[5:]) == [True, False, True, True, True, True, False]
    told = said[2]["cache_subnet_group"]
    assert (told["name"], told["description"], told["vpc_id"]) == ("own", "both", vpc)
    assert sorted(told["subnet_ids"]) == sorted(subnets)
    for subnet in subnets:
        ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=vpc)


def test_a_snapshot_of_a_groups_member(play, new_simfra):
    """Without engines: there snapshots are, and `elasticache_info` has a group to tell of."""
    simfra = new_simfra("none").start()
    client = simfra.elasticache
    client.create_replication_group(
        ReplicationGroupId="group", ReplicationGroupDescription="-", CacheNodeType="cache.t3.micro", NumCacheClusters=2
    )
    client.get_waiter("replication_group_available").wait(ReplicationGroupId="group")
    # It asks for both, of which the cluster counts.
    backup = {"name": "backup", "replication_id": "group", "cluster_id": "group-002"}
    said = play(
        ("elasticache_info", {"name": "group-002"}),
        ("elasticache_snapshot", backup | {"state": "present"}),
        ("elasticache_snapshot", backup | {"state": "present"}),
        against=simfra,
    )
    assert changed(said) == [False, True, False]
    [member] = said[0]["elasticache_clusters"]
    assert member["replication_group"]["member_clusters"] == ["group-001", "group-002"]
    taken = said[1]["snapshot"]
    assert (taken["snapshot_status"], taken["cache_cluster_id"]) == ("creating", "group-002")
    until(lambda: _status(client) == "available", "the snapshot is there")
    gone = ("elasticache_snapshot", {"name": "backup", "state": "absent"})
    assert changed(play(gone, against=simfra)) == [True]
    until(lambda: not client.describe_snapshots()["Snapshots"], "the snapshot is gone")
    assert changed(play(gone, against=simfra)) == [False]
    simfra.terminate()


def _status(client) -> str:
    return client.describe_snapshots(SnapshotName="backup")["Snapshots"][0]["SnapshotStatus"]
