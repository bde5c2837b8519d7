"""Whatever nonsense is sent: a clear problem comes back, and nothing in the bank changes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sycee.kernel.ids import uuid7
from tests.api.conftest import Books
from tests.api.wire import PAYER, UNKNOWN, Client, money, transfer

pytestmark = pytest.mark.asyncio(loop_scope="module")

JSON = {"Content-Type": "application/json"}


def body(*transfers: Any, **fields: Any) -> bytes:
    return json.dumps({"transfers": list(transfers), **fields}).encode()


def raw_amount(text: str) -> bytes:
    """A body whose amount's value is JSON that no encoder would write."""
    return body(transfer("1.11")).replace(b'"1.11"', text.encode())


BAD_TRANSFERS: dict[str, tuple[Any, str, str]] = {
    "more decimals than the currency has": (transfer("1.234"), "invalid_amount", "amount/value"),
    "decimals in a currency without": (
        transfer(amount=money("1.5", "JPY")),
        "invalid_amount",
        "amount/value",
    ),
    "amount in words": (transfer("ten"), "invalid_amount", "amount/value"),
    "amount with a separator": (transfer("1,000.00"), "invalid_amount", "amount/value"),
    "amount with an exponent": (transfer("1e3"), "invalid_amount", "amount/value"),
    "amount with a plus": (transfer("+1.00"), "invalid_amount", "amount/value"),
    "amount in full-width digits": (transfer("１.００"), "invalid_amount", "amount/value"),
    "empty amount": (transfer(""), "invalid_amount", "amount/value"),
    "gigantic amount": (transfer("9" * 25), "amount_out_of_range", "amount/value"),
    "absurdly long amount": (transfer("9" * 10_000), "invalid_amount", "amount/value"),
    "unknown currency": (transfer(amount=money("1.00", "XYZ")), "unknown_currency", "amount/currency"),
    "currency in lower case": (transfer(amount=money("1.00", "cny")), "unknown_currency", "amount/currency"),
    "float amount": (
        transfer(amount={"currency": "CNY", "value": 1.5}),
        "schema_violation",
        "amount/value",
    ),
    "number amount": (transfer(amount={"currency": "CNY", "value": 1}), "schema_violation", "amount/value"),
    "bare amount": (transfer(amount="1.00"), "schema_violation", "amount"),
    "null amount": (transfer(amount=None), "missing_field", "amount"),
    "malformed id": (transfer(id="not-a-uuid"), "schema_violation", "id"),
    "short id": (transfer(id=str(uuid7())[:-1]), "schema_violation", "id"),
    "number id": (transfer(id=7), "schema_violation", "id"),
    "account as a number": (transfer(debit=int(PAYER)), "schema_violation", "debit"),
    "account too short": (transfer(debit=PAYER[:-1]), "invalid_account_number", "debit"),
    "account with a wrong check digit": (
        transfer(debit=PAYER[:-1] + str((int(PAYER[-1]) + 1) % 10)),
        "invalid_account_number",
        "debit",
    ),
    "account in letters": (transfer(credit="x" * 18), "invalid_account_number", "credit"),
    "no debit": (transfer(debit=None), "missing_field", "debit"),
    "unknown kind": (transfer(kind="gift"), "schema_violation", "kind"),
    "target on a plain transfer": (transfer(target=str(uuid7())), "unexpected_field", "target"),
    "void without a target": (
        {"id": str(uuid7()), "kind": "void"},
        "missing_field",
        "target",
    ),
    "void with an amount": (
        {"id": str(uuid7()), "kind": "void", "target": str(uuid7()), "amount": money("1.00")},
        "unexpected_field",
        "amount",
    ),
    "expiry on a plain transfer": (
        transfer(expires_at="2030-01-01T00:00:00Z"),
        "unexpected_field",
        "expires_at",
    ),
    "expiry without an offset": (
        transfer(kind="pending", expires_at="2030-01-01T00:00:00"),
        "schema_violation",
        "expires_at",
    ),
    "value date that does not exist": (transfer(value_date="2026-02-30"), "schema_violation", "value_date"),
    "value date in the year 1": (transfer(value_date="0001-01-01"), "date_out_of_range", ""),
    "unknown field": (transfer(memo="x"), "schema_violation", ""),
    "reference too long": (transfer(reference="x" * 141), "schema_violation", "reference"),
    "NUL in a text": (transfer(description="a\x00b"), "forbidden_character", ""),
    "linked in words": (transfer(linked="yes"), "schema_violation", "linked"),
    "a transfer that is a list": ([], "schema_violation", ""),
}


