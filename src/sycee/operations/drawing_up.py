"""Statements drawn up when somebody asks, for any period, also for one that is not over.

They are documents like those of the end of a day, and rendered by the same code, but nobody keeps them:
their id says what they were drawn from, so that one of a day that still runs has another id an entry later.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid5

import msgspec

from sycee import ledger
from sycee.database import Transaction
from sycee.kernel import clock
from sycee.operations.documents import (
    Document,
    DocumentKind,
    DocumentSummary,
    StatementContent,
    digest_of,
    statement_of,
)
from sycee.operations.errors import DocumentTooLong

_IDS = UUID("0f5f0b38-6a0e-5d06-9d0c-2f4f0a9f3c44")


async def draw_statement(
    tx: Transaction, number: int, start: date, end: date, *, most: int | None = None
) -> Document:
    """The statement of an account over business dates, both included, as the books have it now.

    ``most`` is how many entries the format holds that it is wanted in. Raises AccountNotFound,
    InvalidMoment when the period ends before it starts, DocumentTooLong, StatementUnbalanced.
    """
    found = await ledger.statement(tx, number, start, end)
    count = found.debit_count + found.credit_count
    if most is not None and count > most:
        raise DocumentTooLong(f"{count} entries are too many for this format ({most}): take CSV or JSON")
    period = ledger.Period(
        account=found.account,
        start=start,
        end=end,
        opening=found.opening,
        entries=[entry async for entry in found.entries],
    )
    made = statement_of(period)
    assert isinstance(made.content, StatementContent)
    content = msgspec.structs.replace(made.content, id=_drawn_id(made.content))
    cell = await ledger.get_cell(tx, found.account.cell)
    summary = DocumentSummary(
        id=content.id,
        kind=DocumentKind.STATEMENT,
        account=number,
        customer=made.customer,
        start=start,
        end=end,
        business_date=cell.business_date,
        entries=len(content.lines),
        sha256=digest_of(content),
        created_at=clock.now(),
    )
    return Document(summary, content)


def _drawn_id(content: StatementContent) -> UUID:
    """The same for the same account, period and entries; entries are only ever added."""
    told = (content.account.number, content.start, content.end, content.debit_count, content.credit_count)
    return uuid5(_IDS, " ".join(map(str, told)))
