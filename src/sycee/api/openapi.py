"""The OpenAPI 3.1 document, made from the handlers' operations and the wire structs.

Litestar can generate one too, from handler signatures; ours read bodies and queries by themselves
(see ``bodies``), and every operation has to name its errors with examples, so it is made here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler

from sycee import __version__
from sycee.api import debit_examples
from sycee.api.agreement_examples import AGREEMENT_ID, ARRANGEMENT_ID, PACKAGE_ID
from sycee.api.approval_examples import APPROVAL_ID, SUBSTITUTION_ID
from sycee.api.bulk_examples import BULK_ORDER_ID
from sycee.api.component_examples import PROPOSAL_ID
from sycee.api.customer_examples import CONTACT_ID, MANDATE_ID, PERSON
from sycee.api.deposit_examples import DEPOSIT_ID, FREEZE_ID, NOTICE_ID
from sycee.api.end_of_day_examples import DOCUMENT_ID
from sycee.api.errors import (
    BankOnly,
    BodyTooLarge,
    BodyTooSlow,
    DuplicateKey,
    ForbiddenCharacter,
    IdempotencyInProgress,
    IdempotencyKeyReused,
    InternalError,
    InvalidParameter,
    MalformedJson,
    NotAcceptable,
    SchemaViolation,
    UnsupportedContentType,
)
from sycee.api.escrow_examples import ESCROW_ID
from sycee.api.examples import CUSTOMER
from sycee.api.identity_examples import CLIENT_ID, PRINCIPAL_ID
from sycee.api.operations import JSON, PROBLEM, Operation
from sycee.api.payment_examples import PAYMENT_ID, TERMS_ID
from sycee.api.problems import Contended, problem_type
from sycee.api.rail_examples import CASE_ID, MESSAGE_ID
from sycee.api.rate_examples import POSTING_ID
from sycee.api.receipt_shapes import EXAMPLE_RECEIPT
from sycee.api.rejections import rejection_class
from sycee.api.role_examples import GRANT_ID
from sycee.api.schemas.common import EXAMPLE_FILE, EXAMPLE_PAYER, EXAMPLE_TRANSFER, Problem
from sycee.api.standing_order_examples import ORDER_ID as STANDING_ORDER_ID
from sycee.api.webhook_examples import DELIVERY_ID, WEBHOOK_ID
from sycee.database import DatabaseUnavailable
from sycee.identity import (
    SCOPES,
    InsufficientScope,
    InvalidToken,
    NotGranted,
    PrincipalNotActive,
    RateLimited,
)
from sycee.kernel.errors import SyceeError, Unauthenticated

_REF = "#/components/schemas/{name}"
_TYPED = re.compile(r"\{(\w+):\w+\}")
_TAGS = {
    "Accounts": "Accounts: open, see, change.",
    "Transfers": "Transfers: the only thing that moves money.",
    "Statements": "Entries, balances at any moment, statements.",
    "Receipts": "Electronic receipts of entries, signed, which anybody who has one can check.",
    "Books": "The books as a whole.",
    "Payments": "Payments from instruction to receipt.",
    "Direct debits": "Mandates that payers sign, and what payees collect under them.",
    "Standing orders": "Payments that come again.",
    "Supervised accounts": "Accounts that pay only what their supervisor released.",
    "Bulk orders": "Files of many payments, streamed: pain.001 in, pain.002 out; CSV and Excel.",
    "Webhooks": "Events posted to customers' machines and the bank's own, signed, at least once.",
    "Payment files": "ISO 20022 payment files.",
    "Rails": "The ways to other banks: caps, windows, fees; reconciliation and its cases.",
    "Customers": "Legal entities, those who own them, and those who sign for them.",
    "Agreements": "Packages signed in one act, and what becomes of them.",
    "Roles": "Roles, who has been given which, and how far they reach.",
    "Approvals": "What one asks for and others agree to; who must agree to what.",
    "Cells": "Units of data placement, and their business dates.",
    "Components": "What products are made of: capabilities, conditions, products, packages.",
    "Rates": "Rates of interest: those in force, and proposals of new ones.",
    "Interest": "Interest on accounts: earned, posted, explained.",
    "Deposits": "Deposits held in units: notice, time, large CDs, margin.",
    "Ends of days": "The end of each banking day, what failed in it, and the documents it produced.",
    "Sessions": "People sign in and out.",
    "Oneself": "Who one is to the bank, one's password and device.",
    "Principals": "Staff, users of customers, machines: make, suspend, close them.",
    "OAuth": "Access tokens for machines.",
    "Security log": "Who signed in, who was refused, who changed what anybody may do.",
    "Operation": "Running the service.",
}
_PATH_PARAMETERS = {
    "number": (
        "Account number: 18 digits.",
        {"type": "string", "pattern": "^[1-9][0-9]{17}$"},
        EXAMPLE_PAYER,
    ),
    "transfer_id": ("Id of the transfer.", {"type": "string", "format": "uuid"}, EXAMPLE_TRANSFER),
    "payment_id": ("Id of the payment.", {"type": "string", "format": "uuid"}, PAYMENT_ID),
    "terms_id": ("Id of the terms.", {"type": "string", "format": "uuid"}, TERMS_ID),
    "list_name": ("Name of the list.", {"type": "string"}, "own"),
    "rail": ("Name of the rail.", {"type": "string"}, "BEPS"),
    "case_id": ("Id of the case.", {"type": "string", "format": "uuid"}, CASE_ID),
    "message_id": ("Id of the message.", {"type": "string", "format": "uuid"}, MESSAGE_ID),
    "bulk_order_id": ("Id of the bulk order.", {"type": "string", "format": "uuid"}, BULK_ORDER_ID),
    "debit_mandate_id": (
        "Id of the direct debit mandate.",
        {"type": "string", "format": "uuid"},
        debit_examples.MANDATE_ID,
    ),
    "direct_debit_id": (
        "Id of the direct debit.",
        {"type": "string", "format": "uuid"},
        debit_examples.DEBIT_ID,
    ),
    "debit_block_id": ("Id of the block.", {"type": "string", "format": "uuid"}, debit_examples.BLOCK_ID),
    "escrow_id": ("Id of the agreement.", {"type": "string", "format": "uuid"}, ESCROW_ID),
    "standing_order_id": (
        "Id of the standing order.",
        {"type": "string", "format": "uuid"},
        STANDING_ORDER_ID,
    ),
    "table": ("Format of the template.", {"type": "string", "enum": ["csv", "xlsx"]}, "csv"),
    "file_id": ("Id of the payment file.", {"type": "string", "format": "uuid"}, EXAMPLE_FILE),
    "capability": ("Name and version of the capability.", {"type": "string"}, "interest.tiered@1"),
    "component_id": ("Id of the component.", {"type": "string"}, "demand.rate.listed"),
    "proposal_id": ("Id of the proposal.", {"type": "string", "format": "uuid"}, PROPOSAL_ID),
    "customer_id": ("Id of the customer.", {"type": "string", "format": "uuid"}, CUSTOMER),
    "person_id": ("Id of the person.", {"type": "string", "format": "uuid"}, PERSON),
    "contact_id": ("Id of the contact.", {"type": "string", "format": "uuid"}, CONTACT_ID),
    "mandate_id": ("Id of the mandate.", {"type": "string", "format": "uuid"}, MANDATE_ID),
    "posting_id": ("Id of the posting of interest.", {"type": "string", "format": "uuid"}, POSTING_ID),
    "deposit_id": ("Id of the deposit.", {"type": "string", "format": "uuid"}, DEPOSIT_ID),
    "notice_id": ("Id of the notice.", {"type": "string", "format": "uuid"}, NOTICE_ID),
    "freeze_id": ("Id of the freeze.", {"type": "string", "format": "uuid"}, FREEZE_ID),
    "agreement_id": ("Id of the agreement.", {"type": "string", "format": "uuid"}, AGREEMENT_ID),
    "arrangement_id": ("Id of the arrangement.", {"type": "string", "format": "uuid"}, ARRANGEMENT_ID),
    "package_id": ("Id of the package.", {"type": "string"}, PACKAGE_ID),
    "date": ("The business date.", {"type": "string", "format": "date"}, "2026-03-31"),
    "document_id": ("Id of the document.", {"type": "string", "format": "uuid"}, DOCUMENT_ID),
    "receipt_number": (
        "Number of the receipt: 22 digits.",
        {"type": "string", "pattern": "^[0-9]{22}$"},
        EXAMPLE_RECEIPT,
    ),
    "approval_id": ("Id of the request.", {"type": "string", "format": "uuid"}, APPROVAL_ID),
    "substitution_id": ("Id of the substitution.", {"type": "string", "format": "uuid"}, SUBSTITUTION_ID),
    "principal_id": ("Id of the principal.", {"type": "string", "format": "uuid"}, PRINCIPAL_ID),
    "grant_id": ("Id of the grant.", {"type": "string", "format": "uuid"}, GRANT_ID),
    "session_id": ("Id of the session, or `current`.", {"type": "string"}, "current"),
    "webhook_id": ("Id of the webhook.", {"type": "string", "format": "uuid"}, WEBHOOK_ID),
    "delivery_id": ("Id of the delivery.", {"type": "string", "format": "uuid"}, DELIVERY_ID),
    "client_id": ("Id of the OAuth client.", {"type": "string"}, CLIENT_ID),
    "cell": ("The cell, 100 to 999.", {"type": "string", "pattern": "^[1-9][0-9]{2}$"}, "101"),
}
_ABOUT = """The HTTP API of a Sycee bank.

