"""Statements as CSV, PDF and workbooks: complete, the same bytes each time, and no formula in them."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date, timedelta
from typing import Any

import msgspec
import pypdf
import pytest
from lxml import etree

from sycee.database import Database
from sycee.kernel.ids import account_number, uuid7
from sycee.ledger import AccountNotFound, InvalidMoment, NewTransfer
from sycee.operations import (
    Document,
    DocumentTooLong,
    StatementContent,
    document_csv,
    document_pdf,
    document_xlsx,
    draw_statement,
)
from tests.operations.small_bank import FIRST_DAY, SHANGHAI, customer_account, found_bank, post, vault

ONE = customer_account(SHANGHAI, 1)
DANGEROUS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "  @x", "＝1", "＠x", '\n=HYPERLINK("x")',
]  # fmt: skip
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def transfer(amount: int, **more: Any) -> NewTransfer:
    return NewTransfer(id=uuid7(), debit=vault(SHANGHAI), credit=ONE, amount=amount, currency="CNY", **more)


async def drawn(database: Database, *transfers: NewTransfer) -> Document:
    await found_bank(database)
    assert await post(database, transfers) == len(transfers)
    async with database.transaction() as tx:
        return await draw_statement(tx, ONE, FIRST_DAY, FIRST_DAY)


def cells(workbook: bytes) -> list[dict[str, tuple[str, str]]]:
    """The rows of a workbook's sheet: by column, the kind of a cell and its value."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        sheet = etree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    assert sheet.find(f".//{_SHEET}f") is None, "a formula"
    rows = []
    for row in sheet.iter(f"{_SHEET}row"):
        found = {}
        for cell in row:
            value = "".join(map(str, cell.itertext()))
            found[str(cell.get("r")).rstrip("0123456789")] = (cell.get("t", "n"), value)
        rows.append(found)
    return rows


async def test_a_statement_drawn_up_on_demand_says_what_the_books_say(database: Database) -> None:
    document = await drawn(database, transfer(100, reference="A"), transfer(250, reference="B"))
    content = document.content
    assert isinstance(content, StatementContent)
    assert (content.opening, content.closing, content.credit_total) == ("0.00", "3.50", "3.50")
    assert [(line.amount, line.reference) for line in content.lines] == [("1.00", "A"), ("2.50", "B")]
    assert document.summary.entries == 2


async def test_it_has_the_same_id_until_an_entry_comes_along(database: Database) -> None:
    first = await drawn(database, transfer(100))
    async with database.transaction() as tx:
        again = await draw_statement(tx, ONE, FIRST_DAY, FIRST_DAY)
    await post(database, [transfer(1)])
    async with database.transaction() as tx:
        later = await draw_statement(tx, ONE, FIRST_DAY, FIRST_DAY)
    assert (again.summary.id, again.summary.sha256) == (first.summary.id, first.summary.sha256)
    assert later.summary.id != first.summary.id


async def test_a_period_that_ends_before_it_starts_or_an_account_that_is_none_is_refused(
    database: Database,
) -> None:
    await found_bank(database)
    async with database.transaction() as tx:
        with pytest.raises(InvalidMoment):
            await draw_statement(tx, ONE, FIRST_DAY, FIRST_DAY - timedelta(days=1))
        with pytest.raises(AccountNotFound):
            await draw_statement(tx, account_number(SHANGHAI, 99), FIRST_DAY, FIRST_DAY)


async def test_more_entries_than_a_format_holds_are_refused_before_they_are_read(database: Database) -> None:
    await drawn(database, transfer(1), transfer(2))
    async with database.transaction() as tx:
        with pytest.raises(DocumentTooLong):
            await draw_statement(tx, ONE, FIRST_DAY, FIRST_DAY, most=1)
        assert (await draw_statement(tx, ONE, FIRST_DAY, FIRST_DAY, most=2)).summary.entries == 2


@pytest.mark.parametrize("text", DANGEROUS)
async def test_no_text_of_a_payer_is_a_formula_in_csv(database: Database, text: str) -> None:
    document = await drawn(database, transfer(100, reference=text, description=text))
    rows = list(csv.DictReader(io.StringIO(document_csv(document).decode("utf-8-sig"), newline="")))
    for column in ("reference", "description"):
        assert rows[1][column] == f"'{text}"


async def test_texts_that_are_no_formulas_stay_as_they_are_in_csv(database: Database) -> None:
    document = await drawn(database, transfer(100, reference="INV-1 = 2", description="三月货款, 5+5"))
    rows = list(csv.DictReader(io.StringIO(document_csv(document).decode("utf-8-sig"), newline="")))
    assert (rows[1]["reference"], rows[1]["description"]) == ("INV-1 = 2", "三月货款, 5+5")


async def test_a_workbook_has_numbers_dates_and_texts_and_no_formula(database: Database) -> None:
    document = await drawn(
        database, *(transfer(100 + place, description=text) for place, text in enumerate(DANGEROUS))
    )
    rows = cells(document_xlsx(document))
    (head,) = [place for place, row in enumerate(rows) if "Counterparty" in row.get("F", ("", ""))[1]]
    lines = rows[head + 1 :]
    assert len(lines) == len(DANGEROUS)
    assert lines[0]["D"] == ("n", "1")
    assert lines[0]["E"] == ("n", "1")
    assert lines[1]["E"] == ("n", "2.01")
    assert lines[0]["A"] == ("n", str((FIRST_DAY - date(1899, 12, 30)).days))
    assert lines[0]["F"] == ("inlineStr", str(vault(SHANGHAI)))
    assert all(line["H"][0] == "inlineStr" for line in lines)
    text = [value for row in rows[:head] for _, value in row.values()]
    assert {"账户对账单 Account statement", "客户1 Customer 1", document.summary.sha256} <= set(text)


async def test_free_text_of_a_workbook_keeps_its_quote_prefix_when_it_is_edited(database: Database) -> None:
    made = document_xlsx(await drawn(database, transfer(100, description="=1+1")))
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        styles = etree.fromstring(archive.read("xl/styles.xml"))
        sheet = etree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    formats = styles.findall(f"{_SHEET}cellXfs/{_SHEET}xf")
    (cell,) = [one for one in sheet.iter(f"{_SHEET}c") if "".join(map(str, one.itertext())) == "=1+1"]
    assert formats[int(str(cell.get("s")))].get("quotePrefix") == "1"


async def test_an_amount_that_a_spreadsheet_would_round_stays_text(database: Database) -> None:
    document = await drawn(database, transfer(1))
    assert isinstance(document.content, StatementContent)
    lines = document.content.lines
    lines[0] = msgspec.structs.replace(lines[0], balance="123456789012345.68")
    rows = cells(document_xlsx(document))
    assert rows[-1]["E"] == ("inlineStr", "123456789012345.68")
    assert rows[-1]["D"] == ("n", "0.01")


async def test_every_format_gives_the_same_bytes_for_the_same_document(database: Database) -> None:
    document = await drawn(database, transfer(100, description="三月货款"))
    for render in (document_csv, document_pdf, document_xlsx):
        assert render(document) == render(document)


async def test_the_pdf_of_a_statement_on_demand_shows_chinese_and_english(database: Database) -> None:
    document = await drawn(database, transfer(100, description="三月货款"))
    text = pypdf.PdfReader(io.BytesIO(document_pdf(document))).pages[0].extract_text()
    for told in ("账户对账单", "Account statement", "客户1", "三月货款", str(document.summary.id)):
        assert told in text
