"""Users, user groups and reserved nodes as boto3 and Terraform's AWS provider ask for them; no engine has a part in it."""

import pytest
from botocore.exceptions import ClientError

from conftest import living
from simfra import Simfra

PASSWORD = "abcdefghijklmnop"
EVERYTHING = "on ~* +@all"


@pytest.fixture(scope="module")
def simfra(tmp_path_factory):
    """Without engines, and with a data directory: what was said is to hold after a restart."""
    with living(tmp_path_factory, "none", durable=True) as simfra:
        yield simfra.start()
        simfra.terminate()


def refused(call, **parameters) -> str:
    with pytest.raises(ClientError) as refusal:
        call(**parameters)
    return refusal.value.response["Error"]["Code"]


def user(simfra: Simfra, user_id: str) -> dict:
    """As Terraform looks a user up: all pages, and exactly one."""
    pages = simfra.elasticache.get_paginator("describe_users").paginate(UserId=user_id)
    (found,) = [each for page in pages for each in page["Users"]]
    return found


def group(simfra: Simfra, group_id: str) -> dict:
    pages = simfra.elasticache.get_paginator("describe_user_groups").paginate(UserGroupId=group_id)
    (found,) = [each for page in pages for each in page["UserGroups"]]
    return found


def tags(simfra: Simfra, arn: str) -> list[dict]:
    return simfra.elasticache.list_tags_for_resource(ResourceName=arn)["TagList"]


def read(simfra: Simfra, found: dict) -> tuple[dict, list[dict]]:
    """What Terraform compares with its plan: the resource and its tags."""
    assert found["Status"] == "active", "Terraform waits for it"
    return found, tags(simfra, found["ARN"])


@pytest.mark.parametrize("engine", ["redis", "VALKEY"])
def test_terraform_keeps_a_user(simfra, engine):
    client, user_id = simfra.elasticache, f"tf-{engine.lower()}"
    # `aws_elasticache_user` sends NoPasswordRequired always, false beside its authentication_mode.
    created = client.create_user(
        UserId=user_id,
        UserName=user_id,
        Engine=engine,
        AccessString="on ~app::* -@all +@read",
        NoPasswordRequired=False,
        AuthenticationMode={"Type": "password", "Passwords": [PASSWORD, PASSWORD[::-1]]},
        Tags=[{"Key": "Name", "Value": "app"}],
    )
    assert created["Status"] in ("creating", "active")
    first = read(simfra, user(simfra, user_id))
    assert first[0]["AccessString"] == "on ~app::* -@all +@read"
    assert first[0]["Engine"] == engine.lower()
    assert first[0]["Authentication"] == {"Type": "password", "PasswordCount": 2}
    assert first[1] == [{"Key": "Name", "Value": "app"}]
    assert read(simfra, user(simfra, user_id)) == first, "no diff"

    modified = client.modify_user(UserId=user_id, AccessString=EVERYTHING, AuthenticationMode={"Type": "iam"})
    assert modified["Status"] == "modifying"
    client.add_tags_to_resource(ResourceName=created["ARN"], Tags=[{"Key": "Name", "Value": "other"}])
    second = read(simfra, user(simfra, user_id))
    assert second[0]["AccessString"] == EVERYTHING
    assert second[0]["Authentication"] == {"Type": "iam"}
    assert second[1] == [{"Key": "Name", "Value": "other"}]
    # An authentication_mode that is taken out of the configuration makes a request that asks for nothing.
    client.modify_user(UserId=user_id)
    assert read(simfra, user(simfra, user_id)) == second

    simfra.terminate()
    simfra.start()
    assert read(simfra, user(simfra, user_id)) == second, "it outlives a restart"
    assert client.delete_user(UserId=user_id)["Status"] == "deleting"
    assert refused(client.describe_users, UserId=user_id) == "UserNotFound"


