"""Documents as PDF: Chinese and English, on A4, the same bytes for the same document on any machine.

Each page carries the document's id and SHA-256, so that paper and data can be held together.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from sycee.operations.documents import ConfirmationContent, Document, StatementContent, StatementLine
from sycee.operations.errors import DocumentTooLong
from sycee.products import contract_font, rendering, showable

MOST_LINES = 20_000
"""The most entries of a statement as PDF: some 600 pages. Longer ones are read as CSV or JSON."""

_WIDTH, _HEIGHT = A4
_LEFT, _RIGHT, _BOTTOM = 15 * mm, _WIDTH - 15 * mm, 20 * mm
_INK, _QUIET, _RULE, _SHADE = (
    colors.HexColor("#1c2430"),
    colors.HexColor("#5b6673"),
    colors.HexColor("#c9d1da"),
    colors.HexColor("#eef2f6"),
)
_SIZE, _LEADING = 7.0, 9.2
_TITLES = {
    "statement": ("账户对账单", "Account statement"),
    "balance_confirmation": ("余额对账单", "Balance confirmation"),
}
# Where a column begins (or, of amounts, ends), what it is called in both languages.
_COLUMNS: tuple[tuple[float, bool, str, str], ...] = (
    (0 * mm, False, "记账日", "Date"),
    (16 * mm, False, "起息日", "Value"),
    (56 * mm, True, "借方", "Debit"),
    (81 * mm, True, "贷方", "Credit"),
    (108 * mm, True, "余额", "Balance"),
    (111 * mm, False, "对方账号", "Counterparty"),
    (138 * mm, False, "摘要", "Reference and text"),
)
_TEXT_WIDTH = _RIGHT - _LEFT - 138 * mm


def document_pdf(document: Document) -> bytes:
    """The document as PDF; a page takes some milliseconds: call it from a thread. Raises DocumentTooLong."""
    content = document.content
    if isinstance(content, StatementContent) and len(content.lines) > MOST_LINES:
        raise DocumentTooLong(
            f"{len(content.lines)} entries are too many for a PDF ({MOST_LINES}): take CSV or JSON"
        )
    with rendering:
        return _Sheets(document).made()


class _Sheets:
    """The pages of one document, drawn from top to bottom."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._font: str = contract_font()
        self._page = 1
        self._y = 0.0
        # How many pages there are is known when they have been drawn: they are drawn twice.
        self._pages = 0

    def made(self) -> bytes:
        output = io.BytesIO()
        for _ in range(2):
            output = io.BytesIO()
            self._canvas: Any = Canvas(output, pagesize=A4, invariant=1)
            chinese, english = _TITLES[self._document.summary.kind]
            self._canvas.setTitle(f"{chinese} {english} {self._document.content.account.number}")
            self._canvas.setAuthor("Sycee")
            self._page = 1
            self._draw()
            self._foot()
            self._pages = self._page
            self._canvas.save()
        return output.getvalue()

    def _draw(self) -> None:
        content = self._document.content
        self._y = _HEIGHT - 18 * mm
        chinese, english = _TITLES[self._document.summary.kind]
        self._text(_LEFT, chinese, 15)
        self._text(_LEFT + 42 * mm, english, 11, _QUIET)
        self._y -= 9 * mm
        for label, value in _facts(content):
            self._text(_LEFT, label, 7.5, _QUIET)
            for line in self._wrapped(value, _RIGHT - _LEFT - 52 * mm, 8.5):
                self._text(_LEFT + 52 * mm, line, 8.5)
                self._y -= 4.6 * mm
        if isinstance(content, StatementContent):
            self._lines(content)

    def _lines(self, content: StatementContent) -> None:
        self._y -= 2 * mm
        self._head()
        for line in content.lines:
            texts = self._wrapped(_remark(line), _TEXT_WIDTH, _SIZE)
            height = _LEADING * max(1, len(texts)) + 2
            if self._y - height < _BOTTOM:
                self._turn()
            self._row(line, texts)
            self._y -= height
            self._rule(self._y + _LEADING - 1.2)

    def _head(self) -> None:
        self._canvas.setFillColor(_SHADE)
        self._canvas.rect(_LEFT, self._y - 12, _RIGHT - _LEFT, 22, stroke=0, fill=1)
        for place, right, chinese, english in _COLUMNS:
            self._text(_LEFT + place, chinese, 7.5, right=right)
            self._y -= 8.5
            self._text(_LEFT + place, english, 6, _QUIET, right=right)
            self._y += 8.5
        self._y -= 22

    def _row(self, line: StatementLine, texts: Sequence[str]) -> None:
        debited = line.side == "debit"
        cells = (
            line.business_date.isoformat(),
            line.value_date.isoformat(),
            line.amount if debited else "",
            "" if debited else line.amount,
            line.balance,
            line.counterparty,
        )
        for (place, right, _, _), cell in zip(_COLUMNS, cells, strict=False):
            self._text(_LEFT + place, cell, _SIZE, right=right)
        top = self._y
        for text in texts:
            self._text(_LEFT + _COLUMNS[-1][0], text, _SIZE)
            self._y -= _LEADING
        self._y = top

    def _turn(self) -> None:
        self._foot()
        self._canvas.showPage()
        self._page += 1
        self._y = _HEIGHT - 18 * mm
        self._head()

    def _foot(self) -> None:
        summary = self._document.summary
        self._rule(15 * mm)
        self._y = 11 * mm
        self._text(_LEFT, f"文件编号 Document {summary.id}", 6, _QUIET)
        count = f"第 {self._page} 页，共 {self._pages} 页 · page {self._page} of {self._pages}"
        self._text(_RIGHT, count, 6, _QUIET, right=True)
        self._y = 8 * mm
        self._text(_LEFT, f"内容摘要 SHA-256 {summary.sha256}", 6, _QUIET)

    def _rule(self, y: float) -> None:
        self._canvas.setStrokeColor(_RULE)
        self._canvas.setLineWidth(0.3)
        self._canvas.line(_LEFT, y, _RIGHT, y)

    def _text(self, x: float, text: str, size: float, colour: Any = _INK, *, right: bool = False) -> None:
        self._canvas.setFillColor(colour)
        self._canvas.setFont(self._font, size)
        draw = self._canvas.drawRightString if right else self._canvas.drawString
        draw(x, self._y, showable(text))

    def _wrapped(self, text: str, width: float, size: float) -> list[str]:
        """The text in lines of a width; broken at blanks where there are any, else between characters."""
        lines, line = [], ""
        for word in _pieces(showable(text)):
            if line and stringWidth(line + word, self._font, size) > width:
                lines.append(line.rstrip())
                line = word.lstrip()
            else:
                line += word
            while stringWidth(line, self._font, size) > width and len(line) > 1:
                cut = len(line) - 1
                while cut > 1 and stringWidth(line[:cut], self._font, size) > width:
                    cut -= 1
                lines.append(line[:cut])
                line = line[cut:]
        return [*lines, line.rstrip()] if line.strip() else lines


