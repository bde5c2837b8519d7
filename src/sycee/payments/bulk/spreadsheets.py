"""Payments in a table: templates in CSV and Excel for customers whose software writes no ISO 20022.

A filled template is read like a payment file: its rows are instructions, with a batch for each account that
pays and day. What is wrong is told by row and column before anything is kept.
"""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Any, BinaryIO

import msgspec
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font

from sycee.kernel.errors import PayloadTooLarge
from sycee.kernel.money import Amount
from sycee.payments.errors import InvalidSpreadsheet
from sycee.payments.iso20022 import (
    AccountReference,
    Agent,
    BatchBegins,
    BatchEnds,
    Fault,
    Party,
    PaymentBatch,
    PaymentInstruction,
    StreamEnds,
    StreamHeader,
    is_iban,
    read_amount,
)
from sycee.payments.orders.new_payments import LONGEST

MOST_ROWS = 10_000
MOST_BYTES = 10 * 1024 * 1024
"""Of a file, and of what a compressed one unfolds to."""

EXACT = 10**15
"""From here on Excel does not keep every digit of a number."""

MOST_TOLD = 50
"""Errors that are told at once."""


class SpreadsheetFormat(StrEnum):
    """What a template may be: comma-separated values in UTF-8, or an Excel workbook."""

    CSV = "csv"
    XLSX = "xlsx"


class Column(msgspec.Struct, frozen=True):
    """A column of the template: its heading, and whether every row fills it."""

    name: str
    heading: str
    needed: bool
    longest: int


COLUMNS = (
    Column("debit", "付款账号 Debit account", True, LONGEST["creditor_account"]),
    Column("creditor", "收款账号 Payee account", True, LONGEST["creditor_account"]),
    Column("creditor_name", "收款户名 Payee name", True, LONGEST["creditor_name"]),
    Column("creditor_agent", "收款行号 Payee bank (CNAPS or BIC)", False, 12),
    Column("currency", "币种 Currency", True, 3),
    Column("amount", "金额 Amount", True, 24),
    Column("execute_on", "执行日期 Execution date (YYYY-MM-DD)", False, 10),
    Column("purpose", "用途 Purpose (SALA for salaries)", False, LONGEST["purpose"]),
    Column("remittance", "附言 Remittance information", False, LONGEST["remittance"]),
    Column("reference", "客户参考号 Your reference", False, LONGEST["end_to_end_id"]),
)
_CNAPS_DIGITS = 12
_UTF8_MARK = codecs.BOM_UTF8


def spreadsheet_template(table: SpreadsheetFormat) -> bytes:
    """An empty template. In the workbook every cell is text, so that no account number loses digits."""
    headings = [column.heading for column in COLUMNS]
    if table is SpreadsheetFormat.CSV:
        text = io.StringIO()
        csv.writer(text).writerow(headings)
        return _UTF8_MARK + text.getvalue().encode()  # the mark tells Excel that it is UTF-8
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Payments"
    sheet.append(headings)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for number in range(1, len(COLUMNS) + 1):
        letter = chr(ord("A") + number - 1)
        sheet.column_dimensions[letter].width = 28
        sheet.column_dimensions[letter].number_format = "@"
    sheet.freeze_panes = "A2"
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def stream_spreadsheet(
    source: BinaryIO, table: SpreadsheetFormat, *, message_id: str | None = None
) -> Iterator[StreamHeader | BatchBegins | PaymentInstruction | BatchEnds | StreamEnds]:
    """What a filled template says, in the terms of a payment file.

    message_id (at most 35 characters) is the sender's id of it; None takes one from the content, so that the
    same table is the same order. Raises PayloadTooLarge, and InvalidSpreadsheet whose facts hold ``errors``:
    row and column (as Excel counts them, the headings in row 1), heading, and what is wrong.
    """
    source.seek(0)
    data = source.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise PayloadTooLarge(f"a table of more than {MOST_BYTES} bytes is sent as a payment file instead")
    rows = _READERS[table](data)
    items = _instructions(rows)
    found = [item for _, _, item in items]
    yield StreamHeader(
        message=str(table),
        message_id=message_id or sha256(data).hexdigest()[:35],
        created_at="",
        initiating_party=Party(),
        number_of_transactions=len(found),
        control_sum=None,
    )
    yield from _batches(items)
    yield StreamEnds(len(found), sum((_value(item) for item in found), Decimal(0)), None)


