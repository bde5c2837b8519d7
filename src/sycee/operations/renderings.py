"""Documents as CSV: what a customer's system reads. (As PDF: pdf.py, for Excel: workbooks.py.)"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from sycee.operations.documents import Document, StatementContent

_COLUMNS = (
    "business_date",
    "value_date",
    "booked_at",
    "debit",
    "credit",
    "balance",
    "counterparty",
    "reference",
    "description",
    "transfer",
)


def document_csv(document: Document) -> bytes:
    """The document as CSV (RFC 4180, UTF-8 with a byte order mark, so that spreadsheets read Chinese).

    A statement has a row an entry, between one for the opening and one for the closing balance.
    """
    made = io.StringIO(newline="")
    writer = csv.writer(made)
    content = document.content
    account = content.account
    if isinstance(content, StatementContent):
        writer.writerow(["account", "currency", *_COLUMNS])
        about = [account.number, account.currency]
        writer.writerow([*about, content.start, *_blanks(4), content.opening, "", "", "opening balance", ""])
        for line in content.lines:
            debited = line.side == "debit"
            writer.writerow(
                [
                    *about,
                    line.business_date,
                    line.value_date,
                    line.booked_at.isoformat(),
                    line.amount if debited else "",
                    "" if debited else line.amount,
                    line.balance,
                    line.counterparty,
                    _plain(line.reference),
                    _plain(line.description),
                    line.transfer,
                ]
            )
        writer.writerow([*about, content.end, *_blanks(4), content.closing, "", "", "closing balance", ""])
    else:
        writer.writerow(["account", "name", "local_name", "currency", "on", "balance", "held"])
        names = [_plain(account.name), _plain(account.local_name)]
        writer.writerow([account.number, *names, account.currency, content.on, content.balance, content.held])
    return "\ufeff".encode() + made.getvalue().encode()


def _blanks(count: int) -> Sequence[str]:
    return [""] * count


_FORMULAS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def _plain(text: str | None) -> str:
    """Free text that no spreadsheet takes for a formula: whoever pays writes it, somebody else opens it.

    Spreadsheets pass over blanks and control characters before the sign that begins a formula, and some
    take its full-width form for it.
    """
    text = text or ""
    begins = text.lstrip().lstrip("\x00\t\r\n")
    risky = begins.startswith(_FORMULAS) or text[:1] in {"\t", "\r", "\n"}
    return f"'{text}" if risky else text