def _pieces(text: str) -> Iterator[str]:
    """Words with the blank after them; a Chinese character is a word."""
    word = ""
    for character in text.replace("\r", " ").replace("\n", " ").replace("\t", " "):
        word += character
        if character == " " or ord(character) > 0x2E7F:
            yield word
            word = ""
    if word:
        yield word


def _remark(line: StatementLine) -> str:
    return " ".join(part for part in (line.reference, line.description) if part)


def _facts(content: StatementContent | ConfirmationContent) -> list[tuple[str, str]]:
    account = content.account
    names = " ".join(name for name in (account.local_name, account.name) if name)
    facts = [("账号 Account", f"{account.number} {account.currency}"), ("户名 Name", names)]
    if isinstance(content, StatementContent):
        facts += [
            ("期间 Period", f"{content.start} – {content.end}"),
            ("期初余额 Opening balance", content.opening),
            ("借方合计 Debits", f"{content.debit_total} ({content.debit_count})"),
            ("贷方合计 Credits", f"{content.credit_total} ({content.credit_count})"),
            ("期末余额 Closing balance", content.closing),
        ]
    else:
        facts += [
            ("截止日期 At the end of", content.on.isoformat()),
            ("账面余额 Balance", content.balance),
            ("其中冻结 Of which held", content.held),
        ]
    return [(label, value) for label, value in facts if value]