@pytest.mark.parametrize("name", BAD_TRANSFERS)
async def test_a_bad_transfer_is_refused_with_its_place_and_nothing_changes(
    steady_client: Client, steady_books: Books, name: str
) -> None:
    item, code, place = BAD_TRANSFERS[name]
    before = await steady_books()
    response = await steady_client.post("/v1/transfers", content=body(transfer("1.00"), item), headers=JSON)
    problem = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert (response.status_code, problem["code"]) == (400, code), problem
    assert problem["detail"]
    assert problem["status"] == 400
    if place:
        assert problem["errors"][0]["pointer"] == f"/transfers/1/{place}"
    assert await steady_books() == before


BAD_BODIES: dict[str, tuple[bytes, dict[str, str], int, str]] = {
    "empty": (b"", JSON, 400, "malformed_json"),
    "not JSON": (b"hello", JSON, 400, "malformed_json"),
    "truncated": (body(transfer())[:-5], JSON, 400, "malformed_json"),
    "trailing text": (body(transfer()) + b"x", JSON, 400, "malformed_json"),
    "null": (b"null", JSON, 400, "schema_violation"),
    "a list": (b"[]", JSON, 400, "schema_violation"),
    "no transfers": (b"{}", JSON, 400, "schema_violation"),
    "empty list": (body(), JSON, 400, "schema_violation"),
    "transfers null": (b'{"transfers":null}', JSON, 400, "schema_violation"),
    "atomic as a number": (body(transfer(), atomic=1), JSON, 400, "schema_violation"),
    "NaN": (raw_amount("NaN"), JSON, 400, "malformed_json"),
    "Infinity": (raw_amount("Infinity"), JSON, 400, "malformed_json"),
    "gigantic number": (raw_amount("1" + "0" * 5000), JSON, 400, "schema_violation"),
    "gigantic exponent": (raw_amount("1e999999"), JSON, 400, "schema_violation"),
    "the same key twice": (
        body(transfer()).replace(b'"transfers"', b'"atomic":true,"atomic":false,"transfers"'),
        JSON,
        400,
        "duplicate_key",
    ),
    "the amount's value twice": (
        raw_amount('"1.00","value":"900.00"'),
        JSON,
        400,
        "duplicate_key",
    ),
    "deeply nested": (b"[" * 500_000, JSON, 400, "schema_violation"),
    "deeply nested value": (raw_amount("[" * 100_000), JSON, 400, "schema_violation"),
    "byte order mark": (b"\xef\xbb\xbf" + body(transfer()), JSON, 400, "malformed_json"),
    "UTF-16": (body(transfer()).decode().encode("utf-16"), JSON, 400, "malformed_json"),
    "Latin-1": (
        body(transfer(description="xxx")).replace(b"xxx", "é".encode("latin-1")),
        JSON,
        400,
        "malformed_json",
    ),
    "lone surrogate": (
        body(transfer(description="xxx")).replace(b"xxx", b"\\ud800"),
        JSON,
        400,
        "malformed_json",
    ),
    "raw control character": (
        body(transfer(description="xxx")).replace(b"xxx", b"a\x00b"),
        JSON,
        400,
        "malformed_json",
    ),
    "no content type": (body(transfer()), {}, 415, "unsupported_media_type"),
    "form": (b"a=b", {"Content-Type": "application/x-www-form-urlencoded"}, 415, "unsupported_media_type"),
    "wrong charset": (
        body(transfer()),
        {"Content-Type": "application/json; charset=gb18030"},
        415,
        "unsupported_media_type",
    ),
    "too large": (b" " * (16 * 1024 * 1024 + 1), JSON, 413, "body_too_large"),
}


@pytest.mark.parametrize("name", BAD_BODIES)
async def test_a_bad_body_is_refused_and_nothing_changes(
    steady_client: Client, steady_books: Books, name: str
) -> None:
    content, headers, status, code = BAD_BODIES[name]
    before = await steady_books()
    response = await steady_client.post("/v1/transfers", content=content, headers=headers)
    problem = response.json()
    assert (response.status_code, problem["code"]) == (status, code), problem
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["title"]
    assert await steady_books() == before


async def test_json_in_utf8_may_say_so(steady_client: Client) -> None:
    headers = {"Content-Type": "Application/JSON; charset=UTF-8"}
    response = await steady_client.post("/v1/transfers", content=body(transfer()), headers=headers)
    assert response.status_code == 200


async def test_an_escaped_backslash_before_u0000_is_not_a_nul(steady_client: Client) -> None:
    item = transfer(description="\\u0000")
    response = await steady_client.post("/v1/transfers", content=body(item), headers=JSON)
    assert response.status_code == 200
    assert (await steady_client.get(f"/v1/transfers/{item['id']}")).json()["description"] == "\\u0000"