Lists in, outcomes out: a command takes a list and answers with an outcome for each item. Amounts are
strings (`{"currency": "CNY", "value": "1234.56"}`), account numbers are strings of 18 digits, instants
are RFC 3339. Every error is a problem (RFC 9457) with a stable `code`; `/docs/problems` lists them.
Send a token as `Authorization: Bearer …`: a machine's (`syc_…`), a session's (`ses_…`), or an OAuth access
token."""


def build_document(handlers: Sequence[HTTPRouteHandler]) -> dict[str, Any]:
    """The document for these handlers. Those without an operation (the documentation itself) are left out."""
    described = [(handler, operation) for handler in handlers if (operation := handler.opt.get("operation"))]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sycee",
            "version": __version__,
            "summary": "An open, self-hosted corporate banking core.",
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": _paths(described),
        "components": {
            "schemas": _schemas(operation for _, operation in described),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "syc_<id>_<secret>",
                    "description": "A machine token, a session's token or an OAuth access token. Scopes: "
                    + "; ".join(f"`{scope}`: {text}" for scope, text in SCOPES.items()),
                }
            },
        },
    }


def _schemas(operations: Iterable[Operation]) -> dict[str, Any]:
    types: list[type[msgspec.Struct]] = [Problem]
    for operation in operations:
        others = [shape for shape, _ in operation.others.values()]
        shapes = (operation.request, operation.response, *others)
        types += [one for one in shapes if one and one not in types]
    return msgspec.json.schema_components(types, ref_template=_REF)[1]


def _paths(described: Sequence[tuple[HTTPRouteHandler, Operation]]) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for handler, operation in described:
        (path,) = handler.paths
        plain = _TYPED.sub(r"{\1}", path)
        (method,) = handler.http_methods
        paths.setdefault(plain, {})[method.lower()] = _operation(plain, operation)
    return paths


def _operation(path: str, operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "description": operation.description,
        "tags": [operation.tag],
        "security": [{"token": []}] if operation.scope or operation.signed_in else [],
        "parameters": [*_path_parameters(path), *_query_parameters(operation), *_headers(operation)],
        "responses": _responses(path, operation),
    }
    if operation.scope:
        found["x-required-scope"] = str(operation.scope)
        found["x-open-to-customers"] = operation.customers
    if operation.rejections:
        found["x-rejection-codes"] = sorted(operation.rejections)
    if operation.request_example is not None:
        found["requestBody"] = _request_body(operation)
    return found


def _request_body(operation: Operation) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string", "contentMediaType": operation.request_media}
    if operation.request is not None:
        schema = {"$ref": _REF.format(name=operation.request.__name__)}
    media = {"schema": schema, "examples": {"typical": {"value": operation.request_example}}}
    return {"required": not operation.body_optional, "content": {operation.request_media: media}}


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _PATH_PARAMETERS[name][0],
            "schema": _PATH_PARAMETERS[name][1],
            "example": _PATH_PARAMETERS[name][2],
        }
        for name in re.findall(r"\{(\w+)\}", path)
    ]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    definitions = msgspec.json.schema(operation.query)["$defs"]
    schema = definitions[operation.query.__name__]
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "description": one.get("description", ""),
            "schema": _in_place(
                _without_null({k: v for k, v in one.items() if k != "description"}), definitions
            ),
        }
        for name, one in schema["properties"].items()
    ]


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A query parameter that is absent is absent: there is no null to write in a URL."""
    kept = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    rest = {k: v for k, v in schema.items() if k != "anyOf" and not (k == "default" and v is None)}
    return {**rest, **kept[0]} if len(kept) == 1 else schema