def test_terraform_keeps_a_user_group_and_its_associations(simfra):
    client = simfra.elasticache
    for user_id, name in (("tf-default", "default"), ("tf-one", "one"), ("tf-two", "two")):
        client.create_user(
            UserId=user_id,
            UserName=name,
            Engine="REDIS",
            AccessString=EVERYTHING,
            NoPasswordRequired=False,
            Passwords=[PASSWORD],
        )
    created = client.create_user_group(UserGroupId="tf-group", Engine="REDIS", UserIds=["tf-default", "tf-one"])
    assert created["Status"] == "creating"
    first = read(simfra, group(simfra, "tf-group"))
    assert set(first[0]["UserIds"]) == {"tf-default", "tf-one"}
    assert read(simfra, group(simfra, "tf-group")) == first, "no diff"
    client.modify_user_group(UserGroupId="tf-group", UserIdsToAdd=["default"], UserIdsToRemove=["tf-default"])
    assert set(group(simfra, "tf-group")["UserIds"]) == {"default", "tf-one"}

    # `aws_elasticache_user_group_association`.
    modified = client.modify_user_group(UserGroupId="tf-group", UserIdsToAdd=["tf-two"])
    assert modified["Status"] == "modifying"
    assert modified["PendingChanges"] == {"UserIdsToAdd": ["tf-two"]}
    with_two = group(simfra, "tf-group")
    assert "tf-two" in with_two["UserIds"]
    assert group(simfra, "tf-group") == with_two
    assert user(simfra, "tf-two")["UserGroupIds"] == ["tf-group"]
    client.modify_user_group(UserGroupId="tf-group", UserIdsToRemove=["tf-two"])
    again = {"UserGroupId": "tf-group", "UserIdsToRemove": ["tf-two"]}
    with pytest.raises(client.exceptions.InvalidParameterValueException, match="not a member"):
        client.modify_user_group(**again)

    assert client.delete_user_group(UserGroupId="tf-group")["Status"] == "deleting"
    assert refused(client.delete_user_group, UserGroupId="tf-group") == "UserGroupNotFound"
    for user_id in ("tf-default", "tf-one", "tf-two"):
        client.delete_user(UserId=user_id)


def test_paginators_see_every_user_and_group_once(simfra):
    client = simfra.elasticache
    names = [f"paged-{number:02}" for number in range(45)]
    for name in names:
        client.create_user(
            UserId=name, UserName=name, Engine="valkey", AccessString=EVERYTHING, Passwords=[PASSWORD]
        )
        client.create_user_group(UserGroupId=name, Engine="valkey", UserIds=[name])
    for operation, member, key, more in (
        ("describe_users", "Users", "UserId", ["default"]),
        ("describe_user_groups", "UserGroups", "UserGroupId", []),
    ):
        pages = client.get_paginator(operation).paginate(PaginationConfig={"PageSize": 20})
        seen = [each[key] for page in pages for each in page[member]]
        assert sorted(seen) == sorted(names + more)
    named = [{"Name": "UserId", "Values": ["paged-03", "paged-04", "nobody"]}]
    assert [each["UserId"] for each in client.describe_users(Filters=named)["Users"]] == ["paged-03", "paged-04"]
    for name in names:
        client.delete_user_group(UserGroupId=name)
        client.delete_user(UserId=name)


def test_passwords_are_in_no_answer_log_or_file(simfra):
    secret = "never-seen-again-4711"
    client = simfra.elasticache
    created = client.create_user(
        UserId="secretive", UserName="secretive", Engine="redis", AccessString="on", Passwords=[secret]
    )
    assert secret not in str(created)
    assert refused(client.modify_user, UserId="secretive", Passwords=[secret, "short"]) == "InvalidParameterValue"
    assert refused(client.modify_user, UserId="secretive", AccessString=f"on >{secret}") == "InvalidParameterValue"
    simfra.terminate()
    assert secret not in simfra.log()
    files = [path for path in simfra.place.folder.rglob("*") if path.is_file()]
    assert files and not any(secret.encode() in path.read_bytes() for path in files)
    simfra.start()
    client.delete_user(UserId="secretive")


def test_reserved_nodes_are_found_by_paginators_and_bought(simfra):
    client = simfra.elasticache
    asked = {"CacheNodeType": "cache.t3.small", "ProductDescription": "memcached", "Duration": "1"}
    pages = client.get_paginator("describe_reserved_cache_nodes_offerings").paginate(**asked)
    offerings = {each["OfferingType"]: each for page in pages for each in page["ReservedCacheNodesOfferings"]}
    assert offerings.keys() == {"No Upfront", "Partial Upfront", "All Upfront"}
    half = offerings["Partial Upfront"]
    assert (half["FixedPrice"], half["RecurringCharges"][0]["RecurringChargeAmount"]) == (97.0, 0.011)
    bought = client.purchase_reserved_cache_nodes_offering(
        ReservedCacheNodesOfferingId=half["ReservedCacheNodesOfferingId"], CacheNodeCount=2
    )["ReservedCacheNode"]
    assert bought["State"] == "payment-pending"
    pages = client.get_paginator("describe_reserved_cache_nodes").paginate()
    (node,) = [each for page in pages for each in page["ReservedCacheNodes"]]
    assert node == bought | {"State": "active"}
