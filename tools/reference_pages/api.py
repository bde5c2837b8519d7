"""The reference of the HTTP API: every operation, parameter, body and error, from the OpenAPI document."""

from __future__ import annotations

import json
from typing import Any

from sycee.api import openapi_document
from sycee.identity import SCOPES
from sycee.ledger import REJECTIONS
from tools.reference_pages.codes import problem_codes
from tools.reference_pages.markdown import code, fence, opening, page, table

_REF = "#/components/schemas/"
_HTTP = ("get", "post", "put", "patch", "delete")


def api_page() -> str:
    """The page ``api.md``."""
    document = json.loads(json.dumps(openapi_document(), default=str))
    about = (
        "A running bank serves this as an interactive page at `/docs`, and the OpenAPI 3.1 document that it "
        "is made of at `/v1/openapi.json`; `sycee openapi` prints the document without a bank.\n\n"
        "A command takes a list and answers with one outcome for each item. Amounts are strings, account "
        "numbers are strings of 18 digits, instants are RFC 3339. Send the token as "
        "`Authorization: Bearer syc_…`. Errors are problem details (RFC 9457) with a stable `code`: see "
        "[Errors and retries](../concepts/errors.md) and the [codes](errors.md)."
    )
    lines = opening("HTTP API", "the OpenAPI document", about)
    lines += ["## Scopes", ""]
    lines += table(["scope", "allows"], [[code(str(scope)), text] for scope, text in SCOPES.items()])
    lines += _overview(document)
    for tag in document["tags"]:
        lines += [f"## {tag['name']}", "", tag["description"], ""]
        for path, method, operation in _operations(document):
            if operation["tags"] == [tag["name"]]:
                lines += _operation(path, method, operation)
    lines += ["## Shapes", ""]
    for name, schema in sorted(document["components"]["schemas"].items()):
        lines += _shape(name, schema)
    return page(lines)


def _operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, item[method])
        for path, item in document["paths"].items()
        for method in _HTTP
        if method in item
    ]


def _overview(document: dict[str, Any]) -> list[str]:
    rows = [
        [f"[`{method.upper()} {path}`](#{operation['operationId']})", operation["summary"], _scope(operation)]
        for path, method, operation in _operations(document)
    ]
    return ["## Operations", "", *table(["operation", "what it does", "scope"], rows)]


def _scope(operation: dict[str, Any]) -> str:
    return code(operation["x-required-scope"]) if "x-required-scope" in operation else "no token"


def _operation(path: str, method: str, operation: dict[str, Any]) -> list[str]:
    lines = [f"### {method.upper()} {path} {{ #{operation['operationId']} }}", ""]
    lines += [operation["description"], ""]
    lines += [f"Operation `{operation['operationId']}`. Scope: {_scope(operation)}.", ""]
    rows = [
        [
            code(one["name"]),
            one["in"],
            _type(one["schema"]),
            "yes" if one["required"] else "",
            one["description"],
        ]
        for one in operation["parameters"]
    ]
    lines += table(["parameter", "in", "type", "required", "meaning"], rows)
    if body := operation.get("requestBody"):
        for media, content in body["content"].items():
            lines += ["Body" + (":" if body["required"] else " (may be left out):") + f" `{media}`"]
            lines[-1] += f", {_type(content['schema'])}" if "$ref" in content["schema"] else ""
            lines += ["", *_example(media, content)]
    problems = []
    for status, answer in sorted(operation["responses"].items()):
        for media, content in answer["content"].items():
            if media == "application/problem+json":
                problems.append([status, ", ".join(_linked(name) for name in content["examples"])])
                continue
            shape = f", {_type(content['schema'])}" if "$ref" in content["schema"] else ""
            lines += [f"Answer {status}: `{media}`{shape}", "", *_example(media, content)]
    lines += table(["status", "problems"], problems)
    if set(operation.get("x-rejection-codes", ())) == set(REJECTIONS):
        lines += ["Outcomes: any of the [rejections](errors.md#rejections-of-transfers).", ""]
    return lines


def _linked(name: str) -> str:
    """A code with a link to where it is explained; some are a problem's and a rejection's too."""
    anchor = name if name in problem_codes() else f"rejection-{name}"
    return f"[`{name}`](errors.md#{anchor})"


def _example(media: str, content: dict[str, Any]) -> list[str]:
    value = next(iter(content["examples"].values()))["value"]
    if media == "application/json":
        return fence("json", json.dumps(value, indent=2, ensure_ascii=False))
    return fence("xml" if media == "application/xml" else "text", str(value))


def _shape(name: str, schema: dict[str, Any]) -> list[str]:
    lines = [f"### {name} {{ #shape-{name.lower()} }}", "", *_texts(schema.get("description", "")), ""]
    needed = schema.get("required", [])
    rows = [
        [code(field), _type(one), "yes" if field in needed else "", _meaning(one)]
        for field, one in schema.get("properties", {}).items()
    ]
    return lines + table(["field", "type", "required", "meaning"], rows)


def _texts(text: str) -> list[str]:
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n")).split("\n")


def _meaning(schema: dict[str, Any]) -> str:
    parts = [schema.get("description") or _inner(schema).get("description", "")]
    if schema.get("default") is not None:
        parts.append(f"Default: `{json.dumps(schema['default'])}`.")
    return " ".join(part for part in parts if part)


def _inner(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without its null."""
    kept = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    return kept[0] if len(kept) == 1 else schema


def _type(schema: dict[str, Any]) -> str:
    """A schema in a few words: a link for a shape, its choices, or its kind with its bounds."""
    optional = " or null" if {"type": "null"} in schema.get("anyOf", ()) else ""
    one = _inner(schema)
    if "$ref" in one:
        name = one["$ref"].removeprefix(_REF)
        return f"[{name}](#shape-{name.lower()}){optional}"
    if "enum" in one:
        return " or ".join(code(str(choice)) for choice in one["enum"]) + optional
    if one.get("type") == "array":
        return f"list of {_type(one.get('items', {}))}{optional}"
    kind = str(one.get("format") or one.get("type") or "any")
    bounds = [str(one[key]) for key in ("minimum", "maximum") if key in one]
    if len(bounds) == 2:
        kind += f" {bounds[0]} to {bounds[1]}"
    if "maxLength" in one:
        kind += f" of at most {one['maxLength']} characters"
    return kind + optional
