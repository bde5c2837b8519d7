"""A contract as a PDF: Chinese and English side by side, on A4.

The same contract gives the same bytes, on any machine: nothing of the clock or of the system goes into the
file. Each page carries the digest of the contract's data, so that paper and data can be held together.
"""

from __future__ import annotations

import io
import re
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import CondPageBreak, Flowable, Paragraph, SimpleDocTemplate, Spacer, Table

from sycee.products.contracts.data import Contract, ContractItem, ContractTerm, Text
from sycee.products.contracts.fonts import contract_font, rendering, showable
from sycee.products.contracts.labels import ACCOUNT_CLASSES, CLAUSES, FORMS, LABELS, SLOTS, language_pair
from sycee.products.contracts.parameters import parameter_label

_AMOUNT = re.compile(r"^([0-9]{4,})(\.[0-9]{2})$")
_MARGIN = 18 * mm
_WIDTH = A4[0] - 2 * _MARGIN
_INK, _QUIET, _RULE, _SHADE = (
    colors.HexColor("#1c2430"),
    colors.HexColor("#5b6673"),
    colors.HexColor("#c9d1da"),
    colors.HexColor("#eef2f6"),
)


def contract_pdf(contract: Contract) -> bytes:
    """The contract as a PDF document. Takes some tens of milliseconds: call it from a thread."""
    with rendering:
        made = io.BytesIO()
        title = showable(f"{contract.title.zh} {contract.title.en}")
        document = SimpleDocTemplate(
            made,
            pagesize=A4,
            leftMargin=_MARGIN,
            rightMargin=_MARGIN,
            topMargin=16 * mm,
            bottomMargin=22 * mm,
            title=title,
            author="Sycee",
            subject=f"{contract.agreement} / {contract.revision}",
            invariant=1,
        )
        document.build(_story(contract), canvasmaker=_canvas_of(contract))
        return made.getvalue()


def _canvas_of(contract: Contract) -> type[Canvas]:
    """A canvas that knows, when it draws a footer, how many pages there are."""
    digest = contract.digest()

    class Numbered(Canvas):  # type: ignore[misc]  # ReportLab ships no types
        def __init__(self, *given: Any, **more: Any) -> None:
            super().__init__(*given, **more)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 -- ReportLab's name
            self._pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self._pages, start=1):
                self.__dict__.update(page)
                _furnish(self, contract, digest, number, len(self._pages))
                super().showPage()
            super().save()

    return Numbered


def _furnish(canvas: Any, contract: Contract, digest: str, number: int, count: int) -> None:
    font = contract_font()
    canvas.saveState()
    canvas.setStrokeColor(_RULE)
    canvas.line(_MARGIN, 17 * mm, A4[0] - _MARGIN, 17 * mm)
    canvas.setFillColor(_QUIET)
    canvas.setFont(font, 6.5)
    canvas.drawString(
        _MARGIN, 13 * mm, f"协议编号 Agreement {contract.agreement} · 版次 revision {contract.revision}"
    )
    canvas.drawString(_MARGIN, 9.5 * mm, f"内容摘要 SHA-256 of the data: {digest}")
    canvas.drawRightString(
        A4[0] - _MARGIN, 13 * mm, f"第 {number} 页，共 {count} 页 · page {number} of {count}"
    )
    if contract.kind == "preview":
        canvas.setFillColor(colors.Color(0.75, 0.1, 0.1, alpha=0.12))
        canvas.translate(A4[0] / 2, A4[1] / 2)
        canvas.rotate(45)
        canvas.setFont(font, 60)
        canvas.drawCentredString(0, 0, "预览 PREVIEW")
    canvas.restoreState()


def _style(size: float, *, colour: Any = _INK, chinese: bool = False, **more: Any) -> ParagraphStyle:
    return ParagraphStyle(
        "contract",
        fontName=contract_font(),
        fontSize=size,
        leading=size * 1.4,
        textColor=colour,
        wordWrap="CJK" if chinese else None,
        **more,
    )


