"""Documents as PDF: Chinese and English, on A4, the same bytes for the same document on any machine.

Each page carries the document's id and SHA-256, so that paper and data can be held together.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from sycee.operations.documents import (
    PDF_LINES,
    Document,
    StatementContent,
    StatementLine,
)
from sycee.operations.drawing import QUIET, SHADE, Drawing
from sycee.operations.errors import DocumentTooLong
from sycee.operations.facts import TITLES, facts_of
from sycee.products import rendering

_WIDTH, _HEIGHT = A4
_LEFT, _RIGHT, _BOTTOM = 15 * mm, _WIDTH - 15 * mm, 20 * mm
_SIZE, _LEADING = 7.0, 9.2
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
    if isinstance(content, StatementContent) and len(content.lines) > PDF_LINES:
        raise DocumentTooLong(
            f"{len(content.lines)} entries are too many for a PDF ({PDF_LINES}): take CSV or JSON"
        )
    with rendering:
        return _Sheets(document).made()


class _Sheets(Drawing):
    """The pages of one document, drawn from top to bottom."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self._document = document
        self._page = 1
        # How many pages there are is known when they have been drawn: they are drawn twice.
        self._pages = 0

    def made(self) -> bytes:
        output = io.BytesIO()
        for _ in range(2):
            output = io.BytesIO()
            self.canvas = Canvas(output, pagesize=A4, invariant=1)
            chinese, english = TITLES[self._document.summary.kind]
            self.canvas.setTitle(f"{chinese} {english} {self._document.content.account.number}")
            self.canvas.setAuthor("Sycee")
            self._page = 1
            self._draw()
            self._foot()
            self._pages = self._page
            self.canvas.save()
        return output.getvalue()

    def _draw(self) -> None:
        content = self._document.content
        self.y = _HEIGHT - 18 * mm
        chinese, english = TITLES[self._document.summary.kind]
        self.text(_LEFT, chinese, 15)
        self.text(_LEFT + 42 * mm, english, 11, QUIET)
        self.y -= 9 * mm
        for label, value in facts_of(content):
            self.text(_LEFT, label, 7.5, QUIET)
            for line in self.wrapped(value, _RIGHT - _LEFT - 52 * mm, 8.5):
                self.text(_LEFT + 52 * mm, line, 8.5)
                self.y -= 4.6 * mm
        if isinstance(content, StatementContent):
            self._lines(content)

    def _lines(self, content: StatementContent) -> None:
        self.y -= 2 * mm
        self._head()
        for line in content.lines:
            texts = self.wrapped(_remark(line), _TEXT_WIDTH, _SIZE)
            height = _LEADING * max(1, len(texts)) + 2
            if self.y - height < _BOTTOM:
                self._turn()
            self._row(line, texts)
            self.y -= height
            self.rule(self.y + _LEADING - 1.2, _LEFT, _RIGHT)

    def _head(self) -> None:
        self.canvas.setFillColor(SHADE)
        self.canvas.rect(_LEFT, self.y - 12, _RIGHT - _LEFT, 22, stroke=0, fill=1)
        for place, right, chinese, english in _COLUMNS:
            self.text(_LEFT + place, chinese, 7.5, right=right)
            self.y -= 8.5
            self.text(_LEFT + place, english, 6, QUIET, right=right)
            self.y += 8.5
        self.y -= 22

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
            self.text(_LEFT + place, cell, _SIZE, right=right)
        top = self.y
        for text in texts:
            self.text(_LEFT + _COLUMNS[-1][0], text, _SIZE)
            self.y -= _LEADING
        self.y = top

    def _turn(self) -> None:
        self._foot()
        self.canvas.showPage()
        self._page += 1
        self.y = _HEIGHT - 18 * mm
        self._head()

    def _foot(self) -> None:
        summary = self._document.summary
        self.rule(15 * mm, _LEFT, _RIGHT)
        self.y = 11 * mm
        self.text(_LEFT, f"文件编号 Document {summary.id}", 6, QUIET)
        count = f"第 {self._page} 页，共 {self._pages} 页 · page {self._page} of {self._pages}"
        self.text(_RIGHT, count, 6, QUIET, right=True)
        self.y = 8 * mm
        self.text(_LEFT, f"内容摘要 SHA-256 {summary.sha256}", 6, QUIET)


def _remark(line: StatementLine) -> str:
    return " ".join(part for part in (line.reference, line.description) if part)
