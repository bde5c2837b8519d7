"""A receipt as PDF: Chinese and English, on A5 across, as banks hand receipts out."""

from __future__ import annotations

import io
from decimal import Decimal

from reportlab.lib.pagesizes import A5, landscape
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from sycee.operations.capitals import capitals
from sycee.operations.drawing import INK, QUIET, RULE, SHADE, Drawing
from sycee.operations.receipts import Receipt, ReceiptContent, ReceiptParty, written_code
from sycee.products import rendering

_WIDTH, _HEIGHT = landscape(A5)
_LEFT, _RIGHT = 12 * mm, _WIDTH - 12 * mm
_MIDDLE = (_LEFT + _RIGHT) / 2
_LABELS = 30 * mm
_LINE = 4.4 * mm
_MOST_LINES, _MOST_OF_NAME = 2, 4
"""How many lines a text and a name may take: a receipt is one page, and the data has what does not fit."""


def receipt_pdf(receipt: Receipt) -> bytes:
    """The receipt as PDF; call it from a thread. The same receipt gives the same bytes."""
    with rendering:
        return _Paper(receipt).made()


class _Paper(Drawing):
    """The one page of a receipt."""

    def __init__(self, receipt: Receipt) -> None:
        super().__init__()
        self._receipt = receipt

    def made(self) -> bytes:
        output = io.BytesIO()
        self.canvas = Canvas(output, pagesize=(_WIDTH, _HEIGHT), invariant=1)
        self.canvas.setTitle(f"电子回单 Electronic receipt {self._receipt.content.number}")
        self.canvas.setAuthor("Sycee")
        self.canvas.setSubject(f"SHA-256 {self._receipt.sha256}")
        self._head()
        self._parties()
        self._facts()
        self._foot()
        self.canvas.save()
        return output.getvalue()

    def _head(self) -> None:
        content = self._receipt.content
        self.y = _HEIGHT - 15 * mm
        self.text(_LEFT, "电子回单", 15)
        self.text(_LEFT + 36 * mm, "Electronic receipt", 10.5, QUIET)
        self.text(_RIGHT, f"编号 No. {content.number}", 8.5, right=True)
        self.y -= 6 * mm
        self.text(_LEFT, _direction(content), 8.5)
        self.text(_RIGHT, f"{content.business_date}", 8.5, right=True)
        self.y -= 4 * mm

    def _parties(self) -> None:
        """Who paid and who was paid, beside each other."""
        top = self.y
        content = self._receipt.content
        self.canvas.setFillColor(SHADE)
        self.canvas.rect(_LEFT, top - 4.2 * mm, _RIGHT - _LEFT, 6 * mm, stroke=0, fill=1)
        lowest = top
        sides = (("付款方 Payer", content.payer, _LEFT), ("收款方 Payee", content.payee, _MIDDLE + 2 * mm))
        for title, party, left in sides:
            self.y = top - 2.2 * mm
            self.text(left + 2 * mm, title, 8.5)
            self.y -= 6.4 * mm
            self._fact("户名 Name", _names(party), left, _RIGHT - _MIDDLE - 2 * mm, most=_MOST_OF_NAME)
            self._fact("账号 Account", party.account, left, _RIGHT - _MIDDLE - 2 * mm)
            lowest = min(lowest, self.y)
        self.y = lowest
        self.rule(self.y + 1.6 * mm, _LEFT, _RIGHT)
        self.y -= 3 * mm

    def _facts(self) -> None:
        content = self._receipt.content
        self._fact("金额 Amount", f"{content.currency} {_grouped(content.amount)}", _LEFT, size=11)
        if content.currency == "CNY":
            self._fact("大写 In words", capitals(int(Decimal(content.amount) * 100)), _LEFT)
        for label, value in (
            ("用途 Purpose", content.remittance),
            ("附言 Reference", content.reference),
            ("摘要 Text", content.description),
            ("端到端标识 End to end", content.end_to_end_id),
            ("起息日 Value date", content.value_date.isoformat()),
            ("记账时间 Booked at", f"{content.booked_at:%Y-%m-%d %H:%M:%S} UTC"),
            ("流水号 Transfer", f"{content.transfer} ({content.cell}/{content.position})"),
        ):
            self._fact(label, value, _LEFT)

    def _foot(self) -> None:
        content = self._receipt.content
        self.y = 24 * mm
        self.canvas.setStrokeColor(RULE)
        self.canvas.setLineWidth(0.5)
        self.canvas.rect(_LEFT, 15.5 * mm, _RIGHT - _LEFT, 14 * mm, stroke=1, fill=0)
        self.text(_LEFT + 3 * mm, "验证码 Verification code", 8, QUIET)
        self.text(_LEFT + 44 * mm, written_code(content.code), 14)
        self.y = 18.5 * mm
        self.text(_LEFT + 3 * mm, f"GET /v1/receipts/{content.number}/verification?code=…", 7, QUIET)
        self.text(
            _RIGHT - 3 * mm,
            "凭编号与验证码可向银行核验 Number and code check it with the bank",
            7,
            right=True,
        )
        self.y = 11 * mm
        notice = "本回单可重复打印，请勿重复记账 This receipt may be printed again: book it once."
        self.text(_LEFT, notice, 7)
        self.y = 7.5 * mm
        self.text(_LEFT, f"内容摘要 SHA-256 of the data {self._receipt.sha256}", 6, QUIET)

    def _fact(
        self,
        label: str,
        value: str | None,
        left: float,
        width: float = _RIGHT - _LEFT,
        *,
        size: float = 8.5,
        most: int = _MOST_LINES,
    ) -> None:
        """A label and its value, on as many lines as it may take; nothing when there is no value."""
        if not value:
            return
        lines = self.wrapped(value, width - _LABELS - 3 * mm, size)
        if len(lines) > most:
            lines = [*lines[: most - 1], f"{lines[most - 1][:-2]} …"]
        self.text(left + 2 * mm, label, 7, QUIET)
        for line in lines:
            self.text(left + _LABELS, line, size, INK)
            self.y -= max(_LINE, size * 0.5 * mm)


def _direction(content: ReceiptContent) -> str:
    said = "借记 Debit" if content.side == "debit" else "贷记 Credit"
    return f"{said} · 冲正 Reversal" if content.reversal else said


def _names(party: ReceiptParty) -> str:
    return " ".join(name for name in (party.local_name, party.name) if name) or "–"


def _grouped(value: str) -> str:
    whole, point, rest = value.partition(".")
    return f"{int(whole):,}{point}{rest}"
