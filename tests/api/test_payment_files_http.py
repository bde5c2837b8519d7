"""Payment files over HTTP: pain.001 in, pain.002 out, and what is no payment file."""

from __future__ import annotations

import pytest
import pytest_asyncio
from lxml import etree

from sycee import payments
from sycee.database import Database
from sycee.kernel.ids import uuid7
from sycee.payments.iso20022.schemas import schema
from tests.api.conftest import Books
from tests.api.wire import PAYEE, PAYER, Client, money
from tests.payments.market import file_of, market_file

XML = {"Content-Type": "application/xml"}
FILE = file_of([("10.00", "CNY"), ("99999.00", "CNY"), ("20.00", "CNY")], debtor=PAYER, creditors=(PAYEE,))


@pytest_asyncio.fixture(autouse=True)
async def screened(bank: Database) -> None:
    """Nobody is looked for."""
    async with bank.transaction() as tx:
        await payments.load_screening_names(tx, [], name="own", by="test")


async def balance_of(client: Client, number: str) -> str:
    value: str = (await client.get(f"/v1/accounts/{number}")).json()["balance"]["value"]
    return value


async def test_a_file_is_paid_as_far_as_it_can_be_and_answered_payment_by_payment(client: Client) -> None:
    response = await client.post("/v1/payment-files", content=FILE, headers=XML)
    assert response.status_code == 201, response.text
    found = response.json()
    assert response.headers["location"] == f"/v1/payment-files/{found['id']}"
    assert (found["message_id"], found["format"], found["status"]) == ("M-1", "pain.001.001.09", "PART")
    assert (found["payment_count"], found["accepted_count"], found["rejected_count"]) == (3, 2, 1)
    assert found["duplicate"] is False
    first, second, _ = found["payments"]
    assert (first["status"], first["code"], first["amount"]) == ("ACSC", None, money("10.00"))
    assert (first["debtor"], first["creditor"], first["end_to_end_id"]) == (PAYER, PAYEE, "E-0")
    assert (second["status"], second["code"]) == ("RJCT", "insufficient_funds")
    assert await balance_of(client, PAYEE) == "30.00"
    seen = (await client.get(f"/v1/transfers/{first['transfer']}")).json()
    assert (seen["reference"], seen["amount"]) == ("E-0", money("10.00"))


async def test_the_answer_is_a_valid_pain_002_when_xml_is_asked_for(client: Client) -> None:
    headers = {**XML, "Accept": "application/xml"}
    sent = await client.post("/v1/payment-files", content=FILE, headers=headers)
    assert sent.status_code == 201, sent.text
    location = sent.headers["location"]
    seen = await client.get(location, headers={"Accept": "text/xml"})
    report = await client.get(f"{location}/status-report")
    for response in (sent, seen, report):
        assert response.headers["content-type"].startswith("application/xml")
        schema("pain.002.001.12").check(etree.fromstring(response.content))
        assert "E-1" in response.text
    assert (await client.get(location)).json()["status"] == "PART"


async def test_the_same_file_again_is_paid_once_and_answered_as_a_duplicate(
    client: Client, books: Books
) -> None:
    first = await client.post("/v1/payment-files", content=FILE, headers=XML)
    before = await books()
    again = await client.post("/v1/payment-files", content=FILE, headers=XML)
    assert again.status_code == 200
    assert again.json() == {**first.json(), "duplicate": True}
    assert await books() == before


async def test_a_message_id_that_was_used_for_another_file_is_refused(client: Client, books: Books) -> None:
    await client.post("/v1/payment-files", content=FILE, headers=XML)
    before = await books()
    other = file_of([("11.00", "CNY")], debtor=PAYER, creditors=(PAYEE,))
    refused = await client.post("/v1/payment-files", content=other, headers=XML)
    assert (refused.status_code, refused.json()["code"]) == (409, "message_id_reused")
    assert await books() == before


async def test_an_idempotency_key_replays_the_very_answer(client: Client) -> None:
    headers = {**XML, "Idempotency-Key": "file-1"}
    first = await client.post("/v1/payment-files", content=FILE, headers=headers)
    again = await client.post("/v1/payment-files", content=FILE, headers=headers)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotency-replayed"] == "true"


async def test_a_market_file_whose_accounts_are_unknown_is_rejected_payment_by_payment(
    client: Client,
) -> None:
    content = market_file("de.sepa.sct-salary.pain.001.001.09")
    response = await client.post("/v1/payment-files", content=content, headers=XML)
    assert response.status_code == 201, response.text
    found = response.json()
    assert found["status"] == "RJCT"
    assert {payment["code"] for payment in found["payments"]} == {"account_not_found"}


async def test_an_unknown_file_is_not_found(client: Client) -> None:
    for path in (f"/v1/payment-files/{uuid7()}", f"/v1/payment-files/{uuid7()}/status-report"):
        response = await client.get(path)
        assert (response.status_code, response.json()["code"]) == (404, "payment_file_not_found")


BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<Document>&b;</Document>"""
OUTSIDE = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><Document>&f;</Document>'
)
BAD_FILES: dict[str, tuple[bytes, dict[str, str], int, str]] = {
    "empty": (b"", XML, 400, "malformed_xml"),
    "not XML": (b"hello", XML, 400, "malformed_xml"),
    "truncated": (FILE[:-40], XML, 400, "malformed_xml"),
    "two roots": (FILE + b"<x/>", XML, 400, "malformed_xml"),
    "entity bomb": (BOMB, XML, 400, "forbidden_xml"),
    "file from outside": (OUTSIDE, XML, 400, "forbidden_xml"),
    "UTF-16": (FILE.decode().replace("UTF-8", "UTF-16").encode("utf-16"), XML, 400, "wrong_encoding"),
    "declared GB18030": (FILE.replace(b"UTF-8", b"GB18030"), XML, 400, "wrong_encoding"),
    "Latin-1 bytes": (FILE.replace(b"Invoice 0", "Prämie".encode("latin-1")), XML, 400, "wrong_encoding"),
    "NUL": (FILE.replace(b"Invoice 0", b"a\x00b"), XML, 400, "malformed_xml"),
    "schema violation": (FILE.replace(b"NbOfTxs", b"NumberOfTxs"), XML, 400, "xml_schema_violation"),
    "another message": (market_file("be.sepa.sdd-core.pain.008.001.08"), XML, 415, "unsupported_message"),
    "no message at all": (b"<note>pay</note>", XML, 415, "unsupported_message"),
    "JSON": (b"{}", {"Content-Type": "application/json"}, 415, "unsupported_media_type"),
    "no content type": (FILE, {}, 415, "unsupported_media_type"),
    "no format we speak": (FILE, {**XML, "Accept": "application/pdf"}, 406, "not_acceptable"),
    "too large": (b" " * (16 * 1024 * 1024 + 1), XML, 413, "body_too_large"),
    "deeply nested": (b"<a>" * 100_000, XML, 400, "forbidden_xml"),
}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", BAD_FILES)
async def test_a_bad_file_is_refused_and_nothing_changes(
    steady_client: Client, steady_books: Books, name: str
) -> None:
    content, headers, status, code = BAD_FILES[name]
    before = await steady_books()
    response = await steady_client.post("/v1/payment-files", content=content, headers=headers)
    problem = response.json()
    assert (response.status_code, problem["code"]) == (status, code), problem
    assert response.headers["content-type"] == "application/problem+json"
    assert "root:" not in response.text
    assert await steady_books() == before