def _value(item: PaymentInstruction) -> Decimal:
    return Decimal(item.amount_text)


def _batches(
    items: Sequence[tuple[str, date | None, PaymentInstruction]],
) -> Iterator[BatchBegins | PaymentInstruction | BatchEnds]:
    """Rows in their order; where the account that pays or the day changes, another batch begins."""
    index, key, counted, summed = -1, None, 0, Decimal(0)
    for debit, day, item in items:
        if key != (debit, day):
            if key is not None:
                yield BatchEnds(index, counted, summed, None)
            index, key, counted, summed = index + 1, (debit, day), 0, Decimal(0)
            yield BatchBegins(index, _batch(index, debit, day))
        yield msgspec.structs.replace(item, batch=index)
        counted, summed = counted + 1, summed + _value(item)
    yield BatchEnds(index, counted, summed, None)


def _batch(index: int, debit: str, day: date | None) -> PaymentBatch:
    return PaymentBatch(
        id=f"{index + 1}",
        method="TRF",
        debtor=Party(),
        debtor_account=_account(debit),
        debtor_agent=Agent(),
        counted=0,
        summed=Decimal(0),
        execution_date=day,
    )


def _account(text: str) -> AccountReference:
    return AccountReference(iban=text) if is_iban(text) else AccountReference(other=text)


class _Problems:
    """What is wrong in a table, told at the end."""

    def __init__(self) -> None:
        self.found: list[dict[str, Any]] = []

    def add(self, row: int, column: Column, detail: str) -> None:
        """Note what is wrong in a cell."""
        letter = chr(ord("A") + COLUMNS.index(column))
        self.found.append({"row": row, "column": letter, "heading": column.heading, "detail": detail})

    def raise_any(self) -> None:
        """Raise InvalidSpreadsheet when there was something."""
        if not self.found:
            return
        first = self.found[0]
        more = f" (and {len(self.found) - 1} more)" if len(self.found) > 1 else ""
        raise InvalidSpreadsheet(
            f"row {first['row']}, column {first['column']} ({first['heading']}): {first['detail']}{more}",
            errors=self.found[:MOST_TOLD],
            total=len(self.found),
        )


def _instructions(rows: Iterable[tuple[int, list[Any]]]) -> list[tuple[str, date | None, PaymentInstruction]]:
    """Account that pays, day and instruction of every row that is not empty. Raises InvalidSpreadsheet."""
    problems = _Problems()
    found: list[tuple[str, date | None, PaymentInstruction]] = []
    lines = iter(rows)
    _check_headings(next(lines, (1, []))[1])
    for row, cells in lines:
        if not any(_text(cell) for cell in cells):
            continue
        if len(found) == MOST_ROWS:
            raise PayloadTooLarge(f"more than {MOST_ROWS} rows are sent as a payment file instead")
        said = _said(row, cells, problems)
        day = _day(row, said["execute_on"], problems)
        item = _instruction(row, len(found), said, problems)
        if item is not None:
            found.append((said["debit"], day, item))
    problems.raise_any()
    if not found:
        raise InvalidSpreadsheet("no row is filled", errors=[], total=0)
    return found


def _check_headings(cells: Sequence[Any]) -> None:
    given = [_text(cell) for cell in cells]
    while given and not given[-1]:
        given.pop()
    wanted = [column.heading for column in COLUMNS]
    if given != wanted:
        raise InvalidSpreadsheet(
            "row 1 does not hold the headings of the template: " + ", ".join(wanted), errors=[], total=1
        )


