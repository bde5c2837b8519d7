"""The trial balance: what each general-ledger subject stands at, from totals kept by every posting."""

from __future__ import annotations

from datetime import date

import msgspec

from sycee.database import Transaction
from sycee.ledger.cells import get_cell


class TrialBalanceLine(msgspec.Struct, frozen=True, kw_only=True):
    """A subject in a currency: turnover of the last business date asked for, and the balance, on the one
    side or the other. Minor units.
    """

    subject: str
    currency: str
    debit_turnover: int
    credit_turnover: int
    debit: int
    credit: int


async def trial_balance(
    tx: Transaction, *, on: date | None = None, cell: int | None = None
) -> list[TrialBalanceLine]:
    """The trial balance at the end of a business date (None: as it stands), of one cell or of all.

    Reads a row a subject, currency and day, never a transfer. Raises CellNotFound.
    """
    if cell is not None:
        await get_cell(tx, cell)
    cursor = await tx.execute(
        """
        WITH day AS (SELECT coalesce(%(on)s::date, max(business_date)) AS business_date FROM cells
                     WHERE cell = coalesce(%(cell)s::smallint, cell))
        SELECT g.subject, g.currency,
               coalesce(sum(g.debits) FILTER (WHERE g.business_date = day.business_date), 0)::bigint,
               coalesce(sum(g.credits) FILTER (WHERE g.business_date = day.business_date), 0)::bigint,
               greatest(sum(g.debits - g.credits), 0)::bigint, greatest(sum(g.credits - g.debits), 0)::bigint
        FROM gl_totals g, day
        WHERE g.business_date <= day.business_date AND g.cell = coalesce(%(cell)s::smallint, g.cell)
        GROUP BY 1, 2 ORDER BY 2, 1
        """,
        {"on": on, "cell": cell},
    )
    names = TrialBalanceLine.__struct_fields__
    return [TrialBalanceLine(**dict(zip(names, row, strict=True))) for row in await cursor.fetchall()]
