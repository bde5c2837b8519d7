"""The OpenAPI document is complete: no operation without words, examples and errors."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import msgspec
import pytest

from sycee.api import openapi_document
from sycee.api.app import HANDLERS
from sycee.api.routes import reference
from sycee.kernel.errors import error_classes

DOCUMENT: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(openapi_document()))
OPERATIONS = [
    (method, path, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
]
# Of no path at all, of the command line, of functions without an operation yet, or only a base of others.
WITHOUT_BODY = {"begin_second_factor"}
NOT_OF_AN_OPERATION = {
    "ambiguous_path",
    "key_file_unusable",
    "route_not_found",
    "method_not_allowed",
    "transfer_rejected",
    "token_not_found",
    "unknown_scope",
    "invalid_message",
    "unwritable_message",
    "alias_taken",
    "invalid_cell",
    "invalid_transfer",
    "seal_key_unusable",
    "invalid_alias",
    "invalid_capability",
    "slot_not_single",
}


def ids(value: Any) -> str:
    return str(value.get("operationId", "")) if isinstance(value, dict) else str(value)


each = pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=ids)


def needed(schema: Any, found: dict[str, Any]) -> dict[str, Any]:
    """The shared schemas that one refers to, and those that they refer to: compiling them all takes long."""
    if isinstance(schema, dict):
        name = str(schema.get("$ref", "")).removeprefix("#/components/schemas/")
        if name and name not in found:
            found[name] = DOCUMENT["components"]["schemas"][name]
            needed(found[name], found)
    for inner in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        needed(inner, found)
    return found


def valid(instance: Any, schema: dict[str, Any]) -> None:
    root = {**schema, "components": {"schemas": needed(schema, {})}}
    jsonschema_rs.Draft202012Validator(root, validate_formats=True).validate(instance)


def test_every_handler_is_documented_except_the_documentation() -> None:
    undocumented = [handler for handler in HANDLERS if "operation" not in handler.opt]
    assert undocumented == reference.HANDLERS
    assert len(OPERATIONS) == len(HANDLERS) - len(undocumented)


def test_operation_ids_are_unique() -> None:
    found = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(found) == len(set(found))


def test_tags_are_described() -> None:
    described = {tag["name"] for tag in DOCUMENT["tags"] if tag["description"]}
    assert {tag for _, _, operation in OPERATIONS for tag in operation["tags"]} == described


@each
def test_an_operation_says_what_it_does(method: str, path: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert len(operation["description"]) > len(operation["summary"])
    assert len(operation["tags"]) == 1


@each
def test_examples_of_answers_follow_their_schema(method: str, path: str, operation: dict[str, Any]) -> None:
    successes = [response for status, response in operation["responses"].items() if status < "300"]
    assert successes
    for response in operation["responses"].values():
        for media in response["content"].values():
            assert media["examples"]
            for example in media["examples"].values():
                valid(example["value"], media["schema"])


@each
def test_examples_of_requests_follow_their_schema(method: str, path: str, operation: dict[str, Any]) -> None:
    if method in ("get", "delete") or operation["operationId"] in WITHOUT_BODY:
        assert "requestBody" not in operation
        return
    for media in operation["requestBody"]["content"].values():
        assert media["examples"]
        for example in media["examples"].values():
            valid(example["value"], media["schema"])


@each
def test_parameters_are_described(method: str, path: str, operation: dict[str, Any]) -> None:
    in_path = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "path"}
    assert in_path == {part[1:-1] for part in path.split("/") if part.startswith("{")}
    for parameter in operation["parameters"]:
        assert parameter["description"], parameter["name"]


@each
def test_an_operation_names_its_error_codes(method: str, path: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    wanted = {"500"}
    if operation["security"]:
        wanted |= {"401", "503"}
    if "x-required-scope" in operation:
        wanted |= {"403"}
    if "requestBody" in operation:
        wanted |= {"400", "413", "415"}
    if any(parameter["in"] in ("path", "query") for parameter in operation["parameters"]):
        wanted |= {"400"}
    assert wanted <= set(responses)
    for status, response in responses.items():
        if status >= "400" and "application/problem+json" in response["content"]:
            examples = response["content"]["application/problem+json"]["examples"]
            assert all(one["value"]["code"] == code for code, one in examples.items())
            assert all(str(one["value"]["status"]) == status for one in examples.values())
            assert all(f"`{code}`" in response["description"] for code in examples)


def test_every_field_of_every_schema_has_a_type_and_every_schema_a_description() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert schema.get("description"), name


def test_the_codes_of_the_api_and_its_domains_all_appear() -> None:
    text = msgspec.json.encode(DOCUMENT).decode()
    ours = ("sycee.api", "sycee.ledger", "sycee.identity", "sycee.payments", "sycee.parties")
    simulator = "sycee.payments.simulator"  # a central bank, which has an API of its own
    missing = {
        cls.code
        for cls in error_classes()
        if cls.__module__.startswith(ours)
        and not cls.__module__.startswith(simulator)
        and f"`{cls.code}`" not in text
    }
    assert missing <= NOT_OF_AN_OPERATION