def _text(text: str, size: float = 8.5, **style: Any) -> Paragraph:
    return Paragraph(escape(showable(text)), _style(size, **style))


def _both(text: Text, size: float = 8.5, **more: Any) -> list[Paragraph]:
    """Chinese first, as the law of the place reads it; English below, smaller."""
    return [
        _text(text.zh, size, chinese=True, **more),
        _text(text.en, size * 0.84, **{"colour": _QUIET, **more}),
    ]


def _label(name: str, size: float = 8.5) -> list[Paragraph]:
    return _both(LABELS[name], size)


def _heading(text: Text, size: float = 11.5) -> list[Flowable]:
    # Not alone at the foot of a page.
    return [CondPageBreak(45 * mm), Spacer(1, 4 * mm), *_both(text, size), Spacer(1, 1.5 * mm)]


def _table(rows: list[list[Any]], widths: list[float], *, head: bool = True) -> Table:
    made = Table(
        rows, colWidths=[width * _WIDTH for width in widths], repeatRows=1 if head else 0, hAlign="LEFT"
    )
    style = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, _RULE),
        ("LEFTPADDING", (0, 0), (-1, -1), 4),
        ("RIGHTPADDING", (0, 0), (-1, -1), 4),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3.5),
    ]
    if head:
        style.append(("BACKGROUND", (0, 0), (-1, 0), _SHADE))
    made.setStyle(style)
    return made


def _story(contract: Contract) -> list[Flowable]:
    story: list[Flowable] = [
        *_both(contract.title, 17),
        Spacer(1, 2 * mm),
        *_both(LABELS["preview" if contract.kind == "preview" else "contract"], 10),
        Spacer(1, 3 * mm),
        _parties(contract),
        *_heading(LABELS["products"]),
        _overview(contract),
    ]
    for item in contract.items:
        story += _item(item)
    story += _heading(LABELS["clauses"])
    for number, clause in enumerate(CLAUSES, start=1):
        story += [
            _text(f"{number}. {clause.zh}", 8.5, chinese=True),
            _text(f"{number}. {clause.en}", 7.2, colour=_QUIET),
            Spacer(1, 1.2 * mm),
        ]
    return [*story, Spacer(1, 6 * mm), CondPageBreak(40 * mm), _signatures(contract)]


def _parties(contract: Contract) -> Table:
    customer = contract.customer
    pairs = [
        ("customer", " ".join(name for name in (customer.local_name, customer.name) if name)),
        ("identifier", customer.identifier),
        ("address", customer.address),
        ("basic_elsewhere", customer.basic_elsewhere),
        ("package", f"{contract.package} ({contract.package_version})"),
        ("signed_on", contract.signed_on.isoformat()),
    ]
    if contract.made_on != contract.signed_on:
        pairs.append(("made_on", contract.made_on.isoformat()))
    rows = [[_label(name), _text(value, 9, chinese=True)] for name, value in pairs if value]
    return _table(rows, [0.26, 0.74], head=False)


def _overview(contract: Contract) -> Table:
    rows: list[list[Any]] = [[_label(name) for name in ("product", "account", "class", "term")]]
    for item in contract.items:
        kind = (
            _both(ACCOUNT_CLASSES[item.account_class])
            if item.account_class in ACCOUNT_CLASSES
            else _both(FORMS.get(item.form, Text(item.form, item.form)))
        )
        rows.append([_both(item.title), _account(contract, item), kind, _span(item)])
    return _table(rows, [0.36, 0.28, 0.18, 0.18])


def _account(contract: Contract, item: ContractItem) -> list[Paragraph]:
    if item.account is not None:
        return [_text(f"{item.account} {item.currency}", 9)]
    if item.lies_over is not None:
        below = next((one for one in contract.items if one.key == item.lies_over), None)
        name = below.title if below is not None else Text(item.lies_over, item.lies_over)
        return _both(Text(f"over: {name.en}", f"附于：{name.zh}"))
    return _label("numbered_later" if item.opens_account else "placed_later")


