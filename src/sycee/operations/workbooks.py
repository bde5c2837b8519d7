"""Documents as Excel workbooks: amounts are numbers, dates are dates, and nothing in it is a formula.

Free text stands in cells of text with a quote prefix: it stays text even when somebody edits the cell.
The same document gives the same bytes.
"""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import Any

from xlsxwriter import Workbook

from sycee.kernel.money import exponent
from sycee.operations.documents import XLSX_LINES, Document, StatementContent, StatementLine
from sycee.operations.errors import DocumentTooLong
from sycee.operations.facts import TITLES, facts_of

_EXACT_DIGITS = 15
"""Excel keeps numbers as binary floats, which hold that many decimal digits; a longer amount stays text."""

_MADE = datetime(2000, 1, 1)  # noqa: DTZ001 - a workbook's own date, which would make each one another
_COLUMNS = (
    ("记账日", "Date", 12),
    ("起息日", "Value date", 12),
    ("借方", "Debit", 18),
    ("贷方", "Credit", 18),
    ("余额", "Balance", 20),
    ("对方账号", "Counterparty", 22),
    ("附言", "Reference", 28),
    ("摘要", "Description", 40),
    ("记账时间 (UTC)", "Booked at (UTC)", 22),
    ("流水号", "Transfer", 40),
)


def document_xlsx(document: Document) -> bytes:
    """The document as a workbook of one sheet. Raises DocumentTooLong."""
    content = document.content
    if isinstance(content, StatementContent) and len(content.lines) > XLSX_LINES:
        raise DocumentTooLong(
            f"{len(content.lines)} entries are too many for a sheet ({XLSX_LINES}): take CSV or JSON"
        )
    made = io.BytesIO()
    with Workbook(made, {"constant_memory": True}) as workbook:
        workbook.set_properties({"created": _MADE, "author": "Sycee"})
        _Sheet(workbook, document).write()
    return made.getvalue()


class _Sheet:
    """The one sheet of a workbook, written row by row from the top."""

    def __init__(self, workbook: Any, document: Document) -> None:
        chinese, english = TITLES[document.summary.kind]
        self._document = document
        self._sheet = workbook.add_worksheet(f"{chinese} {english}"[:31])
        places = exponent(document.content.account.currency)
        number = "#,##0" + ("." + "0" * places if places else "")
        self._title = workbook.add_format({"bold": True, "font_size": 14})
        self._head = workbook.add_format({"bold": True, "bg_color": "#EEF2F6", "text_wrap": True})
        self._date = workbook.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
        self._amount = workbook.add_format({"num_format": number})
        self._text = workbook.add_format({"num_format": "@", "quote_prefix": True})
        self._row = 0

    def write(self) -> None:
        chinese, english = TITLES[self._document.summary.kind]
        for place, (_, _, width) in enumerate(_COLUMNS):
            self._sheet.set_column(place, place, width)
        self._sheet.write_string(0, 0, f"{chinese} {english}", self._title)
        content = self._document.content
        self._row = 1
        for label, value in facts_of(content):
            self._sheet.write_string(self._row, 0, label, self._text)
            self._write(self._row, 3, value)
            self._row += 1
        self._sheet.write_string(self._row, 0, "内容摘要 SHA-256", self._text)
        self._sheet.write_string(self._row, 3, self._document.summary.sha256, self._text)
        if isinstance(content, StatementContent):
            self._lines(content)

    def _lines(self, content: StatementContent) -> None:
        self._row += 2
        for place, (chinese, english, _) in enumerate(_COLUMNS):
            self._sheet.write_string(self._row, place, f"{chinese}\n{english}", self._head)
        self._sheet.freeze_panes(self._row + 1, 0)
        for line in content.lines:
            self._row += 1
            self._line(line)

    def _line(self, line: StatementLine) -> None:
        debited = line.side == "debit"
        self._sheet.write_datetime(self._row, 0, _midnight(line.business_date), self._date)
        self._sheet.write_datetime(self._row, 1, _midnight(line.value_date), self._date)
        self._money(self._row, 2 if debited else 3, line.amount)
        self._money(self._row, 4, line.balance)
        booked_at = line.booked_at.strftime("%Y-%m-%d %H:%M:%S")
        rest = (line.counterparty, line.reference, line.description, booked_at, str(line.transfer))
        for place, text in enumerate(rest, start=5):
            self._write(self._row, place, text or "")

    def _write(self, row: int, column: int, text: str) -> None:
        if text:
            self._sheet.write_string(row, column, text, self._text)

    def _money(self, row: int, column: int, value: str) -> None:
        if sum(map(str.isdigit, value)) > _EXACT_DIGITS:
            self._write(row, column, value)
        else:
            self._sheet.write_number(row, column, float(value), self._amount)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - Excel's dates know no zone
