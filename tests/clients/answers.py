"""Holds every answer that a test's boto3 reads to the service model: no member that the model does not know, each of its type.

botocore passes over what it does not know; here it fails the test that asked.
"""

import json
from datetime import datetime
from xml.etree import ElementTree

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

JSON_TYPES = {"string": str, "integer": int, "long": int, "boolean": bool, "double": float}
METADATA = {"ResponseMetadata", "RequestId", "requestId"}


def watch(client):
    """The client, whose answers are checked from now on."""
    client.meta.events.register("before-parse", _check)
    return client


def _check(operation_model: OperationModel, response_dict: dict, **_) -> None:
    if response_dict["status_code"] >= 300:
        return
    if operation_model.service_model.resolved_protocol == "json":
        return _check_json(operation_model, response_dict["body"])
    answer = ElementTree.fromstring(response_dict["body"])
    output = operation_model.output_shape
    wrapper = output.serialization.get("resultWrapper") if output else None
    wrong: list[str] = []
    for child in answer:
        if _name(child) in METADATA:
            continue
        if wrapper:
            assert _name(child) == wrapper, f"{operation_model.name} is answered in {_name(child)}"
            _structure(child, output, wrapper, wrong)
        elif output is None and not _says_done(operation_model, child):
            wrong.append(f"{_name(child)}: the operation has no result")
    if output and not wrapper:
        _structure(answer, output, operation_model.name, wrong)
    assert not wrong, f"{operation_model.name}'s answer: " + "; ".join(wrong)


def _check_json(operation_model: OperationModel, body: bytes) -> None:
    wrong: list[str] = []
    _json_value(json.loads(body), operation_model.output_shape, operation_model.name, wrong)
    assert not wrong, f"{operation_model.name}'s answer: " + "; ".join(wrong)


def _json_value(value: object, shape: Shape, path: str, wrong: list[str]) -> None:
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        for name, member in value.items():
            if name in shape.members:
                _json_value(member, shape.members[name], f"{path}.{name}", wrong)
            else:
                wrong.append(f"{path}.{name} is no member of {shape.name}")
    elif isinstance(shape, MapShape) and isinstance(value, dict):
        for key, member in value.items():
            _json_value(member, shape.value, f"{path}.{key}", wrong)
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for member in value:
            _json_value(member, shape.member, f"{path}[]", wrong)
    elif type(value) is not JSON_TYPES.get(shape.type_name):
        wrong.append(f"{path} is {value!r}, which is no {shape.type_name}")


def _says_done(operation_model: OperationModel, element: ElementTree.Element) -> bool:
    """EC2 answers `return` where its model has no result."""
    ec2 = operation_model.service_model.metadata["protocol"] == "ec2"
    return ec2 and _name(element) == "return" and element.text == "true"


def _name(element: ElementTree.Element) -> str:
    return element.tag.rsplit("}", 1)[-1]


def _structure(element: ElementTree.Element, shape: StructureShape, path: str, wrong: list[str]) -> None:
    by_name = {_wire_name(name, member): member for name, member in shape.members.items()}
    seen = set()
    for child in element:
        name = _name(child)
        if name in METADATA and name not in by_name:
            continue
        if name not in by_name:
            wrong.append(f"{path}.{name} is no member of {shape.name}")
            continue
        if name in seen and not by_name[name].serialization.get("flattened"):
            wrong.append(f"{path}.{name} is there twice")
        seen.add(name)
        _value(child, by_name[name], f"{path}.{name}", wrong)


def _wire_name(name: str, member: Shape) -> str:
    if isinstance(member, ListShape) and member.serialization.get("flattened"):
        return member.member.serialization.get("name", member.serialization.get("name", name))
    return member.serialization.get("name", name)


def _value(element: ElementTree.Element, shape: Shape, path: str, wrong: list[str]) -> None:
    if isinstance(shape, StructureShape):
        return _structure(element, shape, path, wrong)
    if isinstance(shape, ListShape):
        if shape.serialization.get("flattened"):
            return _value(element, shape.member, path, wrong)
        item = shape.member.serialization.get("name", "member")
        for child in element:
            if _name(child) != item:
                wrong.append(f"{path} lists {_name(child)}, and not {item}")
            _value(child, shape.member, f"{path}[]", wrong)
        return None
    if list(element):
        wrong.append(f"{path} has members, and is a {shape.type_name}")
    elif not _is(shape.type_name, element.text or ""):
        wrong.append(f"{path} is '{element.text}', which is no {shape.type_name}")
    return None


def _is(kind: str, text: str) -> bool:
    if kind in ("integer", "long"):
        return text.lstrip("-").isdigit()
    if kind == "boolean":
        return text in ("true", "false")
    if kind in ("double", "float"):
        return text.replace(".", "", 1).lstrip("-").isdigit()
    if kind == "timestamp":
        try:
            return datetime.fromisoformat(text).tzinfo is not None
        except ValueError:
            return False
    return kind == "string"