def _span(item: ContractItem) -> list[Paragraph]:
    lines = [_text(item.started_on.isoformat(), 8)]
    if item.ends_on is not None:
        lines += _both(Text(f"until {item.ends_on}", f"至 {item.ends_on}"), 8)
    if item.purpose:
        lines.append(_text(item.purpose, 7.5, chinese=True))
    return lines


def _item(item: ContractItem) -> list[Flowable]:
    story = _heading(item.title)
    story.append(
        _text(f"{item.product} {item.product_version} · {item.key} · {item.currency}", 7, colour=_QUIET)
    )
    story.append(Spacer(1, 1.5 * mm))
    if item.rates:
        rows: list[list[Any]] = [[_label(name) for name in ("tier", "from_amount", "rate_key", "rate")]]
        for rate in item.rates:
            listed = rate.rate_key or "–"
            if rate.spread not in ("0", "0.00"):
                listed += f" {'' if rate.spread.startswith('-') else '+'}{rate.spread}"
            shown = f"{rate.rate} %" if rate.rate is not None else "–"
            rows.append([_both(rate.label), _text(_above(rate.above)), _text(listed), _text(shown, 9)])
        story += [_table(rows, [0.34, 0.22, 0.26, 0.18]), Spacer(1, 2 * mm)]
    if item.negotiated:
        rows = [[_label("negotiated"), _label("agreed")]]
        rows += [[_text(one.name, 8), _text(_grouped(one.value), 9)] for one in item.negotiated]
        story += [_table(rows, [0.5, 0.5]), Spacer(1, 2 * mm)]
    for name, terms in (
        ("fees", item.fees),
        ("limits", item.limits),
        ("channels", item.channels),
        ("terms", item.terms),
    ):
        if terms:
            story += [_terms(name, terms), Spacer(1, 2 * mm)]
    return story


def _above(amount: str) -> str:
    value, _, currency = amount.partition(" ")
    return f"{_grouped(value)} {currency}"


def _terms(name: str, terms: tuple[ContractTerm, ...]) -> Table:
    rows: list[list[Any]] = [[_label(name), _label("particulars")]]
    for term in terms:
        title = [_text(term.title.zh, 8.2, chinese=True), _text(term.title.en, 7, colour=_QUIET)]
        if name == "terms" and term.slot in SLOTS:
            title.insert(0, _text(language_pair(SLOTS[term.slot]), 6.3, colour=_QUIET))
        rows.append([title, _particulars(term) or [_text("–", 7.2)]])
    return _table(rows, [0.42, 0.58])


def _particulars(term: ContractTerm) -> list[Paragraph]:
    """The values on one line; those of a list, such as the tiers of a fee, on a line for each entry."""
    lines: dict[str, list[str]] = {}
    for one in term.particulars:
        head, _, name = one.name.rpartition(".")
        lines.setdefault(head, []).append(f"{parameter_label(name)} {_grouped(one.value)}")
    return [
        _text(f"{f'{parameter_label(head)}：' if head else ''}{'；'.join(values)}", 7.4, chinese=True)
        for head, values in lines.items()
    ]


def _grouped(value: str) -> str:
    """An amount with its thousands apart; anything else as it is."""
    return _AMOUNT.sub(lambda found: f"{int(found[1]):,}{found[2]}", value)


def _signatures(contract: Contract) -> Table:
    signers = "、".join(contract.signers) or "–"
    rows = [
        [_label("for_customer"), _label("for_bank")],
        [_text(f"{signers}", 8.5, chinese=True), _text("", 8.5)],
        [_text(contract.made_on.isoformat()), _text(contract.made_on.isoformat())],
    ]
    return _table(rows, [0.5, 0.5])