def _text(cell: Any) -> str:
    """What stands in a cell, as text; numbers and dates as Excel keeps them are taken too."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, float):
        return format_number(cell)
    return str(cell).strip()


def format_number(number: float) -> str:
    """A number of a workbook without the rests of binary fractions; 15 digits are what Excel keeps."""
    plain = format(Decimal(f"{number:.15g}"), "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _said(row: int, cells: Sequence[Any], problems: _Problems) -> dict[str, str]:
    said = {}
    for number, column in enumerate(COLUMNS):
        cell = cells[number] if number < len(cells) else None
        text = _text(cell)
        if isinstance(cell, int | float) and abs(cell) >= EXACT:
            problems.add(row, column, "is a number so long that Excel drops digits: write it as text")
        elif column.needed and not text:
            problems.add(row, column, "is empty")
        elif len(text) > column.longest:
            problems.add(row, column, f"has {len(text)} characters, {column.longest} are taken")
        elif text.startswith("="):
            problems.add(row, column, "is a formula; values are read only")
        elif any(ord(character) < ord(" ") for character in text):
            problems.add(row, column, "holds a line break or another control character")
        said[column.name] = text
    return said


def _column(name: str) -> Column:
    return next(column for column in COLUMNS if column.name == name)


def _day(row: int, text: str, problems: _Problems) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        problems.add(row, _column("execute_on"), f"{text!r} is no date such as 2026-03-31")
        return None


def _instruction(
    row: int, position: int, said: dict[str, str], problems: _Problems
) -> PaymentInstruction | None:
    plain = said["amount"].replace(",", "")
    amount: Amount | Fault | None = None
    if plain and said["currency"]:
        try:
            amount = read_amount(str(Decimal(plain)) if "e" not in plain.lower() else "", said["currency"])
        except (ArithmeticError, ValueError):
            problems.add(row, _column("amount"), f"{said['amount']!r} is no amount")
        if isinstance(amount, Fault):
            column = "currency" if amount.code == "unknown_currency" else "amount"
            problems.add(row, _column(column), amount.detail)
    if not isinstance(amount, Amount):
        return None
    return PaymentInstruction(
        batch=0,
        position=position,
        end_to_end_id=said["reference"] or "NOTPROVIDED",
        amount=amount,
        amount_text=amount.text(),
        currency=amount.currency,
        creditor=Party(name=said["creditor_name"]),
        creditor_account=_account(said["creditor"]),
        creditor_agent=_agent(said["creditor_agent"]),
        purpose=said["purpose"] or None,
        remittance=(said["remittance"],) if said["remittance"] else (),
    )


def _agent(text: str) -> Agent:
    if not text:
        return Agent()
    cnaps = len(text) == _CNAPS_DIGITS and text.isascii() and text.isdigit()
    return Agent(member=text) if cnaps else Agent(bic=text)


def _csv_rows(data: bytes) -> Iterator[tuple[int, list[Any]]]:
    """Rows of comma-separated values in UTF-8, or in GB 18030, which Excel writes on Chinese systems."""
    try:
        text = data.removeprefix(_UTF8_MARK).decode("utf-8")
    except UnicodeDecodeError:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError as problem:
            raise InvalidSpreadsheet("the table is neither in UTF-8 nor in GB 18030") from problem
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row, cells in enumerate(reader, 1):
            yield row, list(cells)
    except csv.Error as problem:
        raise InvalidSpreadsheet(f"line {reader.line_num} is not comma-separated: {problem}") from problem


def _xlsx_rows(data: bytes) -> Iterator[tuple[int, list[Any]]]:
    """Rows of the first sheet of a workbook; of formulas the text, which is refused."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as folder:
            unfolded = sum(member.file_size for member in folder.infolist())
        if unfolded > MOST_BYTES * 4:
            raise PayloadTooLarge(f"the workbook unfolds to {unfolded} bytes, {MOST_BYTES * 4} are taken")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        for row, cells in enumerate(sheet.iter_rows(max_col=len(COLUMNS), values_only=True), 1):
            yield row, list(cells)
    except (InvalidSpreadsheet, PayloadTooLarge):
        raise
    except Exception as problem:  # whatever a library meets in a file that anybody may have made
        raise InvalidSpreadsheet(f"the file is no Excel workbook: {type(problem).__name__}") from problem


_READERS: dict[SpreadsheetFormat, Callable[[bytes], Iterable[tuple[int, list[Any]]]]] = {
    SpreadsheetFormat.CSV: _csv_rows,
    SpreadsheetFormat.XLSX: _xlsx_rows,
}
