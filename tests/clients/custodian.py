"""`custodian`, Cloud Custodian's program, beside an AWS without the Resource Groups Tagging API.

Custodian reads and writes tags of most resources by that service, which Simfra does not have. Its three calls are
answered here, by the tag operations that ElastiCache has itself; every other call goes to Simfra as it is.
"""

import sys
from types import SimpleNamespace

import boto3
import botocore.handlers
from botocore.exceptions import ClientError

SERVICE = "resource-groups-tagging-api"


def main() -> None:
    botocore.handlers.BUILTIN_HANDLERS += [
        (f"before-parameter-build.{SERVICE}", _keep_parameters),
        (f"before-call.{SERVICE}", _answer),
    ]
    from c7n.cli import main as custodian

    custodian()


def _keep_parameters(params, context, **_) -> None:
    context["parameters"] = params


def _answer(model, context, **_):
    asked = context["parameters"]
    operation = {"GetResources": _get, "TagResources": _tag, "UntagResources": _untag}[model.name]
    answer = operation(boto3.client("elasticache"), asked)
    return SimpleNamespace(status_code=200), answer | {"ResponseMetadata": {"HTTPStatusCode": 200}}


def _get(elasticache, asked: dict) -> dict:
    found = []
    for arn in asked["ResourceARNList"]:
        try:
            tags = elasticache.list_tags_for_resource(ResourceName=arn)["TagList"]
        except ClientError:
            continue  # It is being made or deleted: that service lists it later, or no more.
        found.append({"ResourceARN": arn, "Tags": tags})
    return {"ResourceTagMappingList": found}


def _tag(elasticache, asked: dict) -> dict:
    tags = [{"Key": key, "Value": value} for key, value in asked["Tags"].items()]
    return _each(asked, lambda arn: elasticache.add_tags_to_resource(ResourceName=arn, Tags=tags))


def _untag(elasticache, asked: dict) -> dict:
    keys = asked["TagKeys"]
    return _each(asked, lambda arn: elasticache.remove_tags_from_resource(ResourceName=arn, TagKeys=keys))


def _each(asked: dict, change) -> dict:
    failed = {}
    for arn in asked["ResourceARNList"]:
        try:
            change(arn)
        except ClientError as error:
            told = error.response
            failed[arn] = {
                "StatusCode": told["ResponseMetadata"]["HTTPStatusCode"],
                "ErrorCode": told["Error"]["Code"],
                "ErrorMessage": told["Error"]["Message"],
            }
    return {"FailedResourcesMap": failed}


if __name__ == "__main__":
    sys.argv[0] = "custodian"
    main()
