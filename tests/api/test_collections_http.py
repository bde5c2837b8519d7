"""/v1/collections: a pain.008 file in, a pain.002 report on each debit out."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from sycee import payments
from sycee.payments.iso20022 import read_message
from tests.api.conftest import Books
from tests.api.test_direct_debits_http import CREDIT, DEBIT, Desk, desk
from tests.payments.market import collection_of

__all__ = ["desk"]  # the fixture


def bill(*values: str, **more: Any) -> bytes:
    given = {"creditor": CREDIT, "debtor": DEBIT, "mandate": "GRID-1", **more}
    return collection_of([(value, "CNY") for value in values], **given)


async def send(desk: Desk, file: bytes, status: int = 200, who: Any = None, **params: Any) -> Any:
    response = await desk.client.post(
        "/v1/collections",
        content=file,
        params=params,
        headers={**(who or desk.payee), "Content-Type": "application/xml"},
    )
    assert response.status_code == status, response.text
    return response.content if status == 200 else response.json()


def said(report: bytes) -> list[tuple[str | None, str | None]]:
    """Status and reason of every debit in a report that is valid against its schema."""
    root = read_message(report, payments.PAIN002_MESSAGES).root
    return [
        (
            node.findtext("{*}TxSts"),
            node.findtext("{*}StsRsnInf/{*}Rsn/{*}Cd"),
        )
        for node in root.iter("{*}TxInfAndSts")
    ]


@pytest.mark.parametrize("version", ["02", "08"])
async def test_each_debit_that_can_be_taken_is_and_the_rest_is_told_why(desk: Desk, version: str) -> None:
    await desk.mandate(reference="GRID-1", per_debit={"currency": "CNY", "value": "50.00"})
    report = await send(desk, bill("30.00", "50.01", "1.001", "50.00", "50.00", version=version))
    assert said(report) == [
        ("ACSC", None),
        ("RJCT", "AM14"),
        ("RJCT", "CH20"),
        ("ACSC", None),
        ("RJCT", "AM04"),
    ]
    assert (await desk.get(None, f"accounts/{DEBIT}"))["balance"]["value"] == "20.00"


async def test_the_same_file_again_takes_nothing_and_tells_how_its_debits_stand(
    desk: Desk, books: Books
) -> None:
    await desk.mandate(reference="GRID-1")
    await send(desk, bill("30.00", "10.00"))
    (last, _) = (await desk.get(desk.payer, "direct-debits"))["debits"]
    assert last["collection"] is not None
    await desk.act(desk.payer, "return", last["id"])
    before = await books()
    assert said(await send(desk, bill("30.00", "10.00"))) == [("ACSC", None), ("ACSC", "MD06")]
    assert await books() == before
    told = await send(desk, bill("30.00", "11.00"), 409)
    assert told["code"] == "message_id_reused"
    assert await books() == before


async def test_all_or_nothing_takes_nothing_when_one_debit_is_refused(desk: Desk, books: Books) -> None:
    await desk.mandate(reference="GRID-1", per_debit={"currency": "CNY", "value": "50.00"})
    before = await books()
    for number, values in enumerate((("30.00", "50.01"), ("30.00", "1.001"))):
        file = bill(*values, message_id=f"C-{number}")
        report = await send(desk, file, all_or_nothing="true")
        assert [status for status, _ in said(report)] == ["RJCT", "RJCT"]
    assert await books() == before


async def test_debits_of_a_later_day_are_pending(desk: Desk) -> None:
    await desk.mandate(reference="GRID-1")
    report = await send(desk, bill("30.00", due_on="2026-04-15"))
    assert said(report) == [("PDNG", None)]
    assert said(await send(desk, bill("1.00", due_on="2026-03-01", message_id="C-2"))) == [("RJCT", "DT01")]


async def test_what_is_no_collection_of_ones_own_is_refused(desk: Desk, books: Books) -> None:
    await desk.mandate(reference="GRID-1")
    before = await books()
    assert (await send(desk, bill("30.00"), 404, desk.payer))["code"] == "account_not_found"
    assert (await send(desk, b"<x/>", 415))["code"] == "unsupported_message"
    assert (await send(desk, bill("30.00", mandate="x" * 36), 400))["code"] == "xml_schema_violation"
    assert said(await send(desk, bill("30.00", count=2))) == [("RJCT", "AM19")]
    assert said(await send(desk, bill("30.00", mandate="GRID-9", message_id="C-9"))) == [("RJCT", "MD01")]
    assert await books() == before


async def test_a_table_is_collected_and_reported_as_a_table(desk: Desk) -> None:
    await desk.mandate(reference="GRID-1", per_debit={"currency": "CNY", "value": "50.00"})
    template = await desk.client.get("/v1/collection-templates/csv", headers=desk.payee)
    assert template.status_code == 200
    rows = [[CREDIT, DEBIT, "GRID-1", "CNY", value, "", "", f"R-{value}"] for value in ("30.00", "50.01")]
    text = io.StringIO(template.content.decode("utf-8-sig"))
    text.seek(0, io.SEEK_END)
    csv.writer(text).writerows(rows)
    filled, headers = text.getvalue().encode(), {**desk.payee, "Content-Type": "text/csv"}
    for _ in range(2):  # the same again is answered as the first
        answer = await desk.client.post("/v1/collections", content=filled, headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("text/csv")
        _, *told = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
        assert [(row[0], row[4], row[5]) for row in told] == [
            ("R-30.00", "ACSC", ""),
            ("R-50.01", "RJCT", "AM14"),
        ]
    assert (await desk.get(None, f"accounts/{DEBIT}"))["balance"]["value"] == "70.00"
    wrong = filled.replace(b"30.00,,", b"thirty,,")
    refused = await desk.client.post("/v1/collections", content=wrong, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_spreadsheet")
    assert (await desk.client.get("/v1/collection-templates/pdf", headers=desk.payee)).status_code == 400


async def test_a_message_id_is_for_tables_alone(desk: Desk) -> None:
    assert (await send(desk, bill("1.00"), 400, message_id="X"))["code"] == "invalid_parameter"
