"""The Resource Groups Tagging API with boto3, whose parser and paginators are as strict as its model, and with the AWS CLI."""

import json

import pytest
from botocore.exceptions import ClientError

import aws
import caches
from conftest import living


@pytest.fixture(scope="module")
def simfra(tmp_path_factory):
    with living(tmp_path_factory, "none") as simfra:
        yield simfra.start()
        simfra.stop()


@pytest.fixture
def tagging(simfra):
    return simfra.client("resourcegroupstaggingapi")


def found(answer: dict) -> dict[str, dict[str, str]]:
    """The tags of what was found, by the ends of the ARNs."""
    return {
        one["ResourceARN"].split(":", 5)[5]: {tag["Key"]: tag["Value"] for tag in one["Tags"]}
        for one in answer["ResourceTagMappingList"]
    }


@pytest.fixture(scope="module")
def arns(simfra) -> dict[str, str]:
    """One resource of each kind that is made in a moment, called by it."""
    client, ec2 = simfra.elasticache, simfra.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    group = ec2.create_security_group(GroupName="tagged", Description="d", VpcId=vpc)["GroupId"]
    caches.create(simfra, "tagged")
    caches.available(simfra, "tagged")
    parameters = client.create_cache_parameter_group(
        CacheParameterGroupName="tagged", CacheParameterGroupFamily="redis7", Description="d"
    )
    return {
        "cluster": caches.find(simfra, "tagged")["ARN"],
        "parametergroup": parameters["CacheParameterGroup"]["ARN"],
        "vpc": f"arn:aws:ec2:us-east-1:000000000000:vpc/{vpc}",
        "security-group": f"arn:aws:ec2:us-east-1:000000000000:security-group/{group}",
    }


@pytest.fixture(autouse=True)
def untagged(tagging, arns):
    """No test sees another one's tags."""
    yield
    keys = tagging.get_paginator("get_tag_keys").paginate().build_full_result()["TagKeys"]
    if keys:
        done = tagging.untag_resources(ResourceARNList=list(arns.values()), TagKeys=keys)
        assert done["FailedResourcesMap"] == {}


def test_tags_come_are_found_and_go(simfra, tagging, arns):
    all_arns = list(arns.values())
    tags = {"team": "blue", "é ü": "ñ/=+-@"}
    assert tagging.tag_resources(ResourceARNList=all_arns, Tags=tags)["FailedResourcesMap"] == {}
    by_arn = found(tagging.get_resources(ResourceARNList=all_arns))
    assert len(by_arn) == 4 and all(one == tags for one in by_arn.values())
    only = tagging.get_resources(ResourceTypeFilters=["elasticache:cluster", "ec2"], TagFilters=[{"Key": "team"}])
    assert sorted(one.split("/")[0].split(":")[0] for one in found(only)) == ["cluster", "security-group", "vpc"]
    listed = simfra.elasticache.list_tags_for_resource(ResourceName=arns["cluster"])["TagList"]
    assert {tag["Key"]: tag["Value"] for tag in listed} == by_arn["cluster:tagged"]
    described = simfra.client("ec2").describe_tags(Filters=[{"Name": "key", "Values": ["team"]}])["Tags"]
    assert sorted(tag["ResourceType"] for tag in described) == ["security-group", "vpc"]

    # What its own service takes away or gives is seen here.
    simfra.elasticache.remove_tags_from_resource(ResourceName=arns["cluster"], TagKeys=["team"])
    vpc = arns["vpc"].split("/")[1]
    simfra.client("ec2").create_tags(Resources=[vpc], Tags=[{"Key": "team", "Value": "red"}])
    assert tagging.get_tag_values(Key="team")["TagValues"] == ["blue", "red"]
    assert found(tagging.get_resources(TagFilters=[{"Key": "team", "Values": ["red"]}])).keys() == {f"vpc/{vpc}"}
    assert tagging.untag_resources(ResourceARNList=all_arns, TagKeys=["team", "é ü"])["FailedResourcesMap"] == {}
    assert set(map(len, found(tagging.get_resources(ResourceARNList=all_arns)).values())) == {0}


def test_paginators_see_everything_once(simfra, tagging, arns):
    client = simfra.elasticache
    for number in range(30):
        client.create_cache_parameter_group(
            CacheParameterGroupName=f"page-{number:02}", CacheParameterGroupFamily="redis7", Description="d",
            Tags=[{"Key": "page", "Value": f"{number:02}"}],
        )
    pages = tagging.get_paginator("get_resources").paginate(
        TagFilters=[{"Key": "page"}], PaginationConfig={"PageSize": 7}
    )
    seen = [name for page in pages for name in found(page)]
    assert seen == [f"parametergroup:page-{number:02}" for number in range(30)]
    values = tagging.get_paginator("get_tag_values").paginate(Key="page").build_full_result()["TagValues"]
    assert values == [f"{number:02}" for number in range(30)]
    for number in range(30):
        client.delete_cache_parameter_group(CacheParameterGroupName=f"page-{number:02}")
    assert found(tagging.get_resources(TagFilters=[{"Key": "page"}])) == {}


def test_refusals_are_errors_that_clients_know(simfra, tagging, arns):
    with pytest.raises(tagging.exceptions.InvalidParameterException) as refused:
        tagging.get_resources(ResourceARNList=[arns["cluster"]], ResourcesPerPage=1)
    assert "ResourcesPerPage" in refused.value.response["Error"]["Message"]
    elsewhere = arns["cluster"].replace("us-east-1", "eu-west-1")
    with pytest.raises(tagging.exceptions.InvalidParameterException, match="does not match with the region"):
        tagging.tag_resources(ResourceARNList=[arns["cluster"], elsewhere], Tags={"a": "b"})
    europe = simfra.client("resourcegroupstaggingapi", region="eu-west-1")
    with pytest.raises(europe.exceptions.InvalidParameterException, match="does not match with the region"):
        europe.tag_resources(ResourceARNList=[arns["cluster"]], Tags={"a": "b"})
    missing = arns["cluster"].replace("tagged", "missing")
    failed = tagging.tag_resources(ResourceARNList=[arns["cluster"], missing], Tags={"a": "b"})["FailedResourcesMap"]
    assert failed == {
        missing: {"StatusCode": 404, "ErrorCode": "CacheClusterNotFound", "ErrorMessage": "missing is not present"}
    }
    assert found(tagging.get_resources(TagFilters=[{"Key": "a"}])).keys() == {"cluster:tagged"}
    with pytest.raises(ClientError) as unserved:
        tagging.get_compliance_summary()
    assert unserved.value.response["Error"]["Code"] == "NotImplemented"
    assert "GetComplianceSummary" in unserved.value.response["Error"]["Message"]


def test_the_cli_tags_and_finds(simfra, arns):
    def call(*arguments: str) -> dict:
        done = aws.run(aws.CLI, "--endpoint-url", simfra.url, "resourcegroupstaggingapi", *arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    tagged = call("tag-resources", "--resource-arn-list", arns["cluster"], "--tags", "owner=cli")
    assert tagged == {"FailedResourcesMap": {}}
    answer = call("get-resources", "--tag-filters", "Key=owner,Values=cli", "--resource-type-filters", "elasticache")
    assert found(answer) == {"cluster:tagged": {"owner": "cli"}}
    assert call("get-tag-keys")["TagKeys"] == ["owner"]
