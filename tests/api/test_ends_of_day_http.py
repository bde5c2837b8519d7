"""The ends of days over HTTP: closed, followed, told of, and their documents fetched."""

from __future__ import annotations

import asyncio
import csv
import io
import zipfile
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pypdf
import pytest
import pytest_asyncio

from sycee import ledger
from sycee.database import Database
from sycee.kernel.ids import account_number, uuid7
from tests.api.small_bank import found_bank
from tests.api.wire import BANK, PAYER, UNKNOWN, Client, post, transfer

DAY, NEXT = "2026-03-31", "2026-04-01"
PATH = "/v1/cells/101/ends-of-day"
CUSTOMER_ACCOUNT = str(account_number(101, 50))


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database whose pool need not grow: the test client runs the application in a loop of its own."""
    async with await Database.open(database_url, min_size=6, max_size=6, timeout_s=5) as opened:
        yield opened


@pytest_asyncio.fixture
async def customer(bank: Database) -> str:
    """An account of a customer, with two entries."""
    new = ledger.NewAccount(
        number=int(CUSTOMER_ACCOUNT),
        currency="CNY",
        subject="2011",
        name="Silk Road Ltd",
        local_name="丝路公司",
        customer=uuid4(),
    )
    entries = [
        ledger.NewTransfer(
            id=uuid7(),
            debit=int(BANK),
            credit=int(CUSTOMER_ACCOUNT),
            amount=amount,
            currency="CNY",
            description=text,
        )
        for amount, text in ((100_000, "三月货款 Steel"), (23_456, '=HYPERLINK("http://example.com")'))
    ]
    async with bank.transaction() as tx:
        await ledger.open_accounts(tx, [new])
        await ledger.post_transfers(tx, entries)
    return CUSTOMER_ACCOUNT


async def close(client: Client, date: str = DAY, **more: Any) -> dict[str, Any]:
    """Close a day and wait for its end."""
    response = await client.post(PATH, json={"business_date": date, **more})
    assert response.status_code in (200, 202), response.text
    run: dict[str, Any] = response.json()
    async with asyncio.timeout(30):
        while run["state"] == "running":
            await asyncio.sleep(0.02)
            run = (await client.get(f"{PATH}/{date}")).json()
    return run


async def test_a_day_is_closed_and_its_run_can_be_followed(client: Client) -> None:
    begun = await client.post(PATH, json={"business_date": DAY})
    assert begun.status_code == 202
    assert begun.json()["steps"][0]["state"] == "done"
    run = await close(client)
    assert (run["state"], run["next_date"], run["failed"]) == ("finished", NEXT, 0)
    assert {step["state"] for step in run["steps"]} == {"done"}
    assert (run["steps"][0]["title"], run["steps"][0]["local_title"]) == ("Cut-off", "日切")
    await post(client, transfer("1.00"))
    (entry,) = (await client.get(f"/v1/accounts/{PAYER}/entries", params={"limit": 1})).json()["entries"]
    assert entry["business_date"] == NEXT


async def test_closing_the_same_day_again_answers_with_its_run(client: Client) -> None:
    first = await close(client)
    again = await client.post(PATH, json={"business_date": DAY})
    assert (again.status_code, again.json()) == (200, first)
    assert (await client.get("/v1/cells")).json()["cells"][0]["business_date"] == NEXT


async def test_runs_are_listed_newest_first_page_by_page(client: Client) -> None:
    for day in (DAY, NEXT, "2026-04-02"):
        await close(client, day)
    first = (await client.get(PATH, params={"limit": 2})).json()
    second = (await client.get(PATH, params={"limit": 2, "cursor": first["next"]})).json()
    found = [run["business_date"] for run in first["ends_of_day"] + second["ends_of_day"]]
    assert (found, second["next"]) == (["2026-04-02", NEXT, DAY], None)


async def test_what_failed_is_told_with_its_reason_and_can_be_tried_again(
    client: Client, bank: Database, customer: str
) -> None:
    change = "UPDATE transfers SET credit_balance = credit_balance + %s WHERE credit = %s AND cell = 101"
    async with bank.transaction() as tx:
        await tx.execute(change, (1, int(customer)))
    run = await close(client)
    assert (run["state"], run["failed"]) == ("finished", 1)
    page = (await client.get(f"{PATH}/{DAY}/failures")).json()
    (failure,) = page["failures"]
    assert (failure["account"], failure["code"], failure["step"]) == (
        customer,
        "statement_unbalanced",
        "statements",
    )
    assert (failure["round"], page["next"]) == (1, None)
    assert failure["advice"]
    none = (await client.get(f"{PATH}/{DAY}/failures", params={"step": "settle"})).json()
    assert none["failures"] == []
    async with bank.transaction() as tx:
        await tx.execute(change, (-1, int(customer)))
    run = await close(client, retry=True)
    assert (run["failed"], run["attempt"]) == (0, 2)
    assert (await client.get(f"{PATH}/{DAY}/failures")).json()["failures"] == []


async def test_the_books_are_proved_when_that_is_asked_for(client: Client) -> None:
    run = await close(client, check=True)
    assert (run["steps"][-1]["step"], run["steps"][-1]["failed"]) == ("check_books", 0)


async def test_documents_are_listed_and_fetched_as_json_pdf_and_workbook(
    client: Client, customer: str
) -> None:
    await close(client)
    listed = (await client.get(f"/v1/accounts/{customer}/documents")).json()["documents"]
    assert {one["kind"] for one in listed} == {"statement", "balance_confirmation"}
    of_day = (await client.get(f"{PATH}/{DAY}/documents")).json()["documents"]
    assert sorted(one["id"] for one in of_day) == sorted(one["id"] for one in listed)
    for summary in listed:
        path = f"/v1/accounts/{customer}/documents/{summary['id']}"
        as_json = (await client.get(path)).json()
        assert as_json["document"] == summary
        assert as_json["account"]["local_name"] == "丝路公司"
        pdf = await client.get(path, headers={"Accept": "application/pdf"})
        assert pdf.headers["content-type"] == "application/pdf"
        name = f"{summary['kind']}-{customer}-{DAY}.pdf"
        assert pdf.headers["content-disposition"] == f'attachment; filename="{name}"'
        text = pypdf.PdfReader(io.BytesIO(pdf.content)).pages[0].extract_text()
        for part in (customer, "丝路公司", "1234.56", summary["sha256"], summary["id"]):
            assert part in text
        assert (await client.get(path, params={"format": "pdf"})).content == pdf.content
        workbook = await client.get(path, params={"format": "xlsx"})
        assert workbook.headers["content-disposition"] == f'attachment; filename="{name[:-4]}.xlsx"'
        with zipfile.ZipFile(io.BytesIO(workbook.content)) as archive:
            sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        for part in (customer, "丝路公司", "1234.56", summary["sha256"]):
            assert part in sheet


async def test_a_statement_has_its_entries_in_every_format(client: Client, customer: str) -> None:
    await close(client)
    (summary,) = (
        await client.get(f"/v1/accounts/{customer}/documents", params={"kind": "statement"})
    ).json()["documents"]
    path = f"/v1/accounts/{customer}/documents/{summary['id']}"
    statement = (await client.get(path)).json()["statement"]
    assert [line["amount"]["value"] for line in statement["lines"]] == ["1000.00", "234.56"]
    assert (statement["opening"]["value"], statement["closing"]["value"]) == ("0.00", "1234.56")
    response = await client.get(path, headers={"Accept": "text/csv"})
    assert response.content.startswith("\ufeff".encode())
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))
    assert [row["balance"] for row in rows] == ["0.00", "1000.00", "1234.56", "1234.56"]
    assert rows[1]["description"] == "三月货款 Steel"
    assert rows[2]["description"].startswith("'=")  # no spreadsheet takes it for a formula
    pdf = (await client.get(path, params={"format": "pdf"})).content
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)
    assert "三月货款 Steel" in text


async def test_documents_are_listed_page_by_page(client: Client, customer: str) -> None:
    await close(client)
    for path in (f"/v1/accounts/{customer}/documents", f"{PATH}/{DAY}/documents"):
        first = (await client.get(path, params={"limit": 1})).json()
        second = (await client.get(path, params={"limit": 1, "cursor": first["next"]})).json()
        kinds = {page["documents"][0]["kind"] for page in (first, second)}
        assert (kinds, second["next"]) == ({"statement", "balance_confirmation"}, None)


NO_DOCUMENT = "00000000-0000-0000-0000-000000000000"
BAD: dict[str, tuple[str, str, dict[str, Any] | None, int, str]] = {
    "a day that is not due yet": ("POST", PATH, {"business_date": NEXT}, 409, "day_skipped"),
    "a day that is over": ("POST", PATH, {"business_date": "2026-03-30"}, 409, "day_covered"),
    "a next date before": (
        "POST",
        PATH,
        {"business_date": DAY, "next_date": "2026-03-30"},
        400,
        "invalid_next_date",
    ),
    "a next date far off": (
        "POST",
        PATH,
        {"business_date": DAY, "next_date": "2026-06-30"},
        400,
        "invalid_next_date",
    ),
    "a calendar": ("POST", PATH, {"business_date": DAY, "calendar": "XX"}, 404, "calendar_not_found"),
    "no date": ("POST", PATH, {}, 400, "schema_violation"),
    "an unknown field": ("POST", PATH, {"business_date": DAY, "force": True}, 400, "schema_violation"),
    "a date out of range": ("POST", PATH, {"business_date": "9999-12-31"}, 400, "date_out_of_range"),
    "nothing to try again": ("POST", PATH, {"business_date": DAY, "retry": True}, 409, "nothing_to_retry"),
    "a cell that is not there": (
        "POST",
        "/v1/cells/999/ends-of-day",
        {"business_date": DAY},
        404,
        "cell_not_found",
    ),
    "runs of a cell that is not there": ("GET", "/v1/cells/999/ends-of-day", None, 404, "cell_not_found"),
    "a run that is not there": ("GET", f"{PATH}/{DAY}", None, 404, "day_not_found"),
    "failures of no run": ("GET", f"{PATH}/{DAY}/failures", None, 404, "day_not_found"),
    "documents of no run": ("GET", f"{PATH}/{DAY}/documents", None, 404, "day_not_found"),
    "no date in the path": ("GET", f"{PATH}/yesterday", None, 400, "invalid_parameter"),
    "a cursor of runs": ("GET", f"{PATH}?cursor=YTk5OTk5OTk", None, 400, "invalid_cursor"),
    "a cursor of documents": (
        "GET",
        f"/v1/accounts/{PAYER}/documents?cursor=WzFd",
        None,
        400,
        "invalid_cursor",
    ),
    "documents of no account": ("GET", f"/v1/accounts/{UNKNOWN}/documents", None, 404, "account_not_found"),
    "no document": (
        "GET",
        f"/v1/accounts/{PAYER}/documents/{NO_DOCUMENT}",
        None,
        404,
        "document_not_found",
    ),
    "a format": (
        "GET",
        f"/v1/accounts/{PAYER}/documents/{NO_DOCUMENT}?format=xml",
        None,
        400,
        "invalid_parameter",
    ),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def steady_bank(steady_url: str) -> AsyncIterator[Database]:
    """A bank in which no day ends."""
    async with await Database.open(steady_url, min_size=6, max_size=6, timeout_s=5) as opened:
        yield await found_bank(opened)


@pytest.mark.parametrize("name", BAD)
@pytest.mark.asyncio(loop_scope="module")
async def test_what_cannot_be_is_refused_and_no_day_ends(steady_client: Client, name: str) -> None:
    method, path, body, status, code = BAD[name]
    client = steady_client
    response = await client.request(method, path, json=body)
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert (await client.get("/v1/cells")).json()["cells"][0]["business_date"] == DAY
    assert (await client.get(PATH)).json()["ends_of_day"] == []