def _in_place(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Parameters stand by themselves: what they refer to is written where they are."""
    name = schema.get("$ref", "").rpartition("/")[2]
    if not name:
        return schema
    rest = {k: v for k, v in schema.items() if k != "$ref"}
    return {**{k: v for k, v in definitions[name].items() if k != "title"}, **rest}


def _headers(operation: Operation) -> list[dict[str, Any]]:
    if not operation.idempotency_key:
        return []
    return [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "Any text of your making. The same request with the same key is answered again "
            "and done once; kept for seven days, per principal.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
            "example": "open-accounts-2026-03-31-01",
        }
    ]


def operation_errors(operation: Operation) -> list[type[SyceeError]]:
    """Every error class with which an operation may answer."""
    found: list[type[SyceeError]] = [InternalError]
    if operation.uses_database:
        found += [DatabaseUnavailable, Contended]
    if operation.scope or operation.signed_in:
        found += [Unauthenticated, InvalidToken, PrincipalNotActive, RateLimited]
    if operation.scope:
        found += [InsufficientScope, NotGranted]
        if not operation.customers:
            found.append(BankOnly)
    if operation.request_example is not None:
        found += [BodyTooLarge, BodyTooSlow, UnsupportedContentType]
    if operation.request is not None:
        found += [MalformedJson, SchemaViolation, DuplicateKey, ForbiddenCharacter]
    if operation.query is not None:
        found += [InvalidParameter, ForbiddenCharacter]
    if operation.other_media:
        found.append(NotAcceptable)
    if operation.idempotency_key:
        found += [IdempotencyKeyReused, IdempotencyInProgress, InvalidParameter]
    return list(dict.fromkeys([*found, *operation.errors]))


def _responses(path: str, operation: Operation) -> dict[str, Any]:
    responses: dict[str, Any] = {str(operation.status): _success(operation, operation.example)}
    for status, example in operation.alternatives.items():
        responses[str(status)] = _success(operation, example)
    for status, (shape, example) in operation.others.items():
        other = msgspec.structs.replace(operation, response=shape, media=JSON, other_media={})
        responses[str(status)] = _success(other, example)
    by_status: dict[int, list[tuple[str, str]]] = {}
    for cls in operation_errors(operation):
        by_status.setdefault(cls.status, []).append((cls.code, cls.title()))
    if operation.rejections_are_problems:
        for code in operation.rejections:
            cls = rejection_class(code)
            by_status.setdefault(cls.status, []).append((code, cls.title()))
    for status, codes in sorted(by_status.items()):
        responses[str(status)] = _problem_response(path, status, codes)
    return responses


def _success(operation: Operation, example: Any) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if operation.response is not None:
        schema = {"$ref": _REF.format(name=operation.response.__name__)}
    content = {operation.media: {"schema": schema, "examples": {"typical": {"value": example}}}}
    for media, text in operation.other_media.items():
        other = schema if media == JSON else {"type": "string"}
        content[media] = {"schema": other, "examples": {"typical": {"value": text}}}
    found: dict[str, Any] = {"description": operation.summary, "content": content}
    if operation.idempotency_key:
        found["headers"] = {
            "Idempotency-Replayed": {
                "description": "`true` when the answer is that of an earlier request with the same key.",
                "schema": {"type": "string", "const": "true"},
            }
        }
    return found


def _problem_response(path: str, status: int, codes: Sequence[tuple[str, str]]) -> dict[str, Any]:
    examples = {
        code: {
            "summary": title,
            "value": {
                "type": problem_type(code),
                "title": title,
                "status": status,
                "detail": title,
                "code": code,
                "instance": path,
            },
        }
        for code, title in codes
    }
    return {
        "description": "; ".join(f"`{code}`: {title}" for code, title in codes),
        "content": {PROBLEM: {"schema": {"$ref": _REF.format(name="Problem")}, "examples": examples}},
    }
