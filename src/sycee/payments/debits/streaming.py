"""The steps of direct debits, in the order in which they were committed in their cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from sycee.database import Transaction
from sycee.payments.debits.mandates import Side
from sycee.payments.debits.records import DebitEvent, DebitState, DirectDebit, read_debits


class StreamedStep(NamedTuple):
    """A step, its place in the stream of its cell, and its debit as that stands now."""

    cell: int
    position: int
    debit: DirectDebit
    event: DebitEvent


async def debit_positions(tx: Transaction) -> dict[int, int]:
    """How far the stream of each cell has come."""
    cursor = await tx.execute("SELECT cell, position FROM debit_heads ORDER BY cell")
    return dict(await cursor.fetchall())


async def stream_debit_steps(
    tx: Transaction, after: Mapping[int, int], *, customer: UUID | None = None, limit: int = 1000
) -> tuple[list[StreamedStep], dict[int, int]]:
    """Steps that follow these positions (a cell that is not named: from its beginning), and where that leads.

    Of debits that a customer collects or pays only, if given; the positions lead past the others' too.
    """
    rows = []
    reached = dict(after)
    for cell, head in (await debit_positions(tx)).items():
        start = after.get(cell, 0)
        end = min(head, start + limit)
        if end <= start:
            continue
        cursor = await tx.execute(
            "SELECT e.cell, e.position, e.debit, e.step, e.state, e.at, e.side, e.actor, e.reason_code,"
            " e.reason FROM direct_debit_events e JOIN direct_debits d ON d.cell = e.cell AND d.id = e.debit"
            " WHERE e.cell = %s AND e.position > %s AND e.position <= %s"
            " AND (%s::uuid IS NULL OR %s IN (d.creditor, d.debtor)) ORDER BY e.position",
            (cell, start, end, customer, customer),
        )
        rows += await cursor.fetchall()
        reached[cell] = end
    debits = await read_debits(tx, list({row[2] for row in rows}))
    return [
        StreamedStep(
            cell, position, debits[debit], DebitEvent(step, DebitState(state), at, Side(side), *rest)
        )
        for cell, position, debit, step, state, at, side, *rest in rows
    ], reached
