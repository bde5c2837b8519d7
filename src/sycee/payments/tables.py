"""Tables that customers fill in: templates in CSV and Excel for those whose software writes no ISO 20022.

What is wrong is told by row and column, up to fifty places at once, before anything is kept.
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
from sycee.payments.iso20022 import AccountReference, Fault, is_iban, read_amount
from sycee.payments.orders.new_payments import LONGEST

MOST_ROWS = 10_000
MOST_BYTES = 10 * 1024 * 1024
"""Of a file, and of what a compressed one unfolds to."""

EXACT = 10**15
"""From here on Excel does not keep every digit of a number."""

MOST_TOLD = 50
"""Errors that are told at once."""

MOST_COLUMNS = 26
"""Columns are told by one letter."""

UTF8_MARK = codecs.BOM_UTF8
"""Tells Excel that a table is in UTF-8."""


class SpreadsheetFormat(StrEnum):
    """What a template may be: comma-separated values in UTF-8, or an Excel workbook."""

    CSV = "csv"
    XLSX = "xlsx"


class Column(msgspec.Struct, frozen=True):
    """A column of a template: its heading, whether every row fills it, and most characters."""

    name: str
    heading: str
    needed: bool
    longest: int


# What every template asks for by the same name; ``read_row_amount`` reads the first two.
CURRENCY = Column("currency", "币种 Currency", True, 3)
AMOUNT = Column("amount", "金额 Amount", True, 24)
REMITTANCE = Column("remittance", "附言 Remittance information", False, LONGEST["remittance"])
REFERENCE = Column("reference", "客户参考号 Your reference", False, LONGEST["end_to_end_id"])


class Row(msgspec.Struct, frozen=True):
    """A row that is filled: its number as Excel counts, and what it says by the names of columns."""

    number: int
    said: dict[str, str]


def write_template(table: SpreadsheetFormat, columns: Sequence[Column], title: str) -> bytes:
    """An empty template. In the workbook every cell is text, so that no account number loses digits."""
    headings = [column.heading for column in columns]
    if table is SpreadsheetFormat.CSV:
        text = io.StringIO()
        csv.writer(text).writerow(headings)
        return UTF8_MARK + text.getvalue().encode()
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    sheet.append(headings)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for number in range(1, len(columns) + 1):
        letter = chr(ord("A") + number - 1)
        sheet.column_dimensions[letter].width = 28
        sheet.column_dimensions[letter].number_format = "@"
    sheet.freeze_panes = "A2"
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


class Problems:
    """What is wrong in a table, told at the end."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self.found: list[dict[str, Any]] = []

    def add(self, row: int, name: str, detail: str) -> None:
        """Note what is wrong in a cell."""
        place = next(place for place, column in enumerate(self._columns) if column.name == name)
        heading = self._columns[place].heading
        letter = chr(ord("A") + place)
        self.found.append({"row": row, "column": letter, "heading": heading, "detail": detail})

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


def read_table(
    source: BinaryIO, table: SpreadsheetFormat, columns: Sequence[Column], problems: Problems
) -> tuple[str, list[Row]]:
    """The SHA-256 of a filled template in hexadecimal, and its rows that are not empty; at least one.

    What is wrong with a cell is added to ``problems``. Raises PayloadTooLarge, InvalidSpreadsheet.
    """
    source.seek(0)
    data = source.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise PayloadTooLarge(f"a table of more than {MOST_BYTES} bytes is sent as a payment file instead")
    lines = iter(_READERS[table](data))
    _check_headings(next(lines, (1, []))[1], columns)
    found: list[Row] = []
    for number, cells in lines:
        if not any(_text(cell) for cell in cells):
            continue
        if len(found) == MOST_ROWS:
            raise PayloadTooLarge(f"more than {MOST_ROWS} rows are sent as a payment file instead")
        found.append(Row(number, _said(number, cells, columns, problems)))
    if not found:
        raise InvalidSpreadsheet("no row is filled", errors=[], total=0)
    return sha256(data).hexdigest(), found


def read_day(row: Row, name: str, problems: Problems) -> date | None:
    """The date in a column; None when there is none, or it is none."""
    text = row.said[name]
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        problems.add(row.number, name, f"{text!r} is no date such as 2026-03-31")
        return None


def read_row_amount(row: Row, problems: Problems) -> Amount | None:
    """The amount in the columns ``amount`` and ``currency``; None when it is none."""
    text, currency = row.said["amount"], row.said["currency"]
    plain = text.replace(",", "")
    if not (plain and currency):
        return None
    try:
        amount = read_amount(str(Decimal(plain)) if "e" not in plain.lower() else "", currency)
    except (ArithmeticError, ValueError):
        problems.add(row.number, "amount", f"{text!r} is no amount")
        return None
    if isinstance(amount, Fault):
        column = "currency" if amount.code == "unknown_currency" else "amount"
        problems.add(row.number, column, amount.detail)
        return None
    return amount


def account_of(text: str) -> AccountReference:
    """An account as people write it."""
    return AccountReference(iban=text) if is_iban(text) else AccountReference(other=text)


def _check_headings(cells: Sequence[Any], columns: Sequence[Column]) -> None:
    given = [_text(cell) for cell in cells]
    while given and not given[-1]:
        given.pop()
    wanted = [column.heading for column in columns]
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


def _said(row: int, cells: Sequence[Any], columns: Sequence[Column], problems: Problems) -> dict[str, str]:
    said = {}
    for number, column in enumerate(columns):
        cell = cells[number] if number < len(cells) else None
        text = _text(cell)
        if isinstance(cell, int | float) and abs(cell) >= EXACT:
            problems.add(row, column.name, "is a number so long that Excel drops digits: write it as text")
        elif column.needed and not text:
            problems.add(row, column.name, "is empty")
        elif len(text) > column.longest:
            problems.add(row, column.name, f"has {len(text)} characters, {column.longest} are taken")
        elif text.startswith("="):
            problems.add(row, column.name, "is a formula; values are read only")
        elif any(ord(character) < ord(" ") for character in text):
            problems.add(row, column.name, "holds a line break or another control character")
        said[column.name] = text
    return said


def _csv_rows(data: bytes) -> Iterator[tuple[int, list[Any]]]:
    """Rows of comma-separated values in UTF-8, or in GB 18030, which Excel writes on Chinese systems."""
    try:
        text = data.removeprefix(UTF8_MARK).decode("utf-8")
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
        for row, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True), 1):
            yield row, list(cells)
    except (InvalidSpreadsheet, PayloadTooLarge):
        raise
    except Exception as problem:  # whatever a library meets in a file that anybody may have made
        raise InvalidSpreadsheet(f"the file is no Excel workbook: {type(problem).__name__}") from problem


_READERS: dict[SpreadsheetFormat, Callable[[bytes], Iterable[tuple[int, list[Any]]]]] = {
    SpreadsheetFormat.CSV: _csv_rows,
    SpreadsheetFormat.XLSX: _xlsx_rows,
}