async def test_all_bad_transfers_of_a_list_are_named_together(steady_client: Client) -> None:
    content = body(transfer("1.234"), transfer("1.00"), transfer("x"))
    problem = (await steady_client.post("/v1/transfers", content=content, headers=JSON)).json()
    assert [one["pointer"] for one in problem["errors"]] == [
        "/transfers/0/amount/value",
        "/transfers/2/amount/value",
    ]


async def test_a_million_bad_transfers_do_not_make_a_million_messages(steady_client: Client) -> None:
    content = body(*[transfer("x")] * 5000)
    problem = (await steady_client.post("/v1/transfers", content=content, headers=JSON)).json()
    assert len(problem["errors"]) == 20


BAD_ADDRESSES = {
    "/v1/nothing": (404, "route_not_found"),
    "/v1/accounts/1": (400, "invalid_account_number"),
    "/v1/accounts/%00": (400, "ambiguous_path"),
    "/v1/accounts/101000000000000014": (400, "invalid_account_number"),
    f"/v1/accounts/{UNKNOWN}": (404, "account_not_found"),
    f"/v1/accounts/{UNKNOWN}/entries": (404, "account_not_found"),
    f"/v1/accounts/{UNKNOWN}/balance": (404, "account_not_found"),
    f"/v1/accounts/{UNKNOWN}/statement?from=2026-01-01&to=2026-01-02": (404, "account_not_found"),
    "/v1/transfers/nonsense": (400, "invalid_identifier"),
    "/v1/transfers/00000000-0000-0000-0000-000000000000": (404, "transfer_not_found"),
    "/v1/payment-files/nonsense": (400, "invalid_identifier"),
    "/v1/payment-files/00000000-0000-0000-0000-000000000000": (404, "payment_file_not_found"),
    "/v1/accounts?limit=0": (400, "invalid_parameter"),
    "/v1/accounts?limit=1001": (400, "invalid_parameter"),
    "/v1/accounts?limit=99999999999999999999999": (400, "invalid_parameter"),
    "/v1/accounts?limit=x": (400, "invalid_parameter"),
    "/v1/accounts?cell=99": (400, "invalid_parameter"),
    "/v1/accounts?customer=x": (400, "invalid_parameter"),
    "/v1/accounts?cursor=x": (400, "invalid_cursor"),
    "/v1/accounts?cursor=%00": (400, "forbidden_character"),
    "/v1/accounts?colour=red": (400, "invalid_parameter"),
    "/v1/accounts?limit=1&limit=2": (400, "invalid_parameter"),
    "/v1/accounts?cursor=%ff%fe": (400, "invalid_parameter"),
    f"/v1/accounts/{PAYER}/entries?cursor=x": (400, "invalid_cursor"),
    f"/v1/accounts/{PAYER}/entries?order=sideways": (400, "invalid_parameter"),
    f"/v1/accounts/{PAYER}/entries?from=2026-02-30": (400, "invalid_parameter"),
    f"/v1/accounts/{PAYER}/entries?from=2026-02-02&to=2026-02-01": (400, "invalid_parameter"),
    f"/v1/accounts/{PAYER}/entries?from=0001-01-01": (400, "date_out_of_range"),
    f"/v1/accounts/{PAYER}/balance?at=yesterday": (400, "invalid_parameter"),
    f"/v1/accounts/{PAYER}/balance?at=2026-03-31T10:00:00": (400, "invalid_parameter"),
    f"/v1/accounts/{PAYER}/balance?at=0001-01-01T00:00:00%2B23:59": (400, "date_out_of_range"),
    f"/v1/accounts/{PAYER}/balance?at=9999-12-31T23:59:59-23:59": (400, "date_out_of_range"),
    f"/v1/accounts/{PAYER}/statement": (400, "invalid_parameter"),
    f"/v1/accounts/{PAYER}/statement?from=2026-01-01&to=2026-01-02&format=doc": (400, "invalid_parameter"),
    "/v1/trial-balance?on=never": (400, "invalid_parameter"),
    "/v1/trial-balance?cell=1.5": (400, "invalid_parameter"),
    "/docs/assets/..%2f..%2fsecrets": (400, "ambiguous_path"),
    "/docs/assets/nothing.js": (404, "route_not_found"),
}


@pytest.mark.parametrize("address", BAD_ADDRESSES)
async def test_a_bad_address_is_a_clear_problem(steady_client: Client, address: str) -> None:
    response = await steady_client.get(address)
    status, code = BAD_ADDRESSES[address]
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_a_method_that_is_not_taken_names_those_that_are(steady_client: Client, method: str) -> None:
    response = await steady_client.request(method, "/v1/transfers")
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert "POST" in response.headers["allow"]
