"""Walking every operation of the API: the address and the body with which somebody's own things are named."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec

from sycee.api.app import HANDLERS
from sycee.api.operations import JSON, Operation
from tests.api.walled_bank import Owned
from tests.api.wire import Client
from tests.payments.market import collection_of, file_of

EVERY: list[tuple[str, str, Operation]] = [
    (method, path, operation)
    for handler in HANDLERS
    if (operation := handler.opt.get("operation")) is not None
    for method in sorted(handler.http_methods)
    for path in handler.paths
]
GUARDED = [one for one in EVERY if one[2].scope is not None]
"""Every operation that needs a permission."""

OF_ONESELF = [one for one in EVERY if one[2].signed_in]
"""Every operation that is open to whoever signed in, about themselves."""

# What belongs to no customer.
_COMMON = {
    "proposal_id": "00000000-0000-0000-0000-000000000000",
    "terms_id": "00000000-0000-0000-0000-000000000000",
    "list_name": "own",
    "rail": "BEPS",
    "case_id": "00000000-0000-0000-0000-000000000000",
    "message_id": "00000000-0000-0000-0000-000000000000",
    "component_id": "nothing",
    "capability": "nothing@1",
    "package_id": "settlement-starter",
    "date": "2026-01-05",
    "table": "csv",
    "cell": "101",
}
_QUERIES = {
    "stream_payment_events": {"after": "0", "follow": "false"},
    "stream_direct_debit_events": {"after": "0", "follow": "false"},
    "get_statement": {"from": "2026-01-01", "to": "2026-03-31"},
}
_ABOUT_INTEREST = {"get_accrued_interest", "list_interest_postings", "explain_interest_posting"}
# Under which keys a body names what.
_IN_BODIES = {
    "customer": "customer_id",
    "parent": "customer_id",
    "person": "person_id",
    "number": "number",
    "account": "number",
    "source": "number",
    "debit": "number",
    "debit_account": "number",
    "creditor_account": "number",
    "payments": "payment_id",
    "credit": "number",
    "credit_account": "number",
    "creditor": "customer_id",
    "debtor": "customer_id",
    "debits": "direct_debit_id",
    "pay_to": "number",
    "to": "number",
    "agreement": "agreement_id",
    "agreements": "agreement_id",
    "arrangement": "arrangement_id",
    "deposit": "deposit_id",
    "principal": "principal_id",
    "target": "transfer_id",
    "transfers": "transfer_id",
    "signers": "person_id",
    "approval": "approval_id",
    "substitute": "principal_id",
}


def named_in(path: str) -> set[str]:
    """The names that stand for something of a customer in a path."""
    return {part[1:-1].partition(":")[0] for part in path.split("/") if part.startswith("{")} - set(_COMMON)


def names_somebody(path: str, operation: Operation) -> bool:
    """Whether the path or the query names something of a customer, which only its owner finds."""
    return bool(named_in(path)) or operation.id == "list_clients"


def address(path: str, operation: Operation, owned: Owned) -> str:
    """The path with what a customer owns."""
    ids = {**_COMMON, **owned.ids}
    if operation.id in _ABOUT_INTEREST:
        ids["number"] = ids["interest_number"]
    return "/".join(
        ids[part[1:-1].partition(":")[0]] if part.startswith("{") else part for part in path.split("/")
    )


def query(operation: Operation, owned: Owned) -> dict[str, str]:
    """The query that asks for a customer's things."""
    found = dict(_QUERIES.get(operation.id, {}))
    if operation.id == "list_clients":
        found["principal"] = owned.ids["machine"]
    if operation.query is not None and "customer" in operation.query.__struct_fields__:
        found["customer"] = owned.ids["customer_id"]
    return found


def body(operation: Operation, owned: Owned) -> tuple[bytes, dict[str, str]]:
    """The example of a body, about a customer's things; and its headers."""
    if operation.request_example is None:
        return b"", {}
    if operation.id == "send_collection":
        account = owned.ids["number"]
        content = collection_of([("1.00", "CNY")], creditor=account, debtor=account)
        return content, {"Content-Type": operation.request_media}
    if operation.request_media != JSON:
        content = file_of([("1.00", "CNY")], message_id="M-walk", debtor=owned.ids["number"])
        return content, {"Content-Type": operation.request_media}
    return msgspec.json.encode(_about(operation.request_example, owned)), {"Content-Type": JSON}


def _about(value: Any, owned: Owned) -> Any:
    if isinstance(value, dict):
        return {
            key: _named(one, owned, owned.ids[_IN_BODIES[key]]) if key in _IN_BODIES else _about(one, owned)
            for key, one in value.items()
        }
    return [_about(one, owned) for one in value] if isinstance(value, list) else value


def _named(value: Any, owned: Owned, id: str) -> Any:
    if isinstance(value, list):
        return [id if isinstance(one, str) else _about(one, owned) for one in value]
    return id if isinstance(value, str) else value


async def ask(
    client: Client,
    token: str,
    method: str,
    path: str,
    operation: Operation,
    owned: Owned,
    *,
    empty: bool = False,
) -> httpx.Response:
    """Ask for an operation on a customer's things; with ``empty``, without a body."""
    content, headers = (b"", {}) if empty else body(operation, owned)
    response: httpx.Response = await client.request(
        method,
        address(path, operation, owned),
        params=query(operation, owned),
        content=content,
        headers={**headers, "Authorization": f"Bearer {token}"},
    )
    return response


def told(response: httpx.Response, secrets: set[str], request: str) -> set[str]:
    """Which secrets an answer holds that the request did not name itself."""
    text = response.content.decode("utf-8", "replace") + str(response.headers)
    return {secret for secret in secrets if secret in text and secret not in request}
