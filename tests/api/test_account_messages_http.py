"""Intraday reports, notices of debit and credit, and statements as files over HTTP."""

from __future__ import annotations

import csv
import io
import zipfile

import pypdf
import pytest
from lxml import etree

from sycee.database import Database
from sycee.kernel.ids import uuid7
from sycee.payments.iso20022 import schema
from tests.api.small_bank import client_of
from tests.api.wire import PAYEE, PAYER, UNKNOWN, Client, post, transfer

DAY = "2026-03-31"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def amounts(document: bytes, message: str) -> list[str | None]:
    """The amounts of a message's entries, once it is found valid."""
    root = etree.fromstring(document)
    schema(message).check(root)
    return [node.text for node in root.iterfind(".//{*}Ntry/{*}Amt")]


async def test_the_day_so_far_is_drawn_up_as_camt_052(client: Client) -> None:
    await post(client, transfer("10.00"), transfer("2.50", debit=PAYEE, credit=PAYER))
    response = await client.get(f"/v1/accounts/{PAYER}/intraday-report")
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("application/xml")
    assert amounts(response.content, "camt.052.001.08") == ["1000.00", "10.00", "2.50"]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, ["1000.00", "10.00", "2.50"]),
        ({"side": "debit"}, ["10.00"]),
        ({"side": "credit"}, ["1000.00", "2.50"]),
        ({"from": DAY, "to": DAY}, ["1000.00", "10.00", "2.50"]),
        ({"to": "2026-03-30"}, []),
        ({"from": "2026-04-01"}, []),
    ],
)
async def test_entries_of_a_period_and_direction_are_noticed_as_camt_054(
    client: Client, params: dict[str, str], expected: list[str]
) -> None:
    await post(client, transfer("10.00"), transfer("2.50", debit=PAYEE, credit=PAYER))
    response = await client.get(f"/v1/accounts/{PAYER}/entry-notice", params=params)
    assert response.status_code == 200, response.text
    assert amounts(response.content, "camt.054.001.08") == expected


async def test_a_single_entry_is_noticed_to_each_side_and_to_nobody_else(client: Client) -> None:
    item = transfer("10.00")
    await post(client, item)
    for number in (PAYER, PAYEE):
        response = await client.get(f"/v1/accounts/{number}/entry-notice", params={"transfer": item["id"]})
        assert amounts(response.content, "camt.054.001.08") == ["10.00"]
    for number, wanted, code in (
        (PAYEE, str(uuid7()), "entry_not_found"),
        (UNKNOWN, item["id"], "account_not_found"),
    ):
        refused = await client.get(f"/v1/accounts/{number}/entry-notice", params={"transfer": wanted})
        assert (refused.status_code, refused.json()["code"]) == (404, code)


@pytest.mark.parametrize(
    "params",
    [
        {"transfer": "x"},
        {"side": "left"},
        {"from": "2026-04-01", "to": DAY},
        {"transfer": "0199a5c0-1c00-7000-8000-0000000000a1", "from": DAY},
    ],
)
async def test_a_notice_of_what_cannot_be_is_refused(client: Client, params: dict[str, str]) -> None:
    refused = await client.get(f"/v1/accounts/{PAYER}/entry-notice", params=params)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_parameter")


async def test_reports_and_notices_need_the_permission_to_see_the_books(
    bank: Database, tokens: dict[str, str]
) -> None:
    async with client_of(bank, tokens["accounts:read"]) as client:
        for path in ("intraday-report", "entry-notice"):
            refused = await client.get(f"/v1/accounts/{PAYER}/{path}")
            assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")


async def test_an_intraday_report_of_no_account_is_refused(client: Client) -> None:
    refused = await client.get(f"/v1/accounts/{UNKNOWN}/intraday-report")
    assert (refused.status_code, refused.json()["code"]) == (404, "account_not_found")


async def test_a_statement_is_had_as_csv_pdf_and_workbook(client: Client) -> None:
    await post(client, transfer("10.00", description="三月货款"))
    path, params = f"/v1/accounts/{PAYER}/statement", {"from": DAY, "to": DAY}
    for name, media in (("csv", "text/csv"), ("pdf", "application/pdf"), ("xlsx", XLSX)):
        asked = await client.get(path, params={**params, "format": name})
        assert asked.status_code == 200, asked.text
        assert asked.headers["content-type"].partition(";")[0] == media
        assert asked.headers["content-disposition"] == (
            f'attachment; filename="statement-{PAYER}-{DAY}.{name}"'
        )
        negotiated = await client.get(path, params=params, headers={"Accept": media})
        assert negotiated.content == asked.content
        if name == "csv":
            rows = list(csv.DictReader(io.StringIO(asked.content.decode("utf-8-sig"), newline="")))
            assert [row["balance"] for row in rows] == ["0.00", "1000.00", "990.00", "990.00"]
        elif name == "pdf":
            text = pypdf.PdfReader(io.BytesIO(asked.content)).pages[0].extract_text()
            assert "账户对账单" in text and "三月货款" in text
        else:
            with zipfile.ZipFile(io.BytesIO(asked.content)) as archive:
                assert "三月货款" in archive.read("xl/worksheets/sheet1.xml").decode()


async def test_a_statement_as_file_of_no_account_or_period_is_refused(client: Client) -> None:
    for number, params, status in (
        (UNKNOWN, {"from": DAY, "to": DAY}, 404),
        (PAYER, {"from": DAY, "to": "2026-03-30"}, 400),
        (PAYER, {"from": "1800-01-01", "to": DAY}, 400),
    ):
        response = await client.get(f"/v1/accounts/{number}/statement", params={**params, "format": "pdf"})
        assert response.status_code == status, response.text
