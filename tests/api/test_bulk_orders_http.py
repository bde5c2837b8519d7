"""Bulk orders over HTTP: sent as files or tables, paid, listed, reported; payrolls kept confidential."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
import pytest_asyncio
from openpyxl import load_workbook

from sycee import payments
from sycee.api.operations import XLSX
from sycee.database import Database
from sycee.payments.iso20022 import read_message
from tests.api.wire import PAYEE, PAYER, Client, money
from tests.payments.market import file_of

XML = {"Content-Type": "application/xml"}
FILE = file_of([("10.00", "CNY"), ("99999.00", "CNY"), ("20.00", "CNY")], debtor=PAYER, creditors=(PAYEE,))
PAYROLL = FILE.replace(
    b"<PmtMtd>TRF</PmtMtd>", b"<PmtMtd>TRF</PmtMtd><PmtTpInf><CtgyPurp><Cd>SALA</Cd></CtgyPurp></PmtTpInf>"
)


@pytest_asyncio.fixture(autouse=True)
async def screened(database: Database, client: Client) -> None:
    """Nobody is looked for."""
    async with database.transaction() as tx:
        await payments.load_screening_names(tx, [], name="own", by="test")


async def send(client: Client, data: bytes, media: str = "application/xml", **query: str) -> Any:
    """Send a bulk order."""
    response = await client.post(
        "/v1/bulk-orders", params=query, content=data, headers={"Content-Type": media}
    )
    assert response.status_code in (200, 201), response.text
    return response.json()


async def balance_of(client: Client, number: str) -> str:
    value: str = (await client.get(f"/v1/accounts/{number}")).json()["balance"]["value"]
    return value


async def test_a_file_is_paid_and_told_item_by_item(client: Client) -> None:
    order = await send(client, FILE)
    assert (order["state"], order["count"], order["done"], order["refused"]) == ("done", 3, 3, 1)
    assert order["statuses"] == {"ACSC": 2, "RJCT": 1}
    assert await balance_of(client, PAYEE) == "30.00"
    path = f"/v1/bulk-orders/{order['id']}"
    assert (await client.get(path)).json() == order
    first = (await client.get(f"{path}/items", params={"limit": 2})).json()
    rest = (await client.get(f"{path}/items", params={"limit": 2, "after": first["next"]})).json()
    items = first["items"] + rest["items"]
    assert rest["next"] is None
    assert [item["status"] for item in items] == ["ACSC", "RJCT", "ACSC"]
    assert items[1]["code"] == "insufficient_funds"
    assert (items[0]["amount"], items[0]["creditor_name"]) == (money("10.00"), "Creditor 0")
    paid = (await client.get(f"/v1/payments/{items[0]['payment']}")).json()
    assert paid["state"] == "settled"


async def test_the_report_and_the_original_can_be_had(client: Client) -> None:
    order = await send(client, FILE)
    path = f"/v1/bulk-orders/{order['id']}"
    report = await client.get(f"{path}/status-report")
    assert report.headers["content-type"] == "application/xml"
    root = read_message(report.content, payments.PAIN002_MESSAGES).root
    assert [node.text for node in root.iter("{*}TxSts")] == ["ACSC", "RJCT", "ACSC"]
    assert (await client.get(f"{path}/original")).content == FILE


async def test_the_same_file_again_is_answered_and_paid_once(client: Client) -> None:
    order = await send(client, FILE)
    assert await send(client, FILE) == {**order, "duplicate": True}
    other = file_of([("1.00", "CNY")], debtor=PAYER, creditors=(PAYEE,))
    refused = await client.post("/v1/bulk-orders", content=other, headers=XML)
    assert (refused.status_code, refused.json()["code"]) == (409, "message_id_reused")
    assert await balance_of(client, PAYEE) == "30.00"


async def test_an_order_that_is_only_taken_in_is_paid_when_it_is_carried_out(client: Client) -> None:
    order = await send(client, FILE, carry_out="false")
    assert (order["state"], order["done"], order["statuses"]) == ("received", 0, {"PDNG": 3})
    assert await balance_of(client, PAYEE) == "0.00"
    for _ in range(2):
        done = await client.post(f"/v1/bulk-orders/{order['id']}/carry-out")
        assert (done.status_code, done.json()["done"]) == (200, 3)
    assert await balance_of(client, PAYEE) == "30.00"


async def test_all_or_nothing_pays_nothing_when_one_cannot_be_paid(client: Client) -> None:
    order = await send(client, FILE, all_or_nothing="true")
    assert (order["statuses"], order["code"]) == ({"RJCT": 3}, "insufficient_funds")
    assert await balance_of(client, PAYER) == "1000.00"


@pytest.mark.parametrize("part", ["items", "status-report", "original"])
async def test_single_salaries_take_a_permission_of_their_own(
    client: Client, tokens: dict[str, str], part: str
) -> None:
    order = await send(client, PAYROLL)
    assert order["confidential"]
    path = f"/v1/bulk-orders/{order['id']}/{part}"
    headers = {"Authorization": f"Bearer {tokens['payments:read']}"}
    assert (await client.get(f"/v1/bulk-orders/{order['id']}", headers=headers)).status_code == 200
    refused = await client.get(path, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "confidential_order")
    assert (await client.get(path)).status_code == 200  # an administrator


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"<a/>", XML, 415, "unsupported_message"),
        (b"hello", XML, 400, "malformed_xml"),
        (FILE.replace(b"<NbOfTxs>", b"<NbTxs>"), XML, 400, "malformed_xml"),
        (FILE.replace(b"E-0<", b"E" * 40 + b"<"), XML, 400, "xml_schema_violation"),
        (FILE, {"Content-Type": "application/json"}, 415, "unsupported_media_type"),
        (b"a,b\n", {"Content-Type": "text/csv"}, 400, "invalid_spreadsheet"),
        (b"PK", {"Content-Type": XLSX}, 400, "invalid_spreadsheet"),
    ],
)
async def test_what_is_no_bulk_order_is_refused(
    client: Client, content: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    refused = await client.post("/v1/bulk-orders", content=content, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text


async def test_what_is_not_there_is_not_found(client: Client) -> None:
    missing = "/v1/bulk-orders/00000000-0000-4000-8000-000000000000"
    for path in (missing, f"{missing}/items", f"{missing}/status-report", f"{missing}/original"):
        assert (await client.get(path)).json()["code"] == "bulk_order_not_found"
    assert (await client.post(f"{missing}/carry-out")).json()["code"] == "bulk_order_not_found"
    assert (await client.get("/v1/bulk-order-templates/pdf")).json()["code"] == "invalid_parameter"


ROWS = [
    [PAYER, PAYEE, "张三", "", "CNY", "10.00", "", "SALA", "三月工资", "R-1"],
    [PAYER, PAYEE, "Li Si", "", "CNY", "1,020.5", "", "", "", ""],
]


async def test_a_filled_csv_template_is_paid(client: Client) -> None:
    template = (await client.get("/v1/bulk-order-templates/csv")).content
    text = io.StringIO()
    csv.writer(text).writerows(ROWS)
    for encoded in (
        template + text.getvalue().encode(),
        (template.decode("utf-8-sig") + text.getvalue()).encode("gb18030"),
    ):
        order = await send(client, encoded, "text/csv; charset=utf-8")
        assert (order["format"], order["count"], order["sum"], order["confidential"]) == (
            "csv",
            2,
            "1030.50",
            True,
        )
        items = (await client.get(f"/v1/bulk-orders/{order['id']}/items")).json()["items"]
        assert [item["status"] for item in items] == ["ACSC", "RJCT"]
        assert (items[0]["creditor_name"], items[0]["remittance"]) == ("张三", "三月工资")
        original = await client.get(f"/v1/bulk-orders/{order['id']}/original")
        assert original.content == encoded
        report = await client.get(f"/v1/bulk-orders/{order['id']}/status-report")
        assert report.json()["code"] == "no_status_report"


def workbook(template: bytes, rows: Any) -> bytes:
    """The template with rows."""
    book = load_workbook(io.BytesIO(template))
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(list(row))
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


async def test_a_filled_excel_template_is_paid(client: Client) -> None:
    template = (await client.get("/v1/bulk-order-templates/xlsx")).content
    filled = workbook(template, [*ROWS, [PAYER, PAYEE, "Wang Wu", None, "CNY", 0.3, None, None, None, None]])
    order = await send(client, filled, XLSX, message_id="TABLE-1")
    assert (order["format"], order["message_id"], order["statuses"]) == (
        "xlsx",
        "TABLE-1",
        {"ACSC": 2, "RJCT": 1},
    )
    assert await balance_of(client, PAYEE) == "10.30"


async def test_errors_of_a_table_are_told_by_row_and_column(client: Client) -> None:
    template = (await client.get("/v1/bulk-order-templates/xlsx")).content
    rows = [
        ROWS[0],
        [PAYER, "", "张三", "", "CNY", "10.001", "31.3.2026", "", "", ""],
        [PAYER, int(PAYEE), "张三", "", "XYZ", "=1+1", "", "", "line\nbreak", "R" * 40],
    ]
    refused = await client.post(
        "/v1/bulk-orders", content=workbook(template, rows), headers={"Content-Type": XLSX}
    )
    assert refused.status_code == 400
    found = {(error["row"], error["column"]) for error in refused.json()["errors"]}
    assert found >= {(3, "B"), (3, "F"), (3, "G"), (4, "B"), (4, "F"), (4, "I"), (4, "J")}
    assert await balance_of(client, PAYEE) == "0.00"
